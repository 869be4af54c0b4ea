// The top of a session's page: what is shown, from where, how it does; and the menu.

import type { Facts } from "./core.ts";
import { h, plain, say } from "./dom.ts";
import type { Settings } from "./settings.ts";
import { mayNotify } from "./notify.ts";
import { span, speak } from "./words.ts";

export interface Does {
  sessions(): void;
  find(): void;
  font(by: number): void;
  settle(change: Partial<Settings>): void;
  settings(): Settings;
  view(): void;
  notify(): void;
  leave(): void;
  /** Aborted when the page is left. */
  signal: AbortSignal;
}

export class Header {
  readonly element: HTMLElement;
  readonly #title = h("span", { class: "title" });
  readonly #session = h("span", { class: "chip session-chip" });
  readonly #sessionFor = h("span", { class: "for", "aria-hidden": "true" });
  readonly #link = h("span", { class: "chip link-chip" });
  readonly #linkFor = h("span", { class: "for", "aria-hidden": "true" });
  readonly #live = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  readonly #menu: HTMLDetailsElement;
  readonly #view: HTMLButtonElement;
  readonly #leave: HTMLButtonElement;
  readonly #size = h("output", { "aria-label": "Font size" });
  readonly #notify = h("input", { type: "checkbox", id: "notify" });
  readonly #reader = h("input", { type: "checkbox", id: "reader" });
  readonly #theme = h("select", { id: "theme" });
  readonly #does: Does;

  constructor(name: string, does: Does) {
    this.#does = does;
    const close = (): void => this.#menu.removeAttribute("open");
    const button = (text: string, then: () => void): HTMLButtonElement =>
      h("button", { type: "button", onclick: () => (close(), then()) }, text);
    this.#view = button("Only look", () => does.view());
    this.#leave = button("Disconnect", () => does.leave());
    for (const theme of ["system", "dark", "light"] as const) {
      this.#theme.append(h("option", { value: theme }, { system: "As the system", dark: "Dark", light: "Light" }[theme]));
    }
    this.#theme.addEventListener("change", () => does.settle({ theme: this.#theme.value as Settings["theme"] }));
    this.#notify.addEventListener("change", () => (this.#notify.checked ? does.notify() : does.settle({ notify: false })));
    this.#reader.addEventListener("change", () => does.settle({ reader: this.#reader.checked }));
    const sizes = h("div", { class: "row", role: "group", "aria-label": "Font size" },
      h("span", {}, "Font"),
      h("button", { type: "button", "aria-label": "Smaller", onclick: () => does.font(-1) }, "−"),
      this.#size,
      h("button", { type: "button", "aria-label": "Larger", onclick: () => does.font(1) }, "+"));
    const row = (label: string, control: HTMLElement): HTMLElement => h("div", { class: "row" }, h("label", { for: control.id }, label), control);
    this.#menu = h("details", { class: "menu" },
      h("summary", { "aria-label": "Menu", title: "Menu (Ctrl+Shift+M)", "aria-keyshortcuts": "Control+Shift+M" }, "☰"),
      h("div", { class: "sheet" },
        keyed(button("Find…", () => does.find()), "F"),
        this.#view,
        sizes,
        row("Theme", this.#theme),
        row("Notify me when it waits", this.#notify),
        row("Screen reader mode", this.#reader),
        this.#leave,
        button("All sessions", () => does.sessions())));
    this.#menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      close();
      this.#menu.querySelector("summary")?.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.#menu.contains(event.target as Node)) close();
    }, { signal: does.signal });
    this.element = h("header", {},
      h("button", { type: "button", class: "home", title: "All sessions", "aria-label": "All sessions", onclick: () => does.sessions() }, "⌂"),
      h("div", { class: "who" }, h("h1", {}, plain(name) || "session"), h("span", { class: "host" }, location.host), this.#title),
      h("div", { class: "chips" }, this.#session, this.#link), this.#menu, this.#live);
  }

  /** The title that the program set; already plain. */
  title(title: string): void {
    say(this.#title, title);
    this.#title.title = title;
  }

  /** Opens the menu, for whoever has no mouse. */
  menu(): void {
    this.#menu.setAttribute("open", "");
    this.#menu.querySelector("summary")?.focus();
  }

  show(facts: Facts, wanted: "viewer" | "controller", offline: boolean): void {
    const spoken = speak(facts, offline);
    const age: Age = facts.since === undefined || facts.status === "disconnected" ? NONE : ["", span(performance.now() - facts.since), ""];
    chip(this.#session, this.#sessionFor, spoken.session, age, spoken.sessionTone);
    chip(this.#link, this.#linkFor, spoken.link, this.#since(facts), spoken.linkTone);
    this.#session.hidden = !spoken.session;
    this.#link.title = facts.rtt === undefined ? "" : `answers within ${Math.max(1, Math.round(facts.rtt))} ms`;
    // The words, not the seconds: a screen reader is told of changes and of nothing else.
    say(this.#live, [spoken.link, spoken.session].filter(Boolean).join(". "));
    const ended = facts.status === "ended" ? "the session has ended" : "";
    off(this.#view, wanted === "viewer" ? "Take control" : "Only look", ended);
    off(this.#leave, "Disconnect", ended || (facts.status !== "live" && facts.generation === 0 ? "there is no link" : ""));
    const chosen = this.#does.settings();
    say(this.#size, String(chosen.font));
    this.#theme.value = chosen.theme;
    this.#notify.checked = chosen.notify && mayNotify();
    this.#reader.checked = chosen.reader;
  }

  #since(facts: Facts): Age {
    if (facts.status === "syncing") return facts.silence === undefined ? NONE : ["last contact ", span(facts.silence), " ago"];
    if (facts.status !== "disconnected" || facts.nextDial === undefined) return NONE;
    return ["again in ", span(facts.nextDial - performance.now() + 999), ""];
  }
}

/** A time, and what is said before and after it where there is room. */
type Age = [before: string, age: string, after: string];
const NONE: Age = ["", "", ""];

/** Says that Ctrl+Shift and this key do the same. */
function keyed(button: HTMLButtonElement, key: string): HTMLButtonElement {
  button.setAttribute("aria-keyshortcuts", `Control+Shift+${key}`);
  button.append(h("kbd", { "aria-hidden": "true" }, `Ctrl+Shift+${key}`));
  return button;
}

/** A button that can do nothing for now says why, in words that everybody sees. */
function off(button: HTMLButtonElement, text: string, why: string): void {
  button.disabled = why !== "";
  say(button, why ? `${text} (${why})` : text);
}

function chip(element: HTMLElement, since: HTMLElement, text: string, age: Age, tone: string): void {
  element.dataset.tone = tone;
  if (!element.firstChild) {
    element.append(h("span", { class: "word" }), since);
    since.append(h("span", { class: "wordy" }), h("span"), h("span", { class: "wordy" }));
  }
  say(element.firstElementChild as HTMLElement, text);
  since.hidden = age[1] === "";
  age.forEach((part, index) => say(since.children[index] as HTMLElement, part));
}
