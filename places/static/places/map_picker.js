// The map in the editor of a place or a wijk: a tap, or Enter in the middle, fills in latitude and longitude; typing moves the dot.
(() => {
  "use strict";

  function start(frame) {
    const { tiles, outline, middle, dots } = JSON.parse(document.getElementById("map-picker-data").textContent);
    const { latitude, longitude } = frame.closest("form").elements;
    const zoomAnimation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(frame, { zoomControl: false, scrollWheelZoom: false, attributionControl: !!tiles, zoomAnimation, maxZoom: 19 });
    L.control.zoom({ zoomInTitle: frame.dataset.zoomIn, zoomOutTitle: frame.dataset.zoomOut }).addTo(map);
    if (tiles) L.tileLayer(tiles, { maxZoom: 19, attribution: "© OpenStreetMap" }).addTo(map);
    const edge = outline && L.geoJSON(outline, { className: "edge", interactive: false });
    const typed = () => (latitude.value !== "" && longitude.value !== "" ? L.latLng(latitude.value, longitude.value) : null);

    const at = typed();
    if (edge) map.fitBounds(at ? edge.getBounds().extend(at) : edge.getBounds());
    else if (at) map.setView(at, 15);
    else if (middle) map.setView(middle, 15);
    else if (dots.length) map.fitBounds(dots.map(([north, east]) => [north, east]), { maxZoom: 15, padding: [40, 40] });
    else map.fitWorld();
    if (edge) edge.addTo(map);
    for (const [north, east, name] of dots) {
      const label = document.createTextNode(name);
      L.circleMarker([north, east], { className: "dot", radius: 5, interactive: false }).addTo(map).bindTooltip(() => label, { permanent: true, direction: "top", offset: [0, -4] });
    }
    const dot = L.circleMarker([0, 0], { className: "place", radius: 9, interactive: false });

    function show() {
      let at = null;
      try { at = typed(); } catch { /* not a number yet: it is being typed */ }
      if (at) dot.setLatLng(at).addTo(map); else dot.remove();
    }

    function put(point) {
      const { lat, lng } = point.wrap();
      latitude.value = lat.toFixed(5);
      longitude.value = lng.toFixed(5);
      for (const field of [latitude, longitude]) field.dispatchEvent(new Event("change", { bubbles: true }));
      show();
    }

    map.on("click", (event) => put(event.latlng));
    frame.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== frame) return; // the buttons of the map have an Enter of their own
      event.preventDefault();
      put(map.getCenter());
    });
    for (const field of [latitude, longitude]) field.addEventListener("input", show);
    show();
    return map;
  }

  // A tab or panel that opens later has no size yet, and the names would be put where they would stand without one.
  function wait(frame) {
    let map;
    new ResizeObserver(() => {
      if (map) map.invalidateSize();
      else if (frame.clientWidth) map = start(frame);
    }).observe(frame);
  }

  const begin = () => document.querySelectorAll("#map-picker").forEach(wait);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
