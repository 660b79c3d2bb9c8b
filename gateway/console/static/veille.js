// The watch: what an operator must know and can decide. It shows what the doors say; every decision is shown before it is taken.
import { ago, drawAlarms, drawGroups, drawRequests, drawWays, made, moment, topic } from "/console/veille-draw.js";
import { drawJobs } from "/console/veille-jobs.js";
import { drawRoutes, openRoutes } from "/console/veille-routes.js";
import { Refused, ask, askKey, enter, onKey, readFragment, resumeSession, session, tellMode, tellStale } from "/console/session.js";
import { named } from "/console/tables.js";

const SLOW = 3000; // milliseconds between two looks
const PLACES = { a: "alarms", e: "links", d: "parked", i: "requests", v: "routes", t: "jobs" };

const at = (id) => document.getElementById(id);
const state = { heard: null, searched: "", shown: "", decide: null, looking: false, mode: "" };

const admits = (scope) => (scope === "operator" ? "" : "Cette clé n’est pas celle d’un exploitant.");

async function open(key) {
  opened(await enter(key, admits));
}

function opened(said) {
  if (!said) return;
  state.mode = said.mode;
  look();
}

async function look() {
  if (state.looking || !state.mode) return;
  state.looking = true;
  try {
    const searched = state.searched;
    const [alarms, ways, groups, requests, routes, work] = await Promise.all([
      ask("/v1/alarms"), ask("/v1/destinations"), ask("/v1/outbox/groups"),
      ask(`/v1/interventions${searched ? `?reference=${encodeURIComponent(searched)}` : ""}`).catch((error) => {
        if (searched && error.status === 404) return { interventions: [] };
        throw error;
      }),
      ask("/v1/routes"), ask("/v1/jobs"),
    ]);
    state.heard = Date.now();
    at("entry").hidden = true;
    at("sheet").hidden = false;
    tellMode(state.mode);
    draw(alarms.alarms, ways.destinations, groups.groups, requests.interventions, routes, work.jobs, searched);
  } catch (error) {
    if (error.status === 401 || error.status === 403) askKey(error.status === 403 ? error.message : "");
  } finally { state.looking = false; }
  tellAge();
}

// Drawn again only when something changed, or its age did; the button that had the focus keeps it.
function draw(...all) {
  const now = JSON.stringify([all, Math.floor(Date.now() / 60000)]);
  if (now === state.shown) return;
  state.shown = now;
  const [alarms, ways, groups, requests, routes, jobs, searched] = all;
  const held = document.activeElement?.getAttribute("aria-label");
  drawAlarms(alarms, endAlarm, resend);
  drawWays(ways, { pause, resume });
  drawGroups(groups, { replay, discard, number, relink });
  drawRequests(requests, searched);
  drawRoutes(routes, endRoute);
  drawJobs(jobs, runJob);
  if (held) [...document.querySelectorAll("#sheet button")].find((one) => one.getAttribute("aria-label") === held)?.focus();
}

function tellAge() {
  if (!state.heard) return;
  const seconds = Math.round((Date.now() - state.heard) / 1000);
  tellStale(seconds > 2 * SLOW / 1000, seconds);
}

// A decision: what will happen in words and facts, what is asked, then the act. Nothing is done by opening it.
function decide({ title, text, facts = [], act, asks = [], done }) {
  state.decide = { act, done, asks };
  at("decision-title").textContent = title;
  at("decision-words").textContent = text;
  tellFacts(facts);
  at("decision-do").textContent = title;
  at("decision-error").textContent = "";
  at("decision-as").hidden = !asks.includes("as");
  for (const name of ["reason", "rate", "link"]) {
    at(`decision-${name}-row`).hidden = !asks.includes(name);
    at(`decision-${name}`).value = "";
    at(`decision-${name}`).required = name === "reason" && asks.includes(name);
  }
  at("decision-key-row").hidden = session.signs;
  at("decision-key").required = !session.signs;
  at("decision").showModal();
}

function tellFacts(facts) {
  at("decision-facts").replaceChildren(...facts.flatMap(([name, value]) => [made("dt", "", name), made("dd", "", value)]));
}

