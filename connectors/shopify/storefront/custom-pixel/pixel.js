// Tandem's Pixel for this store's Customer events, version 1. Paste it under Settings, Customer events, Add custom pixel.
// It tells Meta what shoppers do, under the very ids that Tandem's server uses, so that Meta counts each deed once.
// Nothing is loaded or sent before the shopper's consent. What it tells follows your settings in Tandem by itself.
(() => {
  const BAKED = /* plan */ null;
  const META = 'https://connect.facebook.net/en_US/fbevents.js';
  const ASK_FIRST = ' AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK GB CH AX GF GP MQ RE YT MF ';
  const NO_DECIMALS = ' BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ';
  const THREE_DECIMALS = ' BHD IQD JOD KWD LYD OMR TND ';
  const MOST_WAITING = 20;

  let privacy = init.customerPrivacy;
  let chosen = false;
  let plan;
  let begun = '';
  let jar = {};
  let checkoutToken;
  const waiting = [];
  const told = {};
  const watched = [];

  const quietly = (promise) => Promise.resolve(promise).catch(() => undefined);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const digits = (id) => (/(\d+)$/.exec(String(id ?? '')) || [])[1];
  const known = (parts) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value));

  // --- What is to be told, and whether it counts. The server decides alike: see integration/pipeline/qualify.py.

  function round(amount, currency) {
    const code = ` ${currency} `;
    const places = NO_DECIMALS.includes(code) ? 0 : THREE_DECIMALS.includes(code) ? 3 : 2;
    // By the decimal text, half up: in binary 1.005 is less than it says.
    return Number(`${Math.round(Number(`${Number(amount) || 0}e${places}`))}e-${places}`);
  }

  function contentId(variant, template) {
    const product = digits(variant.product?.id);
    const words = { variant_id: digits(variant.id) || product, product_id: product, sku: variant.sku };
    let whole = true;
    const name = template.replace(/\{(\w+)\}/g, (_, word) => words[word] || ((whole = false), ''));
    return whole && name;
  }

  function contents(lines, currency) {
    const named = lines.flatMap(({ variant, quantity, price }) => {
      const id = variant && contentId(variant, plan.content_id_template);
      return id ? [{ id, quantity, item_price: round(price, currency) }] : [];
    });
    return named.length
      ? {
          content_type: 'product',
          content_ids: [...new Set(named.map((one) => one.id))],
          contents: named,
          num_items: lines.reduce((sum, one) => sum + one.quantity, 0),
        }
      : {};
  }

  function items(checkout) {
    return (checkout.lineItems || []).map(({ variant, quantity }) => ({ variant, quantity, price: variant?.price?.amount }));
  }

  function worth(checkout) {
    const total = checkout.totalPrice?.amount;
    const parts = {
      total,
      without_shipping: total - (checkout.shippingLine?.price?.amount || 0),
      without_tax: total - (checkout.totalTax?.amount || 0),
      subtotal: checkout.subtotalPrice?.amount ?? total,
    };
    return Math.max(0, parts[plan.value_basis]);
  }

  // How far the money has come, by what the thank-you page knows. Unverified: the words that manual ways of paying bear.
  function standing(checkout) {
    const onDelivery = (one) =>
      one.paymentMethod?.type === 'paymentOnDelivery' ||
      /cash on delivery|\bcod\b/i.test(`${one.gateway} ${one.paymentMethod?.name}`);
    const later = (one) => /^(manualPayment|deferred)$/.test(one.paymentMethod?.type) || /^manual$|bank (deposit|transfer)|money order/i.test(one.gateway);
    const ways = checkout.transactions || [];
    if (ways.some(onDelivery)) return plan.cod_when === 'placed';
    return plan.purchase_when === 'placed' || !ways.some(later);
  }

  function person(checkout) {
    const place = checkout.billingAddress || checkout.shippingAddress || {};
    const customer = digits(checkout.order?.customer?.id) || digits(init.data?.customer?.id);
    return known({
      external_id: customer,
      em: checkout.email,
      ph: checkout.phone || place.phone,
      fn: place.firstName,
      ln: place.lastName,
      ct: place.city,
      st: place.provinceCode,
      zp: place.zip,
      country: place.countryCode,
    });
  }

  function ofCheckout(name, id, checkout, value, more) {
    const currency = checkout.currencyCode;
    const data = { value: round(value, currency), currency, ...more, ...contents(items(checkout), currency) };
    return id && { name, id, data, checkout };
  }

  function ofProducts(name, id, variant, quantity, amount) {
    const price = variant?.price;
    if (!price) return { name, id, data: {} };
    const listed = contents([{ variant, quantity, price: price.amount }], price.currencyCode);
    return { name, id, data: { value: round(amount, price.currencyCode), currency: price.currencyCode, ...listed } };
  }

  function purchase({ data: { checkout } }) {
    const order = digits(checkout.order?.id);
    if (!order) return undefined;
    const id = plan.event_id_template.replace('{order_id}', order).replace('{store_key}', plan.store_key);
    const made = ofCheckout('Purchase', id, checkout, worth(checkout), { order_id: order });
    return { ...made, counts: standing(checkout) };
  }

  const begin = (checkout) => checkout.subtotalPrice?.amount ?? checkout.totalPrice?.amount;
  const DEEDS = {
    page_viewed: ({ id }) => ({ name: 'PageView', id, data: {} }),
    product_viewed: ({ id, data: { productVariant: one } }) => ofProducts('ViewContent', id, one, 1, one?.price?.amount),
    search_submitted: ({ id, data }) => ({ name: 'Search', id, data: known({ search_string: data.searchResult?.query }) }),
    product_added_to_cart: ({ id, data: { cartLine: line } }) =>
      ofProducts('AddToCart', id, line?.merchandise, line?.quantity, line?.cost?.totalAmount?.amount),
    checkout_started: ({ data: { checkout } }) => ofCheckout('InitiateCheckout', checkout.token, checkout, begin(checkout)),
    payment_info_submitted: ({ data: { checkout } }) => ofCheckout('AddPaymentInfo', checkout.token, checkout, begin(checkout)),
    checkout_completed: purchase,
  };

  // --- Consent.

  const sold = () => privacy?.saleOfDataAllowed === false;
  const limited = () => plan.limited_data_use === 'always' || (plan.limited_data_use === 'auto' && sold());

  function refused(checkout) {
    const country = (checkout?.billingAddress || checkout?.shippingAddress || {}).countryCode;
    return sold() && (plan.limited_data_use === 'never' || (country && ASK_FIRST.includes(` ${country} `)));
  }

  // --- To Tandem. Never awaited, and what goes wrong with it is nobody's trouble.

  function post(what, body) {
    const told = { method: 'POST', keepalive: true, headers: { 'Content-Type': 'text/plain' }, body: JSON.stringify(body) };
    quietly(fetch(`${BAKED.beacon}/${what}`, told));
  }

  function signal(event, marketing) {
    const token = event?.data?.checkout?.token || checkoutToken;
    if (!token) return;
    checkoutToken = token;
    const stated = { marketing, sale_of_data: !sold(), ...(chosen || !marketing ? {} : { default: true }) };
    const body = marketing
      ? { fbp: jar._fbp, fbc: jar._fbc, url: event?.context?.document?.location?.href, user_agent: event?.context?.navigator?.userAgent }
      : {};
    const text = JSON.stringify({ checkout_token: token, ...body, url: undefined, consent: stated });
    if (told.signal === text) return;
    told.signal = text;
    post('signal', { checkout_token: token, ...body, consent: stated });
  }

  function sighting(deed, dataset, state) {
    const proof = deed.checkout?.token;
    if (proof) post('sighting', { dataset_id: dataset, event_name: deed.name, event_id: deed.id, state, proof });
  }

  async function learn() {
    const kept = JSON.parse((await quietly(browser.localStorage.getItem('tandem_plan'))) || 'null');
    const fresh = quietly(
      fetch(`${BAKED.beacon}/plan`).then(async (answer) => {
        const newer = await answer.json();
        if (!answer.ok || newer.version !== 1) return undefined;
        quietly(browser.localStorage.setItem('tandem_plan', JSON.stringify(newer)));
        return newer;
      }),
    );
    const old = kept?.version === 1 && kept.beacon === BAKED.beacon ? kept : undefined;
    plan = old || (await Promise.race([fresh, pause(2000)])) || BAKED;
    quietly(fresh.then((newer) => (plan = newer || plan)));
  }

  // --- To Meta, by Meta's own script. See docs/decisions/0020 for what the sandbox hides from it.

  async function cookies() {
    const read = async (name) => [name, await quietly(browser.cookie.get(name))];
    jar = { ...jar, ...known(Object.fromEntries(await Promise.all(['_fbp', '_fbc'].map(read)))) };
  }

  function lend() {
    Object.defineProperty(document, 'cookie', {
      configurable: true,
      get: () => Object.entries(jar).map(([name, value]) => `${name}=${value}`).join('; '),
      set: (text) => {
        const [, name, value] = /^\s*(_fb[pc])=([^;]*)/.exec(text) || [];
        if (!name) return;
        jar[name] = value;
        quietly(browser.cookie.set(text));
      },
    });
  }

  function load() {
    if (window.fbq) return;
    lend();
    const fbq = (window.fbq = function (...words) {
      fbq.callMethod ? fbq.callMethod.apply(fbq, words) : fbq.queue.push(words);
    });
    Object.assign(fbq, { push: fbq, loaded: true, version: '2.0', queue: [] });
    window._fbq = window._fbq || fbq;
    const script = document.createElement('script');
    script.async = true;
    script.src = META;
    script.onload = () => watched.forEach((one) => one('loaded'));
    document.head.appendChild(script);
  }

  function call(deed) {
    load();
    const who = deed.checkout ? person(deed.checkout) : known({ external_id: digits(init.data?.customer?.id) });
    fbq('dataProcessingOptions', ...(limited() ? [['LDU'], 0, 0] : [[]]));
    const words = JSON.stringify(who);
    for (const dataset of plan.datasets) {
      // Meta takes what it may match by with init alone; said again only where more is known now.
      if (begun !== words) fbq('init', dataset, who);
      fbq('trackSingle', dataset, deed.name, deed.data, { eventID: deed.id });
      watch(deed, dataset);
    }
    begun = words;
  }

  function watch(deed, dataset) {
    if (!deed.checkout) return;
    let last = 'called';
    sighting(deed, dataset, last);
    watched.push((state) => {
      if (last === 'sent' || last === state) return;
      last = state;
      sighting(deed, dataset, state);
    });
    const mine = watched[watched.length - 1];
    if (fbq.callMethod) mine('loaded');
    const left = ({ name, responseEnd }) => {
      const address = new URL(name);
      if (!address.pathname.startsWith('/tr') || !responseEnd) return;
      // A long event is posted as a form: then the address names nobody.
      if (!address.search || (address.searchParams.get('id') === dataset && address.searchParams.get('eid') === deed.id)) mine('sent');
    };
    new PerformanceObserver((list) => list.getEntries().forEach(left)).observe({ type: 'resource', buffered: true });
  }

  // --- To Meta, by its documented image request, which carries address and cookies for certain.

  async function hashed(text) {
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  async function show(deed, event) {
    const who = deed.checkout ? person(deed.checkout) : {};
    const page = event.context?.document;
    const fields = { ev: deed.name, eid: deed.id, dl: page?.location?.href, rl: page?.referrer, ts: Date.parse(event.timestamp), fbp: jar._fbp, fbc: jar._fbc };
    if (limited()) Object.assign(fields, { dpo: 'LDU', dpoco: 0, dpost: 0 });
    if (who.em) fields['ud[em]'] = await hashed(who.em.trim().toLowerCase());
    if (who.external_id) fields['ud[external_id]'] = await hashed(who.external_id);
    for (const [name, value] of Object.entries(deed.data)) fields[`cd[${name}]`] = typeof value === 'object' ? JSON.stringify(value) : value;
    for (const dataset of plan.datasets) {
      const image = new Image();
      image.onload = () => sighting(deed, dataset, 'sent');
      sighting(deed, dataset, 'called');
      image.src = `https://www.facebook.com/tr/?${new URLSearchParams({ id: dataset, ...known(fields) })}`;
    }
  }

  // --- One deed after the other.

  async function tell(event) {
    plan || (await learn());
    await cookies();
    const deed = DEEDS[event.name](event);
    const may = plan.tells && deed && deed.counts !== false && plan.events.includes(deed.name) && !refused(deed.checkout);
    try {
      if (may && plan.datasets.length) await (plan.carrier === 'image' ? show(deed, event) : call(deed));
    } finally {
      if (event.data?.checkout) signal(event, true);
    }
  }

  let line = quietly(browser.localStorage.getItem('tandem_chosen')).then((kept) => (chosen = chosen || kept === '1'));

  function take(event) {
    if (event.data?.checkout?.token) checkoutToken = event.data.checkout.token;
    if (privacy?.marketingAllowed) line = quietly(line.then(() => tell(event)));
    else if (waiting.length < MOST_WAITING) waiting.push(event);
  }

  customerPrivacy.subscribe('visitorConsentCollected', (event) => {
    const before = privacy?.marketingAllowed;
    privacy = event.customerPrivacy;
    chosen = true;
    quietly(browser.localStorage.setItem('tandem_chosen', '1'));
    if (privacy.marketingAllowed) {
      if (window.fbq) fbq('consent', 'grant');
      if (before) signal(undefined, true);
      waiting.splice(0).forEach(take);
    } else if (before) {
      if (window.fbq) fbq('consent', 'revoke');
      signal(undefined, false);
    }
  });
  Object.keys(DEEDS).forEach((name) => analytics.subscribe(name, take));
})();
