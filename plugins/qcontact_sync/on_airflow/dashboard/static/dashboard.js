// Keeps a page that is looked at up to date, says that something loads, and opens Airflow's own
// pages in Airflow. Without it every page works, but for the reloading.
"use strict";

const REFRESH_MS = 30_000;
const SLOW_MS = 400;

// Airflow's choice of light or dark, where the page is shown inside Airflow.
function followTheme() {
  const theme = localStorage.getItem("theme");
  if (window.parent !== window && ["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
}
followTheme();
window.addEventListener("storage", followTheme);

function sayBusy() {
  return setTimeout(() => { document.getElementById("busy").hidden = false; }, SLOW_MS);
}
window.addEventListener("pageshow", () => { document.getElementById("busy").hidden = true; });

document.addEventListener("submit", sayBusy);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.dataset.airflow !== undefined && window.parent !== window) {
    // The frame is not allowed to move Airflow's window; a link inside that window is.
    event.preventDefault();
    const door = window.parent.document.createElement("a");
    door.href = link.href;
    door.click();
  } else if (link.getAttribute("href")[0] !== "#") {
    sayBusy();
  }
});

// On a narrow screen a row is a card (see the style): each cell is shown with its column's heading.
function labelCells() {
  for (const table of document.querySelectorAll(".wide > table")) {
    const headings = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
    table.classList.add("cards");
    for (const row of table.querySelectorAll("tbody tr")) {
      // Cells of the rows above may reach into it, from the left.
      const first = headings.length - row.cells.length;
      [...row.cells].forEach((cell, i) => { cell.dataset.label = headings[first + i] || ""; });
    }
  }
}

// The place that has the focus, so that it can be found again in the new content.
function placeOf(element) {
  if (!element || element === document.body) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const name = element.getAttribute("aria-label");
  if (name) return `${element.localName}[aria-label="${CSS.escape(name)}"]`;
  const href = element.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}

function replaceContent(fresh) {
  const old = document.getElementById("content");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (focused && focused.localName === "input") return false;
  const place = placeOf(focused);
  const [x, y] = [window.scrollX, window.scrollY];
  const open = [...old.querySelectorAll("details[open][id]")].map((details) => details.id);
  const aside = [...old.querySelectorAll(".wide")].map((wide) => wide.scrollLeft);
  old.replaceChildren(...fresh.getElementById("content").childNodes);
  labelCells();
  open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
  old.querySelectorAll(".wide").forEach((wide, i) => { wide.scrollLeft = aside[i] || 0; });
  if (place) (old.querySelector(place) || old).focus({ preventScroll: true });
  window.scrollTo(x, y);
  return true;
}

function say(text, isTrouble) {
  const line = document.getElementById("refreshed");
  line.classList.toggle("trouble", Boolean(isTrouble));
  if (line.textContent !== text) line.textContent = text;
}

let refreshedAt = Date.now();
let lastKnown = new Date();

// What cannot be read anew may not look as if it were known: the banner, the title and the first
// line say since when.
function showOutdated() {
  const since = lastKnown.toTimeString().slice(0, 5);
  const text = `Not known since ${since}: the dashboard cannot be read. What is below may have changed.`;
  const main = document.getElementById("content");
  if (!main.querySelector(".outdated")) {
    const line = document.createElement("p");
    line.className = "outdated";
    line.setAttribute("role", "alert");
    line.textContent = `${text} `;
    const why = document.createElement("a");
    why.href = location.href;
    why.textContent = "See why";
    line.append(why);
    main.prepend(line);
  }
  const banner = main.querySelector("[data-known]");
  if (banner) {
    banner.className = "health unknown";
    banner.querySelector("h1").textContent = `Not known since ${since}`;
  }
  document.title = `Not known since ${since} – ${document.title.split(" – ").at(-1)}`;
}

async function refresh() {
  if (document.hidden || !document.querySelector("main[data-live]")) return;
  refreshedAt = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const before = document.title;
    if (!replaceContent(fresh)) return;
    document.querySelector("footer time").replaceWith(fresh.querySelector("footer time"));
    document.title = fresh.title;
    // Spoken only where something changed: a voice every half minute would be no help.
    say(before === document.title ? "" : `Now: ${document.title.split(" – ")[0]}.`);
    lastKnown = new Date();
  } catch {
    showOutdated();
  }
}

document.addEventListener("DOMContentLoaded", () => {
  labelCells();
  // What an action did is at the top of the page that it leads to: a screen reader begins there.
  const said = document.getElementById("said");
  if (said) said.focus();
  setInterval(refresh, REFRESH_MS);
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - refreshedAt >= REFRESH_MS) refresh();
});
