// Status and text of all sessions, where the host was built without npm. It decides nothing and types nothing.
const fields = new URLSearchParams(location.hash.slice(1));
if (fields.has("token")) {
  sessionStorage.setItem("stillwire.token", fields.get("token"));
  history.replaceState(null, "", "/");
}
const headers = { Authorization: `Bearer ${sessionStorage.getItem("stillwire.token") ?? ""}` };
const state = document.getElementById("state");
const place = document.getElementById("sessions");
const shown = new Map();

function row(name) {
  const [title, status, text] = ["h2", "p", "pre"].map((tag) => document.createElement(tag));
  title.textContent = name;
  text.tabIndex = 0;
  place.append(title, status, text);
  return { status, text, printed: -1 };
}

async function show({ name, status, reason, code, printed, for: age }) {
  if (!shown.has(name)) shown.set(name, row(name));
  const at = shown.get(name);
  at.status.className = status;
  at.status.textContent = [status, reason?.replaceAll("_", " "), code === null ? "" : `code ${code}`, `for ${Math.round(age)} s`].filter(Boolean).join(", ");
  if (at.printed === printed) return;
  at.printed = printed;
  const answer = await fetch(`/text?session=${encodeURIComponent(name)}`, { headers, cache: "no-store" });
  at.text.textContent = answer.ok ? await answer.text() : `(${answer.statusText})`;
  at.text.scrollTop = at.text.scrollHeight;
}

async function follow() {
  const answer = await fetch("/sessions?live", { headers, cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status === 401 ? "Not authorised: open the URL that the host printed." : answer.statusText);
  state.textContent = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The host cannot be reached. Trying again…");
    const lines = (text + value).split("\n");
    text = lines.pop();
    if (lines.length) for (const session of JSON.parse(lines.pop()).sessions) void show(session);
  }
}

for (;;) {
  await follow().catch((error) => (state.textContent = error instanceof TypeError ? "The host cannot be reached. Trying again…" : error.message));
  await new Promise((later) => setTimeout(later, 2000));
}
