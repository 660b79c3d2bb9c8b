// Tables only: what to show for what was read. Text is set as text, never as HTML.
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

function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–";
  return milliseconds < 10000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}

export function drawAgreement(sync) {
  const sides = sync.destinations;
  at("accord-head").replaceChildren(cell("td", ""), cell("th", "Portail", "", "col"), ...sides.map((side) => cell("th", named(side.name), "", "col")));
  const lines = ROWS.map(([name, title]) => row(name.startsWith("total") ? "total" : "",
    cell("th", title, "", "row"), cell("td", sync.portal[name]),
    ...sides.map((side) => cell("td", side.held ? side.held[name] : "?", side.held && side.held[name] !== sync.portal[name] ? "differs" : ""))));
  lines.push(row("note", cell("th", "Retard du dernier envoi", "", "row"), cell("td", ""), ...sides.map((side) => cell("td", duration(side.lag_ms)))));
  lines.push(row("note", cell("th", "En attente depuis", "", "row"), cell("td", ""), ...sides.map((side) => cell("td", side.waiting ? duration(side.oldest_waiting_ms) : "rien"))));
  lines.push(row("note", cell("th", "Lien", "", "row"), cell("td", ""), ...sides.map((side) => cell("td", side.link ? LINKS[side.link.state] : "aucun"))));
  at("accord-body").replaceChildren(...lines);
  const verdict = sync.verdict; // Decided by the gateway, person by person: a page decides nothing.
  at("accord-state").className = `verdict ${LOOKS[verdict.state] ?? ""}`;
  if (at("accord-state").textContent !== verdict.text) at("accord-state").textContent = verdict.text;
}

export function drawLinks(destinations) {
  at("links-body").replaceChildren(...destinations.map((one) => {
    const late = one.oldest_due_seconds >= 1;
    const [text, look] = one.paused ? [`suspendu par ${one.paused.by}`, "waiting"]
      : one.breaker?.state === "open" ? ["liaison coupée, nouvel essai sous peu", "bad"]
      : one.breaker?.state === "half_open" ? ["un essai est en cours", "bad"]
      : one.link?.state === "down" ? ["ne répond pas", "bad"]
      : one.parked ? ["une décision est attendue", "bad"]
      : one.breaker?.at_once ? ["reprise lente", "waiting"]
      : one.drain_rate ? [`reprise, au plus ${one.drain_rate} par seconde`, "waiting"]
      : late ? ["en retard", "waiting"] : ["à jour", "good"];
    return row("", cell("th", named(one.name), "", "row"), cell("td", text, look), cell("td", one.pending ?? 0, "number"),
      cell("td", one.sending ?? 0, "number"), cell("td", one.parked ?? 0, "number"), cell("td", late ? `${Math.round(one.oldest_due_seconds)} s` : "–", "number"));
  }));
}

export function drawBoard(name, board) {
  const figure = document.createElement("div");
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
  for (const line of board.rows) {
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
  made.createTBody().append(...board.rows.map((line) => row("", ...line.values.map((value) => cell("td", value ?? "")))));
  return made;
}

function stamp(instant) {
  if (!instant) return "-";
  return new Date(instant).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "medium" }).replace(" ", " - ");
}
