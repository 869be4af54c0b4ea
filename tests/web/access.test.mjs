// Whether everybody can use it: axe-core in every state, and the keyboard. With SHOTS=FOLDER each state is also a picture.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, describe, test } from "node:test";
import { close, configured, facts, Host, open, SHELL, shows, until, visit, warned, Wire } from "./world.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

after(close);

/** No violation that is serious, of WCAG 2.2 AA. */
async function look(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`);
  assert.deepEqual(told, [], name);
}

describe("everybody", { concurrency: 2 }, () => {
  for (const [look_, options] of [["dark", { theme: "dark" }], ["light", { theme: "light" }], ["phone", { phone: true, theme: "dark" }]]) {
    test(`can read every state (${look_})`, async (t) => {
      const host = await Host.start(t, SHELL, ["--heartbeat", "1s"]);
      const wire = await Wire.to(t, host);
      const { context, page } = await visit(t, host.url(wire.port), options);
      const shot = (name) => look(page, `${look_}-${name}`);
      await until(page, "live");
      await page.keyboard.type("PS1='$ '; clear; printf '\\e]0;a title\\a'; ls --color=always /; for c in 31 32 33 34 35 36; do printf \"\\e[${c}mcolour $c\\e[m \"; done; echo\n");
      await shows(page, "colour 36");
      await shot("live");
      await page.locator(".menu summary").click();
      await shot("menu");
      await page.getByRole("button", { name: "Find…" }).click();
      await page.getByLabel("Find", { exact: true }).fill("colour");
      await page.keyboard.press("Enter");
      await shot("find");
      await page.keyboard.press("Escape");
      await page.waitForFunction(() => globalThis.stillwire.link.facts.session === "idle");
      await shot("idle");
      wire.silence();
      await context.setOffline(true);
      await until(page, "syncing");
      await page.keyboard.type("make\n");
      await warned(page, "Network is offline");
      await shot("offline");
      await context.setOffline(false);
      await until(page, "live");
      const other = await open(context, host.url());
      await until(other, "live");
      await warned(page, "Another tab took over");
      await page.bringToFront();
      await shot("superseded");
      await page.getByRole("button", { name: "Only watch" }).click();
      await until(page, "live");
      await shot("viewer");
      await page.locator(".menu summary").click();
      await page.getByRole("button", { name: "Disconnect" }).click();
      await warned(page, "You disconnected");
      await page.locator(".menu summary").click();
      await shot("left");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Reconnect" }).click();
      await until(page, "live");
      await page.locator(".menu summary").click();
      await page.getByRole("button", { name: "Take control" }).click();
      await page.waitForFunction(() => globalThis.stillwire.link.facts.role === "controller");
      await page.evaluate(() => globalThis.stillwire.screen.terminal.input("printf '\\e]52;c;aGVsbG8=\\a'\r"));
      await page.getByText("wants to copy").waitFor();
      await shot("consent");
      await page.getByRole("button", { name: "No" }).click();
      await host.kill();
      await warned(page, "The host cannot be reached");
      await shot("unreachable");
    });

    test(`can read the ends and the list (${look_})`, async (t) => {
      const host = await configured(t, '[[session]]\nname = "build"\ncommand = "i=0; while :; do i=$((i+1)); echo compiling part $i; sleep 0.3; done"\n[[session]]\nname = "shell"\ncommand = ["bash", "--norc", "-i"]\n[[session]]\nname = "done"\ncommand = "echo finished; exit 3"\n');
      const { page } = await visit(t, host.url(), options);
      const shot = (name) => look(page, `${look_}-${name}`);
      await page.locator("li", { hasText: "shell" }).getByText(/Idle/).waitFor();
      await shot("list");
      await page.locator("li", { hasText: "build" }).getByRole("button", { name: "End" }).click();
      await shot("list-sure");
      await page.getByRole("link", { name: "done" }).click();
      await warned(page, "Session ended");
      await shot("ended");
      const { page: stranger } = await visit(t, `http://127.0.0.1:${host.port}/#token=wrong&session=build`, options);
      await warned(stranger, "Not authorised");
      await look(stranger, `${look_}-unauthorised`);
      const { page: nobody } = await visit(t, `http://127.0.0.1:${host.port}/`, options);
      await nobody.getByLabel("Token").waitFor();
      await look(nobody, `${look_}-ask`);
      const { page: list } = await visit(t, host.url(), options);
      await list.locator("li").first().waitFor();
      await host.kill();
      await list.getByText("The host cannot be reached.").waitFor();
      await look(list, `${look_}-list-stale`);
    });
  }

  test("the menu works without a mouse, and Escape leaves it", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    await page.locator(".menu summary").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Larger" }).focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => globalThis.stillwire.screen.terminal.options.fontSize), 15);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".menu").getAttribute("open"), null);
    assert.equal((await facts(page)).status, "live");
  });

  test("a screen reader is told of changes, and of nothing else", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    await page.waitForFunction(() => globalThis.stillwire.link.facts.session === "idle");
    await page.evaluate(() => {
      globalThis.told = [];
      const live = document.querySelector("header [aria-live]");
      new MutationObserver(() => globalThis.told.push(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
    });
    await page.waitForFunction((was) => document.querySelector(".session-chip .for").textContent !== was, await page.locator(".session-chip .for").textContent());
    await page.waitForFunction((was) => document.querySelector(".session-chip .for").textContent !== was, await page.locator(".session-chip .for").textContent());
    assert.deepEqual(await page.evaluate(() => globalThis.told), [], "seconds go by in silence");
    await page.keyboard.type("exit 0\n");
    await until(page, "ended");
    assert.ok((await page.evaluate(() => globalThis.told)).some((words) => words.includes("Ended")));
  });

  test("a screen reader is told once that the host is gone, however often the page tries and whatever is typed", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    await page.evaluate(() => {
      globalThis.told = [];
      const live = (node) => (node instanceof Element ? node : node.parentElement)?.closest("[role=alert], [role=status], [aria-live=polite], [aria-live=assertive]");
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          for (const region of new Set([live(target), ...target.querySelectorAll?.("[role=alert]") ?? []])) if (region?.textContent) globalThis.told.push(region.textContent);
        }
      }).observe(document.body, { childList: true, characterData: true, subtree: true });
    });
    await host.kill();
    await warned(page, "The host cannot be reached");
    await page.keyboard.type("typed");
    await page.locator(".pending", { hasText: "typed" }).waitFor();
    const tries = () => page.evaluate(() => document.querySelector(".link-chip .for").textContent);
    // Two more attempts: the seconds until the next one begin anew.
    for (let i = 0; i < 2; i += 1) {
      await page.getByRole("button", { name: "Reconnect" }).click();
      const was = await tries();
      await page.waitForFunction((was) => document.querySelector(".link-chip .for").textContent !== was, was);
    }
    const told = await page.evaluate(() => globalThis.told);
    const alerts = new Set(told.filter((words) => words.startsWith("The host cannot be reached")));
    assert.equal(alerts.size, 1);
    assert.ok(told.every((words) => !/typed|Connecting|again in|\d s/.test(words)), told.join("; "));
  });
});
