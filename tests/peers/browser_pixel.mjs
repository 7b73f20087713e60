// A shopper's browser in a shop whose sandbox runs our custom pixel: a frame of no origin, as Shopify's lax sandbox is, with
// Shopify's globals in it. Meta's script is a stand-in of ours; what it and the pixel ask for is written down and answered
// here, and nothing reaches the network. Words: what chromium.launch needs, as JSON.
import { chromium } from "playwright-core";
import { answering } from "./answering.mjs";

const SHOP = "https://shop.example";
const browser = await chromium.launch(JSON.parse(process.argv[2]));
let shop = null; // the scenario, its browser context, tabs, and calls

// What fbevents.js does as far as the pixel can see: take over the queue, hash the buyer's id, read the document's cookies,
// write the browser's id where there is none, and ask for the image. `trouble` is a fault to play.
function fbevents(trouble) {
  if (trouble === "load") throw new Error("Meta's script broke while loading");
  const { fbq } = window;
  const buyers = {};
  let limited = {};
  const jar = () => Object.fromEntries(document.cookie.split("; ").map((one) => [one.split("=")[0], one.slice(one.indexOf("=") + 1)]));
  async function sha256(text) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map((one) => one.toString(16).padStart(2, "0")).join("");
  }
  async function send(dataset, name, data, { eventID }) {
    const asked = new URLSearchParams({ id: dataset, ev: name, eid: eventID, dl: "https://shop.example/", ...limited });
    for (const [key, value] of Object.entries(data)) asked.set(`cd[${key}]`, typeof value === "object" ? JSON.stringify(value) : value);
    const known = buyers[dataset] ?? {};
    for (const key of ["external_id", "em"]) if (known[key]) asked.set(`ud[${key}]`, await sha256(String(known[key]).trim().toLowerCase()));
    const { _fbp, _fbc } = jar();
    if (_fbp) asked.set("fbp", _fbp);
    if (_fbc) asked.set("fbc", _fbc);
    new Image().src = `https://www.facebook.com/tr/?${asked}`;
  }
  const words = {
    init: (dataset, buyer) => void (buyers[dataset] = buyer),
    dataProcessingOptions: ([dpo], dpoco, dpost) => void (limited = dpo ? { dpo, dpoco, dpost } : {}),
    consent: () => {},
    trackSingle: send,
    trackSingleCustom: send,
  };
  if (!jar()._fbp) document.cookie = "_fbp=fb.1.1790000000000.1111111111; path=/; max-age=7776000; SameSite=Lax";
  fbq.callMethod = (word, ...rest) => {
    if (trouble === "call") throw new Error("Meta's script broke when called");
    return words[word](...rest);
  };
  for (const asked of fbq.queue.splice(0)) words[asked[0]](...[...asked].slice(1));
}

// Shopify's globals, as its reference names them; all it keeps is kept outside of the frame, and told by promises.
function globals({ init }) {
  const heard = {};
  const choices = [];
  const storage = (kind) => ({
    getItem: (name) => window.jar(kind, "get", name),
    setItem: (name, value) => window.jar(kind, "set", name, value),
    removeItem: (name) => window.jar(kind, "set", name, null),
  });
  Object.assign(window, {
    init,
    analytics: { subscribe: async (name, hear) => void (heard[name] ??= []).push(hear) },
    customerPrivacy: { subscribe: (name, hear) => void choices.push(hear) },
    browser: {
      // Also one text as document.cookie takes it.
      cookie: {
        get: async (name) => (await window.jar("cookie", "get", name)) ?? "",
        set: (name, value) => {
          const [pair] = value === undefined ? name.split(";") : [`${name}=${value}`];
          return window.jar("cookie", "set", pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1));
        },
      },
      localStorage: storage("local"),
      sessionStorage: storage("session"),
    },
    played: {
      publish: (event) => (heard[event.name] ?? []).forEach((hear) => hear(event)),
      choose: (customerPrivacy) => choices.forEach((hear) => hear({ customerPrivacy })),
      // Whatever the pixel began before this has been asked for when this is over: its steps are promises of the jar.
      async settle() {
        for (let round = 0; round < 20; round += 1) {
          await window.jar("local", "get", "nothing");
          await new Promise((resolve) => setTimeout(resolve));
        }
        await fetch("https://shop.example/settled");
      },
    },
  });
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

function document() {
  const { pixel, privacy, customer = null } = shop.scenario;
  const init = { customerPrivacy: { ...shop.privacy, ...privacy }, data: { customer } };
  const inside = `<script>(${globals})(${JSON.stringify({ init })})</script><script>${pixel}</script>`;
  return `<!doctype html><title>Thank you</title><iframe sandbox="allow-scripts" srcdoc="${escaped(inside)}"></iframe>`;
}

