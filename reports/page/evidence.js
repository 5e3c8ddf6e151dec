/* State ownership and the evidence tables, and the panel that tells all about one name. */
/* The first routines of the accesses; the state's own page has all. */
function accessList(list, state) {
  const routines = [...new Set(list.map(a => data.accesses.routine[a]))], n = routines.length > 7 ? 6 : routines.length;
  return [routines.slice(0, n).map((r, i) => [i > 0 ? ", " : "", routineLink(r)]),
    n < routines.length ? [" and ", linkTo(`state/${part(stateKey(state))}`, `${routines.length - n} more`)] : ""];
}

function stateRows() {
  return data.states.name.map((name, i) => {
    const owner = data.states.service[i], list = accessesTo()[i];
    const foreign = list.filter(a => {
      const service = data.routines.service[data.accesses.routine[a]];
      return owner >= 0 && service >= 0 && service !== owner;
    });
    return {i, name, owner, class: data.states.class[i], storage: data.states.storage[i],
      writers: list.filter(a => data.accesses.mode[a] === "w"), readers: list.filter(a => data.accesses.mode[a] === "r"), foreign};
  });
}

/* States that several services use, by service: the owner, and who reads and writes from outside. */
function stateGrid(rows) {
  const shown = rows.slice(0, 20), used = new Set();
  const cells = shown.map(row => {
    const marks = new Map([[row.owner, {owner: true, r: 0, w: 0}]]);
    for (const a of row.foreign) {
      const service = data.routines.service[data.accesses.routine[a]];
      const mark = marks.get(service) || {owner: false, r: 0, w: 0};
      mark[data.accesses.mode[a] === "w" ? "w" : "r"] += data.accesses.n[a];
      marks.set(service, mark);
    }
    marks.forEach((_, service) => used.add(service));
    return marks;
  });
  const services = serviceOrder().filter(i => used.has(i));
  const cell = mark => {
    if (!mark) return h("td", {});
    if (mark.owner) return h("td", {class: "mark owner"}, h("span", {title: "owns it"}, "own"));
    const words = [mark.r > 0 ? counted(mark.r, "read") : "", mark.w > 0 ? counted(mark.w, "write") : ""].filter(Boolean).join(", ");
    return h("td", {class: `mark ${mark.w > 0 ? "write" : "read"}`}, h("span", {title: words}, `${mark.r > 0 ? "r" : ""}${mark.w > 0 ? "w" : ""}`));
  };
  return h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "state by service"},
    h("table", {class: "grid"}, h("caption", {}, rows.length > shown.length
      ? `The ${shown.length} states with the most accesses from outside, of ${rows.length}; the table below has all.` : "All state that more than its owner uses."),
    h("thead", {}, h("tr", {}, h("td", {}), services.map(i => h("th", {scope: "col"}, h("span", {}, short(serviceName(i), 18)))))),
    h("tbody", {}, shown.map((row, k) => h("tr", {}, h("th", {scope: "row"}, stateLink(row.i)), services.map(i => cell(cells[k].get(i))))))));
}

function setUpState() {
  const rows = stateRows().filter(row => row.class !== "const");
  rows.sort((a, b) => b.foreign.length - a.foreign.length || b.writers.length - a.writers.length || a.i - b.i);
  const crossing = rows.filter(row => row.foreign.length > 0);
  byId("state-over").hidden = crossing.length === 0;
  if (crossing.length > 0) byId("state-grid").replaceChildren(stateGrid(crossing));
  const make = list => dataTable({caption: "state, its owner and who reads and writes it",
    columns: [{label: "state", value: row => row.name, show: row => stateLink(row.i)},
      {label: "storage", value: row => `${row.storage}, ${row.class}`},
      {label: "owner", value: row => ownerName(row.owner), show: row => ownerLink(row.owner)},
      {label: "writers", value: row => row.writers.length, isNumber: true},
      {label: "readers", value: row => row.readers.length, isNumber: true},
      {label: "from other services", value: row => row.foreign.length, isNumber: true},
      {label: "who crosses", value: row => row.foreign.map(a => routine(data.accesses.routine[a]).name).join(" "),
        show: row => accessList(row.foreign, row.i), kind: "text"},
      {label: "declared at", value: row => statePlace(row.i), kind: "at"}],
    rows: list, isForeign: row => row.foreign.some(a => data.accesses.mode[a] === "w"), pageSize: 12, empty: "no state"});
  const show = isCrossing => {
    byId("state-table").replaceChildren(make(isCrossing ? crossing : rows));
    byId("state-all").setAttribute("aria-pressed", !isCrossing);
    byId("state-crossing").setAttribute("aria-pressed", isCrossing);
  };
  byId("state-all").addEventListener("click", () => show(false));
  byId("state-crossing").addEventListener("click", () => show(true));
  show(crossing.length > 0);
}

