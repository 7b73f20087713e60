// Follows the store while somebody is looking: every three seconds while something is being done for it, else now and
// then, so that new orders show. Everything on the page is there, and works, without it.
(() => {
  "use strict";
  const EVERY = 3000;
  const CALMLY = 10000;
  const SLOWEST = 60000;
  const place = document.getElementById("state");
  let pause = EVERY;
  let failures = 0;
  let timer = null;
  let shown = null;

  const busy = () => place.querySelector("[data-busy]")?.dataset.busy === "yes";

  function away(so) {
    document.getElementById("away").hidden = !so;
  }

  // What says the same stays as it is: somebody may be reading or selecting it.
  function show(markup) {
    if (markup === shown) return;
    shown = markup;
    const focused = document.activeElement?.id;
    place.innerHTML = markup;
    if (focused) document.getElementById(focused)?.focus();
  }

  async function look() {
    const response = await fetch(document.body.dataset.state, { cache: "no-store", redirect: "error" });
    if (response.status === 401) return location.reload(); // signed out meanwhile: the page says where to sign in
    if (!response.ok) throw new Error(`The answer was ${response.status}.`);
    show(await response.text());
    pause = EVERY;
    failures = 0;
    away(false);
  }

  function later() {
    clearTimeout(timer);
    if (document.visibilityState !== "visible") return;
    timer = setTimeout(poll, busy() ? pause : Math.max(pause, CALMLY));
  }

  async function poll() {
    try {
      await look();
    } catch {
      pause = Math.min(2 * pause, SLOWEST);
      if (++failures > 1) away(true);
    }
    later();
  }

  document.addEventListener("visibilitychange", later);
  later();
})();
