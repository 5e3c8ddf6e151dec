/* The service map: levels that open on click. Services and what is in one service come laid out by
   Graphviz; deeper levels, and levels that were too large for it, are laid out here in columns. */
const BOX = {width: 184, height: 46, limit: 60};
const map = {level: null, hasShared: false, zoom: null, svg: null, world: null};
/* Arrows that show at first: the heaviest, and no more than the eye can follow. */
const FIRST_ARROWS = 48;

const short = (text, n) => { const list = [...text]; return list.length > n ? `${list.slice(0, n - 1).join("")}…` : text; };

function levelOf(path) {
  const [kind, ...words] = path, key = words.join("/");
  if (kind === "service") {
    const i = data.services.findIndex(service => service.name === key);
    if (i >= 0) return data.levels.find(level => level.service === i) ? stored(i) : null;
  }
  if (kind === "file") {
    const i = data.files.findIndex(file => file.name === key);
    if (i >= 0) return fileLevel(i);
  }
  if (kind === "function") {
    const i = data.functions.findIndex(f => f.name === key);
    if (i >= 0) return functionLevel(i);
  }
  if (kind === "routine") {
    const i = findRoutine(key);
    if (i >= 0) return routineLevel(i);
  }
  return null;
}

function boxOf(kind, ref) {
  if (kind === "service") {
    const service = data.services[ref];
    return {kind, name: service.name, under: `${counted(service.n_routines, "routine")}, ${service.n_states} state`,
      hash: `map/service/${part(service.name)}`};
  }
  if (kind === "ghost") return {kind, name: serviceName(ref), under: "another service",
    hash: ref >= 0 ? `map/service/${part(serviceName(ref))}` : null};
  if (kind === "file") return {kind, name: fileName(ref), label: fileName(ref).split("/").pop(),
    under: fileName(ref).split("/").slice(0, -1).join("/") || "top folder", hash: `map/file/${part(fileName(ref))}`};
  if (kind === "function") {
    const f = data.functions[ref];
    return {kind, name: f.name, under: short(`${f.trigger} ${f.key}`, 26), hash: `map/function/${part(f.name)}`};
  }
  if (kind === "state") return {kind, name: data.states.name[ref],
    under: `${data.states.storage[ref]}${statePlace(ref) ? `, ${statePlace(ref).split("/").pop()}` : ""}`, hash: `state/${part(stateKey(ref))}`};
  if (kind === "rest") return {kind, name: counted(ref, "more box").replace("boxs", "boxes"), under: "folded: too many to draw"};
  const isEntry = functionsOfRoutine()[ref].length > 0;
  return {kind: isEntry ? "entry" : "routine", name: data.routines.name[ref],
    under: short(data.routines.file[ref] >= 0 ? routinePlace(ref) : "outside the tree", 27),
    hash: `map/routine/${part(routineKey(ref))}`};
}

/* Shared code as one more box below a stored level, with the calls into it. */
function addShared(level, service) {
  const at = new Map(level.boxes.map((box, i) => [`${box.kind} ${box.ref}`, i])), calls = new Map();
  data.calls.from.forEach((from, c) => {
    if (data.routines.service[data.calls.to[c]] !== SHARED) return;
    const owner = data.routines.service[from];
    const box = at.get(service < 0 ? `service ${owner}` : owner === service ? `file ${data.routines.file[from]}` : "");
    if (box !== undefined) calls.set(box, (calls.get(box) || 0) + data.calls.n[c]);
  });
  const n = data.routines.service.filter(owner => owner === SHARED).length;
  if (n === 0) return;
  const xs = level.boxes.map(box => box.x), shared = level.boxes.length;
  level.boxes.push({kind: "ghost", name: "shared code", under: `${counted(n, "routine")}, a copy for every service`, hash: null, ref: SHARED,
    x: (Math.min(...xs) + Math.max(...xs)) / 2, y: Math.max(...level.boxes.map(box => box.y)) + 130});
  for (const [from, count] of calls) level.arrows.push({from, to: shared, n: count, kind: ""});
}

