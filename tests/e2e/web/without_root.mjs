/* What without_root.sh asks of the page. */
import { launch, say, Witness } from "./browser.mjs";

const { LAZ_PAGE: origin, LAZ_PASSWORD: password } = process.env;
const browser = await launch();
const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB", reducedMotion: "reduce" });
const page = await context.newPage();
await new Witness().watch(page, origin);

await page.goto(origin);
await page.fill("input[name=password]", password);
await page.click("button[type=submit]");
await page.waitForSelector(".truth");
const line = page.locator(".truth-line", { hasText: "Nothing is protected at the moment" });
const isSaid = await line.waitFor({ timeout: 20_000 }).then(() => true, () => false);
say(isSaid, "the overview says that nothing is protected", await page.textContent(".truth"));
const why = await page.textContent(".truth");
say(why.includes("no folder is guarded"), "and why", why);

await page.click(".truth-weak a");
await page.waitForSelector(".explained");
const server = await page.textContent(".main");
say(server.includes("Not protected"), "the server's page says so too", server);
say(/without root rights/.test(server) && server.includes("Start the agent as root."), "and what helps", server);
await browser.close();
