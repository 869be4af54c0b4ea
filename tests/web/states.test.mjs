// What the page says of each state: in the header, in the tab, in the warning; what can be done about it, and what cannot.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { chip, close, Host, open, SHELL, shows, so, text, until, visit, warned, Wire } from "./world.mjs";

after(close);

/** The tab: its title, and the name of the icon's colour. */
async function tab(page, title) {
  await so(page, (title) => document.title === title, title);
  const names = { "#2da44e": "green", "#d29922": "amber", "#3b82f6": "blue", "#8b949e": "grey", "#e5484d": "red" };
  const icon = decodeURIComponent(await page.locator("link[rel=icon]").getAttribute("href"));
  return names[/rx="4" fill="([^"]+)"/.exec(icon)?.[1]];
}

/** The warning: its title, its words, and the buttons that can be pressed. */
async function warning(page, title) {
  await warned(page, title);
  const bar = page.locator(".warning");
  return { what: await bar.locator(".text span").textContent(), buttons: await bar.getByRole("button").allTextContents() };
}

describe("every state", { concurrency: 3 }, () => {
  test("Running is green, and Idle is blue with its reason and since when, in the header and in the tab", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "while read x; do for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.2; done; done"]);
    const { page } = await visit(t, host.url());
    assert.equal(await chip(page, "link", /^Live$/), "live");
    await page.keyboard.press("Enter");
    assert.equal(await chip(page, "session", /^Running$/), "live");
    assert.equal(await tab(page, `Running · ${host.name}`), "green");
    assert.equal(await chip(page, "session", /^Idle: (quiet|awaiting input)$/), "idle");
    await page.locator(".session-chip .for", { hasText: /^[4-9] s$/ }).waitFor();
    const word = await page.locator(".session-chip .word").textContent();
    assert.equal(await tab(page, `${word} · ${host.name}`), "blue");
    assert.ok(await page.locator(".warning").isHidden());
  });

  test("Syncing is amber with the seconds since the last contact, and Disconnected red with the reason", async (t) => {
    const host = await Host.start(t, SHELL);
    const wire = await Wire.to(t, host);
    const { context, page } = await visit(t, host.url(wire.port));
    await until(page, "live");
    // Syncing is short: what there is to be seen of it is noted as it comes.
    await page.evaluate(() => {
      globalThis.seen = [];
      const look = () => {
        const chip = document.querySelector(".link-chip");
        if (chip.querySelector(".word").textContent !== "Syncing") return;
        globalThis.seen.push([chip.dataset.tone, chip.querySelector(".for").textContent, document.title, document.querySelector("link[rel=icon]").href]);
      };
      new MutationObserver(look).observe(document, { childList: true, characterData: true, attributes: true, subtree: true });
    });
    wire.silence();
    await context.setOffline(true);
    await so(page, (name) => globalThis.seen.some(([tone, age, title, icon]) => tone === "syncing" && /^last contact [1-9]\d* s ago$/.test(age) && title === `Syncing · ${name}` && decodeURIComponent(icon).includes("#d29922")), host.name);
    const offline = await warning(page, "Network is offline");
    assert.match(offline.what, /what you type now is kept/);
    assert.equal(offline.buttons.length, 1);
    assert.equal(await chip(page, "link", /^Disconnected: offline$/), "down");
    assert.equal(await tab(page, `Disconnected: offline · ${host.name}`), "red");
    assert.equal(await chip(page, "session", /^Was (running|idle: .*)$/), "ended", "nobody knows what it does now");
    await host.kill();
    await context.setOffline(false);
    assert.equal(await chip(page, "link", /^Disconnected: cannot be reached$/), "down");
    const gone = await warning(page, "The host cannot be reached");
    assert.match(gone.what, /Is it still running\? The page keeps trying/);
    assert.match(gone.buttons.join(), /^(Reconnect|Connecting…)$/);
  });

  test("a host that is silent for too long has timed out, and the page says so", async (t) => {
    const host = await Host.start(t, SHELL, ["--heartbeat", "1s"]);
    const wire = await Wire.to(t, host);
    const { page } = await visit(t, host.url(wire.port));
    await until(page, "live");
    // Silent, now and for every connection to come.
    wire.mute = true;
    wire.silence();
    const { what } = await warning(page, "Host timed out after inactivity");
    assert.match(what, /The page keeps trying/);
    assert.equal(await chip(page, "link", /^Disconnected: timed out$/), "down");
  });

  test("Ended is grey with the exit code, and what needs a link says why it is off", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url(), { phone: true });
    await until(page, "live");
    await page.locator(".menu summary").tap();
    assert.ok(await page.getByRole("button", { name: "Disconnect" }).isEnabled());
    await page.keyboard.press("Escape");
    await page.evaluate(() => globalThis.stillwire.screen.terminal.focus());
    await page.keyboard.type("exit 7\n");
    assert.equal(await chip(page, "link", /^Ended: code 7$/), "ended");
    assert.equal(await tab(page, `Ended: code 7 · ${host.name}`), "grey");
    const { what, buttons } = await warning(page, "Session ended");
    assert.match(what, /code 7.*stays here/);
    assert.deepEqual(buttons, ["All sessions"]);
    await page.locator(".menu summary").tap();
    assert.ok(await page.getByRole("button", { name: "Disconnect (the session has ended)" }).isDisabled());
    assert.ok(await page.getByRole("button", { name: "Only look (the session has ended)" }).isDisabled());
    await page.getByRole("toolbar").getByText("The session has ended.").waitFor();
    assert.ok(await page.getByRole("button", { name: "Esc" }).isHidden());
  });

  test("whoever was taken over, left, or only looks is told, and comes back by a button", async (t) => {
    const host = await Host.start(t, SHELL);
    const { context, page } = await visit(t, host.url(), { phone: true });
    await until(page, "live");
    const other = await open(context, host.url());
    await until(other, "live");
    const taken = await warning(page, "Another tab took over");
    assert.match(taken.what, /^The session was taken over by 127\.0\.0\.1:\d+\. This page stays out of its way until you say so\.$/);
    assert.deepEqual(taken.buttons, ["Take control", "Only watch"]);
    assert.equal(await chip(page, "link", /^Disconnected: taken over$/), "down");
    await page.bringToFront();
    await page.getByRole("button", { name: "Only watch" }).tap();
    assert.equal(await chip(page, "link", /^Live, read-only$/), "live");
    await page.getByRole("toolbar").getByText("This page only looks.").waitFor();
    await page.keyboard.type("x");
    await page.getByText("Take control to type.").waitFor();
    await page.locator(".menu summary").tap();
    await page.getByRole("button", { name: "Disconnect" }).tap();
    assert.deepEqual((await warning(page, "You disconnected")).buttons, ["Reconnect"]);
    assert.equal(await chip(page, "link", /^Disconnected: by you$/), "down");
    await page.locator(".menu summary").tap();
    assert.ok(await page.getByRole("button", { name: "Disconnect (there is no link)" }).isDisabled());
    await page.locator(".menu summary").tap();
    await page.getByRole("button", { name: "Reconnect" }).tap();
    await until(page, "live");
  });

  test("a warning that comes and goes resizes nothing: the program is not told, and the terminal does not jump", async (t) => {
    const host = await Host.start(t, ["sh", "-c", 'stty -echo; echo ready; while :; do now=$(stty size); [ "$now" = "$was" ] || echo "size $now"; was=$now; sleep 0.1; done']);
    const wire = await Wire.to(t, host);
    const { page } = await visit(t, host.url(wire.port), { phone: true });
    await shows(page, "ready");
    const rows = () => page.evaluate(() => globalThis.stillwire.screen.terminal.rows);
    await page.setViewportSize({ width: 390, height: 600 });
    // The host has heard of it: it is the host's size that is shown.
    await so(page, () => {
      const { screen } = globalThis.stillwire;
      return innerHeight === 600 && screen.proposed()?.rows === screen.terminal.rows;
    });
    await shows(page, `size ${await page.evaluate(() => `${globalThis.stillwire.screen.terminal.rows} ${globalThis.stillwire.screen.terminal.cols}`)}`);
    const [was, said] = [await rows(), (await text(page)).split("size").length];
    wire.refuses = true;
    wire.cut();
    await page.keyboard.type("typed");
    await page.locator(".pending", { hasText: "typed" }).waitFor();
    await warned(page, "The host cannot be reached");
    assert.equal(await rows(), was);
    const [first, warning] = await Promise.all([page.locator(".xterm-rows > div").first().boundingBox(), page.locator(".warning").boundingBox()]);
    assert.ok(first.y >= warning.y + warning.height - 1, "what is shown is to be seen under it");
    const box = (of) => page.locator(of).boundingBox();
    const [bar, screen] = [await box(".pending"), await box("main.terminal")];
    assert.ok(bar.y + bar.height <= 600 && bar.y > screen.y && bar.x >= 0 && bar.width <= 390);
    wire.refuses = false;
    await page.getByRole("button", { name: "Reconnect" }).click();
    await until(page, "live");
    await so(page, () => globalThis.stillwire.link.facts.kept === 0);
    await so(page, () => globalThis.stillwire.link.facts.session === "idle");
    assert.equal((await text(page)).split("size").length, said);
    await page.setViewportSize({ width: 390, height: 700 });
    await so(page, (was) => globalThis.stillwire.screen.terminal.rows > was, was);
    await so(page, (said) => globalThis.stillwire.screen.save().text.split("size").length > said, said);
  });

  test("an icon that was there before another page was, is there after it", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await chip(page, "session", /^Idle/);
    const icon = () => page.locator("link[rel=icon]").getAttribute("href");
    const before = await icon();
    await page.getByRole("button", { name: "All sessions" }).first().click();
    await so(page, () => document.title.startsWith("Sessions"));
    assert.notEqual(await icon(), before);
    await page.goBack();
    await so(page, () => document.title.startsWith("Idle"));
    assert.equal(await icon(), before);
  });
});
