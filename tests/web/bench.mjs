// Figures for docs/BENCHMARKS.md: the page beside wetty, a Node.js terminal, both in the same Chromium and drawn as elements.
//
//   npm install --prefix /tmp/peers wetty
//   /tmp/peers/node_modules/.bin/wetty --port 7995 --base / --command "env PS1=READY_ bash --norc --noprofile" &
//   STILLWIRE=target/release/runner-std PEER=http://127.0.0.1:7995/ CHROMIUM_FLAGS=--disable-3d-apis node tests/web/bench.mjs
import { close, facts, Host, seconds, until, visit, Wire } from "./world.mjs";

const ends = [];
const t = { after: (end) => ends.push(end) };
/** A prompt that says that somebody may type. */
const SHELL = ["env", "PS1=READY ", "bash", "--norc", "--noprofile"];
const LINES = 806_597; // 50 MiB with the CR of each line

/** What the terminal shows, as the browser has painted it. */
const shown = (page, text, timeout = 300_000) =>
  page.waitForFunction((text) => document.querySelector(".xterm-rows")?.textContent.replaceAll("\u00a0", " ").includes(text), text, { polling: "raf", timeout });

async function measure(name, url) {
  const figures = new Proxy({ name }, { set: (all, key, value) => (console.error(name, key, value), (all[key] = value), true) });
  const starts = [];
  for (let i = 0; i < 5; i += 1) {
    const { context, page } = await visit(t, "about:blank");
    const start = performance.now();
    await page.goto(url);
    await shown(page, "READY");
    starts.push(performance.now() - start);
    if (i === 0) {
      const sizes = await page.evaluate(() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).map((entry) => entry.encodedBodySize));
      figures["weight, KiB"] = Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024);
    }
    await context.close();
  }
  figures["until one can type, ms (median of 5)"] = Math.round(starts.sort((a, b) => a - b)[2]);
  const { page } = await visit(t, url);
  await shown(page, "READY");
  await seconds(1);
  await page.locator(".xterm-helper-textarea").focus();
  await page.evaluate(() => {
    globalThis.echoes = [];
    let pressed = 0;
    addEventListener("keydown", () => (pressed = performance.now()), true);
    new MutationObserver(() => {
      if (pressed) globalThis.echoes.push(performance.now() - pressed);
      pressed = 0;
    }).observe(document.querySelector(".xterm-rows"), { subtree: true, childList: true, characterData: true });
  });
  for (let i = 0; i < 200; i += 1) {
    await page.keyboard.press("abcdefghij"[i % 10]);
    await page.waitForFunction((count) => globalThis.echoes.length > count, i, { polling: 5 });
  }
  const echoes = (await page.evaluate(() => globalThis.echoes)).sort((a, b) => a - b);
  [figures["echo p50, ms"], figures["echo p99, ms"]] = [echoes[100], echoes[198]].map((value) => value.toFixed(1));
  await page.keyboard.press("Control+u");
  await page.keyboard.type(`seq -f '%063.0f' ${LINES}; echo DO''NE`);
  await seconds(1);
  const start = performance.now();
  await page.keyboard.press("Enter");
  await shown(page, "DONE");
  figures["50 MiB on the screen, s"] = ((performance.now() - start) / 1000).toFixed(1);
  return figures;
}

async function cuts() {
  const times = {};
  const timed = async (name, page, from) => {
    await until(page, "live");
    times[name] = ((performance.now() - from) / 1000).toFixed(1);
  };
  const host = await Host.start(t, ["cat"]);
  const wire = await Wire.to(t, host);
  const { context, page } = await visit(t, host.url(wire.port));
  const stable = async () => (await until(page, "live"), await seconds(11));
  await stable();
  let from = performance.now();
  wire.cut();
  await page.waitForFunction(() => globalThis.stillwire.link.facts.status !== "live", undefined, { polling: 5 });
  await timed("connection broken", page, from);
  await stable();
  await context.setOffline(true);
  wire.cut();
  await seconds(20);
  from = performance.now();
  await context.setOffline(false);
  await timed("20 s offline, counted from when it is back", page, from);
  await stable();
  wire.silence();
  from = performance.now();
  await page.keyboard.type("x");
  const { generation } = await facts(page);
  await page.waitForFunction((was) => globalThis.stillwire.link.facts.generation > was, generation, { polling: 5 });
  await timed("half-open, a key typed", page, from);
  await stable();
  from = performance.now();
  await page.reload();
  await timed("page loaded again", page, from);
  await stable();
  await host.kill();
  await seconds(5);
  from = performance.now();
  await host.start();
  await timed("host killed, counted from when it runs again", page, from);
  return times;
}

const host = await Host.start(t, SHELL, ["--history", "64MiB"]);
console.table([await measure("stillwire", host.url()), ...(process.env.PEER ? [await measure("wetty", process.env.PEER)] : [])]);
console.table(await cuts());
await close();
for (const end of ends) await Promise.resolve(end()).catch(() => {});
process.exit();
