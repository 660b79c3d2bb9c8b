// What partners said, in words, and what it asks of somebody. Text is set as text, never as HTML.
import { ask } from "/console/session.js";
import { button, made, moment } from "/console/veille-draw.js";

const at = (id) => document.getElementById(id);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const MASKED = "masqué : votre clé n’y donne pas droit";

// The list: what waits for somebody, or everything, the newest first.
export async function listReceived(fail) {
  const open = at("received-open").checked;
  try {
    const { received } = await ask(`/v1/hub/received${open ? "?tasks=open" : ""}`);
    at("received-state").textContent = received.length ? `${received.length} message${received.length > 1 ? "s" : ""}, le dernier reçu d’abord.` : open ? "Rien n’attend quelqu’un." : "Rien n’est encore venu.";
    at("received-list").replaceChildren(...received.map((one) => drawMessage(one, fail)));
  } catch (error) { fail(error, "received-state"); }
}

function drawMessage(one, fail) {
  const about = [moment(one.at), one.by && `de ${one.by}`, one.case_id && `dossier ${one.case_id}`, `${one.word}${one.code ? ` (${one.code})` : ""}`];
  const card = made("li", `card${one.task ? " waiting" : ""}`, made("h3", "", `${one.type ?? "inconnu"} n° ${one.number}`), made("p", "soft", about.filter(Boolean).join(" · ")));
  if (one.task) card.append(made("p", "bad", one.task.words));
  const buttons = made("div", "buttons", button("Lire", () => readMessage(one.number, fail), `message ${one.number}`));
  if (one.task) buttons.append(button("C’est fait", () => endTask(one.number, fail), `message ${one.number}`));
  card.append(buttons);
  return card;
}

async function endTask(number, fail) {
  try {
    await ask(`/v1/hub/received/${number}/done`, undefined, "POST");
    await listReceived(fail);
    at("received").focus();
  } catch (error) { fail(error, "received-state"); }
}

// One message, or a whole case.
export async function readMessage(number, fail) {
  try {
    show(`Message n° ${number}`, [await ask(`/v1/hub/received/${number}`)]);
  } catch (error) { fail(error, "received-state"); }
}

export async function readCase(id, fail) {
  try {
    const { contents } = await ask(`/v1/hub/contents?case_id=${encodeURIComponent(id)}`);
    show(`Dossier ${id}`, contents);
  } catch (error) { fail(error, "cases-state"); }
}

function show(title, contents) {
  at("content-title").textContent = title;
  at("content-body").replaceChildren(...contents.map(drawContent));
  at("content").hidden = false;
  at("content").focus();
  at("content").scrollIntoView({ block: "start" });
}

function drawContent(one) {
  const drawn = made("article", "part", made("h3", "", `${one.type ?? "inconnu"} n° ${one.number}, ${moment(one.at)}, de ${one.by ?? "inconnu"}`));
  if (one.task) drawn.append(made("p", "bad", one.task.words));
  if (one.unread) drawn.append(made("p", "bad", one.unread));
  drawn.append(drawLines(one.lines));
  const remarks = [...one.remarks.map((each) => [each.path, each.text]), ...one.other.map((each) => [each.path, each.masked ? MASKED : each.value])];
  if (remarks.length) drawn.append(made("h4", "", "Reçu aussi, tel quel"), made("dl", "content", ...remarks.flatMap(([path, text]) => [made("dt", "", made("code", "", path)), made("dd", "", text)])));
  return drawn;
}

function drawLines(lines) {
  return made("dl", "content", ...lines.flatMap((line) => [made("dt", "", line.label), made("dd", "", ...drawValue(line))]));
}

function drawValue(line) {
  if (line.masked) return [made("span", "soft", MASKED)];
  if (line.lines) return [drawLines(line.lines)];
  if (line.items) return line.items.map(drawLines);
  return [INSTANT.test(line.value) ? moment(line.value) : line.value];
}
