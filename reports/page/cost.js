/* Bills, and the calculator: the same formulas as 'cleave cost', in exact fractions of integers. */
const gcd = (a, b) => { while (b) [a, b] = [b, a % b]; return a < 0n ? -a : a; };
class Exact {
  constructor(n, d = 1n) {
    const g = gcd(n, d) || 1n;
    this.n = d < 0n ? -n / g : n / g;
    this.d = d < 0n ? -d / g : d / g;
  }
  static of(text) {
    const match = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(String(text));
    if (!match || match[2] + match[3] === "") return new Exact(0n);
    const exponent = BigInt(match[4] || 0) - BigInt(match[3].length);
    const whole = BigInt(`${match[1]}${match[2]}${match[3]}`);
    return exponent >= 0n ? new Exact(whole * 10n ** exponent) : new Exact(whole, 10n ** -exponent);
  }
  plus(b) { return new Exact(this.n * b.d + b.n * this.d, this.d * b.d); }
  minus(b) { return new Exact(this.n * b.d - b.n * this.d, this.d * b.d); }
  times(b) { return new Exact(this.n * b.n, this.d * b.d); }
  per(b) { return new Exact(this.n * b.d, this.d * b.n); }
  under(b) { return this.n * b.d < b.n * this.d; }
  least(b) { return b.under(this) ? b : this; }
  most(b) { return this.under(b) ? b : this; }
  /* rounded up to a multiple of step */
  ceil(step) { const q = this.per(step), w = q.n / q.d; return new Exact(q.n > 0n && q.n % q.d !== 0n ? w + 1n : w).times(step); }
  number() { return Number(this.n) / Number(this.d); }
  /* half up to the cent */
  cents() { const c = this.times(new Exact(100n)), twice = c.n * 2n + c.d; return (twice - ((twice % (2n * c.d)) + 2n * c.d) % (2n * c.d)) / (2n * c.d); }
  dollars() {
    const c = this.cents(), a = c < 0n ? -c : c;
    return `${c < 0n ? "-" : ""}${a / 100n}.${String(a % 100n).padStart(2, "0")}`;
  }
}
const ZERO = new Exact(0n), THOUSAND = new Exact(1000n), KIB = new Exact(1024n);
const show = exact => { const [w, c] = exact.dollars().split("."); return `$${w.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}.${c}`; };

/* What one month of a plan uses of its meters: role -> quantity. Formulas 1, 5, 8, 9 of docs/cost.md. */
function usage(plan, {requests, duration, memory, vcpu, hours, instances}) {
  const rule = (name, otherwise) => Exact.of(plan.rules[name] === undefined ? otherwise : plan.rules[name]);
  const stepped = (step, least) => duration.ceil(rule("step_ms", step)).most(rule("minimum_ms", least)).per(THOUSAND);
  switch (plan.billing) {
  case "lambda": return {compute: requests.times(stepped("1", "0")).times(memory.per(KIB)), requests};
  case "run-request": {
    const active = requests.times(duration.ceil(rule("step_ms", "100")).per(THOUSAND));
    return {cpu: active.times(vcpu), memory: active.times(memory.per(KIB)), requests};
  }
  case "consumption": {
    const step = rule("memory_step_mb", "128");
    return {compute: requests.times(stepped("1", "0")).times(memory.ceil(step).most(step).per(KIB)), requests};
  }
  case "flex": return {compute: requests.times(stepped("1", "0")).times(memory.per(KIB)), requests};
  default: return {instance: hours.times(instances)};
  }
}

function price(plan, input) {
  const used = usage(plan, input), lines = [];
  for (const [role, quantity] of Object.entries(used)) {
    const meter = plan.meters[role];
    if (!meter) continue;
    const grant = input.hasGrant && meter.grant !== null ? Exact.of(meter.grant) : ZERO;
    let left = meter.grant_is_money ? quantity : quantity.minus(quantity.least(grant));
    let exact = ZERO, start = ZERO;
    for (const tier of meter.tiers) {
      const here = tier.up_to === null ? left : left.least(Exact.of(tier.up_to).minus(start).most(ZERO));
      exact = exact.plus(here.times(Exact.of(tier.price)));
      left = left.minus(here);
      if (tier.up_to !== null) start = Exact.of(tier.up_to);
    }
    if (meter.grant_is_money) exact = exact.minus(grant.least(exact));
    lines.push({role, quantity, unit: meter.unit, exact, source: meter.source, as_of: meter.as_of});
  }
  return {lines, total: lines.reduce((sum, line) => sum.plus(line.exact), ZERO)};
}

