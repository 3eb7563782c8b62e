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

// Airflow keeps its language in this browser too. Whichever was changed last holds: the desk's own choice, or Airflow's.
(function () {
  const root = new URL(document.currentScript.src).pathname.replace(/\/static\/[^/]*$/, "") || "/";
  let airflow = null;
  try {
    airflow = localStorage.getItem("i18nextLng");
    if (!airflow || localStorage.getItem("yingda_airflow_language") === airflow) return;
    localStorage.setItem("yingda_airflow_language", airflow);
  } catch {
    return;
  }
  const language = airflow.toLowerCase().startsWith("zh") ? "zh_CN" : "en";
  if ((document.documentElement.lang === "en" ? "en" : "zh_CN") === language) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `yingda_language=${language}; path=${root}; max-age=31536000; samesite=lax${secure}`;
  document.addEventListener("DOMContentLoaded", function () {
    // Not over what somebody typed: then the next page has the language. Without its fragment, or nothing is loaded.
    if (!document.querySelector(".problems")) location.replace(location.pathname + location.search);
  });
})();

// What refreshes itself waits while it is out of sight, or while somebody is on one of its links or buttons.
for (const moment of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
  document.addEventListener(moment, function (event) {
    const part = event.target;
    if (!part.hasAttribute("hx-get")) return;
    if (document.hidden || part.contains(document.activeElement)) event.preventDefault();
  });
}