function stored(service) {
  const level = data.levels.find(item => item.service === service);
  const boxes = level.boxes.map(([kind, ref, x, y]) => ({...boxOf(kind, ref), ref, x, y}));
  const result = {title: service < 0 ? "all services" : serviceName(service), isPlaced: level.is_placed, note: level.note,
    boxes, home: service, isStored: true, arrows: level.arrows.map(([from, to, n, kind, path]) => ({from, to, n, kind, path})),
    path: service < 0 ? [] : [{text: serviceName(service)}]};
  if (map.hasShared && boxes.length > 0) addShared(result, service);
  return result;
}

/* Other services that routines of a level call or are called from, those with the most calls first. */
function servicesAround(kept, at, home) {
  const calls = new Map();
  const add = (i, n) => {
    const service = data.routines.service[i];
    if (!at.has(i) && service >= 0 && service !== home) calls.set(service, (calls.get(service) || 0) + n);
  };
  for (const i of kept) {
    callsFrom()[i].forEach(c => add(data.calls.to[c], data.calls.n[c]));
    callsTo()[i].forEach(c => add(data.calls.from[c], data.calls.n[c]));
  }
  return [...calls.keys()].sort((a, b) => calls.get(b) - calls.get(a) || a - b);
}

/* A level of routines: the heaviest boxes stay. Services outside are boxes too where HAS_GHOSTS; those
   that there is no room for are one. */
function makeLevel(title, path, members, middle, hasGhosts) {
  const weight = new Map(members.map(i => [i, (middle === i ? 1e9 : 0) + callsFrom()[i].length + callsTo()[i].length]));
  const kept = [...members].sort((a, b) => weight.get(b) - weight.get(a) || a - b).slice(0, BOX.limit - 8);
  const boxes = kept.sort((a, b) => a - b).map(i => ({...boxOf("routine", i), ref: i}));
  const at = new Map(kept.map((i, k) => [i, k]));
  const home = middle >= 0 ? data.routines.service[middle] : data.routines.service[kept[0]];
  const ghosts = new Map(), arrows = new Map();
  const shown = hasGhosts ? servicesAround(kept, at, home) : [], room = BOX.limit - boxes.length;
  const nFolded = shown.length > room ? shown.length - room + 1 : 0;
  const drawn = new Set(shown.slice(0, shown.length - nFolded));
  const ghost = service => {
    const key = drawn.has(service) ? service : "rest";
    if (!ghosts.has(key)) {
      ghosts.set(key, boxes.length);
      boxes.push(key === "rest" ? {...boxOf("rest", nFolded), ref: nFolded} : {...boxOf("ghost", service), ref: service});
    }
    return ghosts.get(key);
  };
  const draw = (from, to, n, kind) => {
    const key = `${from} ${to}`, old = arrows.get(key);
    if (old) { old.n += n; if (kind === "foreign") old.kind = kind; } else arrows.set(key, {from, to, n, kind});
  };
  for (const i of kept) {
    for (const c of callsFrom()[i]) {
      const to = data.calls.to[c], service = data.routines.service[to];
      const own = data.routines.service[i];
      if (at.has(to)) draw(at.get(i), at.get(to), data.calls.n[c], own >= 0 && service >= 0 && own !== service ? "cut" : "");
      else if (hasGhosts && service >= 0 && service !== home) draw(at.get(i), ghost(service), data.calls.n[c], "cut");
    }
    for (const c of callsTo()[i]) {
      const from = data.calls.from[c], service = data.routines.service[from];
      if (hasGhosts && !at.has(from) && service >= 0 && service !== home) draw(ghost(service), at.get(i), data.calls.n[c], "cut");
    }
  }
  const nLeft = members.length - kept.length;
  return {title, path, boxes, home, isPlaced: false,
    arrows: [...arrows.values()].sort((a, b) => (b.kind === "foreign") - (a.kind === "foreign") || b.n - a.n || a.from - b.from || a.to - b.to),
    note: nLeft > 0 ? `${nLeft} of ${members.length} routines are not drawn: those with the fewest calls.` : ""};
}

function fileLevel(file) {
  const members = routinesOfFile()[file].filter(i => data.routines.end[i] > 0);
  const owner = members.map(i => data.routines.service[i]).find(v => v >= 0);
  return makeLevel(fileName(file), [...(owner >= 0 ? [{text: serviceName(owner), hash: `map/service/${part(serviceName(owner))}`}] : []),
    {text: fileName(file)}], members, NONE, true);
}

