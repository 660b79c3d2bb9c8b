// The editor of the rules. It lives in a shadow root: there CodeMirror builds its sheets by script, and the page's policy stays whole.
import {
  acceptCompletion, autocompletion, basicSetup, Decoration, EditorState, EditorView, HighlightStyle, indentWithTab, keymap,
  setDiagnostics, StateEffect, StateField, syntaxHighlighting, tags, WidgetType, yaml,
} from "/console/vendor/codemirror.js";
import { completing } from "/console/studio-words.js";

const MEANT = /vouliez-vous « (.+?) » \?/;
const SAID = /« (.+?) »/;

const PHRASES = {
  "Control character": "Caractère de contrôle", "Selection deleted": "Sélection effacée", "Folded lines": "Lignes repliées",
  "Unfolded lines": "Lignes dépliées", "folded code": "texte replié", "unfold": "déplier", "Fold line": "Replier", "Unfold line": "Déplier",
  "Go to line": "Aller à la ligne", "go": "aller", "Find": "Chercher", "Replace": "Remplacer", "next": "suivant", "previous": "précédent",
  "all": "tous", "match case": "casse", "by word": "mot entier", "regexp": "expression", "replace": "remplacer", "replace all": "tout remplacer",
  "close": "fermer", "current match": "occurrence", "on line": "ligne", "Completions": "Propositions", "Diagnostics": "Défauts", "No diagnostics": "Aucun défaut",
};

const look = EditorView.theme({
  "&": { height: "100%", fontSize: ".82rem", color: "var(--ink)", backgroundColor: "transparent" },
  ".cm-scroller": { fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', lineHeight: "1.45" },
  ".cm-content": { caretColor: "var(--ink)" },
  "&.cm-focused": { outline: "3px solid var(--focus)", outlineOffset: "-3px" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--sheet)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--focus) 9%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--focus) 30%, transparent)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--sheet)", color: "var(--ink)", border: "1px solid var(--soft)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--focus)", color: "var(--sheet)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: ".8", marginLeft: "1em" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintPoint-error::after": { borderBottomColor: "var(--bad)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-fault": { color: "var(--bad)", padding: "0 .5rem 0 1.5rem", whiteSpace: "normal", fontFamily: "system-ui, sans-serif" },
});

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--focus)" },
  { tag: [tags.string, tags.content], color: "var(--ink)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.bracket, tags.squareBracket, tags.brace], color: "var(--soft)" },
]);

export const sentence = (fault) => (fault.hint ? `${fault.message}, ${fault.hint}` : fault.message);

class FaultLine extends WidgetType {
  constructor(text) { super(); this.text = text; }
  eq(other) { return other.text === this.text; }
  toDOM() {
    const line = document.createElement("div");
    line.className = "cm-fault";
    line.textContent = `✗ ${this.text}`;
    return line;
  }
  ignoreEvent() { return true; }
}

const showLines = StateEffect.define();
const faultLines = StateField.define({
  create: () => Decoration.none,
  update(lines, change) {
    const told = change.effects.find((one) => one.is(showLines));
    return told ? told.value : lines.map(change.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function placed(doc, fault) {
  const line = doc.line(Math.min(Math.max(fault.line, 1), doc.lines));
  const from = Math.min(line.from + fault.column - 1, line.to);
  const word = /^["']?[^\s,}\]]*/.exec(doc.sliceString(from, line.to))[0];
  return { line, from, to: Math.max(from + word.length, Math.min(from + 1, line.to)) };
}

// What the gateway says was meant can be written in one gesture.
function mending(doc, from, fault) {
  const [meant, said] = [MEANT.exec(fault.hint)?.[1], SAID.exec(fault.message)?.[1]];
  if (!meant || !said || doc.sliceString(from, from + said.length) !== said) return [];
  return [{ name: `Écrire « ${meant} »`, apply: (view, at) => view.dispatch({ changes: { from: at, to: at + said.length, insert: meant } }) }];
}

// Makes the editor below `host`. `heard` is told of every change of the text, of the line, and of leaving by Tab.
export function openEditor(host, words, heard) {
  const root = host.attachShadow({ mode: "open" });
  const holder = root.appendChild(document.createElement("div"));
  holder.style.height = "100%";
  const leave = (view) => { view.setTabFocusMode(true); heard.leaving(true); return false; };
  const stay = (view) => { view.setTabFocusMode(false); heard.leaving(false); };
  const view = new EditorView({
    root,
    parent: holder,
    state: EditorState.create({
      extensions: [
        keymap.of([{ key: "Tab", run: acceptCompletion }, indentWithTab, { key: "Escape", run: leave }]),
        basicSetup,
        yaml(),
        autocompletion({ override: [completing(words)], icons: false }),
        syntaxHighlighting(colours),
        look,
        faultLines,
        EditorView.lineWrapping,
        EditorState.tabSize.of(2),
        EditorState.phrases.of(PHRASES),
        EditorView.contentAttributes.of({ "aria-label": "Règles de la correspondance, en YAML", lang: "en", spellcheck: "false" }),
        EditorView.domEventHandlers({ focus: (_, at) => { stay(at); } }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) { stay(update.view); heard.changed(); }
          if (update.docChanged || update.selectionSet) heard.moved(update.state.doc.lineAt(update.state.selection.main.head).number);
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    write: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } }),
    focus: () => view.focus(),
    goTo(line, column = 1) {
      const at = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: Math.min(at.from + column - 1, at.to) }, scrollIntoView: true });
      view.focus();
    },
    showFaults(faults) {
      const doc = view.state.doc;
      const found = faults.map((fault) => ({ fault, ...placed(doc, fault) })).sort((one, other) => one.from - other.from);
      const marks = found.map(({ fault, from, to }) => ({ from, to, severity: "error", message: sentence(fault), actions: mending(doc, from, fault) }));
      const lines = found.map(({ fault, line }) => Decoration.widget({ widget: new FaultLine(sentence(fault)), block: true, side: 1 }).range(line.to));
      view.dispatch(setDiagnostics(view.state, marks), { effects: showLines.of(Decoration.set(lines, true)) });
    },
  };
}
