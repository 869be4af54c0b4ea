// What a person chose, kept in this browser.

import type { ITheme } from "@xterm/xterm";

export interface Settings {
  font: number;
  theme: "system" | "dark" | "light";
  reader: boolean;
  notify: boolean;
}

const KEY = "stillwire.settings";
const DEFAULT: Settings = { font: 14, theme: "system", reader: false, notify: false };
export const FONT = { least: 8, most: 32 };

export function settings(): Settings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return { ...DEFAULT, ...(kept as Partial<Settings>) };
  } catch {
    return { ...DEFAULT };
  }
}

export function keep(chosen: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // A browser that keeps nothing shows the defaults next time.
  }
}

export const system = matchMedia("(prefers-color-scheme: light)");

export const isLight = (theme: Settings["theme"]): boolean => (theme === "system" ? system.matches : theme === "light");

/** The colours of the terminal; the page's own are in style.css. */
export const THEMES: Record<"dark" | "light", ITheme> = {
  dark: {
    background: "#0d1117", foreground: "#e6edf3", cursor: "#e6edf3", cursorAccent: "#0d1117", selectionBackground: "#2f5d9b",
    black: "#484f58", red: "#ff7b72", green: "#3fb950", yellow: "#d29922", blue: "#58a6ff", magenta: "#bc8cff", cyan: "#39c5cf", white: "#b1bac4",
    brightBlack: "#8b949e", brightRed: "#ffa198", brightGreen: "#56d364", brightYellow: "#e3b341", brightBlue: "#79c0ff", brightMagenta: "#d2a8ff", brightCyan: "#56d4dd", brightWhite: "#ffffff",
  },
  light: {
    background: "#ffffff", foreground: "#1f2328", cursor: "#1f2328", cursorAccent: "#ffffff", selectionBackground: "#b6d7ff",
    black: "#24292f", red: "#cf222e", green: "#116329", yellow: "#7d4e00", blue: "#0550ae", magenta: "#6639ba", cyan: "#1b7c83", white: "#57606a",
    brightBlack: "#57606a", brightRed: "#a40e26", brightGreen: "#1a7f37", brightYellow: "#633c01", brightBlue: "#0969da", brightMagenta: "#8250df", brightCyan: "#3192aa", brightWhite: "#24292f",
  },
};
