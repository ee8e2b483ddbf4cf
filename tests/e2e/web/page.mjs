/* The story that page.sh runs. Prints "ok - …" and "not ok - …". */
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { barriers, focusIsSeen, launch, say, sidewaysScroll, tabTo, Witness } from "./browser.mjs";

const { LAZ_BUILD: build, LAZ_PAGE: origin, LAZ_PASSWORD: password, LAZ_DATA: data, LAZ_WORK: work } = process.env;
const share = path.join(data, "share");
const shots = path.join(work, "shots");
const DAY = 86_400_000;
const SEEN_MS = 15_000;
const MODE = 0o640;
const NAME = "ward 3 – été <img src=x onerror=alert(1)> \u202emoc.com";
const SHOWN = NAME.replace("\u202e", "\\u202e"); /* nothing turns the letters around */

/* The anti-malware test file, in pieces so that it does not lie whole in our sources. Its definition allows blanks at
 * the end: with them, allowing this content by putting it back does not allow the demo's. */
const SAMPLE = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*", "  \r\n"].join("");

mkdirSync(shots, { recursive: true });

async function step(text, act) {
  try {
    const problem = await act();
    say(problem === undefined || problem === "", text, problem);
    return problem === undefined || problem === "";
  } catch (error) {
    say(false, text, error.stack ?? error);
    return false;
  }
}

const browser = await launch();
const context = await browser.newContext({
  ignoreHTTPSErrors: true,
  viewport: { width: 1360, height: 900 },
  locale: "en-GB",
  colorScheme: "light",
  reducedMotion: "reduce",
});
const page = await context.newPage();
const witness = new Witness();
await witness.watch(page, origin);

async function settle() {
  await page.waitForSelector("h1");
  await page.waitForFunction(() => document.querySelector(".waiting") === null);
  await page.evaluate(() => document.fonts.ready);
}

async function choose(scheme) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.waitForSelector(`html[data-mantine-color-scheme=${scheme}]`);
  await sleep(100); /* reduced motion is not no motion: a change of colour takes a moment */
}

async function open(place) {
  await page.goto(origin + place);
  await settle();
}

/* A mark that a reload would wipe away. */
const stamp = () => page.evaluate(() => (window.stillHere = true));
const isStamped = () => page.evaluate(() => window.stillHere === true);

async function signInByKeyboard() {
  await page.keyboard.press("Tab");
  await tabTo(page, "input[name=username]");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("admin");
  await tabTo(page, "input[name=password]");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".truth");
}

await step("the first screen says where the password is and how to make a new one", async () => {
  witness.isListening = false; /* the browser itself reports the answer 401 to "who am I?" */
  await open("/incidents?state=all");
  const text = await page.textContent(".sign-card");
  if (!text.includes("printed once") || !text.includes("lazaret console reset-admin")) return text;
});

await step("a wrong password is refused in words", async () => {
  await page.fill("input[name=password]", "not the password");
  await page.click("button[type=submit]");
  await page.waitForSelector("[role=alert]");
  const text = await page.textContent("[role=alert]");
  if (!text.includes("wrong")) return text;
});

for (const scheme of ["light", "dark"])
  await step(`sign-in has no barrier in ${scheme}`, async () => {
    await choose(scheme);
    const found = await barriers(page);
    await page.screenshot({ path: path.join(shots, `sign-in-en-${scheme}.png`) });
    return found.join("\n");
  });

const isIn = await step("signing in goes on to the page that was asked for", async () => {
  await choose("light");
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[role=radiogroup]");
  witness.isListening = true;
  if (!page.url().endsWith("/incidents?state=all")) return page.url();
});
if (!isIn) process.exit(1);

await step("the overview says that the hospital is protected, and by how much", async () => {
  await open("/");
  await page.waitForFunction(() => document.querySelector(".truth-line")?.textContent === "This hospital is protected");
  await page.waitForSelector(".live[data-state=live]");
  const more = await page.textContent(".truth-more");
  if (!more.includes("1 server reports in. 1 folder is guarded.")) return more;
});

const target = path.join(share, NAME);
const wasSeen = await step("malware on the guarded folder appears on the page without a reload", async () => {
  await stamp();
  writeFileSync(target, SAMPLE, { mode: MODE });
  await page.getByText(`${SHOWN} was moved to quarantine`).first().waitFor({ timeout: SEEN_MS });
  if (!(await isStamped())) return "the page was loaded again";
  if (existsSync(target)) return "the file is still there";
  if ((await page.locator(".event img").count()) > 0) return "a name became a picture";
});
if (!wasSeen) await page.screenshot({ path: path.join(shots, "not-seen.png"), fullPage: true });

