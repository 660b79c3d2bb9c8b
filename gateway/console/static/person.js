// Finding a person and reading what is known of one: by number typed or scanned, code, name or establishment.
import { morph } from "/console/morph.js";
import { deciding, offerDecision } from "/console/person-number.js";
import { offerRepair, repairing } from "/console/person-repair.js";
import { Refused, ask } from "/console/session.js";

const QUIET = 150; // milliseconds without a key before a search leaves
const WEDGE = 50; // a scanner types faster than this between two characters, a person does not
const at = (id) => document.getElementById(id);
const state = { due: null, turn: 0, scan: "", last: 0, open: () => {}, shown: null };

const SOURCES = { portal: "portail", sinus: "SINUS", sivic: "SI-VIC", lrm: "SAMU", hospital: "établissement", gateway: "exploitant" };
const KINDS = { sinus_tr: "SINUS, terrain", sinus_hp: "SINUS, hôpital", unread: "illisible", cata: "CATA", portal: "portail", sivic: "SI-VIC", lrm: "SAMU", hospital: "établissement", joined: "même personne chez les voisins" };
const REASONS = { number: "porte ce numéro", former_number: "a porté ce numéro", code: "par ce code", destination: "par l’établissement", name: "par le nom" };
const NEWS = { "patient.created": "créé", "patient.described": "décrit", "patient.triaged": "trié", "patient.identified": "numéroté", "patient.stepped": "étape", "patient.deleted": "supprimé", "patient.identity_swapped": "identités échangées", "patient.number_rebound": "bracelet réattribué", "patient.number_decided": "décision sur le numéro" };
const FIELDS = { used_name: "Nom utilisé", birth_name: "Nom de naissance", given_name: "Prénom", age: "Âge", identity_status: "Statut de l’identité", birth_date: "Né le", sex: "Sexe", nationality: "Nationalité", severity_entry: "Gravité en entrée", severity_exit: "Gravité en sortie", status_label: "Statut", localisation_id: "Localisation", admitted_at: "Admis le", comment: "Commentaire" };
const STEPS = { ask_orientation: "orientation demandée", decide_on_site: "laissé sur place", decide_destination: "orientation décidée", request_evacuation: "évacuation demandée", confirm_evacuation: "évacuation confirmée", confirm_exit: "sortie confirmée", delete: "supprimé", cancel_orientation_request: "demande d’orientation reprise", cancel_decision: "orientation reprise", cancel_evacuation_request: "demande d’évacuation reprise", reopen: "rouvert", restore: "rétabli" };
const AGES = { years: "ans", months: "mois", weeks: "semaines", days: "jours" };
const STATUSES = { delivered: "à jour", pending: "en attente", sending: "en cours d’envoi", parked: "à décider", superseded: "remplacé par plus récent", expired: "expiré", discarded: "abandonné", uncertain: "sans réponse lisible" };

function cell(tag, text, look = "") {
  const made = document.createElement(tag);
  made.textContent = text ?? "";
  if (look) made.className = look;
  return made;
}

const moment = (instant) => (instant ? new Date(instant).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "medium" }) : "");

