// The routes to the SAMUs: which request goes where, from when to when. What is written is judged by the gateway; its words stand beside the field.
import { button, made, moment } from "/console/veille-draw.js";
import { ask, session } from "/console/session.js";
import { cell, named, row } from "/console/tables.js";

const KINDS = { crra: "SAMU nommé dans la demande", insee: "commune", department: "département", platform: "convention d’une plateforme" };
const KEYS = {
  crra: "comme fr.health.samu077", insee: "code INSEE : 77288, 2A004 ou 97411 ; la Corse est en 2A ou 2B",
  department: "77, 2A, 2B ou 974", platform: "le nom de la clé de cette plateforme",
};
const FIELDS = ["name", "label", "kind", "key", "destination", "second", "valid_from", "valid_to", "crra", "phone", "expiry_seconds"]; // as they stand
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

const at = (id) => document.getElementById(id);
const input = (field) => at(`route-${field}`);
const own = { told: null, known: [], places: [], edited: null, drawn: {} };

// `told`: where the page says what was done.
export function openRoutes(told) {
  own.told = told;
  at("route-form").addEventListener("submit", write);
  at("route-close").addEventListener("click", () => at("route").close());
  at("route-add").addEventListener("click", () => edit(null));
  input("kind").addEventListener("change", tellKey);
}

function state(one) {
  if (!one.in_force) return new Date(one.valid_from) > new Date() && !over(one) ? ["à venir", "waiting", 1] : ["finie", "soft", 2];
  if (!own.places.includes(one.destination)) return ["ne mène nulle part : destinataire non relié ici", "bad", 0];
  return ["en vigueur", "good", 0];
}

const over = (one) => Boolean(one.valid_to) && new Date(one.valid_to) <= new Date();

export function drawRoutes({ routes, destinations }, end) {
  own.known = routes;
  own.places = destinations;
  const serving = routes.filter((one) => one.in_force && destinations.includes(one.destination)).length;
  const text = serving === 0 ? "Aucune voie en vigueur : toute demande est refusée avec « appelez le 15 »." : serving === 1 ? "Une voie en vigueur." : `${serving} voies en vigueur.`;
  at("routes-state").className = `verdict ${serving ? "good" : "bad"}`;
  if (at("routes-state").textContent !== text) at("routes-state").textContent = text;
  const lines = routes.map((one) => [one, state(one)]).sort(([, a], [, b]) => a[2] - b[2]);
  at("routes-body").replaceChildren(...lines.map(([one, [words, look, rank]]) => {
    const head = made("th", "", made("span", "", one.label), made("span", "sub", one.id));
    head.scope = "row";
    const acts = [button("Modifier…", () => edit(one), `voie ${one.id}`)];
    if (rank < 2) acts.push(button("Mettre fin…", () => end(one), `voie ${one.id}`));
    const by = made("td", "", made("span", "", one.key), made("span", "sub", KINDS[one.kind]));
    const dates = made("td", "", made("span", "", `du ${moment(one.valid_from)}`), made("span", "sub", one.valid_to ? `au ${moment(one.valid_to)}` : "sans fin"));
    return row(rank === 2 ? "past" : "", head, by, cell("td", named(one.destination)), cell("td", one.second ? named(one.second) : "–"), dates,
      cell("td", words, look), made("td", "", made("p", "buttons", ...acts)));
  }));
}