await step("and is counted: an open incident, a file in quarantine", async () => {
  await page.waitForFunction(() => {
    const values = [...document.querySelectorAll(".tile-value")].map((e) => e.textContent);
    return values[1] === "1" && values[3] === "1";
  });
  if (!(await isStamped())) return "the page was loaded again";
});

await step("by keyboard alone: from the event to its incident, with the focus always seen", async () => {
  await page.focus("body");
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.className);
  if (!first.includes("skip")) return `the first stop is "${first}", not the skip link`;
  await page.keyboard.press("Enter");
  if (!(await page.evaluate(() => document.activeElement.id === "main"))) return "the skip link does not reach the content";
  await tabTo(page, ".event .event-link[href^='/incidents/']");
  if (!(await focusIsSeen(page))) return "the focus is not seen";
  await page.keyboard.press("Enter");
  await page.waitForSelector(".story");
});

await step("the incident tells what happened, what was done, and what to do next", async () => {
  await settle();
  const story = await page.textContent(".story");
  for (const part of ["What happened", SHOWN, "moved to quarantine, byte for byte", "What to do next", "false alarm"])
    if (!story.includes(part)) return `"${part}" is missing in: ${story}`;
  const process = await page.textContent(".column-slim");
  if (!process.includes("node")) return `the program is not named: ${process}`;
  if ((await page.locator(".events-line .event").count()) < 1) return "the time line is empty";
});

await step("by keyboard alone: from the incident to quarantine, and the file is put back", async () => {
  await tabTo(page, ".place[href='/quarantine']");
  if (!(await focusIsSeen(page))) return "the focus is not seen";
  await page.keyboard.press("Enter");
  await page.waitForSelector(".rows");
  await tabTo(page, "button[aria-label^='Restore ward 3']");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[role=dialog]");
  const said = await page.textContent("[role=dialog]");
  if (!said.includes(path.join(share, SHOWN)) || !said.includes("same content, owner, rights and times")) return said;
  await tabTo(page, "[role=dialog] button:last-of-type:not([data-autofocus])");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".pill[data-tone=good]", { timeout: SEEN_MS });
  const state = await page.textContent(".rows .pill");
  if (state !== "Restored") return state;
  if (!(await isStamped())) return "the page was loaded again";
});

await step("the file on the disk is what it was, byte for byte, with its rights", async () => {
  for (let i = 0; i < 50 && !existsSync(target); i++) await sleep(100);
  const bytes = readFileSync(target);
  const sum = (data) => createHash("sha256").update(data).digest("hex");
  if (sum(bytes) !== sum(SAMPLE)) return `the bytes differ: ${bytes.length}`;
  const mode = statSync(target).mode & 0o777;
  if (mode !== MODE) return `the mode is ${mode.toString(8)}`;
  rmSync(target);
});

await step("an incident is closed with a reason, and opened again", async () => {
  await open("/incidents");
  await page.click(".row-link");
  await page.waitForSelector(".story");
  await page.getByRole("button", { name: "Close incident" }).click();
  await page.getByRole("radio", { name: "Test" }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Close incident" }).click();
  await page.getByRole("button", { name: "Reopen" }).waitFor();
  await page.locator(".page-head .pill", { hasText: "Test" }).waitFor();
  await page.getByRole("button", { name: "Reopen" }).click();
  await page.getByRole("button", { name: "Close incident" }).waitFor();
});

await step("one line to copy adds a server", async () => {
  await open("/endpoints");
  let asked = 0;
  page.on("request", (request) => (asked += request.url().endsWith("/enrolment-tokens") ? 1 : 0));
  await page.getByRole("button", { name: "Add a server" }).click();
  const make = page.getByRole("button", { name: "Make the command" });
  await make.waitFor();
  await sleep(300);
  if (asked !== 0) return "a token is made before anybody asks for it";
  await make.click();
  const code = page.locator(".copy-line code");
  await code.waitFor();
  const line = await code.textContent();
  if (!/ --console \S+ --token \S+ --pin \S+ --protect \/srv$/.test(line)) return line;
  await page.getByLabel("Folder to guard").fill("/srv/ward 3's $& files");
  const quoted = await code.textContent();
  if (!quoted.endsWith(` --protect '/srv/ward 3'\\''s $& files'`)) return quoted;
  if (asked !== 1) return `${asked} tokens were made`;
  await page.screenshot({ path: path.join(shots, "add-server-en-light.png") });
  await page.keyboard.press("Escape");
});

await step("the audit log names who signed in and who put the file back", async () => {
  await open("/audit");
  const text = await page.textContent(".rows");
  if (!text.includes("admin") || !text.includes("Ordered to put a file back")) return text;
});

await step("ransomware is stopped, and the page tells live how many files were put back", async () => {
  await open("/");
  await page.waitForSelector(".live[data-state=live]");
  await stamp();
  const demo = await promisify(execFile)(path.join(build, "lazaret"), ["demo", "--data", data]).catch((e) => e);
  if (demo.code) return `lazaret demo: ${demo.stdout}${demo.stderr}`;
  await page.getByText(/files were put back after the attack/).first().waitFor({ timeout: SEEN_MS });
  if (!(await isStamped())) return "the page was loaded again";
});

await step("and what could not be checked is told, not hidden", async () => {
  await page.waitForFunction(() => Number(document.querySelector(".honest-value")?.textContent) > 0, null, {
    timeout: 40_000,
  });
  if (!(await isStamped())) return "the page was loaded again";
  await page.setViewportSize({ width: 1360, height: 1120 });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: path.join(shots, "screenshot.png") });
  await page.setViewportSize({ width: 1360, height: 900 });
});

