// The way in, the same for every page of people at work: a key opens a session that reads by its cookie, and itself signs what changes something.
const at = (id) => document.getElementById(id);

// The key stays in memory, for this page alone; it is lost with a reload. Which session is this tab's outlives the reload, and is no secret.
const TAB = "passerelle-session";
const LEFT = "sortie"; // in the address of a page that somebody has just left: it goes on as nobody else by itself
export const session = {
  key: "",
  // Just given by the way back from a provider, else the one that this tab had.
  id: new URLSearchParams(location.hash.slice(1)).get("session") ?? sessionStorage.getItem(TAB) ?? "",
  acts: false, // it changes things by itself
  get signs() { return Boolean(this.key) || this.acts; },
};

// A browser holds several sessions: the start of the address says which one a request, a stream or a link to a file is made by.
export const byUs = (path) => (session.id ? `/session/${session.id}${path}` : path);

export class Refused extends Error {
  constructor(status, problem) { super([problem.title, problem.detail].filter(Boolean).join(" ")); this.status = status; this.title = problem.title; this.errors = problem.errors ?? []; }
}

// `type`: of a body that is sent as it is; without it, the body is a document.
export async function ask(path, body, method = body ? "POST" : "GET", type = "") {
  const headers = { Accept: "application/json" };
  if (method !== "GET" && session.key) headers.Authorization = `Bearer ${session.key}`;
  if (body) headers["Content-Type"] = type || "application/json";
  const answer = await fetch(byUs(path), { method, headers, body: body && !type ? JSON.stringify(body) : body });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

export function askKey(problem) {
  if (at("sheet")) at("sheet").hidden = true;
  at("entry").hidden = false;
  at("entry-error").textContent = problem;
  at("key").focus();
}

// Without a session of this tab, none of the browser's others is meant.
async function plain(path, method, body) {
  const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

function take(said) {
  session.id = said?.id ?? "";
  session.acts = Boolean(said?.acts);
  if (said) sessionStorage.setItem(TAB, said.id); else sessionStorage.removeItem(TAB);
  if (said) dropLeft();
  tellWho(said);
}

// Who the key lets in, or null once the page has said why it does not.
export async function enter(key, admits = () => "") {
  try {
    const said = await plain("/console/session", "POST", { key });
    const refusal = admits(said.scope);
    if (refusal) { askKey(refusal); return null; }
    session.key = key;
    take(said);
    return said;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    askKey(error.title);
    return null;
  }
}

// The session of this tab after a reload; in a new tab, the one that the browser holds for such a page. Several: the person chooses.
export async function resumeSession(admits, open) {
  const { sessions, sign_in: people } = await heldSessions();
  if (people) offerSignIn(people);
  if (session.key) return null; // a key was given meanwhile
  const mine = sessions.find((one) => one.id === session.id);
  const fit = sessions.filter((one) => !admits(one.scope));
  const left = new URLSearchParams(location.search).has(LEFT);
  const same = !left && new Set(fit.map((one) => `${one.name} ${one.scope} ${one.role}`)).size === 1;
  const chosen = mine && !admits(mine.scope) ? mine : same ? fit.at(-1) : null;
  take(chosen);
  if (!chosen) { askKey(""); offer(fit, open); }
  return chosen;
}

// A gateway that does not answer yet is asked again until it does.
async function heldSessions() {
  const since = Date.now();
  for (;;) {
    try {
      return await plain("/console/sessions", "GET");
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (at("live")) tellStale(true, Math.round((Date.now() - since) / 1000));
      await new Promise((resolve) => { setTimeout(resolve, 2000); });
    }
  }
}

// People come by their name where the settings have a provider; a key still opens the page.
function offerSignIn(way) {
  if (at("sign-in")) return;
  const page = location.pathname.match(/\/console\/([a-z]+)\.html/)?.[1] ?? "";
  const link = document.createElement("a");
  link.id = "sign-in";
  link.className = "sign-in";
  link.href = `${way}?page=${page}`;
  link.textContent = "Se connecter";
  at("entry").querySelector("h2").after(link);
}

function offer(sessions, open) {
  at("entry").querySelector(".offered")?.remove();
  if (!sessions.length) return;
  const list = document.createElement("div");
  list.className = "offered";
  const title = document.createElement("p");
  title.textContent = "Ouvertes dans ce navigateur :";
  list.append(title);
  for (const one of sessions) {
    const choice = document.createElement("button");
    choice.type = "button";
    choice.textContent = `Continuer comme ${named(one)}`;
    choice.addEventListener("click", () => { take(one); list.remove(); open(one); });
    list.append(choice);
  }
  at("entry").append(list);
}

const named = (said) => `${said.name} (${said.role ?? SCOPES[said.scope] ?? said.scope})`;
const SCOPES = { portal: "portail", operator: "exploitant", counts: "dénombrement", integrator: "intégrateur", platform: "plateforme", hospital: "établissement", neighbour: "voisin" };

// Who this page is open for, and the way out: of this session alone, the others of the browser stay.
function tellWho(said) {
  const header = document.querySelector("header");
  header.querySelector(".who")?.remove();
  if (!said) return;
  const line = document.createElement("p");
  line.className = "who";
  const leave = document.createElement("button");
  leave.type = "button";
  leave.id = "leave";
  leave.textContent = "Se déconnecter";
  leave.addEventListener("click", signOut);
  line.append(`${named(said)} `, leave);
  header.insertBefore(line, header.querySelector(".live"));
}

async function signOut() {
  try {
    await plain(`/console/sessions/${session.id}`, "DELETE");
  } catch (error) {
    if (!(error instanceof Refused)) { at("leave").textContent = "La passerelle ne répond pas : toujours connecté"; return; }
  }
  sessionStorage.removeItem(TAB);
  // Everything that was shown goes with the page; it comes back empty, and asks who comes.
  location.replace(`${location.pathname}?${LEFT}`);
}

function dropLeft() {
  const query = new URLSearchParams(location.search);
  if (!query.has(LEFT)) return;
  query.delete(LEFT);
  history.replaceState(null, "", query.size ? `${location.pathname}?${query}` : location.pathname);
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
