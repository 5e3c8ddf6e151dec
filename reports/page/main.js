/* Search, theme, deep links: #/SECTION, #/map/KIND/NAME, #/evidence/TABLE, #/routine|state|function|service/NAME,
   #/cuts/FROM/TO. */
function found(word) {
  const text = word.toLowerCase(), hits = [];
  const add = (kind, name, hash, detail) => {
    const lower = name.toLowerCase(), at = lower.indexOf(text);
    if (at >= 0) hits.push({kind, name, hash, detail, rank: (lower === text ? 0 : at === 0 ? 1 : 2) * 1000 + Math.min(name.length, 999)});
  };
  data.services.forEach(v => add("service", v.name, `map/service/${part(v.name)}`, ""));
  data.functions.forEach(f => add("function", f.name, `function/${part(f.name)}`, `${f.trigger} ${f.key}`));
  data.routines.name.forEach((name, i) => add("routine", name, `routine/${part(routineKey(i))}`, routinePlace(i)));
  data.states.name.forEach((name, i) => add("state", name, `state/${part(stateKey(i))}`, `${data.states.storage[i]} ${statePlace(i)}`));
  data.files.forEach(f => add("file", f.name, `map/file/${part(f.name)}`, ""));
  return hits.sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name, "en")).slice(0, 30);
}

function setUpSearch() {
  const input = byId("search"), list = byId("results");
  let hits = [], chosen = 0;
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const go = hit => { close(); input.value = ""; location.hash = `/${hit.hash}`; };
  const draw = () => {
    list.replaceChildren(...(hits.length > 0 ? hits.map((hit, i) => h("li", {role: "option", id: `result-${i}`, "aria-selected": i === chosen,
      onmousedown: event => { event.preventDefault(); go(hit); }},
    h("span", {class: "tag"}, hit.kind), " ", hit.name, " ", h("span", {class: "soft"}, hit.detail)))
      : [h("li", {role: "option", "aria-disabled": "true", "aria-selected": "false"}, "nothing has this in its name")]));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (hits.length > 0) {
      input.setAttribute("aria-activedescendant", `result-${chosen}`);
      list.children[chosen].scrollIntoView({block: "nearest"});
    }
  };
  input.addEventListener("input", () => {
    if (input.value.trim() === "") { close(); return; }
    hits = found(input.value.trim());
    chosen = 0;
    draw();
    say(`${hits.length} found`);
  });
  input.addEventListener("keydown", event => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && hits[chosen] && !list.hidden) go(hits[chosen]);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && hits.length > 0) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length;
      draw();
    }
  });
  input.addEventListener("blur", close);
  document.addEventListener("keydown", event => {
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !isTyping) { event.preventDefault(); input.focus(); }
  });
}

function setUpTheme() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)"), button = byId("theme");
  let choice = null;
  const show = () => {
    const isDark = choice === null ? dark.matches : choice;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    button.textContent = isDark ? "☀ light" : "☾ dark";
    button.setAttribute("aria-label", isDark ? "use light colours" : "use dark colours");
  };
  dark.addEventListener("change", show);
  button.addEventListener("click", () => { choice = document.documentElement.dataset.theme !== "dark"; show(); });
  window.addEventListener("beforeprint", () => { document.documentElement.dataset.theme = "light"; });
  window.addEventListener("afterprint", show);
  show();
}

let isFirst = true;
function route() {
  const words = location.hash.replace(/^#\/?/, "").split("/").map(word => { try { return decodeURIComponent(word); } catch { return word; } });
  const [section, ...rest] = words;
  const isPanel = Object.hasOwn(panels, section) && rest.length > 0;
  if (section === "map" || isFirst) showLevel(section === "map" ? rest.filter(Boolean) : []);
  if (section === "evidence" && Object.hasOwn(tables, rest[0])) showTable(rest[0]);
  if (isPanel) showPanel(section, rest.join("/"));
  else {
    hidePanel();
    if (section && byId(section) && (!isFirst || section !== "overview")) byId(section).scrollIntoView({block: "start"});
  }
  isFirst = false;
}

function setUpDrawer() {
  const close = () => {
    hidePanel();
    const current = document.querySelector("nav.sections a[aria-current=true]");
    history.pushState(null, "", current ? current.getAttribute("href") : "#/overview");
  };
  byId("evidence-close").addEventListener("click", close);
  document.addEventListener("keydown", event => {
    if (event.key === "Escape" && !byId("evidence-drawer").hidden && document.activeElement.id !== "search") close();
  });
}

/* The link of the section that is on the screen is the current one. */
function followScroll() {
  const links = new Map([...document.querySelectorAll("nav.sections a")].map(a => [a.getAttribute("href").slice(2), a]));
  const observer = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (entry.isIntersecting) links.forEach((a, id) => a.setAttribute("aria-current", String(id === entry.target.id)));
    }
  }, {rootMargin: "-30% 0px -65% 0px"});
  document.querySelectorAll("main > section").forEach(section => { if (links.has(section.id)) observer.observe(section); });
}

setUpTheme();
setUpMap();
setUpMatrix();
setUpState();
setUpEvidence();
setUpDrawer();
setUpOverview();
setUpCost();
setUpSearch();
followScroll();
window.addEventListener("hashchange", route);
route();
document.documentElement.dataset.ready = "true";
