/* No sentence stands in the sources: between tags and in the attributes that people meet, only the catalogues speak. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "src");
const OWN_NAMES = new Set(["Lazaret"]);
const BETWEEN_TAGS = /<\/?[A-Za-z][\w.]*(?:\s[^<>]*)?>\s*([^<>{}]*\p{L}{2,}[^<>{}]*?)\s*<\//gu;
const ATTRIBUTE = /\b(?:aria-label|title|label|placeholder|description|alt|lead|caption|yes)="([^"]*\p{L}{2,}[^"]*)"/gu;
const FOREIGN = /\b(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/;

let problems = 0;

function report(file, text, at, what) {
  const line = text.slice(0, at).split("\n").length;
  console.error(`${path.relative(root, file)}:${line}: ${what}`);
  problems++;
}

function check(file) {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
  if (/\.tsx$/.test(file))
    for (const pattern of [BETWEEN_TAGS, ATTRIBUTE])
      for (const match of text.matchAll(pattern))
        if (!OWN_NAMES.has(match[1].trim())) report(file, text, match.index, `"${match[1].trim()}" is not from a catalogue`);
  const foreign = FOREIGN.exec(text);
  if (foreign) report(file, text, foreign.index, "the page speaks to nobody but its own console");
  if (/dangerouslySetInnerHTML|\.innerHTML\b|\beval\(/.test(text)) report(file, text, 0, "writes HTML or runs text");
}

function walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) walk(file);
    else if (/\.(tsx?|css)$/.test(entry.name)) check(file);
  }
}

walk(root);
console.log(`${problems} problems in the sources`);
process.exitCode = problems === 0 ? 0 : 1;
