// The studio: a document, rules, what they give, as one types. It decides nothing; the gateway checks, tries and keeps.
import { byUs, readFragment, resumeSession } from "/console/session.js";
import { codesPanel } from "/console/studio-codes.js";
import { drawDifference, drawFaults, drawHere, drawHistory, drawPairs, drawResult, tell } from "/console/studio-draw.js";
import { openEditor } from "/console/studio-editor.js";

const CALM = 250; // milliseconds without a key before the gateway is asked
const AGAIN = 1000; // milliseconds when it says that the studio is busy
const PANES = ["source", "rules", "result", "faults", "pairs", "versions"];
const PASTED = "collé";
const PATIENT = "patient";
const MESSAGES = "messages";

const at = (id) => document.getElementById(id);
const family = (name) => name.split("@")[0];
const state = { key: "", name: "", words: null, documents: [], known: [], inForce: {}, saved: "", faults: [], line: 1, compared: "", due: null, turn: 0 };
let editor = null;

class Refused extends Error {
  constructor(status, problem) { super(problem.title); this.status = status; this.problem = problem; }
}

async function ask(path, body, signal) {
  const headers = { Accept: "application/json" };
  if (state.key) headers.Authorization = `Bearer ${state.key}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(byUs(`/v1/mappings${path}`), { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal });
  const said = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said);
  return said;
}

const about = (what, name) => ask(`/${what}?mapping=${encodeURIComponent(name)}`);

function wordsOf({ problem }) {
  const more = problem?.errors?.map((one) => `${one.field} : ${one.title}`).join(" ; ");
  return problem ? [problem.title, problem.detail, more].filter(Boolean).join(" ") : "La passerelle ne répond pas.";
}

function explain(error) {
  if (error.name !== "AbortError") tell("told", wordsOf(error), "bad");
}

const codes = codesPanel({ ask, wordsOf, pairsOf: (table) => state.words.tables.find((one) => one.table === table)?.pairs ?? [] });

async function enter(key) {
  state.key = key;
  try {
    await follow();
  } catch (error) {
    state.key = "";
    at("entry-error").textContent = wordsOf(error);
    at("key").focus();
    return;
  }
  at("entry").hidden = true;
  at("bench").hidden = at("unknown").hidden = false;
  editor ??= openEditor(at("editor"), () => state.words, { changed: soon, moved, leaving });
  const wanted = fragment.get("correspondance");
  await open(state.known.includes(wanted) ? wanted : state.known.find((name) => name.startsWith("sivic/personne@")) ?? state.known[0]);
}

// What there is, what is in force, who decided.
async function follow() {
  const [found, past] = await Promise.all([ask(""), ask("/history"), codes.follow()]);
  state.known = found.known;
  state.inForce = found.in_force;
  at("mapping").disabled = false;
  fill("mapping", found.known.map((name) => [name, name]), state.name);
  drawHistory(past.decisions);
  if (state.name) versions();
}

function fill(id, pairs, chosen) {
  const list = at(id);
  list.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
  if (pairs.some(([value]) => value === chosen)) list.value = chosen;
}

function versions() {
  const alike = state.known.filter((name) => family(name) === family(state.name));
  const uses = Object.entries(state.inForce).filter(([, name]) => family(name) === family(state.name));
  fill("other", alike.map((name) => [name, name]), uses[0]?.[1] ?? state.name);
  fill("use", uses.map(([use, name]) => [use, `${use} : ${name}`]), at("use").value);
  for (const id of ["activate", "back"]) at(id).disabled = uses.length === 0;
}

async function open(name) {
  try {
    const [written, words, tried] = await Promise.all([about("text", name), about("vocabulary", name), about("documents", name)]);
    Object.assign(state, { name, words, documents: tried.documents, saved: written.text, compared: "" });
  } catch (error) { explain(error); return; }
  at("mapping").value = state.name;
  at("rules-name").textContent = `${name}${state.words.target ? ` → ${state.words.target}` : ""}`;
  list("0");
  if (state.documents.length) choose("0");
  versions();
  at("difference").replaceChildren();
  tell("difference-state", "");
  tell("told", "");
  editor.write(state.saved);
  soon(0);
}

function list(chosen) {
  const live = [[MESSAGES, "Derniers messages, masqués…"], ...(state.words.topic === "victim" ? [[PATIENT, "Patient du registre, masqué…"]] : [])];
  fill("document", [...state.documents.map((one, n) => [String(n), one.name]), [PASTED, "JSON collé ou modifié"], ...live], chosen);
}

// Documents of the register, masked by the gateway; it notes who looked.
async function borrow(what) {
  const patient = what === PATIENT ? prompt("Identifiant du patient au registre") : "";
  if (what === PATIENT && !patient) { list(PASTED); return; }
  try {
    const { documents } = await ask(`/live?mapping=${encodeURIComponent(state.name)}${patient ? `&patient=${encodeURIComponent(patient)}` : ""}`);
    if (!documents.length) { list(PASTED); tell("source-state", "Aucun message de cette correspondance."); return; }
    const first = String(state.documents.length);
    state.documents.push(...documents);
    list(first);
    choose(first);
    soon(0);
  } catch (error) { list(PASTED); explain(error); }
}

function choose(value) {
  at("document").value = value;
  if (value !== PASTED) at("json").value = JSON.stringify(state.documents[Number(value)].document, null, 2);
}

function soon(delay = CALM) {
  clearTimeout(state.due);
  state.due = setTimeout(look, typeof delay === "number" ? delay : CALM);
}

function readDocument() {
  try {
    const found = JSON.parse(at("json").value);
    if (found === null || typeof found !== "object" || Array.isArray(found)) throw new SyntaxError("objet");
    tell("source-state", "");
    return found;
  } catch {
    tell("source-state", "Ce texte n’est pas un objet JSON.", "bad");
    return null;
  }
}

// One look at the text of now: its faults, or what it gives. What was asked before is no longer waited for.
async function look() {
  state.turn?.abort?.();
  const turn = new AbortController();
  state.turn = turn;
  const text = editor.text();
  try {
    const checked = await ask("/check", { text }, turn.signal);
    if (turn.signal.aborted) return;
    state.faults = checked.faults;
    editor.showFaults(checked.faults.filter((fault) => !fault.file));
    drawFaults(checked.faults, editor.goTo);
    const count = checked.faults.length;
    tell("verdict", checked.ok ? `${checked.mapping} : aucun défaut` : `${count} défaut${count > 1 ? "s" : ""}`, checked.ok ? "good" : "bad");
    if (!checked.ok) {
      tell("result-state", "Résultat du dernier texte sans défaut.");
      tell("pairs-state", "En attente d’un texte sans défaut.");
      return;
    }
    const found = readDocument();
    const [pairs, told] = await Promise.all([ask("/pairs", { text }, turn.signal), found && ask("/preview", { text, document: found }, turn.signal)]);
    if (turn.signal.aborted) return;
    drawPairs(pairs, openCase);
    if (told) { drawResult(told, editor.goTo); drawHere(state.line); }
  } catch (error) {
    if (error.status === 503) soon(AGAIN);
    else explain(error);
  }
}

function openCase(name) {
  const found = state.documents.findIndex((one) => one.case === name);
  if (found < 0) return;
  choose(String(found));
  soon(0);
}

function moved(line) { state.line = line; drawHere(line); }

function leaving(free) { at("rules-help").textContent = free ? "Tab quitte l’éditeur." : "Échap puis Tab quitte l’éditeur."; }

async function compare(other = at("other").value) {
  const text = editor.text();
  try {
    drawDifference(await ask("/diff", { text, other }));
    state.compared = `${other}\n${text}`;
    tell("told", "");
  } catch (error) { explain(error); }
}

// The number after the highest one there is, so that what is written is a version of its own.
function nextVersion() {
  const numbers = state.known.filter((name) => family(name) === family(state.name)).map((name) => Number(name.split("@")[1]));
  const name = `${family(state.name)}@${Math.max(...numbers) + 1}`;
  const text = editor.text();
  const renamed = text.replace(/^mapping:.*$/m, `mapping: ${name}`);
  if (renamed !== text) editor.write(renamed);
  tell("told", `Le texte est maintenant ${name}.`);
  editor.focus();
}

async function keep() {
  const text = editor.text();
  try {
    const { mapping } = await ask("/files", { text });
    Object.assign(state, { name: mapping, saved: text });
    await follow();
    at("mapping").value = mapping;
    at("rules-name").textContent = mapping;
    tell("told", `${mapping} est gardée. Elle n’est pas encore en vigueur.`, "good");
  } catch (error) { explain(error); }
}

async function activate() {
  const [use, why] = [at("use").value, at("why").value.trim()];
  const present = state.inForce[use];
  if (editor.text() !== state.saved) { tell("told", "Ce texte n’est pas gardé : prenez la version suivante, puis gardez-la.", "bad"); return; }
  if (state.name !== present && state.compared !== `${present}\n${state.saved}`) {
    await compare(present);
    if (state.compared) tell("told", "Voici ce qui change. Appuyez encore pour mettre en vigueur.");
    return;
  }
  await decide("/activations", { use, mapping: state.name, why, force: at("force").checked });
}

async function decide(path, body) {
  try {
    const { mapping } = await ask(path, body);
    at("why").value = "";
    await follow();
    tell("told", `En vigueur pour ${body.use} : ${mapping}.`, "good");
  } catch (error) { explain(error); }
}

function goBack() {
  if (at("why").reportValidity()) decide("/rollbacks", { use: at("use").value, why: at("why").value.trim() });
}

function nextFault() {
  const here = state.faults.filter((fault) => !fault.file);
  const next = here.find((fault) => fault.line > state.line) ?? here[0];
  if (next) editor.goTo(next.line, next.column);
}

function nextPane(step) {
  const now = PANES.findIndex((id) => at(id).contains(document.activeElement));
  const id = PANES[(now + step + PANES.length) % PANES.length];
  if (id === "rules") editor.focus();
  else at(id).focus();
}

const SHORTCUTS = {
  F6: (press) => nextPane(press.shiftKey ? -1 : 1),
  F8: nextFault,
  F9: codes.open,
  "Ctrl+Enter": () => compare(),
  "Ctrl+s": keep,
};
document.addEventListener("keydown", (press) => {
  const act = SHORTCUTS[`${press.ctrlKey || press.metaKey ? "Ctrl+" : ""}${press.key}`];
  if (!act || at("bench").hidden || at("codes").open || press.altKey) return;
  press.preventDefault();
  press.stopPropagation();
  act(press);
}, { capture: true });

at("entry").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const key = at("key").value.trim();
  at("key").value = "";
  enter(key);
});
at("mapping").addEventListener("change", () => {
  if (editor.text() !== state.saved && !confirm("Le texte a changé et n’est pas gardé. Ouvrir quand même l’autre ?")) at("mapping").value = state.name;
  else open(at("mapping").value);
});
at("document").addEventListener("change", () => {
  const wanted = at("document").value;
  if (wanted === PATIENT || wanted === MESSAGES) borrow(wanted);
  else { choose(wanted); soon(0); }
});
at("json").addEventListener("input", () => { at("document").value = PASTED; soon(); });
for (const radio of document.querySelectorAll("[name=view]")) {
  radio.addEventListener("change", () => {
    at("values").hidden = radio.value !== "values";
    at("tree").hidden = radio.value !== "tree";
  });
}
at("compare").addEventListener("click", () => compare());
at("next").addEventListener("click", nextVersion);
at("keep").addEventListener("click", keep);
at("back").addEventListener("click", goBack);
at("activation").addEventListener("submit", (submit) => { submit.preventDefault(); activate(); });
addEventListener("beforeunload", (leave) => { if (editor && editor.text() !== state.saved) leave.preventDefault(); });

const fragment = readFragment();
const admits = (scope) => (scope === "integrator" ? "" : "Cette clé n’est pas celle d’un intégrateur.");
if (fragment.get("cle")) enter(fragment.get("cle"));
else if (await resumeSession(admits, () => enter(""))) enter("");
