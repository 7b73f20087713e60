// What @shopify/shopify-api makes of the same queries, tokens and webhooks, and what it asks a shop's token endpoint.
import "@shopify/shopify-api/adapters/web-api";
import { LogSeverity, RequestedTokenType, shopifyApi } from "@shopify/shopify-api";
import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";

import { answering } from "./answering.mjs";

const library = ({ key, secret }) =>
  shopifyApi({
    apiKey: key,
    apiSecretKey: secret,
    scopes: ["read_orders", "write_pixels", "read_customer_events"],
    hostName: "tandem.example",
    hostScheme: "https",
    apiVersion: "2026-10",
    isEmbeddedApp: true,
    logger: { level: LogSeverity.Error },
  });

/** true, false, or the name of the error it throws. */
async function verdict(judge) {
  try {
    return Boolean(await judge());
  } catch (error) {
    return error.constructor.name;
  }
}

const each = (list, judge) => Promise.all(list.map((one) => verdict(() => judge(one))));

// The shop's address is https; the stand-in answers for all shops, each under a path of its own.
const towards = (base) =>
  setAbstractFetchFunc((url, options) => fetch(url.replace("https:/", base), options));

const told = ({ session }) => ({
  shop: session.shop,
  scope: session.scope,
  token: session.accessToken,
  refresh: session.refreshToken,
  expires: session.expires,
  refreshExpires: session.refreshTokenExpires,
});

await answering({
  queries: ({ app, queries }) => each(queries, library(app).utils.validateHmac),

  shops: ({ app, shops }) => each(shops, library(app).utils.sanitizeShop),

  hosts: ({ app, hosts }) => each(hosts, library(app).utils.sanitizeHost),

  tokens: ({ app, tokens }) => each(tokens, library(app).session.decodeSessionToken),

  webhooks: ({ app, webhooks }) =>
    each(webhooks, async ({ body, headers }) => {
      const rawRequest = new Request("https://tandem.example/webhooks/shopify", { method: "POST", headers });
      const { valid } = await library(app).webhooks.validate({ rawBody: body, rawRequest });
      return valid;
    }),

  exchange: async ({ app, base, shop, token }) => {
    towards(base);
    const asked = { shop, sessionToken: token, requestedTokenType: RequestedTokenType.OfflineAccessToken };
    return told(await library(app).auth.tokenExchange({ ...asked, expiring: true }));
  },

  refresh: async ({ app, base, shop, token }) => {
    towards(base);
    return told(await library(app).auth.refreshToken({ shop, refreshToken: token }));
  },

  begin: async ({ app, shop }) => {
    const rawRequest = new Request("https://tandem.example/shopify/install");
    const asked = { shop, callbackPath: "/shopify/callback", isOnline: false, rawRequest };
    const { headers } = await library(app).auth.begin(asked);
    const cookie = headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
    return { address: headers.get("Location"), cookie };
  },

  callback: async ({ app, base, query, cookie }) => {
    towards(base);
    const rawRequest = new Request(`https://tandem.example/shopify/callback?${query}`, { headers: { cookie } });
    return told(await library(app).auth.callback({ rawRequest, expiring: true }));
  },
});