function line(...cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

async function seek() {
  const text = at("find-text").value.trim();
  const turn = ++state.turn;
  if (!text) { at("find-results").hidden = true; return; }
  try {
    const found = await ask("/v1/search", { text });
    if (turn === state.turn) results(found);
  } catch (error) {
    if (turn !== state.turn) return;
    tell(error instanceof Refused && [401, 403].includes(error.status) ? "La recherche de personnes est réservée au portail (CRRA)." : error instanceof Refused ? error.message : "La passerelle ne répond pas.");
  }
}

function tell(text) {
  morph(at("find-results"), cell("li", text, "note"));
  at("find-results").hidden = false;
}

function results(found) {
  const lines = found.persons.map((person) => {
    const button = cell("button", `${person.display_name} · ${person.severity} · ${person.status_label}`);
    button.type = "button";
    button.dataset.event = person.event_id;
    button.dataset.patient = person.patient_id;
    const made = cell("li", "");
    made.append(button, cell("span", ` ${person.event_name}, ${REASONS[person.found_by]}`, "note"));
    return made;
  });
  if (found.more) lines.push(cell("li", `et ${found.more} de plus : précisez.`, "note"));
  if (!found.persons.length) lines.push(cell("li", found.number?.may_create_in.length ? "Personne ne porte ce numéro : il est libre, le portail peut créer le patient avec lui." : "Personne.", "note"));
  morph(at("find-results"), ...lines);
  at("find-results").hidden = false;
  // A number scanned is an answer asked for: the one who bears it opens at once.
  if (found.persons.length === 1 && found.persons[0].found_by === "number") show(found.persons[0].event_id, found.persons[0].patient_id);
}

export async function show(event, patient) {
  const path = `/v1/events/${encodeURIComponent(event)}/patients/${encodeURIComponent(patient)}`;
  at("person-error").textContent = "";
  at("find-results").hidden = true;
  state.shown = { event, patient };
  if (!at("person").open) at("person").showModal();
  state.open(patient);
  try {
    const [record, history, sync] = await Promise.all([ask(path), ask(`${path}/history`), ask(`${path}/sync`)]);
    draw(record, history.observations, sync.destinations);
    offerDecision(event, patient, record, sync.destinations);
    offerRepair(event, patient, record);
  } catch (error) {
    morph(at("person-body"));
    at("number").hidden = at("repair").hidden = true;
    at("person-title").textContent = "Fiche";
    at("person-error").textContent = error instanceof Refused ? error.message : "La passerelle ne répond pas : la fiche n’est pas connue.";
  }
}

function draw(record, observations, destinations) {
  at("person-title").textContent = record.display_name;
  const place = record.destination ? [record.destination.name, record.destination.service].filter(Boolean).join(", ") : "";
  const facts = Object.entries(FIELDS).filter(([name]) => record[name]).map(([name, title]) => [title, name.endsWith("_at") ? moment(record[name]) : record[name]]);
  if (place) facts.push(["Établissement", place]);
  morph(at("person-body"), ...[
    cell("p", record.banner, "banner"),
    part("Identité et état", ["Champ", "Valeur"], facts.map(([title, value]) => line(cell("th", title), cell("td", value)))),
    part("Ce que d’autres disent, et que personne n’a pris", ["Champ", "Parole", "Qui"], record.offers.map((offer) => line(cell("th", FIELDS[offer.field] ?? offer.field), cell("td", typeof offer.value === "object" ? JSON.stringify(offer.value) : offer.value), cell("td", SOURCES[offer.source] ?? offer.source)))),
    part("Numéros", ["Sorte", "Numéro", "Donné par", "Depuis", "Jusqu’à"], record.identifiers.map((known) => line(cell("th", KINDS[known.kind] ?? known.kind), cell("td", known.value, known.valid_to ? "former" : ""), cell("td", SOURCES[known.source] ?? known.source), cell("td", moment(known.valid_from)), cell("td", moment(known.valid_to))))),
    part("Où est la fiche", ["Destinataire", "Dernier envoi", "Depuis", "Essais", "Cause"], destinations.map((side) => line(cell("th", side.destination), cell("td", STATUSES[side.status] ?? side.status), cell("td", moment(side.settled_at ?? side.created_at)), cell("td", side.attempts ?? ""), cell("td", side.cause?.title ?? "")))),
    part("Ce qui a été dit, le plus récent d’abord", ["Quand", "Reçu", "Qui", "Quoi"], [...observations].reverse().map((each) => line(cell("td", moment(each.happened_at)), cell("td", moment(each.received_at)), cell("td", `${SOURCES[each.source] ?? each.source} · ${each.author}`), cell("td", said(each))))),
  ].filter(Boolean));
}

function part(title, columns, lines) {
  if (!lines.length) return "";
  const made = document.createElement("section");
  const frame = document.createElement("div");
  frame.className = "scroll";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", title);
  const table = document.createElement("table");
  table.className = "plain";
  table.createTHead().append(line(...columns.map((name) => cell("th", name))));
  table.createTBody().append(...lines);
  frame.append(table);
  made.append(cell("h3", title), frame);
  return made;
}

function said(observation) {
  const facts = observation.facts;
  const parts = Object.entries(facts.fields ?? {}).map(([name, value]) => `${FIELDS[name] ?? name} : ${value === null ? "vidé" : name === "age" ? `${value.value} ${AGES[value.unit] ?? value.unit}` : typeof value === "object" ? Object.values(value).filter(Boolean).join(" ") : value}`);
  for (const act of facts.triage ?? []) parts.push(`${act.stage === "entry" ? "entrée" : "sortie"} : ${act.severity ?? "retirée"}`);
  if (facts.number_decision) parts.push({ same_person: "même personne", other_person: "autre personne", undecided: "décision reprise" }[facts.number_decision], facts.reason);
  if (observation.kind === "patient.identity_swapped" || observation.kind === "patient.number_rebound") parts.push(facts.reason);
  if (facts.step) parts.push(STEPS[facts.step.step] ?? facts.step.step);
  return [NEWS[observation.kind] ?? observation.kind, ...parts].join(", ");
}

// A keyboard-wedge scanner types wherever the focus is, quicker than any person, and ends with Enter.
function scanner(press) {
  if (/INPUT|TEXTAREA|SELECT/.test(press.target.tagName) || press.ctrlKey || press.metaKey || press.altKey) return;
  const quick = press.timeStamp - state.last < WEDGE;
  state.last = press.timeStamp;
  if (press.key === "Enter") {
    if (quick && state.scan.length >= 10) {
      press.preventDefault();
      at("find-text").value = state.scan;
      seek();
    }
    state.scan = "";
  } else if (press.key.length === 1) {
    state.scan = quick ? state.scan + press.key : press.key;
    if (quick && state.scan.length > 4) press.stopImmediatePropagation(); // Not a shortcut: the middle of a scan.
  }
}

export function finding(open) {
  state.open = open;
  deciding(show);
  repairing(show);
  at("find-text").addEventListener("input", () => { clearTimeout(state.due); state.due = setTimeout(seek, QUIET); });
  at("find").addEventListener("submit", (submit) => { submit.preventDefault(); clearTimeout(state.due); seek(); });
  at("find-results").addEventListener("click", (click) => { const button = click.target.closest("button"); if (button) show(button.dataset.event, button.dataset.patient); });
  at("find").addEventListener("keydown", (press) => { if (press.key === "Escape") { at("find-text").value = ""; at("find-results").hidden = true; } });
  at("person-close").addEventListener("click", () => at("person").close());
  at("person").addEventListener("close", () => { state.shown = null; state.open(null); });
  document.addEventListener("keydown", scanner, true);
}
