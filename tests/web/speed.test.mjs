// What would make the page slow, or have it work for nothing.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { close, Host, PATIENCE, shows, until, visit } from "./world.mjs";

const SHELL = ["bash", "--norc", "--noprofile"];
/** Bytes that a page lets the host be ahead of its terminal. */
const WINDOW = 1 << 20;

after(close);

describe("speed", { concurrency: 3 }, () => {
  test("the cursor blinks, and the browser paints nothing in between", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, "about:blank");
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await page.goto(host.url());
    await until(page, "live");
    await page.keyboard.type("PS1='> '; clear\n");
    await shows(page, ">");
    await page.waitForFunction(() => document.querySelector(".xterm-cursor-blink"), undefined, { timeout: PATIENCE });
    // Chromium paints sixty frames each second as long as one animation runs, and an echo waits for two of them.
    const running = () => page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === "running").length);
    const seen = [];
    for (const unlit of [true, false, true]) {
      const colour = await page.waitForFunction(
        (unlit) => document.querySelector("main.terminal").classList.contains("unlit") === unlit && getComputedStyle(document.querySelector(".xterm-cursor")).backgroundColor,
        unlit,
        { polling: 20, timeout: PATIENCE },
      );
      seen.push(await colour.jsonValue());
      assert.equal(await running(), 0);
    }
    assert.ok(seen[0] !== seen[1] && seen[0] === seen[2], `it is to be seen half of the time: ${seen}`);
    await page.keyboard.type("x");
    await page.waitForFunction(() => !document.querySelector("main.terminal").classList.contains("unlit"), undefined, { polling: 20, timeout: PATIENCE });
  });

  test("output that the terminal is too slow for waits at the host, and none is lost", async (t) => {
    const [line, lines] = [65, 250_000];
    const host = await Host.start(t, ["sh", "-c", `stty -echo; read x; seq -f '%063.0f' ${lines}; read y`], ["--history", "32MiB"]);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    await page.evaluate(() => {
      // A terminal that takes one message in each turn of a timer, which is what a slow machine does to it.
      const { screen } = globalThis.stillwire;
      const write = screen.terminal.write.bind(screen.terminal);
      const queue = [];
      globalThis.most = 0;
      screen.terminal.write = (bytes, then) => {
        queue.push([bytes, then]);
        globalThis.most = Math.max(globalThis.most, screen.waiting);
      };
      setInterval(() => queue.length > 0 && write(...queue.shift()), 4);
    });
    await page.keyboard.press("Enter");
    await page.waitForFunction((end) => globalThis.stillwire.screen.shown >= end, line * lines, { timeout: 2 * PATIENCE });
    const most = await page.evaluate(() => globalThis.most);
    assert.ok(most > WINDOW / 2 && most <= WINDOW, `${most} bytes waited`);
    await shows(page, String(lines));
  });
});
