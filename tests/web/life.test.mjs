// What browsers do with pages that nobody looks at: kept for going back, frozen, throttled, left behind.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Window } from "./tabs.mjs";
import { close, elsewhere, facts, Host, launch, open, PATIENCE, seconds, SHELL, shows, so, text, until, visit, warned, Wire } from "./world.mjs";

/** Says how often it was told to. */
const COUNTS = ["sh", "-c", "i=0; while read x; do i=$((i + 1)); echo said $i; done"];

/** A tab of a session that counts, which has said 1 and is frozen behind another. */
async function frozen(window, host) {
  const tab = await window.tab(host.url());
  await tab.live();
  await tab.type("\r");
  await tab.shows("said 1");
  await window.tab("about:blank");
  await tab.until("document.hidden");
  await tab.lifecycle("frozen");
  return tab;
}

after(close);

describe("a page that nobody looks at", { concurrency: 3 }, () => {
  test("comes back out of the cache for going back, as it was and with a link", async (t) => {
    const from = await launch([], ["--disable-back-forward-cache"]);
    t.after(() => from.close());
    const [host, away] = [await Host.start(t, SHELL), await elsewhere(t)];
    const { context, page } = await visit(t, host.url(), { from });
    await until(page, "live");
    await page.keyboard.type("PS1='> '; clear; echo bef''ore\n");
    await shows(page, "before");
    await page.evaluate(() => {
      globalThis.same = true;
      addEventListener("pageshow", ({ persisted }) => (globalThis.persisted = persisted));
    });
    const back = async () => {
      await page.goto(away);
      await page.evaluate(() => setTimeout(() => history.back()));
      await so(page, () => globalThis.persisted === true && globalThis.same === true);
    };
    await back();
    await until(page, "live");
    await page.keyboard.type("echo af''ter\n");
    await shows(page, "after");
    assert.equal((await text(page)).split("before").length - 1, 1);
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), ["stillwire.token"], "nothing is left for a duplicate");
    // Whoever was taken over before stays out of the other's way.
    const other = await open(context, host.url());
    await until(other, "live");
    await warned(page, "Another tab took over");
    await page.bringToFront();
    await page.evaluate(() => (globalThis.persisted = false));
    await back();
    await warned(page, "Another tab took over");
    await other.keyboard.type("echo ot''her\n");
    await shows(other, "other");
    assert.equal((await facts(other)).status, "live");
    assert.equal((await facts(page)).status, "disconnected");
  });

  test("is frozen for longer than the host waits, and goes on where it was", async (t) => {
    const [host, window] = [await Host.start(t, COUNTS, ["--heartbeat", "1s"]), await Window.open(t)];
    const tab = await frozen(window, host);
    await tab.until(`sessionStorage.getItem("stillwire.place") !== null`); // it may be discarded as it is
    await waits(host, (session) => session.peers === 0);
    await tab.lifecycle("active");
    await tab.front();
    await tab.type("\r");
    await tab.shows("said 2");
    await tab.live();
    assert.equal(await tab.evaluate(`stillwire.screen.save().text.split("said").length - 1`), 2);
    assert.equal(await tab.evaluate(`sessionStorage.getItem("stillwire.place")`), null, "nothing is left for a duplicate");
  });

  test("is duplicated while it is frozen: the two are two clients, and do not fight", async (t) => {
    const [host, window] = [await Host.start(t, COUNTS), await Window.open(t)];
    const tab = await frozen(window, host);
    const stored = await tab.evaluate("JSON.stringify(sessionStorage)");
    // What a browser copies into a duplicate.
    const copy = await window.tab(host.url(), `if (!sessionStorage.length) Object.assign(sessionStorage, ${stored})`);
    await copy.live();
    await copy.type("\r");
    await copy.shows("said 2");
    assert.equal(await copy.evaluate(`stillwire.screen.save().text.split("said 1").length - 1`), 1);
    await tab.lifecycle("active");
    await tab.front();
    // The one has it, the other is told.
    const told = `document.querySelector(".warning strong")?.textContent === "Another tab took over"`;
    const [first, second] = await Promise.race([tab.until(told).then(() => [tab, copy]), copy.until(told).then(() => [copy, tab])]);
    await second.live();
    await first.evaluate(`[...document.querySelectorAll(".warning button")].find((button) => button.textContent === "Take control").click()`);
    await first.live();
    await first.type("\r");
    await first.shows("said 3");
    await second.until(told);
    await first.until(`stillwire.link.facts.session === "idle"`);
    assert.equal(await first.evaluate("stillwire.link.facts.status"), "live", "seconds later, too");
    assert.ok(await second.evaluate(told));
  });

  test("is hidden, and its timers run once a minute: the link holds, its title tells, and nothing bursts when it is back", async (t) => {
    const [host, window] = [await Host.start(t, ["sh", "-c", "while :; do sleep 8; echo said; done"], ["--heartbeat", "2s"]), await Window.open(t)];
    const wire = await Wire.to(t, host);
    const tab = await window.tab(host.url(wire.port), `(${observe})()`);
    await tab.live();
    await window.tab("about:blank");
    await tab.until("document.hidden");
    await tab.evaluate("seen.titles.length = 0");
    // The first timer may be early in its minute, the second is not.
    await tab.until("seen.late > 25_000", 3 * PATIENCE);
    const { titles, late, sent } = await tab.evaluate("seen");
    t.diagnostic(`a timer was ${Math.round(late / 1000)} s late; ${sent} messages were sent; titles: ${titles.join(", ")}`);
    for (const word of ["Running", "Idle"]) assert.ok(titles.filter((title) => title.startsWith(word)).length >= 2, titles.join());
    assert.deepEqual(await tab.evaluate("[stillwire.link.facts.status, stillwire.link.facts.generation]"), ["live", 1]);
    const before = await tab.evaluate("seen.sent");
    await tab.front();
    await tab.until("!document.hidden");
    await tab.evaluate("new Promise((later) => setTimeout(later, 1000)).then(() => globalThis.later = true)");
    await tab.until("globalThis.later");
    const burst = (await tab.evaluate("seen.sent")) - before;
    assert.ok(burst <= 5, `${burst} messages in the first second`);
    assert.deepEqual(await tab.evaluate("[stillwire.link.facts.status, stillwire.link.facts.generation]"), ["live", 1]);
    assert.equal(wire.open.size, 1);
    await tab.shows("said");
  });
});

/** In a page: notes how late timers are, what titles it had, and how many messages it sent. */
function observe() {
  globalThis.seen = { late: 0, titles: [], sent: 0 };
  const { seen } = globalThis;
  let due = performance.now() + 250;
  const again = () => {
    seen.late = Math.max(seen.late, performance.now() - due);
    due = performance.now() + 250;
    setTimeout(again, 250);
  };
  setTimeout(again, 250);
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => seen.titles.push(document.title)).observe(document.querySelector("title"), { childList: true }));
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    seen.sent += 1;
    send.call(this, data);
  };
}

/** Waits until the host says so of its only session. */
async function waits(host, is) {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${host.port}/sessions`, { headers: { Authorization: `Bearer ${host.token}` } });
    const { sessions } = await answer.json();
    if (is(sessions[0])) return;
    await seconds(0.1);
  }
}
