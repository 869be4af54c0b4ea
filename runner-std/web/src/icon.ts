// The tab's title and icon, so that a row of tabs shows who waits.

import type { Facts } from "./core.ts";
import { sessionWord, speak, type Tone } from "./words.ts";

const COLOURS: Record<Tone, string> = { live: "#2da44e", syncing: "#d29922", idle: "#3b82f6", ended: "#8b949e", down: "#e5484d" };
/** Told apart by shape as well. */
const SHAPES: Record<Tone, string> = {
  live: '<path d="M5 3.5v9l8-4.5z" fill="#fff"/>',
  syncing: '<circle cx="4.5" cy="8" r="1.4" fill="#fff"/><circle cx="8" cy="8" r="1.4" fill="#fff"/><circle cx="11.5" cy="8" r="1.4" fill="#fff"/>',
  idle: '<path d="M5 4h2.2v8H5zM8.8 4H11v8H8.8z" fill="#fff"/>',
  ended: '<path d="M4.5 4.5h7v7h-7z" fill="#fff"/>',
  down: '<path d="m4.5 4.5 7 7m0-7-7 7" stroke="#fff" stroke-width="2"/>',
};

const link = (): HTMLLinkElement | null => document.querySelector("link[rel=icon]");
let shown: Tone | undefined;

/** For a page that shows no session. */
export function unmark(title: string): void {
  document.title = title;
  link()?.setAttribute("href", "data:,");
  shown = undefined;
}

export function mark(name: string, facts: Facts, offline: boolean): void {
  const spoken = speak(facts, offline);
  const look = spoken.linkTone === "live" ? spoken.sessionTone : spoken.linkTone;
  const word = facts.status === "live" ? sessionWord(facts) : spoken.link;
  const title = word ? `${word} · ${name}` : name;
  if (document.title !== title) document.title = title;
  if (look === shown) return;
  shown = look;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${COLOURS[look]}"/>${SHAPES[look]}</svg>`;
  link()?.setAttribute("href", `data:image/svg+xml,${encodeURIComponent(svg)}`);
}
