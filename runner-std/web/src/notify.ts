// Desktop notifications, for whoever asked for them: the session waits, or rang.

import type { Facts } from "./core.ts";
import { plain } from "./dom.ts";
import { sessionWord } from "./words.ts";

export class Notifier {
  readonly #name: string;
  readonly #wanted: () => boolean;
  #was: Facts["session"] = "unknown";

  constructor(name: string, wanted: () => boolean) {
    [this.#name, this.#wanted] = [plain(name), wanted];
  }

  /** Asks the browser's user. Whether they said yes. */
  async ask(): Promise<boolean> {
    return "Notification" in globalThis && (await Notification.requestPermission()) === "granted";
  }

  status(facts: Facts): void {
    const was = this.#was;
    this.#was = facts.session;
    if (was === "running" && facts.session !== "running") this.#tell(sessionWord(facts));
  }

  bell(): void {
    this.#tell("The bell rang");
  }

  #tell(text: string): void {
    if (!this.#wanted() || !document.hidden || Notification.permission !== "granted") return;
    try {
      const told = new Notification(this.#name, { body: text, tag: `stillwire ${this.#name}` });
      told.onclick = () => {
        window.focus();
        told.close();
      };
    } catch {
      // Phones want a service worker for this; the title and the icon tell.
    }
  }
}
