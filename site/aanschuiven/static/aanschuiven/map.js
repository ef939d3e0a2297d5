// The large map, fetched by the tap that asks for it.
const make = (name, values) => Object.assign(document.createElement(name), values);
const add = (name, values) => new Promise((onload, onerror) => document.head.append(make(name, { ...values, onload, onerror })));

export async function open(button) {
  const { css, leaflet, outline, tiles, latitude, longitude, label, zoomIn, zoomOut } = button.dataset;
  const [shape] = await Promise.all([
    outline && fetch(outline).then((answer) => answer.json()),
    ...css.split(" ").map((href) => add("link", { rel: "stylesheet", href })),
    window.L || add("script", { src: leaflet }),
  ]);
  const frame = make("div", { className: "map large", role: "region", ariaLabel: label });
  const small = button.parentNode.previousElementSibling;
  if (small?.matches("svg.map")) small.remove();
  button.parentNode.replaceWith(frame);
  const zoomAnimation = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(frame, { zoomControl: false, scrollWheelZoom: false, attributionControl: !!tiles, zoomAnimation, zoomSnap: tiles ? 1 : 0 });
  L.control.zoom({ zoomInTitle: zoomIn, zoomOutTitle: zoomOut }).addTo(map);
  if (tiles) L.tileLayer(tiles, { maxZoom: 19, attribution: "© OpenStreetMap" }).addTo(map);
  const at = [latitude, longitude];
  const edge = shape && L.geoJSON(shape, { className: tiles ? "edge" : "here" }).addTo(map);
  if (edge) map.fitBounds(edge.getBounds()); else map.setView(at, 16);
  L.circleMarker(at, { className: "pin", radius: 9 }).addTo(map);
  frame.focus();
}
