// A little picture of how much was printed in the last minute.

const SECONDS = 60;
const [WIDTH, HEIGHT] = [120, 24];
const NS = "http://www.w3.org/2000/svg";

export class Sparkline {
  readonly element = document.createElementNS(NS, "svg");
  readonly #path = document.createElementNS(NS, "path");
  #points: { at: number; bytes: number }[] = [];
  #printed: number | undefined;

  constructor() {
    this.element.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute("class", "spark");
    this.element.setAttribute("role", "img");
    this.element.append(this.#path);
  }

  /** So much was printed in all, as of `now` in milliseconds. */
  add(printed: number, now: number): void {
    const bytes = Math.max(0, printed - (this.#printed ?? printed));
    this.#printed = printed;
    this.#points = this.#points.filter((point) => now - point.at < SECONDS * 1000);
    if (bytes > 0) this.#points.push({ at: now, bytes });
    // Logarithmic: a prompt is to be seen beside a build.
    const most = Math.log2(1 + Math.max(1_000, ...this.#points.map((point) => point.bytes)));
    const bars = this.#points.map(({ at, bytes }) => {
      const x = WIDTH - ((now - at) / 1000 / SECONDS) * WIDTH;
      const y = (Math.log2(1 + bytes) / most) * (HEIGHT - 2);
      return `M${x.toFixed(1)} ${HEIGHT}v-${Math.max(1.5, y).toFixed(1)}`;
    });
    this.#path.setAttribute("d", `M0 ${HEIGHT - 0.5}H${WIDTH}${bars.join("")}`);
    const sum = this.#points.reduce((all, point) => all + point.bytes, 0);
    this.element.setAttribute("aria-label", `${sum.toLocaleString("en")} bytes printed in the last minute`);
  }
}
