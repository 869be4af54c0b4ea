// Hands output to xterm.js: in pieces that are worth its while, and one after the other.
//
// xterm.js takes what it was handed in slices of 12 ms, with a timer in between, and a timer that was set by a timer waits for 4 ms. So
// it is handed what it takes in one slice, and the next by a message, which waits for nothing.

/** Bytes of a piece: a few milliseconds. */
const PIECE = 65_536;
/** Milliseconds of a slice. */
const SLICE = 8;

interface Part {
  bytes: Uint8Array;
  then: () => void;
}

export class Writer {
  readonly #write: (bytes: Uint8Array, then: () => void) => void;
  readonly #channel = new MessageChannel();
  #parts: Part[] = [];
  #busy = false;
  /** Bytes that wait to be shown. */
  waiting = 0;

  constructor(write: (bytes: Uint8Array, then: () => void) => void) {
    this.#write = write;
    this.#channel.port1.onmessage = () => this.#next(performance.now());
  }

  /** Shows these after all else, and says when that is done. */
  write(bytes: Uint8Array, then: () => void): void {
    this.waiting += bytes.length;
    this.#parts.push({ bytes, then });
    if (!this.#busy) this.#next(performance.now());
  }

  close(): void {
    this.#channel.port1.close();
  }

  #next(begun: number): void {
    const parts = this.#take();
    this.#busy = parts.length > 0;
    if (!this.#busy) return;
    const piece = join(parts);
    this.#write(piece, () => {
      this.waiting -= piece.length;
      for (const { then } of parts) then();
      if (performance.now() - begun < SLICE) this.#next(begun);
      else this.#channel.port2.postMessage(0);
    });
  }

  #take(): Part[] {
    let [count, bytes] = [0, 0];
    while (count < this.#parts.length && (count === 0 || bytes + (this.#parts[count]?.bytes.length ?? 0) <= PIECE)) {
      bytes += this.#parts[count]?.bytes.length ?? 0;
      count += 1;
    }
    return this.#parts.splice(0, count);
  }
}

function join(parts: Part[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0].bytes;
  const joined = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of parts) {
    joined.set(bytes, at);
    at += bytes.length;
  }
  return joined;
}
