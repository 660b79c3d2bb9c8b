// Bundles the editor once, and writes beside it the licence of every package that is in it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const VENDOR = "../static/vendor";
const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//;

const { metafile } = await build({
  entryPoints: ["bundle.js"],
  outfile: `${VENDOR}/codemirror.js`,
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/* CodeMirror 6 and what it stands on, MIT: see codemirror.LICENSE.txt. Made by ../../studio/build.mjs. */" },
  metafile: true,
});

const names = [...new Set(Object.keys(metafile.inputs).map((path) => PACKAGE.exec(path)?.[1]).filter(Boolean))].sort();
const notices = names.map((name) => {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (!file) throw new Error(`${name} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
});
writeFileSync(`${VENDOR}/codemirror.LICENSE.txt`, notices.join(`\n${"-".repeat(80)}\n\n`));
