// What a person at the page lives through.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { close, facts, Host, open, seconds, SHELL, shows, text, until, visit, warned, watch, Wire } from "./world.mjs";

after(close);

describe("the page", { concurrency: 3 }, () => {
  test("what is typed comes back, and the token is in no address", async (t) => {
    const host = await Host.start(t, SHELL);
    const asked = [];
    const { context, page } = await visit(t, "about:blank");
    context.on("request", (request) => asked.push(request.url()));
    await page.goto(host.url());
    await until(page, "live");
    await page.keyboard.type("echo $((40 + 2))\n");
    await shows(page, "42");
    assert.equal(new URL(page.url()).hash, `#session=${host.name}`);
    assert.ok(asked.length > 3 && asked.every((url) => new URL(url).port === String(host.port)), "nothing from elsewhere");
    assert.ok(asked.every((url) => !url.replace(/#.*/, "").includes(host.token)));
    assert.match(await page.title(), new RegExp(host.name));
    assert.deepEqual(page.complaints, []);
  });

  test("a reload goes on where the page was, with what was on the screen", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    await page.keyboard.type("PS1='> '; for i in $(seq 200); do echo line $i; done\n");
    await shows(page, "line 200");
    await page.waitForFunction(() => globalThis.stillwire.screen.waiting === 0);
    const before = await text(page);
    const id = await page.evaluate(() => sessionStorage.getItem("stillwire.place"));
    assert.equal(id, null, "nothing is left for a duplicate");
    await page.reload();
    await until(page, "live");
    await shows(page, "line 200");
    assert.equal(await text(page), before);
    await page.keyboard.type("echo again\n");
    await shows(page, "again");
  });

  test("a second tab takes over, the first says so and stays out of its way", async (t) => {
    const host = await Host.start(t, SHELL);
    const { context, page: first } = await visit(t, host.url());
    await until(first, "live");
    const second = await open(context, host.url());
    await until(second, "live");
    await warned(first, "Another tab took over");
    await seconds(4);
    assert.equal((await facts(first)).status, "disconnected");
    assert.equal((await facts(second)).status, "live");
    await second.keyboard.type("echo second\n");
    await shows(second, "second");
    await first.bringToFront();
    await first.keyboard.type("lost");
    assert.equal((await facts(first)).kept, 0, "what is typed into a parked page is not kept for later");
    await first.getByRole("button", { name: "Only watch" }).click();
    await until(first, "live");
    await shows(first, "second");
    assert.equal((await facts(second)).status, "live");
    await first.locator(".menu summary").click();
    await first.getByRole("button", { name: "Take control" }).click();
    await warned(second, "Another tab took over");
    await first.keyboard.type("echo first\n");
    await shows(first, "first");
  });

  test("a duplicated tab is another client", async (t) => {
    const host = await Host.start(t, SHELL);
    const { context, page } = await visit(t, host.url());
    await until(page, "live");
    const [copy] = await Promise.all([context.waitForEvent("page"), page.evaluate(() => void globalThis.open(location.href))]);
    watch(copy);
    await until(copy, "live");
    await warned(page, "Another tab took over");
    assert.deepEqual(await copy.evaluate(() => Object.keys(sessionStorage)), ["stillwire.token"]);
  });

  test("a host that nobody used says so before it goes", async (t) => {
    const host = await Host.start(t, SHELL, ["--idle-timeout", "3s"]);
    const { page } = await visit(t, host.url());
    await warned(page, "The host ended: nobody used it");
    assert.equal((await facts(page)).reason, 4002);
  });

  test("a wrong token is refused and the right one lets in", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, `http://127.0.0.1:${host.port}/#token=wrong&session=${host.name}`);
    await warned(page, "Not authorised");
    await page.getByLabel("Token").fill(host.url());
    await page.getByRole("button", { name: "Enter" }).click();
    await until(page, "live");
    const { page: other } = await visit(t, `http://127.0.0.1:${host.port}/`);
    await other.getByText("Not authorised").waitFor();
    await other.getByLabel("Token").fill(host.token);
    await other.getByRole("button", { name: "Enter" }).click();
    await until(other, "live");
  });

  test("a page of another origin is refused", async (t) => {
    const host = await Host.start(t, SHELL);
    const server = createServer((_, answer) => answer.end("<!doctype html><title>evil</title>"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { page } = await visit(t, `http://127.0.0.1:${server.address().port}/`);
    const code = await page.evaluate((port) => new Promise((told) => (new WebSocket(`ws://127.0.0.1:${port}/`).onclose = ({ code }) => told(code))), host.port);
    assert.equal(code, 1006);
    const read = await page.evaluate((port) => fetch(`http://127.0.0.1:${port}/sessions`).then(() => "read", () => "refused"), host.port);
    assert.equal(read, "refused");
  });

  test("its policy lets nothing in that is not the host's own file", async (t) => {
    const host = await Host.start(t, SHELL);
    const { page } = await visit(t, host.url());
    await until(page, "live");
    const policy = await page.evaluate(() => fetch("/").then((answer) => answer.headers.get("content-security-policy")));
    assert.ok(policy.startsWith("default-src 'none';") && !/'unsafe-|https?:|\*/.test(policy), policy);
    const injected = await page.evaluate(async () => {
      const tried = (work) => {
        try {
          work();
          return "done";
        } catch (error) {
          return error.name;
        }
      };
      const markup = tried(() => (document.createElement("div").innerHTML = "<img src=x onerror=alert(1)>"));
      const style = document.createElement("style");
      style.append("body { color: rgb(1, 2, 3) !important }");
      document.head.append(style);
      const script = document.createElement("script");
      tried(() => (script.text = "globalThis.injected = true"));
      tried(() => document.head.append(script));
      const sent = await fetch("http://127.0.0.1:9/?secret").then(() => "sent", () => "refused");
      return [markup, getComputedStyle(document.body).color === "rgb(1, 2, 3)", globalThis.injected, sent];
    });
    assert.deepEqual(injected, ["TypeError", false, undefined, "refused"]);
    assert.ok(page.complaints.some((complaint) => complaint.includes("127.0.0.1:9")), "and it was the policy that refused");
  });

  test("a title with escapes and markup is text", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "printf '\\033]0;<img src=x onerror=alert(1)>\\342\\200\\256<b>x</b>\\007ready\\n'; exec cat"]);
    const { page } = await visit(t, host.url());
    await shows(page, "ready");
    assert.equal(await page.locator(".title").textContent(), "<img src=x onerror=alert(1)><b>x</b>");
    assert.equal(await page.locator("header img, header b").count(), 0);
  });

  test("a program puts nothing on the clipboard before the person says yes", async (t) => {
    const host = await Host.start(t, ["sh", "-c", "read x; printf '\\033]52;c;aGVsbG8=\\007done\\n'; exec cat"]);
    const { context, page } = await visit(t, host.url());
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await until(page, "live");
    await page.evaluate(() => navigator.clipboard.writeText("before"));
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Allow, also later" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "before");
    await page.getByRole("button", { name: "Allow, also later" }).click();
    await page.waitForFunction(async () => (await navigator.clipboard.readText()) === "hello");
  });

  test("a phone has the keys that its keyboard lacks", async (t) => {
    const host = await Host.start(t, ["cat", "-v"]);
    const { page } = await visit(t, host.url(), { phone: true });
    await until(page, "live");
    await page.getByRole("button", { name: "Esc" }).tap();
    await page.getByRole("button", { name: "Ctrl", exact: true }).tap();
    await page.keyboard.type("v");
    await page.keyboard.type("x\n");
    await shows(page, "^[");
    assert.equal((await facts(page)).status, "live");
  });

  test("the wire is cut and the page is back by itself", async (t) => {
    const host = await Host.start(t, SHELL);
    const wire = await Wire.to(t, host);
    const { page } = await visit(t, host.url(wire.port));
    await until(page, "live");
    wire.cut();
    await page.keyboard.type("echo kept\n");
    await until(page, "live");
    await shows(page, "kept");
  });
});
