// A merchant's browser on a page of ours that is in no frame. Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));
let page = null;
let troubles = [];
let asked = [];

await answering({
  // A browser nobody has used yet; what the page complains of is written down.
  async fresh({ scheme = "light", width = 1100, height = 900, scripts = true }) {
    await page?.context().close();
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, javaScriptEnabled: scripts });
    page = await context.newPage();
    troubles = [];
    asked = [];
    page.on("console", (message) => {
      if (message.type() === "error") troubles.push(message.text());
    });
    page.on("pageerror", (error) => troubles.push(String(error)));
    page.on("response", (response) => {
      const request = response.request();
      asked.push({ method: request.method(), path: new URL(request.url()).pathname, status: response.status() });
    });
  },
  async open({ url }) {
    await page.goto(url, { waitUntil: "load" });
    return page.url();
  },
  async click({ text }) {
    await page.getByRole("button", { name: text }).click({ timeout: 5_000 });
    await page.waitForLoadState("load");
    return page.url();
  },
  // What the page reads as soon as `until` stands there; its last words where that does not come.
  async read({ until = "", seconds = 20 }) {
    const deadline = Date.now() + seconds * 1000;
    let text = "";
    do {
      text = await page.innerText("body").catch(() => "");
      if (text.includes(until)) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } while (Date.now() < deadline);
    return text;
  },
  // How much wider than the window the page is.
  async overflow() {
    return await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  },
  async url() {
    return page.url();
  },
  async asked() {
    return asked;
  },
  async troubles() {
    return troubles;
  },
  async picture({ path }) {
    await page.screenshot({ path, fullPage: true });
    return path;
  },
});
