/* The desk's one script: asks the browser for a passkey, puts the answer into a field of the form, sends the form.
   Without it every page works as it stands; what needs it is hidden until it runs. It talks to nobody. */
"use strict";
(() => {
  if (!window.isSecureContext || !window.PublicKeyCredential) return;
  const begun = performance.now();

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (text) => text.split(",").filter((part) => part);

  async function asked(data) {
    const found = await navigator.credentials.get({
      publicKey: { challenge: toBytes(data.challenge), rpId: data.rp, userVerification: "required" },
    });
    return {
      id: toText(found.rawId),
      client_data: toText(found.response.clientDataJSON),
      authenticator_data: toText(found.response.authenticatorData),
      signature: toText(found.response.signature),
    };
  }

  async function made(data) {
    const found = await navigator.credentials.create({
      publicKey: {
        challenge: toBytes(data.challenge),
        rp: { id: data.rp, name: "Candour desk" },
        user: { id: toBytes(data.handle), name: data.name, displayName: data.name },
        pubKeyCredParams: listed(data.algorithms).map((alg) => ({ type: "public-key", alg: Number(alg) })),
        excludeCredentials: listed(data.known).map((id) => ({ type: "public-key", id: toBytes(id) })),
        authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
        attestation: "none",
      },
    });
    return {
      id: toText(found.rawId),
      client_data: toText(found.response.clientDataJSON),
      attestation: toText(found.response.attestationObject),
    };
  }

  function begin(panel) {
    const data = panel.dataset;
    const form = panel.closest("form");
    const field = form.elements.namedItem("passkey");
    const code = form.elements.namedItem("code");
    const button = panel.querySelector("button");
    const say = (which) => {
      for (const line of panel.querySelectorAll("[data-says]")) line.hidden = line.dataset.says !== which;
    };
    panel.hidden = false;
    for (const line of form.querySelectorAll("[data-without]")) line.hidden = true;
    button.addEventListener("click", async () => {
      // A passkey stands in the place of the code; a new one does not.
      if (data.passkey === "get") code.required = false;
      if (!form.reportValidity()) {
        if (data.passkey === "get") code.required = true;
        return;
      }
      if (performance.now() - begun > 1000 * Number(data.seconds)) return say("too-old");
      button.disabled = true;
      say("");
      try {
        field.value = JSON.stringify(await (data.passkey === "get" ? asked(data) : made(data)));
        if (data.passkey === "get") code.value = "";
        form.submit();
      } catch (refused) {
        say(refused.name === "InvalidStateError" ? "known" : "failed");
        if (data.passkey === "get") code.required = true;
        button.disabled = false;
        button.focus();
      }
    });
  }

  for (const panel of document.querySelectorAll("[data-passkey]")) begin(panel);
})();
