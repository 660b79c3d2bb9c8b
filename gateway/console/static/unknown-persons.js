// The persons whom a neighbour speaks of and nobody here knows: each waits for somebody to link, create or set aside, with a reason.
import { morph } from "/console/morph.js";
import { bearer } from "/console/person-repair.js";
import { Refused, ask, session } from "/console/session.js";

const at = (id) => document.getElementById(id);
const state = { event: null, drawn: "", done: () => {}, show: () => {} };

const WHO = { sinus: "SINUS", sivic: "SI-VIC", hospital: "Un établissement", lrm: "Un SAMU", portal: "Le portail" };
const WHY = { unknown_person: "ne correspond à personne ici", ambiguous: "désigne deux personnes à la fois", refused: "n’a pas pu être pris" };
const NEWS = { admission: "admission", registration: "arrivée aux urgences", transfer: "transfert", discharge: "sortie", death: "décès", identity: "identité", number: "numéro donné", presence: "prise en compte", withdrawal: "retrait", merge: "fusion de fiches" };
const TRAITS = { birth_name: "nom de naissance", used_name: "nom utilisé", given_name: "prénom", birth_date: "date de naissance", sex: "sexe" };

function made(tag, text = "", look = "") {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (look) node.className = look;
  return node;
}

function button(text, act, task, patient = "") {
  const node = made("button", text);
  node.type = act === "show" ? "button" : "submit";
  Object.assign(node.dataset, { act, task, patient });
  return node;
}

const moment = (instant) => new Date(instant).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "short" });

function words(word) {
  return [NEWS[word.news] ?? word.news, word.sinus_number, [word.used_name ?? word.birth_name, word.given_name].filter(Boolean).join(" "), word.severity, word.establishment ?? word.finess, word.service, word.localisation].filter(Boolean).join(" · ");
}

function field(label, name) {
  const row = made("p", "", "field");
  const input = made("input");
  input.id = name;
  input.autocomplete = "off";
  input.maxLength = 200;
  const title = made("label", label);
  title.htmlFor = name;
  row.append(title, input);
  return row;
}

function likeness(task, each) {
  const row = made("p", `Ressemble à une fiche : ${each.same.map((name) => TRAITS[name] ?? name).join(", ")}${each.other.length ? ` ; mais pas ${each.other.map((name) => TRAITS[name] ?? name).join(", ")}` : ""}. `);
  row.append(button("Voir la fiche", "show", task.task_id, each.patient_id), " ", button("C’est elle", "link", task.task_id, each.patient_id));
  return row;
}

function card(task) {
  const form = made("form", "", "card");
  form.dataset.task = task.task_id;
  const who = `${WHO[task.source] ?? task.source} : ${WHY[task.why] ?? WHY.refused}`;
  const reason = field("Pourquoi", `reason-${task.task_id}`);
  reason.querySelector("input").required = true;
  const buttons = made("p", "", "buttons");
  buttons.append(button("Relier à ce numéro", "find", task.task_id), " ", button("Créer un patient", "create", task.task_id), " ", button("Écarter", "dismiss", task.task_id));
  form.append(made("h3", who), ...task.words.map((word) => made("p", words(word))), made("p", `Depuis ${moment(task.first_at)}${task.event_id ? "" : ", sans événement reconnu"}`, "soft"),
    ...task.resembles.map((each) => likeness(task, each)), field("Bracelet ou code CATA de la personne, pour relier", `number-${task.task_id}`), reason, buttons, made("p", "", "error"));
  return form;
}

// Nobody who may not decide sees the section; a field that is being written in is left alone.
export function drawTasks(event, answer) {
  state.event = event;
  const tasks = answer?.unknown_persons ?? [];
  at("tasks").hidden = !tasks.length;
  at("tasks-state").textContent = tasks.length === 1 ? "Une personne attend une décision." : `${tasks.length} personnes attendent une décision.`;
  // Drawn only when something changed: what is being typed, and why a decision was refused, stay in sight.
  const drawn = JSON.stringify([event, tasks]);
  if (drawn === state.drawn) return;
  if (at("tasks-list").contains(document.activeElement) && document.activeElement.tagName === "INPUT") return;
  state.drawn = drawn;
  morph(at("tasks-list"), ...tasks.map(card));
}

async function decide(submit) {
  submit.preventDefault();
  const { act, task } = submit.submitter.dataset;
  let { patient } = submit.submitter.dataset;
  const error = submit.target.querySelector(".error");
  const reason = at(`reason-${task}`).value.trim();
  error.textContent = "";
  try {
    if (!session.signs) session.key = at("tasks-key").value.trim();
    if (act === "find") patient = await bearer(state.event, at(`number-${task}`).value.trim(), "Personne de cet événement ne porte ce numéro ou ce code.");
    const path = `/v1/unknown-persons/${encodeURIComponent(task)}`;
    if (act === "dismiss") await ask(`${path}/dismiss`, { reason });
    else if (act === "create") await ask(`${path}/create`, { event_id: state.event, reason });
    else await ask(`${path}/link`, { event_id: state.event, patient_id: patient, reason });
    at("tasks-key").value = "";
    document.activeElement?.blur();
    state.done();
  } catch (refused) {
    if (refused.status === 401) { session.key = ""; at("tasks-key-row").hidden = false; }
    error.textContent = refused instanceof Refused ? refused.message : "La passerelle ne répond pas ; rien n’a été décidé.";
  }
  at("tasks-key-row").hidden = session.signs;
}

export function deciding(done, show) {
  state.done = done;
  state.show = show;
  at("tasks-list").addEventListener("submit", decide);
  at("tasks-list").addEventListener("click", (click) => { const { act, patient } = click.target.dataset; if (act === "show") state.show(state.event, patient); });
}
