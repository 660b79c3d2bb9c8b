// The page: reads the doors, draws tables, follows the stream. It keeps nothing and decides nothing.
import { finding, show as showPerson } from "/console/person.js";
import { morph } from "/console/morph.js";
import { deciding as decidingTasks, drawTasks } from "/console/unknown-persons.js";
import { Refused, ask, askKey, byUs, enter, onKey, readFragment, resumeSession, session, tellMode, tellStale } from "/console/session.js";
import { drawAgreement, drawBoard, drawLinks, drawRefused, named, refusedBoard, tellVerdict } from "/console/tables.js";

const CALM = 250; // milliseconds: changes within this time are drawn together
const SLOW = 5000; // a look without news, so that a broken stream is only slower
const BOARDS = ["tb1", "tb2", "tb3", "tb4"];

const at = (id) => document.getElementById(id);
const state = { event: null, events: "", stream: null, heard: null, due: null, looking: false, again: false, said: "", resend: null };

async function get(path) {
  try {
    return await ask(path);
  } catch (error) {
    if (error.status === 401) { state.stream?.close(); askKey(""); }
    throw error;
  }
}

// Each request fails by itself: what one role may not read hides nothing of what it may.
async function part(path) {
  try {
    return { read: await get(path) };
  } catch (error) {
    if (error instanceof Refused && error.status !== 401) return { refused: error };
    throw error;
  }
}

const admits = (scope) => (["portal", "operator", "counts"].includes(scope) ? "" : "Cette clé n’ouvre pas cette page : il faut une clé de portail, d’exploitant ou de dénombrement.");

async function start(wanted) {
  try {
    await list(wanted);
  } catch (error) {
    if (error.status === 403) askKey("Cette clé n’ouvre pas cette page : il faut une clé de portail, d’exploitant ou de dénombrement.");
    throw error;
  }
  at("entry").hidden = true;
  at("sheet").hidden = false;
}

// Events appear and close while the page is open; the list is touched only when it changed.
async function list(wanted) {
  const { events } = await get("/v1/events");
  state.heard = Date.now();
  const known = JSON.stringify(events.map((event) => [event.id, event.name, event.status, event.started_at, event.localisations]));
  if (known !== state.events) {
    state.events = known;
    morph(at("event-list"), ...events.map(option));
    at("event-list").disabled = events.length === 0;
  }
  const chosen = events.find((event) => event.id === (wanted ?? state.event)) ?? events.find((event) => event.status === "open") ?? events[0];
  at("empty").hidden = Boolean(chosen);
  for (const place of ["accord", "links", "tables"]) at(place).hidden = !chosen;
  if (chosen && (chosen.id !== state.event || wanted)) show(chosen);
  else if (chosen) tellEvent(chosen);
}

// Two events of one name are told apart by their day and hour, by their places, and at last by their identifier.
function option(event, _, all) {
  const twins = all.filter((other) => other.name === event.name && other.id !== event.id && Math.abs(new Date(other.started_at) - new Date(event.started_at)) < 60000);
  const places = event.localisations.map((place) => place.name).join(", ");
  const apart = twins.length ? ` – ${places ? `${places}, ` : ""}${event.id.slice(-6)}` : "";
  const began = new Date(event.started_at).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "short" });
  const made = new Option(`${event.name}, ${began}${event.status === "closed" ? " (clos)" : ""}${apart}`, event.id);
  return made;
}

function show(event) {
  state.event = event.id;
  state.said = "";
  at("event-list").value = event.id;
  address();
  tellEvent(event);
  follow();
  refresh();
}

function tellEvent(event) {
  const planned = event.planned_end && event.status !== "closed" ? `, fin prévue le ${new Date(event.planned_end).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "short" })}` : "";
  at("event-name").textContent = event.status === "closed" ? `${event.name} (clos)` : `${event.name}${planned}`;
  document.title = `${event.name} – Passerelle`;
  tellMode(event.mode);
}

// The address holds the state: a reload, a bookmark or a colleague finds the same view. Never a name, never a key.
function address() {
  const query = new URLSearchParams(location.search);
  query.set("evenement", state.event);
  if (document.body.classList.contains("wall")) query.set("vue", "mur"); else query.delete("vue");
  history.replaceState(null, "", `${location.pathname}?${query}`);
}

function follow() {
  state.stream?.close();
  const stream = new EventSource(byUs(`/v1/stream?event_id=${encodeURIComponent(state.event)}`));
  for (const kind of ["event", "victim", "delivery", "link", "difference", "refused", "unknown_person"]) stream.addEventListener(kind, soon);
  stream.onopen = soon;
  state.stream = stream;
}

function soon() {
  state.due ??= setTimeout(() => { state.due = null; refresh(); }, CALM);
}

