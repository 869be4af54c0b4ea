// The core's Client, compiled to WebAssembly: every rule of the link is in there. This file moves words in and out of its memory,
// as core/capi/src/client_types.rs lays them out, and knows nothing else.

import wasmUrl from "../stillwire.wasm";

type Pointer = number;

interface Exports {
  memory: WebAssembly.Memory;
  __heap_base: WebAssembly.Global;
  sw_abi_version(): number;
  sw_client_init(storage: Pointer, size: number, config: Pointer, typed: Pointer, typedLen: number, now: bigint, client: Pointer): number;
  sw_client_restore(client: Pointer, saved: Pointer, typed: Pointer, len: number): number;
  sw_client_save(client: Pointer, offset: bigint, saved: Pointer, typed: Pointer, room: number, len: Pointer): number;
  sw_client_connected(client: Pointer, now: bigint, generation: number): number;
  sw_client_flushed(client: Pointer, now: bigint, generation: number): number;
  sw_client_written(client: Pointer, now: bigint, generation: number): number;
  sw_client_closed(client: Pointer, now: bigint, generation: number, code: number): number;
  sw_client_message(client: Pointer, now: bigint, generation: number, message: Pointer, len: number, heard: Pointer): number;
  sw_client_news(client: Pointer, now: bigint, news: number): number;
  sw_client_clocks(client: Pointer, now: bigint, wall: bigint): number;
  sw_client_typed(client: Pointer, now: bigint, bytes: Pointer, len: number): number;
  sw_client_resize(client: Pointer, now: bigint, columns: number, rows: number): number;
  sw_client_shown(client: Pointer, now: bigint, offset: bigint): number;
  sw_client_role(client: Pointer, now: bigint, role: number): number;
  sw_client_poll(client: Pointer, now: bigint, event: Pointer): number;
  sw_client_poll_at(client: Pointer, due: Pointer): number;
  sw_client_next_frame(
    client: Pointer, now: bigint, generation: number, credentials: Pointer, into: Pointer, room: number, len: Pointer,
  ): number;
  sw_client_ask(client: Pointer, now: bigint, facts: Pointer): number;
}

const ABI = 1;
const OK = 0;
const NEVER = 0xffff_ffff_ffff_ffffn;
/** Bytes that a frame has at the most. */
const FRAME = 16_388;
/** Bytes of output that may wait for the terminal: what it takes in a tenth of a second. */
const WINDOW = 1 << 20;
/** Typed bytes that wait for the host. */
const TYPED = 16_384;

/** What is true of the link and the session, as of now. Times are milliseconds of `performance.now()`. */
export interface Facts {
  status: "live" | "syncing" | "ended" | "disconnected";
  /** Disconnected: the code of the close; 1 no dial came through in time, 2 silence, 3 the user left. */
  reason: number;
  role: "viewer" | "controller";
  session: "running" | "idle" | "exited" | "killed" | "unknown";
  /** Idle: the reason. Exited: the code. Killed: the signal. */
  value: number;
  since: number | undefined;
  /** Since the last byte of the host. */
  silence: number | undefined;
  nextDial: number | undefined;
  rtt: number | undefined;
  /** Typed bytes that would be taken, and those that the host has not acknowledged. */
  room: number;
  kept: number;
  generation: number;
}

export type Event =
  | { kind: "dial"; generation: number }
  | { kind: "close"; generation: number; code: number }
  | { kind: "status" }
  | { kind: "lost"; count: number };

export type Heard =
  | { kind: "nothing" }
  | { kind: "welcome"; anew: boolean }
  | { kind: "output"; offset: number; safe: number; bytes: Uint8Array }
  | { kind: "restart"; offset: number; lost: number; first: boolean; bytes: Uint8Array }
  | { kind: "snapshot"; bytes: Uint8Array }
  | { kind: "resize"; columns: number; rows: number }
  | { kind: "status" | "role" | "closed" };

export const News = { online: 0, offline: 1, wake: 2, visible: 3, user: 4, leave: 5 } as const;

const STATUS = ["live", "syncing", "ended", "disconnected"] as const;
const SESSION = ["running", "idle", "exited", "killed", "unknown"] as const;
const EVENT = ["other", "dial", "close", "status", "lost"] as const;
const HEARD = ["nothing", "welcome", "output", "restart", "snapshot", "resize", "status", "role", "closed"] as const;

/** What goes on in another page: see sw_client_saved. */
export interface Saved {
  state: Uint8Array;
  typed: Uint8Array;
}

