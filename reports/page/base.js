/* Data of the page and the making of elements. Text goes into the page as text only: nothing here
   or elsewhere parses markup. */
const data = JSON.parse(document.getElementById("data").textContent);

/* The data comes packed: see reports/page_data.c. */
const said = column => column.map(i => data.texts[i]);
function spread(sparse, n, usual) {
  const column = Array.from({length: n}, (_, i) => usual(i));
  for (let i = 0; i < sparse.length; i += 2) column[sparse[i]] = sparse[i + 1];
  return column;
}
const repeated = counts => counts.flatMap((n, i) => Array(n).fill(i));
function accumulate(table, name, counts) {
  let row = 0;
  for (const n of counts) {
    for (let k = 1; k < n; k++) table[name][row + k] += table[name][row + k - 1];
    row += n;
  }
}
function unpack() {
  const {routines, calls, states, accesses, cuts} = data;
  routines.reason = said(routines.reason);
  for (const name of ["storage", "class", "type", "reason"]) states[name] = said(states[name]);
  calls.from = repeated(calls.count);
  accesses.routine = repeated(accesses.count);
  accesses.mode = [...accesses.modes];
  accumulate(calls, "to", calls.count);
  accumulate(accesses, "state", accesses.count);
  for (const [table, list] of [[calls, calls.from], [accesses, accesses.routine]]) {
    table.line = table.line.map((line, i) => line + routines.line[list[i]]);
  }
  calls.indirect = [...calls.how].map(how => how === "i");
  const home = list => i => routines.file[list[i]];
  calls.n = spread(calls.n, calls.to.length, () => 1);
  calls.file = spread(calls.file, calls.to.length, home(calls.from));
  accesses.n = spread(accesses.n, accesses.state.length, () => 1);
  accesses.file = spread(accesses.file, accesses.state.length, home(accesses.routine));
  for (const name of ["mode", "marshal", "reason"]) cuts[name] = said(cuts[name]);
  data.cuts = cuts.from.map((_, i) => {
    const cut = Object.fromEntries(Object.keys(cuts).map(name => [name, cuts[name][i]]));
    cut.kind = cut.mode === "call" ? "call" : "state";
    cut.file = cut.file >= 0 ? data.files[cut.file].name : "";
    return cut;
  });
}
unpack();
const SVG = "http://www.w3.org/2000/svg";
const NONE = -1, SHARED = -2;

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const byId = id => document.getElementById(id);
const counted = (n, thing) => `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;
const place = (file, line) => file ? (line > 0 ? `${file}:${line}` : file) : "outside the tree";
const seenAt = (file, line) => file ? place(file, line) : "";
const fileName = index => index >= 0 ? data.files[index].name : "";
const say = text => { byId("live").textContent = text; };

const serviceName = i => i >= 0 ? data.services[i].name : i === SHARED ? "shared code" : "no service";
const routine = i => ({index: i, name: data.routines.name[i], file: fileName(data.routines.file[i]),
  line: data.routines.line[i], service: data.routines.service[i]});
const routinePlace = i => place(fileName(data.routines.file[i]), data.routines.line[i]);
const callPlace = c => place(fileName(data.calls.file[c]), data.calls.line[c]);
const accessPlace = a => place(fileName(data.accesses.file[a]), data.accesses.line[a]);
const modeName = {r: "reads", w: "writes", a: "takes the address of"};

/* Rows by one of their columns: index -> list of row numbers. */
function group(column, n) {
  const lists = Array.from({length: n}, () => []);
  column.forEach((key, row) => { if (key >= 0) lists[key].push(row); });
  return lists;
}
const lazy = make => { let value; return () => value === undefined ? (value = make()) : value; };
const nRoutines = data.routines.name.length, nStates = data.states.name.length;
const callsFrom = lazy(() => group(data.calls.from, nRoutines));
const callsTo = lazy(() => group(data.calls.to, nRoutines));
const accessesOf = lazy(() => group(data.accesses.routine, nRoutines));
const accessesTo = lazy(() => group(data.accesses.state, nStates));
const routinesOfFile = lazy(() => group(data.routines.file, data.files.length));
const functionsOfRoutine = lazy(() => group(data.functions.map(f => f.routine), nRoutines));

/* The name that a command takes for a routine: with its file where the bare name is not enough. */
const nameCount = lazy(() => {
  const counts = new Map();
  data.routines.name.forEach(name => counts.set(name, (counts.get(name) || 0) + 1));
  return counts;
});
function routineKey(i) {
  const r = routine(i);
  return nameCount().get(r.name) > 1 ? `${r.file}::${r.name}` : r.name;
}
function findRoutine(key) {
  const mark = key.indexOf("::");
  const file = mark >= 0 ? key.slice(0, mark) : null;
  const name = mark >= 0 ? key.slice(mark + 2) : key;
  let found = data.routines.name.findIndex((n, i) => n === name && (file === null || routine(i).file === file));
  if (found < 0) found = data.routines.name.indexOf(key);
  return found;
}
/* States have no unique names: fields of records that several places make. The first keeps its bare name, the
   others get a number. */
const stateKeys = lazy(() => {
  const seen = new Map();
  return data.states.name.map(name => {
    const n = (seen.get(name) || 0) + 1;
    seen.set(name, n);
    return n > 1 ? `${name}~${n}` : name;
  });
});
const stateKey = i => stateKeys()[i];
const statePlace = i => seenAt(fileName(data.states.file[i]), data.states.line[i]);
const shellQuote = text => /^[\w.:\/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function copyButton(command) {
  return h("button", {type: "button", title: command, onclick: async event => {
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(command);
      button.textContent = "copied";
    } catch {
      const area = h("textarea", {readonly: true}, command);
      button.after(area);
      area.select();
      button.textContent = document.execCommand("copy") ? "copied" : "copy failed";
      area.remove();
    }
    say(`${button.textContent}: ${command}`);
    setTimeout(() => { button.textContent = "copy as command"; }, 1500);
  }}, "copy as command");
}

function linkTo(hash, text) { return h("a", {href: `#/${hash}`}, text); }
const part = text => encodeURIComponent(text);
const routineLink = i => linkTo(`routine/${part(routineKey(i))}`, routine(i).name);
const stateLink = i => linkTo(`state/${part(stateKey(i))}`, data.states.name[i]);
const ownerName = i => i === SHARED ? "a copy for each" : i >= 0 ? data.services[i].name : "nobody";
const ownerLink = i => i >= 0 ? serviceLink(i) : ownerName(i);
const serviceLink = i => i >= 0 ? linkTo(`map/service/${part(serviceName(i))}`, serviceName(i)) : serviceName(i);
const cutsHash = (from, to) => `cuts/${part(serviceName(from))}/${part(serviceName(to))}`;
const functionLink = i => linkTo(`function/${part(data.functions[i].name)}`, data.functions[i].name);