/* What a function can reach inside its service. */
function functionLevel(index) {
  const f = data.functions[index], seen = new Set([f.routine]), queue = [f.routine];
  while (queue.length > 0) {
    for (const c of callsFrom()[queue.shift()]) {
      const to = data.calls.to[c];
      if (!seen.has(to) && data.routines.service[to] === f.service) { seen.add(to); queue.push(to); }
    }
  }
  return makeLevel(f.name, [{text: serviceName(f.service), hash: `map/service/${part(serviceName(f.service))}`}, {text: f.name}],
    [...seen], f.routine, true);
}

function routineLevel(i) {
  const near = new Set([i]);
  callsFrom()[i].forEach(c => near.add(data.calls.to[c]));
  callsTo()[i].forEach(c => near.add(data.calls.from[c]));
  const isShown = k => k === i || map.hasShared || data.routines.service[k] !== SHARED;
  const level = makeLevel(data.routines.name[i], [], [...near].filter(isShown), i, false);
  const service = data.routines.service[i];
  level.path = [...(service >= 0 ? [{text: serviceName(service), hash: `map/service/${part(serviceName(service))}`}] : []),
    ...(data.routines.file[i] >= 0 ? [{text: fileName(data.routines.file[i]), hash: `map/file/${part(fileName(data.routines.file[i]))}`}] : []),
    {text: data.routines.name[i]}];
  const middle = level.boxes.findIndex(box => box.ref === i && box.kind !== "ghost");
  const states = new Map();
  for (const a of accessesOf()[i]) {
    const state = data.accesses.state[a], owner = data.states.service[state];
    if (!states.has(state) && level.boxes.length >= BOX.limit) continue;
    if (!states.has(state)) { states.set(state, level.boxes.length); level.boxes.push({...boxOf("state", state), ref: state}); }
    level.arrows.push({from: middle, to: states.get(state), n: data.accesses.n[a],
      kind: owner < 0 || service < 0 || owner === service ? "" : data.accesses.mode[a] === "w" ? "foreign" : "cut"});
  }
  return level;
}

/* Columns by the longest way from the sources (cycles broken by order), rows by the mean of the
   neighbours: a plain layered layout. O(boxes * arrows). */
function layOut(level) {
  const n = level.boxes.length, rank = new Array(n).fill(0);
  const arrows = level.arrows.filter(arrow => arrow.from !== arrow.to);
  const state = new Array(n).fill(0), out = group(arrows.map(arrow => arrow.from), n), back = new Set();
  const visit = start => {
    const stack = [[start, 0]];
    state[start] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1], list = out[top[0]];
      if (top[1] >= list.length) { state[top[0]] = 2; stack.pop(); continue; }
      const arrow = list[top[1]++], to = arrows[arrow].to;
      if (state[to] === 1) back.add(arrow);
      else if (state[to] === 0) { state[to] = 1; stack.push([to, 0]); }
    }
  };
  const nIn = new Array(n).fill(0);
  arrows.forEach(arrow => { nIn[arrow.to]++; });
  [...Array(n).keys()].sort((a, b) => nIn[a] - nIn[b] || a - b).forEach(i => { if (state[i] === 0) visit(i); });
  for (let round = 0, isMoving = true; isMoving && round < n; round++) {
    isMoving = false;
    arrows.forEach((arrow, i) => {
      if (!back.has(i) && rank[arrow.to] < rank[arrow.from] + 1) { rank[arrow.to] = rank[arrow.from] + 1; isMoving = true; }
    });
  }
  /* A long chain would make the picture a thin line: ranks are drawn together until the columns are few. */
  const nRanks = 1 + Math.max(0, ...rank), most = Math.max(4, Math.ceil(Math.sqrt(n * 1.2)));
  if (nRanks > most) rank.forEach((r, i) => { rank[i] = Math.floor(r * most / nRanks); });
  const columns = [];
  rank.forEach((r, i) => { (columns[r] = columns[r] || []).push(i); });
  const row = new Array(n).fill(0);
  const number = column => column.forEach((i, k) => { row[i] = k - column.length / 2; });
  columns.forEach(number);
  for (let round = 0; round < 6; round++) {
    for (const column of round % 2 ? [...columns].reverse() : columns) {
      const mean = new Map(column.map(i => {
        const near = arrows.filter(arrow => arrow.from === i || arrow.to === i).map(arrow => row[arrow.from === i ? arrow.to : arrow.from]);
        return [i, near.length ? near.reduce((a, b) => a + b, 0) / near.length : row[i]];
      }));
      column.sort((a, b) => mean.get(a) - mean.get(b) || a - b);
      number(column);
    }
  }
  const tall = 16; /* boxes in one column before it is split */
  let x = 0;
  for (const column of columns) {
    const parts = Math.ceil(column.length / tall);
    for (let p = 0; p < parts; p++) {
      const boxes = column.slice(p * tall, (p + 1) * tall);
      boxes.forEach((i, k) => { level.boxes[i].x = x; level.boxes[i].y = (k - (boxes.length - 1) / 2) * (BOX.height + 18); });
      x += BOX.width + (p + 1 < parts ? 24 : 90);
    }
  }
}

