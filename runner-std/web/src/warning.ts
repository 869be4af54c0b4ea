// The bar that stays as long as something is wrong, says what to do, and has the buttons for it; and short words that go away.

import type { Facts } from "./core.ts";
import { h, say } from "./dom.ts";
import type { Action, Warning } from "./words.ts";

const BUTTONS: Record<Exclude<Action, "token">, string> = {
  reconnect: "Reconnect",
  control: "Take control",
  watch: "Only watch",
  sessions: "All sessions",
  reload: "Load again",
};
/** How long a short word stays. */
const SHORT = 8_000;

export class WarningBar {
  readonly element: HTMLElement;
  readonly #bar = h("section", { class: "warning", "aria-label": "Warning", hidden: true });
  readonly #word = h("p", { class: "word-bar", role: "status", hidden: true });
  readonly #does: (action: Action) => void;
  readonly #authorise: (token: string) => void;
  #shown: string | undefined;
  #reconnect: HTMLButtonElement | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(does: (action: Action) => void, authorise: (token: string) => void) {
    [this.#does, this.#authorise] = [does, authorise];
    this.element = h("div", { class: "warnings" }, this.#bar, this.#word);
  }

  show(warning: Warning | undefined, facts: Facts): void {
    if (this.#reconnect) {
      const trying = facts.generation !== 0 && facts.status !== "live";
      this.#reconnect.disabled = trying;
      say(this.#reconnect, trying ? "Connecting…" : "Reconnect");
    }
    if (warning?.key === this.#shown) return;
    this.#shown = warning?.key;
    this.#reconnect = undefined;
    this.#bar.hidden = !warning;
    if (!warning) return this.#bar.replaceChildren();
    this.#bar.dataset.tone = warning.tone;
    // What passes lies over the terminal, which keeps its size; what stays hides nothing of it.
    this.element.toggleAttribute("data-stays", !warning.passing);
    const buttons = warning.actions.map((action, index) => this.#button(action, index === 0));
    this.#bar.replaceChildren(
      // Not the buttons: they change with each attempt, and that is no news.
      h("div", { class: "text", role: "alert" }, h("strong", {}, warning.title), h("span", {}, warning.what)),
      h("div", { class: "buttons" }, ...buttons),
    );
  }

  /** Says something that needs no answer. */
  tell(text: string): void {
    say(this.#word, text);
    this.#word.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#word.hidden = true), SHORT);
  }

  /** How much of the terminal lies under the warning, in pixels. */
  get covers(): number {
    return this.#bar.hidden || this.element.hasAttribute("data-stays") ? 0 : this.#bar.offsetHeight;
  }

  /** The page is left. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #button(action: Action, first: boolean): HTMLElement {
    if (action === "token") return this.#form();
    const button = h("button", { type: "button", class: first ? "main" : "", onclick: () => this.#does(action) }, BUTTONS[action]);
    if (action === "reconnect") this.#reconnect = button;
    return button;
  }

  #form(): HTMLElement {
    const field = h("input", { type: "password", name: "token", "aria-label": "Token", placeholder: "Token", autocomplete: "off", required: true });
    const send = (event: globalThis.Event): void => {
      event.preventDefault();
      this.#authorise(tokenOf(field.value));
    };
    return h("form", { class: "buttons", onsubmit: send }, field, h("button", { type: "submit", class: "main" }, "Enter"));
  }
}

/** A token, also from a whole URL. */
export function tokenOf(text: string): string {
  const found = /[#&]token=([^&\s]+)/.exec(text);
  return (found?.[1] ?? text).trim();
}
