// What the pages need beside HTML and CSS. Every page works without it.
(() => {
  "use strict";
  const main = document.getElementById("inhoud");
  const find = (id, root = document) => root.getElementById ? root.getElementById(id) : root.querySelector(`#${id}`);

  // --- your own chair: the table is drawn for everyone, the page marks and turns it --------------------------------------
  function sit(table) {
    const own = (main.dataset.ownChair || "").split(",").filter(Boolean);
    const drawing = table.querySelector(".round-table");
    const mine = own.map((number) => drawing?.querySelector(`.seat[data-chair="${number}"]`)).filter(Boolean);
    if (!mine.length) return;
    drawing.querySelectorAll(".next").forEach((chair) => { chair.classList.remove("next"); chair.querySelector("text")?.remove(); });
    mine.forEach((chair) => chair.classList.add("mine"));
    if (!mine[0].querySelector(".back")) { // a big room: dots on rings, turned by their coordinates
      const at = (dot) => ["x", "y"].map((side) => +dot.getAttribute(side));
      if (!mine[0].hasAttribute("x")) return; // drawn for whoever looks
      const turn = Math.PI / 2 - Math.atan2(...at(mine[0]).reverse());
      for (const dot of drawing.querySelectorAll("use.seat")) {
        const [x, y] = at(dot);
        const [left, down] = [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)].map(Math.round);
        if (!mine.includes(dot)) {
          dot.setAttribute("x", left);
          dot.setAttribute("y", down);
          continue;
        }
        dot.removeAttribute("x");
        dot.removeAttribute("y");
        dot.setAttribute("transform", `translate(${left} ${down})scale(${dot === mine[0] ? 2.2 : 1.5})`);
        dot.setAttribute("href", dot.getAttribute("href").replace("punt", "stoel"));
      }
      mine[0].parentNode.append(...mine.reverse());
      return;
    }
    const angle = (chair) => parseFloat(chair.parentNode.getAttribute("transform").slice(7));
    const turn = 90 - angle(mine[0]);
    for (const chair of drawing.querySelectorAll(".seat")) {
      const now = angle(chair) + turn;
      chair.parentNode.setAttribute("transform", `rotate(${now})`);
      const body = chair.lastElementChild;
      body.setAttribute("transform", body.getAttribute("transform").replace(/rotate\([^)]*\)/, `rotate(${-now})`));
    }
    drawing.querySelector(".cups")?.setAttribute("transform", `rotate(${turn})`);
    mine.forEach(({ parentNode }) => parentNode.parentNode.append(parentNode)); // your own lies on top of its neighbours
  }

  // --- live: the newest frame of the table, swapped in by id ---------------------------------------------------------------
  const busy = () => document.querySelector("dialog[open]") || document.activeElement?.closest("form");
  let sentence = null; // what is to be said once the form is closed

  function say() {
    const line = find("tafel-zin");
    if (sentence === null || !line || busy()) return;
    if (line.textContent !== sentence) line.textContent = sentence;
    sentence = null;
  }

  function show(frame, isPage = false) {
    const old = find("tafel");
    const table = frame.querySelector("#tafel");
    if (!old || !table || +table.dataset.version < +old.dataset.version) return;
    const spoken = frame.querySelector('[hx-swap-oob="innerHTML:#tafel-zin"]') || frame.querySelector("#tafel-zin");
    if (spoken) { sentence = spoken.textContent; say(); }
    for (const id of ["wie-komen", "nog-vrij", "wacht-plaats"]) {
      const piece = frame.querySelector(`#${id}`);
      if (piece && piece.textContent !== find(id)?.textContent) find(id)?.replaceChildren(...piece.childNodes);
    }
    const isNew = table.dataset.version !== old.dataset.version;
    const leavesOut = table.dataset.drawing || table.dataset.names; // a big room: the frame has its numbers, the page the rest
    if (isNew && !isPage && (leavesOut || find("wacht") || table.dataset.state !== state)) fetchSoon(+table.dataset.version);
    if (table.dataset.drawing) {
      Object.assign(old.dataset, table.dataset);
      return;
    }
    const was = new Set([...old.querySelectorAll(".seat[data-chair]:not(.empty)")].map((chair) => chair.dataset.chair));
    if (old.querySelector(".round-table")) {
      table.querySelectorAll(".seat[data-chair]:not(.empty)").forEach((chair) => { if (!was.has(chair.dataset.chair)) chair.classList.add("new"); });
    }
    sit(table);
    old.replaceWith(table);
  }

  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  // --- the page anew: who waited has a chair, or the date itself is another (it does not go ahead, it moved) ---------------
  const place = (page) => ["aan-tafel", "wacht"].find((id) => page.querySelector(`#${id}`));
  let state = find("tafel")?.dataset.state; // of the date itself, as the page says it; a frame has no more than its mark
  let newer = null; // shown once no form is open

  function renew() {
    if (!newer || busy()) return;
    const page = newer.querySelector("#inhoud");
    const kept = ["bewaar-link", "geleend"].map((id) => find(id)); // a borrowed device gets its link once
    const hasLink = kept[0] && !page.querySelector("#bewaar-link");
    const isSeated = !find("aan-tafel") && page.querySelector("#aan-tafel");
    document.title = newer.title;
    newer = null;
    main.dataset.ownChair = page.dataset.ownChair || "";
    main.className = page.className;
    page.querySelectorAll(".notice.bad, #afgelast, .moved").forEach((notice) => { if (!main.textContent.includes(notice.textContent)) notice.setAttribute("role", "alert"); });
    main.replaceChildren(...page.childNodes);
    if (hasLink) {
      find("wijzig")?.closest(".split").prepend(kept[0]);
      find("geleend")?.replaceWith(kept[1]);
    }
    prepare();
    state = find("tafel").dataset.state;
    sit(find("tafel"));
    if (isSeated) isSeated.focus();
  }

  // The version of the page that came; null when none did.
  async function fetchPage() {
    let page;
    try {
      const answer = await fetch(location.pathname, { headers: { "Cache-Control": "no-cache" } });
      if (answer.status === 404 || answer.redirected) gone();
      if (!answer.ok || answer.redirected) return null;
      page = parse(await answer.text());
    } catch {
      return null;
    }
    const version = +page.querySelector("#tafel").dataset.version;
    if (version >= +find("tafel").dataset.version) {
      if (place(page) !== place(document) || page.querySelector("#tafel").dataset.state !== state) newer = page;
      if (newer && !busy()) renew();
      else show(newer ? page.cloneNode(true) : page, true);
    }
    return version;
  }

  // Once for several frames, spread over all who look. Another process may still show the page of two seconds ago: then again.
  let fetching = null;
  let wanted = -1;
  function fetchSoon(version, wait = Math.random() * 1500) {
    wanted = Math.max(wanted, version);
    fetching ||= setTimeout(async () => {
      const came = await fetchPage();
      fetching = null;
      if (!stopped && (came === null || came < wanted)) fetchSoon(wanted, Math.min(30000, 2 * Math.max(wait, 1250)));
    }, wait);
  }

  let socket = null;
  let tries = 0;
  let polling = null;
  let stopped = false;
  let seen = new Date();

  function quietly(on) {
    const note = find("live-stand");
    if (!note || stopped) return;
    note.hidden = !on;
    if (on) note.textContent = note.dataset.text.replace("%s", seen.toTimeString().slice(0, 5));
  }

  // The meeting went off every list, or this date fell out: its address leads nowhere, and asking again does not help.
  function gone() {
    if (stopped) return;
    quietly(false);
    leave();
    sentence = find("live-stand").dataset.gone;
    say();
  }

  function leave() {
    stopped = true;
    socket?.close();
    clearInterval(polling);
    polling = null;
  }

  function connect() {
    if (stopped || socket) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}${main.dataset.live}?taal=${document.documentElement.lang}&versie=${find("tafel").dataset.version}`);
    socket.onmessage = (event) => {
      tries = 0;
      seen = new Date();
      clearInterval(polling);
      polling = null;
      quietly(false);
      show(parse(event.data));
    };
    socket.onclose = (event) => {
      socket = null;
      if (event.code === 4404) gone();
      if (stopped) return;
      polling ||= setInterval(async () => { if (await fetchPage() !== null) seen = new Date(); quietly(!socket); }, 15000);
      if (tries > 1) quietly(true);
      setTimeout(connect, Math.min(30000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2));
    };
  }

  if (main?.dataset.live && find("tafel")) {
    sit(find("tafel"));
    connect();
    addEventListener("pagehide", leave);
    addEventListener("pageshow", (event) => { if (event.persisted) { stopped = false; tries = 0; fetchPage(); connect(); } });
    document.addEventListener("focusout", () => setTimeout(() => { renew(); say(); }, 100));
  }

  // --- the form that comes up over the page --------------------------------------------------------------------------------
  const ARRIVED = "net-aangeschoven";

  // The form may have another name than the page gave it: the last chair went meanwhile.
  function title(tray) {
    const name = tray?.querySelector("template");
    if (name) tray.querySelector("h2").replaceChildren(name.content);
  }

  async function openTray(link) {
    const tray = find(link.dataset.tray);
    const fill = tray.querySelector("[data-fill]");
    try {
      await htmx.ajax("GET", link.getAttribute("href"), { target: fill, swap: "innerHTML", select: "#formulier" });
      if (!fill.querySelector("form, .notice, h2")) throw new Error("no form");
      title(tray);
      tray.showModal();
      tray.querySelector("h2").focus();
    } catch {
      if (navigator.onLine) {
        location.href = link.href;
        return;
      }
      const notice = warning([main.dataset.offline]);
      fill.replaceChildren(notice);
      tray.showModal();
      notice.focus();
    }
  }

  function warning(texts) {
    const notice = document.createElement("div");
    notice.className = "notice bad refusal";
    notice.tabIndex = -1;
    notice.setAttribute("role", "alert");
    for (const text of texts) notice.appendChild(document.createElement("p")).textContent = text;
    return notice;
  }

  document.addEventListener("close", (event) => {
    if (event.target.matches?.("dialog.tray")) { event.target.querySelector("[data-fill]").replaceChildren(); renew(); say(); }
  }, true);

  // Remembered over the next page, unless the browser keeps nothing or the form comes back with a fault.
  function arriving(is) {
    try {
      const was = sessionStorage.getItem(ARRIVED);
      if (is) sessionStorage.setItem(ARRIVED, "1"); else sessionStorage.removeItem(ARRIVED);
      return was;
    } catch {
      return null;
    }
  }

  // Every refusal is shown above its form, which keeps what was typed: of the answer the part that takes the form's place where it
  // has one, else what it says; of no answer a sentence of our own.
  function refuse({ elt, triggeringEvent }, answer, mayLeave) {
    arriving(false);
    const page = answer?.querySelector("#inhoud");
    const said = page?.querySelector("[role=alert]") ? page.querySelectorAll("[role=alert]") : [page?.querySelector("h1"), page?.querySelector("h1 ~ p")];
    const texts = [...said].map((piece) => piece?.textContent.trim()).filter(Boolean);
    const notice = warning(texts.length ? texts : [main.dataset.offline]);
    const link = mayLeave && page?.querySelector("h1 ~ p a.button");
    if (link) notice.appendChild(document.createElement("p")).append(link);
    elt.closest("form").before(notice);
    if (triggeringEvent.type === "submit") notice.focus(); // who is still typing is not taken away from it
  }

  document.addEventListener("htmx:beforeRequest", () => document.querySelectorAll(".refusal").forEach((notice) => notice.remove()));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr: { status, responseText }, requestConfig } = event.detail;
    const form = requestConfig.elt.closest("form");
    if (status < 400 || !form) return;
    const answer = parse(responseText);
    const list = find(form.dataset.answer);
    event.detail.shouldSwap = !list && !!answer.querySelector(form.getAttribute("hx-select"));
    if (event.detail.shouldSwap) return;
    if (status === 400) list?.replaceChildren(); // what stood there is no answer to this question
    refuse(requestConfig, answer, status === 403);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, ({ detail: { requestConfig } }) => { if (requestConfig.elt.closest("form")) refuse(requestConfig); });
  }

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) arriving(true);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const fault = event.target.querySelector?.("[role=alert]");  // detail.target is the element that was replaced
    if (fault) { arriving(false); fault.focus(); }
    title(document.querySelector("dialog[open]"));
    prepare();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.action?.endsWith("/aanschuiven/")) arriving(true);
  });
  if (arriving(false)) (find("aan-tafel") || find("wacht"))?.focus();

  // --- a list to choose from: a tap says at once what was picked, keys walk past what is not meant ---------------------------
  let byKey = false;
  addEventListener("keydown", () => { byKey = true; }, true);
  addEventListener("pointerdown", () => { byKey = false; }, true);
  document.addEventListener("change", ({ target }) => { if (!byKey && target.matches("[data-answer] select")) htmx.trigger(target, "picked"); });

  // --- copy, share, print, map -----------------------------------------------------------------------------------------------
  function done(button, text) {
    const was = button.textContent;
    button.textContent = text || `${was} ✓`;
    setTimeout(() => { button.textContent = was; }, 2500);
  }

  function prepare() {
    document.querySelectorAll("[data-map]").forEach((button) => { button.parentNode.hidden = false; });
    if (!navigator.share) document.querySelectorAll("[data-share]:not([data-share-url])").forEach((button) => { button.hidden = true; }); // copying stands beside it
  }
  prepare();

  document.addEventListener("click", async (event) => {
    const target = event.target.closest("[data-tray], [data-close], [data-copy], [data-print], [data-share], [data-map]");
    if (!target) return;
    if (target.matches("[data-tray]") && window.htmx && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      openTray(target);
    } else if (target.matches("[data-close]")) {
      target.closest("dialog").close();
    } else if (target.matches("[data-print]")) {
      print();
    } else if (target.matches("[data-map]")) {
      target.disabled = true;
      import(target.dataset.map).then((map) => map.open(target)).catch(() => { target.disabled = false; });
    } else if (target.matches("[data-copy]")) {
      const source = find(target.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent.trim());
        done(target);
      } catch {
        getSelection().selectAllChildren(source);
      }
    } else if (target.matches("[data-share]")) { // a secret link is shared from its own box, never from the address bar
      const url = target.dataset.shareUrl || find(target.dataset.share).textContent.trim();
      if (navigator.share) navigator.share({ title: document.title, url }).catch(() => {});
      else { await navigator.clipboard?.writeText(url).then(() => done(target)).catch(() => {}); }
    }
  });
})();
