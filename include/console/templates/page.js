"use strict";
/* Comforts only: the page says everything without them. */

const tip = document.getElementById("tip");

function showTip(target, x, y) {
  tip.textContent = target.dataset.tip;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, x - box.width / 2), document.documentElement.clientWidth - box.width - 8);
  const top = y - box.height - 14 < 8 ? y + 18 : y - box.height - 14;
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

document.addEventListener("pointermove", (event) => {
  const target = event.target.closest("[data-tip]");
  if (target) showTip(target, event.clientX, event.clientY);
  else tip.hidden = true;
});
document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

for (const map of document.querySelectorAll(".map")) {
  const paths = map.querySelectorAll("path[data-segment]");
  for (const key of map.querySelectorAll(".key [data-segment]")) {
    const only = (segment) => {
      for (const path of paths) path.classList.toggle("faded", segment !== null && path.dataset.segment !== segment);
    };
    key.addEventListener("pointerenter", () => only(key.dataset.segment));
    key.addEventListener("pointerleave", () => only(null));
  }
}

function sortBy(table, column, heading) {
  const descending = heading.getAttribute("aria-sort") !== "descending";
  const valueOf = (row) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(text.replace(/[,%+]/g, "").replace("−", "-"));
    return text === "" || Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  const rows = [...table.tBodies[0].rows].sort((a, b) => compare(valueOf(a), valueOf(b)) * (descending ? -1 : 1));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (heading.querySelector(".unseen")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, column, heading));
    heading.append(button);
  });
}
