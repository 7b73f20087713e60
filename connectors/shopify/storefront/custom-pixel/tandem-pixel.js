// Tandem __VERSION__, custom pixel of the store __KEY__.
// Tells Meta's Pixel what shoppers do here, under the ids Tandem's server uses, and Tandem what this browser is known by.
// Nothing leaves before the shopper's consent allows marketing. Paste under Settings, Customer events, Add custom pixel.
// @ts-check

(() => {
  "use strict";

  /** @type {any} */ const baked = __PLAN__;
  const KEPT = "tandem-plan:" + baked.beacon, CHOSE = "tandem-chose", SIGNALLED = "tandem-signalled";
  const PLAN_PATIENCE_MS = 2000, MOST_HELD = 20, MAX_CONTENTS = 500, MAX_SKU = 100;
  const SCRIPT = "https://connect.facebook.net/en_US/fbevents.js", IMAGE = "https://www.facebook.com/tr";

  // The same lists as connectors/money.py and integration/pipeline/consent.py; a test holds them equal.
  /** @type {Record<string, string>} */ const DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
  };
  const OPT_IN = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO GB CH AX GF GP MQ RE YT MF";

  /** @type {Record<string, string>} */ const NAMES = {
    page_viewed: "PageView", product_viewed: "ViewContent", search_submitted: "Search", product_added_to_cart: "AddToCart",
    checkout_started: "InitiateCheckout", payment_info_submitted: "AddPaymentInfo", checkout_completed: "Purchase",
  };

  // Shopify's globals in its sandbox. `customerPrivacy` stands beside them or in `api`: unverified, so both are tried.
  // By their bare names: the sandbox may give them as variables of the script, which are no members of globalThis.
  // @ts-ignore
  const shop = /** @type {any} */ ({ analytics, browser, init });
  // @ts-ignore
  const privacy = typeof customerPrivacy === "object" ? customerPrivacy : typeof api === "object" ? api.customerPrivacy : null;
  let allowed = (shop.init && shop.init.customerPrivacy) || {};
  let chosen = false;
  /** @type {any[]} */ let held = [];
  /** @type {any} */ let latest = null;
  /** @type {any} */ let fbq = null;
  const cookies = { fbp: "", fbc: "" };

  /** @param {any} id Text, a gid or a number. Never read as a number: ids pass 2^53. */
  const digits = (id) => (id === null || id === undefined ? "" : (/(\d+)$/.exec(String(id)) || ["", ""])[1]);

  /** @param {string} currency */
  const decimals = (currency) => Number(Object.keys(DECIMALS).find((n) => DECIMALS[n].split(" ").includes(currency)) ?? 2);

  /** Half up, by the digits as written: 42.995 is 43, though as a binary number it is less. @param {any} amount @param {number} places */
  const rounded = (amount, places) => Number(Math.round(Number(Number(amount).toFixed(9) + "e" + places)) + "e-" + places);

  /** @param {any} price */
  const amount = (price) => (price && Number.isFinite(Number(price.amount)) ? Number(price.amount) : null);

  /** @param {any} variant @returns {Record<string, string>} */
  const idsOf = (variant) => ({
    variant_id: digits(variant?.id) || digits(variant?.product?.id), product_id: digits(variant?.product?.id),
    sku: (variant?.sku || "").trim().slice(0, MAX_SKU),
  });

  /** @param {any} variant @param {string} template @returns {string | null} The catalogue's id; null where it lacks an id asked for. */
  function contentId(variant, template) {
    const words = idsOf(variant);
    let whole = true;
    const made = template.replace(/\{(variant_id|product_id|sku)\}/g, (_, word) => words[word] || ((whole = false), ""));
    return whole ? made : null;
  }

  /** @param {string} pattern With `*` for any text. @param {string} text As integration/meta/naming.py. */
  function fits(pattern, text) {
    const [first, ...between] = pattern.split("*"), last = between.pop() || "", end = text.length - last.length;
    let at = first.length;
    return at <= end && text.startsWith(first) && text.endsWith(last) && between.every((one) => {
      const found = text.slice(0, end).indexOf(one, at);
      at = found + one.length;
      return found >= 0;
    });
  }

  /** Which of an event's variants are never named. Whole ids stand in the plan as short hashes. @param {any} event @param {any} plan */
  async function unnamed(event, plan) {
    const data = event.data || {}, hidden = new Set();
    if (!plan.never_named?.length) return hidden;
    const lines = data.checkout ? data.checkout.lineItems || [] : [{ variant: data.productVariant || data.cartLine?.merchandise }];
    for (const { variant } of lines) {
      for (const id of [...Object.values(idsOf(variant)), contentId(variant, plan.content_id_template)]) {
        const small = (id || "").toLowerCase(), short = small && (await sha256(small)).slice(0, 16);
        if (small && plan.never_named.some((/** @type {string} */ one) => (one.includes("*") ? fits(one, small) : one === short))) hidden.add(variant);
      }
    }
    return hidden;
  }

  /** @param {any[]} lines [{variant, quantity}] @param {string} currency @param {any} plan @param {Set<any>} hidden */
  function contentsOf(lines, currency, plan, hidden) {
    const sold = lines.filter((one) => one.quantity > 0 && amount(one.variant?.price) !== null).slice(0, MAX_CONTENTS)
      .filter((one) => !hidden.has(one.variant));
    const contents = sold
      .map((one) => ({
        id: contentId(one.variant, plan.content_id_template),
        quantity: one.quantity,
        item_price: rounded(one.variant.price.amount, decimals(currency)),
      }))
      .filter((one) => one.id);
    if (!contents.length) return {};
    return {
      content_type: "product", content_ids: [...new Set(contents.map((one) => one.id))], contents,
      num_items: sold.reduce((sum, one) => sum + one.quantity, 0),
    };
  }

  /** The deed's worth on the store's basis; null for what cannot be had here to the cent. @param {string} name @param {any} checkout @param {any} plan */
  function worth(name, checkout, plan) {
    const [total, subtotal, tax] = [checkout.totalPrice, checkout.subtotalPrice, checkout.totalTax].map(amount);
    const basis = name === "Purchase" ? plan.value_basis : "subtotal";
    const found =
      basis === "total" ? total
      : basis === "subtotal" ? subtotal
      : basis === "without_tax" && total !== null && tax !== null ? Number((total - tax).toFixed(6))
      : null;
    return found === null ? null : rounded(Math.max(found, 0), decimals(checkout.currencyCode));
  }

  /** Has the buyer paid, as far as this page knows? As connectors/shopify/standing.py and pipeline/qualify.py decide of the
   * order. Manual is money to come, and so is `deferred` (an invoice). Words unverified. @param {any} checkout @param {any} plan */
  function counts(checkout, plan) {
    const paid = checkout.transactions || [];
    const of = (/** @type {any} */ one) => [one.gateway, one.paymentMethod?.name, one.paymentMethod?.type].join(" ");
    const cash = paid.some((/** @type {any} */ one) => /cash on delivery|\bcod\b/i.test(of(one)));
    const waits = /manual|\bdeferred\b|paymentOnDelivery|bank.?(deposit|transfer)|money.?order/i;
    const unknown = !paid.length && (amount(checkout.totalPrice) ?? 1) > 0;
    const pending = cash || unknown || paid.some((/** @type {any} */ one) => waits.test(of(one)));
    return !pending || (cash ? plan.cod_when : plan.purchase_when) === "placed";
  }

  /** @param {any} event @param {any} plan @param {Set<any>} hidden
   * @returns {{name: string, id: string, data: any, token: string} | null} What Meta is to hear. */
  function deed(event, plan, hidden) {
    const name = NAMES[event.name], data = event.data || {}, checkout = data.checkout;
    const token = (checkout && checkout.token) || "";
    if (!checkout) {
      const line = data.cartLine, variant = data.productVariant || line?.merchandise, currency = variant?.price?.currencyCode;
      if (hidden.has(variant)) return null;
      const price = amount(variant?.price), quantity = line ? line.quantity : 1;
      const told = !currency || price === null ? {} : {
        value: rounded(price * quantity, decimals(currency)), currency, ...contentsOf([{ variant, quantity }], currency, plan, hidden),
      };
      return { name, id: event.id, token, data: name === "Search" ? { search_string: data.searchResult?.query || "" } : told };
    }
    // The first page of an upsell fires this once, with the total before it: the server tells the same first total.
    const value = worth(name, checkout, plan), currency = checkout.currencyCode;
    const told = { ...(value === null ? {} : { value, currency }), ...contentsOf(checkout.lineItems || [], currency, plan, hidden) };
    if (name !== "Purchase") return token ? { name, id: token, token, data: told } : null;
    const order = digits(checkout.order?.id);
    if (!order || value === null || plan.event_id_template.includes("{order_number}") || !counts(checkout, plan)) return null;
    const id = plan.event_id_template.replaceAll("{order_id}", order).replaceAll("{store_key}", plan.store_key);
    return { name, id, token, data: { value, currency, order_id: order, ...told } };
  }

  /** What the page knows of the buyer and may tell, raw: Meta's script hashes it. @param {any} event @param {any} plan */
  function buyer(event, plan) {
    const known = shop.init?.data?.customer || {}, checkout = event.data?.checkout || {};
    const at = checkout.billingAddress?.firstName ? checkout.billingAddress : checkout.shippingAddress || {};
    const all = [
      ["external_id", digits(checkout.order?.customer?.id || known.id), "customer_id"], ["em", checkout.email || known.email, "email"],
      ["ph", checkout.phone || at.phone || known.phone, "phone"], ["fn", at.firstName || known.firstName, "name"],
      ["ln", at.lastName || known.lastName, "name"], ["ct", at.city, "city"], ["st", at.provinceCode, "state"],
      ["zp", at.zip, "postcode"], ["country", at.countryCode, "country"],
    ];
    return Object.fromEntries(all.filter(([, text, word]) => text && !plan.leave_out?.includes(word)));
  }

  /** May Meta hear of it? As pipeline/consent.py decides where the sale of data is refused. @param {any} event @param {any} plan */
  function permitted(event, plan) {
    if (allowed.marketingAllowed !== true) return false;
    if (allowed.saleOfDataAllowed !== false) return true;
    const checkout = event.data?.checkout || {};
    const country = checkout.billingAddress?.countryCode || checkout.shippingAddress?.countryCode || "";
    if (country && OPT_IN.split(" ").includes(country)) return false;
    return !((country === "US" || !country) && plan.limited_data_use === "never");
  }

  /** @param {any} plan */
  const limited = (plan) =>
    plan.limited_data_use === "always" || (plan.limited_data_use === "auto" && allowed.saleOfDataAllowed === false);

  /** Meta's script reads document.cookie, which this sandbox keeps from it: its own document is shown the shop's two.
   * @param {any} event @param {any} plan */
  function load(event, plan) {
    const page = /** @type {any} */ (window);
    Object.defineProperty(document, "cookie", {
      configurable: true,
      // What it keeps itself is kept where the shop's pages are, so that it knows this browser again.
      set(text) {
        const [, name, value] = /^\s*_(fb[pc])=([^;]*)/.exec(text) || [];
        if (name) {
          cookies[/** @type {"fbp" | "fbc"} */ (name)] ||= value;
          void browserOf().cookie.set(text).catch(() => {});
        }
      },
      get: () => Object.entries(cookies).filter(([, text]) => text).map(([name, text]) => `_${name}=${text}`).join("; "),
    });
    /** @type {any} */ const made = (/** @type {any[]} */ ...words) => (made.callMethod ? made.callMethod(...words) : made.queue.push(words));
    Object.assign(made, { queue: [], push: made, loaded: true, version: "2.0" });
    page._fbq = page.fbq = fbq = made;
    // Resource timing cannot tell a blocked request from one that left; the picture it asks for can. Ours is its only page.
    const Picture = page.Image;
    page.Image = function (/** @type {any[]} */ ...size) {
      const made = new Picture(...size);
      made.addEventListener("load", () => left(made.src));
      return made;
    };
    page.Image.prototype = Picture.prototype;
    const script = document.createElement("script");
    script.async = true;
    script.src = SCRIPT;
    document.head.append(script);
  }

  /** @type {((address: URL) => void)[]} */ const leaving = [];

  /** A picture came: if it was Meta's, what it told has left. @param {string} src */
  function left(src) {
    const address = new URL(src, "https://none.invalid");
    if (/^\/tr\b/.test(address.pathname)) leaving.forEach((one) => one(address));
  }

  /** What Meta is to know before an event: again where more of the buyer is known. Unverified: that a later init adds.
   * A test is of nobody: anybody can write its address. @param {any} told @param {any} event @param {any} plan */
  function introduce(told, event, plan) {
    const who = told.test ? {} : buyer(event, plan), words = JSON.stringify([who, limited(plan)]);
    if (words === introduced) return;
    introduced = words;
    fbq("dataProcessingOptions", ...(limited(plan) ? [["LDU"], 0, 0] : [[]]));
    for (const dataset of plan.datasets) fbq("init", dataset, who);
  }
  let introduced = "";

  /** @param {string} text */
  async function sha256(text) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(hash)].map((one) => one.toString(16).padStart(2, "0")).join("");
  }

  /** Meta's documented image request, for the carrier `image`. @param {string} dataset @param {any} told @param {any} event @param {any} plan */
  async function image(dataset, told, event, plan) {
    const who = /** @type {any} */ (told.test ? {} : buyer(event, plan)), at = event.context?.document || {}, asked = new URLSearchParams({ id: dataset, ev: told.name, eid: told.id, ts: String(Date.now()) });
    const out = plan.leave_out || [], gone = { fbp: out.includes("browser_id"), fbc: out.includes("click") };
    // A page's address may name an item, too, or the click.
    const discreet = plan.never_named?.length || gone.fbc;
    asked.set("dl", at.location?.[discreet ? "origin" : "href"] || "");
    asked.set("rl", (!discreet && at.referrer) || "");
    for (const [name, value] of Object.entries(told.data)) asked.set(`cd[${name}]`, typeof value === "object" ? JSON.stringify(value) : String(value));
    if (who.em) asked.set("ud[em]", await sha256(who.em.trim().toLowerCase()));
    if (who.external_id) asked.set("ud[external_id]", await sha256(who.external_id));
    for (const name of /** @type {("fbp" | "fbc")[]} */ (["fbp", "fbc"])) if (cookies[name] && !gone[name]) asked.set(name, cookies[name]);
    if (limited(plan)) for (const [name, value] of [["dpo", "LDU"], ["dpoco", "0"], ["dpost", "0"]]) asked.set(name, value);
    return new Promise((resolve) => {
      const picture = new Image();
      picture.onload = () => resolve(true);
      picture.onerror = () => resolve(false);
      picture.src = IMAGE + "?" + asked;
    });
  }

  /** @param {string} to @param {any} told Nobody waits for it, and nobody hears of its failing. @param {any} plan */
  const post = (to, told, plan) =>
    void fetch(`${plan.beacon}/${to}`, { method: "POST", keepalive: true, body: JSON.stringify(told), headers: { "Content-Type": "text/plain" } }).catch(() => {});

  /** @param {any} told @param {any} event @param {any} plan */
  function tell(told, event, plan) {
    const stage = (/** @type {string} */ dataset_id, /** @type {string} */ state) =>
      told.token && post("sighting", { dataset_id, event_name: told.name, event_id: told.id, state, proof: told.token, fbp: told.test && cookies.fbp }, plan);
    const foreign = !fbq && /** @type {any} */ (window).fbq;
    for (const dataset of plan.datasets) {
      if (plan.carrier === "image" || foreign) {
        void image(dataset, told, event, plan).then((left) => left && stage(dataset, "sent"), () => {});
        stage(dataset, "called");
        continue;
      }
      try {
        if (!fbq) load(event, plan);
        introduce(told, event, plan);
        let seen = false;
        leaving.push(({ searchParams: of }) => {
          const mine = of.get("id") === dataset && of.get("ev") === told.name && of.get("eid") === told.id;
          if (mine && !seen) stage(dataset, "sent");
          seen ||= mine;
        });
        fbq(told.test ? "trackSingleCustom" : "trackSingle", dataset, told.name, told.data, { eventID: told.id });
        stage(dataset, fbq.callMethod ? "loaded" : "called");
        if (!fbq.callMethod) whenLoaded(() => stage(dataset, "loaded"));
      } catch { /* another dataset may still be told */ }
    }
  }

  /** @param {() => void} then Not for ever: what was blocked never comes. */
  function whenLoaded(then, tries = 40) {
    if (fbq.callMethod) then();
    else if (tries) setTimeout(whenLoaded, 250, then, tries - 1);
  }

  /** What this browser is known by, once per checkout and again where something is new. @param {any} event @param {any} plan */
  async function signal(event, plan) {
    const checkout = event.data?.checkout;
    if (!checkout?.token) return;
    chosen ||= Boolean(await browserOf().localStorage.getItem(CHOSE).catch(() => null));
    const at = event.context?.document?.location || {};
    const told = {
      checkout_token: checkout.token,
      ...Object.fromEntries(Object.entries(cookies).filter(([, text]) => text && allowed.marketingAllowed)),
      ...(allowed.marketingAllowed ? { fbclid: new URLSearchParams(at.search || "").get("fbclid") || undefined } : {}),
      url: at.origin, user_agent: event.context?.navigator?.userAgent,
      consent: { marketing: allowed.marketingAllowed === true, sale_of_data: allowed.saleOfDataAllowed !== false, ...(chosen ? {} : { default: true }) },
    };
    const text = JSON.stringify(told);
    if ((await browserOf().sessionStorage.getItem(SIGNALLED).catch(() => null)) === text) return;
    post("signal", told, plan);
    await browserOf().sessionStorage.setItem(SIGNALLED, text).catch(() => {});
  }

  const browserOf = () => shop.browser;

  /** The plan: as kept, refreshed behind; else as asked, within two seconds; else as baked. @param {any} test Asked for anew. */
  async function planned(test) {
    const asked = fetch(`${baked.beacon}/plan`, test ? { cache: "reload" } : {}).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    void asked.then((plan) => plan && plan.version === 1 && browserOf().localStorage.setItem(KEPT, JSON.stringify(plan))).catch(() => {});
    try {
      const kept = JSON.parse((await browserOf().localStorage.getItem(KEPT)) || "null");
      if (!test && kept && kept.version === 1) return kept;
    } catch { /* kept nothing, or something else */ }
    const patience = new Promise((resolve) => setTimeout(resolve, PLAN_PATIENCE_MS, null));
    const plan = /** @type {any} */ (await Promise.race([asked, patience]));
    return plan && plan.version === 1 ? plan : baked;
  }

  /** @type {Promise<any> | null} */ let plan = null;

  /** A test of both riders, by a code in the page's address: for it no Purchase is made, and the page is not told. @param {any} event */
  function trial(event) {
    const token = event.name === "page_viewed" && new URLSearchParams(event.context?.document?.location?.search).get("tandem-test");
    return token ? { name: "TandemTest", id: "tandem_test_" + token.slice(0, 8), token, data: {}, test: true } : null;
  }

  /** @param {any} event */
  async function hear(event) {
    const test = trial(event);
    if (event.data?.checkout) latest = event;
    const keptBack = () => {
      if (test) post("sighting", { event_name: test.name, state: "held", proof: test.token }, baked);
    };
    if (allowed.marketingAllowed !== true) {
      keptBack();
      if (held.length < MOST_HELD) held.push(event);
      return;
    }
    const now = await (plan ??= planned(test));
    for (const name of /** @type {("fbp" | "fbc")[]} */ (["fbp", "fbc"])) {
      cookies[name] = (await browserOf().cookie.get("_" + name).catch(() => "")) || cookies[name];
    }
    try {
      if (test) return permitted(event, now) ? tell(test, event, now) : keptBack();
      const told = deed(event, now, await unnamed(event, now));
      if (told && now.tells && now.events.includes(told.name) && permitted(event, now)) tell(told, event, now);
    } finally {
      await signal(event, now);
    }
  }

  /** @param {any} event One after the other; a fault of ours never reaches the page. */
  const queued = (event) => void (line = line.then(() => hear(event)).catch(() => {}));
  let line = Promise.resolve();

  for (const name of Object.keys(NAMES)) shop.analytics.subscribe(name, queued);
  privacy?.subscribe("visitorConsentCollected", (/** @type {any} */ event) => {
    const before = allowed;
    allowed = event.customerPrivacy || {};
    chosen = true;
    void browserOf().localStorage.setItem(CHOSE, "1").catch(() => {});
    if (allowed.marketingAllowed === true) {
      if (before.marketingAllowed !== true && fbq) fbq("consent", "grant");
      held.splice(0).forEach(queued);
    } else if (before.marketingAllowed === true) {
      if (fbq) fbq("consent", "revoke");
      if (latest) void (plan ??= planned(null)).then((now) => signal(latest, now)).catch(() => {});
    }
  });
})();
