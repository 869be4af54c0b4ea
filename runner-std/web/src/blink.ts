// The cursor blinks by a timer: xterm.js blinks elements by an animation, for which a browser paints sixty frames each second, and
// an echo then waits for two of them.

/** As long as xterm.js shows the cursor, and as long as it hides it. */
const HALF = 500;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Blink {
  readonly #place: HTMLElement;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** For the terminal at `place`, while something in there has the focus; style.css says what a class does. */
  constructor(place: HTMLElement) {
    this.#place = place;
    place.addEventListener("focusin", () => this.restart());
    place.addEventListener("focusout", () => this.stop());
  }

  /** Somebody types: the cursor is to be seen, for now. */
  restart(): void {
    this.stop();
    if (!still.matches) this.#timer = setInterval(() => this.#place.classList.toggle("unlit"), HALF);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#place.classList.remove("unlit");
  }
}