/* The memory that the plan sells for a wish: within its limits, and the next size up where it has sizes. */
function sold(plan, wish) {
  const rule = (name, otherwise) => plan.rules[name] === undefined ? otherwise : Exact.of(plan.rules[name]);
  const memory = wish.most(rule("minimum_memory_mb", new Exact(1n))).least(rule("maximum_memory_mb", wish));
  if (plan.sizes.length === 0) return memory;
  return plan.sizes.map(Exact.of).find(size => !size.under(memory)) || Exact.of(plan.sizes[plan.sizes.length - 1]);
}

const calculator = {plans: data.plans.filter(plan => plan.billing !== "instance"), machines: data.plans.filter(plan => plan.billing === "instance")};

function readInputs() {
  const rate = Exact.of(Math.pow(10, Number(byId("cost-rate").value)).toPrecision(3));
  const requests = rate.times(Exact.of("30"));
  return {plan: calculator.plans[byId("cost-plan").value], machine: calculator.machines[byId("cost-machine").value],
    perDay: rate, requests, duration: Exact.of(byId("cost-duration").value), memory: Exact.of(byId("cost-memory").value),
    vcpu: Exact.of("1"), hours: Exact.of("720"), instances: Exact.of(byId("cost-instances").value), hasGrant: byId("cost-grant").checked};
}
const priceFunctions = input => price(input.plan, {...input, memory: sold(input.plan, input.memory)});
const priceMachines = input => price(input.machine, input);