/* The way of an arrow between columns: out of the right side, into the left one; within a column a bow. */
function wayOfColumns(a, b) {
  const half = BOX.width / 2;
  if (b.x > a.x + 1) {
    const x1 = a.x + half, x2 = b.x - half - 2, bend = Math.max(30, (x2 - x1) / 2);
    return [[x1, a.y], [x1 + bend, a.y], [x2 - bend, b.y], [x2, b.y]];
  }
  if (b.x < a.x - 1) {
    const x1 = a.x - half, x2 = b.x + half + 2, bend = Math.max(30, (x1 - x2) / 2), dip = Math.abs(a.y - b.y) < 10 ? 30 : 0;
    return [[x1, a.y], [x1 - bend, a.y + dip], [x2 + bend, b.y + dip], [x2, b.y]];
  }
  const x = a.x + half, bow = 24 + Math.min(60, Math.abs(b.y - a.y) / 6);
  return [[x, a.y], [x + bow, a.y], [x + bow, b.y], [x + 2, b.y]];
}

/* Where the line from the centre of box a towards b leaves a. */
function border(a, b) {
  const dx = b.x - a.x, dy = b.y - a.y;
  const scale = Math.min(dx ? (BOX.width / 2 + 2) / Math.abs(dx) : Infinity, dy ? (BOX.height / 2 + 2) / Math.abs(dy) : Infinity);
  return Number.isFinite(scale) ? [a.x + dx * scale, a.y + dy * scale] : [a.x, a.y];
}

/* A straight or slightly bent way, where Graphviz gave none: start, bend, end. */
function wayBetween(a, b, hasReverse) {
  const [x1, y1] = border(a, b), [x2, y2] = border(b, a);
  const length = Math.hypot(x2 - x1, y2 - y1) || 1, bend = hasReverse ? 14 : 0;
  return [[x1, y1], [(x1 + x2) / 2 - (y2 - y1) / length * bend, (y1 + y2) / 2 + (x2 - x1) / length * bend], [x2, y2]];
}

/* The service that a box stands for or lies in. */
function serviceOfBox(level, box) {
  if (box.kind === "service" || box.kind === "ghost") return box.ref;
  if (box.kind === "state") return data.states.service[box.ref];
  if (box.kind === "routine" || box.kind === "entry") return data.routines.service[box.ref];
  return level.home;
}

/* Where an arrow that crosses leads: to what crosses between its two services. */
function hashOfArrow(level, arrow) {
  const from = serviceOfBox(level, level.boxes[arrow.from]), to = serviceOfBox(level, level.boxes[arrow.to]);
  return arrow.kind && from >= 0 && to >= 0 && from !== to ? `cuts/${part(serviceName(from))}/${part(serviceName(to))}` : null;
}

const arrowWords = arrow => `${counted(arrow.n, "site")}${arrow.kind === "foreign" ? ", crossing, with writes of foreign state" : arrow.kind === "cut" ? ", crossing" : ", inside"}`;

