/* State ownership and the evidence tables, and the panel that tells all about one name. */
function accessList(list) {
  return [...new Set(list.map(a => data.accesses.routine[a]))].map((r, i) => [i > 0 ? ", " : "", routineLink(r)]);
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

function setUpState() {
  const rows = stateRows().filter(row => row.class !== "const");
  rows.sort((a, b) => b.foreign.length - a.foreign.length || b.writers.length - a.writers.length || a.i - b.i);
  const crossing = rows.filter(row => row.foreign.length > 0);
  const make = list => dataTable({caption: "state, its owner and who reads and writes it",
    columns: [{label: "state", value: row => row.name, show: row => stateLink(row.i)},
      {label: "storage", value: row => `${row.storage}, ${row.class}`},
      {label: "owner", value: row => serviceName(row.owner), show: row => serviceLink(row.owner)},
      {label: "writers", value: row => row.writers.length, isNumber: true},
      {label: "readers", value: row => row.readers.length, isNumber: true},
      {label: "from other services", value: row => row.foreign.length, isNumber: true},
      {label: "who crosses", value: row => row.foreign.map(a => routine(data.accesses.routine[a]).name).join(" "),
        show: row => accessList(row.foreign)},
      {label: "declared at", value: row => place(fileName(data.states.file[row.i]), data.states.line[row.i])}],
    rows: list, isForeign: row => row.foreign.length > 0, pageSize: 15, empty: "no state"});
  const show = isCrossing => {
    byId("state-table").replaceChildren(make(isCrossing ? crossing : rows));
    byId("state-all").setAttribute("aria-pressed", !isCrossing);
    byId("state-crossing").setAttribute("aria-pressed", isCrossing);
  };
  byId("state-all").addEventListener("click", () => show(false));
  byId("state-crossing").addEventListener("click", () => show(true));
  show(crossing.length > 0);
}

const tables = {
  functions: () => dataTable({caption: "functions", rows: data.functions, columns: [
    {label: "function", value: f => f.name, show: f => functionLink(data.functions.indexOf(f))},
    {label: "service", value: f => serviceName(f.service), show: f => serviceLink(f.service)},
    {label: "trigger", value: f => `${f.trigger} ${f.key}`},
    {label: "entry", value: f => routine(f.routine).name, show: f => routineLink(f.routine)},
    {label: "routines", value: f => f.n_routines, isNumber: true}, {label: "state", value: f => f.n_states, isNumber: true},
    {label: "readiness", value: f => f.readiness, show: f => h("span", {class: `tag ${f.readiness}`}, f.readiness)},
    {label: "reason", value: f => f.reason},
    {label: "seen at", value: f => place(f.file, f.line)}]}),
  services: () => dataTable({caption: "services", rows: data.services, columns: [
    {label: "service", value: v => v.name, show: v => serviceLink(data.services.indexOf(v))},
    {label: "routines", value: v => v.n_routines, isNumber: true}, {label: "state", value: v => v.n_states, isNumber: true},
    {label: "functions", value: v => v.n_functions, isNumber: true},
    {label: "stays inside", value: v => Math.round(v.score * 100), show: v => `${Math.round(v.score * 100)} %`, isNumber: true},
    {label: "why", value: v => v.reason}]}),
  cuts: () => dataTable({caption: "cuts: calls and state accesses that cross services", rows: data.cuts,
    isForeign: c => c.mode === "write", columns: [
      {label: "from", value: c => serviceName(c.from)}, {label: "to", value: c => serviceName(c.to)},
      {label: "what", value: c => c.mode},
      {label: "routine", value: c => routine(c.routine).name, show: c => routineLink(c.routine)},
      {label: "callee or state", value: c => c.kind === "call" ? routine(c.item).name : data.states.name[c.item],
        show: c => c.kind === "call" ? routineLink(c.item) : stateLink(c.item)},
      {label: "sites", value: c => c.n, isNumber: true},
      {label: "price", value: c => c.price, show: c => c.price.toLocaleString("en", {maximumFractionDigits: 2}), isNumber: true},
      {label: "marshalling", value: c => c.marshal}, {label: "reason", value: c => c.reason}, {label: "at", value: c => place(c.file, c.line)}]}),
  routines: () => dataTable({caption: "routines", rows: data.routines.name.map((_, i) => i).filter(i => data.routines.end[i] > 0), columns: [
    {label: "routine", value: i => data.routines.name[i], show: routineLink},
    {label: "service", value: i => serviceName(data.routines.service[i]), show: i => serviceLink(data.routines.service[i])},
    {label: "callers", value: i => callsTo()[i].length, isNumber: true}, {label: "callees", value: i => callsFrom()[i].length, isNumber: true},
    {label: "state", value: i => new Set(accessesOf()[i].map(a => data.accesses.state[a])).size, isNumber: true},
    {label: "statements", value: i => data.routines.size[i], isNumber: true},
    {label: "at", value: routinePlace}]}),
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
    {label: "first at", value: callPlace}]});
}

