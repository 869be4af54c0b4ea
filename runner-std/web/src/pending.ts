// What was typed and has not arrived, while there is no link.

import type { Facts } from "./core.ts";
import { h, say } from "./dom.ts";

const MOST = 60;

export class Pending {
  readonly element = h("div", { class: "pending", role: "group", "aria-label": "Typed, not sent yet", hidden: true });
  readonly #text = h("code", {});
  readonly #count = h("span", {});

  constructor() {
    this.element.append(this.#count, this.#text, h("span", { class: "hint" }, "kept, and sent when the link is back"));
  }

  show(facts: Facts, typed: () => Uint8Array): void {
    const hidden = facts.status === "live" || facts.status === "ended" || facts.kept === 0;
    this.element.hidden = hidden;
    if (hidden) return;
    say(this.#count, `${facts.kept} typed`);
    say(this.#text, readable(new TextDecoder().decode(typed())));
  }
}

/** Keys as a person would name them. */
function readable(text: string): string {
  const named = text
    .replace(/\x1b\[A|\x1bOA/g, "↑").replace(/\x1b\[B|\x1bOB/g, "↓").replace(/\x1b\[C|\x1bOC/g, "→").replace(/\x1b\[D|\x1bOD/g, "←")
    .replace(/\r/g, "⏎").replace(/\t/g, "⇥").replace(/\x7f/g, "⌫").replace(/\x1b/g, "⎋")
    .replace(/[\x00-\x1f]/g, (control) => `^${String.fromCharCode(control.charCodeAt(0) + 64)}`);
  const characters = [...named];
  return characters.length > MOST ? `…${characters.slice(-MOST).join("")}` : named;
}
