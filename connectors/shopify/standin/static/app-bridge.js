// A stand-in for App Bridge, as far as our page uses it. Written from Shopify's documents; none of Shopify's code.
(() => {
  "use strict";
  const origin = new URL(document.currentScript.src).origin;
  const key = document.querySelector('meta[name="shopify-api-key"]')?.content;
  const waiting = new Map();
  let number = 0;

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin !== origin || !waiting.has(event.data?.answer)) return;
    const { resolve, reject } = waiting.get(event.data.answer);
    waiting.delete(event.data.answer);
    if (event.data.idToken) resolve(event.data.idToken);
    else reject(new Error("The admin gave no session token."));
  });

  const idToken = () =>
    new Promise((resolve, reject) => {
      waiting.set(++number, { resolve, reject });
      window.parent.postMessage({ standin: "idToken", number }, origin);
    });

  const plainFetch = window.fetch.bind(window);

  async function signed(request) {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${await idToken()}`);
    return plainFetch(new Request(request, { headers }));
  }

  // Only what goes to the app itself carries the token; it is asked anew once where the app says that it would help.
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    const own = new URL(request.url).origin === window.location.origin;
    if (!own || request.headers.has("Authorization") || window.parent === window) return plainFetch(request);
    const again = request.clone();
    const response = await signed(request);
    const asked = response.headers.get("X-Shopify-Retry-Invalid-Session-Request");
    return response.status === 401 && asked ? signed(again) : response;
  };

  window.shopify = {
    config: { apiKey: key },
    idToken,
    toast: { show: (text) => window.parent.postMessage({ standin: "toast", text: String(text) }, origin) },
  };

  // A page that was opened without the admin around it is opened within it.
  function embed(query) {
    const shop = query.get("shop")?.match(/^([a-z0-9][a-z0-9-]*)\.myshopify\.com$/)?.[1];
    if (shop && key) window.location.replace(`${origin}/store/${shop}/apps/${encodeURIComponent(key)}`);
  }

  // The bounce page: go on to the address it names, with a fresh token in place of the old one.
  async function bounce(target) {
    const address = new URL(target, window.location.href);
    if (address.origin !== window.location.origin) return;
    address.searchParams.set("id_token", await idToken());
    window.location.replace(address);
  }

  const query = new URLSearchParams(window.location.search);
  if (window.parent === window) embed(query);
  else if (query.has("shopify-reload")) bounce(query.get("shopify-reload"));
})();
