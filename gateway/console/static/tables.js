// Tables only: what to show for what was read. Text is set as text, never as HTML.
import { morph } from "/console/morph.js";
import { byUs } from "/console/session.js";

const NAMES = { sinus: "SINUS", sivic: "SI-VIC", lrm: "LRM", lrm_fhir: "LRM (FHIR)", hub: "Hub Santé", portal: "Portail (retours)" };
const ROWS = [["UA", "UA"], ["UR", "UR"], ["IMP", "IMP"], ["DCD", "DCD"], ["NC", "NC"], ["total", "Total"], ["total_without_imp", "Total hors IMP"]];
const TITLES = { tb1: "TB1", tb2: "TB2", tb3: "TB3", tb4: "TB4" };
const LOOKS = { agreed: "good", on_the_way: "waiting", gap: "bad", unknown: "bad", unlinked: "waiting" };
const LINKS = { requested: "lien demandé", linked: "lié", failed: "lien en échec" };

const at = (id) => document.getElementById(id);

// The name of a destination for a person; one of several softwares by its own, a platform's webhook by the platform's.
export function named(destination) {
  const [kind, who] = destination.split(":");
  if (who && NAMES[kind]) return `${NAMES[kind]} ${who}`;
  return NAMES[destination] ?? (kind === "platform" && who ? `Plateforme ${who}` : destination);
}

export function cell(kind, text, className = "", scope = "") {
  const made = document.createElement(kind);
  made.textContent = text;
  if (className) made.className = className;
  if (scope) made.scope = scope;
  return made;
}

export function row(className, ...cells) {
  const made = document.createElement("tr");
  if (className) made.className = className;
  made.append(...cells);
  return made;
}