async function carry(submit) {
  submit.preventDefault();
  const { act, done } = state.decide;
  at("decision-do").disabled = true;
  try {
    if (!session.signs) {
      session.key = at("decision-key").value.trim();
      at("decision-key").value = "";
    }
    const rate = Number(at("decision-rate").value) || null;
    const said = await act({ as: new FormData(at("decision-form")).get("as"), reason: at("decision-reason").value.trim(), rate, link: at("decision-link").value.trim() });
    at("decision").close();
    tell(done(said));
  } catch (error) {
    if (error.status === 401) { session.key = ""; at("decision-key-row").hidden = false; at("decision-key").required = true; }
    at("decision-error").textContent = error instanceof Refused ? error.message : "La passerelle ne répond pas ; rien n’a été décidé.";
  } finally { at("decision-do").disabled = false; }
}

// What was done, and the page as it stands since.
function tell(text) {
  at("told").textContent = text;
  state.shown = "";
  look();
}

function endRoute(one) {
  decide({
    title: "Mettre fin à la voie", text: "Plus aucune demande ne la prend ; sans autre voie, l’émetteur lit « appelez le 15 ». Elle reste dans la table, avec sa fin.",
    facts: [["Voie", `${one.label} (${one.id})`], ["Choisie par", one.key], ["Destinataire", named(one.destination)]],
    act: () => ask(`/v1/routes/${encodeURIComponent(one.id)}`, null, "DELETE"), done: () => `Voie ${one.id} finie.`,
  });
}

function runJob(job) {
  decide({
    title: "Lancer maintenant", text: "Un nœud le prend dans les secondes qui viennent ; un travail qui tourne déjà ne tourne pas deux fois.", facts: [["Travail", job.label]],
    act: () => ask(`/v1/jobs/${encodeURIComponent(job.job)}/run`, null, "POST"), done: () => `${job.label} : demandé.`,
  });
}

function endAlarm(alarm) {
  decide({
    title: "Mettre fin à l’alarme", text: "Si sa cause dure, elle est levée à nouveau.", facts: [["Alarme", alarm.name], ["Levée", moment(alarm.raised_at)]],
    act: () => ask(`/v1/alarms/${alarm.alarm}/end`, {}), done: () => "Alarme close.",
  });
}

function resend(alarm) {
  const { event_id: event, destination } = alarm.facts;
  decide({
    title: "Renvoyer", text: `Repartent vers ${named(destination)} les fiches qu’il ne tient pas comme le portail et que rien en route n’explique, telles qu’elles sont aujourd’hui.`,
    facts: [["Événement", event], ["Destinataire", named(destination)]],
    act: () => ask(`/v1/events/${encodeURIComponent(event)}/sync/${encodeURIComponent(destination)}/resend`, null, "POST"),
    done: (said) => (said.event_again ? "L’événement est renvoyé, ses fiches suivront." : `${said.records} fiche(s) renvoyée(s)${said.unsendable ? ` ; ${said.unsendable} ne sont connues que là-bas` : ""}.`),
  });
}

function pause(one) {
  decide({
    title: "Suspendre les envois", text: `Plus rien ne part vers ${named(one.name)} jusqu’à la reprise ; rien n’est perdu, tout attend.`, asks: ["reason"],
    act: ({ reason }) => ask(`/v1/outbox/destinations/${encodeURIComponent(one.name)}/pause`, { reason }), done: () => `${named(one.name)} : envois suspendus.`,
  });
}

function resume(one) {
  decide({
    title: "Reprendre les envois", text: `Ce qui attend pour ${named(one.name)} part, dans l’ordre.`, asks: ["rate"],
    facts: [["En attente", String(one.pending ?? 0)], ["Suspendu depuis", ago(one.paused.at)]],
    act: ({ rate }) => ask(`/v1/outbox/destinations/${encodeURIComponent(one.name)}/resume`, rate ? { rate } : {}), done: () => `${named(one.name)} : envois repris.`,
  });
}

function facts(group) {
  return [["Destinataire", named(group.destination)], ["Quoi", topic(group.topic)], ["Cause", group.cause.title], ["Envois", String(group.messages)]];
}

