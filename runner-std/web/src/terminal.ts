// The terminal: xterm.js and its addons, and how far it has shown what came.

import "@xterm/xterm/css/xterm.css";
import { ClipboardAddon } from "@xterm/addon-clipboard";
import { FitAddon } from "@xterm/addon-fit";
import type { SearchAddon } from "@xterm/addon-search";
import { SerializeAddon } from "@xterm/addon-serialize";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import { Blink } from "./blink.ts";
import { isLight, type Settings, THEMES } from "./settings.ts";
import { Writer } from "./writer.ts";
import { adopting } from "./styles.ts";

/** Answers of the terminal itself to questions of programs; what is asked by output of the past has been answered then. */
const ANSWER = /^\x1b(?:\[[?>=]?[\d;]*\$?[cnRtuxy]|\[[IO]$|[P\]].*)/s;
const SCROLLBACK = 5_000;
/** Lines that survive a reload. */
const KEPT_LINES = 2_000;

export interface Place {
  columns: number;
  rows: number;
}

export interface Hears {
  typed(bytes: Uint8Array): void;
  title(title: string): void;
  bell(): void;
  /** A program wants to put this on the clipboard. */
  copy(text: string): Promise<void>;
  /** The output is shown up to there; `all` that came so far is. */
  shown(offset: number, all: boolean): void;
}

export class Screen {
  readonly terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #serialize = new SerializeAddon();
  #search: SearchAddon | undefined;
  #blink: Blink | undefined;
  readonly #writer: Writer;
  /** How far the output was shown: exactly, and to where another terminal could go on. */
  #shown = 0;
  #safe = 0;
  /** What is shown is of the past: nobody waits for answers to it any more. */
  past = true;

  constructor(hears: Hears, settings: Settings) {
    this.terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: true,
      fontFamily: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
      fontSize: settings.font,
      minimumContrastRatio: 4.5,
      screenReaderMode: settings.reader,
      scrollback: SCROLLBACK,
      theme: THEMES[isLight(settings.theme) ? "light" : "dark"],
      linkHandler: { activate: (_, uri) => open(uri) },
    });
    const { terminal } = this;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#serialize);
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    terminal.loadAddon(new WebLinksAddon((_, uri) => open(uri)));
    terminal.loadAddon(new ClipboardAddon(undefined, { readText: () => "", writeText: (_, text) => hears.copy(text) }));
    terminal.onData((text) => {
      if (!this.past || !ANSWER.test(text)) hears.typed(new TextEncoder().encode(text));
    });
    terminal.onBinary((text) => hears.typed(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    terminal.onTitleChange((title) => hears.title(title));
    terminal.onBell(() => {
      if (!this.past) hears.bell();
    });
    this.#told = (offset, all) => hears.shown(offset, all);
    this.#writer = new Writer((bytes, then) => terminal.write(bytes, then));
  }

  readonly #told: Hears["shown"];

  attach(element: HTMLElement): void {
    adopting(() => this.terminal.open(element));
    this.#blink = new Blink(element);
    this.terminal.onData(() => this.#blink?.restart());
    void this.#draw();
  }

  /** Draws with the graphics card where there is one; without, or when it is lost, as elements. */
  async #draw(): Promise<void> {
    if (!hasGraphics()) return;
    const { WebglAddon } = await import("@xterm/addon-webgl");
    try {
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => adopting(() => webgl.dispose()));
      this.terminal.loadAddon(webgl);
    } catch {
      // xterm.js draws elements then, which is slower and looks the same.
    }
  }

  /** Output that follows what was shown. */
  show(bytes: Uint8Array, offset: number, safe: number): void {
    this.#write(bytes, () => [this.#shown, this.#safe] = [offset + bytes.length, safe]);
  }

  /** Begins anew at `offset`. */
  restart(bytes: Uint8Array, offset: number): void {
    this.#say("\x1bc");
    this.#write(bytes, () => [this.#shown, this.#safe] = [offset, offset]);
  }

  /** More of what a restart began with. */
  paint(bytes: Uint8Array): void {
    this.#write(bytes, () => {});
  }

  /** Something that is not of the session. */
  note(text: string): void {
    this.#say(`\r\n\x1b[7m ${text} \x1b[27m\r\n`);
  }

  dispose(): void {
    this.#blink?.stop();
    this.#writer.close();
    this.terminal.dispose();
  }

  #write(bytes: Uint8Array, then: () => void): void {
    this.#writer.write(bytes, () => {
      then();
      this.#told(this.#shown, this.waiting === 0);
    });
  }

  #say(text: string): void {
    this.#writer.write(new TextEncoder().encode(text), () => {});
  }

  /** What waits to be shown, in bytes. */
  get waiting(): number {
    return this.#writer.waiting;
  }

  get shown(): number {
    return this.#shown;
  }

  /** The size that fits. */
  proposed(): Place | undefined {
    const size = this.#fit.proposeDimensions();
    if (!size || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)) return undefined;
    return { columns: Math.max(2, size.cols), rows: Math.max(1, size.rows) };
  }

  resize({ columns, rows }: Place): void {
    if (this.terminal.cols !== columns || this.terminal.rows !== rows) this.terminal.resize(columns, rows);
  }

  apply(settings: Settings): void {
    const { options } = this.terminal;
    options.fontSize = settings.font;
    options.screenReaderMode = settings.reader;
    options.theme = THEMES[isLight(settings.theme) ? "light" : "dark"];
  }

  /** What the next page shows before it goes on at `offset`. */
  save(): { offset: number; text: string; columns: number; rows: number } {
    const text = this.#serialize.serialize({ scrollback: KEPT_LINES });
    return { offset: this.#safe, text, columns: this.terminal.cols, rows: this.terminal.rows };
  }

  restore(text: string, offset: number): void {
    this.#writer.write(new TextEncoder().encode(text), () => [this.#shown, this.#safe] = [offset, offset]);
  }

  async find(text: string, back: boolean): Promise<boolean> {
    if (!this.#search) {
      const { SearchAddon } = await import("@xterm/addon-search");
      this.#search = new SearchAddon();
      this.terminal.loadAddon(this.#search);
    }
    return back ? this.#search.findPrevious(text) : this.#search.findNext(text);
  }

  unfind(): void {
    this.#search?.clearDecorations();
    this.terminal.clearSelection();
  }
}

/** Whether there is a graphics card: what the processor does in its place is slower than elements. */
function hasGraphics(): boolean {
  const context = document.createElement("canvas").getContext("webgl2", { failIfMajorPerformanceCaveat: true });
  const names = context?.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = names && context?.getParameter(names.UNMASKED_RENDERER_WEBGL);
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null && !/swiftshader|llvmpipe|software/i.test(String(name));
}

/** Follows a link of the output, in a tab that knows nothing of this one. */
function open(uri: string): void {
  if (/^(https?|mailto):/i.test(uri)) globalThis.open(uri, "_blank", "noopener,noreferrer");
}
