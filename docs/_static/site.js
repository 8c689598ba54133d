/* Shows the panel of a measured number while a pointer rests on it. A click, a tap or Enter opens it to stay, and a click
 * elsewhere closes it: that is the browser's own popover, which needs no script. */
"use strict";

const HOVER_DELAY = 180; // milliseconds, so that a pointer passing over a page of numbers opens nothing

for (const measured of document.querySelectorAll(".measured, .term")) {
  const button = measured.querySelector("button, .term-link");
  const panel = measured.querySelector("[popover]");
  if (!panel.showPopover) continue;
  let timer = 0;
  let pinned = false; // opened, or kept open, by more than a pointer resting on it
  const isOpen = () => panel.matches(":popover-open");
  const later = (event, action) => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer);
    timer = setTimeout(action, HOVER_DELAY);
  };
  measured.addEventListener("pointerenter", (event) => {
    later(event, () => isOpen() || panel.showPopover({ source: button }));
  });
  measured.addEventListener("pointerleave", (event) => {
    later(event, () => pinned || panel.hidePopover());
  });
  measured.addEventListener("click", () => {
    clearTimeout(timer);
    pinned = true;
  });
  measured.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !measured.contains(event.relatedTarget)) panel.hidePopover();
  });
  measured.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !isOpen()) return;
    panel.hidePopover();
    button.focus();
  });
  panel.addEventListener("toggle", (event) => {
    if (event.newState === "closed") pinned = false;
  });
}

/* Says which filter of the audit is in force; the filtering itself is done by the style sheet. */
const filters = document.querySelectorAll(".audit-filter a");
const markFilter = () => {
  const current = [...filters].some((link) => link.hash === location.hash) ? location.hash : "#all";
  for (const link of filters) {
    const chosen = link.hash === current;
    if (chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};
if (filters.length) {
  window.addEventListener("hashchange", markFilter);
  markFilter();
}

/* A click on a term opens its definition; without this script it leads to the glossary. */
for (const term of document.querySelectorAll(".term-link")) {
  const panel = term.nextElementSibling;
  term.addEventListener("click", (event) => {
    if (!panel.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return; // to a tab of its own, for one
    event.preventDefault();
    if (!panel.matches(":popover-open")) panel.showPopover({ source: term });
  });
}

/* Formulas that are wider than the screen scroll sideways; then they must be reachable by keyboard, as tables are. */
const formulas = document.querySelectorAll(".math");
const markScrollable = () => {
  for (const formula of formulas) {
    formula.classList.remove("too-wide");
    const isBlock = formula.tagName === "DIV";
    const room = (isBlock ? formula : formula.closest("p, li, dd, dt, th, td, div")).clientWidth;
    const tooWide = room > 0 && (isBlock ? formula.scrollWidth : formula.offsetWidth) > room;
    formula.classList.toggle("too-wide", tooWide);
    if (tooWide) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
};
if (formulas.length) new ResizeObserver(markScrollable).observe(document.querySelector("article"));

/* The search ignores capitals; of two names that differ in nothing else, the one that was typed comes first. Of several hits on
 * one page (its title, a name, a word of its text) only the best is shown. */
if (typeof Scorer !== "undefined") {
  const typed = new URLSearchParams(location.search).get("q");
  Scorer.score = ([, title, , , score]) => score + (title.split(".").pop() === typed ? 1 : 0);
  const perform = Search._performSearch;
  Search._performSearch = (...query) => {
    const best = new Map(); // the results come with the best one last
    for (const result of perform(...query)) {
      best.delete(result[0]); // so that it moves to the end
      best.set(result[0], result);
    }
    return [...best.values()];
  };
}
