// What the link lives through: floods, silence, sleep, and hosts that go.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { close, facts, Host, PATIENCE, seconds, SHELL, shows, text, until, visit, warned, Wire } from "./world.mjs";

/** Bytes of a line that `seq` prints, with the CR that the terminal adds. */
const LINE = 65;
const LINES = 806_597; // 50 MiB

after(close);

/** Compares each byte of output with what the child printed, as it comes, across loads of the page. */
function tap(line) {
  const kept = JSON.parse(sessionStorage.getItem("tap") ?? '{"from":[],"to":0,"snapshots":0,"wrong":-1,"hello":[]}');
  globalThis.tap = kept;
  addEventListener("pagehide", () => sessionStorage.setItem("tap", JSON.stringify(kept)));
  const check = (offset, bytes) => {
    // The number is the same for the whole line: made once for each, not for each byte.
    for (let at = 0; at < bytes.length; ) {
      const start = offset + at;
      const column = start % line;
      const text = `${String(Math.floor(start / line) + 1).padStart(line - 2, "0")}\r\n`;
      for (let i = column; i < line && at < bytes.length; i += 1, at += 1) {
        if (bytes[at] !== text.charCodeAt(i)) return offset + at;
      }
    }
    return -1;
  };
  const Real = WebSocket;
  globalThis.WebSocket = class extends Real {
    constructor(url) {
      super(url);
      let next;
      this.addEventListener("message", ({ data }) => {
        const view = new DataView(data);
        const kind = view.getUint8(1);
        if (kind === 0x11 && kept.to > 0) kept.snapshots += 1; // the first is the empty screen
        if (kind !== 0x10) return;
        const offset = Number(view.getBigUint64(4));
        const bytes = new Uint8Array(data, 12);
        if (next === undefined) kept.from.push([offset, kept.to]);
        else if (offset !== next) kept.wrong = offset;
        const wrong = check(offset, bytes);
        if (wrong >= 0) kept.wrong = wrong;
        next = offset + bytes.length;
        kept.to = Math.max(kept.to, next);
      });
    }
  };
}

