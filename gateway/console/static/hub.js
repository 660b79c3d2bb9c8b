// The hub, for a person: a message judged part by part, a case followed message by message. Text is set as text, never as HTML.
import { ask, askKey, enter, followGateway, onKey, readFragment, resumeSession, tellMode } from "/console/session.js";
import { button, made, moment } from "/console/veille-draw.js";
import { listReceived, readCase, readMessage } from "/console/hub-received.js";

const at = (id) => document.getElementById(id);
const state = { file: null };
const TITLES = { document: "Document", enveloppe: "Enveloppe", "en-tête": "En-tête", contenu: "Contenu" };
const PLACES = { v: "message", d: "cases", r: "received" };

const admits = (scope) => (["operator", "integrator"].includes(scope) ? "" : "Cette clé n’est ni celle d’un exploitant, ni celle d’un intégrateur.");

async function open(key) {
  await opened(await enter(key, admits));
}

async function opened(said) {
  if (!said) return;
  at("entry").hidden = true;
  at("sheet").hidden = false;
  tellMode(said.mode);
  at("cases").hidden = said.scope !== "operator";
  at("received").hidden = said.scope !== "operator";
  at("message").focus();
  if (said.scope === "operator") await Promise.all([listCases(), listReceived(tell)]);
}

// A message, judged.
async function check() {
  const raw = state.file ?? at("message").value;
  if (!raw || (typeof raw === "string" && !raw.trim())) return tellVerdict("Collez un message, ou déposez un fichier.", "waiting");
  tellVerdict("Vérification…", "");
  try {
    const model = at("model").value;
    drawVerdict(await ask(`/v1/hub/inspect${model ? `?model=${model}` : ""}`, raw, "POST", "application/octet-stream"));
  } catch (error) {
    at("parts").replaceChildren();
    at("notice").hidden = true;
    if (error.status === 401) askKey("La session a pris fin.");
    else tellVerdict(error.status ? error.message : "La passerelle ne répond pas ; rien n’a été vérifié.", "bad");
  }
}

function tellVerdict(text, kind) {
  at("verdict").textContent = text;
  at("verdict").className = `verdict ${kind}`;
}

function drawVerdict(said) {
  const what = [said.type, said.form, said.format, said.model && `modèle ${said.model}`].filter(Boolean).join(", ");
  const faults = said.parts.reduce((sum, part) => sum + part.faults.length, 0);
  const flags = said.parts.reduce((sum, part) => sum + part.flags.length, 0);
  const seen = flags ? ` ${several(flags, "point")} à voir, sans refus.` : "";
  if (!said.valid) tellVerdict(`Refusé (${what}) : ${several(faults, "faute")}${said.more ? " au moins" : ""}, le hub répondrait ${said.code}.${seen}`, "bad");
  else if (said.models.length) tellVerdict(`Conforme (${what}).${seen}`, "good");
  else tellVerdict(`Aucune faute selon nos seules règles (${what}).${seen}`, "waiting");
  at("notice").hidden = !said.notice;
  at("notice").textContent = said.notice;
  const official = said.models.length > 0;
  at("parts").replaceChildren(...said.parts.filter((part) => part.part !== "document" || part.faults.length).map((part) => drawPart(part, said, official)));
}

const several = (count, word) => `${count} ${word}${count > 1 ? "s" : ""}`;

function drawPart(part, said, official) {
  const unread = said.parts[0].faults.length > 0 && part.part !== "document";
  const absent = (said.form === "message" && part.part === "enveloppe") || (said.form === "cas d’usage" && part.part !== "contenu" && part.part !== "document");
  const word = part.faults.length ? several(part.faults.length, "faute") : unread ? "non jugé" : absent ? "absent de ce qui est donné" : official ? "conforme" : "rien à redire selon nos règles";
  const kind = part.faults.length ? "bad" : unread || absent ? "" : part.flags.length || !official ? "waiting" : "good";
  const drawn = made("article", `part ${kind}${part.part === "document" ? " whole" : ""}`, made("h3", "", `${TITLES[part.part]} : ${word}`));
  if (part.faults.length) drawn.append(made("ul", "", ...part.faults.map((one) => drawFinding(one, official))));
  if (part.flags.length) drawn.append(made("h4", "", "À voir, sans refus"), made("ul", "", ...part.flags.map((one) => drawFinding(one, false))));
  return drawn;
}

function drawFinding(one, coded) {
  const item = made("li", "");
  if (one.path) item.append(made("code", "", one.path));
  item.append(`${one.text}${coded && one.code !== 300 ? ` (code ${one.code})` : ""}`);
  return item;
}

async function take(file) {
  if (!file) return;
  state.file = file;
  const text = await file.text();
  at("message").value = text.length > 200000 ? `${text.slice(0, 200000)}\n… (le fichier entier est jugé)` : text;
  await check();
}

