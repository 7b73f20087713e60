// The admin's script goes on from here by itself. Where it does not, this page asks it for a token and goes on.
(() => {
  "use strict";
  const PATIENCE = 1500;
  const LONGEST = 8000;
  const told = document.body.dataset;

  function stuck() {
    document.getElementById("waiting").hidden = true;
    document.getElementById("stuck").hidden = false;
  }

  async function goOn() {
    const target = new URL(new URLSearchParams(location.search).get(told.reload), location.href);
    if (target.origin !== location.origin) throw new Error("The address is not ours.");
    target.searchParams.set(told.token, await window[told.admin].idToken());
    location.replace(target);
  }

  setTimeout(() => goOn().catch(stuck), PATIENCE);
  setTimeout(stuck, LONGEST);
})();
