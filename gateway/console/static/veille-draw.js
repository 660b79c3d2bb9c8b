// The watch, drawn: alarms, ways out, what waits for a decision, requests side by side. Text is set as text, never as HTML.
import { TAKEN } from "/console/person-number.js";
import { cell, named, row } from "/console/tables.js";

const TOPICS = {
  event: "événement", victim: "fiche de victime", counts: "dénombrement", outcome: "retour au portail",
  "identifier.detached": "numéro détaché", "intervention.request": "demande d’intervention",
  "intervention.cancel": "annulation de demande", "intervention.status": "état d’une demande",
};
// The causes that another link mends.
const WRONG_LINK = ["sinus.evenement_inconnu", "sinus.evenement_deja_lie", "sivic.evenement_sivic_inconnu", "sivic.evenement_deja_lie"];
const BREAKERS = { open: "liaison coupée, nouvel essai sous peu", half_open: "un essai est en cours" };
const PRIORITIES = { intervention: "demandes d’intervention", urgent: "urgences absolues", normal: "envois courants", bulk: "retours" };
const DONE = ["completed", "rejected", "cancelled"];

const at = (id) => document.getElementById(id);

export function made(kind, className, ...content) {
  const one = document.createElement(kind);
  if (className) one.className = className;
  one.append(...content);
  return one;
}

export function button(text, act, about) {
  const one = made("button", "", text);
  one.type = "button";
  if (about) one.setAttribute("aria-label", `${text} : ${about}`);
  one.addEventListener("click", act);
  return one;
}

export const topic = (name) => TOPICS[name] ?? name;
export const moment = (instant) => new Date(instant).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "medium" });

