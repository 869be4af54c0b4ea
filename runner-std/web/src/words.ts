// What the page says of each state: the same words everywhere.

import type { Facts } from "./core.ts";

const IDLE = ["never active", "quiet", "repainting", "at prompt", "awaiting input", "bell"];

export type Tone = "live" | "syncing" | "idle" | "ended" | "down";

export interface Spoken {
  /** Of the link. */
  link: string;
  linkTone: Tone;
  /** Of the session, or nothing if the host has not said. */
  session: string;
  sessionTone: Tone;
}

/** A time that went by: `5 s`, `12 min`, `3 h`. */
export function span(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function sessionWord(facts: Pick<Facts, "session" | "value">): string {
  switch (facts.session) {
    case "running":
      return "Running";
    case "idle":
      return `Idle: ${IDLE[facts.value] ?? "quiet"}`;
    case "exited":
      return `Exited: code ${facts.value}`;
    case "killed":
      return `Ended by signal ${facts.value}`;
    default:
      return "";
  }
}

/** Why there is no link, by the code that the core gives: see `close.rs`; up to 3 see `Facts.reason`. */
const WHY: Record<number, string> = {
  1: "timed out", 2: "timed out", 3: "by you", 1001: "host went away", 1012: "host restarts", 1013: "host is full",
  4000: "taken over", 4001: "timed out", 4002: "nobody used it", 4003: "not authorised",
};
/** The host and the page do not understand each other: the core parks. */
const OTHER_VERSION = [1002, 1003, 1007, 1008, 1009, 1010, 4004];

/** The core waits for the person, whatever the network does. */
const PARKED = [3, 4000, 4002, 4003, ...OTHER_VERSION];

function why({ reason }: Facts, offline: boolean): string {
  if (offline && !PARKED.includes(reason)) return "offline";
  return WHY[reason] ?? (OTHER_VERSION.includes(reason) ? "other version" : "cannot be reached");
}

/** The link and the session, each in two words and a colour. */
export function speak(facts: Facts, offline: boolean): Spoken {
  const tones = { running: "live", idle: "idle", exited: "ended", killed: "ended", unknown: "syncing" } as const;
  const session = { session: sessionWord(facts), sessionTone: tones[facts.session] };
  switch (facts.status) {
    case "live":
      return { ...session, link: facts.role === "viewer" ? "Live, read-only" : "Live", linkTone: "live" };
    case "syncing":
      return { ...session, link: "Syncing", linkTone: "syncing" };
    case "ended":
      // That is all there is to say: the same twice would be noise.
      return { session: "", sessionTone: "ended", link: facts.session === "killed" ? `Ended: signal ${facts.value}` : `Ended: code ${facts.value}`, linkTone: "ended" };
    case "disconnected":
      // What it did when it was heard last; nobody knows what it does now.
      return { session: session.session && `Was ${session.session.charAt(0).toLowerCase()}${session.session.slice(1)}`, sessionTone: "ended", link: `Disconnected: ${why(facts, offline)}`, linkTone: "down" };
  }
}

export type Action = "reconnect" | "control" | "watch" | "sessions" | "reload" | "token";

export interface Warning {
  /** Stays the same as long as the warning is the same. */
  key: string;
  tone: Tone;
  title: string;
  what: string;
  actions: Action[];
  /** It goes away by itself, if all goes well. */
  passing: boolean;
}

const RETRIES = "The page keeps trying. What you type now is kept and sent when the link is back.";

/** What went wrong and what to do about it; undefined: nothing to worry about. */
export function warning(facts: Facts, offline: boolean, by = ""): Warning | undefined {
  if (facts.status === "live") return undefined;
  const key = `${facts.status} ${facts.reason} ${offline}`;
  const of = (tone: Tone, title: string, what: string, ...actions: Action[]): Warning => ({
    key, tone, title, what, actions, passing: facts.status !== "ended" && !(facts.status === "disconnected" && PARKED.includes(facts.reason)),
  });
  if (facts.status === "ended") {
    const how = facts.session === "killed" ? `Its process was ended by signal ${facts.value}.` : `Its process exited with code ${facts.value}.`;
    return of("ended", "Session ended", `${how} What it printed stays here until you leave the page.`, "sessions");
  }
  if (facts.status === "disconnected") {
    const parked = parkedWarning(facts, by, of);
    if (parked) return parked;
  }
  if (offline) {
    return of("down", "Network is offline", "Your system says that there is no network. Everything goes on when it is back; what you type now is kept.", "reconnect");
  }
  if (facts.status === "syncing") return undefined;
  switch (facts.reason) {
    case 1:
      if (facts.silence === undefined) return of("down", "The host does not answer", `No connection came through. ${RETRIES}`, "reconnect");
      return of("down", "Host timed out after inactivity", `Nothing was heard of it for too long, and it does not answer. ${RETRIES}`, "reconnect");
    case 2:
    case 4001:
      return of("down", "Host timed out after inactivity", `Nothing was heard of it for too long. ${RETRIES}`, "reconnect");
    case 1012:
      return of("down", "The host restarts", RETRIES, "reconnect");
    case 1013:
      return of("down", "The host is full", `Too many are connected. ${RETRIES}`, "reconnect");
    case 1001:
      return of("down", "The host went away", `If it comes back, this page will find it. ${RETRIES}`, "reconnect");
    default:
      return of("down", "The host cannot be reached", `Is it still running? ${RETRIES}`, "reconnect");
  }
}

function parkedWarning(
  facts: Facts,
  by: string,
  of: (tone: Tone, title: string, what: string, ...actions: Action[]) => Warning,
): Warning | undefined {
  switch (facts.reason) {
    case 3:
      return of("down", "You disconnected", "The session goes on without this page.", "reconnect");
    case 4000:
      return of("down", "Another tab took over", `${by ? `The session was taken over by ${by}.` : "It, or a terminal, has the session now."} This page stays out of its way until you say so.`, "control", "watch");
    case 4002:
      return of("down", "The host ended: nobody used it", "It exits after its idle timeout (--idle-timeout). Start it again, and open the URL that it prints.", "reconnect");
    case 4003:
      return of("down", "Not authorised", "The token is missing or wrong, or there is no such session. Open the URL that the host printed, or enter its token.", "token", "sessions");
    default:
      if (!OTHER_VERSION.includes(facts.reason)) return undefined;
      return of("down", "The host speaks another version", "Load the page again; if that does not help, the host and the page are not of the same version.", "reload");
  }
}