function drawArrow(level, arrow, hasReverse) {
  const a = level.boxes[arrow.from], b = level.boxes[arrow.to], width = Math.min(7, .8 + .75 * Math.log2(1 + arrow.n));
  let d, tip, before, middle;
  if (arrow.path) {
    const points = arrow.path.match(/-?\d+,-?\d+/g).map(pair => pair.split(",").map(Number));
    d = arrow.path;
    tip = points[points.length - 1];
    before = [...points].reverse().find(point => Math.hypot(point[0] - tip[0], point[1] - tip[1]) > 1) || points[points.length - 2];
    middle = points[Math.floor(points.length / 2)];
  } else if (!level.isPlaced) {
    const way = wayOfColumns(a, b);
    d = `M${way[0]}C${way[1]} ${way[2]} ${way[3]}`;
    tip = way[3];
    before = way[2];
    middle = [0, 1].map(k => (way[0][k] + 3 * way[1][k] + 3 * way[2][k] + way[3][k]) / 8);
  } else {
    const [start, bend, end] = wayBetween(a, b, hasReverse);
    d = `M${start}Q${bend} ${end}`;
    tip = end;
    before = bend;
    middle = bend;
  }
  const angle = Math.atan2(tip[1] - before[1], tip[0] - before[0]), head = 7 + width;
  const end = arrow.path ? [tip[0] + Math.cos(angle) * 9, tip[1] + Math.sin(angle) * 9] : tip;
  const wing = turn => `${end[0] - Math.cos(angle + turn) * head},${end[1] - Math.sin(angle + turn) * head}`;
  const hash = hashOfArrow(level, arrow);
  const label = arrow.n > 1 && level.arrows.length <= 60 ? s("text", {class: "arrow-label", x: middle[0], y: middle[1] - 3, "text-anchor": "middle"}, arrow.n) : null;
  return s("g", {class: `edge ${arrow.kind}${hash ? " opens" : ""}`, "data-from": arrow.from, "data-to": arrow.to,
    onclick: hash ? () => { location.hash = `/${hash}`; } : null},
  s("title", {}, `${a.name} → ${b.name}: ${arrowWords(arrow)}${hash ? "\nopen to see them" : ""}`),
  s("path", {class: "hit", d}),
  s("path", {class: "arrow", d, "stroke-width": width}),
  s("polygon", {class: "arrow", points: `${end} ${wing(.42)} ${wing(-.42)}`}), label);
}

function drawBox(box, index) {
  const open = () => { if (box.hash) location.hash = `/${box.hash}`; };
  const opens = Boolean(box.hash);
  return s("g", {class: `box ${box.kind}${opens ? " opens" : ""}`, transform: `translate(${box.x - BOX.width / 2},${box.y - BOX.height / 2})`,
    tabindex: opens ? 0 : null, role: opens ? "button" : "img", "aria-label": `${box.name}, ${box.under}`, "data-index": index,
    onclick: open, onkeydown: event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); } },
    onmouseenter: () => light(index), onmouseleave: () => light(-1), onfocus: () => light(index), onblur: () => light(-1)},
    s("title", {}, `${box.name}\n${box.under}`),
    s("rect", {width: BOX.width, height: BOX.height, rx: box.kind === "service" || box.kind === "ghost" ? 10 : box.kind === "state" ? 18 : 3}),
    s("text", {x: BOX.width / 2, y: 19, "text-anchor": "middle"}, short(box.label || box.name, 18)),
    s("text", {class: "under", x: BOX.width / 2, y: 35, "text-anchor": "middle"}, short(box.under, 27)));
}

/* What touches the box stays bright. */
function light(index) {
  const near = new Set([index]), svg = d3.select(map.svg);
  svg.selectAll(".edge").classed("dim", function () {
    const from = +this.dataset.from, to = +this.dataset.to, isFar = index >= 0 && from !== index && to !== index;
    if (!isFar) near.add(from).add(to);
    return isFar;
  });
  svg.selectAll(".box").classed("dim", function () { return index >= 0 && !near.has(+this.dataset.index); });
}

/* The first N arrows of the level: writes of foreign state, then the heaviest. */
function drawArrows(n) {
  const level = map.level, pairs = new Set(level.arrows.map(arrow => `${arrow.from} ${arrow.to}`));
  map.world.querySelectorAll(".edge").forEach(edge => edge.remove());
  const shown = level.arrows.slice(0, n);
  map.world.classList.toggle("dense", shown.length > 90);
  map.world.prepend(...shown.map(arrow => drawArrow(level, arrow, pairs.has(`${arrow.to} ${arrow.from}`))));
  byId("map-weight-out").textContent = `${shown.length} of ${level.arrows.length}`;
}

