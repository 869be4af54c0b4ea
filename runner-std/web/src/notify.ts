// Desktop notifications, for whoever asked for them: the session waits, or rang.

import type { Facts } from "./core.ts";
import { plain } from "./dom.ts";
import { sessionWord } from "./words.ts";

/** A bell and the idleness that follows it are one call, not two. */
const ONE_CALL = 10_000;
/** Of the reasons for being idle: the bell rang. */
const BELL = 5;

/** Whether the browser lets this page notify. Not where there is no TLS, except from this machine. */
export const mayNotify = (): boolean => "Notification" in globalThis && Notification.permission === "granted";

export class Notifier {
  readonly #name: string;
  readonly #wanted: () => boolean;
  #was: Pick<Facts, "session" | "value"> = { session: "unknown", value: 0 };
  #shown: Notification | undefined;
  #told = -ONE_CALL;

  constructor(name: string, wanted: () => boolean) {
    [this.#name, this.#wanted] = [plain(name), wanted];
  }

  /** Asks the browser's user. Whether they said yes. */
  async ask(): Promise<boolean> {
    return "Notification" in globalThis && (await Notification.requestPermission()) === "granted";
  }

  status({ session, value }: Facts): void {
    const was = this.#was;
    this.#was = { session, value };
    const rang = session === "idle" && value === BELL && was.value !== BELL;
    if (was.session === "running" ? session !== "running" : was.session === "idle" && rang) this.#tell(sessionWord(this.#was));
  }

  bell(): void {
    this.#tell("The bell rang");
  }

  /** Somebody looks: what was told has been heard. */
  seen(): void {
    this.#shown?.close();
    this.#shown = undefined;
  }

  #tell(text: string): void {
    if (!this.#wanted() || !document.hidden || !mayNotify()) return;
    const now = performance.now();
    // One of the same tag replaces what was shown, without a sound unless that is asked for.
    const options = { body: text, tag: `stillwire ${this.#name}`, renotify: now - this.#told > ONE_CALL };
    try {
      const told = new Notification(this.#name, options);
      told.onclick = () => {
        window.focus();
        told.close();
      };
      [this.#shown, this.#told] = [told, now];
    } catch {
      // Phones want a service worker for this; the title and the icon tell.
    }
  }
}
