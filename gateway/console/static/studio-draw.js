// Draws what the gateway answered: values with their rules, pairs, faults, differences, decisions. Colour never speaks alone.
import { sentence } from "/console/studio-editor.js";

const at = (id) => document.getElementById(id);

export function make(tag, text = "", className = "") {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (className) node.className = className;
  return node;
}

export function tell(id, text, mood = "") {
  const node = at(id);
  node.textContent = text;
  node.classList.toggle("good", mood === "good");
  node.classList.toggle("bad", mood === "bad");
}

const many = (count, one, several) => `${count} ${count > 1 ? several : one}`;
const said = (value) => (value === null || value === undefined ? "absent" : JSON.stringify(value));

function jump(text, go, line, column) {
  const button = make("button", text, "link");
  button.type = "button";
  button.addEventListener("click", () => go(line, column));
  return button;
}

export function drawFaults(faults, go) {
  tell("faults-state", faults.length ? many(faults.length, "défaut", "défauts") : "Aucun défaut.", faults.length ? "bad" : "good");
  at("faults-list").replaceChildren(...faults.map((fault) => {
    const item = make("li");
    const place = `${fault.file ?? "texte"}:${fault.line}:${fault.column}`;
    item.append(fault.file ? make("span", `${place} `) : jump(place, go, fault.line, fault.column), ` ${sentence(fault)}`);
    return item;
  }));
}

export function drawResult(told, go) {
  const wrong = told.steps.filter((step) => step.error).length;
  const refused = wrong ? `Refusé : ${many(wrong, "règle ne peut pas être tenue", "règles ne peuvent pas être tenues")}.` : `Refusé : ${told.reason}.`;
  tell("result-state", told.ok ? "Document produit." : refused, told.ok ? "good" : "bad");
  at("tree").textContent = told.result ? JSON.stringify(told.result, null, 2) : "";
  at("values-body").replaceChildren(...told.steps.map((step) => {
    const row = make("tr");
    if (step.line) row.dataset.line = step.line;
    const cell = make("td");
    cell.append(make("span", step.to, "to"), make("span", step.error ? `✗ ${step.error}` : said(step.value), step.error ? "value bad" : "value"));
    const rule = make("td", "", "number");
    rule.append(step.line ? jump(`l. ${step.line}`, go, step.line, 1) : make("span", step.place, "note"));
    row.append(cell, rule);
    return row;
  }));
}

// The values that the rule under the cursor made.
export function drawHere(line) {
  let first = null;
  for (const row of at("values-body").rows) {
    const here = row.dataset.line === String(line);
    row.classList.toggle("here", here);
    if (here) { row.setAttribute("aria-current", "true"); first ??= row; } else row.removeAttribute("aria-current");
  }
  first?.scrollIntoView({ block: "nearest" });
}

export function drawPairs(told, open) {
  const right = told.pairs.filter((pair) => pair.ok).length;
  const none = told.pairs.length === 0;
  const text = none ? "Aucune paire pour cette correspondance." : `${right} sur ${told.pairs.length} justes (${told.of})`;
  tell("pairs-state", text, none ? "" : right === told.pairs.length ? "good" : "bad");
  at("pairs-list").replaceChildren(...told.pairs.map((pair) => {
    const item = make("li", "", pair.ok ? "good" : "bad");
    const button = make("button", pair.case, "link");
    button.type = "button";
    button.addEventListener("click", () => open(pair.case));
    item.append(pair.ok ? "✓ juste " : "✗ fausse ", button, pair.reason ? ` : ${pair.reason}` : "");
    return item;
  }));
}

export function drawDifference(told) {
  const cases = Object.entries(told.changed);
  const text = cases.length ? `${told.old} → ${told.new} : ${cases.length} sur ${many(told.documents, "document part", "documents partent")} autrement.`
    : `${told.old} → ${told.new} : aucun des ${told.documents} documents ne change.`;
  tell("difference-state", text);
  at("difference").replaceChildren(...cases.map(([name, changes]) => {
    const table = make("table", "", "plain");
    const head = make("tr");
    for (const title of ["Champ", "Avant", "Après"]) { const cell = make("th", title); cell.scope = "col"; head.append(cell); }
    const body = table.createTBody();
    for (const change of changes) {
      const row = body.insertRow();
      for (const text of [change.to, said(change.old), said(change.new)]) row.insertCell().textContent = text;
    }
    table.createTHead().append(head);
    table.createCaption().textContent = name;
    return table;
  }));
}

export function drawHistory(decisions) {
  const rows = decisions.slice(0, 20).map((one) => {
    const when = new Date(one.at).toLocaleString("fr-FR", { dateStyle: "short", timeStyle: "short" });
    return make("li", `${when} – ${one.use} : ${one.previous ?? "rien"} → ${one.mapping}, par ${one.by} : ${one.why}`);
  });
  at("history").replaceChildren(...(rows.length ? rows : [make("li", "Aucune décision.")]));
}
