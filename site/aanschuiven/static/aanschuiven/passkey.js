// Behind the scripts of allauth: a passkey button works from here on, where the browser knows passkeys.
document.addEventListener("DOMContentLoaded", () => {
  if (!window.webauthnJSON?.supported() || !window.allauth?.webauthn) return;
  document.querySelectorAll("[data-passkey]").forEach((button) => { button.disabled = false; });
  document.querySelectorAll("[data-without-passkey]").forEach((sentence) => { sentence.hidden = true; });
});
