// What survives a reload of this tab, in its sessionStorage: the token, and where the page stood.
//
// The place is taken out as soon as it is read: a tab that is duplicated while this page lives finds none, and begins at the beginning.

import type { Saved } from "./core.ts";

const TOKEN = "stillwire.token";
const PLACE = "stillwire.place";
/** A bit of the last word of sw_client_saved. */
const HAS_PLACE = 1;

export interface Kept {
  session: string;
  id: bigint;
  role: "viewer" | "controller";
  saved: Saved;
  /** What was on the screen, and above it. */
  screen: { text: string; offset: number; columns: number; rows: number };
}

/** The token and the session of the fragment, of which only the session stays in the address bar. */
export function fromAddress(): { token: string | undefined; session: string | undefined } {
  const fields = new URLSearchParams(location.hash.slice(1));
  const given = fields.get("token");
  const session = fields.get("session") ?? undefined;
  if (given !== null) {
    store(TOKEN, given);
    history.replaceState(history.state, "", session === undefined ? "/" : address(session));
  }
  return { token: given ?? read(TOKEN), session };
}

/** The address of a session. */
export const address = (session: string): string => `/#session=${encodeURIComponent(session)}`;

export const keepToken = (token: string): boolean => store(TOKEN, token);

export function keep(kept: Kept): void {
  const { state, typed } = kept.saved;
  const text = (screen: Kept["screen"]): string =>
    JSON.stringify({ ...kept, id: String(kept.id), saved: { state: [...state], typed: [...typed] }, screen });
  if (store(PLACE, text(kept.screen))) return;
  // Too much for the browser: without the screen there is no place to go on from either, but what was typed stays.
  state[44] = (state[44] ?? 0) & ~HAS_PLACE;
  store(PLACE, text({ ...kept.screen, text: "" }));
}

/** Where the page stood that was here before, once. */
export function taken(session: string): Kept | undefined {
  const text = read(PLACE);
  forget();
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as Omit<Kept, "id" | "saved"> & { id: string; saved: { state: number[]; typed: number[] } };
    if (kept.session !== session) return undefined;
    const saved = { state: Uint8Array.from(kept.saved.state), typed: Uint8Array.from(kept.saved.typed) };
    return { ...kept, id: BigInt(kept.id), saved };
  } catch {
    return undefined;
  }
}

/** This page is alive (again), and knows better. */
export const forget = (): void => {
  try {
    sessionStorage.removeItem(PLACE);
  } catch {
    // Nothing is kept there anyway.
  }
};

function read(key: string): string | undefined {
  try {
    return sessionStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(key: string, value: string): boolean {
  try {
    sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}
