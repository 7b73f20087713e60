// A merchant's browser: opens an address, clicks, and says what is to be read, on the page and in its frame.
// Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));
const contexts = new Map();

// A browser by name: each has cookies of its own.
async function page(who = "merchant") {
  if (!contexts.has(who)) {
    const context = await browser.newContext();
    contexts.set(who, await context.newPage());
  }
  return contexts.get(who);
}

// The app in the admin's frame, once it shows a heading; null where there is none.
async function framed(shown) {
  const element = await shown.waitForSelector("iframe#app", { timeout: 15_000 }).catch(() => null);
  return element && (await element.contentFrame());
}

await answering({
  async open({ who, url }) {
    const shown = await page(who);
    const response = await shown.goto(url, { waitUntil: "load" });
    return { status: response.status(), url: shown.url(), text: await shown.innerText("body") };
  },
  async click({ who, text }) {
    const shown = await page(who);
    await shown.getByRole("button", { name: text }).click();
    await shown.waitForLoadState("load");
    return { url: shown.url(), text: await shown.innerText("body") };
  },
  // What the frame reads, as soon as `until` stands there; its last words where that does not come.
  async frame({ who, until = "", seconds = 20 }) {
    const shown = await page(who);
    const deadline = Date.now() + seconds * 1000;
    let text = null;
    do {
      const frame = await framed(shown);
      text = frame && (await frame.innerText("body").catch(() => null));
      if (text !== null && text.includes(until)) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    } while (Date.now() < deadline);
    return text;
  },
  async cookies({ who }) {
    return (await (await page(who)).context().cookies()).map(({ name, domain }) => ({ name, domain }));
  },
  async picture({ who, path, width = 1100, height = 1400, scheme = "light" }) {
    const shown = await page(who);
    await shown.setViewportSize({ width, height });
    await shown.emulateMedia({ colorScheme: scheme });
    await shown.screenshot({ path });
    return path;
  },
});
