// A neighbour has a record of its own under this person's SINUS number: the same person, or another. Somebody decides, with a reason.
import { Refused, ask, session } from "/console/session.js";

// The causes by which neighbours say so: `number_taken` of each neighbour.
export const TAKEN = ["sinus.numero_deja_attribue", "sivic.numero_porte_ailleurs"];
const WORDS = {
  same_person: "C’est la même personne",
  other_person: "C’est une autre personne",
  undecided: "Reprendre la décision",
};

const at = (id) => document.getElementById(id);
const state = { shown: null, done: () => {} };

// Offered where a destination refused the number, or where a decision stands that can be taken back.
export function offerDecision(event, patient, record, destinations) {
  const refused = destinations.some((side) => TAKEN.includes(side.cause?.code) && side.status !== "delivered");
  const numbers = record.identifiers.filter((known) => !known.valid_to && ["sinus_tr", "sinus_hp"].includes(known.kind)).map((known) => known.value);
  state.shown = { event, patient };
  at("number").hidden = !(refused || record.joined_number) || !numbers.length;
  at("number-words").textContent = record.joined_number
    ? `Quelqu’un a dit que la fiche tenue par les voisins sous ${record.joined_number} est celle de cette personne.`
    : "Un voisin a déjà une fiche sous ce numéro. Même personne : sa fiche devient la nôtre. Une autre : le numéro quitte celle-ci.";
  at("number-choice").replaceChildren(...numbers.map((number) => new Option(number, number)));
  at("number-choice-row").hidden = numbers.length < 2;
  for (const [choice, text] of Object.entries(WORDS)) {
    const button = at(`number-${choice}`);
    button.textContent = text;
    button.hidden = choice === "undecided" ? !record.joined_number : choice === "same_person" && Boolean(record.joined_number);
  }
  at("number-key-row").hidden = session.signs;
  at("number-error").textContent = "";
}

async function decide(submit) {
  submit.preventDefault();
  const { event, patient } = state.shown;
  const path = `/v1/events/${encodeURIComponent(event)}/patients/${encodeURIComponent(patient)}/number-decision`;
  try {
    if (!session.signs) { session.key = at("number-key").value.trim(); at("number-key").value = ""; }
    await ask(path, { choice: submit.submitter.value, reason: at("number-reason").value.trim(), number: at("number-choice").value });
    at("number-reason").value = "";
    state.done(event, patient);
  } catch (error) {
    if (error.status === 401) { session.key = ""; at("number-key-row").hidden = false; }
    at("number-error").textContent = error instanceof Refused ? error.message : "La passerelle ne répond pas ; rien n’a été décidé.";
  }
}

export function deciding(done) {
  state.done = done;
  at("number").addEventListener("submit", decide);
}