function replay(group) {
  decide({
    title: "Rejouer", text: "Ils partent dans l’ordre d’origine de leur dossier. Un état rendu inutile par un plus récent ne part pas.", facts: facts(group), asks: ["as"],
    act: ({ as }) => ask("/v1/outbox/replay", { group: group.group, as }), done: (said) => `${said.replayed} envoi(s) rejoué(s) sur ${said.chosen}.`,
  });
  // What it would be today, beside the decision: nothing leaves.
  ask(`/v1/outbox/messages/${encodeURIComponent(group.example)}/preview`).then(({ today, same: unchanged }) => {
    if (!at("decision").open || state.decide === null) return;
    const trial = today.refusal ? `refusé ici : ${today.refusal.title}` : `${today.request ?? "prêt"}, ${today.bytes} octets${unchanged ? ", identique au dernier essai" : ""}`;
    tellFacts([...facts(group), ["Essai à blanc du plus ancien", trial]]);
  }).catch((error) => tellFacts([...facts(group), ["Essai à blanc", error instanceof Refused ? error.message : "sans réponse"]]));
}

function discard(group) {
  decide({
    title: "Abandonner", text: "Ils ne partiront jamais. La raison est gardée avec votre nom.", facts: facts(group), asks: ["reason"],
    act: ({ reason }) => ask("/v1/outbox/discard", { group: group.group, reason }), done: (said) => `${said.discarded} envoi(s) abandonné(s) sur ${said.chosen}.`,
  });
}

// One person at a time, the one who has waited longest: what is true of one bracelet says nothing of the next.
function number(group, choice) {
  const same = choice === "same_person";
  decide({
    title: same ? "Même personne" : "Autre personne", asks: ["reason"], facts: [...facts(group), ["Envoi", group.example]],
    text: same ? `La fiche que ${named(group.destination)} tient sous ce numéro est celle de ce patient : la nôtre part comme sa mise à jour. Une fois réunies là-bas, elles ne se séparent que là-bas.`
      : `La fiche de ${named(group.destination)} est celle d’un autre : le numéro quitte le patient, et sa fiche part sans lui.`,
    act: async ({ reason }) => {
      const refused = await ask(`/v1/outbox/messages/${encodeURIComponent(group.example)}`);
      const patient = refused.lane.replace("victim:", "");
      return ask(`/v1/events/${encodeURIComponent(refused.event_id)}/patients/${encodeURIComponent(patient)}/number-decision`, { choice, reason });
    },
    done: () => "Décision prise : la fiche repart.",
  });
}

// The link of the event of the message that has waited longest: what went there is withdrawn, what belongs goes to the other.
function relink(group, to) {
  const where = async () => {
    const { event_id: event } = await ask(`/v1/outbox/messages/${encodeURIComponent(group.example)}`);
    return `/v1/events/${encodeURIComponent(event)}/links/${encodeURIComponent(group.destination)}`;
  };
  const there = named(group.destination);
  decide({
    title: to ? "Corriger le lien" : "Délier", asks: to ? ["reason", "link"] : ["reason"], facts: facts(group),
    text: to ? `Ce qui est allé à l’événement lié jusqu’ici en est retiré, et tout part vers celui que vous nommez. Sans identifiant, ${there} en ouvre un autre.`
      : `Ce qui est allé à l’événement de ${there} en est retiré ; l’événement lui-même y reste, vide des nôtres.`,
    act: async ({ reason, link }) => (to ? ask(await where(), { action: link ? "link" : "create", external_id: link || null, reason }, "PUT") : ask(await where(), { reason }, "DELETE")),
    done: (said) => said.left?.title ?? "Lien demandé : ce qui attend repart.",
  });
}

function search(reference) {
  state.searched = reference;
  at("reference").value = reference;
  at("search-end").hidden = !reference;
  look();
}

openRoutes(tell);
onKey(open);
at("decision-form").addEventListener("submit", carry);
at("decision-close").addEventListener("click", () => at("decision").close());
at("search").addEventListener("submit", (submit) => { submit.preventDefault(); search(at("reference").value.trim()); });
at("search-end").addEventListener("click", () => search(""));
document.addEventListener("keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || document.querySelector("dialog[open]") || /INPUT|SELECT|TEXTAREA/.test(press.target.tagName)) return;
  if (press.key === "/") { press.preventDefault(); at("reference").focus(); return; }
  const target = PLACES[press.key] && at(PLACES[press.key]);
  if (!target) return;
  target.focus();
  target.scrollIntoView({ block: "start" });
});
setInterval(tellAge, 1000);
setInterval(look, SLOW);

const given = readFragment().get("cle");
if (given) await open(given);
else opened(await resumeSession(admits, opened));
