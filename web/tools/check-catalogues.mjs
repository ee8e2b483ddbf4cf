/* Every sentence of the page stands in every catalogue, with every plural of the language and the same parameters. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "src");
const problems = [];

function flatten(value, key, out) {
  if (typeof value === "string") out.set(key, value);
  else if (Array.isArray(value)) value.forEach((v, i) => flatten(v, `${key}[${i}]`, out));
  else for (const [k, v] of Object.entries(value)) flatten(v, key === "" ? k : `${key}.${k}`, out);
  return out;
}

function load(language) {
  return flatten(JSON.parse(readFileSync(path.join(root, "locales", `${language}.json`), "utf8")), "", new Map());
}

const PLURAL = /_(zero|one|two|few|many|other)$/;
const stem = (key) => key.replace(PLURAL, "");
const parameters = (text) => [...new Set([...text.matchAll(/{{\s*(\w+)/g)].map((m) => m[1]))].sort().join(" ");

/* The stems of a catalogue: which are counted, and what their sentences name. */
function stems(catalogue) {
  const out = new Map();
  for (const [key, text] of catalogue) {
    const entry = out.get(stem(key)) ?? { forms: new Set(), parameters: new Set() };
    entry.forms.add(PLURAL.exec(key)?.[1] ?? "");
    for (const name of parameters(text).split(" ")) entry.parameters.add(name);
    entry.text = text;
    out.set(stem(key), entry);
  }
  return out;
}

function checkPlurals(language, all) {
  const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const [key, { forms }] of all) {
    if (forms.has("")) continue;
    for (const form of wanted) if (!forms.has(form)) problems.push(`${language}: ${key}: the form "${form}" is missing`);
  }
}

function compare(language, all, reference) {
  for (const [key, entry] of reference) {
    const own = all.get(key);
    if (own === undefined) problems.push(`${language}: ${key}: is missing`);
    else {
      const names = (e) => [...e.parameters].sort().join(" ").trim();
      if (names(own) !== names(entry))
        problems.push(`${language}: ${key}: names {${names(own)}}, English names {${names(entry)}}`);
    }
  }
  for (const key of all.keys()) if (!reference.has(key)) problems.push(`${language}: ${key}: is not in English`);
}

function checkTypography(catalogue) {
  for (const [key, text] of catalogue) {
    if (text.trim() === "") problems.push(`fr: ${key}: is empty`);
    if (/[ \u00a0][:;?!»]|«[ \u00a0]|'/.test(text))
      problems.push(`fr: ${key}: wants a narrow no-break space or a typographic apostrophe: ${text}`);
  }
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(file);
    else if (/\.tsx?$/.test(entry.name)) yield [path.relative(root, file), readFileSync(file, "utf8")];
  }
}

/* What the sources ask for: whole keys, and the beginnings of those that end in a code. */
function checkUse(reference) {
  const used = new Set();
  const beginnings = new Set();
  for (const [file, text] of sources(root)) {
    for (const [, , key] of text.matchAll(/(?:\bt\(|i18nKey=|text: )(["'])([\w.]+)\1/g)) {
      if (!reference.has(key) && ![...reference.keys()].some((k) => k.startsWith(`${key}[`)))
        problems.push(`${file}: "${key}" is in no catalogue`);
      used.add(key);
    }
    for (const [, start] of text.matchAll(/\bt\(`([^`$]*)\$\{/g)) beginnings.add(start);
    for (const [, family] of text.matchAll(/\bcodes\(\s*"(\w+)"/g)) beginnings.add(`${family}.`);
    for (const [, start] of text.matchAll(/`([a-z]+\.)\$\{code\}`/g)) beginnings.add(start);
  }
  for (const start of beginnings)
    if (![...reference.keys()].some((key) => key.startsWith(start)))
      problems.push(`no catalogue has a key that begins with "${start}"`);
  for (const key of reference.keys())
    if (!used.has(key) && ![...beginnings].some((start) => key.startsWith(start)))
      problems.push(`en: ${key}: is used nowhere`);
}

const english = load("en");
const reference = stems(english);
checkPlurals("en", reference);
checkUse(reference);
const others = readdirSync(path.join(root, "locales"))
  .map((file) => path.basename(file, ".json"))
  .filter((language) => language !== "en");
for (const language of others) {
  const catalogue = load(language);
  const all = stems(catalogue);
  checkPlurals(language, all);
  compare(language, all, reference);
  if (language === "fr") checkTypography(catalogue);
}

for (const problem of problems) console.error(problem);
console.log(`${english.size} texts in ${others.length + 1} languages, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
