// Figures for docs/BENCHMARKS.md: the page beside wetty, a Node.js terminal, both in the same Chromium and drawn as elements.
//
//   npm install --prefix /tmp/peers wetty
//   /tmp/peers/node_modules/.bin/wetty --port 7995 --base / --command "env PS1=READY_ bash --norc --noprofile" &
//   STILLWIRE=target/release/runner-std PEER=http://127.0.0.1:7995/ CHROMIUM_FLAGS=--disable-3d-apis node tests/web/bench.mjs [cuts]
//
// Both take turns, so what else the machine does is in both; where they are compared, by the same means: both pages are xterm.js.
import { readdirSync, readFileSync } from "node:fs";
import { close, facts, Host, seconds, until, visit, Wire } from "./world.mjs";

const ends = [];
const t = { after: (end) => ends.push(end) };
const PROMPT = "READY_";
const SHELL = ["env", `PS1=${PROMPT}`, "bash", "--norc", "--noprofile"];
const LINES = 806_597; // 50 MiB with the CR of each line
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const KEYS = 100;

/** What the terminal shows, as the browser has painted it. */
const shown = (page, text, timeout = 60_000) =>
  page.waitForFunction((text) => document.querySelector(".xterm-rows")?.textContent.replaceAll("\u00a0", " ").includes(text), text, { polling: "raf", timeout });

const percentile = (all, part) => all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * part))];
const median = (all) => percentile(all, 0.5);

/** The terminal on a new page, and how long it took until one could type. */
async function begin(url) {
  const { context, page } = await visit(t, "about:blank");
  const start = performance.now();
  await page.goto(url);
  await shown(page, PROMPT);
  const took = performance.now() - start;
  return { context, page, took };
}

/** What travelled until now, in KiB. */
async function weight(page) {
  const sizes = await page.evaluate(() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).map((entry) => entry.encodedBodySize));
  return sizes.reduce((sum, size) => sum + size, 0) / 1024;
}

/** From each key's event until the terminal has the character that the shell sent back, and until it is drawn. */
async function echoes(page) {
  await seconds(1);
  await page.locator(".xterm-helper-textarea").focus();
  await page.evaluate((prompt) => {
    const terminal = globalThis.stillwire?.screen.terminal ?? globalThis.wetty_term;
    const rows = document.querySelector(".xterm-rows");
    const seen = (globalThis.echoes = { taken: [], drawn: [] });
    let [line, pressed] = ["", {}];
    addEventListener("keydown", ({ key, ctrlKey }) => {
      if (ctrlKey || key === "Control") return void (line = "");
      line += key;
      pressed = { taken: performance.now(), drawn: performance.now() };
    }, true);
    const note = (what, text) => {
      if (pressed[what] === undefined || !text().includes(prompt + line)) return;
      seen[what].push(performance.now() - pressed[what]);
      pressed[what] = undefined;
    };
    const { active } = terminal.buffer;
    terminal.onWriteParsed(() => note("taken", () => active.getLine(active.baseY + active.cursorY).translateToString(true)));
    new MutationObserver(() => note("drawn", () => rows.textContent.replaceAll("\u00a0", " "))).observe(rows, { subtree: true, childList: true, characterData: true });
  }, PROMPT);
  for (let i = 0; i < KEYS; i += 1) {
    // At no certain time after the last frame, as people type.
    await seconds(0.05 + 0.05 * Math.random());
    await page.keyboard.press("abcdefghij"[i % 10]);
    await page.waitForFunction((count) => globalThis.echoes.drawn.length > count, i, { polling: 20 });
    if (i % 50 !== 49) continue;
    await page.keyboard.press("Control+c");
    await seconds(0.3);
  }
  return page.evaluate(() => globalThis.echoes);
}

/** Seconds that the browser's processes have worked: what else the machine does changes them less than the time. */
function worked() {
  const all = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
      const fields = rest.split(" ");
      all.set(pid, { name, parent: fields[1], ticks: Number(fields[11]) + Number(fields[12]) });
    } catch {
      // It has ended.
    }
  }
  const ours = (pid) => pid === String(process.pid) || (all.has(pid) && ours(all.get(pid).parent));
  const browser = [...all].filter(([pid, { name }]) => name.startsWith("chrom") && ours(pid));
  return browser.reduce((sum, [, { ticks }]) => sum + ticks, 0) / 100;
}

async function flood(page) {
  await page.keyboard.type(`seq -f '%063.0f' ${LINES}; echo DO''NE`);
  await seconds(1);
  const [start, before] = [performance.now(), worked()];
  await page.keyboard.press("Enter");
  await shown(page, "DONE");
  return [(performance.now() - start) / 1000, worked() - before];
}

/** Both take turns, each time with a new shell. */
async function measure(places) {
  const all = places.map(() => ({ starts: [], taken: [], drawn: [], floods: [], works: [] }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, place] of places.entries()) {
      const of = all[index];
      const url = await place();
      const { context, page, took } = await begin(url);
      const { taken, drawn } = await echoes(page);
      of.weight = await weight(page);
      of.starts.push(took);
      of.taken.push(...taken);
      of.drawn.push(...drawn);
      const [flooded, works] = await flood(page);
      of.floods.push(flooded);
      of.works.push(works);
      console.error(url.slice(0, 23), round, took.toFixed(), median(taken).toFixed(1), median(drawn).toFixed(1), flooded.toFixed(1), works.toFixed(1));
      await context.close();
    }
  }
  return all.map(({ weight, starts, taken, drawn, floods, works }) => ({
    "weight, KiB": weight.toFixed(),
    "until one can type, ms": median(starts).toFixed(),
    "key to terminal p50, p99, ms": [0.5, 0.99].map((part) => percentile(taken, part).toFixed(1)).join(" "),
    "key to screen p50, p99, ms": [0.5, 0.99].map((part) => percentile(drawn, part).toFixed(1)).join(" "),
    "50 MiB on the screen, s": median(floods).toFixed(1),
    "the browser's processors meanwhile, s": median(works).toFixed(1),
  }));
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

const ours = async () => (await Host.start(t, SHELL, ["--history", "64MiB"])).url();
if (process.argv[2] !== "cuts") console.table(await measure([ours, ...(process.env.PEER ? [() => process.env.PEER] : [])]));
console.table(await cuts());
await close();
for (const end of ends) await Promise.resolve(end()).catch(() => {});
process.exit();
