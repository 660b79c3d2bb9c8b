// The nurse's screen: one click, a reference, where the request is. Whatever fails is said in the same words: call 15.
// It sends exercises only: a key of the real is refused by the gateway, and the refusal shown.
import { byUs, enter as openSession, readFragment, resumeSession, session } from "/console/session.js";

const PATIENCE = 5000; // milliseconds: past this a click without an answer is a failure
const LOOK = 1000; // milliseconds between two questions; the stream makes most of them useless
const SILENCE = 10; // seconds without news before the nurse is told
const NOT_SENT = "Demande non transmise. Appelez le 15.";
const NOT_CANCELLED = "Annulation non transmise. Appelez le 15.";
const NO_NEWS = "Sans nouvelle de la passerelle. En cas de doute, appelez le 15.";
const REQUESTER = { structure_id: "1750712184", structure_name: "Cellule de suivi d’essai", professional_id: "810005536080", professional_name: "Zoé ESSAI-INFIRMIÈRE" };
const FINAL = ["completed", "rejected", "cancelled"];

const at = (id) => document.getElementById(id);
const state = { draft: null, sending: null, one: null, heard: 0, looking: false };

async function call(method, path, body, patience = PATIENCE) {
  const headers = { Accept: "application/json" };
  if (session.key) headers.Authorization = `Bearer ${session.key}`;
  if (body) headers["Content-Type"] = "application/json";
  let answer, said;
  try {
    answer = await fetch(byUs(path), { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(patience), cache: "no-store" });
  } catch {
    throw new Error("La passerelle ne répond pas.");
  }
  try { said = await answer.json(); } catch { throw new Error(`La réponse n’est pas lisible (${answer.status}).`); }
  if (!answer.ok) throw new Error(told(said, answer.status));
  // What answers without a reference is not the gateway: a network's own page, for instance.
  if (typeof said.reference !== "string") throw new Error(`La réponse n’est pas celle de la passerelle (${answer.status}).`);
  return said;
}

function told(problem, status) {
  const faults = (problem.errors ?? []).map((fault) => `${fault.field} : ${fault.title}`);
  return [problem.title ?? `Refus ${status}.`, ...faults.filter((fault) => !fault.endsWith(problem.title))].join(" ");
}

// A live region speaks when its text is set, even to the same words.
function say(id, text) { if (at(id).textContent !== text) at(id).textContent = text; }

// `kind`: what the words are about; those on the state of a request go when it is well again, those on a click stay until the next.
function fail(kind, words, why) {
  at("failure").hidden = false;
  at("failure").dataset.kind = kind;
  say("failure-words", words);
  say("failure-why", why);
}

function forget(...kinds) {
  if (kinds.length && !kinds.includes(at("failure").dataset.kind)) return;
  at("failure").hidden = true;
  say("failure-words", "");
  say("failure-why", "");
}

const admits = (scope) => (scope === "platform" ? "" : "Cette clé n’est pas celle d’une plateforme.");

// By a key, or by the session that a reload has not ended; then each line of the stream is a reason to look at once.
async function enter(key) {
  let answer;
  try {
    if (!(await (key ? openSession(key, admits) : resumeSession(admits, () => enter(""))))) return;
    answer = await fetch(byUs("/v1/interventions/stream"), { headers: session.key ? { Authorization: `Bearer ${session.key}` } : {}, cache: "no-store" });
    if (!answer.ok) throw new Error((await answer.json()).title);
  } catch (error) {
    at("entry-error").textContent = error instanceof TypeError ? "La passerelle ne répond pas." : error.message;
    at("key").focus();
    return;
  }
  listen(answer.body.getReader());
  at("entry").hidden = true;
  at("sheet").hidden = false;
  at("patient-title").focus();
}

async function listen(reader) {
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) look();
  } catch { /* cut: the regular look goes on, and says since when nothing is heard */ }
}

function identifier() {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return `ESSAI-${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")}`;
}

// The same identifier and hour of click until an answer is had: a click that seemed lost and is made again is the same request.
function written() {
  state.draft ??= { request_id: identifier(), clicked_at: new Date().toISOString() };
  const document = { ...state.draft, mode: "Exercise", requester: { ...REQUESTER } };
  for (const [path, value] of new FormData(at("request"))) {
    const [part, name] = path.split(".");
    if (value.trim()) (document[part] ??= {})[name] = value.trim();
  }
  return document;
}

async function ask() {
  if (state.sending || state.one || at("sheet").hidden) return;
  forget();
  state.sending = Date.now();
  at("ask").setAttribute("aria-disabled", "true");
  tell();
  try {
    const answer = await call("POST", "/v1/interventions", written());
    at("fields").disabled = true;
    at("note").readOnly = true;
    showWarnings(answer.warnings);
    show({ ...answer, since: answer.received_at, instruction: null, history: [] });
    at("reference-title").focus();
  } catch (error) {
    fail("click", NOT_SENT, error.message);
  }
  state.sending = null;
  at("ask").setAttribute("aria-disabled", String(state.one !== null));
  tell();
  look();
}

