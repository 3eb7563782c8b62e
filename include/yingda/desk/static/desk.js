// What every page of the desk does where there is JavaScript; all of it works without.
"use strict";

// Airflow keeps the theme its user chose in this browser; the desk follows it, else the device.
(function () {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage may be closed to a frame: then the device decides.
  }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();

// What refreshes itself waits while it is out of sight, or while somebody is on one of its links or buttons.
for (const moment of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
  document.addEventListener(moment, function (event) {
    const part = event.target;
    if (!part.hasAttribute("hx-get")) return;
    if (document.hidden || part.contains(document.activeElement)) event.preventDefault();
  });
}