/* The whole level in view, in a stage that is WIDTH wide or as wide as it is. */
function fit(wish) {
  const node = map.svg.querySelector(".world"), box = node.getBBox();
  if (box.width === 0 || box.height === 0) return;
  const width = typeof wish === "number" ? wish : map.svg.clientWidth || 800, isNarrow = width < 600;
  /* A tall level gets a tall stage rather than small print. */
  const need = Math.min(1.15, width / (box.width + 40)) * (box.height + 40);
  const height = Math.max(isNarrow ? 300 : 320, Math.min(isNarrow ? 520 : 1150, need));
  map.svg.style.height = `${height}px`;
  const scale = Math.min(1.15, width / (box.width + 40), height / (box.height + 40));
  d3.select(map.svg).call(map.zoom.transform, d3.zoomIdentity
    .translate(width / 2 - (box.x + box.width / 2) * scale, height / 2 - (box.y + box.height / 2) * scale).scale(scale));
}

function showLevel(path) {
  const wanted = path.length > 0 ? levelOf(path) : stored(NONE), level = wanted || stored(NONE);
  const miss = wanted ? "" : `There is no ${path.join(" ")} in this report: this shows all services.`;
  if (!level.isPlaced) layOut(level);
  map.level = level;
  level.arrows = level.arrows.filter(arrow => arrow.from !== arrow.to);
  const world = s("g", {class: "world"});
  map.world = world;
  level.boxes.forEach((box, i) => world.append(drawBox(box, i)));
  map.svg.replaceChildren(s("title", {}, `Map of ${level.title}`), world);
  const slider = byId("map-weight"), nFirst = Math.min(level.arrows.length, FIRST_ARROWS);
  slider.min = Math.min(1, level.arrows.length);
  slider.max = level.arrows.length;
  slider.value = nFirst;
  byId("map-weight-label").hidden = level.arrows.length < 25;
  drawArrows(nFirst);
  map.svg.setAttribute("aria-label", `Map of ${level.title}: ${counted(level.boxes.length, "box").replace("boxs", "boxes")}, ${counted(level.arrows.length, "arrow")}`);
  map.zoom = d3.zoom().scaleExtent([.05, 4]).filter(() => d3.event.type !== "wheel" || d3.event.ctrlKey || d3.event.shiftKey)
    .on("zoom", () => { world.setAttribute("transform", d3.event.transform); });
  d3.select(map.svg).call(map.zoom).on("dblclick.zoom", null);
  fit();
  const trail = [{text: "all services", hash: "map"}, ...level.path];
  byId("map-crumbs").replaceChildren(...trail.map((step, i) => h("li", {}, step.hash && i + 1 < trail.length
    ? linkTo(step.hash, step.text) : h("span", {"aria-current": "page"}, step.text))));
  byId("map-note").textContent = [miss, level.note, level.isPlaced || !level.isStored ? "" : "The layout took too long: the page placed the boxes."].filter(Boolean).join(" ");
  byId("map-back").disabled = level.path.length === 0;
  const out = group(level.arrows.map(arrow => arrow.from), level.boxes.length);
  byId("map-list").replaceChildren(...level.boxes.map((box, i) => h("li", {}, box.hash ? linkTo(box.hash, box.name) : box.name,
    h("span", {class: "soft"}, ` ${box.under}`), out[i].length > 0 ? " → " : "", out[i].map((k, position) => {
      const arrow = level.arrows[k], hash = hashOfArrow(level, arrow), text = `${level.boxes[arrow.to].name} (${arrow.n})`;
      return [position > 0 ? ", " : "", hash ? linkTo(hash, text) : text];
    }))));
  say(`Map of ${level.title}`);
}

function setUpMap() {
  map.svg = s("svg", {role: "group"});
  byId("map-stage").append(map.svg);
  byId("map-back").addEventListener("click", () => {
    const path = map.level.path, up = path.length > 1 ? path[path.length - 2].hash : "map";
    location.hash = `/${up}`;
  });
  byId("map-in").addEventListener("click", () => d3.select(map.svg).call(map.zoom.scaleBy, 1.4));
  byId("map-out").addEventListener("click", () => d3.select(map.svg).call(map.zoom.scaleBy, 1 / 1.4));
  byId("map-fit").addEventListener("click", fit);
  byId("map-shared").addEventListener("click", event => {
    map.hasShared = !map.hasShared;
    event.currentTarget.setAttribute("aria-pressed", map.hasShared);
    route();
  });
  byId("map-weight").addEventListener("input", event => drawArrows(Number(event.currentTarget.value)));
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", () => fit(680));
  window.addEventListener("afterprint", fit);
}
