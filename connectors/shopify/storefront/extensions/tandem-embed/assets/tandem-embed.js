// @ts-check
// Tandem's app embed: after consent, the cart remembers by which click and cookies the shopper came.
(() => {
  "use strict";
  const CLICK = "tandem-click";
  const NAMES = ["_fbp", "_fbc", "_fbclid", "_tandem_fbclid_seen"];
  const shop = /** @type {any} */ (window).Shopify;
  const root = shop?.routes?.root || "/";

  /** @param {string} name */
  const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(name + "="))?.slice(name.length + 1) || "";

  /** The click, and when it was first seen, in milliseconds. The latest one counts. @returns {{id: string, seen: string}} */
  function click() {
    const id = new URLSearchParams(location.search).get("fbclid") || "";
    try {
      const kept = JSON.parse(localStorage.getItem(CLICK) || "null");
      if (!id || kept?.id === id) return kept || { id: "", seen: "" };
      const first = { id, seen: String(Date.now()) };
      localStorage.setItem(CLICK, JSON.stringify(first));
      return first;
    } catch {
      return { id, seen: id ? String(Date.now()) : "" };
    }
  }

  /** @returns {Record<string, string> | null} What the cart is to hold; null while nothing may be kept. */
  function wanted() {
    const privacy = shop.customerPrivacy, choice = privacy.currentVisitorConsent?.() || {};
    // "yes" or "no" is the visitor's; "" is the shop's default, which is not consent and is not stated as one.
    const stated = choice.marketing === "yes" || choice.marketing === "no" || choice.sale_of_data === "no";
    const marketing = privacy.marketingAllowed() === true;
    const consent = stated ? JSON.stringify({ marketing, sale_of_data: privacy.saleOfDataAllowed() !== false }) : "";
    if (!marketing) return stated ? { ...Object.fromEntries(NAMES.map((name) => [name, ""])), _tandem_consent: consent } : null;
    const { id, seen } = click();
    return { _fbp: cookie("_fbp"), _fbc: cookie("_fbc"), _fbclid: id, _tandem_fbclid_seen: seen, _tandem_consent: consent };
  }

  async function write() {
    const want = wanted();
    if (!want) return;
    if (want._tandem_consent && JSON.parse(want._tandem_consent).marketing === false) localStorage.removeItem(CLICK);
    const cart = await (await fetch(root + "cart.js", { headers: { Accept: "application/json" } })).json();
    const has = cart.attributes || {};
    const changed = Object.entries(want).filter(([name, text]) => (has[name] || "") !== text);
    if (!changed.length) return;
    await fetch(root + "cart/update.js", {
      method: "POST", keepalive: true, headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ attributes: Object.fromEntries(changed) }),
    });
  }

  let line = Promise.resolve();
  const again = () => void (line = line.then(write).catch(() => {}));
  document.addEventListener("visitorConsentCollected", again);
  shop?.loadFeatures?.([{ name: "consent-tracking-api", version: "0.1" }], (/** @type {unknown} */ error) => error || again());
})();