await step("the incident of the ransomware tells that the program was stopped", async () => {
  await open("/incidents?state=all");
  await page.getByRole("link", { name: "Ransomware stopped" }).first().click();
  await page.waitForSelector(".story");
  const story = await page.textContent(".story");
  if (!story.includes("The program was stopped.") || !/[1-9]\d* files were put back/.test(story)) return story;
});

/* As 'lazaret content' leaves word of its sources, for the agent to tell. */
function tellSources(failing) {
  const now = Date.now();
  const well = { error: "", outcome: "same", checked: now - 60_000, good: now - 60_000, failing: 0 };
  const ill = { error: "the server says 403", outcome: "forbidden", checked: now, good: now - 5 * DAY, failing: now - 4 * DAY };
  const list = [
    { id: "partner", kind: "taxii", licence: "TLP:GREEN", ...(failing ? ill : well) },
    { id: "own-rules", kind: "folder", licence: "our own", ...well },
  ];
  const said = { sources: 2, failing: failing ? 1 : 0, held: false, problem: failing ? ill.error : "", list };
  writeFileSync(path.join(process.env.LAZ_DATA, "db", "sources.json"), JSON.stringify(said));
}

await step("a source of content that fails for days is told on the overview, and what helps on the server's page", async () => {
  tellSources(true);
  await open("/");
  await page.getByText("A source of detection content has failed for days").first().waitFor({ timeout: SEEN_MS });
  await page.waitForFunction(() => document.querySelector(".truth-line")?.textContent.startsWith("Protected, but"));
  await page.click(".next-link[href^='/endpoints/']");
  await settle();
  const text = await page.getByRole("region", { name: "Detection content" }).textContent();
  const wanted = ["partner", "TLP:GREEN", "It refused us", "the server says 403", "content show partner", "own-rules"];
  return wanted.filter((w) => !text.includes(w)).join(", ");
});

async function hrefOf(place, selector) {
  await open(place);
  return page.getAttribute(selector, "href");
}

const places = [
  ["overview", "/"],
  ["incidents", "/incidents?state=all"],
  ["incident", await hrefOf("/incidents?state=all", ".row-link")],
  ["servers", "/endpoints"],
  ["server", await hrefOf("/endpoints", ".row-link")],
  ["add-server", "/endpoints?add"],
  ["quarantine", "/quarantine"],
  ["audit", "/audit"],
  ["account", "/account"],
  ["not-found", "/nothing-here"],
];

async function chooseLanguage(language) {
  await page.evaluate((l) => localStorage.setItem("lazaret.language", l), language);
}

for (const language of ["en", "fr"]) {
  await chooseLanguage(language);
  for (const scheme of ["light", "dark"]) {
    await choose(scheme);
    for (const [name, place] of places)
      await step(`${name} has no barrier in ${language}, ${scheme}`, async () => {
        await open(place);
        await page.screenshot({ path: path.join(shots, `${name}-${language}-${scheme}.png`) });
        return (await barriers(page)).join("\n");
      });
  }
}