// Cases, and the timeline of one.
async function listCases() {
  at("timeline").hidden = true;
  at("search-end").hidden = true;
  at("cases-list").hidden = false;
  try {
    const { cases } = await ask("/v1/hub/cases");
    at("cases-state").textContent = cases.length ? `${several(cases.length, "dossier")}, le dernier changé d’abord.` : "Aucun dossier partagé pour l’instant.";
    at("cases-list").replaceChildren(...cases.map(drawCase));
  } catch (error) { tellCases(error); }
}

function drawCase(one) {
  const about = [one.ours ? "ouvert par nous" : "reçu", one.partner && `partenaire ${one.partner}`, one.owner && `responsable ${one.owner}`, one.status, one.patient_id && `victime ${one.patient_id}`, one.request_id && `demande ${one.request_id}`];
  return made("li", "card", made("h3", "", one.case_id), made("p", "soft", about.filter(Boolean).join(" · ")), made("div", "buttons", button("Chronologie", () => showCase(one.case_id), one.case_id), button("Contenu", () => readCase(one.case_id, tell), one.case_id)));
}

async function showCase(id) {
  at("case").value = id;
  try {
    const said = await ask(`/v1/hub/cases?case_id=${encodeURIComponent(id)}`);
    at("cases-list").hidden = true;
    at("search-end").hidden = false;
    at("timeline").hidden = false;
    at("cases-state").textContent = said.timeline.length ? `${several(said.timeline.length, "message")}.` : "Rien n’est encore parti ni venu.";
    at("timeline-about").textContent = `${said.case_id} · partenaire ${said.partner ?? "inconnu"} · responsable ${said.owner ?? "inconnu"}`;
    at("timeline-body").replaceChildren(...said.timeline.map(drawLine));
    at("timeline").focus();
  } catch (error) { tellCases(error); }
}

function drawLine(one) {
  const row = made("tr", "", made("td", "", moment(one.at)));
  if (one.way === "received") {
    row.append(made("td", "", `← ${one.type ?? "inconnu"} `, button("Lire", () => readMessage(one.number, tell), `message ${one.number}`)), ...Array.from({ length: 5 }, () => made("td", "", "")));
    row.append(made("td", one.code ? "bad" : "", `de ${one.by ?? "inconnu"} : ${one.word}${one.code ? ` (${one.code})` : ""}${one.times > 1 ? `, reçu ${one.times} fois` : ""}`));
    return row;
  }
  row.append(made("td", "", `→ ${one.type ?? "inconnu"}`));
  for (const stage of one.stages) {
    const cell = made("td", stage.at ? "good" : "soft", stage.at ? new Date(stage.at).toLocaleTimeString("fr-FR") : "—");
    cell.setAttribute("aria-label", stage.at ? `${stage.word} à ${moment(stage.at)}` : `pas encore ${stage.word}`);
    row.append(cell);
  }
  row.append(made("td", one.troubles.length ? "bad" : "", one.troubles.map((each) => `${each.word}${each.code ? ` (${each.code})` : ""}`).join(", ")));
  return row;
}

function tell(error, where) {
  if (error.status === 401) askKey("La session a pris fin.");
  else at(where).textContent = error.message;
}

const tellCases = (error) => tell(error, "cases-state");

at("check-form").addEventListener("submit", (submit) => { submit.preventDefault(); check(); });
at("message").addEventListener("input", () => { state.file = null; });
at("message").addEventListener("keydown", (press) => { if (press.key === "Enter" && (press.ctrlKey || press.metaKey)) { press.preventDefault(); check(); } });
at("file").addEventListener("change", () => take(at("file").files[0]));
at("check").addEventListener("dragover", (drag) => { drag.preventDefault(); at("check-form").classList.add("over"); });
at("check").addEventListener("dragleave", () => at("check-form").classList.remove("over"));
at("check").addEventListener("drop", (drop) => { drop.preventDefault(); at("check-form").classList.remove("over"); take(drop.dataTransfer.files[0]); });
at("search").addEventListener("submit", (submit) => { submit.preventDefault(); const id = at("case").value.trim(); if (id) showCase(id); else listCases(); });
at("search-end").addEventListener("click", () => { at("case").value = ""; listCases(); at("case").focus(); });
at("received-open").addEventListener("change", () => listReceived(tell));
at("received-again").addEventListener("click", () => listReceived(tell));
at("content-end").addEventListener("click", () => { at("content").hidden = true; at("received").focus(); });
onKey(open);
document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || /INPUT|SELECT|TEXTAREA/.test(press.target.tagName)) return;
  const target = at(press.key === "/" ? "case" : PLACES[press.key]);
  if (!target || target.closest("[hidden]")) return;
  press.preventDefault();
  target.focus();
  target.scrollIntoView({ block: "nearest" });
});

const given = readFragment().get("cle");
if (given) await open(given); else await opened(await resumeSession(admits, opened));
followGateway();
