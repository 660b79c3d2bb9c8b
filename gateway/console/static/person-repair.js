// Two people taken for each other, or a bracelet read for the wrong one: mended as one act, which the same act undoes.
import { Refused, ask, session } from "/console/session.js";

const at = (id) => document.getElementById(id);
const state = { shown: null, done: () => {} };

// Offered on every record; the bracelet only where the person bears one.
export function offerRepair(event, patient, record) {
  const numbers = record.identifiers.filter((known) => !known.valid_to && ["sinus_tr", "sinus_hp"].includes(known.kind)).map((known) => known.value);
  state.shown = { event, patient, numbers };
  at("repair").hidden = false;
  at("repair-rebind").hidden = !numbers.length;
  at("repair-key-row").hidden = session.signs;
  at("repair-error").textContent = at("repair-told").textContent = "";
}

// Somebody is designated by a bracelet or a CATA code, never by a name: a name may be the very mistake.
export async function bearer(event, text, missing) {
  const found = await ask("/v1/search", { text });
  const people = found.persons.filter((person) => person.event_id === event && ["number", "code"].includes(person.found_by));
  if (people.length !== 1) throw new Refused(404, { title: missing });
  return people[0].patient_id;
}

async function mend(submit) {
  submit.preventDefault();
  const { event, patient, numbers } = state.shown;
  const below = `/v1/events/${encodeURIComponent(event)}`;
  const reason = at("repair-reason").value.trim();
  try {
    if (!session.signs) { session.key = at("repair-key").value.trim(); at("repair-key").value = ""; }
    const whom = await bearer(event, at("repair-other").value.trim(), "L’autre personne n’est pas trouvée dans cet événement : donner son bracelet ou son code CATA, entier.");
    if (submit.submitter.value === "swap") await ask(`${below}/identity-swap`, { patient_id: patient, other_patient_id: whom, reason });
    else await ask(`${below}/number-rebind`, { number: numbers[0], from_patient_id: patient, to_patient_id: whom, reason });
    at("repair-reason").value = at("repair-other").value = "";
    await state.done(event, patient);
    at("repair-told").textContent = submit.submitter.value === "swap" ? "Identités échangées. Refaire le même échange l’annule." : "Le bracelet est à l’autre personne. Le lui reprendre depuis sa fiche l’annule.";
  } catch (error) {
    if (error.status === 401) { session.key = ""; at("repair-key-row").hidden = false; }
    at("repair-error").textContent = error instanceof Refused ? error.message : "La passerelle ne répond pas ; rien n’a été changé.";
  }
}

export function repairing(done) {
  state.done = done;
  at("repair").addEventListener("submit", mend);
}
