// Our page in an admin's frame: the stand-in's admin, or that of @getverdict/mock-bridge, which knows nothing of ours.
// Words: what chromium.launch needs, as JSON.
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const { MockShopifyAdminServer } = createRequire(import.meta.url)("@getverdict/mock-bridge");
const FRAME = "iframe#app, iframe#app-iframe";
const browser = await chromium.launch(JSON.parse(process.argv[2]));
let page = null;
let asked = [];
let troubles = [];

// A browser nobody has used yet; what the page asks and complains of is written down.
async function fresh({ scheme = "light", width = 1100, height = 1400 } = {}) {
  await page?.context().close();
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height } });
  page = await context.newPage();
  asked = [];
  troubles = [];
  page.on("response", async (response) => {
    const request = response.request();
    const headers = await request.allHeaders();
    const { origin, pathname } = new URL(request.url());
    asked.push({
      origin,
      path: pathname,
      method: request.method(),
      status: response.status(),
      bearer: (headers.authorization ?? "").startsWith("Bearer "),
      cookie: "cookie" in headers,
    });
  });
  page.on("console", (message) => {
    // Every browser asks an admin for its favicon once, and neither admin has one.
    const icon = message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !icon) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
}

async function frame() {
  const element = await page.waitForSelector(FRAME, { state: "attached", timeout: 15_000 });
  return await element.contentFrame();
}

// What the frame reads as soon as `until` stands there; its last words where that does not come.
async function read(until = "", seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  let text = "";
  do {
    text = await (await frame()).innerText("body").catch(() => "");
    if (text && text.includes(until)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < deadline);
  return text;
}

await answering({
  fresh,
  // The admin of mock-bridge around our page; its address.
  async mock({ port, appUrl, appPath, clientId, clientSecret, shop, host }) {
    await new MockShopifyAdminServer({ port, appUrl, appPath, clientId, clientSecret, shop }).start();
    return `http://localhost:${port}/admin/apps/${clientId}?host=${encodeURIComponent(host)}&shop=${shop}`;
  },
  async open({ url }) {
    const response = await page.goto(url, { waitUntil: "load" });
    return { status: response.status(), url: page.url(), text: await page.innerText("body") };
  },
  // A page of another site that shows ours in a frame.
  async frame_elsewhere({ url }) {
    await page.setContent(`<iframe id="app" src="${url}"></iframe>`);
  },
  async click({ text }) {
    await page.getByRole("button", { name: text }).click();
    await page.waitForLoadState("load");
    return page.url();
  },
  async read({ until, seconds }) {
    return await read(until, seconds);
  },
  async press({ text, role = "button" }) {
    await (await frame()).getByRole(role, { name: text }).click();
  },
  // Lets the frame go to another address, as its old one would be after an hour.
  async go({ url }) {
    await (await frame()).evaluate((address) => void (location.href = address), url);
  },
  // Where the whole window is, and not the frame in it.
  async top() {
    await page.waitForLoadState("load");
    return page.url();
  },
  // Nothing whose address holds that word can be reached.
  async lose({ word }) {
    await page.route(new RegExp(word), (route) => route.abort());
  },
  async cookies() {
    return (await page.context().cookies()).map(({ name }) => name);
  },
  async asked() {
    return asked;
  },
  async troubles() {
    return troubles;
  },
  // How much wider than its window the page in the frame is, in pixels.
  async overflow() {
    return await (await frame()).evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  },
  async picture({ path, full = false }) {
    await page.screenshot({ path, fullPage: full });
  },
});