async function refresh() {
  const event = state.event;
  if (!event) return;
  // What changes during a look may not be in what it reads: it is looked at once more.
  if (state.looking) { state.again = true; return; }
  state.looking = true;
  state.again = false;
  const path = `/v1/events/${encodeURIComponent(event)}`;
  try {
    const [sync, links, tasks, ...boards] = await Promise.all([part(`${path}/sync`), part("/v1/destinations"), part(`${path}/unknown-persons`), ...BOARDS.map((name) => part(`${path}/boards/${name}`))]);
    if (event !== state.event) return;
    state.heard = Date.now();
    tellStale(false);
    if (sync.read) { drawAgreement(sync.read, Boolean(links.read), Boolean(boards[BOARDS.indexOf("tb2")].read)); announce(sync.read); }
    else { tellVerdict(sync.refused.message, "bad"); }
    drawTasks(event, tasks.read);
    at("links-table").hidden = !links.read;
    at("links-refused").hidden = Boolean(links.read);
    if (links.read) drawLinks(links.read.destinations);
    else drawRefused(at("links-refused"), "Les envois ne sont montrés qu’au portail et à l’exploitant.");
    morph(at("boards"), ...boards.map((board, n) => (board.read ? drawBoard(BOARDS[n], board.read, path) : refusedBoard(BOARDS[n], why(BOARDS[n], board.refused)))));
  } catch { /* the age of what is shown, below, says that the gateway does not answer */ } finally { state.looking = false; }
  tellAge();
  if (state.again) soon();
}

const why = (name, refused) => (name === "tb2" && refused.status === 403 ? "Ce tableau est nominatif : il n’est montré qu’au portail (CRRA)." : refused.message);

// Speaks only of what changed: a verdict, never the passing of seconds.
function announce(sync) {
  const now = sync.destinations.map((side) => `${side.name} ${side.verdict.state}`).join();
  if (state.said && state.said !== now) at("said").textContent = sync.verdict.text;
  state.said = now;
}

function tellAge() {
  if (!state.heard) return;
  const seconds = Math.round((Date.now() - state.heard) / 1000);
  const down = seconds > 2 * SLOW / 1000;
  tellStale(down, seconds);
  if (!down) return;
  const hour = new Date(state.heard).toLocaleTimeString("fr-FR");
  tellVerdict(`Inconnu : la passerelle ne répond plus. Ce qui suit est de ${hour}.`, "");
}

// Sending again is an act: the key signs it; after a reload it is asked for again.
async function resend(destination) {
  state.resend = destination;
  at("resend-words").textContent = `Repartent vers ${named(destination)} les fiches qu’il ne tient pas comme le portail et que rien en route n’explique, telles qu’elles sont maintenant.`;
  at("resend-key-row").hidden = session.signs;
  at("resend-key").required = !session.signs;
  at("resend-error").textContent = "";
  at("resend").showModal();
}

async function carry(submit) {
  submit.preventDefault();
  if (!session.signs) { session.key = at("resend-key").value.trim(); at("resend-key").value = ""; }
  try {
    const sent = await ask(`/v1/events/${encodeURIComponent(state.event)}/sync/${encodeURIComponent(state.resend)}/resend`, null, "POST");
    at("resend").close();
    at("said").textContent = sent.event_again ? "L’événement est renvoyé, ses fiches suivront." : `${sent.records} fiche(s) renvoyée(s).`;
    refresh();
  } catch (error) {
    if (error.status === 401) { session.key = ""; at("resend-key-row").hidden = false; at("resend-key").required = true; }
    at("resend-error").textContent = error instanceof Refused ? error.message : "La passerelle ne répond pas ; rien n’a été renvoyé.";
  }
}

function wall(on) {
  document.body.classList.toggle("wall", on);
  at("wall").setAttribute("aria-pressed", String(on));
  if (state.event) address();
}

// The address keeps who is open, by our identifier alone: never a name.
finding((patient) => {
  const query = new URLSearchParams(location.search);
  if (patient) query.set("patient", patient); else query.delete("patient");
  history.replaceState(null, "", `${location.pathname}?${query}`);
});
decidingTasks(refresh, showPerson);
at("boards").addEventListener("click", (click) => { const button = click.target.closest("button[data-patient]"); if (button) showPerson(state.event, button.dataset.patient); });
onKey(async (key) => { if (await enter(key, admits)) start(wanted).catch(() => {}); });
at("event-list").addEventListener("change", () => list(at("event-list").value).catch(() => {}));
at("wall").addEventListener("click", () => wall(!document.body.classList.contains("wall")));
at("verdicts").addEventListener("click", (click) => { if (click.target.dataset.destination) resend(click.target.dataset.destination); });
at("resend-form").addEventListener("submit", carry);
at("resend-close").addEventListener("click", () => at("resend").close());
document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || document.querySelector("dialog[open]") || /INPUT|SELECT|TEXTAREA/.test(press.target.tagName)) return;
  if (press.key === "/") { press.preventDefault(); at("find-text").focus(); return; }
  const place = { d: "accord", e: "links-title", t: "boards-title" }[press.key];
  if (!place) return;
  const target = at(place);
  target.tabIndex = -1;
  target.focus();
  target.scrollIntoView({ block: "start" });
});
setInterval(tellAge, 1000);
setInterval(() => { if (state.events) list().catch(() => {}); refresh(); }, SLOW);

const fragment = readFragment();
const query = new URLSearchParams(location.search);
const patient = query.get("patient");
const wanted = fragment.get("evenement") ?? query.get("evenement") ?? undefined;
wall(query.get("vue") === "mur");
const key = fragment.get("cle");
if (await (key ? enter(key, admits) : resumeSession(admits, () => start(wanted).catch(() => {})))) start(wanted).then(() => { if (patient && state.event) showPerson(state.event, patient); }).catch(() => {});