function accessTable(caption, list, end) {
  return dataTable({caption, rows: list, pageSize: 10, empty: "none known", filter: list.length > 10 ? undefined : false,
    isForeign: a => {
      const x = data.routines.service[data.accesses.routine[a]], y = data.states.service[data.accesses.state[a]];
      return x >= 0 && y >= 0 && x !== y;
    }, columns: [
      end === "state" ? {label: "state", value: a => data.states.name[data.accesses.state[a]], show: a => stateLink(data.accesses.state[a])}
        : {label: "routine", value: a => routine(data.accesses.routine[a]).name, show: a => routineLink(data.accesses.routine[a])},
      {label: "service", value: a => serviceName(end === "state" ? data.states.service[data.accesses.state[a]] : data.routines.service[data.accesses.routine[a]])},
      {label: "what", value: a => modeName[data.accesses.mode[a]]},
      {label: "sites", value: a => data.accesses.n[a], isNumber: true}, {label: "first at", value: accessPlace}]});
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
    ["declared at", place(fileName(data.states.file[i]), data.states.line[i])], ["storage", `${data.states.storage[i]}, ${data.states.class[i]}`],
    ["type", data.states.type[i]], ["owner", serviceLink(data.states.service[i])], ["why", data.states.reason[i]]]),
  explainRow(data.states.name[i]), accessTable("who reads and writes it", accessesTo()[i], "routine")];
}

function functionPanel(i) {
  const f = data.functions[i];
  return [h("h3", {}, "function ", h("code", {}, f.name)), facts([["trigger", `${f.trigger} ${f.key}`],
    ["service", serviceLink(f.service)], ["entry", routineLink(f.routine)],
    ["readiness", h("span", {class: `tag ${f.readiness}`}, f.readiness)], ["reason", f.reason], ["seen at", place(f.file, f.line)],
    ["needs", `${counted(f.n_routines, "routine")}, ${f.n_states} state`],
    ["on the map", linkTo(`map/function/${part(f.name)}`, "what it reaches")]]), explainRow(f.name)];
}

function servicePanel(i) {
  const v = data.services[i];
  const cuts = data.cuts.filter(c => c.from === i || c.to === i);
  return [h("h3", {}, "service ", h("code", {}, v.name)), facts([["holds", `${counted(v.n_routines, "routine")}, ${v.n_states} state, ${counted(v.n_functions, "function")}`],
    ["stays inside", `${Math.round(v.score * 100)} %`], ["why", v.reason], ["cuts", cuts.length],
    ["on the map", linkTo(`map/service/${part(v.name)}`, "what is in it")]]), explainRow(v.name)];
}

function showPanel(kind, key) {
  const finders = {routine: findRoutine, state: name => data.states.name.indexOf(name),
    function: name => data.functions.findIndex(f => f.name === name), service: name => data.services.findIndex(v => v.name === name)};
  const panels = {routine: routinePanel, state: statePanel, function: functionPanel, service: servicePanel};
  const i = finders[kind](key);
  const panel = byId("evidence-panel");
  panel.hidden = false;
  panel.replaceChildren(...(i >= 0 ? panels[kind](i) : [h("p", {}, `There is no ${kind} `, h("code", {}, key), " in this report.")]));
  panel.scrollIntoView({block: "start"});
  panel.focus({preventScroll: true});
  say(i >= 0 ? `${kind} ${key}` : `no ${kind} ${key}`);
}
