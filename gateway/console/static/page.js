// The page: reads the doors, draws tables, follows the stream. It keeps nothing and decides nothing.
import { ask, askKey, enter, onKey, readFragment, tellMode } from "/console/session.js";
import { drawAgreement, drawBoard, drawLinks } from "/console/tables.js";

const CALM = 250; // milliseconds: changes within this time are drawn together
const SLOW = 5000; // a look without news, so that a broken stream is only slower
const BOARDS = ["tb1", "tb4", "tb3", "tb2"];

const at = (id) => document.getElementById(id);
const state = { event: null, scope: null, stream: null, heard: null, due: null };

async function get(path) {
  try {
    return await ask(path);
  } catch (error) {
    if (error.status === 401) { state.stream?.close(); askKey(""); }
    throw error;
  }
}

async function start(wanted) {
  const { events } = await get("/v1/events");
  const list = at("event-list");
  list.replaceChildren(...events.map((event) => new Option(event.name, event.id)));
  list.disabled = events.length === 0;
  at("entry").hidden = true;
  at("sheet").hidden = false;
  const chosen = events.find((event) => event.id === wanted) ?? events[0];
  if (chosen) { list.value = chosen.id; show(chosen); }
  else at("live").textContent = "Aucun événement pour l’instant";
}

function show(event) {
  state.event = event.id;
  at("event-name").textContent = event.name;
  document.title = `${event.name} – Passerelle`;
  tellMode(event.mode);
  follow();
  refresh();
}

function follow() {
  state.stream?.close();
  const stream = new EventSource(`/v1/stream?event_id=${encodeURIComponent(state.event)}`);
  for (const kind of ["event", "victim", "delivery", "link", "difference", "refused"]) stream.addEventListener(kind, soon);
  stream.onopen = soon;
  state.stream = stream;
}

function soon() {
  state.due ??= setTimeout(() => { state.due = null; refresh(); }, CALM);
}

async function refresh() {
  const event = state.event;
  if (!event) return;
  const path = `/v1/events/${encodeURIComponent(event)}`;
  try {
    const [sync, links] = await Promise.all([get(`${path}/sync`), get("/v1/destinations")]);
    const boards = await Promise.all(BOARDS.map((name) => get(`${path}/boards/${name}`).catch(() => null)));
    if (event !== state.event) return;
    drawAgreement(sync);
    drawLinks(links.destinations);
    at("boards").replaceChildren(...boards.map((board, n) => board && drawBoard(BOARDS[n], board)).filter(Boolean));
    state.heard = Date.now();
  } catch { /* the age of what is shown, below, says that the gateway does not answer */ }
  tellAge();
}

function tellAge() {
  const live = at("live");
  if (!state.heard) return;
  const seconds = Math.round((Date.now() - state.heard) / 1000);
  const down = seconds > 2 * SLOW / 1000;
  live.className = down ? "live down" : "live";
  live.textContent = down ? `La passerelle ne répond plus depuis ${seconds} s` : `En direct, à jour il y a ${seconds} s`;
}

onKey(async (key) => { if (await enter(key)) start(); });
at("event-list").addEventListener("change", async () => {
  const { events } = await get("/v1/events");
  show(events.find((event) => event.id === at("event-list").value));
});
document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || /INPUT|SELECT|TEXTAREA/.test(press.target.tagName)) return;
  const place = { d: "accord", e: "links-title", t: "boards-title" }[press.key];
  if (!place) return;
  const target = at(place);
  target.tabIndex = -1;
  target.focus();
  target.scrollIntoView({ block: "start" });
});
setInterval(tellAge, 1000);
setInterval(refresh, SLOW);

const fragment = readFragment();
const key = fragment.get("cle");
if (!key || await enter(key)) start(fragment.get("evenement")).catch(() => {});
