// The page of one session: the link, the terminal, and everything around it.

import { type Facts, type Heard, random } from "./core.ts";
import { Bar } from "./bar.ts";
import { Dialog } from "./dialog.ts";
import { h, plain } from "./dom.ts";
import { Header } from "./header.ts";
import { mark } from "./icon.ts";
import * as keeping from "./keep.ts";
import { Link } from "./link.ts";
import { Notifier } from "./notify.ts";
import { Pending } from "./pending.ts";
import { keep as keepSettings, type Settings } from "./settings.ts";
import { Screen } from "./terminal.ts";
import { touch } from "./touch.ts";
import { type Action, warning } from "./words.ts";
import { WarningBar } from "./warning.ts";

/** Whoever says so little at once has nothing more to tell of the past. */
const LITTLE = 4096;
/** `Facts.reason`: the person, or the page, left. */
const LEFT = 3;

export interface Around {
  module: WebAssembly.Module;
  token: string;
  session: string;
  settings: Settings;
  /** What to be, if this page was not here before. */
  role: "viewer" | "controller" | undefined;
  sessions(): void;
}

export class SessionPage {
  readonly element: HTMLElement;
  readonly link: Link;
  readonly screen: Screen;
  readonly #around: Around;
  readonly #id: bigint;
  readonly #header: Header;
  readonly #warning: WarningBar;
  readonly #pending = new Pending();
  readonly #dialog = new Dialog();
  readonly #notifier: Notifier;
  readonly #bar: Bar;
  readonly #place = h("main", { class: "terminal" });
  readonly #ends = new AbortController();
  readonly #sized = new ResizeObserver(() => this.#fit());
  #offline = !navigator.onLine;
  /** Wanted by the person, whatever the host grants. */
  #role: "viewer" | "controller" = "controller";
  #second: ReturnType<typeof setTimeout> | undefined;
  #copies = false;

