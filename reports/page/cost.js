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
  const width = 640, height = 300, margin = {left: 62, right: 16, top: 14, bottom: 40};
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
  const root = d3.select(svg);
  root.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`).call(d3.axisBottom(x).ticks(6, "~s"));
  root.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`).call(d3.axisLeft(y).ticks(6, "$~s"));
  root.append("text").attr("class", "label").attr("x", width / 2).attr("y", height - 6).attr("text-anchor", "middle").text("requests a day");
  root.append("path").attr("d", d3.line().x(p => x(p[0])).y(p => y(p[1]))(points)).attr("fill", "none").attr("stroke", "var(--call)").attr("stroke-width", 2.5);
  root.append("line").attr("x1", margin.left).attr("x2", width - margin.right).attr("y1", y(machine)).attr("y2", y(machine))
    .attr("stroke", "var(--write)").attr("stroke-width", 2.5).attr("stroke-dasharray", "7 4");
  root.append("text").attr("class", "label").attr("x", margin.left + 8).attr("y", y(machine) - 6).text("machines that are always on");
  root.append("text").attr("class", "label").attr("x", width - margin.right - 4).attr("y", y(points[60][1]) + 44).attr("text-anchor", "end").text("functions");
  const now = Math.min(1e8, Math.max(100, input.perDay.number()));
  root.append("circle").attr("cx", x(now)).attr("cy", y(Math.max(.01, at(now)))).attr("r", 5).attr("fill", "var(--ink)");
  if (crossing) root.append("line").attr("x1", x(crossing)).attr("x2", x(crossing)).attr("y1", y(machine)).attr("y2", height - margin.bottom)
    .attr("stroke", "var(--soft)").attr("stroke-dasharray", "2 3");
  byId("cost-curve").replaceChildren(svg);
  return crossing;
}

/* One input at a time from half to double. */
function drawTornado(input) {
  const half = new Exact(1n, 2n), two = new Exact(2n);
  const rows = [["requests", "requests"], ["duration", "duration"], ["memory", "memory"]].map(([label, key]) => {
    const values = [half, two].map(factor => priceFunctions({...input, [key]: input[key].times(factor)}).total);
    return {label, low: values[0].least(values[1]), high: values[0].most(values[1])};
  }).sort((a, b) => b.high.minus(b.low).number() - a.high.minus(a.low).number());
  const middle = priceFunctions(input).total.number();
  const width = 640, step = 42, height = rows.length * step + 30, left = 90;
  const x = d3.scaleLinear().domain([0, Math.max(.01, ...rows.map(row => row.high.number()))]).range([left, width - 90]);
  const svg = s("svg", {class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `What moves the bill, each halved and doubled: ${rows.map(row => `${row.label} from ${show(row.low)} to ${show(row.high)}`).join("; ")}`});
  rows.forEach((row, i) => {
    const y = i * step + 8, a = x(row.low.number()), b = x(row.high.number());
    svg.append(s("text", {class: "label", x: left - 8, y: y + 18, "text-anchor": "end"}, row.label),
      s("rect", {x: a, y, width: Math.max(1, b - a), height: step - 16, fill: "var(--call)", opacity: .75}),
      s("text", {class: "label", x: b + 6, y: y + 18}, `${show(row.low)} – ${show(row.high)}`));
  });
  svg.append(s("line", {x1: x(middle), x2: x(middle), y1: 0, y2: rows.length * step, stroke: "var(--ink)", "stroke-width": 1.5}),
    s("text", {class: "label", x: x(middle), y: height - 8, "text-anchor": "middle"}, show(priceFunctions(input).total)));
  byId("cost-tornado").replaceChildren(svg);
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

function setUpBills() {
  const stages = new Map();
  for (const bill of data.bills) {
    const key = `${bill.stage}, ${bill.cloud}`, stage = stages.get(key) || {name: key, total: ZERO, parts: new Map()};
    const amount = Exact.of(bill.amount);
    stage.total = stage.total.plus(amount);
    stage.parts.set(bill.name, (stage.parts.get(bill.name) || ZERO).plus(amount));
    stages.set(key, stage);
  }
  if (stages.size === 0) return;
  const rows = [...stages.values()].flatMap(stage => [{label: stage.name, amount: stage.total, isStage: true},
    ...[...stage.parts].map(([label, amount]) => ({label, amount})).sort((a, b) => b.amount.minus(a.amount).number()).slice(0, 12)]);
  const width = 900, step = 24, left = 250;
  const x = d3.scaleLinear().domain([0, Math.max(...rows.map(row => row.amount.number()), .01)]).range([left, width - 110]);
  const svg = s("svg", {class: "chart", viewBox: `0 0 ${width} ${rows.length * step + 4}`, role: "img", "aria-label": "Bills by stage and name; the table below says the same"});
  rows.forEach((row, i) => {
    const y = i * step;
    svg.append(s("text", {class: "label", x: left - 8, y: y + 16, "text-anchor": "end", "font-weight": row.isStage ? 700 : 400}, short(row.label, 34)),
      s("rect", {x: left, y: y + 4, width: Math.max(1, x(row.amount.number()) - left), height: step - 8, fill: row.isStage ? "var(--entry)" : "var(--call)"}),
      s("text", {class: "label", x: Math.max(left + 1, x(row.amount.number())) + 6, y: y + 16}, show(row.amount)));
  });
  byId("cost-bars").replaceChildren(svg);
  byId("cost-bills").replaceChildren(dataTable({caption: "lines of the bills", rows: data.bills, pageSize: 12, columns: [
    {label: "stage", value: b => b.stage}, {label: "cloud", value: b => b.cloud}, {label: "name", value: b => b.name},
    {label: "plan", value: b => b.plan}, {label: "item", value: b => b.item}, {label: "quantity", value: b => Number(b.quantity), show: b => b.quantity, isNumber: true},
    {label: "unit", value: b => b.unit}, {label: "unit price", value: b => Number(b.unit_price), show: b => b.unit_price, isNumber: true},
    {label: "amount", value: b => Number(b.amount), show: b => show(Exact.of(b.amount)), isNumber: true}, {label: "price from", value: b => b.source}]}));
}

function setUpCost() {
  setUpBills();
  if (calculator.plans.length === 0 || calculator.machines.length === 0) return;
  byId("cost-plan").append(...calculator.plans.map((plan, i) => h("option", {value: i}, plan.name)));
  byId("cost-machine").append(...calculator.machines.map((plan, i) => h("option", {value: i}, plan.name)));
  for (const id of ["plan", "machine", "rate", "duration", "memory", "instances", "grant"]) byId(`cost-${id}`).addEventListener("input", recompute);
  byId("cost-calculator").hidden = false;
  recompute();
}
