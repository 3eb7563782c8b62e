// Draws beside a table what the table says. The table stays what is read aloud, printed and copied.
"use strict";

(function () {
  const tables = [...document.querySelectorAll("table[data-chart]")];
  if (!tables.length || typeof echarts === "undefined") return;
  const drawn = [];

  function colours() {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(name).trim();
  }

  // The columns named in data-chart, as series; the first cells of a row, as its name.
  function read(table) {
    const columns = table.dataset.chart.split(" ").map(Number);
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const rows = [];
    for (const body of table.tBodies) {
      let part = "";
      for (const row of body.rows) {
        const names = [...row.querySelectorAll("th")].map((cell) => cell.textContent.trim());
        if (names.length > 1) part = names.shift();
        // A part's name stands in its first row only, so that the other rows are one cell short.
        const short = heads.length - row.cells.length;
        const values = columns.map((column) => parseFloat(row.cells[column - short]?.textContent));
        rows.push({ name: [part, names[0]].filter(Boolean).join(" · "), values });
      }
    }
    return { names: columns.map((column) => heads[column]), rows };
  }

  function options(table) {
    const { names, rows } = read(table);
    const share = table.dataset.unit === "%";
    const colour = colours();
    const palette = share ? ["--link", "--good"] : ["--good", "--warn", "--bad", "--line"];
    const text = { color: colour("--ink"), fontSize: 14, fontFamily: getComputedStyle(document.body).fontFamily };
    return {
      animation: false,
      textStyle: text,
      color: palette.map(colour),
      grid: { left: 8, right: 24, top: 40, bottom: 8, containLabel: true },
      legend: { top: 0, textStyle: text },
      // Canvas text: a box of HTML would bring styles of its own, which the page does not allow.
      tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
      xAxis: {
        type: "value",
        max: share ? 100 : null,
        minInterval: share ? 25 : 1,
        axisLabel: { ...text, formatter: share ? "{value}%" : "{value}" },
        splitLine: { lineStyle: { color: colour("--line"), opacity: 0.4 } },
      },
      yAxis: { type: "category", inverse: true, data: rows.map((row) => row.name), axisLabel: text },
      series: names.map((name, place) => ({
        name,
        type: "bar",
        stack: share ? null : "all",
        barMaxWidth: 22,
        data: rows.map((row) => (Number.isNaN(row.values[place]) ? null : row.values[place])),
      })),
    };
  }

  function draw(table) {
    const box = document.createElement("div");
    box.className = "chart";
    box.setAttribute("aria-hidden", "true");
    const rows = [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0);
    box.style.height = `${80 + rows * 34}px`;
    table.closest(".wide").after(box);
    const chart = echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(options(table));
    drawn.push([chart, table]);
  }

  tables.forEach(draw);
  addEventListener("resize", () => drawn.forEach(([chart]) => chart.resize()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawn.forEach(([chart, table]) => chart.setOption(options(table)));
  });
})();
