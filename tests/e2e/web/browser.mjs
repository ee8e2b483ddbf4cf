/* A real browser, and a witness of all that must not happen in it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.LAZ_MODULES}/`);
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const WAIT_MS = 20_000;

export function say(passed, text, ...diagnostics) {
  console.log(`${passed ? "ok" : "not ok"} - ${text}`);
  if (!passed) for (const d of diagnostics) console.log(String(d).replace(/^/gm, "# "));
}

export async function launch() {
  return chromium.launch({
    executablePath: process.env.LAZ_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"],
  });
}

/* Everything that the page says or asks for, while nobody has switched the witness off. */
export class Witness {
  complaints = [];
  strangers = [];
  violations = [];
  isListening = true;

  async watch(page, origin) {
    page.setDefaultTimeout(WAIT_MS);
    page.on("console", (message) => {
      if (this.isListening && ["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:"))
        this.strangers.push(request.url());
    });
    await page.exposeFunction("reportViolation", (text) => this.violations.push(text));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) =>
        window.reportViolation(`${e.violatedDirective}: ${e.blockedURI} ${e.sourceFile ?? ""}:${e.lineNumber}`),
      );
    });
  }
}

/* What axe calls serious or critical, in words. */
export async function barriers(page) {
  await page.evaluate(`${axeSource}; 0`);
  const result = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
  return result.violations
    .filter((v) => ["serious", "critical"].includes(v.impact))
    .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary.split("\n")[1] ?? ""}`));
}

/* Presses Tab until the focus stands on what the test looks for; fails when it never gets there. */
export async function tabTo(page, selector, most = 80) {
  for (let i = 0; i < most; i++) {
    const stands = await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector);
    if (stands) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach ${selector}`);
}

/* True when what has the focus can be seen: it has an outline, a border or a shadow of its own, and is in the window. */
export async function focusIsSeen(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const hasRing = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const isInWindow = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return isInWindow && (hasRing || style.boxShadow !== "none" || element.matches("input, textarea"));
  });
}

export async function sidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}
