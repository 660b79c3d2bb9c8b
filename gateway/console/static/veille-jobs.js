// The regular work of the nodes: how each job stands, and one run asked for now.
import { button, made, moment } from "/console/veille-draw.js";
import { cell, row } from "/console/tables.js";

const STATES = { done: ["fait", "good"], failed: ["en échec", "bad"], running: ["en cours", "waiting"], never: ["pas encore passé", "waiting"] };

const took = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toLocaleString("fr-FR", { maximumFractionDigits: 1 })} s`);

export function drawJobs(jobs, run) {
  const failed = jobs.filter((job) => job.state === "failed").length;
  const place = document.getElementById("jobs-state");
  place.className = `verdict ${failed ? "bad" : "good"}`;
  const text = failed === 0 ? `${jobs.length} travaux, aucun en échec.` : failed === 1 ? "Un travail en échec." : `${failed} travaux en échec.`;
  if (place.textContent !== text) place.textContent = text;
  document.getElementById("jobs-body").replaceChildren(...jobs.map((job) => {
    const last = job.runs[0];
    const [state, look] = STATES[last.state];
    const told = last.error ? `${state} (${last.error})` : job.ordered ? `${state}, demandé` : state;
    return row("", cell("th", job.label, "", "row"), cell("td", told, look), cell("td", last.started_at ? moment(last.started_at) : "–"),
      cell("td", last.seconds === null ? "–" : took(last.seconds), "number"),
      cell("td", last.next_at ? moment(last.next_at) : "–"), cell("td", job.one_node ? last.node : job.runs.length === 1 ? last.node : `${job.runs.length} nœuds`),
      made("td", "", button("Lancer maintenant", () => run(job), job.label)));
  }));
}
