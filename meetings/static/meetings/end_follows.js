// The end moves along with the begin, so that it lasts as long as it did: whoever moves a meeting to another day changes one field.
(() => {
  "use strict";
  const END_OF = { begin: "end", extra_begin: "extra_end", starts_at: "ends_at" };
  const was = new WeakMap(); // the last begin that could be read, as an instant

  function read(text) {
    const found = /^\s*(\d{1,2})-(\d{1,2})-(\d{4})\s+(\d{1,2})[:.](\d{2})\s*$/.exec(text);
    return found ? Date.UTC(found[3], found[2] - 1, found[1], found[4], found[5]) : NaN; // the wall clock: no summer time here
  }

  function write(instant) {
    const [year, month, day, hour, minute] = new Date(instant).toISOString().split(/\D/);
    return `${day}-${month}-${year} ${hour}:${minute}`;
  }

  document.addEventListener("change", ({ target }) => {
    const end = target.form?.elements[END_OF[target.name]];
    const begins = read(target.value);
    if (!end || Number.isNaN(begins)) return;
    const moved = begins - (was.get(target) ?? read(target.defaultValue));
    was.set(target, begins);
    const ends = read(end.value) + moved;
    if (!Number.isNaN(ends)) end.value = write(ends);
  });
})();
