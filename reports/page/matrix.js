/* The dependency matrix: rows use columns. Services stand in the order of the proposed cut (the
   migration order); files stand by their services. Cells off the diagonal blocks cross services. */
const matrix = {grain: "service"};

function serviceOrder() {
  const order = data.steps.map(step => step.service).filter(i => i >= 0);
  data.services.forEach((_, i) => { if (!order.includes(i)) order.push(i); });
  return order;
}

function serviceMatrix() {
  const order = serviceOrder();
  const cells = new Map();
  const add = (from, to, n, isForeign) => {
    const key = `${from} ${to}`, cell = cells.get(key) || {from, to, n: 0, isForeign: false};
    cell.n += n;
    cell.isForeign = cell.isForeign || isForeign;
    cells.set(key, cell);
  };
  data.calls.from.forEach((from, c) => {
    const a = data.routines.service[from];
    if (a >= 0 && a === data.routines.service[data.calls.to[c]]) add(a, a, data.calls.n[c], false);
  });
  data.cuts.forEach(cut => { if (cut.from >= 0 && cut.to >= 0) add(cut.from, cut.to, cut.n, cut.mode === "write"); });
  return {rows: order.map(i => ({name: serviceName(i), service: i})), at: new Map(order.map((i, k) => [i, k])), cells};
}

function fileMatrix() {
  const order = serviceOrder(), rank = new Map(order.map((i, k) => [i, k]));
  const count = data.files.map(() => new Map());
  data.routines.file.forEach((file, i) => {
    const service = data.routines.service[i];
    if (file >= 0 && service >= 0) count[file].set(service, (count[file].get(service) || 0) + 1);
  });
  const home = count.map(counts => [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(item => item[0])[0]);
  const weight = data.files.map(() => 0), cells = new Map();
  data.calls.from.forEach((from, c) => {
    const to = data.calls.to[c], a = data.routines.file[from], b = data.routines.file[to];
    if (a < 0 || b < 0 || home[a] === undefined || home[b] === undefined) return;
    const key = `${a} ${b}`, cell = cells.get(key) || {from: a, to: b, n: 0, isForeign: false};
    cell.n += data.calls.n[c];
    cells.set(key, cell);
    weight[a] += data.calls.n[c];
    weight[b] += data.calls.n[c];
  });
  const all = data.files.map((_, i) => i).filter(i => home[i] !== undefined);
  const kept = [...all].sort((a, b) => weight[b] - weight[a] || a - b).slice(0, 120)
    .sort((a, b) => rank.get(home[a]) - rank.get(home[b]) || a - b);
  return {rows: kept.map(i => ({name: fileName(i), service: home[i]})), at: new Map(kept.map((i, k) => [i, k])), cells,
    note: all.length > kept.length ? `The ${kept.length} files with the most calls of ${all.length}.` : ""};
}

function drawMatrix() {
  const {rows, at, cells, note} = matrix.grain === "service" ? serviceMatrix() : fileMatrix();
  const size = Math.max(9, Math.min(34, Math.floor(700 / Math.max(1, rows.length)))), isBig = size >= 14;
  const longest = Math.min(28, Math.max(4, ...rows.map(row => row.name.length)));
  const left = isBig ? longest * 7 + 14 : 20, top = isBig ? Math.min(150, longest * 6 + 14) : 20;
  const width = left + rows.length * size + 60, height = top + rows.length * size + 6;
  const svg = s("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Matrix of ${counted(rows.length, matrix.grain)}: rows use columns. The table below says the same in text.`});
  const tint = d3.scaleLog().domain([1, Math.max(2, ...[...cells.values()].map(cell => cell.n))]).range([.35, 1]);
  for (let i = 0; i < rows.length;) {
    let end = i;
    while (end < rows.length && rows[end].service === rows[i].service) end++;
    svg.append(s("rect", {x: left + i * size, y: top + i * size, width: (end - i) * size, height: (end - i) * size,
      fill: "var(--service-fill)", stroke: "var(--call)"}));
    i = end;
  }
  rows.forEach((row, i) => {
    if (!isBig) return;
    svg.append(s("text", {class: "label", x: left - 6, y: top + i * size + size / 2 + 4, "text-anchor": "end"}, short(row.name, 28)),
      s("text", {class: "label", transform: `translate(${left + i * size + size / 2 + 4},${top - 6}) rotate(-60)`}, short(row.name, 24)));
  });
  for (const cell of cells.values()) {
    const r = at.get(cell.from), c = at.get(cell.to);
    if (r === undefined || c === undefined) continue;
    const isCross = rows[r].service !== rows[c].service;
    const opens = isCross && rows[r].service >= 0 && rows[c].service >= 0;
    const rect = s("rect", {class: `cell ${cell.isForeign ? "foreign" : isCross ? "cross" : "inside"}${opens ? " opens" : ""}`,
      onclick: opens ? () => { location.hash = `/${cutsHash(rows[r].service, rows[c].service)}`; } : null, x: left + c * size + 1, y: top + r * size + 1,
      width: size - 2, height: size - 2, opacity: tint(cell.n)}, s("title", {},
      `${rows[r].name} uses ${rows[c].name}: ${cell.n}${isCross ? ", across services" : ""}${cell.isForeign ? ", with writes of foreign state" : ""}`));
    svg.append(rect);
    if (size >= 26) svg.append(s("text", {x: left + c * size + size / 2, y: top + r * size + size / 2 + 4, "text-anchor": "middle",
      class: "cell-number"}, cell.n > 999 ? `${Math.round(cell.n / 1000)}k` : cell.n));
  }
  byId("matrix-stage").replaceChildren(svg);
  const crossing = [...cells.values()].filter(cell => at.has(cell.from) && at.has(cell.to) && rows[at.get(cell.from)].service !== rows[at.get(cell.to)].service);
  byId("matrix-note").textContent = note || "";
  byId("matrix-table").replaceChildren(dataTable({caption: "cells that cross services",
    columns: [{label: "uses", value: cell => rows[at.get(cell.from)].name}, {label: "is used", value: cell => rows[at.get(cell.to)].name},
      {label: "sites", value: cell => cell.n, isNumber: true, show: cell => linkTo(cutsHash(rows[at.get(cell.from)].service, rows[at.get(cell.to)].service), cell.n.toLocaleString("en"))},
      {label: "kind", value: cell => cell.isForeign ? "writes" : "calls, reads"}],
    rows: crossing.sort((a, b) => b.n - a.n), isForeign: cell => cell.isForeign, pageSize: 12, empty: "nothing crosses"}));
}

function setUpMatrix() {
  for (const grain of ["service", "file"]) {
    byId(`matrix-${grain}`).addEventListener("click", () => {
      matrix.grain = grain;
      for (const other of ["service", "file"]) byId(`matrix-${other}`).setAttribute("aria-pressed", other === grain);
      drawMatrix();
    });
  }
  drawMatrix();
}
