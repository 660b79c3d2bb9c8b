// What may be said at the cursor: paths and codes, targets, tables, formats, keys, from the words that the gateway gave.

const PATH_KEY = /\b(from|each):\s*"?([\w.]*)$/;
const PATH_LIST = /\b(?:first|uses):\s*\[[^\]]*?([\w.]*)$/;
const EXPRESSION = /\b(?:when|compute):\s*(["']?)((?:(?!\1[,}\s]|\1$).)*)$/;
const COMPARED = /([A-Za-z_][\w.]*)\s*(?:[!=]=|\bin\s+\[(?:[^\]]*,)?)\s*(['"]?)([\w?]*)$/;
const TABLE = /\btable:\s*([\w./-]*)$/;
const FORMAT = /\bformat:\s*(\w*)$/;
const TO = /\bto:\s*"?([@#$\w.[\]]*)$/;
const VALUE = /\bvalue:\s*"?([\w?]*)$/;
const HEAD = /^(topic|recipient|extends):\s*([\w@/.-]*)$/;
const FLAG = /\boptional:\s*(\w*)$/;
const RULE_KEY = /(?:[{,]\s*|^\s*-\s+|^\s{4,})([a-z]*)$/;
const FILE_KEY = /^([a-z]*)$/;

const plain = (label, detail = "", type = "keyword") => ({ label, detail, type });

function pathOption(one) {
  const told = [one.kind, one.nullable ? "parfois absent" : "", one.of ? `dans ${one.of}` : ""].filter(Boolean).join(", ");
  return { label: one.path, detail: told, info: one.codes.length ? `Codes : ${one.codes.join(", ")}` : undefined, type: "property" };
}

const unnumbered = (path) => path?.replace(/\[\d+\]/g, "");

// The lines of the rule that the cursor is in: a rule begins at a dash.
function ruleAround(doc, number) {
  let first = number;
  while (first > 1 && !/^\s*-\s/.test(doc.line(first).text) && number - first < 12) first -= 1;
  const lines = [doc.line(first).text];
  for (let n = first + 1; n <= doc.lines && n - first < 12 && !/^\s*-\s|^\S/.test(doc.line(n).text); n += 1) lines.push(doc.line(n).text);
  return lines.join("\n");
}

function valueOptions(rule, words) {
  const said = (key) => new RegExp(`\\b${key}:\\s*"?([@\\w./[\\]-]+)`).exec(rule)?.[1];
  const target = words.targets.find((one) => unnumbered(one.path) === unnumbered(said("to")));
  const table = words.tables.find((one) => one.table === said("table"));
  const seen = new Map((target?.codes ?? []).map((code) => [code, plain(code, "au contrat", "enum")]));
  for (const pair of table?.pairs ?? []) seen.set(pair.wire, plain(pair.wire, pair.label, "enum"));
  return [...seen.values()];
}

function expressionOptions(text, words) {
  const compared = COMPARED.exec(text);
  const path = compared && words.paths.find((one) => one.path === compared[1]);
  if (path?.codes.length) {
    const quote = compared[2] ? "" : "'";
    return [compared[3], path.codes.map((code) => ({ ...plain(code, compared[1], "enum"), apply: `${quote}${code}${quote}` }))];
  }
  const calls = words.functions.map((name) => plain(name, "fonction", "function"));
  return [/[\w.]*$/.exec(text)[0], [...words.paths.filter((one) => !one.group).map(pathOption), ...calls]];
}

function offered(before, doc, number, words) {
  let found;
  if ((found = EXPRESSION.exec(before)) && (found[1] || !/[,}]/.test(found[2]))) return expressionOptions(found[2], words);
  if ((found = PATH_KEY.exec(before))) {
    const wanted = words.paths.filter((one) => (found[1] === "each" ? one.list : !one.group && !one.list));
    return [found[2], wanted.map(pathOption)];
  }
  if ((found = PATH_LIST.exec(before))) return [found[1], words.paths.filter((one) => !one.group).map(pathOption)];
  if ((found = TABLE.exec(before))) {
    return [found[1], words.tables.map((one) => ({ ...plain(one.table, `${one.pairs.length} paires`, "constant"), info: one.pairs.map((pair) => `${pair.canon} → ${pair.wire}`).slice(0, 20).join(", ") }))];
  }
  if ((found = FORMAT.exec(before))) return [found[1], words.formats.map((name) => plain(name, "format"))];
  if ((found = TO.exec(before))) {
    const told = (one) => [one.kind, one.required ? "obligatoire" : "facultatif"].join(", ");
    return [found[1], words.targets.map((one) => ({ ...plain(one.path, told(one), "property"), info: one.codes.length ? `Codes : ${one.codes.join(", ")}` : undefined }))];
  }
  if ((found = VALUE.exec(before))) return [found[1], valueOptions(ruleAround(doc, number), words)];
  if ((found = FLAG.exec(before))) return [found[1], [plain("true")]];
  if ((found = HEAD.exec(before))) {
    const known = { topic: words.topics, recipient: words.recipients, extends: words.mappings }[found[1]];
    return [found[2], known.map((name) => plain(name))];
  }
  if ((found = FILE_KEY.exec(before))) return [found[1], words.file_keys.map((key) => ({ ...plain(key, "clé"), apply: `${key}: ` }))];
  if ((found = RULE_KEY.exec(before))) return [found[1], words.rule_keys.map((key) => ({ ...plain(key, "clé"), apply: `${key}: ` }))];
  return null;
}

// A completion source of CodeMirror over the words of the moment.
export function completing(wordsNow) {
  return (context) => {
    const words = wordsNow();
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    const [typed, options] = (words && offered(before, context.state.doc, line.number, words)) ?? [];
    if (!options?.length || (!typed && !context.explicit && !/[:[{,'"]\s*$/.test(before))) return null;
    return { from: context.pos - typed.length, options, validFor: /^[\w@#$./?[\]-]*$/ };
  };
}
