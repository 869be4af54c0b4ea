// All sessions of the host, as it tells of them: status, reason, since when, and how much is printed.

import { h, plain, say } from "./dom.ts";
import { unmark } from "./icon.ts";
import { address } from "./keep.ts";
import { Sparkline } from "./sparkline.ts";
import { span } from "./words.ts";

/** A session, as `/sessions` says. Times are seconds, as of when it was said. */
export interface Listed {
  name: string;
  command: string;
  status: "running" | "idle" | "exited";
  reason: string | null;
  for: number;
  peers: number;
  controllers: number;
  printed: number;
  last: string | null;
  code: number | null;
}

interface Row {
  element: HTMLElement;
  spark: Sparkline;
  /** What the host said, at that time; nothing new: only time goes by. */
  show(said?: { listed: Listed; heard: number }): void;
  /** Whether the host can be asked to do anything. */
  enable(on: boolean): void;
}

/** From a list that broke off to the next attempt. */
const AGAIN = 2_000;
/** Ages and sparklines go on so often, while somebody looks. */
const TICK = 1_000;

export class ListPage {
  readonly element: HTMLElement;
  readonly #token: () => string;
  readonly #rows = new Map<string, Row>();
  readonly #table = h("ul", { class: "list" });
  readonly #state = h("p", { class: "list-state", role: "status" });
  readonly #none = h("p", { class: "list-state" });
  readonly #ends = new AbortController();
  #stream: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setInterval> | undefined;
  readonly #open: (session: string, role: "viewer" | "controller") => void;
  readonly #unauthorised: () => void;