const priceText = price => price.toLocaleString("en", {maximumFractionDigits: 1});
const itemName = c => c.kind === "call" ? routine(c.item).name : data.states.name[c.item];
const itemLink = c => c.kind === "call" ? routineLink(c.item) : stateLink(c.item);

function cutTable(caption, rows) {
  return dataTable({caption, rows, isForeign: c => c.mode === "write", columns: [
    {label: "from", value: c => serviceName(c.from)}, {label: "to", value: c => serviceName(c.to)},
    {label: "what", value: c => c.mode},
    {label: "routine", value: c => routine(c.routine).name, show: c => routineLink(c.routine), kind: "name"},
    {label: "callee or state", value: itemName, show: itemLink, kind: "name"},
    {label: "sites", value: c => c.n, isNumber: true},
    {label: "price", value: c => c.price, show: c => priceText(c.price), isNumber: true},
    {label: "marshalling", value: c => c.kind === "call" ? c.marshal : ""}, {label: "reason", value: c => c.reason, kind: "text"},
    {label: "at", value: c => seenAt(c.file, c.line), kind: "at"}]});
}

/* The same for one pair of services, in the width of the panel. */
function narrowCutTable(caption, rows) {
  const sub = text => text ? h("span", {class: "sub"}, text) : null;
  return dataTable({caption, rows, isForeign: c => c.mode === "write", columns: [
    {label: "what", value: c => c.mode},
    {label: "routine", value: c => `${routine(c.routine).name} ${seenAt(c.file, c.line)}`, show: c => [routineLink(c.routine), sub(seenAt(c.file, c.line))], kind: "name"},
    {label: "callee or state", value: c => `${itemName(c)} ${c.marshal} ${c.reason}`,
      show: c => [itemLink(c), sub([c.kind === "call" && c.marshal !== "ok" ? c.marshal : "", c.reason].filter(Boolean).join(": "))], kind: "name"},
    {label: "sites", value: c => c.n, isNumber: true}, {label: "price", value: c => c.price, show: c => priceText(c.price), isNumber: true}]});
}

const tables = {
  functions: () => dataTable({caption: "functions", rows: data.functions, columns: [
    {label: "function", value: f => f.name, show: f => functionLink(data.functions.indexOf(f))},
    {label: "service", value: f => serviceName(f.service), show: f => serviceLink(f.service)},
    {label: "trigger", value: f => `${f.trigger} ${f.key}`},
    {label: "entry", value: f => routine(f.routine).name, show: f => routineLink(f.routine)},
    {label: "routines", value: f => f.n_routines, isNumber: true}, {label: "state", value: f => f.n_states, isNumber: true},
    ...(data.functions.some(f => f.unit && f.unit !== f.name) ? [{label: "built with", value: f => f.unit && f.unit !== f.name ? f.unit : ""}] : []),
    {label: "readiness", value: f => f.readiness, show: f => h("span", {class: `tag ${f.readiness}`}, f.readiness)},
    {label: "reason", value: f => `${f.reason} ${seenAt(f.file, f.line)}`, show: f => [f.reason, h("span", {class: "sub"}, seenAt(f.file, f.line))], kind: "text"}]}),
  services: () => dataTable({caption: "services", rows: data.services, columns: [
    {label: "service", value: v => v.name, show: v => serviceLink(data.services.indexOf(v))},
    {label: "routines", value: v => v.n_routines, isNumber: true}, {label: "state", value: v => v.n_states, isNumber: true},
    {label: "functions", value: v => v.n_functions, isNumber: true},
    {label: "stays inside", value: v => Math.round(v.score * 100), show: v => `${Math.round(v.score * 100)} %`, isNumber: true},
    {label: "why", value: v => v.reason, kind: "text"}]}),
  cuts: () => cutTable("cuts: calls and state accesses that cross services", data.cuts),
  routines: () => dataTable({caption: "routines", rows: data.routines.name.map((_, i) => i).filter(i => data.routines.end[i] > 0), columns: [
    {label: "routine", value: i => data.routines.name[i], show: routineLink},
    {label: "service", value: i => serviceName(data.routines.service[i]), show: i => serviceLink(data.routines.service[i])},
    {label: "callers", value: i => callsTo()[i].length, isNumber: true}, {label: "callees", value: i => callsFrom()[i].length, isNumber: true},
    {label: "state", value: i => new Set(accessesOf()[i].map(a => data.accesses.state[a])).size, isNumber: true},
    {label: "statements", value: i => data.routines.size[i], isNumber: true},
    {label: "at", value: routinePlace, kind: "at"}]}),
  files: () => dataTable({caption: "files", rows: data.files.map((f, i) => ({...f, i})).filter(f => f.is_tu || f.status !== "ok"), columns: [
    {label: "file", value: f => f.name, show: f => linkTo(`map/file/${part(f.name)}`, f.name)},
    {label: "status", value: f => f.status}, {label: "errors", value: f => f.n_errors, isNumber: true},
    {label: "routines", value: f => routinesOfFile()[f.i].length, isNumber: true}]}),
};