// A length of time as a person says it.
export function lasting(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}`;
  return `${Math.floor(seconds / 86400)} j`;
}

export const since = (instant) => lasting(Math.max(0, (Date.now() - new Date(instant)) / 1000));

function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–";
  return milliseconds < 10000 ? `${milliseconds} ms` : lasting(milliseconds / 1000);
}

// What a role may not see is not drawn, and says why.
export function drawRefused(place, text) {
  const said = cell("p", text, "refused");
  morph(place, said);
}

export function drawAgreement(sync, resend, names) {
  const sides = sync.destinations;
  morph(at("accord-head"), cell("td", ""), cell("th", "Portail", "", "col"), ...sides.map((side) => cell("th", named(side.name), "", "col")));
  const lines = ROWS.map(([name, title]) => row(name.startsWith("total") ? "total" : "",
    cell("th", title, "", "row"), cell("td", sync.portal[name]),
    ...sides.map((side) => cell("td", side.held ? side.held[name] : "?", side.held && side.held[name] !== side.told[name] ? "differs" : ""))));
  lines.push(row("note", cell("th", "Dernier envoi arrivé en", "", "row"), cell("td", ""), ...sides.map((side) => cell("td", duration(side.lag_ms)))));
  lines.push(row("note", cell("th", "En attente depuis", "", "row"), cell("td", ""), ...sides.map((side) => cell("td", side.waiting ? `${duration(side.oldest_waiting_ms)} (${side.waiting})` : "rien"))));
  lines.push(row("note", cell("th", "Lien", "", "row"), cell("td", ""), ...sides.map((side) => cell("td", side.link ? LINKS[side.link.state] : "aucun"))));
  morph(at("accord-body"), ...lines);
  // Decided by the gateway, person by person: a page decides nothing.
  tellVerdict(sync.verdict.text, LOOKS[sync.verdict.state] ?? "");
  morph(at("verdicts"), ...sides.map((side) => verdict(side, resend, names && sync.event_id)));
}

export function tellVerdict(text, look) {
  at("accord-state").className = `verdict ${look}`;
  if (at("accord-state").textContent !== text) at("accord-state").textContent = text;
}

function verdict(side, resend, event) {
  const line = cell("li", "");
  line.append(cell("span", side.verdict.text, LOOKS[side.verdict.state] ?? ""));
  if (side.verdict.state === "gap" && side.verdict.resendable && resend) {
    const button = cell("button", "Renvoyer");
    button.type = "button";
    button.setAttribute("aria-label", `Renvoyer à ${named(side.name)}`);
    button.dataset.destination = side.name;
    line.append(button);
  }
  // While something is not there, a person can say it by telephone.
  if (event && side.verdict.state !== "agreed") {
    const link = cell("a", "Liste à dicter (PDF)");
    link.href = byUs(`/v1/events/${encodeURIComponent(event)}/sync/${encodeURIComponent(side.name)}/phone-list?format=pdf`);
    link.download = "";
    link.setAttribute("aria-label", `Liste à dicter à ${named(side.name)}, en PDF`);
    line.append(" ", link);
  }
  return line;
}

export function drawLinks(destinations) {
  morph(at("links-body"), ...destinations.map((link) => {
    const late = link.oldest_due_seconds >= 1;
    const [text, look] = link.paused ? [`suspendu par ${link.paused.by}`, "waiting"]
      : link.breaker?.state === "open" ? ["liaison coupée, nouvel essai sous peu", "bad"]
      : link.breaker?.state === "half_open" ? ["un essai est en cours", "bad"]
      : link.link?.state === "down" ? [`ne répond pas depuis ${since(link.link.since)}`, "bad"]
      : link.parked ? [`${link.parked} à décider`, "bad"]
      : link.uncertain ? [`${link.uncertain} sans réponse lisible`, "bad"]
      : link.breaker?.at_once ? ["reprise lente", "waiting"]
      : link.drain_rate ? [`reprise, au plus ${link.drain_rate} par seconde`, "waiting"]
      : late ? ["en retard", "waiting"] : ["à jour", "good"];
    return row("", cell("th", named(link.name), "", "row"), cell("td", text, look), cell("td", link.pending ?? 0, "number"),
      cell("td", link.sending ?? 0, "number"), cell("td", (link.parked ?? 0) + (link.uncertain ?? 0), "number"), cell("td", late ? lasting(link.oldest_due_seconds) : "–", "number"));
  }));
}

export function drawBoard(name, board, path) {
  const figure = document.createElement("div");
  figure.id = `${name}-board`;
  if (name === "tb2") figure.className = "wide";
  const title = cell("h3", `${TITLES[name]} – ${board.title}`);
  title.id = `${name}-title`;
  const frame = document.createElement("div");
  frame.className = "scroll";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-labelledby", title.id);
  frame.append(name === "tb2" ? nominative(board) : counted(board));
  figure.append(title, frame, cell("p", `Dernière mise à jour : ${stamp(board.updated_at)}`, "stamp"));
  if (board.exportable) figure.append(exports(name, board, path));
  return figure;
}

function exports(name, board, path) {
  const line = cell("p", "Exporter : ", "exports");
  for (const [format, title] of [["xlsx", "Excel"], ["pdf", "PDF"], ["csv", "CSV"]]) {
    const link = cell("a", title);
    link.href = `${byUs(path)}/boards/${name}?format=${format}`;
    link.download = "";
    link.setAttribute("aria-label", `Exporter ${TITLES[name]} en ${title}`);
    line.append(link, " ");
  }
  return line;
}

// A board that this key may not read: its place says so.
export function refusedBoard(name, text) {
  const figure = document.createElement("div");
  figure.id = `${name}-board`;
  const title = cell("h3", TITLES[name]);
  title.id = `${name}-title`;
  figure.append(title, cell("p", text, "refused"));
  return figure;
}

const shown = (value) => (value === 0 ? "-" : value);

function table(board, look) {
  const made = document.createElement("table");
  made.className = "plain";
  made.createTHead().append(row("", ...(look ? [cell("td", "")] : []), ...board.columns.map((title) => cell("th", title, look, "col"))));
  return made;
}

function counted(board) {
  const made = table(board, "number");
  const body = made.createTBody();
  let group = "";
  for (const line of [...board.rows, ...(board.by_place ?? [])]) {
    if (line.group && line.group !== group) {
      group = line.group;
      const heading = cell("th", group, "", "rowgroup");
      heading.colSpan = board.columns.length + 1;
      body.append(row("group", heading));
    }
    body.append(row(line.subtotal ? "subtotal" : "", cell("th", line.label, "", "row"), ...line.values.map((value) => cell("td", shown(value), "number"))));
  }
  made.createTFoot().append(row("", cell("th", "TOTAL", "", "row"), ...board.totals.map((value) => cell("td", shown(value), "number"))));
  return made;
}

function nominative(board) {
  const made = table(board, "");
  made.createTBody().append(...board.rows.map((line) => row("", ...line.values.map((value, place) => (place === 0 && line.victim_id ? leading(line, value) : cell("td", value ?? ""))))));
  return made;
}

// The first cell of a person's row opens the record.
function leading(line, value) {
  const made = cell("td", "");
  const button = cell("button", value || "Ouvrir", "link");
  button.type = "button";
  button.dataset.patient = line.victim_id;
  made.append(button);
  return made;
}

function stamp(instant) {
  if (!instant) return "-";
  return new Date(instant).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "medium" }).replace(" ", " - ");
}
