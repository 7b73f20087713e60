// A shopper in a shop whose pages hold our plugin's scripts, with a stub where Meta's script would be.
// Words: what chromium.launch needs, as JSON; the shop's address; where the stand-in for Meta is.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const [launch, shop, meta] = process.argv.slice(2);
const browser = await chromium.launch(JSON.parse(launch));

// Drains the queue and asks for a picture for each trackSingle, as far as our tests look at Meta's script.
const STUB = `(() => {
  const fbq = window.fbq;
  const heard = (words) => {
    (window.heard = window.heard || []).push(JSON.parse(JSON.stringify(Array.from(words))));
    if (!/^trackSingle(Custom)?$/.test(words[0])) return;
    const [, id, ev, data, { eventID }] = words;
    const asked = new URLSearchParams({ id, ev, eid: eventID });
    for (const [name, value] of Object.entries(data)) asked.set("cd[" + name + "]", typeof value === "object" ? JSON.stringify(value) : value);
    new Image().src = "https://www.facebook.com/tr/?" + asked;
  };
  fbq.callMethod = (...words) => heard(words);
  fbq.queue.splice(0).forEach(heard);
})();`;

await answering({
  // Opens a page so often in one browser, runs code in it, and says what was asked for and what fbq was told.
  async visit({ path, times = 1, code = "", blocked = [], tabs = 1 }) {
    const context = await browser.newContext();
    const asked = [];
    const posts = [];
    await context.route("https://connect.facebook.net/**", (route) => {
      asked.push(route.request().url());
      return blocked.includes("script") ? route.abort("blockedbyclient") : route.fulfill({ contentType: "text/javascript", body: STUB });
    });
    await context.route("https://www.facebook.com/**", async (route) => {
      asked.push(route.request().url());
      if (blocked.includes("tr") || blocked.some((one) => route.request().url().includes(one + "&"))) return route.abort("blockedbyclient");
      const told = await fetch(meta + "/tr" + new URL(route.request().url()).search);
      return route.fulfill({ contentType: "image/gif", body: Buffer.from(await told.arrayBuffer()) });
    });
    await context.route("https://tandem.example/**", (route) => {
      posts.push([new URL(route.request().url()).pathname.split("/").pop(), JSON.parse(route.request().postData() || "null")]);
      return route.fulfill({ status: 204, headers: { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" } });
    });
    let heard = [];
    for (let tab = 0; tab < tabs; tab += 1) {
      const page = await context.newPage();
      for (let time = 0; time < times; time += 1) {
        await page.goto(shop + path, { waitUntil: "load" });
        if (code) await page.evaluate(code);
        await page.waitForTimeout(400);
        heard = heard.concat(await page.evaluate("window.heard || []"));
      }
    }
    await context.close();
    return { asked, posts: posts.filter(([, body]) => body), heard };
  },
});
