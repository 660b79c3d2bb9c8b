// Codes that messages carried and that no table has: how often, when last, what becomes of them; each is made into a pair here.
import { make, tell } from "/console/studio-draw.js";

const at = (id) => document.getElementById(id);
const BECOMES = { hold: "retenu", raw: "envoyé tel quel", refuse: "refusé" };
const WHEN = new Intl.DateTimeFormat("fr-FR", { dateStyle: "short", timeStyle: "short" });
const FIELDS = { wire: "wire", label: "label", source: "source-of-pair" };

// `ask` speaks to the gateway, `pairsOf` gives the pairs that a table has, `wordsOf` says an error in words.
export function codesPanel({ ask, pairsOf, wordsOf }) {
  let codes = [];
  let chosen = null;

  async function follow() {
    codes = (await ask("/unknown-codes")).codes;
    at("unknown").textContent = `Codes inconnus : ${codes.length}`;
    at("unknown").classList.toggle("bad", codes.length > 0);
    draw();
  }

  function draw() {
    at("codes-table").hidden = codes.length === 0;
    at("codes-none").hidden = codes.length > 0;
    at("codes-body").replaceChildren(...codes.map((one) => {
      const row = make("tr");
      const name = make("th");
      name.scope = "row";
      const button = make("button", one.code, "link");
      button.type = "button";
      button.setAttribute("aria-label", `Faire une paire de ${one.code} dans ${one.table}`);
      button.addEventListener("click", () => choose(one));
      name.append(button);
      row.append(name, make("td", one.table), make("td", String(one.times), "number"), make("td", WHEN.format(new Date(one.last_at))), make("td", BECOMES[one.policy] ?? one.policy));
      return row;
    }));
    const still = codes.find((one) => one.table === chosen?.table && one.code === chosen.code);
    if (!still) put(null);
  }

  const buttons = () => [...at("codes-body").querySelectorAll("button")];

  function put(one) {
    chosen = one;
    at("pair").hidden = one === null;
    [...at("codes-body").rows].forEach((row, n) => row.setAttribute("aria-current", String(codes[n] === one)));
  }

  function choose(one) {
    put(one);
    at("pair").reset();
    at("pair-title").textContent = `Paire pour « ${one.code} » de ${one.table}`;
    at("wires").replaceChildren(...pairsOf(one.table).map((pair) => new Option(`${pair.label} (${pair.canon})`, pair.wire)));
    tell("codes-state", "");
    at("codes-body").querySelector('[aria-current="true"]').scrollIntoView({ block: "nearest" });
    at("wire").focus();
  }

  async function add() {
    const { table, code } = chosen;
    const said = Object.fromEntries(Object.entries(FIELDS).map(([name, id]) => [name, at(id).value.trim()]));
    try {
      const { file } = await ask("/tables/pairs", { table, canon: code, ...said, lossy: at("lossy").checked });
      await follow();
      at("files").hidden = false;
      tell("codes-state", `${code} → ${said.wire} est écrit dans ${file}. Rien n’est changé à ce qui part avant la mise en vigueur des fichiers.`, "good");
      (buttons()[0] ?? at("files-why")).focus();
    } catch (error) { tell("codes-state", wordsOf(error), "bad"); }
  }

  async function putInForce() {
    try {
      await ask("/activations", { use: "files", why: at("files-why").value.trim() });
      at("files").reset();
      at("files").hidden = true;
      tell("codes-state", "Les fichiers sont en vigueur. Un message retenu part quand on le rejoue.", "good");
      at("codes-close").focus();
    } catch (error) { tell("codes-state", wordsOf(error), "bad"); }
  }

  async function open() {
    try { await follow(); } catch (error) { tell("told", wordsOf(error), "bad"); return; }
    tell("codes-state", "");
    at("codes").showModal();
    (buttons()[0] ?? at("codes-close")).focus();
  }

  at("unknown").addEventListener("click", open);
  at("codes-close").addEventListener("click", () => at("codes").close());
  at("pair").addEventListener("submit", (submit) => { submit.preventDefault(); add(); });
  at("files").addEventListener("submit", (submit) => { submit.preventDefault(); putInForce(); });
  at("codes-body").addEventListener("keydown", (press) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[press.key];
    const all = buttons();
    const now = all.indexOf(document.activeElement);
    if (!step || now < 0) return;
    press.preventDefault();
    all[(now + step + all.length) % all.length].focus();
  });
  return { follow, open };
}