await step("no page scrolls sideways on a telephone, nor at 400 % zoom", async () => {
  await choose("light");
  const wide = [];
  for (const width of [380, 320]) {
    await page.setViewportSize({ width, height: 720 });
    for (const [name, place] of places) {
      await open(place);
      const over = await sidewaysScroll(page);
      if (over > 0) wide.push(`${name} at ${width}: ${over} px`);
      if (width === 380) await page.screenshot({ path: path.join(shots, `${name}-fr-narrow.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1360, height: 900 });
  return wide.join("\n");
});

await step("on a telephone the keyboard never lands on what cannot be seen, and opens the menu", async () => {
  await page.setViewportSize({ width: 380, height: 720 });
  await open("/");
  for (let i = 0; i < 24; i++) {
    await page.keyboard.press("Tab");
    const box = await page.evaluate(() => {
      const { left, right, width } = document.activeElement.getBoundingClientRect();
      return { left, right, width, what: document.activeElement.outerHTML.slice(0, 120) };
    });
    if (box.width > 0 && (box.right <= 0 || box.left >= 380)) return box.what;
  }
  await page.click(".top button[aria-expanded]");
  await page.click(".place[href='/quarantine']");
  await page.waitForSelector(".rows");
  await page.setViewportSize({ width: 1360, height: 900 });
});

await step("when all sources are well again, so is the overview", async () => {
  tellSources(false);
  await open("/");
  await page.waitForFunction(() => document.querySelector(".truth-line")?.textContent === "Cet hôpital est protégé");
});

await step("no sentence is English on the French page", async () => {
  await open("/");
  const text = await page.textContent("body");
  const strangers = ["protected", "quarantine (", "What happened", "Add a server", "Overview"].filter((w) => text.includes(w));
  if (!text.includes("Cet hôpital est protégé")) return text.slice(0, 400);
  return strangers.join(", ");
});

await step("the chart has a table with the same numbers", async () => {
  await page.getByRole("button", { name: "Afficher en tableau" }).click();
  const rows = await page.locator(".numbers tbody tr").count();
  if (rows !== 24) return `${rows} rows`;
});
await chooseLanguage("en");

await step("nothing was complained of, asked elsewhere, or refused by the content policy", async () => {
  return [
    ...witness.complaints.map((c) => `console: ${c}`),
    ...witness.strangers.map((s) => `elsewhere: ${s}`),
    ...witness.violations.map((v) => `policy: ${v}`),
  ].join("\n");
});

witness.isListening = false; /* from here on the network is cut on purpose */

await step("a lost session asks for the password and goes on where one was", async () => {
  await open("/quarantine");
  await context.clearCookies();
  await page.click(".place[href='/audit']");
  await page.waitForSelector(".sign-card");
  const text = await page.textContent(".sign-card");
  if (!text.includes("Your session has ended")) return text;
  await page.keyboard.press("Tab");
  await tabTo(page, "input[name=password]");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".page-title");
  if (!page.url().endsWith("/audit")) return page.url();
});

await step("a lost connection is said, and the page goes on by itself when it is back", async () => {
  await open("/");
  await page.waitForSelector(".live[data-state=live]");
  await context.setOffline(true);
  await page.waitForSelector(".offline");
  await page.screenshot({ path: path.join(shots, "lost-en-light.png") });
  await context.setOffline(false);
  await page.waitForSelector(".live[data-state=live]", { timeout: 30_000 });
  if ((await page.locator(".offline").count()) > 0) return "the banner stays";
});

await step("a killed console is started again, and the page goes on with the same session", async () => {
  await stamp();
  const pid = spawnSync("pgrep", ["-f", `lazaret-consoled run --data ${data}/`], { encoding: "utf8" }).stdout.split("\n")[0];
  if (!(Number(pid) > 1)) return "the console's process is not found";
  process.kill(Number(pid), "SIGKILL");
  await page.waitForSelector(".offline");
  await page.waitForSelector(".live[data-state=live]", { timeout: 30_000 });
  await page.waitForSelector(".truth");
  if (!(await isStamped())) return "the page was loaded again";
});

await step("signing out closes the session on the server too", async () => {
  await page.getByRole("button", { name: /Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForSelector(".sign-card");
  const answer = await page.evaluate(async () => (await fetch("/api/v1/overview")).status);
  if (answer !== 401) return `the console still answers ${answer}`;
});

await step("and the keyboard alone signs in again", signInByKeyboard);

await browser.close();