/* A table that sorts by its headings, filters by a text and shows a page at a time.
   columns: {label, value(row), show(row)?, isNumber?}; value is what sorts and filters. */
function dataTable({caption, columns, rows, filter, isForeign, pageSize = 15, empty = "none"}) {
  let order = null, isDown = false, word = "", shown = pageSize;
  const body = h("tbody"), count = h("span", {class: "soft", role: "status"});
  const more = h("button", {type: "button", onclick: () => { shown += 100; draw(); }}, "show more");
  const headings = columns.map((column, i) => h("th", {scope: "col", class: column.isNumber ? "number" : null},
    h("button", {type: "button", onclick: () => {
      isDown = order === i ? !isDown : Boolean(column.isNumber);
      order = i;
      headings.forEach((cell, k) => k === i ? cell.setAttribute("aria-sort", isDown ? "descending" : "ascending")
        : cell.removeAttribute("aria-sort"));
      draw();
    }}, column.label)));
  const input = h("input", {type: "search", "aria-label": `filter ${caption}`, placeholder: "filter",
    oninput: () => { word = input.value.toLowerCase(); shown = pageSize; draw(); }});
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
  function draw() {
    let kept = word ? rows.filter(row => columns.some(column => String(column.value(row)).toLowerCase().includes(word))) : rows;
    if (order !== null) {
      const value = columns[order].value;
      kept = kept.map((row, i) => ({row, i, key: value(row)}))
        .sort((a, b) => (isDown ? -1 : 1) * compare(a.key, b.key) || a.i - b.i).map(item => item.row);
    }
    body.replaceChildren(...kept.slice(0, shown).map(row => h("tr", {class: isForeign && isForeign(row) ? "foreign" : null},
      columns.map((column, i) => h("td", {"data-label": column.label, class: column.isNumber ? "number" : column.kind || (i === 0 ? "name" : null)},
        column.show ? column.show(row) : column.value(row))))));
    if (kept.length === 0) body.append(h("tr", {}, h("td", {colspan: columns.length, class: "soft"}, empty)));
    count.textContent = `${Math.min(shown, kept.length).toLocaleString("en")} of ${kept.length.toLocaleString("en")}`;
    more.hidden = kept.length <= shown;
  }
  draw();
  const element = h("div", {class: "data"},
    filter === false ? null : h("div", {class: "tools"}, input, count),
    h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
      h("table", {class: columns.length > 4 ? "many" : null}, h("caption", {}, caption), h("thead", {}, h("tr", {}, headings)), body)), more);
  element.filterBy = text => { input.value = text; word = text.toLowerCase(); shown = pageSize; draw(); };
  return element;
}
