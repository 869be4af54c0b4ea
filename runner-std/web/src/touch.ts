// Scrolling with a finger.

import type { Terminal } from "@xterm/xterm";

/** A finger that moves up or down is a wheel that turns: xterm.js scrolls, or tells the program that asked for the mouse. */
export function touch(element: HTMLElement, terminal: Terminal): void {
  let last: number | undefined;
  element.addEventListener("touchstart", ({ touches }) => (last = touches.length === 1 ? touches[0]?.clientY : undefined), { passive: true });
  element.addEventListener("touchend", () => (last = undefined), { passive: true });
  element.addEventListener("touchmove", (event) => {
    const finger = event.touches[0];
    if (last === undefined || !finger || event.touches.length !== 1) return;
    const by = last - finger.clientY;
    last = finger.clientY;
    const screen = terminal.element?.querySelector(".xterm-screen");
    const { clientX, clientY } = finger;
    screen?.dispatchEvent(new WheelEvent("wheel", { deltaY: by, deltaMode: 0, clientX, clientY, bubbles: true, cancelable: true }));
    event.preventDefault();
  }, { passive: false });
}