  constructor(around: Around) {
    this.#around = around;
    const kept = keeping.taken(around.session);
    // Who it was before matters for what was typed and may have arrived. Else it is a new client, so that two tabs of one past (one was
    // duplicated while it was frozen) are two.
    this.#id = kept && kept.saved.typed.length > 0 ? kept.id : random();
    this.#role = around.role ?? kept?.role ?? "controller";
    this.#header = new Header(around.session, {
      sessions: () => around.sessions(),
      find: () => this.#find(),
      font: (by) => this.#settle({ font: this.#settings.font + by }),
      settle: (change) => this.#settle(change),
      settings: () => this.#settings,
      view: () => this.#want(this.#role === "viewer" ? "controller" : "viewer"),
      notify: () => void this.#notifier.ask().then((notify) => this.#notify(notify)),
      leave: () => this.link.news("leave"),
      signal: this.#ends.signal,
    });
    this.#warning = new WarningBar((action) => this.#do(action), (token) => this.#authorise(token));
    this.#notifier = new Notifier(around.session, () => this.#settings.notify);
    this.#bar = new Bar((bytes) => this.#typed(bytes), () => this.screen.terminal.modes.applicationCursorKeysMode, () => this.screen.terminal.focus());
    this.screen = new Screen(
      {
        typed: (bytes) => this.#typed(this.#bar.modify(bytes)),
        title: (title) => this.#header.title(plain(title)),
        bell: () => this.#notifier.bell(),
        copy: (text) => this.#copy(text),
        shown: (offset, all) => {
          this.link.shown(offset);
          if (all) this.#caughtUp();
        },
      },
      around.settings,
    );
    if (kept) {
      this.screen.resize(kept.screen);
      this.screen.restore(kept.screen.text, kept.screen.offset);
    }
    this.link = new Link(around.module, { id: this.#id, role: this.#role }, kept?.saved, around.token, around.session, {
      heard: (heard) => this.#heard(heard),
      changed: (facts) => this.#changed(facts),
      closed: (text) => (this.#by = plain(/^superseded by (.*)/s.exec(text)?.[1] ?? "")),
      lost: (count) => this.#warning.tell(`${count} typed characters are lost: nobody knows whether they arrived.`),
    });
    // What comes and goes lies over the terminal, so that this keeps its size.
    const stage = h("div", { class: "stage" }, this.#warning.element, this.#place, this.#pending.element, this.#dialog.element);
    this.element = h("div", { class: "session" }, this.#header.element, stage, this.#bar.element);
  }

  get #settings(): Settings {
    return this.#around.settings;
  }

  /** Is in the document now. */
  begin(): void {
    this.screen.attach(this.#place);
    touch(this.#place, this.screen.terminal);
    this.#sized.observe(this.#place);
    this.screen.terminal.attachCustomKeyEventHandler((event) => !this.#key(event));
    this.#signals();
    this.#fit();
    this.link.turn();
    this.screen.terminal.focus();
  }

  /** Gives everything up: another page is shown. */
  end(): void {
    this.#ends.abort();
    this.#sized.disconnect();
    this.link.news("leave");
    this.link.stop();
    // Last, because it is set by whatever changes.
    clearTimeout(this.#second);
    this.#warning.end();
    this.screen.dispose();
  }

  /** What the browser says of the network, the page and time: facts for the core, which decides. */
  #signals(): void {
    const { signal } = this.#ends;
    const on = (target: EventTarget, type: string, then: (event: globalThis.Event) => void): void =>
      target.addEventListener(type, then, { signal });
    on(window, "online", () => {
      this.#offline = false;
      this.link.news("online");
    });
    on(window, "offline", () => {
      this.#offline = true;
      this.link.news("offline");
    });
    on(document, "visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      this.#notifier.seen();
      this.link.news("visible");
      this.#changed(this.link.facts);
    });
    on(document, "freeze", () => this.keep());
    on(document, "resume", () => {
      keeping.forget();
      this.link.news("wake");
    });
    let left = false;
    on(window, "pagehide", () => {
      this.keep();
      const parted = this.#parted;
      this.link.news("leave");
      left = !parted && this.#parted;
    });
    // Back out of the browser's cache: as it was. Whoever was parked before stays so.
    on(window, "pageshow", (event) => {
      if (!(event as PageTransitionEvent).persisted) return;
      keeping.forget();
      if (left) this.link.news("user");
    });
    // A phone's keyboard covers the page where the browser does not make it smaller.
    const { visualViewport } = window;
    if (visualViewport) on(visualViewport, "resize", () => {
      const covered = visualViewport.scale === 1 && visualViewport.height < innerHeight - 1;
      this.element.style.height = covered ? `${visualViewport.height}px` : "";
    });
  }

  /** Disconnected because this page left. */
  get #parted(): boolean {
    const { status, reason } = this.link.facts;
    return status === "disconnected" && reason === LEFT;
  }

  /** Takes the page's own keys: the terminal takes all others, Tab too. */
  #key(event: KeyboardEvent): boolean {
    if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return false;
    const does = { KeyM: () => this.#header.menu(), KeyF: () => this.#find() }[event.code];
    if (!does) return false;
    event.preventDefault();
    if (event.type === "keydown") does();
    return true;
  }

  /** Puts down where it stands, for the page that comes after. */
  keep(): void {
    const screen = this.screen.save();
    const saved = this.link.core.save(screen.offset);
    keeping.keep({ session: this.#around.session, id: this.#id, role: this.#role, saved, screen });
  }

  #heard(heard: Heard): void {
    switch (heard.kind) {
      case "welcome":
        this.screen.past = true;
        if (heard.anew) {
          this.screen.restart(new Uint8Array(), 0);
          this.screen.note("the host was started again: this is another session");
        }
        break;
      case "output":
        this.screen.show(heard.bytes, heard.offset, heard.safe);
        if (heard.bytes.length < LITTLE) this.#little = true;
        break;
      case "restart":
        if (heard.lost > 0 && !heard.first) this.#warning.tell(`${heard.lost.toLocaleString("en")} bytes of output were skipped.`);
        this.screen.restart(heard.bytes, heard.offset);
        break;
      case "snapshot":
        this.screen.paint(heard.bytes);
        break;
      case "resize":
        this.screen.resize(heard);
        break;
      case "status":
        this.#notifier.status(this.link.facts);
        break;
      default:
        break;
    }
  }

  #little = false;
  /** Who took over, as far as the host said. */
  #by = "";

  /** What came is shown. If it was little, it was the present. */
  #caughtUp(): void {
    if (this.#little || this.screen.shown === 0) this.screen.past = false;
    this.#little = false;
  }

  #typed(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const facts = this.link.facts;
    if (facts.role === "viewer") return this.#warning.tell("This page only looks. Take control to type.");
    if (facts.status === "ended") return;
    if (warning(facts, this.#offline)?.actions.includes("control")) return this.#warning.tell("Another tab has the session. Take control to type.");
    if (!this.link.typed(bytes)) this.#warning.tell("That was not taken: too much waits for the host already.");
  }

  #changed(facts: Facts): void {
    mark(this.#around.session, facts, this.#offline);
    this.#header.show(facts, this.#role, this.#offline);
    this.#warning.show(warning(facts, this.#offline, this.#by), facts);
    this.#uncover();
    this.#pending.show(facts, () => this.link.core.save(0).typed);
    if (facts.status === "live" && this.element.dataset.status !== "live") this.#back();
    this.#bar.enable(facts.status === "ended" ? "The session has ended." : facts.role === "viewer" ? "This page only looks." : "");
    this.element.dataset.status = facts.status;
    this.screen.terminal.options.disableStdin = facts.status === "ended";
    this.screen.terminal.options.cursorBlink = facts.status === "live";
    // Seconds are counted only where they are shown.
    clearTimeout(this.#second);
    this.#second = setTimeout(() => this.#changed(this.link.facts), this.#counts(facts) ? 1000 : 30_000);
  }

  /** A warning that lies over the terminal's first lines moves them down, if there is nothing at the bottom that would be lost. */
  #uncover(): void {
    const { rows, buffer } = this.screen.terminal;
    const { type, cursorY } = buffer.active;
    const covered = this.#warning.covers;
    const free = ((rows - 1 - cursorY) / rows) * this.#place.clientHeight;
    this.#place.style.translate = covered > 0 && type === "normal" && free > covered ? `0 ${covered}px` : "";
  }

  #counts(facts: Facts): boolean {
    return !document.hidden && (facts.status === "syncing" || facts.nextDial !== undefined || (facts.since !== undefined && performance.now() - facts.since < 60_000));
  }

  #do(action: Action): void {
    switch (action) {
      case "reconnect":
        return this.link.news("user");
      case "control":
        return this.#want("controller");
      case "watch":
        return this.#want("viewer");
      case "sessions":
        return this.#around.sessions();
      case "reload":
        return location.reload();
      case "token":
        return;
    }
  }

  #authorise(token: string): void {
    keeping.keepToken(token);
    this.#around.token = token;
    this.link.token = token;
    this.link.news("user");
  }

  #want(role: "viewer" | "controller"): void {
    this.#role = role;
    this.link.role(role);
    if (this.link.facts.status !== "live") this.link.news("user");
    if (role === "controller") this.#fit();
    this.screen.terminal.focus();
  }

  /** There is a link (again): the host is told the size that there is now. */
  #back(): void {
    this.#fit();
    const size = this.screen.proposed();
    if (size && this.#role === "controller") this.screen.resize(size);
  }

  #fit(): void {
    const size = this.screen.proposed();
    if (!size) return;
    const { status, generation } = this.link.facts;
    const cut = status === "disconnected" || status === "ended";
    // While there is no link only this page is of another size. A program that has the whole screen would not paint it again.
    if (!cut && this.#role === "controller") this.link.resize(size.columns, size.rows);
    if ((cut || generation === 0) && this.screen.terminal.buffer.active.type === "normal") this.screen.resize(size);
  }

  #settle(change: Partial<Settings>): void {
    Object.assign(this.#settings, change);
    this.#settings.font = Math.min(32, Math.max(8, this.#settings.font));
    keepSettings(this.#settings);
    this.screen.apply(this.#settings);
    dispatchEvent(new Event("settings"));
    this.#fit();
    this.#header.show(this.link.facts, this.#role, this.#offline);
  }

  #notify(notify: boolean): void {
    this.#settle({ notify });
    if (!notify) this.#warning.tell("The browser does not let this page notify you. Its settings for this site can.");
  }

  #find(): void {
    this.#dialog.find((text, back) => this.screen.find(text, back), () => this.#found());
  }

  #found(): void {
    this.screen.unfind();
    this.screen.terminal.focus();
  }

  async #copy(text: string): Promise<void> {
    this.#copies ||= await this.#dialog.consent(`The session wants to copy ${text.length} characters to your clipboard:`, plain(text, 200));
    if (this.#copies) await navigator.clipboard.writeText(text).catch(() => this.#warning.tell("The browser refused to copy."));
  }
}
