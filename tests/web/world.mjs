// What the tests live in: hosts, a browser, and a wire that can be cut, or go silent while it says that it is open.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createSite } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
// A newer one asks Debian's Firefox for what that does not have yet (emulation.setMediaFeaturesOverride).
import { firefox } from "playwright-for-firefox";

/** The program under test. */
const PROGRAM = process.env.STILLWIRE ?? fileURLToPath(new URL("../../target/debug/runner-std", import.meta.url));
export const SHELL = ["bash", "--norc", "--noprofile"];
/** For everything that takes no time unless the machine is loaded. */
export const PATIENCE = 60_000;
let count = 0;

/** A host of sessions, which ends with the test `t`. */
export class Host {
  #child;
  #folder = mkdtempSync(join(tmpdir(), "stillwire-web-"));
  token = "0123456789abcdefghijklmn";

  static async start(t, command, options = [], program = PROGRAM) {
    const host = new Host();
    host.program = program;
    host.command = command;
    host.options = options;
    host.name = `web-${process.pid}-${(count += 1)}`;
    t.after(() => host.#remove());
    await host.start("127.0.0.1:0");
    return host;
  }

  /** Starts it, again at the address that it had. */
  async start(address = `127.0.0.1:${this.port}`) {
    const file = join(this.#folder, "token");
    writeFileSync(file, this.token);
    chmodSync(file, 0o600);
    const named = this.options.includes("--config") ? [] : ["--name", this.name];
    const words = ["host", "--listen", address, "--token-file", file, ...named, ...this.options];
    if (this.command) words.push("--", ...this.command);
    const env = { ...process.env, XDG_RUNTIME_DIR: this.#folder, STILLWIRE_TOKEN: undefined };
    this.#child = spawn(this.program, words, { stdio: ["ignore", "ignore", "pipe"], env });
    this.ended = once(this.#child, "exit");
    let said = "";
    this.port = await new Promise((found, failed) => {
      this.#child.stderr.on("data", (data) => {
        said += data;
        const address = /http:\/\/[^/]+:(\d+)\//.exec(said);
        if (address) found(Number(address[1]));
      });
      this.#child.on("exit", () => failed(new Error(`the host ended: ${said}`)));
    });
  }

  async kill(signal = "SIGKILL") {
    this.#child.kill(signal);
    await this.ended;
  }

  /** What it prints, at this port or at that of a wire in between. */
  url(port = this.port, session = "") {
    return `http://127.0.0.1:${port}/#token=${this.token}${session && `&session=${session}`}`;
  }

  async #remove() {
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 8_000);
    await this.ended;
    clearTimeout(late);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A wire in front of a host. */
export class Wire {
  /** Connections that are open on the browser's side. */
  open = new Set();
  /** All that were ever made. */
  made = 0;
  /** Whether connections to come carry nothing, or are not taken at all. */
  mute = false;
  refuses = false;
  #silent = new Set();

  static async to(t, host) {
    const wire = new Wire();
    const server = createServer((near) => wire.#join(near, connect(host.port, "127.0.0.1")));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    wire.port = server.address().port;
    t.after(() => {
      server.close();
      wire.cut();
    });
    return wire;
  }

  #join(near, far) {
    if (this.refuses) {
      near.on("error", () => {});
      near.destroy();
      return far.destroy();
    }
    this.made += 1;
    this.open.add(near);
    if (this.mute) this.#silent.add(near);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on("data", (data) => this.#silent.has(near) || to.write(data));
      from.on("close", () => {
        this.open.delete(near);
        if (!this.#silent.has(near)) to.destroy();
      });
      from.on("error", () => {});
    }
    near.far = far;
  }

  /** What is open stays so, and carries nothing any more. */
  silence() {
    for (const near of this.open) this.#silent.add(near);
  }

  /** All connections break. */
  cut() {
    for (const near of this.open) {
      near.destroy();
      near.far.destroy();
    }
  }
}

/** Another site. */
export async function elsewhere(t) {
  const server = createSite((_, answer) => answer.end("<!doctype html><title>elsewhere</title>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

let browser;

/** Chromium, with these flags, and without some that Playwright gives it so that pages behave as if they were always looked at. */
export const launch = (flags = [], without = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", ...flags, ...(process.env.CHROMIUM_FLAGS ?? "").split(" ").filter(Boolean)],
    ignoreDefaultArgs: without,
  });

/** Firefox as Debian has it, driven over WebDriver BiDi. */
export const launchFirefox = () => firefox.launch({ channel: "moz-firefox", executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr" });

/** A host whose sessions these lines of TOML describe. */
export function configured(t, lines, program) {
  const folder = mkdtempSync(join(tmpdir(), "stillwire-web-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "host.toml"), lines);
  return Host.start(t, undefined, ["--config", join(folder, "host.toml")], program);
}

/** A browser's profile of its own, with a page that fails the test for whatever it complains about. */
export async function visit(t, url, { phone = false, script, theme = "dark", from } = {}) {
  browser ??= from ? undefined : await launch();
  const size = phone ? { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : { viewport: { width: 1100, height: 680 } };
  const context = await (from ?? browser).newContext({ ...size, colorScheme: theme, reducedMotion: "reduce" });
  t.after(() => context.close());
  if (script) await context.addInitScript(script);
  const page = await open(context, url);
  return { context, page };
}

/** Another page of the same profile. */
export async function open(context, url) {
  const page = await context.newPage();
  watch(page);
  await page.goto(url);
  return page;
}

/** Whatever the page's own code throws, or its policy forbids, is kept in `page.complaints`. */
export function watch(page) {
  page.complaints = [];
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) page.complaints.push(message.text());
  });
}

export async function close() {
  await browser?.close();
}

/** Waits until the link has this status. */
export const until = (page, status) =>
  page.waitForFunction((status) => globalThis.stillwire?.link.facts.status === status, status, { polling: 20, timeout: PATIENCE });

/** What is on the terminal and above it. */
export const text = (page) =>
  page.evaluate(() => {
    const { active } = globalThis.stillwire.screen.terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, line) => active.getLine(line)?.translateToString(true) ?? "");
    return lines.join("\n").trimEnd();
  });

/** Waits until the terminal shows this. */
export const shows = (page, what) =>
  page.waitForFunction(
    (what) => {
      const active = globalThis.stillwire?.screen.terminal.buffer.active;
      if (!active) return false;
      for (let line = 0; line < active.length; line += 1) {
        if (active.getLine(line)?.translateToString(true).includes(what)) return true;
      }
      return false;
    },
    what,
    { polling: 20, timeout: PATIENCE },
  );

/** The warning that stays, or nothing. */
export const warned = (page, what) => page.waitForFunction((what) => document.querySelector(".warning:not([hidden]) strong")?.textContent === what, what, { polling: 20, timeout: PATIENCE });

export const facts = (page) => page.evaluate(() => globalThis.stillwire.link.facts);

/** Waits until this, evaluated in the page with `what`, is so. */
export const so = (page, is, what) => page.waitForFunction(is, what, { polling: 20, timeout: PATIENCE });

/** A label of the header, once it reads so: what it says, and its colour by name. */
export async function chip(page, which, words) {
  const found = page.locator(`.${which}-chip`);
  await found.locator(".word", { hasText: words }).waitFor();
  return found.getAttribute("data-tone");
}

export const seconds = (count) => new Promise((later) => setTimeout(later, count * 1000));