function showTable(name) {
  for (const other of Object.keys(tables)) byId(`evidence-${other}`).setAttribute("aria-pressed", other === name);
  byId("evidence-table").replaceChildren(tables[name]());
}

function setUpEvidence() {
  for (const name of Object.keys(tables)) byId(`evidence-${name}`).addEventListener("click", () => showTable(name));
  showTable(data.functions.length > 0 ? "functions" : "routines");
}

const facts = pairs => h("dl", {class: "facts"}, pairs.filter(pair => pair[1] !== "" && pair[1] !== null && pair[1] !== undefined)
  .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
const explainRow = name => h("div", {class: "tools"}, h("code", {}, `cleave explain ${shellQuote(name)}`), copyButton(`cleave explain ${shellQuote(name)}`));

function callTable(caption, list, end) {
  return dataTable({caption, rows: list, pageSize: 10, empty: "none known", filter: list.length > 10 ? undefined : false, columns: [
    {label: end === "from" ? "caller" : "callee", value: c => routine(data.calls[end][c]).name, show: c => routineLink(data.calls[end][c])},
    {label: "service", value: c => serviceName(data.routines.service[data.calls[end][c]])},
    {label: "sites", value: c => data.calls.n[c], isNumber: true},
    {label: "how", value: c => data.calls.indirect[c] ? "through a pointer" : "direct"},
    {label: "first at", value: callPlace, kind: "at"}]});
}

function accessTable(caption, list, end) {
  return dataTable({caption, rows: list, pageSize: 10, empty: "none known", filter: list.length > 10 ? undefined : false,
    isForeign: a => {
      const x = data.routines.service[data.accesses.routine[a]], y = data.states.service[data.accesses.state[a]];
      return x >= 0 && y >= 0 && x !== y;
    }, columns: [
      end === "state" ? {label: "state", value: a => data.states.name[data.accesses.state[a]], show: a => stateLink(data.accesses.state[a])}
        : {label: "routine", value: a => routine(data.accesses.routine[a]).name, show: a => routineLink(data.accesses.routine[a])},
      {label: end === "state" ? "owner" : "service", value: a => end === "state" ? ownerName(data.states.service[data.accesses.state[a]]) : serviceName(data.routines.service[data.accesses.routine[a]])},
      {label: "what", value: a => modeName[data.accesses.mode[a]]},
      {label: "sites", value: a => data.accesses.n[a], isNumber: true}, {label: "first at", value: accessPlace, kind: "at"}]});
}

function routinePanel(i) {
  const functions = functionsOfRoutine()[i];
  return [h("h3", {}, "routine ", h("code", {}, data.routines.name[i])), facts([["defined at", routinePlace(i)],
    ["service", serviceLink(data.routines.service[i])], ["why", data.routines.reason[i]],
    ["margin", data.routines.margin[i] > 0 ? `${data.routines.margin[i].toLocaleString("en", {maximumFractionDigits: 2})} better than in the second-best service` : ""],
    ["entry of", functions.length > 0 ? functions.map((f, k) => [k > 0 ? ", " : "", functionLink(f)]).flat() : ""],
    ["on the map", linkTo(`map/routine/${part(routineKey(i))}`, "what is around it")]]),
  explainRow(routineKey(i)), h("div", {class: "two"}, callTable("callers", callsTo()[i], "from"), callTable("callees", callsFrom()[i], "to")),
  accessTable("state that it touches", accessesOf()[i], "state")];
}

function statePanel(i) {
  return [h("h3", {}, "state ", h("code", {}, data.states.name[i])), facts([
    ["declared at", statePlace(i)], ["storage", `${data.states.storage[i]}, ${data.states.class[i]}`],
    ["type", data.states.type[i]], ["owner", ownerLink(data.states.service[i])], ["why", data.states.reason[i]]]),
  explainRow(data.states.name[i]), accessTable("who reads and writes it", accessesTo()[i], "routine")];
}

function functionPanel(i) {
  const f = data.functions[i];
  return [h("h3", {}, "function ", h("code", {}, f.name)), facts([["trigger", `${f.trigger} ${f.key}`],
    ["service", serviceLink(f.service)], ["entry", routineLink(f.routine)],
    ["readiness", h("span", {class: `tag ${f.readiness}`}, f.readiness)], ["reason", f.reason], ["seen at", seenAt(f.file, f.line)],
    ["built with", f.unit && f.unit !== f.name ? functionLink(data.functions.findIndex(other => other.name === f.unit)) : ""],
    ["needs", `${counted(f.n_routines, "routine")}, ${f.n_states} state`],
    ["on the map", linkTo(`map/function/${part(f.name)}`, "what it reaches")]]), explainRow(f.name)];
}

function servicePanel(i) {
  const v = data.services[i];
  const cuts = data.cuts.filter(c => c.from === i || c.to === i);
  return [h("h3", {}, "service ", h("code", {}, v.name)), facts([["holds", `${counted(v.n_routines, "routine")}, ${v.n_states} state, ${counted(v.n_functions, "function")}`],
    ["stays inside", `${Math.round(v.score * 100)} %`], ["why", v.reason], ["cuts", cuts.length],
    ["on the map", linkTo(`map/service/${part(v.name)}`, "what is in it")]]), explainRow(v.name),
  setupTable(i), flowTable("uses", cuts.filter(c => c.from === i), "to"), flowTable("is used by", cuts.filter(c => c.to === i), "from")];
}

/* Ways to put the service into functions, by rising cost. */
function setupTable(service) {
  const rows = data.setups.filter(setup => setup.service === service);
  if (rows.length === 0) return null;
  return dataTable({caption: "ways to put it into functions: dollars for 30 days against the wait of an event", rows, filter: false, pageSize: 8, columns: [
    {label: "functions", value: p => p.n_functions, isNumber: true},
    {label: "cost", value: p => p.cost, show: p => dollarsOf(p.cost), isNumber: true},
    {label: "wait", value: p => p.latency, show: p => `${(p.latency * 1000).toLocaleString("en", {maximumFractionDigits: 1})} ms`, isNumber: true},
    {label: "what goes across", value: p => p.text,
      show: p => [p.is_planned ? h("span", {class: "tag"}, "planned") : p.is_on_front ? h("span", {class: "tag"}, "a best one") : "", ` ${p.text}`], kind: "text"}]});
}

/* Cuts of one service, by the service at their other END. */
function flowTable(caption, cuts, end) {
  const by = new Map();
  for (const c of cuts) {
    const flow = by.get(c[end]) || {service: c[end], from: c.from, to: c.to, n: 0, price: 0, nWrites: 0};
    flow.n += c.n;
    flow.price += c.price;
    flow.nWrites += c.mode === "write" ? c.n : 0;
    by.set(c[end], flow);
  }
  return dataTable({caption, rows: [...by.values()].sort((a, b) => b.price - a.price), filter: false, pageSize: 12, empty: "nothing",
    isForeign: f => f.nWrites > 0, columns: [{label: "service", value: f => serviceName(f.service), show: f => linkTo(`service/${part(serviceName(f.service))}`, serviceName(f.service))},
      {label: "sites", value: f => f.n, isNumber: true}, {label: "writes", value: f => f.nWrites, isNumber: true},
      {label: "price", value: f => f.price, show: f => f.price.toLocaleString("en", {maximumFractionDigits: 1}), isNumber: true},
      {label: "what", value: () => "", show: f => linkTo(cutsHash(f.from, f.to), "show")}]});
}

function cutsPanel(between) {
  const {from, to} = between, cuts = data.cuts.filter(c => c.from === from && c.to === to);
  cuts.sort((a, b) => (b.mode === "write") - (a.mode === "write") || b.price - a.price);
  return [h("h3", {}, "from ", serviceLink(from), " to ", serviceLink(to)),
    facts([["crosses", `${counted(cuts.filter(c => c.mode === "call").length, "call")}, ${counted(cuts.filter(c => c.mode === "read").length, "read")}, ${counted(cuts.filter(c => c.mode === "write").length, "write")} of foreign state`],
      ["price", cuts.reduce((sum, c) => sum + c.price, 0).toLocaleString("en", {maximumFractionDigits: 1})],
      ["other way", linkTo(cutsHash(to, from), `from ${serviceName(to)} to ${serviceName(from)}`)]]),
    narrowCutTable("what crosses, writes first, then the dearest", cuts)];
}
function findBetween(key) {
  const [from, to] = key.split("/").map(name => data.services.findIndex(v => v.name === name));
  return from >= 0 && to >= 0 ? {from, to} : -1;
}

const panels = {
  routine: {find: findRoutine, make: routinePanel},
  state: {find: key => stateKeys().indexOf(key), make: statePanel},
  function: {find: name => data.functions.findIndex(f => f.name === name), make: functionPanel},
  service: {find: name => data.services.findIndex(v => v.name === name), make: servicePanel},
  cuts: {find: findBetween, make: cutsPanel},
};
const drawer = {cameFrom: null};

function showPanel(kind, key) {
  const found = panels[kind].find(key), isFound = found !== -1, panel = byId("evidence-panel");
  if (byId("evidence-drawer").hidden) drawer.cameFrom = document.activeElement;
  byId("evidence-drawer").hidden = false;
  panel.replaceChildren(...(isFound ? panels[kind].make(found).filter(Boolean) : [h("p", {}, `There is no ${kind} `, h("code", {}, key), " in this report.")]));
  byId("evidence-drawer").scrollTop = 0;
  panel.focus({preventScroll: true});
  say(isFound ? `${kind} ${key}` : `no ${kind} ${key}`);
}

function hidePanel() {
  if (byId("evidence-drawer").hidden) return;
  byId("evidence-drawer").hidden = true;
  if (drawer.cameFrom?.isConnected) drawer.cameFrom.focus({preventScroll: true});
}

/* The overview's lists: where the boundaries cost most, what keeps functions back, where to begin. */
function setUpOverview() {
  const lists = [], pairs = new Map();
  const make = (heading, items, note) => { if (items.length > 0) lists.push(h("div", {class: "block"}, h("h3", {}, heading), h("ol", {class: "ranked"}, items), note ? h("p", {class: "soft"}, note) : null)); };
  for (const c of data.cuts) {
    if (c.from < 0 || c.to < 0) continue;
    const key = `${c.from} ${c.to}`, pair = pairs.get(key) || {from: c.from, to: c.to, n: 0, nWrites: 0, price: 0};
    pair.n++;
    pair.nWrites += c.mode === "write" ? 1 : 0;
    pair.price += c.price;
    pairs.set(key, pair);
  }
  make("Dearest boundaries", [...pairs.values()].sort((a, b) => b.price - a.price || a.from - b.from || a.to - b.to).slice(0, 5).map(pair =>
    h("li", {}, linkTo(cutsHash(pair.from, pair.to), `${serviceName(pair.from)} → ${serviceName(pair.to)}`),
      h("span", {class: "soft"}, ` ${counted(pair.n, "cut")}${pair.nWrites > 0 ? `, ${pair.nWrites} of them writes` : ""}, price ${pair.price.toLocaleString("en", {maximumFractionDigits: 0})}`))));
  const reasons = new Map();
  data.functions.forEach((f, i) => {
    if (f.readiness === "ready") return;
    const item = reasons.get(f.reason) || {reason: f.reason, readiness: f.readiness, list: []};
    item.list.push(i);
    reasons.set(f.reason, item);
  });
  make("What keeps functions back", [...reasons.values()].sort((a, b) => b.list.length - a.list.length || (a.reason < b.reason ? -1 : 1)).slice(0, 5).map(item =>
    h("li", {}, h("span", {class: `tag ${item.readiness}`}, item.list.length), ` ${item.reason} `,
      h("span", {class: "soft"}, item.list.length > 1 ? "as in " : "in ", functionLink(item.list[0])))));
  make("Where to begin", data.steps.filter(step => step.service >= 0).slice(0, 5).map(step =>
    h("li", {}, linkTo(`service/${part(serviceName(step.service))}`, serviceName(step.service)),
      h("span", {class: "soft"}, ` ${data.services[step.service].n_functions === 0 ? "no functions" : `${step.n_ready} of ${counted(data.services[step.service].n_functions, "function")} ready`}, cut price ${priceText(step.cut)} after it`))));
  byId("overview-lists").replaceChildren(...lists);
}
