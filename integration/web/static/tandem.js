// What pages do beyond links and forms: a fresh token for each request inside an admin, a light hand in asking again, and
// buttons that copy. Everything on a page is there, and works, without it; inside an admin a link then takes a longer way.
(() => {
  "use strict";
  const SLOWEST = 60000;
  const STEP = 3000;
  const CALMLY = 10000;
  const shown = new WeakMap();
  const askedAt = new WeakMap();
  const openedAt = Date.now();
  let failures = 0;
  let refusals = 0;
  let quietUntil = 0;

  const admin = () => window[document.body.dataset.admin];
  const inAdmin = () => Boolean(document.body.dataset.admin);
  const isPolling = (element) => /\bevery\b/.test(element.getAttribute("hx-trigger") ?? "");

  function say(id, so) {
    const notice = document.getElementById(id);
    if (notice) notice.hidden = !so;
  }

  // Without the admin nothing here can prove who asks: what would be refused is not offered.
  function apart() {
    say("apart", true);
    for (const button of document.querySelectorAll('main form[method="post"] button')) button.hidden = true;
  }

  // A token lives for a minute, so each question gets a fresh one. Nothing of the browser's own goes along.
  async function proven(address, request) {
    const token = await admin().idToken().catch(() => null);
    if (token === null) {
      if (++refusals > 2) apart(); // the app is not in this admin any more
      throw new Error("The admin gave no token.");
    }
    refusals = 0;
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${token}`);
    return fetch(address, { ...request, headers, credentials: "omit" });
  }

  function failed() {
    if (++failures > 1) say("away", true);
    quietUntil = Date.now() + Math.min(STEP * 2 ** failures, SLOWEST);
  }

  document.addEventListener("htmx:config:request", (event) => {
    if (inAdmin() && typeof admin()?.idToken === "function") event.detail.ctx.fetch = proven;
  });

  // Where nothing is being done, now and then is enough.
  function isCalm(element) {
    const calm = element.querySelector("[data-busy]")?.dataset.busy === "no";
    return calm && Date.now() - (askedAt.get(element) ?? openedAt) < CALMLY;
  }

  function rests(element) {
    if (inAdmin() && typeof admin()?.idToken !== "function") return true;
    return document.visibilityState !== "visible" || Date.now() < quietUntil || isHeld(element) || isCalm(element);
  }

  // Nobody looks, or the last questions failed: not now.
  document.addEventListener("htmx:before:request", (event) => {
    const { sourceElement } = event.detail.ctx;
    if (!isPolling(sourceElement)) return;
    if (rests(sourceElement)) event.preventDefault();
    else askedAt.set(sourceElement, Date.now());
  });

  document.addEventListener("htmx:before:response", (event) => {
    const { response, sourceElement } = event.detail.ctx;
    if (response.status === 401) {
      event.preventDefault();
      if (inAdmin()) apart();
      else location.reload(); // signed out meanwhile: the page says where to sign in
    } else if (isPolling(sourceElement) && response.status >= 400) {
      event.preventDefault();
      failed();
    } else {
      failures = 0;
      say("away", false);
    }
  });

  // What says the same stays as it is: somebody may be reading or selecting it.
  document.addEventListener("htmx:before:swap", (event) => {
    const { sourceElement, text } = event.detail.ctx;
    if (!isPolling(sourceElement)) return;
    if (shown.get(sourceElement) === text) event.preventDefault();
    else shown.set(sourceElement, text);
  });

  document.addEventListener("htmx:error", (event) => {
    if (isPolling(event.target)) failed();
    else if (event.detail.ctx) say("away", true);
  });

  // A page that follows what happens can be held: the button is pressed while it stands still.
  function isHeld(element) {
    return document.querySelector(`[data-holds="${element.id}"][aria-pressed="true"]`) !== null;
  }

  function hold(button) {
    const held = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(held));
    button.textContent = held ? button.dataset.goOn : button.dataset.pause;
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copies)?.textContent ?? button.dataset.copy;
    await navigator.clipboard.writeText(text.trim());
    const words = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = words), 2000);
  }

  // A frame's plain download would come without a token.
  async function download(link) {
    const response = await proven(link.href, {});
    if (!response.ok) return failed();
    const own = URL.createObjectURL(await response.blob());
    const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "tandem";
    const saving = Object.assign(document.createElement("a"), { href: own, download: name });
    saving.click();
    setTimeout(() => URL.revokeObjectURL(own), 60000);
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    const link = at("a[download]");
    if (link && inAdmin() && link.origin === location.origin) {
      event.preventDefault();
      download(link).catch(failed);
    } else if (at("[data-copies], [data-copy]")) copy(at("[data-copies], [data-copy]")).catch(() => {});
    else if (at("[data-holds]")) hold(at("[data-holds]"));
  });

  function ready() {
    for (const button of document.querySelectorAll("[data-copies], [data-copy], [data-holds]")) button.hidden = false;
    if (inAdmin() && typeof admin()?.idToken !== "function") apart();
  }

  document.addEventListener("htmx:after:swap", ready);
  ready();
})();
