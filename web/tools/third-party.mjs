/* Writes third-party.txt beside the page: the name, version and licence text of every package in the bundle. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

function packageOf(id) {
  const marker = `${path.sep}node_modules${path.sep}`;
  const at = id.lastIndexOf(marker);
  if (at < 0) return null;
  const parts = id.slice(at + marker.length).split(path.sep);
  const name = parts[0].startsWith("@") ? `${parts[0]}/${parts[1]}` : parts[0];
  return { name, folder: id.slice(0, at + marker.length) + name };
}

function licenceText(folder) {
  const file = readdirSync(folder)
    .filter((f) => /^licen[cs]e(\.|$)/i.test(f))
    .sort()[0];
  return file ? readFileSync(path.join(folder, file), "utf8").replace(/\r\n/g, "\n").trim() : "";
}

export function thirdParty() {
  const folders = new Map();
  const note = (id) => {
    const found = packageOf(path.normalize(id.replace(/^\0/, "").split("?")[0]));
    if (found) folders.set(found.name, found.folder);
  };
  return {
    name: "third-party",
    apply: "build",
    moduleParsed(info) {
      note(info.id);
    },
    generateBundle() {
      note(path.resolve("node_modules/@fontsource-variable/inter/files/x"));
      const texts = [...folders.keys()].sort().map((name) => {
        const folder = folders.get(name);
        const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
        return `${name} ${manifest.version} (${manifest.license})\n\n${licenceText(folder)}\n`;
      });
      this.emitFile({
        type: "asset",
        fileName: "third-party.txt",
        source: texts.join(`\n${"-".repeat(72)}\n\n`),
      });
    },
  };
}
