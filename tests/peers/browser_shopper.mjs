// A shopper's browser: opens pages of a shop and says which cookies the page's scripts find.
// Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));
const pages = new Map();

// A browser by name: each has cookies of its own.
async function page(who) {
  if (!pages.has(who)) pages.set(who, await (await browser.newContext()).newPage());
  return pages.get(who);
}

async function cookies(shown) {
  const found = await shown.context().cookies();
  return Object.fromEntries(found.map(({ name, value, expires }) => [name, { value: decodeURIComponent(value), expires }]));
}

await answering({
  // As if the address had been typed.
  async open({ who, url }) {
    const shown = await page(who);
    await shown.goto(url, { waitUntil: "load" });
    return cookies(shown);
  },
  async follow({ who, selector }) {
    const shown = await page(who);
    await Promise.all([shown.waitForEvent("load"), shown.click(selector)]);
    return cookies(shown);
  },
  // What a script on the page would do.
  async run({ who, code }) {
    const shown = await page(who);
    await shown.evaluate(code);
    return cookies(shown);
  },
});
