// The map in the editor of a place: a tap fills in latitude and longitude, and typing moves the dot.
(() => {
  "use strict";

  function start(map) {
    const { latitude, longitude } = map.closest("form").elements;
    const [west, north, across, down] = ["west", "north", "across", "down"].map((name) => Number(map.dataset[name]));
    const dot = map.querySelector(".place");

    function show() {
      const known = latitude.value !== "" && longitude.value !== "";
      dot.setAttribute("visibility", known ? "visible" : "hidden");
      dot.setAttribute("cx", (longitude.value - west) * across);
      dot.setAttribute("cy", (north - latitude.value) * down);
    }

    map.addEventListener("click", (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      latitude.value = (north - point.y / down).toFixed(5);
      longitude.value = (west + point.x / across).toFixed(5);
      for (const field of [latitude, longitude]) field.dispatchEvent(new Event("change", { bubbles: true }));
      show();
    });
    for (const field of [latitude, longitude]) field.addEventListener("input", show);
    show();
  }

  const begin = () => document.querySelectorAll("[data-map-picker]").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
