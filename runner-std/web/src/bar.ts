// Keys that a phone's keyboard does not have.

import { h, say } from "./dom.ts";

/** What a key sends; one letter with `[`: a key of the cursor, which says what is held with it, and which programs may ask for otherwise. */
const KEYS: [label: string, name: string, sends: string][] = [
  ["Esc", "Esc", "\x1b"], ["Tab", "Tab", "\t"], ["←", "Left", "[D"], ["↓", "Down", "[B"], ["↑", "Up", "[A"],
  ["→", "Right", "[C"], ["^C", "^C, Control C", "\x03"], ["|", "Pipe", "|"], ["~", "Tilde", "~"], ["/", "Slash", "/"], ["-", "Minus", "-"],
  ["Home", "Home", "[H"], ["End", "End", "[F"], ["PgUp", "PgUp, page up", "\x1b[5~"], ["PgDn", "PgDn, page down", "\x1b[6~"],
];

export class Bar {
  readonly element = h("div", { class: "keys", role: "toolbar", "aria-label": "Keys", tabindex: "0" });
  readonly #held = { control: false, alt: false };
  readonly #buttons: HTMLButtonElement[] = [];
  readonly #why = h("span", { class: "why", hidden: true });

  /** `application`: whether the program has asked for the other codes of the cursor's keys (DECCKM). */
  constructor(send: (bytes: Uint8Array) => void, application: () => boolean, refocus: () => void) {
    const encode = new TextEncoder();
    const hold = (label: string, key: "control" | "alt", name: string): HTMLButtonElement => {
      const button = h("button", { type: "button", "aria-pressed": "false", "aria-label": name }, label);
      button.dataset.holds = key;
      button.addEventListener("click", () => this.#hold(key, !this.#held[key]));
      return button;
    };
    this.#buttons.push(hold("Ctrl", "control", "Ctrl"), hold("Alt", "alt", "Alt"));
    for (const [label, name, sends] of KEYS) {
      const press = (): void => send(sends.startsWith("[") ? encode.encode(this.#cursor(sends, application())) : this.modify(encode.encode(sends)));
      this.#buttons.push(h("button", { type: "button", "aria-label": name, onclick: press }, label));
    }
    // The keyboard stays where it is.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("click", refocus);
    this.element.append(this.#why, ...this.#buttons);
  }

  /** Control and Alt, if they are held, go with the next key. */
  modify(bytes: Uint8Array): Uint8Array {
    const { control, alt } = this.#release();
    if (!control && !alt) return bytes;
    const first = bytes[0] ?? 0;
    const letter = first & 0xdf;
    const changed = control && bytes.length === 1 && letter >= 0x40 && letter <= 0x5f ? Uint8Array.of(letter & 0x1f) : bytes;
    return alt ? Uint8Array.of(0x1b, ...changed) : changed;
  }

  /** A key of the cursor, as xterm has it (ctlseqs, "PC-Style Function Keys"). */
  #cursor(key: string, application: boolean): string {
    const { control, alt } = this.#release();
    if (control || alt) return `\x1b[1;${1 + (alt ? 2 : 0) + (control ? 4 : 0)}${key.slice(1)}`;
    return application ? `\x1bO${key.slice(1)}` : `\x1b${key}`;
  }

  /** `why` nothing can be typed; empty: it can. */
  enable(why: string): void {
    this.#why.hidden = why === "";
    say(this.#why, why);
    for (const button of this.#buttons) button.hidden = why !== "";
  }

  #release(): { control: boolean; alt: boolean } {
    const held = { ...this.#held };
    if (held.control) this.#hold("control", false);
    if (held.alt) this.#hold("alt", false);
    return held;
  }

  #hold(key: "control" | "alt", on: boolean): void {
    this.#held[key] = on;
    this.#buttons.find((button) => button.dataset.holds === key)?.setAttribute("aria-pressed", String(on));
  }
}
