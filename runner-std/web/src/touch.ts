// Scrolling with a finger.

import type { Terminal } from "@xterm/xterm";

/**
 * What is shown follows the finger, line by line. A program that asked for the mouse, or has the whole screen, is told of a wheel
 * that turns: xterm.js makes of it what the program expects.
 */
export function touch(element: HTMLElement, terminal: Terminal): void {
  /** Where the finger was when the last whole line was scrolled. */
  let last: number | undefined;
  element.addEventListener("touchstart", ({ touches }) => (last = touches.length === 1 ? touches[0]?.clientY : undefined), { passive: true });
  element.addEventListener("touchend", () => (last = undefined), { passive: true });
  element.addEventListener("touchmove", (event) => {
    const finger = event.touches[0];
    const screen = terminal.element?.querySelector(".xterm-screen");
    if (last === undefined || !finger || event.touches.length !== 1 || !screen) return;
    event.preventDefault();
    const line = screen.clientHeight / terminal.rows;
    const lines = Math.trunc((last - finger.clientY) / line);
    if (lines === 0) return;
    last -= lines * line;
    const { clientX, clientY } = finger;
    if (terminal.modes.mouseTrackingMode === "none" && terminal.buffer.active.type === "normal") return terminal.scrollLines(lines);
    const turn = { deltaY: Math.sign(lines), deltaMode: WheelEvent.DOM_DELTA_LINE, clientX, clientY, bubbles: true, cancelable: true };
    for (let i = Math.abs(lines); i > 0; i -= 1) screen.dispatchEvent(new WheelEvent("wheel", turn));
  }, { passive: false });
}
