// The list of a host's sessions.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { close, configured, open, shows, so, until, visit, warned } from "./world.mjs";

const SESSIONS = `[[session]]
name = "build"
command = "while :; do echo tick; sleep 0.2; done"
[[session]]
name = "shell <b>"
command = ["bash", "--norc"]
[[session]]
name = "done"
command = "echo finished; exit 3"
`;

after(close);

const row = (page, name) => page.locator("li", { has: page.getByRole("link", { name, exact: true }) });

describe("the list", { concurrency: 3 }, () => {
  test("shows each session with status, reason, since when, and how much it prints", async (t) => {
    const host = await configured(t, SESSIONS);
    const { page } = await visit(t, host.url());
    await row(page, "build").locator(".last", { hasText: /^tick$/ }).waitFor();
    assert.equal(await page.locator("li").count(), 3);
    assert.equal(await page.locator("li b").count(), 0);
    await row(page, "build").getByText(/^Running, \d+ s$/).waitFor();
    await row(page, "done").getByText(/^Exited: code 3, \d+ s$/).waitFor();
    await row(page, "done").locator(".last", { hasText: /^finished$/ }).waitFor();
    assert.ok(await row(page, "done").getByRole("button", { name: "Has ended" }).isDisabled());
    const shell = row(page, "shell <b>").locator(".chip");
    await shell.filter({ hasText: /^Idle: (at prompt|awaiting input|quiet|never active), \d+ s$/ }).waitFor();
    const said = await shell.textContent();
    await so(page, (said) => [...document.querySelectorAll(".chip")].some((chip) => chip.textContent !== said && chip.dataset.tone === "idle"), said);
    const bars = (name) => row(page, name).locator(".spark path").getAttribute("d").then((path) => path.split("M").length - 2);
    assert.ok((await bars("build")) > 1, "one bar for each second in which something came");
    assert.match(await row(page, "build").locator(".spark").getAttribute("aria-label"), /^[1-9][\d,]* bytes printed in the last minute$/);
    assert.equal(await bars("done"), 0);
  });

  test("is used by keyboard alone: opens a session, goes back, and ends one after asking", async (t) => {
    const host = await configured(t, SESSIONS);
    const { page } = await visit(t, host.url());
    const press = async (name, key = "Enter") => {
      for (let i = 0; i < 30; i += 1) {
        await page.keyboard.press("Tab");
        if (await name.evaluate((element) => element === document.activeElement)) return page.keyboard.press(key);
      }
      assert.fail("it is not reached");
    };
    await row(page, "shell <b>").waitFor();
    await press(row(page, "shell <b>").getByRole("link"));
    await until(page, "live");
    await page.keyboard.type("echo op''ened\n");
    await shows(page, "opened");
    await page.goBack();
    await row(page, "build").waitFor();
    await press(row(page, "build").getByRole("button", { name: "End" }));
    await row(page, "build").getByRole("button", { name: "End it?" }).waitFor();
    await page.keyboard.press("Enter");
    await row(page, "build").getByText("Exited").waitFor();
  });

  test("takes a session from whoever has it, or only watches", async (t) => {
    const host = await configured(t, SESSIONS);
    const { context, page } = await visit(t, host.url(undefined, "shell <b>"));
    await until(page, "live");
    const list = await open(context, `${host.url()}`);
    await row(list, "shell <b>").getByText("1 attached", { exact: true }).waitFor();
    await row(list, "shell <b>").getByRole("button", { name: "Watch" }).click();
    await until(list, "live");
    await page.keyboard.type("echo wat''ched\n");
    await shows(list, "watched");
    await list.goBack();
    await row(list, "shell <b>").getByRole("button", { name: "Take control" }).click();
    await until(list, "live");
    await warned(page, "Another tab took over");
  });

  test("says that what it shows is old while the host is gone, and asks it nothing", async (t) => {
    const host = await configured(t, SESSIONS);
    const { page } = await visit(t, host.url());
    await row(page, "build").waitFor();
    await host.kill();
    await page.getByText("The host cannot be reached. Trying again…").waitFor();
    for (const name of ["Open", "Watch", "End"]) assert.ok(await row(page, "build").getByRole("button", { name, exact: true }).isDisabled(), name);
    await row(page, "build").locator(".chip[data-tone=ended]", { hasText: /^Was running$/ }).waitFor();
    await host.start();
    await so(page, () => document.querySelector(".list-state").textContent === "");
    assert.ok(await row(page, "build").getByRole("button", { name: "End" }).isEnabled());
  });

  test("and sessions, gone through again and again, leave no listeners, timers, connections or memory behind", async (t) => {
    const host = await configured(t, SESSIONS);
    const { context, page } = await visit(t, host.url());
    const devtools = await context.newCDPSession(page);
    const round = async () => {
      await row(page, "shell <b>").getByRole("button", { name: "Open" }).click();
      await until(page, "live");
      await page.goBack();
      await row(page, "shell <b>").getByRole("button", { name: "Open" }).waitFor();
    };
    const weigh = async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      const { nodes, jsEventListeners } = await devtools.send("Memory.getDOMCounters");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      return { nodes, jsEventListeners, usedSize };
    };
    for (let i = 0; i < 5; i += 1) await round();
    const was = await weigh();
    for (let i = 0; i < 20; i += 1) await round();
    const is = await weigh();
    t.diagnostic(`${JSON.stringify(was)} -> ${JSON.stringify(is)}`);
    assert.equal(await page.evaluate(() => document.adoptedStyleSheets.length), 0);
    assert.ok(is.nodes < was.nodes + 500 && is.jsEventListeners < was.jsEventListeners + 50 && is.usedSize < was.usedSize + 2_000_000);
    assert.match(await page.title(), /^Sessions/);
  });
});
