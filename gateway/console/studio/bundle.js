// What the studio uses of CodeMirror, and nothing else.
export { basicSetup, EditorView } from "codemirror";
export { acceptCompletion, autocompletion } from "@codemirror/autocomplete";
export { indentWithTab } from "@codemirror/commands";
export { yaml } from "@codemirror/lang-yaml";
export { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
export { setDiagnostics } from "@codemirror/lint";
export { EditorState, StateEffect, StateField } from "@codemirror/state";
export { Decoration, keymap, WidgetType } from "@codemirror/view";
export { tags } from "@lezer/highlight";
