// The beginning: what is in the address, and which page that means.

import "./style.css";
import { load } from "./core.ts";
import { h } from "./dom.ts";
import { unmark } from "./icon.ts";
import * as keeping from "./keep.ts";
import { isRefused, ListPage, names } from "./list.ts";
import { SessionPage } from "./session.ts";
import { isLight, settings, system } from "./settings.ts";
import { tokenOf } from "./warning.ts";

interface Page {
  element: HTMLElement;
  begin(): void;
  end(): void;
}

const chosen = settings();
let { token = "" } = keeping.fromAddress();
let page: Page | undefined;

function show(next: Page): void {
  page?.end();
  page = next;
  document.body.replaceChildren(next.element);
  next.begin();
}

async function openSession(name: string, role?: "viewer" | "controller"): Promise<void> {
  const module = await load();
  const around = { module, token, session: name, settings: chosen, role, sessions: () => go("/#sessions") };
  const opened = new SessionPage(around);
  show(opened);
  // For the browser's console, and whoever automates this page.
  Object.assign(globalThis, { stillwire: opened });
}

function openList(): void {
  keeping.forget();
  show(new ListPage(() => token, (name, role) => go(keeping.address(name), role), ask));
}

/** Goes to an address of this page, without asking the host for it again. */
function go(address: string, role?: "viewer" | "controller"): void {
  history.pushState(null, "", address);
  void route(role);
}

async function route(role?: "viewer" | "controller"): Promise<void> {
  const fields = keeping.fromAddress();
  token = fields.token ?? token;
  if (fields.session !== undefined) return openSession(fields.session, role);
  if (location.hash === "#sessions") return openList();
  try {
    const [only, ...others] = await names(token);
    if (only === undefined || others.length > 0) return openList();
    history.replaceState(null, "", keeping.address(only));
    return openSession(only, role);
  } catch (error) {
    if (isRefused(error)) ask();
    else openList();
  }
}

/** There is no token, or it is wrong. */
function ask(): void {
  const field = h("input", { type: "password", "aria-label": "Token", placeholder: "Token, or the whole URL", autocomplete: "off", required: true });
  const enter = (event: Event): void => {
    event.preventDefault();
    token = tokenOf(field.value);
    keeping.keepToken(token);
    void route();
  };
  const element = h("main", { class: "ask" },
    h("h1", {}, "Not authorised"),
    h("p", {}, token ? "This token is not the host's (any more)." : "This page needs the host's token.",
      " Open the URL that ", h("code", {}, "runner-std host"), " printed, or enter the token:"),
    h("form", { onsubmit: enter }, field, h("button", { type: "submit", class: "main" }, "Enter")));
  show({ element, begin: () => field.focus(), end: () => {} });
  unmark("Not authorised · stillwire");
}

function paint(): void {
  document.documentElement.dataset.theme = isLight(chosen.theme) ? "light" : "dark";
}

addEventListener("settings", paint);
system.addEventListener("change", () => {
  paint();
  if (page instanceof SessionPage) page.screen.apply(chosen);
});
addEventListener("popstate", () => void route());
addEventListener("hashchange", () => {
  if (new URLSearchParams(location.hash.slice(1)).has("token")) void route();
});
paint();
void load();
void route();
