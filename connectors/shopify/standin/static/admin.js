// The admin's half of App Bridge: hands session tokens to the app in the frame, and shows its toasts.
(() => {
  "use strict";
  const frame = document.getElementById("app");
  const toast = document.getElementById("toast");
  const origin = new URL(frame.src).origin;
  const session = document.currentScript.dataset.session;
  let hiding = 0;

  async function freshToken() {
    const response = await fetch(session, { method: "POST" });
    return response.ok ? (await response.json()).id_token : null;
  }

  function show(text) {
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => (toast.hidden = true), 5000);
  }

  // Whatever page the frame shows by now, only the app's own gets an answer.
  window.addEventListener("message", async (event) => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return;
    if (event.data?.standin === "toast") show(event.data.text);
    if (event.data?.standin !== "idToken") return;
    const idToken = await freshToken();
    frame.contentWindow.postMessage({ answer: event.data.number, idToken }, origin);
  });
})();
