// The driver of the core in a page: one WebSocket at a time, one timer, and the browser's signals. It decides nothing.

import { type Config, Core, type Facts, type Heard, News, type Saved } from "./core.ts";

/** What a connection may hold back before it is handed more. */
const ROOM = 65_536;
/** Typed bytes that may wait in front of the core while there is a link: a long paste. */
const OUTBOX = 4 << 20;
/** What a browser lets a page say when it closes a WebSocket. */
const MAY_CLOSE_WITH = (code: number): boolean => code === 1000 || (code >= 3000 && code <= 4999);

export interface Shows {
  heard(heard: Heard): void;
  /** Something may have changed that is shown. */
  changed(facts: Facts): void;
  /** What the host said when it closed the connection. */
  closed(text: string): void;
  /** Typed bytes are lost. */
  lost(count: number): void;
}

export class Link {
  readonly core: Core;
  readonly #shows: Shows;
  readonly #url: string;
  readonly #session: Uint8Array;
  #token: Uint8Array;
  #socket: { generation: number; socket: WebSocket } | undefined;
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What it was set to. */
  #due: number | undefined;
  #flush: ReturnType<typeof setTimeout> | undefined;
  /** Bytes that the socket held back when it was looked at last; undefined: it holds none. */
  #held: number | undefined;
  #turning = false;
  /** What was told last. */
  #shown = "";

  constructor(module: WebAssembly.Module, config: Config, saved: Saved | undefined, token: string, session: string, shows: Shows) {
    this.core = new Core(module, config, saved);
    this.#shows = shows;
    this.#url = `${location.origin.replace(/^http/, "ws")}/`;
    this.#token = new TextEncoder().encode(token);
    this.#session = new TextEncoder().encode(session);
  }

  get facts(): Facts {
    return this.core.facts();
  }

  set token(token: string) {
    this.#token = new TextEncoder().encode(token);
  }

  /** Something of the world or of the person. */
  news(news: keyof typeof News): void {
    this.core.news(news);
    this.turn();
  }

  resize(columns: number, rows: number): void {
    this.core.resize(columns, rows);
    this.turn();
  }

  /** The terminal has shown the output up to there: the host may send more. */
  shown(offset: number): void {
    this.core.shown(offset);
    if (!this.#turning) this.#speak();
  }

  role(role: "viewer" | "controller"): void {
    this.core.role(role);
    this.turn();
  }

  /** Takes what was typed; false: too much waits already. */
  typed(bytes: Uint8Array): boolean {
    const facts = this.facts;
    const room = facts.status === "live" ? OUTBOX : facts.room;
    if (facts.role === "viewer" || this.#outboxBytes + bytes.length > room) return false;
    this.#outbox.push(bytes);
    this.#outboxBytes += bytes.length;
    this.turn();
    return true;
  }

  /** Does what the core says, until it has nothing more to say; then sleeps until it wants to be asked. */
  turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    try {
      this.#poll();
      this.#offer();
      this.#speak();
      this.#poll();
    } finally {
      this.#turning = false;
    }
    clearTimeout(this.#timer);
    const due = (this.#due = this.core.pollAt());
    // A timer may come up to a millisecond early, and asking early changes nothing.
    if (due !== undefined) this.#timer = setTimeout(() => this.turn(), Math.min(Math.max(0, due - performance.now()) + 1, 2 ** 31 - 1));
    this.#tell();
  }

  /** Whether something is to be done before the timer says so. Output mostly puts off what is, for which an early timer is as good. */
  #isDue(): boolean {
    const due = this.core.pollAt();
    return due !== undefined && (due <= performance.now() || this.#due === undefined || due < this.#due);
  }

  /** Says what has changed, if it is something that is shown: whoever types is to see the echo in the next frame, and none before. */
  #tell(): void {
    const facts = this.facts;
    const { status, reason, role, session, value, since, generation, nextDial } = facts;
    const shown = [status, reason, role, session, value, since, generation, nextDial, status === "live" ? 0 : facts.kept].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#shows.changed(facts);
  }

  /** Gives up timers and the socket. */
  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#flush);
    this.#socket?.socket.close();
    this.#socket = undefined;
  }

  #poll(): void {
    for (let event = this.core.poll(); event; event = this.core.poll()) {
      if (event.kind === "dial") this.#dial(event.generation);
      if (event.kind === "close") this.#close(event.generation, event.code);
      if (event.kind === "lost") this.#shows.lost(event.count);
    }
  }

  #dial(generation: number): void {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#drop();
    this.#socket = { generation, socket };
    const mine = (): boolean => this.#socket?.socket === socket;
    socket.onopen = () => {
      if (!mine() || !this.core.connected(generation)) return socket.close();
      this.turn();
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (!mine()) return;
      this.#look();
      const heard = this.core.message(generation, data);
      if (heard && heard.kind !== "nothing") this.#shows.heard(heard);
      if (heard?.kind !== "output" || this.#isDue()) this.turn();
    };
    socket.onclose = ({ code, reason }) => {
      if (!mine()) return;
      this.#socket = undefined;
      this.#shows.closed(reason);
      this.core.closed(generation, code);
      this.turn();
    };
  }

  /** The last word on a connection, which may tell the host why. */
  #close(generation: number, code: number): void {
    const held = this.#socket;
    if (held?.generation !== generation) return;
    if (held.socket.readyState === WebSocket.OPEN) {
      const frame = this.core.nextFrame(generation, this.#token, this.#session);
      if (frame) held.socket.send(frame);
    }
    this.#drop(MAY_CLOSE_WITH(code) ? code : undefined);
  }

  #drop(code?: number): void {
    clearTimeout(this.#flush);
    const held = this.#socket;
    [this.#socket, this.#flush, this.#held] = [undefined, undefined, undefined];
    if (!held) return;
    held.socket.onopen = held.socket.onmessage = held.socket.onclose = null;
    held.socket.close(code);
  }

  /** Hands over what was typed, as far as there is room. */
  #offer(): void {
    while (this.#outbox[0]) {
      const room = this.facts.room;
      const piece = this.#outbox[0].subarray(0, room);
      if (piece.length === 0 || !this.core.typed(piece)) return;
      const rest = this.#outbox[0].subarray(piece.length);
      if (rest.length > 0) this.#outbox[0] = rest;
      else this.#outbox.shift();
      this.#outboxBytes -= piece.length;
    }
  }

  #speak(): void {
    const held = this.#socket;
    if (held?.socket.readyState !== WebSocket.OPEN) return;
    let said = false;
    while (held.socket.bufferedAmount < ROOM) {
      const frame = this.core.nextFrame(held.generation, this.#token, this.#session);
      if (!frame) break;
      held.socket.send(frame);
      said = true;
    }
    if (said) this.#held = held.socket.bufferedAmount;
    if (this.#held !== undefined) this.#look();
  }

  /** Whether the socket has taken what it was handed. Nobody tells, so it is looked at until it has. */
  #look(again = 1): void {
    const held = this.#socket;
    if (!held || this.#held === undefined) return;
    clearTimeout(this.#flush);
    const waits = held.socket.bufferedAmount;
    if (waits === 0) {
      this.#held = undefined;
      this.core.flushed(held.generation);
      if (!this.#turning) this.turn();
      else this.#speak();
      return;
    }
    if (waits < this.#held) this.core.written(held.generation);
    this.#held = waits;
    this.#flush = setTimeout(() => this.#look(Math.min(again * 2, 256)), again);
  }
}