function show(one) {
  state.one = one;
  state.heard = Date.now();
  at("answer").hidden = false;
  at("sheet").classList.add("asked");
  at("reference").textContent = one.reference;
  say("status", big(one));
  at("history").replaceChildren(...one.history.map((step) => {
    const line = document.createElement("li");
    line.textContent = `${new Date(step.at).toLocaleTimeString("fr-FR")} ${step.label}`;
    return line;
  }));
  if (one.instruction) instruct(one);
  else forget("state", "silence");
  const ended = FINAL.includes(one.task_status);
  at("again").hidden = !ended;
  if (ended) offerCancel(null);
}

// The truth in one line: where it is, at which SAMU, under which number there.
function big(one) {
  const at = one.crra && !one.label.includes(one.crra) ? ` (${one.crra})` : "";
  const taken = ["accepted", "in-progress"].includes(one.task_status) ? "prise en charge, " : ""; // a number alone is only a receipt
  return `${one.label}${at}${one.case_id ? ` – ${taken}dossier n° ${one.case_id}` : ""}`;
}

// What to do, with the number of that SAMU where it is known; a reason that the instruction has said is not said again.
function instruct(one) {
  const number = one.phone ? `${one.crra ?? "SAMU"} : ${one.phone}` : "";
  fail("state", one.instruction, [one.reason, number].filter((words) => words && !one.instruction.includes(words)).join(" "));
}

function showWarnings(warnings) {
  at("warnings-part").hidden = warnings.length === 0;
  at("warnings").replaceChildren(...warnings.map((warning) => {
    const line = document.createElement("li");
    line.textContent = `${warning.title} (${warning.field})`;
    return line;
  }));
}

async function look() {
  const asked = state.one;
  if (!asked || state.looking) return;
  state.looking = true;
  try {
    const found = await call("GET", `/v1/interventions/${asked.id}`);
    if (state.one === asked) show(found);
  } catch { /* `tell` says since when nothing is heard */ }
  state.looking = false;
}

function tell() {
  at("sending").textContent = state.sending ? `Envoi en cours : ${seconds(state.sending)} s (abandon à ${PATIENCE / 1000} s)` : "";
  if (!state.one) return;
  const quiet = seconds(state.heard);
  at("since").textContent = `Dans cet état depuis ${seconds(Date.parse(state.one.since))} s, vérifié il y a ${quiet} s`;
  if (quiet < SILENCE || FINAL.includes(state.one.task_status)) return;
  fail("silence", NO_NEWS, `La demande ${state.one.reference} est enregistrée ; son état n’est plus connu.`);
}

function seconds(since) { return Math.max(0, Math.floor((Date.now() - since) / 1000)); }

// `null`: nothing to cancel any more; else whether the nurse was asked to be sure.
function offerCancel(sure) {
  at("cancel").hidden = sure !== false;
  at("cancel-sure").hidden = at("cancel-not").hidden = sure !== true;
}

async function cancel() {
  forget();
  offerCancel(false);
  at("cancelling").textContent = "";
  try {
    const answer = await call("POST", `/v1/interventions/${state.one.id}/cancel`, { reason: "annulée à l’écran d’essai" });
    const done = answer.task_status === "cancelled";
    at("cancelling").textContent = done ? "Demande annulée." : "Annulation transmise au SAMU, qui doit la confirmer.";
    offerCancel(null);
  } catch (error) {
    fail("click", NOT_CANCELLED, error.message);
  }
  look();
}

function startAgain() {
  Object.assign(state, { draft: null, one: null });
  at("sheet").classList.remove("asked");
  forget();
  for (const id of ["answer", "warnings-part"]) at(id).hidden = true;
  at("reference").textContent = at("cancelling").textContent = "";
  at("fields").disabled = at("note").readOnly = false;
  at("ask").setAttribute("aria-disabled", "false");
  offerCancel(false);
  at("patient-title").focus();
}

at("entry").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const key = at("key").value.trim();
  at("key").value = "";
  at("entry-error").textContent = "";
  enter(key);
});
at("request").addEventListener("submit", (submit) => submit.preventDefault());
at("ask").addEventListener("click", ask);
at("cancel").addEventListener("click", () => { offerCancel(true); at("cancel-sure").focus(); });
at("cancel-not").addEventListener("click", () => { offerCancel(false); at("cancel").focus(); });
at("cancel-sure").addEventListener("click", cancel);
at("again").addEventListener("click", startAgain);
document.addEventListener("keydown", (press) => { if (press.ctrlKey && press.key === "Enter") { press.preventDefault(); ask(); } });
setInterval(tell, 250);
setInterval(look, LOOK);

enter(readFragment().get("cle"));
