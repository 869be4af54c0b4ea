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
  const [section, title, status, text] = ["section", "h2", "p", "pre"].map((tag) => document.createElement(tag));
  title.textContent = name;
  text.tabIndex = 0;
  text.setAttribute("aria-label", `What ${name} printed`);
  section.append(title, status, text);
  place.append(section);
  return { section, status, text, printed: -1 };
}

function word({ status, reason, code }) {
  if (status === "exited") return `Exited: code ${code}`;
  return status === "idle" ? `Idle: ${reason.replaceAll("_", " ")}` : "Running";
}

function age(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

async function show(session) {
  const { name, status, printed } = session;
  if (!shown.has(name)) shown.set(name, row(name));
  const at = shown.get(name);
  at.status.className = status;
  at.status.textContent = `${word(session)}, ${age(session.for)}`;
  if (at.printed === printed) return;
  at.printed = printed;
  const answer = await fetch(`/text?session=${encodeURIComponent(name)}`, { headers, cache: "no-store" });
  const follows = at.text.scrollTop + at.text.clientHeight >= at.text.scrollHeight - 4;
  at.text.textContent = answer.ok ? await answer.text() : `(${answer.statusText})`;
  // Whoever has scrolled up is reading.
  if (follows) at.text.scrollTop = at.text.scrollHeight;
}

async function follow() {
  const answer = await fetch("/sessions?live", { headers, cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status === 401 ? "Not authorised: open the URL that the host printed." : answer.statusText);
  state.textContent = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) throw new TypeError("it has ended");
    const lines = (text + value).split("\n");
    text = lines.pop();
    if (lines.length) for (const session of JSON.parse(lines.pop()).sessions) show(session).catch(() => {});
  }
}

for (;;) {
  await follow().catch((error) => (state.textContent = error instanceof TypeError ? "The host cannot be reached. Trying again…" : error.message));
  await new Promise((later) => setTimeout(later, 2000));
}
