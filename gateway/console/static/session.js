// The way in, the same for every page of people at work: a key opens a session that reads by its cookie, and itself signs what changes something.
const at = (id) => document.getElementById(id);

// The key stays in memory, for this page alone; it is lost with a reload, and the session is not.
export const session = { key: "" };

export class Refused extends Error {
  constructor(status, problem) { super([problem.title, problem.detail].filter(Boolean).join(" ")); this.status = status; this.title = problem.title; this.errors = problem.errors ?? []; }
}

// `type`: of a body that is sent as it is; without it, the body is a document.
export async function ask(path, body, method = body ? "POST" : "GET", type = "") {
  const headers = { Accept: "application/json" };
  if (method !== "GET" && session.key) headers.Authorization = `Bearer ${session.key}`;
  if (body) headers["Content-Type"] = type || "application/json";
  const answer = await fetch(path, { method, headers, body: body && !type ? JSON.stringify(body) : body });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

export function askKey(problem) {
  at("sheet").hidden = true;
  at("entry").hidden = false;
  at("entry-error").textContent = problem;
  at("key").focus();
}

// Who the key lets in, or null once the page has said why it does not.
export async function enter(key, admits = () => "") {
  try {
    const said = await ask("/console/session", { key });
    const refusal = admits(said.scope);
    if (refusal) { askKey(refusal); return null; }
    session.key = key;
    return said;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    askKey(error.title);
    return null;
  }
}

export function tellMode(mode) {
  at("mode").hidden = !mode;
  at("mode").textContent = mode === "Exercise" ? "EXERCICE" : "RÉEL";
  at("mode").className = `mode ${mode === "Exercise" ? "exercise" : "actual"}`;
}

// When the gateway is silent everything is grey and says since when: no colour of a truth that may no longer be one.
export function tellStale(down, seconds = 0) {
  const turned = down !== document.body.classList.contains("stale");
  document.body.classList.toggle("stale", down);
  // Spoken when it turns, never as seconds pass.
  if (turned && at("said")) at("said").textContent = down ? "La passerelle ne répond plus." : "La passerelle répond de nouveau.";
  at("live").className = down ? "live down" : "live";
  const text = down ? `La passerelle ne répond plus depuis ${seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`}` : seconds ? `En direct, à jour il y a ${seconds} s` : "En direct, à jour";
  if (at("live").textContent !== text) at("live").textContent = text;
}

// For a page that asks only when a person acts: whether the gateway still answers, looked at by itself.
export function followGateway(every = 5000) {
  let heard = Date.now();
  const tell = () => tellStale(Date.now() - heard > 2 * every, Math.round((Date.now() - heard) / 1000));
  setInterval(async () => {
    try { if ((await fetch("/health/live")).ok) heard = Date.now(); } catch { /* its silence is what is told */ }
    tell();
  }, every);
  setInterval(tell, 1000);
}

// The key typed in the form leaves it at once.
export function onKey(take) {
  at("entry").addEventListener("submit", (submit) => {
    submit.preventDefault();
    const given = at("key").value.trim();
    at("key").value = "";
    take(given);
  });
}

// What follows # never leaves the browser; it is read once and taken out of the address.
export function readFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
  return fragment;
}
