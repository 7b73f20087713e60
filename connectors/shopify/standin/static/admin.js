// The admin's half of App Bridge: hands session tokens to the app in the frame, and shows its toasts.
// It listens before there is a frame, which may ask at once.
(() => {
  "use strict";
  const { origin, session } = document.currentScript.dataset;
  let hiding = 0;

  async function freshToken() {
    const response = await fetch(session, { method: "POST" });
    return response.ok ? (await response.json()).id_token : null;
  }

  function show(text) {
    const toast = document.getElementById("toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => (toast.hidden = true), 5000);
  }

  // Whatever page the frame shows by now, only the app's own gets an answer.
  window.addEventListener("message", async (event) => {
    const frame = document.getElementById("app")?.contentWindow;
    if (!frame || event.source !== frame || event.origin !== origin) return;
    if (event.data?.standin === "toast") show(event.data.text);
    if (event.data?.standin !== "idToken") return;
    const idToken = await freshToken();
    frame.postMessage({ answer: event.data.number, idToken }, origin);
  });
})();
