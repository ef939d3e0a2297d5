// The large map, fetched by the tap that asks for it. Tiles come only where the site names a server for them.
const add = (name, attributes) => new Promise((done, failed) => {
  document.head.append(Object.assign(document.createElement(name), attributes, { onload: done, onerror: failed }));
});

export async function open(button) {
  const { css, leaflet, outline, tiles, latitude, longitude, label, zoomIn, zoomOut } = button.dataset;
  const [shape] = await Promise.all([
    outline && fetch(outline).then((answer) => answer.json()),
    ...css.split(" ").map((href) => add("link", { rel: "stylesheet", href })),
    window.L || add("script", { src: leaflet }),
  ]);
  const frame = Object.assign(document.createElement("div"), { className: "map large", role: "region", ariaLabel: label });
  button.parentNode.replaceWith(frame);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(frame, { zoomControl: false, scrollWheelZoom: false, attributionControl: !!tiles, zoomAnimation: !still });
  L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map);
  if (tiles) L.tileLayer(tiles, { maxZoom: 19, attribution: "© OpenStreetMap" }).addTo(map);
  const edge = shape && L.geoJSON(shape, { className: tiles ? "edge" : "here", interactive: false }).addTo(map);
  if (edge) map.fitBounds(edge.getBounds()); else map.setView([latitude, longitude], 16);
  L.circleMarker([latitude, longitude], { className: "pin", radius: 9, interactive: false }).addTo(map);
  frame.focus();
}
