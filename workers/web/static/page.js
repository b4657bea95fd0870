// Draws the charts from the tables beside them, and says when the page no longer refreshes.
"use strict";
(() => {
  const HEIGHT = 190;
  const drawn = new Map();

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function read(table) {
    const [time, ...names] = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const rows = [...table.tBodies[0].rows];
    const times = rows.map((row) => Date.parse(row.cells[0].firstElementChild.dateTime) / 1000);
    const values = names.map((_, at) =>
      rows.map((row) => (row.cells[at + 1].textContent === "" ? null : Number(row.cells[at + 1].textContent))));
    return { time, names, data: [times, ...values] };
  }

  function draw(figure) {
    const place = figure.querySelector(".plot");
    const table = figure.querySelector("details table");
    if (!place || !table || place.clientWidth === 0) return;
    drawn.get(place)?.destroy();
    const { time, names, data } = read(table);
    const axis = {
      stroke: style("--quiet"), grid: { stroke: style("--line"), width: 0.5 }, ticks: { stroke: style("--line") },
    };
    const zone = figure.dataset.zone;
    const label = figure.dataset.step === "day" ? day : (one) => hour(one, zone);
    drawn.set(place, new uPlot({
      width: place.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: { y: { range: (_, least, most) => [0, Math.max(most || 0, 1) * 1.05] } },
      axes: [
        { ...axis, values: (plot, ticks) => ticks.map((one) => label(one)) },
        { ...axis, size: 60 },
      ],
      series: [
        { label: time, value: (_, one) => (one == null ? "" : label(one)) },
        ...names.map((label, at) => ({ label, stroke: style(`--line-${(at % 5) + 1}`), width: 1.5, points: { show: false } })),
      ],
    }, data, place));
  }

  const day = (seconds) => new Date(seconds * 1000).toISOString().slice(5, 10);
  const hour = (seconds, timeZone) =>
    new Intl.DateTimeFormat("sv-SE", { hour: "2-digit", minute: "2-digit", timeZone }).format(new Date(seconds * 1000));

  function drawAll() {
    for (const place of drawn.keys()) if (!place.isConnected) drawn.delete(place);
    document.querySelectorAll("figure.chart").forEach(draw);
  }

  // A part that somebody reads or has the focus in is not replaced under their hands.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.detail.elt;
    if (part.querySelector("details[open]") || part.contains(document.activeElement)) event.preventDefault();
  });
  const stale = (yes) => { const place = document.getElementById("stale"); if (place) place.hidden = !yes; };
  document.addEventListener("htmx:sendError", () => stale(true));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) location.reload();
    else stale(true);
  });
  document.addEventListener("htmx:afterSwap", () => { stale(false); drawAll(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 150); });
  drawAll();
})();
