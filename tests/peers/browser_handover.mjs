// A merchant's browser between our pages and the shop's own. Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));
let page = null;
let troubles = [];

await answering({
  // A browser nobody has used yet; what a page complains of is written down.
  async fresh({ scheme = "light", width = 1100, height = 900, scripts = true }) {
    await page?.context().close();
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, javaScriptEnabled: scripts });
    page = await context.newPage();
    troubles = [];
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push({ url: message.location().url, text: message.text() });
    });
    page.on("pageerror", (error) => troubles.push({ url: page.url(), text: String(error) }));
  },
  async open({ url }) {
    await page.goto(url, { waitUntil: "load" });
    return page.url();
  },
  async type({ label, text }) {
    await page.getByLabel(label).fill(text);
  },
  async click({ text }) {
    await page.getByRole("button", { name: text }).click();
    await page.waitForLoadState("load");
  },
  async follow({ text }) {
    await page.getByRole("link", { name: text, exact: true }).click();
    await page.waitForLoadState("load");
  },
  // Where the page is as soon as its address holds `part`; its last address where that does not come.
  async url({ part = "", seconds = 20 }) {
    const deadline = Date.now() + seconds * 1000;
    while (!page.url().includes(part) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
    return page.url();
  },
  async read() {
    await page.waitForLoadState("load");
    return await page.innerText("body");
  },
  // How much wider than the window the page is.
  async overflow() {
    return await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  },
  async troubles() {
    return troubles;
  },
  async picture({ path }) {
    await page.screenshot({ path, fullPage: true });
    return path;
  },
});
