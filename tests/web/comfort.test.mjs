// What makes it a terminal that people like: finding, copying, fingers, themes, notifications, and reading aloud.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { close, elsewhere, facts, Host, SHELL, shows, so, until, visit } from "./world.mjs";

after(close);

const menu = (page) => page.locator(".menu summary").click();
const first = (page) => page.evaluate(() => globalThis.stillwire.screen.terminal.buffer.active.viewportY);

describe("comfort", { concurrency: 3 }, () => {
  test("text is found by keyboard alone, and what is not there is said to be not there", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "echo the needle; seq 300; exec cat"]);
    const { page } = await visit(t, host.url());
    await shows(page, "300");
    await page.keyboard.press("Control+Shift+F");
    await page.keyboard.type("needle");
    await page.keyboard.press("Enter");
    await so(page, () => globalThis.stillwire.screen.terminal.getSelection() === "needle");
    assert.equal(await first(page), 0, "it is scrolled to");
    await page.keyboard.type("less");
    await page.keyboard.press("Enter");
    await page.locator(".find [role=status]", { hasText: "not found" }).waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".find").count(), 0);
    await page.keyboard.type("typed into the terminal\n");
    await shows(page, "typed into the terminal");
    await page.keyboard.press("Control+Shift+M");
    assert.ok(await page.getByRole("button", { name: "Find…" }).isVisible(), "the terminal takes Tab, so there is another way out of it");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent.slice(0, 5)), "Find…");
  });

  test("the theme follows the system until one is chosen, and what was chosen is there after a reload", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    const painted = (theme, background) =>
      so(page, ([theme, background]) => {
        const { options } = globalThis.stillwire?.screen.terminal ?? {};
        return document.documentElement.dataset.theme === theme && options?.theme.background === background;
      }, [theme, background]);
    await painted("dark", "#0d1117");
    await page.emulateMedia({ colorScheme: "light" });
    await painted("light", "#ffffff");
    await menu(page);
    await page.getByLabel("Theme").selectOption("Dark");
    await painted("dark", "#0d1117");
    await page.getByRole("button", { name: "Larger" }).click();
    await page.getByLabel("Screen reader mode").check();
    await page.reload();
    await painted("dark", "#0d1117");
    assert.equal(await page.evaluate(() => globalThis.stillwire.screen.terminal.options.fontSize), 15);
    await menu(page);
    assert.ok(await page.getByLabel("Screen reader mode").isChecked());
    assert.equal(await page.getByLabel("Theme").inputValue(), "dark");
  });

  test("in screen reader mode the screen is text that can be read line by line", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "echo to be read; exec cat"]);
    const { page } = await visit(t, host.url());
    await shows(page, "to be read");
    const line = page.locator(".xterm-accessibility-tree [role=listitem]", { hasText: "to be read" });
    assert.equal(await line.count(), 0);
    await menu(page);
    await page.getByLabel("Screen reader mode").check();
    await line.waitFor({ state: "attached" });
  });

  test("a finger scrolls the terminal and not the page, and turns the wheel of a program that asked for the mouse", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "stty -echo; seq 300; read x; printf '\\033[?1000h\\033[?1006hasked\\n'; exec cat -v"]);
    const { context, page } = await visit(t, host.url(), { phone: true });
    await shows(page, "300");
    const devtools = await context.newCDPSession(page);
    const drag = async (by) => {
      const at = (y) => [{ x: 180, y }];
      await devtools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(300) });
      for (let y = 0; Math.abs(y) <= Math.abs(by); y += Math.sign(by) * 20) {
        await devtools.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(300 + y) });
      }
      await devtools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    };
    const bottom = await first(page);
    await drag(240);
    await so(page, (bottom) => globalThis.stillwire.screen.terminal.buffer.active.viewportY < bottom - 5, bottom);
    await drag(-280);
    await so(page, (bottom) => globalThis.stillwire.screen.terminal.buffer.active.viewportY === bottom, bottom);
    assert.deepEqual(await page.evaluate(() => [scrollY, document.scrollingElement.scrollHeight - innerHeight]), [0, 0]);
    await page.evaluate(() => globalThis.stillwire.screen.terminal.focus());
    await page.keyboard.press("Enter");
    await shows(page, "asked");
    await drag(120);
    await page.evaluate(() => globalThis.stillwire.screen.terminal.input("\r"));
    await shows(page, "^[[<64;");
  });

  test("a phone's arrow keys are those that the program asked for, and go with Ctrl", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "stty -echo; printf '\\033[?1hready\\n'; exec cat -v"]);
    const { page } = await visit(t, host.url(), { phone: true });
    await shows(page, "ready");
    const tap = (name) => page.getByRole("button", { name, exact: true }).tap();
    await tap("Left");
    await tap("Ctrl");
    await tap("Right");
    await tap("PgUp, page up");
    await page.keyboard.press("Enter");
    await shows(page, "^[OD^[[1;5C^[[5~");
  });

  test("an address is followed in a tab that knows nothing of this one, and one that is a script is not", async (t) => {
    const site = await elsewhere(t);
    const host = await Host.start(t, ["sh", "-c", `printf '\\033]8;;javascript:document.title=1\\033\\\\script\\033]8;;\\033\\\\ ${site}x\\n\\344\\275\\240\\360\\237\\231\\202wide\\n'; exec cat`]);
    const { context, page } = await visit(t, host.url());
    await shows(page, "wide");
    const cell = await page.evaluate(() => {
      const { terminal } = globalThis.stillwire.screen;
      const { width, height, left, top } = document.querySelector(".xterm-screen").getBoundingClientRect();
      return { width: width / terminal.cols, height: height / terminal.rows, left, top };
    });
    const click = async (column, is) => {
      const [x, y] = [cell.left + (column + 0.5) * cell.width, cell.top + 0.5 * cell.height];
      await page.mouse.move(x, y - 1);
      await page.mouse.move(x, y, { steps: 3 });
      await so(page, (is) => (document.querySelector(".xterm-cursor-pointer") !== null) === is, is);
      await page.mouse.click(x, y);
    };
    await click(2, false);
    const opened = context.waitForEvent("page");
    await click(12, true);
    const tab = await opened;
    await tab.waitForURL(`${site}x`);
    assert.deepEqual(await tab.evaluate(() => [globalThis.opener, document.referrer]), [null, ""]);
    assert.equal(context.pages().length, 2, "the script was not followed");
    const columns = await page.evaluate(() => {
      const line = globalThis.stillwire.screen.terminal.buffer.active.getLine(1);
      return [0, 2, 4].map((column) => line.getCell(column).getChars());
    });
    assert.deepEqual(columns, ["你", "🙂", "w"], "each takes the columns that it takes in other terminals");
  });

  test("a program that asks for the clipboard and is told No gets nothing, and is not asked again for that", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "stty -echo; read x; printf '\\033]52;c;aGVsbG8=\\007\\033]52;c;?\\007asked\\n'; exec cat -v"]);
    const { context, page } = await visit(t, host.url());
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await until(page, "live");
    await page.evaluate(() => navigator.clipboard.writeText("before"));
    await page.keyboard.press("Enter");
    const consent = page.getByRole("alert").filter({ hasText: "wants to copy 5 characters" });
    await consent.getByText("hello").waitFor();
    await consent.getByRole("button", { name: "No" }).click();
    await consent.waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "before");
    await page.evaluate(() => globalThis.stillwire.screen.terminal.focus());
    await page.keyboard.type("end\n");
    await shows(page, "end");
    assert.ok(!(await page.evaluate(() => globalThis.stillwire.screen.save().text)).includes("YmVmb3Jl"), "and it is not told what is on it");
  });

  test("whoever asked for it is notified when the session waits and when it rings, and only while they look elsewhere", async (t) => {
    const work = "stty -echo; while read x; do echo working; sleep 0.5; [ \"$x\" = ring ] && printf '\\a'; done";
    const host = await Host.start(t, ["sh", "-c", work]);
    // A tab in the background, and the notifications of the system.
    const elsewhere = () => {
      globalThis.told = [];
      globalThis.away = false;
      Object.defineProperty(document, "hidden", { get: () => globalThis.away });
      const Real = Notification;
      globalThis.Notification = class extends Real {
        constructor(title, options) {
          super(title, options);
          globalThis.told.push(`${title}: ${options.body}`);
        }
      };
    };
    const { context, page } = await visit(t, host.url(), { script: `(${elsewhere})()` });
    await until(page, "live");
    const told = () => page.evaluate(() => globalThis.told);
    const work_ = async (what) => {
      await so(page, () => globalThis.stillwire.link.facts.session === "idle");
      await page.evaluate((what) => globalThis.stillwire.screen.terminal.input(`${what}\r`), what);
      await so(page, () => globalThis.stillwire.link.facts.session === "running");
    };
    await page.evaluate(() => (globalThis.away = true));
    await work_("unasked");
    await so(page, () => globalThis.stillwire.link.facts.session === "idle");
    assert.deepEqual(await told(), []);
    await menu(page);
    const notify = page.getByLabel("Notify me when it waits");
    await notify.click();
    await page.getByText("The browser does not let this page notify you").waitFor();
    assert.ok(!(await notify.isChecked()), "a browser that refuses is not shown as one that agreed");
    await context.grantPermissions(["notifications"]);
    await notify.click();
    await so(page, () => document.querySelector("#notify").checked);
    await work_("asked");
    await so(page, () => globalThis.told.length === 1);
    assert.match((await told())[0], new RegExp(`^${host.name}: Idle: `));
    await work_("ring");
    await so(page, () => globalThis.told.includes(`${document.querySelector("h1").textContent}: The bell rang`));
    await so(page, () => globalThis.told.at(-1).endsWith("Idle: bell"));
    await page.evaluate(() => (globalThis.away = false));
    const { length } = await told();
    await work_("seen");
    await so(page, () => globalThis.stillwire.link.facts.session === "idle");
    assert.equal((await told()).length, length);
  });

  test("without a graphics card, and when one is lost, the terminal is drawn all the same", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "printf '\\033[38;2;1;200;3mdrawn\\033[m\\n'; exec cat"]);
    const { page } = await visit(t, host.url());
    const drawn = async (page) => {
      const text = page.locator(".xterm-rows span", { hasText: /^drawn$/ });
      await text.waitFor();
      return text.evaluate((span) => getComputedStyle(span).color);
    };
    assert.equal(await drawn(page), "rgb(1, 200, 3)");
    assert.equal(await page.locator(".xterm-screen canvas").count(), 0);
    assert.deepEqual(page.complaints, [], "colours need no exception from the policy");
    // A card that says nothing of being none.
    const card = () => {
      globalThis.contexts = [];
      const real = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, options) {
        const context = real.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false });
        if (kind === "webgl2") globalThis.contexts.push(context);
        return context;
      };
      WebGL2RenderingContext.prototype.getParameter = new Proxy(WebGL2RenderingContext.prototype.getParameter, {
        apply: (real, context, [what]) => (what === 0x9246 ? "A card" : real.call(context, what)),
      });
    };
    const { page: other } = await visit(t, host.url(), { script: `(${card})()` });
    await other.locator(".xterm-screen canvas").first().waitFor();
    assert.equal(await other.locator(".xterm-rows").count(), 0);
    await other.evaluate(() => globalThis.contexts.at(-1).getExtension("WEBGL_lose_context").loseContext());
    assert.equal(await drawn(other), "rgb(1, 200, 3)");
    assert.equal(await other.locator(".xterm-screen canvas").count(), 0);
    assert.equal((await facts(other)).status, "live");
  });
});