describe("the link", { concurrency: 3 }, () => {
  test("50 MiB are printed, the page is loaded again in the middle, and every byte comes", async (t) => {
    const flood = `stty -echo; read x; seq -f '%063.0f' ${LINES}; read y`;
    const host = await Host.start(t, ["sh", "-c", flood], ["--history", "64MiB"]);
    const { page } = await visit(t, host.url(), { script: `(${tap})(${LINE})` });
    await until(page, "live");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.tap.to > 8_000_000, undefined, { polling: 5, timeout: PATIENCE });
    await page.reload();
    await page.waitForFunction(() => globalThis.tap?.from.length >= 2, undefined, { timeout: PATIENCE });
    await page.waitForFunction((end) => globalThis.tap.to >= end, LINE * LINES, { timeout: 4 * PATIENCE });
    await page.waitForFunction((end) => globalThis.stillwire.screen.shown >= end, LINE * LINES, { timeout: 4 * PATIENCE });
    const tapped = await page.evaluate(() => globalThis.tap);
    assert.equal(tapped.wrong, -1, "each byte is the one that was printed");
    assert.equal(tapped.snapshots, 0, "and none was skipped");
    assert.equal(tapped.to, LINE * LINES);
    const [, [begins, before]] = tapped.from;
    assert.ok(begins > 0 && begins <= before, `it goes on at ${begins}, where the page that had ${before} was`);
    const lines = (await text(page)).split("\n").map(Number);
    assert.ok(lines.length > 4_000);
    lines.forEach((line, index) => assert.equal(line, LINES - lines.length + 1 + index, "the terminal shows each line once"));
  });

  test("a reload in the middle of a flood shows each line once, at the seam too", async (t) => {
    const flood = `stty -echo; read x; seq -f '%063.0f' 100000; read y`;
    const host = await Host.start(t, ["sh", "-c", flood], ["--history", "64MiB"]);
    const { page } = await visit(t, host.url(), { script: `(${tap})(${LINE})` });
    await until(page, "live");
    await page.keyboard.press("Enter");
    // Near the end, so that the seam is still in what the terminal remembers.
    await page.waitForFunction((end) => globalThis.stillwire.screen.shown > end, LINE * 97_000, { polling: 1, timeout: PATIENCE });
    await page.reload();
    await page.waitForFunction((end) => (globalThis.stillwire?.screen.shown ?? 0) >= end, LINE * 100_000, { timeout: PATIENCE });
    const lines = (await text(page)).split("\n").map(Number);
    lines.forEach((line, index) => assert.equal(line, 100_000 - lines.length + 1 + index));
    assert.ok(lines.length > 2_000);
  });

  test("offline for a minute: keys are kept, shown, and arrive once", async (t) => {
    const host = await Host.start(t, ["cat"], ["--heartbeat", "2s"]);
    const wire = await Wire.to(t, host);
    const { context, page } = await visit(t, host.url(wire.port));
    await until(page, "live");
    await context.setOffline(true);
    wire.silence();
    await until(page, "syncing");
    await page.keyboard.type("typed offline\n");
    await warned(page, "Network is offline");
    assert.match(await page.locator(".pending").textContent(), /typed offline⏎/);
    await seconds(60);
    assert.notEqual((await facts(page)).status, "live");
    await context.setOffline(false);
    const back = Date.now();
    await until(page, "live");
    t.diagnostic(`live again after ${Date.now() - back} ms`);
    await shows(page, "typed offline");
    await seconds(1);
    // Once by the terminal's echo, once by cat.
    assert.equal((await text(page)).split("typed offline").length - 1, 2);
    assert.ok(await page.locator(".pending").isHidden());
  });

  test("a half-open connection is noticed and replaced", async (t) => {
    const host = await Host.start(t, ["cat"], ["--heartbeat", "1s"]);
    const wire = await Wire.to(t, host);
    const { page } = await visit(t, host.url(wire.port));
    await until(page, "live");
    wire.silence();
    const cut = Date.now();
    await page.keyboard.type("into the silence\n");
    await page.waitForFunction(() => globalThis.stillwire.link.facts.generation === 2, undefined, { polling: 20, timeout: PATIENCE });
    await until(page, "live");
    t.diagnostic(`live again after ${Date.now() - cut} ms`);
    await shows(page, "into the silence");
  });

  test("the host is killed and started again", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    await page.keyboard.type("echo before\n");
    await shows(page, "before");
    await host.kill();
    await warned(page, "The host cannot be reached");
    assert.ok(await page.getByRole("button", { name: /Reconnect|Connecting/ }).isVisible());
    await host.start();
    const back = Date.now();
    await until(page, "live");
    t.diagnostic(`live again after ${Date.now() - back} ms`);
    await page.keyboard.type("echo after\n");
    await shows(page, "after");
    assert.ok(!(await text(page)).includes("before"), "another session, and the page says so");
  });

  test("a hundred cuts leave one socket, one timer, and no memory", async (t) => {
    const host = await Host.start(t, SHELL);
    const wire = await Wire.to(t, host);
    const count = () => {
      const alive = (globalThis.timers = new Set());
      const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
      globalThis.setTimeout = (then, ...rest) => {
        const id = set(() => (alive.delete(id), then()), ...rest);
        alive.add(id);
        return id;
      };
      globalThis.clearTimeout = (id) => (alive.delete(id), clear(id));
    };
    const { context, page } = await visit(t, host.url(wire.port), { script: `(${count})()` });
    const devtools = await context.newCDPSession(page);
    const weigh = async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      return (await devtools.send("Runtime.getHeapUsage")).usedSize;
    };
    const again = async (times) => {
      for (let i = 0; i < times; i += 1) {
        await until(page, "live");
        const { generation } = await facts(page);
        wire.cut();
        await page.waitForFunction((was) => {
          const { link } = globalThis.stillwire;
          if (link.facts.generation === 0) link.news("user");
          return link.facts.generation > was && link.facts.status === "live";
        }, generation, { polling: 10, timeout: PATIENCE });
      }
    };
    await again(10);
    const [before, timers] = [await weigh(), await page.evaluate(() => globalThis.timers.size)];
    await again(100);
    const [after, now] = [await weigh(), await page.evaluate(() => globalThis.timers.size)];
    t.diagnostic(`heap ${before} -> ${after} bytes, timers ${timers} -> ${now}`);
    assert.equal(wire.open.size, 1);
    assert.ok(now <= timers + 2, `${timers} timers, then ${now}`);
    assert.ok(after < before + 2_000_000, `${before} bytes, then ${after}`);
  });
});
