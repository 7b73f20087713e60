// Follows the store while somebody is looking: every three seconds while something is being done for it, else now and
// then, so that new orders show.
// Everything on the page is there without it.
(() => {
  "use strict";
  const EVERY = 3000;
  const CALMLY = 10000;
  const SLOWEST = 60000;
  const told = document.body.dataset;
  const place = document.getElementById("state");
  let pause = EVERY;
  let timer = null;
  let failures = 0;
  let refusals = 0;
  let over = false;
  let shown = null;

  const admin = () => window[told.admin];
  const busy = () => place.querySelector("[data-busy]")?.dataset.busy === "yes";

  function apart() {
    over = true;
    document.getElementById("apart").hidden = false;
    button().hidden = true;
  }

  function button() {
    return document.getElementById("again");
  }

  // A token lives for a minute, so each question gets a fresh one. Nothing of the browser's own goes along.
  async function ask(address, method) {
    const token = await admin().idToken().catch(() => null);
    if (token === null && ++refusals > 2) apart(); // the app is not in this admin any more
    if (token === null) throw new Error("The admin gave no token.");
    refusals = 0;
    return fetch(address, {
      method,
      cache: "no-store",
      credentials: "omit",
      headers: { Authorization: `Bearer ${token}` },
    });
  }

  function away(so) {
    document.getElementById("away").hidden = !so;
  }

  async function look(address, method = "GET") {
    const response = await ask(address, method);
    if (response.status === 401) return apart();
    if (!response.ok) throw new Error(`The answer was ${response.status}.`);
    show(await response.text());
    pause = EVERY;
    failures = 0;
    away(false);
  }

  // What says the same stays as it is: somebody may be reading or selecting it.
  function show(markup) {
    if (markup === shown) return ready();
    shown = markup;
    const focused = document.activeElement === button();
    place.innerHTML = markup;
    ready();
    if (focused) button().focus();
  }

  function ready() {
    button().hidden = false;
    button().disabled = busy();
  }

  function later() {
    clearTimeout(timer);
    if (over || document.visibilityState !== "visible") return;
    timer = setTimeout(poll, busy() ? pause : Math.max(pause, CALMLY));
  }

  async function poll() {
    try {
      await look(told.state);
    } catch {
      pause = Math.min(2 * pause, SLOWEST);
      if (++failures > 1) away(true);
    }
    later();
  }

  async function again() {
    button().disabled = true;
    try {
      await look(told.again, "POST");
    } catch {
      away(true);
      ready();
    }
    later();
  }

  if (typeof admin()?.idToken !== "function") return apart();
  place.addEventListener("click", (event) => {
    if (event.target === button()) again();
  });
  document.addEventListener("visibilitychange", later);
  ready();
  later();
})();
