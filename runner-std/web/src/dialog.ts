// What asks for an answer: find, and consent.

import { h } from "./dom.ts";

export class Dialog {
  readonly element = h("div", { class: "dialogs" });

  /** Finds text in what the terminal remembers. */
  find(find: (text: string, back: boolean) => Promise<boolean>, closed: () => void): void {
    this.element.querySelector(".find")?.remove();
    const field = h("input", { type: "search", "aria-label": "Find", placeholder: "Find" });
    const found = h("span", { role: "status" });
    const go = (back: boolean): void => void find(field.value, back).then((any) => (found.textContent = any || !field.value ? "" : "not found"));
    const close = (): void => {
      form.remove();
      closed();
    };
    const form = h("form", { class: "find", role: "search", onsubmit: (event) => (event.preventDefault(), go(false)) },
      field, found,
      h("button", { type: "button", "aria-label": "Previous", onclick: () => go(true) }, "↑"),
      h("button", { type: "submit", "aria-label": "Next" }, "↓"),
      h("button", { type: "button", "aria-label": "Close", onclick: close }, "×"));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter" && event.shiftKey) (event.preventDefault(), go(true));
    });
    this.element.append(form);
    field.focus();
  }

  /** Asks; true for as long as the page lives if the answer is yes. */
  consent(question: string, detail: string): Promise<boolean> {
    return new Promise((answer) => {
      const done = (yes: boolean): void => {
        box.remove();
        answer(yes);
      };
      const box = h("section", { class: "consent", role: "alert" },
        h("p", {}, question), h("code", {}, detail),
        h("div", { class: "buttons" },
          h("button", { type: "button", class: "main", onclick: () => done(true) }, "Allow, also later"),
          h("button", { type: "button", onclick: () => done(false) }, "No")));
      this.element.querySelector(".consent")?.remove();
      this.element.append(box);
    });
  }
}
