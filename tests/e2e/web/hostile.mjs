/* The story that hostile.sh runs. Prints "ok - …" and "not ok - …". */
import { launch, say, Witness } from "./browser.mjs";

const { LAZ_PAGE: origin, LAZ_PASSWORD: password } = process.env;
const ENDPOINT = { id: "6f2b1c1e-0000-4000-8000-000000000000", name: "<b>ward</b>" };
const MARKUP = "</script><img src=x onerror=alert(1)><script>alert(1)</script>";
const NO_TEXT = { toString: 1, valueOf: 1 };

const plain = {
  id: 1, time: Date.now(), count: 1, endpoint: ENDPOINT, code: "file.blocked", severity: 4, path: "/srv/a.exe",
  process: { pid: 7, name: "cp", path: "/usr/bin/cp", command: "cp a b" }, user: "root", trigger: "open", action: "denied",
  verdict: "malicious", reason: "detected", detections: [], quarantine_id: null, incident: "1", params: {},
};

/* Each is what an agent can bring about: codes, texts and parameters are its own. */
const hostile = [
  ["a code that is the name of something in the language", { code: "constructor" }],
  ["another one", { code: "__proto__" }],
  ["a code that is half a code", { code: "agent" }],
  ["a code with markup", { code: MARKUP }],
  ["parameters that ask the translator for objects", { params: { returnDetails: true, returnObjects: true } }],
  ["parameters that choose language and words", { params: { lng: "zz", ns: "zz", defaultValue: MARKUP, count: MARKUP } }],
  ["parameters that are no text", { code: "hold.expired", params: { hold: NO_TEXT, hold_ms: NO_TEXT, x: [NO_TEXT] } }],
  ["reasons that are no text", { code: "actor.stopped", params: { reasons: [NO_TEXT, MARKUP, null, 7] } }],
  ["names with markup", { path: `/srv/${MARKUP}`, user: MARKUP, trigger: MARKUP, reason: MARKUP,
    process: { pid: 7, name: MARKUP, path: MARKUP, command: MARKUP } }],
  ["finds with markup", { detections: [{ name: MARKUP, kind: "constructor", member: MARKUP, source: MARKUP }] }],
];

const browser = await launch();
const page = await (await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" })).newPage();
const witness = new Witness();
await witness.watch(page, origin);
const dialogs = [];
page.on("dialog", (dialog) => {
  dialogs.push(dialog.message());
  void dialog.dismiss();
});

witness.isListening = false; /* the browser itself reports the answer 401 to "who am I?" */
await page.goto(origin);
await page.fill("input[name=username]", "admin");
await page.fill("input[name=password]", password);
await page.click("button[type=submit]");
await page.waitForSelector(".truth");
witness.isListening = true;

let recent = [];
await page.route("**/api/v1/overview", async (route) => {
  const answer = await route.fetch();
  await route.fulfill({ response: answer, json: { ...(await answer.json()), recent } });
});

async function show(events) {
  recent = events;
  await page.goto(origin);
  await page.waitForFunction((n) => document.querySelectorAll(".event").length === n || document.querySelector("main [role=alert]"), events.length);
  return page.evaluate(() => ({
    broken: document.querySelector("main [role=alert]") !== null,
    events: document.querySelectorAll(".event").length,
    strange: document.querySelectorAll("main img, main script, main b").length,
    text: document.querySelector("main").textContent,
  }));
}

for (const [text, change] of hostile) {
  try {
    const seen = await show([{ ...plain, ...change }, { ...plain, id: 2, path: "/srv/witness.exe" }]);
    const isGood = !seen.broken && seen.events === 2 && seen.strange === 0 && seen.text.includes("witness.exe could not be opened");
    say(isGood, `${text}: shown as words`, JSON.stringify(seen));
  } catch (error) {
    say(false, `${text}: shown as words`, error.stack);
  }
}

const spoofed = await show([{ ...plain, params: { replace: { file: "harmless.txt" }, file: "harmless.txt" } }]);
say(spoofed.text.includes("a.exe could not be opened"), "no parameter hides the real name", spoofed.text);

const burst = await show([{ ...plain, code: "file.incomplete", count: 1241, incident: null }]);
say(burst.text.includes("and 1,240 more like it"), "a burst is one line that says how many", burst.text);

const incident = {
  id: "1", code: "incident.malware_found", severity: 4, state: "open", endpoint: ENDPOINT, first: plain.time, last: plain.time,
  events: 1500, files: 1, process: plain.process, user: "root", detections: [], actions: ["denied"], files_restored: 0,
  close_reason: null, comment: null, timeline_hole: { after: 2, events: 1496 },
  timeline: [1, 2, 3, 4].map((id) => ({ ...plain, id, path: `/srv/${id}.exe` })),
};
await page.route("**/api/v1/incidents/1", (route) => route.fulfill({ json: incident }));
await page.goto(`${origin}/incidents/1`);
await page.waitForSelector(".events-line .event");
const line = await page.evaluate(() => [...document.querySelectorAll(".events-line > li")].map((e) => e.textContent));
say(line.length === 5 && line[2] === "1,496 events lie between and are not shown", "a time line says what it leaves out", line.join("\n"));

/* The browser itself refuses to make elements of text, wherever a mistake of ours would do it. */
const refused = await page.evaluate(() => {
  const tries = {
    "an element with a tag": () => (document.createElement("div").innerHTML = "<img src=x onerror=alert(1)>"),
    "a script's address": () => (document.createElement("script").src = "/assets/x.js"),
    "a script's text": () => (document.createElement("script").text = "alert(1)"),
    "a second policy": () => window.trustedTypes.createPolicy("other", {}),
  };
  return Object.entries(tries).map(([name, act]) => {
    try {
      act();
      return `${name} was made`;
    } catch {
      return "refused";
    }
  });
});
say(refused.every((r) => r === "refused"), "the browser makes no element and no script out of text", refused.join("\n"));
say(dialogs.length === 0, "nothing of it has run", dialogs.join("\n"));
await browser.close();
