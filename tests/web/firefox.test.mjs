// The same page in Firefox.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chip, facts, Host, launchFirefox, open, SHELL, shows, text, until, visit, warned } from "./world.mjs";

let from;
before(async () => (from = await launchFirefox()));
after(() => from?.close());

describe("in Firefox", { concurrency: 1 }, () => {
  test("what is typed comes back, a reload goes on where the page was, and a second tab takes over", async (t) => {
    const host = await Host.start(t, SHELL);
    const { context, page } = await visit(t, host.url(), { from });
    await until(page, "live");
    assert.equal(new URL(page.url()).hash, `#session=${host.name}`);
    await page.keyboard.type("PS1='> '; clear; for i in $(seq 200); do echo line $i; done\n");
    await shows(page, "line 200");
    await page.waitForFunction(() => globalThis.stillwire.screen.waiting === 0);
    const before = await text(page);
    await page.reload();
    await until(page, "live");
    await shows(page, "line 200");
    assert.equal(await text(page), before);
    await page.keyboard.type("printf '\\033[38;2;1;200;3mcolo''red\\033[m\\n'\n");
    await shows(page, "colored");
    const colour = page.locator(".xterm-rows span", { hasText: /^colored$/ }).evaluate((span) => getComputedStyle(span).color);
    assert.equal(await colour, "rgb(0, 130, 0)", "darker than it was sent, because the page is light");
    assert.deepEqual(page.complaints, []);
    const second = await open(context, host.url());
    await until(second, "live");
    await warned(page, "Another tab took over");
    await second.keyboard.type("echo sec''ond\n");
    await shows(second, "second");
    assert.equal((await facts(page)).status, "disconnected");
    await page.bringToFront();
    await page.getByRole("button", { name: "Take control" }).click();
    await until(page, "live");
    await warned(second, "Another tab took over");
  });

  test("a wrong token is refused, the right one lets in, and a host that is killed and started again is found", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, `http://127.0.0.1:${host.port}/#token=wrong&session=${host.name}`, { from });
    await warned(page, "Not authorised");
    await page.getByLabel("Token").fill(host.url());
    await page.getByRole("button", { name: "Enter" }).click();
    await until(page, "live");
    await page.locator(".xterm").click();
    await page.keyboard.type("echo bef''ore\n");
    await shows(page, "before");
    await host.kill();
    await warned(page, "The host cannot be reached");
    assert.equal(await chip(page, "link", /^Disconnected: cannot be reached$/), "down");
    await page.keyboard.type("echo kept\n");
    await page.locator(".pending", { hasText: "echo kept⏎" }).waitFor();
    await host.start();
    await until(page, "live");
    await page.keyboard.type("echo af''ter\n");
    await shows(page, "after");
    assert.ok(!(await text(page)).includes("before"), "another session, and the page says so");
  });
});
