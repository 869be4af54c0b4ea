// Tabs of one window, as people have them: the one in front hides the others. Playwright shows every page that it drives as if it were looked
// at, so these it does not drive: they are asked over the devtools protocol.
import { launch, PATIENCE, seconds } from "./world.mjs";

/** What Playwright switches off so that no page is ever treated as hidden, or kept when it is left. */
const UNLIKE = ["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"];

export class Window {
  #devtools;
  #profile;

  /** A window of a Chromium that slows the timers of hidden tabs down to once a minute, as it does with all of them after five minutes. */
  static async open(t) {
    const browser = await launch(["--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1"], UNLIKE);
    t.after(() => browser.close());
    const window = new Window();
    window.#devtools = await browser.newBrowserCDPSession();
    window.#profile = (await window.#devtools.send("Target.createBrowserContext")).browserContextId;
    return window;
  }

  /** A new tab in front of the others; `script` is run before anything of the page. */
  async tab(url, script = "") {
    const devtools = this.#devtools;
    const { targetId } = await devtools.send("Target.createTarget", { url: "about:blank", browserContextId: this.#profile });
    const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: false });
    const tab = new Tab(devtools, targetId, sessionId);
    await tab.send("Page.enable");
    await tab.send("Page.addScriptToEvaluateOnNewDocument", { source: script });
    await tab.send("Page.navigate", { url });
    return tab;
  }
}

class Tab {
  #devtools;
  #target;
  #session;
  #count = 0;
  #waits = new Map();

  constructor(devtools, target, session) {
    [this.#devtools, this.#target, this.#session] = [devtools, target, session];
    devtools.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId !== session) return;
      const { id, result, error } = JSON.parse(message);
      const wait = this.#waits.get(id);
      this.#waits.delete(id);
      if (error) wait?.failed(new Error(error.message));
      else wait?.done(result);
    });
  }

  send(method, params = {}) {
    this.#count += 1;
    const message = JSON.stringify({ id: this.#count, method, params });
    const answer = new Promise((done, failed) => this.#waits.set(this.#count, { done, failed }));
    return this.#devtools.send("Target.sendMessageToTarget", { sessionId: this.#session, message }).then(() => answer);
  }

  /** The value of an expression. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until an expression is true. */
  async until(expression, patience = PATIENCE) {
    for (const end = Date.now() + patience; ; ) {
      if (await this.evaluate(expression).catch(() => false)) return;
      if (Date.now() > end) throw new Error(`never so: ${expression}; ${await this.evaluate("document.body.innerText")}`);
      await seconds(0.05);
    }
  }

  /** What the terminal shows. */
  shows = (what) => this.until(`stillwire.screen.save().text.includes(${JSON.stringify(what)})`);
  live = () => this.until(`stillwire.link.facts.status === "live"`);
  type = (text) => this.evaluate(`stillwire.screen.terminal.input(${JSON.stringify(text)})`);
  front = () => this.#devtools.send("Target.activateTarget", { targetId: this.#target });
  lifecycle = (state) => this.send("Page.setWebLifecycleState", { state });
}