function kept(kind, page) {
  if (kind !== "session") return shop[kind];
  if (!shop.sessions.has(page)) shop.sessions.set(page, {});
  return shop.sessions.get(page);
}

async function told(route, to) {
  const request = route.request();
  const url = new URL(request.url());
  const text = request.postData();
  const call = { to, method: request.method(), query: Object.fromEntries(url.searchParams), body: text ? JSON.parse(text) : null };
  if (shop.scenario.blocked?.some((host) => url.hostname === host)) return await route.abort();
  shop.calls.push(call);
  return url;
}

async function meta(route) {
  const url = await told(route, "tr");
  if (!url) return;
  const answer = shop.scenario.meta ? await fetch(`${shop.scenario.meta}/tr/${url.search}`) : null;
  const body = answer ? Buffer.from(await answer.arrayBuffer()) : "";
  await route.fulfill({ status: 200, contentType: "image/gif", body });
}

async function beacon(route) {
  const word = new URL(route.request().url()).pathname.split("/").pop();
  if (!(await told(route, word))) return;
  const headers = { "Access-Control-Allow-Origin": "*" };
  if (word !== "plan") await route.fulfill({ status: 204, headers });
  else await route.fulfill({ status: shop.scenario.plan ? 200 : 404, headers, json: shop.scenario.plan ?? {} });
}

async function script(route) {
  if (!(await told(route, "script"))) return;
  await route.fulfill({ contentType: "text/javascript", body: `(${fbevents})(${JSON.stringify(shop.scenario.trouble ?? null)})` });
}

async function inside(tab) {
  const element = await shop.tabs[tab].waitForSelector("iframe", { state: "attached" });
  const frame = await element.contentFrame();
  await frame.waitForFunction(() => window.played);
  return frame;
}

await answering({
  // A browser nobody has used yet. `pixel`: the text that was pasted; `cookies`: the shop's own; `privacy`: what was chosen;
  // `blocked`: hosts that cannot be reached; `meta`: where Meta's stand-in listens; `plan`: what our service answers;
  // `trouble`: "load" or "call", when Meta's script breaks.
  async fresh(scenario) {
    await shop?.context.close();
    const context = await browser.newContext();
    const privacy = { analyticsProcessingAllowed: true, marketingAllowed: true, preferencesProcessingAllowed: true, saleOfDataAllowed: true };
    shop = { scenario, context, privacy, cookie: { ...scenario.cookies }, local: {}, sessions: new Map(), tabs: {}, calls: [] };
    await context.exposeBinding("jar", ({ page }, kind, word, name, value) => {
      const jar = kept(kind, page);
      if (word === "get") return jar[name] ?? null;
      if (value === null) delete jar[name];
      else jar[name] = value;
    });
    await context.route("**/*", async (route) => {
      await told(route, "elsewhere");
      await route.abort();
    });
    await context.route(`${SHOP}/**`, (route) =>
      route.request().url() === `${SHOP}/settled`
        ? route.fulfill({ status: 204, headers: { "Access-Control-Allow-Origin": "*" } })
        : route.fulfill({ contentType: "text/html", body: document() }));
    await context.route("https://connect.facebook.net/**", script);
    await context.route("https://www.facebook.com/tr**", meta);
    await context.route(`${scenario.beacon}/**`, beacon);
  },
  // A tab on the shop's page, or the same tab loaded again.
  async open({ tab = "first" }) {
    shop.tabs[tab] ??= await shop.context.newPage();
    await shop.tabs[tab].goto(`${SHOP}/checkouts/cn/thank-you`);
    await inside(tab);
  },
  async publish({ event, tab = "first" }) {
    await (await inside(tab)).evaluate((one) => window.played.publish(one), event);
  },
  async choose({ privacy, tab = "first" }) {
    await (await inside(tab)).evaluate((one) => window.played.choose(one), { ...shop.privacy, ...privacy });
  },
  // What has been asked for so far, once all of `until` has come, or does not come, and the frame is at rest. `until` says how
  // many to where, or how many of an event at Meta's.
  async calls({ until = {}, seconds = 15 }) {
    const deadline = Date.now() + seconds * 1000;
    const many = (word) => shop.calls.filter((one) => one.to === word || (one.to === "tr" && one.query.ev === word)).length;
    const lacks = () => Object.entries(until).some(([word, wanted]) => many(word) < wanted);
    while (lacks() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const tab of Object.keys(shop.tabs)) await (await inside(tab)).evaluate(() => window.played.settle());
    return shop.calls;
  },
  // What our service answers from now on.
  async plan({ plan }) {
    shop.scenario.plan = plan;
  },
  async cookies() {
    return shop.cookie;
  },
});
