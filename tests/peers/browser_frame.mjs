// One page and the frame within it: opens an address, and says what is to be read in either.
// Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const browser = await chromium.launch(JSON.parse(process.argv[2]));
const shown = await (await browser.newContext()).newPage();

// The last words of `reading`, as soon as `until` is among them, or after `seconds`.
async function awaited(reading, until, seconds) {
  const deadline = Date.now() + seconds * 1000;
  let text = "";
  do {
    text = (await reading().catch(() => null)) ?? text;
    if (text.includes(until)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  } while (Date.now() < deadline);
  return text;
}

await answering({
  async open({ url }) {
    return (await shown.goto(url, { waitUntil: "load" })).status();
  },
  async frame({ until, seconds = 10 }) {
    return awaited(() => shown.frameLocator("iframe#app").locator("body").innerText({ timeout: 1000 }), until, seconds);
  },
  async page({ until, seconds = 10 }) {
    return awaited(() => shown.innerText("body"), until, seconds);
  },
  async where({ until, seconds = 10 }) {
    return awaited(async () => shown.url(), until, seconds);
  },
  async picture({ path }) {
    await shown.screenshot({ path });
    return path;
  },
});