// A date of this workstation, as its field holds it; the seconds are kept.
function local(instant) {
  if (!instant) return "";
  const date = new Date(instant);
  return new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

function choices(place, none, chosen) {
  const names = chosen && !own.places.includes(chosen) ? [...own.places, chosen] : own.places;
  place.replaceChildren(...[["", none], ...names.map((name) => [name, `${named(name)}${own.places.includes(name) ? "" : " (non relié ici)"}`])].map(([value, text]) => {
    const one = made("option", "", text);
    one.value = value;
    return one;
  }));
}

function tellKey() {
  at("route-key-help").textContent = KEYS[input("kind").value];
}

function edit(one) {
  own.edited = one;
  at("route-title").textContent = one ? `Modifier la voie ${one.id}` : "Ajouter une voie";
  choices(input("destination"), "À choisir", one?.destination);
  choices(input("second"), "Aucun", one?.second);
  own.drawn = {
    name: one?.id ?? "", kind: one?.kind ?? "department", key: one?.key ?? "", label: one?.label ?? "", phone: one?.phone ?? "", crra: one?.crra ?? "", destination: one?.destination ?? "",
    second: one?.second ?? "", valid_from: local(one?.valid_from), valid_to: local(one?.valid_to), expiry_seconds: String(one?.expiry_seconds ?? ""),
  };
  for (const field of FIELDS) input(field).value = own.drawn[field];
  input("name").readOnly = Boolean(one);
  tellKey();
  tellFaults([]);
  askKey();
  at("route-last").textContent = "";
  at("route").showModal();
  (one ? input("kind") : input("name")).focus();
  if (one) tellLast(one.id);
}

function askKey() {
  at("route-session-row").hidden = session.signs;
  at("route-session").value = "";
}

// Who wrote it last: the audit says it, the page only reads it out.
function tellLast(name) {
  ask(`/v1/audit?about=${encodeURIComponent(`route:${name}`)}`).then(({ acts: [last] }) => {
    if (last && own.edited?.id === name) at("route-last").textContent = `Dernier changement : ${last.by}, le ${moment(last.at)}.`;
  }).catch(() => {});
}

// Each fault beside its field; what belongs to no field of the sheet, below. The first faulty field has the focus.
function tellFaults(faults, whole = "") {
  const elsewhere = faults.filter((fault) => !FIELDS.includes(fault.field)).map(sentence);
  for (const field of FIELDS) {
    const mine = faults.filter((fault) => fault.field === field);
    at(`route-${field}-error`).textContent = mine.map(sentence).join(" ");
    input(field).setAttribute("aria-invalid", String(mine.length > 0));
  }
  at("route-error").textContent = [faults.length && !elsewhere.length ? "Rien n’a été écrit : corriger ce qui est signalé." : whole, ...elsewhere].filter(Boolean).join(" ");
  const first = FIELDS.find((field) => faults.some((fault) => fault.field === field));
  if (first) input(first).focus();
}

function sentence({ field, title, expected }) {
  const shape = field === "crra" ? "comme fr.health.samu077, ou rien" : field === "phone" ? "des chiffres, comme 01 64 00 00 15" : field === "key" ? KEYS[input("kind").value] : "";
  const wanted = expected?.startsWith("^") ? shape : expected; // a pattern is for machines
  return wanted ? `${title} Attendu : ${wanted}.` : title;
}

// What the gateway cannot know: a field that the browser could not read, a name that would replace another route unseen.
function unread() {
  const faults = FIELDS.filter((field) => input(field).validity.badInput).map((field) => ({ field, title: "Ce qui est écrit ne se lit pas." }));
  const name = input("name").value.trim();
  if (!own.edited && !NAME.test(name)) faults.push({ field: "name", title: "Ce nom ne convient pas.", expected: "des minuscules, des chiffres, des tirets, au plus 40 : samu-77" });
  else if (!own.edited && own.known.some((one) => one.id === name)) faults.push({ field: "name", title: "Une voie porte déjà ce nom : la modifier, ou en choisir un autre." });
  return faults;
}

function said() {
  const body = {};
  for (const field of FIELDS.slice(1)) {
    const value = input(field).value.trim();
    if (!value) continue; // an absent field is judged as absent
    if (field === "expiry_seconds") body[field] = Number(value);
    else if (field.startsWith("valid_")) body[field] = own.edited?.[field] && value === own.drawn[field] ? own.edited[field] : new Date(value).toISOString();
    else body[field] = value;
  }
  return body;
}

async function write(submit) {
  submit.preventDefault();
  const faults = unread();
  tellFaults(faults);
  if (faults.length) return;
  if (!session.signs) session.key = at("route-session").value.trim();
  at("route-do").disabled = true;
  try {
    const name = own.edited?.id ?? input("name").value.trim();
    const written = await ask(`/v1/routes/${encodeURIComponent(name)}`, said(), "PUT");
    at("route").close();
    own.told(`Voie ${written.id} écrite : ${written.label}, par ${named(written.destination)}.`);
  } catch (error) {
    if (error.status === 401) { session.key = ""; askKey(); }
    tellFaults(error.errors ?? [], error.status ? error.message : "La passerelle ne répond pas ; rien n’a été écrit.");
  } finally { at("route-do").disabled = false; }
}