export function ago(instant) {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(instant)) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} j`;
}

// What an alarm says to a person; a kind that is not known here is shown by its own name.
function words(alarm) {
  const { facts } = alarm;
  const who = facts.destination ? named(facts.destination) : "";
  const said = {
    lag: () => [`${who} : en retard`, `${facts.waiting} envoi(s) en attente (${PRIORITIES[alarm.name.split(":").at(-1)] ?? "tous"}), le plus ancien dû depuis ${facts.seconds} s au moment de l’alarme.`],
    breaker: () => [`${who} : liaison coupée`, "Les envois attendent, rien n’est perdu. Un essai part régulièrement."],
    node: () => [`Nœud muet : ${alarm.name.slice(5)}`, `Plus de signe de vie depuis ${ago(facts.seen_at)}. Les autres nœuds reprennent ses envois.`],
    link: () => [`${who} : n’accepte plus de connexion`, `Depuis ${ago(facts.since)}.`],
    parked: () => [`${who} : ${topic(facts.topic)} en attente d’une décision`, `Cause : ${facts.cause_code ?? "inconnue"}. Les envois suivants du même dossier attendent.`],
    uncertain: () => [`${who} : ${topic(facts.topic)} sans réponse lisible`, `Le voisin l’a peut-être. Le lui demander, puis rejouer (redemandé sous la même clé) ou abandonner. Cause : ${facts.cause_code ?? "inconnue"}.`],
    expired: () => [`${who} : ${topic(facts.topic)} jamais envoyée`, "Son délai est passé ; elle ne partira plus. Prévenir par téléphone, puis mettre fin à l’alarme."],
    unanswered: () => [`${facts.crra} : pas de réponse à la demande ${facts.reference}`, `Envoyée par ${who}, ni acceptée ni refusée dans le délai. L’émetteur lit « appelez le 15 » ; appeler le SAMU.`],
    certificate: () => [`${who} : notre certificat est à remplacer`, facts.file ? `Le fichier ${facts.file} n’est pas lisible.`
      : facts.days < 0 ? "Il a pris fin : plus rien n’entre ni ne sort." : `Il prend fin dans ${facts.days} jour(s).`],
    perimeter: () => [`${who} : périmètre ${facts.vhost} non relié`, `Depuis ${ago(facts.since)}. ${facts.why}`],
    difference: () => [`${who} ne tient pas les mêmes personnes que le portail`, difference(facts)],
    news: () => [`${who} : ses nouvelles ne sont plus lues`, `Depuis ${ago(facts.since)}. Cause : ${facts.cause_code}${facts.field ? `, ${facts.field}` : ""}. Rien n’est perdu : la lecture reprend au même endroit.`],
    news_refused: () => [`${who} : une nouvelle est illisible`, `${facts.id ? `Nouvelle ${facts.id}, ` : ""}${facts.field} : ${facts.reason} Les autres ont été prises ; demander au voisin de la redire.`],
    unreadable: () => [`Contenu illisible : ${facts.rows} ${UNREADABLE[facts.what] ?? "ligne(s)"}`, "Aucune clé de store.seal_keys ne l’ouvre. Rien n’est perdu : remettre la clé, relancer, puis rejouer ce qui attend une décision."],
    job: () => [`Travail en échec : ${facts.label}`, `Erreur ${facts.error} au dernier passage, sur le nœud ${facts.node}. Il repasse à son heure ; l’alarme finit dès qu’un passage réussit.`],
    hub: () => ["Hub Santé : à regarder", sentence(facts)],
  }[alarm.kind];
  return said ? said() : [alarm.name, sentence(facts)];
}

const UNREADABLE = { requests: "demande(s) en cours", messages: "envoi(s)", victims: "fiche(s)", unknown_persons: "personne(s) dont parle un voisin" };

// Numbers of the moment of the alarm; the page of the event says those of now.
function difference(facts) {
  const parts = [[facts.missing, "fiche(s) y manquent"], [facts.different, "fiche(s) n’y sont pas les mêmes"], [facts.extra, "fiche(s) ne sont que là-bas"], [facts.undecided, "envoi(s) attendent une décision"]];
  const said = parts.filter(([number]) => number).map(([number, words]) => `${number} ${words}`).join(", ");
  return `Événement ${facts.event_id} : ${said || "son lien est à reprendre"}. Rien en route ne l’explique.`;
}

const sentence = (facts) => Object.entries(facts).map(([name, value]) => `${name} : ${value}`).join(" ; ");

// Gravest first: a patient who waits, then what a person must decide, then the links; of one kind, the oldest first.
const GRAVITY = ["unanswered", "expired", "unreadable", "uncertain", "parked", "news", "difference", "job", "breaker", "link", "lag"];
const gravity = (alarm) => { const place = GRAVITY.indexOf(alarm.kind); return place < 0 ? GRAVITY.length : place; };

export function drawAlarms(unsorted, end, resend) {
  const alarms = [...unsorted].sort((a, b) => gravity(a) - gravity(b) || new Date(a.raised_at) - new Date(b.raised_at));
  document.title = `${alarms.length ? `(${alarms.length}) ` : ""}Veille – Passerelle`;
  count("alarms", alarms.length, ["Aucune alarme.", "Une alarme en cours.", `${alarms.length} alarmes en cours.`]);
  at("alarms-list").replaceChildren(...alarms.map((alarm) => {
    const [title, detail] = words(alarm);
    return made("li", "card bad", made("h3", "", title),
      made("p", "buttons", ...(alarm.kind === "difference" ? [button("Renvoyer", () => resend(alarm), title)] : []), button("Vu et traité", () => end(alarm), title)),
      made("p", "", detail), made("p", "soft", `Depuis ${ago(alarm.raised_at)}, ${moment(alarm.raised_at)}`));
  }));
}

function count(id, number, [none, one, many]) {
  const text = number === 0 ? none : number === 1 ? one : many;
  const place = at(`${id}-state`);
  place.className = `verdict ${number === 0 ? "good" : "bad"}`;
  if (place.textContent !== text) place.textContent = text;
}

function condition(one) {
  const breaker = one.breaker?.state ?? one.breaker;
  if (one.paused) return [`suspendu par ${one.paused.by} depuis ${ago(one.paused.at)} : ${one.paused.reason}`, "waiting"];
  if (BREAKERS[breaker]) return [BREAKERS[breaker], "bad"];
  if (one.link?.state === "down") return [`ne répond pas depuis ${ago(one.link.since)}`, "bad"];
  if (one.parked) return ["une décision est attendue", "bad"];
  if (one.uncertain) return ["un envoi est parti sans réponse lisible", "bad"];
  if (one.breaker?.at_once) return [`reprise lente, ${one.breaker.at_once} à la fois`, "waiting"];
  if (one.drain_rate) return [`reprise, au plus ${one.drain_rate} par seconde`, "waiting"];
  return one.oldest_due_seconds >= 1 ? ["en retard", "waiting"] : ["à jour", "good"];
}

export function drawWays(destinations, { pause, resume }) {
  at("links-body").replaceChildren(...destinations.map((one) => {
    const [text, look] = condition(one);
    const name = named(one.name);
    const act = one.paused ? button("Reprendre", () => resume(one), name) : button("Suspendre", () => pause(one), name);
    return row("", cell("th", name, "", "row"), cell("td", text, look), cell("td", one.pending ?? 0, "number"),
      cell("td", one.sending ?? 0, "number"), cell("td", (one.parked ?? 0) + (one.uncertain ?? 0), "number"),
      cell("td", one.oldest_due_seconds >= 1 ? `${Math.round(one.oldest_due_seconds)} s` : "–", "number"), made("td", "", act));
  }));
}

export function drawGroups(groups, { replay, discard, number, relink }) {
  const messages = groups.reduce((sum, group) => sum + group.messages, 0);
  count("parked", messages, ["Rien n’attend de décision.", "Un envoi attend une décision.", `${messages} envois attendent une décision, en ${groups.length} groupe(s).`]);
  at("parked-list").replaceChildren(...groups.map((group) => {
    const name = `${named(group.destination)}, ${topic(group.topic)}`;
    return made("li", "card bad", made("h3", "", `${group.messages} × ${group.cause.title}`),
      made("p", "buttons", ...(TAKEN.includes(group.cause.code) ? [button("Même personne…", () => number(group, "same_person"), name), button("Autre personne…", () => number(group, "other_person"), name)] : []),
        ...(WRONG_LINK.includes(group.cause.code) ? [button("Corriger le lien…", () => relink(group, true), name), button("Délier…", () => relink(group, false), name)] : []),
        button("Rejouer…", () => replay(group), name), button("Abandonner…", () => discard(group), name)),
      made("p", "", [name, group.cause.detail].filter(Boolean).join(". ")),
      ...(group.uncertain ? [made("p", "bad", `${group.uncertain} parti(s) sans réponse lisible : le voisin l’a peut-être. Le lui demander avant d’abandonner ; rejouer le redemande sous la même clé.`)] : []),
      made("p", "soft", `Cause ${group.cause.code}. Le plus ancien : ${moment(group.oldest)}, le plus récent : ${moment(group.newest)}`));
  }));
}

function request(one) {
  const look = one.alarmed_at || one.task_status === "rejected" || one.task_status === "failed" || one.status === "INCERTAINE" ? "bad" : DONE.includes(one.task_status) ? "good" : "waiting";
  const person = [one.patient.name, one.patient.given_name, one.patient.birth_year && `né(e) en ${one.patient.birth_year}`, one.patient.sex].filter(Boolean).join(" ") || (one.readable === false ? "patient illisible (clé absente)" : "");
  const place = [one.place.address, one.place.city].filter(Boolean).join(", ");
  const facts = [["Patient", person], ["Lieu", place], ["Demandé par", one.sender], ["Rappeler au", one.callback], ["SAMU", one.crra], ["Appeler le SAMU", one.phone],
    ["Voie", one.destination && named(one.destination)], ["Reçue", moment(one.received_at)], ["Au SAMU", one.delivered_at ? moment(one.delivered_at) : "pas encore"], ["Dossier", one.case_id]];
  const list = made("dl", "facts");
  for (const [name, value] of facts) if (value) list.append(made("dt", "", name), made("dd", "", value));
  const more = [one.reason, one.instruction].filter(Boolean).join(" ");
  return made("div", `request card ${look}`, made("h3", "", `${one.reference} – ${one.label}`), ...(more ? [made("p", look, more)] : []), list);
}

// A case that the SAMU opened by telephone: what it says, under its own number.
function phoneCase(one) {
  const person = [one.patient.name, one.patient.given_name, one.patient.birth_year && `né(e) en ${one.patient.birth_year}`, one.patient.sex].filter(Boolean).join(" ") || (one.readable === false ? "patient illisible (clé absente)" : "");
  const place = [one.place.address, one.place.city].filter(Boolean).join(", ");
  const list = made("dl", "facts");
  for (const [name, value] of [["Patient", person], ["Lieu", place], ["Ouvert par", one.partner], ["Partagé", moment(one.received_at)]]) {
    if (value) list.append(made("dt", "", name), made("dd", "", value));
  }
  return made("div", "request card waiting", made("h3", "", `Appel téléphonique – dossier ${one.case_id}`), list);
}

export function drawRequests(found, searched) {
  const twice = found.filter((one) => one.possible_duplicates.length || one.phone_cases.length).length;
  const text = searched ? (found.length ? "" : `Aucune demande ne porte la référence ${searched}.`)
    : found.length === 0 ? "Aucune demande." : twice ? `${twice} demande(s) ressemblent à une autre : à comparer, jamais fusionnées.` : "Aucun doublon possible parmi les dernières.";
  const place = at("requests-state");
  place.className = `verdict ${twice ? "waiting" : ""}`;
  if (place.textContent !== text) place.textContent = text;
  const beside = new Set(); // one that stands beside another is not shown again by itself
  at("requests-list").replaceChildren(...found.filter((one) => {
    const first = !beside.has(one.reference);
    if (first) for (const other of one.possible_duplicates) beside.add(other.reference);
    return first;
  }).map((one) => {
    if (!one.possible_duplicates.length && !one.phone_cases.length) return made("li", "", request(one));
    const pair = made("div", "pair", request(one), ...one.possible_duplicates.map(request), ...one.phone_cases.map(phoneCase));
    return made("li", "beside", made("h4", "", "Peut-être le même patient, demandé deux fois"), pair);
  }));
}
