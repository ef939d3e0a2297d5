// The next dates of a rule, in the editor of a meeting: asked of the server while someone fills in the form.
(() => {
  "use strict";
  const FIELDS = ["begin", "end", "repeat", "until", "rule"];
  const WAIT = 400; // milliseconds after the last key

  function start(box) {
    const form = box.closest("form");
    const shown = box.querySelector("[data-dates]");
    let timer, asked = "";

    async function show() {
      clearTimeout(timer);
      const fields = new URLSearchParams(["csrfmiddlewaretoken", ...FIELDS].map((name) => [name, form.elements[name].value]));
      if (asked === String(fields)) return;
      const mine = asked = String(fields);
      try {
        const answer = await fetch(box.dataset.datesPreview, {
          method: "POST", body: fields, headers: { "X-Requested-With": "XMLHttpRequest" },
        });
        if (mine === asked && answer.ok) shown.innerHTML = await answer.text();
        if (!answer.ok) asked = "";
      } catch {
        asked = ""; // away for a moment: the next change or the button asks again
      }
    }

    function soon(event) {
      if (!FIELDS.includes(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(show, WAIT);
    }

    for (const kind of ["input", "change", "focusout"]) form.addEventListener(kind, soon);
    box.querySelector("button").addEventListener("click", (event) => {
      event.preventDefault();
      asked = "";
      show();
    });
    if (form.elements.begin.value) show();
  }

  const begin = () => document.querySelectorAll("[data-dates-preview]").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