function drawCurve(input) {
  const width = 600, height = 300, margin = {left: 58, right: 18, top: 18, bottom: 44};
  const x = d3.scaleLog().domain([100, 1e8]).range([margin.left, width - margin.right]);
  const at = perDay => priceFunctions({...input, requests: Exact.of(perDay.toPrecision(4)).times(Exact.of("30"))}).total.number();
  const points = d3.range(0, 61).map(i => Math.pow(10, 2 + i * .1)).map(rate => [rate, Math.max(.01, at(rate))]);
  const machine = priceMachines(input).total.number();
  const y = d3.scaleLog().domain([.01, Math.max(machine * 3, points[points.length - 1][1])]).range([height - margin.bottom, margin.top]).nice();
  let low = 2, high = 8, crossing = null;
  if (at(1e2) < machine && at(1e8) > machine) {
    for (let i = 0; i < 30; i++) { const mid = (low + high) / 2; if (at(Math.pow(10, mid)) < machine) low = mid; else high = mid; }
    crossing = Math.pow(10, low);
  }
  const svg = s("svg", {class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": crossing
    ? `Functions cost less than the machines up to about ${Math.round(crossing).toLocaleString("en")} requests a day`
    : "The two prices do not cross between 100 and 100 million requests a day"});
  const root = d3.select(svg), decades = d3.range(2, 9).map(i => Math.pow(10, i));
  const money = d3.range(-2, 9).map(i => Math.pow(10, i)).filter(value => value >= y.domain()[0] && value <= y.domain()[1]);
  root.append("g").attr("class", "grid-lines").selectAll("line").data(money).enter().append("line")
    .attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", y).attr("y2", y);
  root.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
    .call(d3.axisBottom(x).tickValues(decades).tickFormat(d3.format("~s")).tickSizeOuter(0));
  root.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`)
    .call(d3.axisLeft(y).tickValues(money).tickFormat(value => value < 1 ? `$${value}` : d3.format("$~s")(value)).tickSizeOuter(0));
  root.append("text").attr("class", "label").attr("x", (margin.left + width - margin.right) / 2).attr("y", height - 8).attr("text-anchor", "middle").text("requests a day; dollars for 30 days");
  root.append("path").attr("d", d3.line().x(p => x(p[0])).y(p => y(p[1]))(points)).attr("fill", "none").attr("stroke", "var(--call)").attr("stroke-width", 2.5);
  root.append("line").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", y(machine)).attr("y2", y(machine))
    .attr("stroke", "var(--machine)").attr("stroke-width", 2.5).attr("stroke-dasharray", "7 4");
  const note = (left, top, text, anchor, color) => root.append("text").attr("class", "label halo").attr("x", left).attr("y", top).attr("text-anchor", anchor).attr("fill", color).text(text);
  note(margin.left + 8, y(machine) - 7, "machines, always on", "start", null);
  const last = points[52];
  note(x(last[0]) - 10, Math.max(margin.top + 10, y(last[1]) - 2), "functions", "end", null);
  if (crossing) {
    root.append("line").attr("x1", x(crossing)).attr("x2", x(crossing)).attr("y1", y(machine)).attr("y2", height - margin.bottom)
      .attr("stroke", "var(--soft)").attr("stroke-dasharray", "2 3");
    root.append("circle").attr("cx", x(crossing)).attr("cy", y(machine)).attr("r", 4.5).attr("fill", "var(--paper)").attr("stroke", "var(--ink)").attr("stroke-width", 2);
  }
  const now = Math.min(1e8, Math.max(100, input.perDay.number()));
  root.append("circle").attr("cx", x(now)).attr("cy", y(Math.max(.01, at(now)))).attr("r", 5).attr("fill", "var(--ink)");
  note(x(now) + (now > 1e7 ? -10 : 10), y(Math.max(.01, at(now))) + 16, "here", now > 1e7 ? "end" : "start", null);
  byId("cost-curve").replaceChildren(svg);
  return crossing;
}

/* One slider at a time from half to double. */
function drawTornado(input) {
  const half = new Exact(1n, 2n), two = new Exact(2n);
  const rows = [["requests", "requests"], ["duration", "duration"], ["memory", "memory"]].map(([label, key]) => {
    const values = [half, two].map(factor => priceFunctions({...input, [key]: input[key].times(factor)}).total);
    return {label, low: values[0].least(values[1]).number(), high: values[0].most(values[1]).number()};
  }).sort((a, b) => b.high - b.low - (a.high - a.low));
  tornado(byId("cost-tornado"), rows, priceFunctions(input).total.number());
}

function recompute() {
  const input = readInputs();
  const functions = priceFunctions(input), machines = priceMachines(input);
  const memory = sold(input.plan, input.memory);
  byId("cost-rate-out").textContent = Math.round(input.perDay.number()).toLocaleString("en");
  byId("cost-duration-out").textContent = `${byId("cost-duration").value} ms`;
  byId("cost-memory-out").textContent = `${memory.number()} MB`;
  byId("cost-instances-out").textContent = byId("cost-instances").value;
  byId("cost-lines").replaceChildren(dataTable({caption: "thirty days (720 hours) at these inputs", filter: false,
    rows: [...functions.lines.map(line => ({...line, name: input.plan.name})), ...machines.lines.map(line => ({...line, name: input.machine.name}))],
    columns: [{label: "plan", value: line => line.name}, {label: "item", value: line => line.role},
      {label: "quantity", value: line => line.quantity.number(), show: line => `${line.quantity.number().toLocaleString("en", {maximumFractionDigits: 3})} ${line.unit}`, isNumber: true},
      {label: "amount", value: line => line.exact.number(), show: line => show(line.exact), isNumber: true},
      {label: "price from", value: line => `${line.source}, ${line.as_of}`}]}));
  byId("cost-functions-total").textContent = show(functions.total);
  byId("cost-machines-total").textContent = show(machines.total);
  const crossing = drawCurve(input);
  byId("cost-verdict").textContent = crossing
    ? `Functions cost less up to about ${Number(crossing.toPrecision(3)).toLocaleString("en")} requests a day.`
    : machines.total.under(functions.total) ? "The machines cost less at every rate shown." : "Functions cost less at every rate shown.";
  drawTornado(input);
}

const STAGES = ["monolith", "services", "functions"], CLOUDS = ["aws", "gcp", "azure"];
const cloudName = {aws: "AWS", gcp: "Google Cloud", azure: "Azure"};
const stageColor = {monolith: "var(--machine)", services: "var(--entry)", functions: "var(--call)"};

/* The bills by stage and cloud: {stage, cloud, total, parts: name -> amount}. */
function gatherBills() {
  const bills = new Map();
  for (const line of data.bills) {
    const key = `${line.stage} ${line.cloud}`, bill = bills.get(key) || {stage: line.stage, cloud: line.cloud, total: ZERO, parts: new Map()};
    const amount = Exact.of(line.amount);
    bill.total = bill.total.plus(amount);
    bill.parts.set(line.name, (bill.parts.get(line.name) || ZERO).plus(amount));
    bills.set(key, bill);
  }
  return bills;
}

/* Horizontal bars: rows of {label, amount, color}, on a scale that ends at MOST. */
function barChart(rows, most, label) {
  const width = 600, step = 26, left = 190, room = 84;
  const x = d3.scaleLinear().domain([0, Math.max(most, .01)]).range([0, width - left - room]);
  const svg = s("svg", {class: "chart", viewBox: `0 0 ${width} ${rows.length * step + 2}`, role: "img", "aria-label": `${label}: ${rows.map(row => `${row.label} ${show(row.amount)}`).join(", ")}`});
  rows.forEach((row, i) => {
    const y = i * step, length = Math.max(1.5, x(row.amount.number()));
    svg.append(s("text", {class: "label", x: left - 8, y: y + 17, "text-anchor": "end"}, s("title", {}, row.label), short(row.label, 24)),
      s("rect", {x: left, y: y + 5, width: length, height: step - 10, rx: 2, fill: row.color}),
      s("text", {class: "label amount", x: left + length + 6, y: y + 17}, show(row.amount)));
  });
  return svg;
}

function drawClouds(bills) {
  const most = Math.max(...[...bills.values()].map(bill => bill.total.number()));
  byId("cost-clouds").replaceChildren(...CLOUDS.filter(cloud => STAGES.some(stage => bills.has(`${stage} ${cloud}`))).map(cloud => {
    const rows = STAGES.filter(stage => bills.has(`${stage} ${cloud}`)).map(stage => ({label: stage, amount: bills.get(`${stage} ${cloud}`).total, color: stageColor[stage]}));
    const width = 360, step = 30, left = 82, x = d3.scaleLinear().domain([0, Math.max(most, .01)]).range([0, width - left - 76]);
    const svg = s("svg", {class: "chart", viewBox: `0 0 ${width} ${rows.length * step}`, role: "img", "aria-label": `${cloudName[cloud]}: ${rows.map(row => `${row.label} ${show(row.amount)}`).join(", ")}`});
    rows.forEach((row, i) => {
      const length = Math.max(1.5, x(row.amount.number())), y = i * step;
      svg.append(s("text", {class: "label", x: left - 8, y: y + 19, "text-anchor": "end"}, row.label),
        s("rect", {x: left, y: y + 5, width: length, height: step - 10, rx: 2, fill: row.color}),
        s("text", {class: "label amount", x: left + length + 6, y: y + 19}, show(row.amount)));
    });
    return h("div", {}, h("h4", {}, cloudName[cloud]), svg);
  }));
}

function drawBars(bills) {
  const bill = bills.get(`${byId("cost-stage").value} ${byId("cost-cloud").value}`), slot = byId("cost-bars");
  if (!bill) { slot.replaceChildren(h("p", {class: "soft"}, "There is no such bill.")); return; }
  const parts = [...bill.parts].map(([label, amount]) => ({label, amount, color: stageColor[bill.stage]}))
    .sort((a, b) => b.amount.minus(a.amount).number() || (a.label < b.label ? -1 : 1));
  const kept = parts.slice(0, parts.length > 14 ? 13 : 14), rest = parts.slice(kept.length);
  if (rest.length > 0) kept.push({label: `${rest.length} others together`, amount: rest.reduce((sum, row) => sum.plus(row.amount), ZERO), color: "var(--muted)"});
  slot.replaceChildren(barChart(kept, Math.max(...kept.map(row => row.amount.number())), `${bill.stage} on ${cloudName[bill.cloud]}`),
    h("p", {class: "soft"}, `${show(bill.total)} together.`));
}

/* The tornado of 'cleave cost': one input at a time from its 5 to its 95 % point, by the ranges of the workload. */
function drawRanges() {
  const cloud = byId("cost-cloud").value, list = data.ranges.filter(range => range.cloud === cloud);
  byId("cost-ranges-block").hidden = data.ranges.length === 0;
  if (data.ranges.length === 0) return;
  const total = list.find(range => range.name === ""), rows = list.filter(range => range.name !== "" && range.high - range.low >= .005).slice(0, 12);
  byId("cost-ranges-note").textContent = total
    ? `${cloudName[cloud]}, ${total.plan}: one input at a time at the 5 % and the 95 % point of its stated or assumed range (the rate, where nothing else is said). All together: ${dollarsOf(total.low)} to ${dollarsOf(total.high)}, ${dollarsOf(total.likely)} in the middle.` : "No ranges for this cloud.";
  if (rows.length === 0) { byId("cost-ranges").replaceChildren(total ? h("p", {class: "soft"}, "No single input moves the bill by a cent.") : ""); return; }
  tornado(byId("cost-ranges"), rows.map(range => ({label: range.input === "rate" ? range.name : `${range.name}, ${range.input}`, low: range.low, high: range.high})), rows[0].likely);
}
const dollarsOf = number => show(Exact.of(number.toFixed(6)));

/* Bars from low to high around a line at the likely amount; they share a scale that leaves out what nothing reaches. */
function tornado(slot, rows, likely) {
  const width = 620, step = 30, left = 216, room = 120, height = rows.length * step + 26;
  const low = Math.min(likely, ...rows.map(row => row.low)), high = Math.max(likely, ...rows.map(row => row.high), low + .01);
  const start = low < high / 2 ? 0 : low - (high - low) * .15;
  const x = d3.scaleLinear().domain([start, high]).range([left, width - room]);
  const svg = s("svg", {class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `What moves the bill: ${rows.map(row => `${row.label} from ${dollarsOf(row.low)} to ${dollarsOf(row.high)}`).join("; ")}`});
  rows.forEach((row, i) => {
    const y = i * step, a = x(row.low), b = x(row.high), middle = Math.min(b, Math.max(a, x(likely)));
    svg.append(s("text", {class: "label", x: left - 8, y: y + 19, "text-anchor": "end"}, s("title", {}, row.label), short(row.label, 33)),
      s("rect", {x: a, y: y + 5, width: Math.max(.5, middle - a), height: step - 10, fill: "var(--less)"}),
      s("rect", {x: middle, y: y + 5, width: Math.max(.5, b - middle), height: step - 10, fill: "var(--write)"}),
      s("text", {class: "label amount", x: b + 6, y: y + 19}, `${dollarsOf(row.low)} – ${dollarsOf(row.high)}`));
  });
  svg.append(s("line", {x1: x(likely), x2: x(likely), y1: 0, y2: rows.length * step, stroke: "var(--ink)", "stroke-width": 1.5}),
    s("text", {class: "label amount", x: x(likely), y: height - 7, "text-anchor": "middle"}, `likely ${dollarsOf(likely)}`));
  slot.replaceChildren(svg);
}

function setUpBills() {
  if (data.bills.length === 0) return;
  const bills = gatherBills(), draw = () => { drawBars(bills); drawRanges(); };
  byId("cost-stage").append(...STAGES.map(stage => h("option", {value: stage, selected: stage === "functions"}, `the ${stage}`)));
  byId("cost-cloud").append(...CLOUDS.map(cloud => h("option", {value: cloud}, cloudName[cloud])));
  for (const id of ["cost-stage", "cost-cloud"]) byId(id).addEventListener("input", draw);
  drawClouds(bills);
  draw();
  byId("cost-bills").replaceChildren(dataTable({caption: "lines of the bills", rows: data.bills, pageSize: 12, columns: [
    {label: "stage", value: b => b.stage}, {label: "cloud", value: b => b.cloud}, {label: "name", value: b => b.name, kind: "name"},
    {label: "plan", value: b => b.plan, kind: "at"}, {label: "item", value: b => b.item}, {label: "quantity", value: b => Number(b.quantity), show: b => b.quantity, isNumber: true},
    {label: "unit", value: b => b.unit, kind: "at"}, {label: "unit price", value: b => Number(b.unit_price), show: b => b.unit_price, isNumber: true},
    {label: "amount", value: b => Number(b.amount), show: b => show(Exact.of(b.amount)), isNumber: true}, {label: "price from", value: b => b.source, kind: "text"}]}));
}

function setUpCost() {
  setUpBills();
  if (calculator.plans.length === 0 || calculator.machines.length === 0) return;
  byId("cost-plan").append(...calculator.plans.map((plan, i) => h("option", {value: i}, plan.name)));
  byId("cost-machine").append(...calculator.machines.map((plan, i) => h("option", {value: i}, plan.name)));
  const choose = (id, list, wish) => { byId(id).value = Math.max(0, list.findIndex(plan => plan.name === wish)); };
  const billed = stage => data.bills.filter(line => line.stage === stage).map(line => line.plan);
  choose("cost-plan", calculator.plans, data.ranges.length > 0 ? data.ranges[0].plan : "aws-lambda-x86");
  choose("cost-machine", calculator.machines, billed("monolith").find(name => calculator.machines.some(plan => plan.name === name)));
  for (const id of ["plan", "machine", "rate", "duration", "memory", "instances", "grant"]) byId(`cost-${id}`).addEventListener("input", recompute);
  byId("cost-calculator").hidden = false;
  recompute();
}