  constructor(token: () => string, open: (session: string, role: "viewer" | "controller") => void, unauthorised: () => void) {
    [this.#token, this.#open, this.#unauthorised] = [token, open, unauthorised];
    this.element = h("div", { class: "sessions" },
      h("header", {}, h("div", { class: "who" }, h("h1", {}, "Sessions"), h("span", { class: "host" }, location.host))),
      h("main", {}, this.#state, this.#none, this.#table));
  }

  begin(): void {
    unmark(`Sessions · ${location.host}`);
    // A hidden list follows nothing: browsers open few connections to one host.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.#go()), { signal: this.#ends.signal });
    this.#go();
  }

  end(): void {
    this.#ends.abort();
    this.#rest();
  }

  #go(): void {
    clearInterval(this.#tick);
    this.#tick = setInterval(() => this.#rows.forEach((row) => row.show()), TICK);
    void this.#follow();
  }

  #rest(): void {
    this.#stream?.abort();
    clearTimeout(this.#timer);
    clearInterval(this.#tick);
  }

  async #follow(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stream?.abort();
    const stream = (this.#stream = new AbortController());
    try {
      for await (const list of lists(this.#token(), stream.signal)) this.#show(list);
      throw new Error("it has ended");
    } catch (error) {
      if (stream.signal.aborted) return;
      if (error instanceof Refused) return this.#unauthorised();
      this.#stale(true);
      this.#timer = setTimeout(() => void this.#follow(), AGAIN);
    }
  }

  #show(list: Listed[]): void {
    this.#stale(false);
    say(this.#none, list.length === 0 ? "There are no sessions." : "");
    const heard = performance.now();
    for (const listed of list) {
      let row = this.#rows.get(listed.name);
      if (!row) {
        row = this.#row(listed.name);
        this.#rows.set(listed.name, row);
        this.#table.append(row.element);
      }
      row.show({ listed, heard });
    }
    for (const [name, row] of this.#rows) {
      if (list.some((listed) => listed.name === name)) continue;
      row.element.remove();
      this.#rows.delete(name);
    }
  }

  /** Whether what is shown is of the past. */
  #stale(is: boolean): void {
    if (is === this.#state.hasAttribute("data-stale")) return;
    say(this.#state, is ? "The host cannot be reached. Trying again… Below is what it said last; nothing can be opened or ended until it is back." : "");
    this.#state.toggleAttribute("data-stale", is);
    this.#rows.forEach((row) => row.enable(!is));
  }

  #row(name: string): Row {
    const chip = h("span", { class: "chip" });
    const who = h("span", { class: "peers" });
    const last = h("code", { class: "last" });
    const command = h("span", { class: "command" });
    const spark = new Sparkline();
    const link = h("a", { href: address(name) }, plain(name));
    const go = (role: "viewer" | "controller") => (event: globalThis.Event): void => {
      if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      this.#open(name, role);
    };
    link.addEventListener("click", go("controller"));
    const end = h("button", { type: "button", class: "danger" }, "End");
    let sure = false;
    const unsure = (): void => {
      sure = false;
      say(end, "End");
    };
    end.addEventListener("blur", unsure);
    end.addEventListener("click", () => {
      if (sure) void this.#end(name).finally(unsure);
      else say(end, "End it?");
      sure = !sure;
    });
    const watch = h("button", { type: "button", onclick: go("viewer") }, "Watch");
    const open = h("button", { type: "button", class: "main", onclick: go("controller") }, "Open");
    let said: { listed: Listed; heard: number };
    let linked = true;
    const element = h("li", {},
      h("div", { class: "name" }, h("h2", {}, link), chip, who),
      h("div", { class: "printed" }, spark.element, command, last),
      h("div", { class: "buttons" }, open, watch, end));
    return {
      element,
      spark,
      enable(on) {
        if (linked === on) return;
        linked = on;
        this.show();
      },
      show(news) {
        said = news ?? said;
        const { listed, heard } = said;
        const now = performance.now();
        const reason = listed.reason?.replaceAll("_", " ");
        const word = listed.status === "running" ? "Running" : listed.status === "idle" ? `Idle: ${reason}` : `Exited: code ${listed.code}`;
        // Nobody knows what it does while the host cannot be asked.
        chip.dataset.tone = linked ? { running: "live", idle: "idle", exited: "ended" }[listed.status] : "ended";
        say(chip, linked ? `${word}, ${span(listed.for * 1000 + now - heard)}` : `Was ${word.charAt(0).toLowerCase()}${word.slice(1)}`);
        say(who, listed.peers === 0 ? "" : `${listed.peers} attached${listed.controllers ? "" : ", all looking"}`);
        say(command, plain(listed.command));
        say(last, plain(listed.last ?? ""));
        say(open, listed.controllers > 0 ? "Take control" : "Open");
        open.disabled = watch.disabled = !linked;
        end.disabled = !linked || listed.status === "exited";
        if (end.disabled) say(end, listed.status === "exited" ? "Has ended" : "End");
        spark.add(listed.printed, now);
      },
    };
  }

  async #end(name: string): Promise<void> {
    const answer = await fetch(`/kill?session=${encodeURIComponent(name)}`, { method: "POST", headers: bearer(this.#token()) }).catch(() => undefined);
    if (!answer?.ok) say(this.#state, `${plain(name)} was not ended: ${plain((await answer?.text()) ?? "the host cannot be reached")}`);
  }
}

class Refused extends Error {}

const bearer = (token: string): HeadersInit => ({ Authorization: `Bearer ${token}` });

/** Lists of sessions, the first at once, then whenever something has changed. */
async function* lists(token: string, signal: AbortSignal): AsyncGenerator<Listed[]> {
  const answer = await fetch("/sessions?live", { headers: bearer(token), signal, cache: "no-store" });
  if (answer.status === 401) throw new Refused();
  if (!answer.ok || !answer.body) throw new Error(answer.statusText);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (text + value).split("\n");
    text = lines.pop() ?? "";
    const line = lines.pop();
    if (line) yield (JSON.parse(line) as { sessions: Listed[] }).sessions;
  }
}

/** The names of all sessions. */
export async function names(token: string): Promise<string[]> {
  const answer = await fetch("/sessions?brief", { headers: bearer(token), cache: "no-store" });
  if (answer.status === 401) throw new Refused();
  return ((await answer.json()) as { sessions: Listed[] }).sessions.map((listed) => listed.name);
}

export const isRefused = (error: unknown): boolean => error instanceof Refused;
