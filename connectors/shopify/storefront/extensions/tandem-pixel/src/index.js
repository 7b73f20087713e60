// @ts-check
// Runs in Shopify's strict sandbox, a worker without a page: Meta's script cannot run here, so this only signals.
// Shopify starts it once the shopper's consent allows marketing, and not before.
import { register } from "@shopify/web-pixels-extension";

register(({ analytics, browser, init, settings, customerPrivacy }) => {
  /** @type {{marketingAllowed: boolean, saleOfDataAllowed: boolean}} */
  let allowed = init.customerPrivacy;
  let chosen = false;
  let last = "";

  /** @param {string} name */
  const cookie = (name) => browser.cookie.get(name).catch(() => "");

  /** What this browser is known by; told once per checkout, and again where something is new.
   * @param {import("@shopify/web-pixels-extension").PixelEventsCheckoutStarted | import("@shopify/web-pixels-extension").PixelEventsCheckoutCompleted} event */
  async function signal(event) {
    const token = event.data.checkout.token;
    if (!token || !allowed.marketingAllowed) return;
    const [fbp, fbc] = await Promise.all([cookie("_fbp"), cookie("_fbc")]);
    const told = JSON.stringify({
      checkout_token: token,
      ...(fbp ? { fbp } : {}),
      ...(fbc ? { fbc } : {}),
      user_agent: event.context.navigator.userAgent,
      consent: {
        marketing: allowed.marketingAllowed,
        sale_of_data: allowed.saleOfDataAllowed,
        ...(chosen ? {} : { default: true }),
      },
    });
    if (told === last) return;
    last = told;
    const address = `${settings.endpoint}/s/${settings.publicKey}/signal`;
    await fetch(address, { method: "POST", keepalive: true, body: told, headers: { "Content-Type": "text/plain" } });
  }

  analytics.subscribe("checkout_started", (event) => void signal(event).catch(() => {}));
  analytics.subscribe("checkout_completed", (event) => void signal(event).catch(() => {}));
  customerPrivacy.subscribe("visitorConsentCollected", (event) => {
    allowed = event.customerPrivacy;
    chosen = true;
  });
});
