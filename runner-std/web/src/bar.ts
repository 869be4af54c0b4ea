// Keys that a phone's keyboard does not have.

import { h } from "./dom.ts";

const KEYS: [label: string, name: string, sends: string][] = [
  ["Esc", "Esc", "\x1b"], ["Tab", "Tab", "\t"], ["←", "Left", "\x1b[D"], ["↓", "Down", "\x1b[B"], ["↑", "Up", "\x1b[A"],
  ["→", "Right", "\x1b[C"], ["^C", "^C, Control C", "\x03"], ["|", "Pipe", "|"], ["~", "Tilde", "~"], ["/", "Slash", "/"], ["-", "Minus", "-"],
];

export class Bar {
  readonly element = h("div", { class: "keys", role: "toolbar", "aria-label": "Keys", tabindex: "0" });
  readonly #held = { control: false, alt: false };
  readonly #buttons: HTMLButtonElement[] = [];

  constructor(send: (bytes: Uint8Array) => void, refocus: () => void) {
    const encode = new TextEncoder();
    const hold = (label: string, key: "control" | "alt", name: string): HTMLButtonElement => {
      const button = h("button", { type: "button", "aria-pressed": "false", "aria-label": name }, label);
      button.dataset.holds = key;
      button.addEventListener("click", () => this.#hold(key, !this.#held[key]));
      return button;
    };
    this.#buttons.push(hold("Ctrl", "control", "Ctrl"), hold("Alt", "alt", "Alt"));
    for (const [label, name, sends] of KEYS) {
      const press = (): void => send(this.modify(encode.encode(sends)));
      this.#buttons.push(h("button", { type: "button", "aria-label": name, onclick: press }, label));
    }
    // The keyboard stays where it is.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("click", refocus);
    this.element.append(...this.#buttons);
  }

  /** Control and Alt, if they are held, go with the next key. */
  modify(bytes: Uint8Array): Uint8Array {
    const { control, alt } = this.#held;
    if (!control && !alt) return bytes;
    this.#hold("control", false);
    this.#hold("alt", false);
    const first = bytes[0] ?? 0;
    const letter = first & 0xdf;
    const changed = control && bytes.length === 1 && letter >= 0x40 && letter <= 0x5f ? Uint8Array.of(letter & 0x1f) : bytes;
    return alt ? Uint8Array.of(0x1b, ...changed) : changed;
  }

  enable(on: boolean): void {
    for (const button of this.#buttons) {
      if (button.disabled === on) button.disabled = !on;
    }
  }

  #hold(key: "control" | "alt", on: boolean): void {
    this.#held[key] = on;
    this.#buttons.find((button) => button.dataset.holds === key)?.setAttribute("aria-pressed", String(on));
  }
}