export interface Config {
  id: bigint;
  role: "viewer" | "controller";
}

const micros = (): bigint => BigInt(Math.round(performance.now() * 1000));
const millis = (at: bigint): number | undefined => (at === NEVER ? undefined : Number(at) / 1000);

/** A random number of 64 bits. */
export const random = (): bigint => crypto.getRandomValues(new BigUint64Array(1))[0] ?? 1n;

let compiled: Promise<WebAssembly.Module> | undefined;

/** Fetches and compiles the module, once. */
export const load = (): Promise<WebAssembly.Module> => (compiled ??= WebAssembly.compileStreaming(fetch(wasmUrl)));

export class Core {
  readonly #at: Exports;
  readonly #client: Pointer;
  // Places in the module's memory: one for each thing that is handed over.
  readonly #message: Pointer;
  readonly #frame: Pointer;
  readonly #typed: Pointer;
  readonly #token: Pointer;
  readonly #session: Pointer;
  readonly #credentials: Pointer;
  readonly #struct: Pointer;
  readonly #word: Pointer;
  readonly #storage: Pointer;
  #view: DataView;

  constructor(module: WebAssembly.Module, config: Config, saved: Saved | undefined) {
    this.#at = new WebAssembly.Instance(module).exports as unknown as Exports;
    if (this.#at.sw_abi_version() !== ABI) throw new Error("the core is of another version than the page");
    let next = Number(this.#at.__heap_base.value);
    const place = (bytes: number): Pointer => {
      const at = (next + 15) & ~15;
      next = at + bytes;
      return at;
    };
    const client = place(4096);
    [this.#message, this.#frame, this.#typed, this.#storage] = [place(FRAME), place(FRAME), place(TYPED), place(TYPED)];
    [this.#token, this.#session, this.#credentials] = [place(64), place(64), place(16)];
    [this.#struct, this.#word] = [place(64), place(8)];
    const missing = next - this.#at.memory.buffer.byteLength;
    if (missing > 0) this.#at.memory.grow(Math.ceil(missing / 65_536));
    this.#view = new DataView(this.#at.memory.buffer);
    this.#view.setBigUint64(this.#struct, config.id, true);
    this.#view.setBigUint64(this.#struct + 8, random(), true);
    this.#view.setUint32(this.#struct + 16, config.role === "viewer" ? 0 : 1, true);
    this.#view.setUint32(this.#struct + 20, 1, true);
    this.#view.setUint32(this.#struct + 24, WINDOW, true);
    this.#view.setUint32(this.#struct + 28, 0, true);
    this.#must(this.#at.sw_client_init(client, 4096, this.#struct, this.#storage, TYPED, micros(), this.#word));
    this.#client = this.#view.getUint32(this.#word, true);
    if (saved) {
      this.#put(this.#struct, saved.state, 48);
      const len = this.#put(this.#typed, saved.typed, TYPED);
      this.#at.sw_client_restore(this.#client, this.#struct, this.#typed, len);
    }
  }

  /** What the next page has to know, if output was shown up to `offset`. */
  save(offset: number): Saved {
    const at = BigInt(Math.max(0, offset));
    this.#at.sw_client_save(this.#client, at, this.#struct, this.#typed, TYPED, this.#word);
    const typed = this.#copy(this.#typed, this.#view.getUint32(this.#word, true));
    return { state: this.#copy(this.#struct, 48), typed };
  }

  connected = (generation: number): boolean => this.#at.sw_client_connected(this.#client, micros(), generation) === OK;
  flushed = (generation: number): boolean => this.#at.sw_client_flushed(this.#client, micros(), generation) === OK;
  written = (generation: number): boolean => this.#at.sw_client_written(this.#client, micros(), generation) === OK;
  closed = (generation: number, code: number): boolean =>
    this.#at.sw_client_closed(this.#client, micros(), generation, code) === OK;
  news = (news: keyof typeof News): number => this.#at.sw_client_news(this.#client, micros(), News[news]);
  resize = (columns: number, rows: number): number => this.#at.sw_client_resize(this.#client, micros(), columns, rows);
  shown = (offset: number): number => this.#at.sw_client_shown(this.#client, micros(), BigInt(offset));
  role = (role: "viewer" | "controller"): number => this.#at.sw_client_role(this.#client, micros(), role === "viewer" ? 0 : 1);

  /** Takes what was typed, all or nothing. */
  typed(bytes: Uint8Array): boolean {
    if (bytes.length > TYPED) return false;
    this.#put(this.#typed, bytes, TYPED);
    return this.#at.sw_client_typed(this.#client, micros(), this.#typed, bytes.length) === OK;
  }

  /** A message came; undefined: it does not count. The bytes are those of the message. */
  message(generation: number, message: ArrayBuffer): Heard | undefined {
    const bytes = new Uint8Array(message);
    // One that is too long is no frame: its beginning is not either, and the core says so.
    const len = this.#put(this.#message, bytes, FRAME);
    const told = this.#at.sw_client_message(this.#client, micros(), generation, this.#message, len, this.#struct);
    if (told !== OK) return undefined;
    const [view, at] = [this.#view, this.#struct];
    const big = (offset: number): number => Number(view.getBigUint64(at + offset, true));
    const word = (offset: number): number => view.getUint32(at + offset, true);
    const from = word(24) - this.#message;
    const payload = (): Uint8Array => bytes.subarray(Math.max(0, from), from + word(28));
    const kind = HEARD[word(32)] ?? "nothing";
    const flags = word(36);
    switch (kind) {
      case "welcome":
        return { kind, anew: (flags & 1) !== 0 };
      case "output":
        return { kind, offset: big(0), safe: big(8), bytes: payload() };
      case "restart":
        return { kind, offset: big(0), lost: big(16), first: (flags & 2) !== 0, bytes: payload() };
      case "snapshot":
        return { kind, bytes: payload() };
      case "resize":
        return { kind, columns: word(40), rows: word(44) };
      default:
        return { kind };
    }
  }

  /** What has to be done; undefined: that is all. */
  poll(): Event | undefined {
    this.#at.sw_client_clocks(this.#client, micros(), BigInt(Date.now()) * 1000n);
    for (;;) {
      if (this.#at.sw_client_poll(this.#client, micros(), this.#struct) !== OK) return undefined;
      const kind = EVENT[this.#view.getUint32(this.#struct + 8, true)] ?? "other";
      const generation = this.#view.getUint32(this.#struct + 12, true);
      if (kind === "dial") return { kind, generation };
      if (kind === "close") return { kind, generation, code: this.#view.getUint32(this.#struct + 16, true) };
      if (kind === "lost") return { kind, count: Number(this.#view.getBigUint64(this.#struct, true)) };
      if (kind === "status") return { kind };
    }
  }

  /** When to poll next, in milliseconds of `performance.now()`. */
  pollAt(): number | undefined {
    if (this.#at.sw_client_poll_at(this.#client, this.#word) !== OK) return undefined;
    return millis(this.#view.getBigUint64(this.#word, true));
  }

  /** The next frame for this connection. */
  nextFrame(generation: number, token: Uint8Array, session: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const view = this.#view;
    view.setUint32(this.#credentials, this.#token, true);
    view.setUint32(this.#credentials + 4, this.#put(this.#token, token, 64), true);
    view.setUint32(this.#credentials + 8, this.#session, true);
    view.setUint32(this.#credentials + 12, this.#put(this.#session, session, 64), true);
    const told = this.#at.sw_client_next_frame(
      this.#client, micros(), generation, this.#credentials, this.#frame, FRAME, this.#word,
    );
    return told === OK ? this.#copy(this.#frame, view.getUint32(this.#word, true)) : undefined;
  }

  facts(): Facts {
    this.#at.sw_client_ask(this.#client, micros(), this.#struct);
    const [view, at] = [this.#view, this.#struct];
    const big = (offset: number): number | undefined => millis(view.getBigUint64(at + offset, true));
    const word = (offset: number): number => view.getUint32(at + offset, true);
    return {
      silence: big(0),
      nextDial: big(8),
      since: big(16),
      rtt: big(24),
      status: STATUS[word(32)] ?? "syncing",
      reason: word(36),
      role: word(40) === 0 ? "viewer" : "controller",
      session: SESSION[word(44)] ?? "unknown",
      value: view.getInt32(at + 48, true),
      room: word(52),
      kept: word(56),
      generation: word(60),
    };
  }

  #put(at: Pointer, bytes: Uint8Array, room: number): number {
    const fits = bytes.subarray(0, room);
    new Uint8Array(this.#view.buffer, at, fits.length).set(fits);
    return fits.length;
  }

  #copy(at: Pointer, len: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer as ArrayBuffer, at, len).slice();
  }

  #must(error: number): void {
    if (error !== OK) throw new Error(`the core refuses (${error})`);
  }
}
