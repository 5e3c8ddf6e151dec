#!/usr/bin/python3
"""Opens report pages in a real browser and uses them as a person would.

usage: check_page.py use|accessibility|shop|redis
Screenshots for people to look at go to CLEAVE_BINARY_DIR/screenshots.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from chromium import Browser  # noqa: E402

BINARY = pathlib.Path(os.environ["CLEAVE_BINARY_DIR"])
SOURCE = pathlib.Path(os.environ["CLEAVE_SOURCE_DIR"])
SHOTS = BINARY / "screenshots"
SKIPPED = 77
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def cleave(*words):
    result = subprocess.run([BINARY / "cli/cleave", *map(str, words)], capture_output=True, text=True)
    expect(result.returncode == 0, f"{words}: {result.stderr}")
    return result.stdout


def make_page(folder, kind):
    store, page = folder / f"{kind}.db", folder / f"{kind}.html"
    subprocess.run([BINARY / "tests/reports/make_store", kind, store], check=True)
    cleave("report", "-o", page, "--db", store)
    return page


def expect_quiet(browser, what):
    for complaint in browser.complaints():
        expect(False, f"{what}: {complaint}")
    foreign = [url for url in browser.requests() if not url.startswith(("file:", "data:", "about:"))]
    expect(not foreign, f"{what}: asked for {foreign}")


def text_of(browser, selector):
    return browser.evaluate(f"document.querySelector({json.dumps(selector)})?.textContent ?? null")


def boxes(browser):
    return browser.evaluate("[...document.querySelectorAll('#map-stage .box')].map(b => b.getAttribute('aria-label'))")


def use_map(browser, page):
    browser.open(page)
    expect(len(boxes(browser)) == 3, f"services: {boxes(browser)}")
    browser.click("#map-stage .box.service[aria-label^='orders']")
    browser.wait_for("location.hash === '#/map/service/orders'")
    browser.wait_for("document.querySelector('#map-crumbs').textContent.includes('orders')")
    names = " ".join(boxes(browser))
    for name in ("post-order", "nightly-report", "orders.c", "mail", "catalogue"):
        expect(name in names, f"level of orders lacks {name}: {names}")
    browser.evaluate("document.querySelector('#map-stage .box.file').focus()")
    browser.press("Enter")
    browser.wait_for("location.hash.startsWith('#/map/file/')")
    browser.wait_for("document.querySelector('#map-crumbs').textContent.includes('orders.c')")
    names = " ".join(boxes(browser))
    expect("order_total" in names, f"the level of a file lacks its routines: {names}")
    browser.evaluate("history.back()")
    browser.wait_for("location.hash === '#/map/service/orders'")
    browser.click("#map-back")
    browser.wait_for("location.hash === '#/map'")
    expect(len(boxes(browser)) == 3, "back does not show the services")
    browser.click("#map-shared")
    browser.wait_for("[...document.querySelectorAll('#map-stage .box')].some(b => b.textContent.includes('shared code'))")
    overlaps = browser.evaluate("""(() => { const list = [...document.querySelectorAll('#map-stage .box rect')]
      .map(r => r.getBoundingClientRect()); let n = 0;
      list.forEach((a, i) => list.slice(i + 1).forEach(b => { if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) n++; }));
      return n; })()""")
    expect(overlaps == 0, f"{overlaps} boxes overlap")
    expect_quiet(browser, "map")


def use_links(browser, page):
    for fragment, expected in (("#/routine/order_total", "src/orders.c:80"), ("#/state/mail_queue", "src/mail.c:7"),
                               ("#/function/post-order", "keeps last_order between calls"),
                               ("#/service/mail", "owns the queue of mails"), ("#/routine/nobody", "There is no routine")):
        browser.open(page, fragment)
        expect(expected in text_of(browser, "#evidence-panel"), f"{fragment} does not show {expected}")
    browser.open(page, "#/map/function/nightly-report")
    expect("order_report" in " ".join(boxes(browser)), "a deep link into the map")
    panel_callers = "#/routine/catalogue_price"
    browser.open(page, panel_callers)
    panel = text_of(browser, "#evidence-panel")
    for name in ("order_total", "catalogue_list", "src/orders.c:84", "price_cache.n_entries", "cleave explain catalogue_price"):
        expect(name in panel, f"the panel of catalogue_price lacks {name}")
    expect_quiet(browser, "links")


def use_search(browser, page):
    browser.open(page)
    browser.press("/", "/")
    browser.wait_for("document.activeElement.id === 'search'")
    browser.write("order_tot")
    browser.wait_for("document.querySelectorAll('#results li').length === 1")
    browser.press("Enter")
    browser.wait_for("location.hash === '#/routine/order_total'")
    browser.evaluate("document.getElementById('search').focus()")
    browser.write("zzz")
    browser.wait_for("document.getElementById('results').textContent.includes('nothing has this')")
    browser.press("Escape")
    expect(browser.evaluate("document.getElementById('results').hidden"), "Escape does not close the results")
    expect_quiet(browser, "search")


def use_tables(browser, page):
    browser.open(page, "#/evidence")
    browser.click("#evidence-cuts")
    names = browser.evaluate("[...document.querySelectorAll('#evidence-table tbody td:first-child')].map(c => c.textContent)")
    expect(len(names) == 4, f"cuts: {names}")
    browser.click("#evidence-table th:nth-child(7) button")
    prices = browser.evaluate("[...document.querySelectorAll('#evidence-table tbody td:nth-child(7)')].map(c => +c.textContent)")
    expect(prices == sorted(prices, reverse=True), f"not sorted by price: {prices}")
    browser.evaluate("document.querySelector('#evidence-table input').focus()")
    browser.write("mail_send")
    browser.wait_for("document.querySelectorAll('#evidence-table tbody tr').length === 2")
    browser.click("#matrix-file")
    browser.wait_for("document.querySelectorAll('#matrix-stage rect.cell.cross').length > 0")
    browser.click("#state-all")
    expect("last_order" in text_of(browser, "#state-table"), "the table of all state lacks last_order")
    expect_quiet(browser, "tables")


def use_cuts(browser, page):
    """What crosses between two services, from an arrow, a cell, a list and the address; the panel closes by key and button."""
    browser.open(page)
    browser.evaluate("document.querySelector('#map-stage .edge.opens').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    browser.wait_for("location.hash.startsWith('#/cuts/')")
    browser.wait_for("document.querySelector('#evidence-panel').textContent.includes('what crosses')")
    browser.press("Escape")
    browser.wait_for("document.getElementById('evidence-drawer').hidden")
    browser.evaluate("document.querySelector('#matrix-stage rect.cell.opens').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    browser.wait_for("!document.getElementById('evidence-drawer').hidden")
    browser.open(page, "#/cuts/orders/mail")
    panel = text_of(browser, "#evidence-panel")
    for name in ("order_report", "order_place", "mail_send", "src/orders.c"):
        expect(name in panel, f"the cuts from orders to mail lack {name}")
    expect("catalogue_price" not in panel, "cuts of another pair")
    browser.click("#evidence-close")
    browser.wait_for("document.getElementById('evidence-drawer').hidden")
    expect(text_of(browser, "#overview-lists").count("→") >= 2, "the overview does not rank the boundaries")
    cells = browser.evaluate("[...document.querySelectorAll('#state-grid .mark')].map(c => c.className + ' ' + c.textContent)")
    expect(any("owner own" in cell for cell in cells) and len(cells) >= 2, f"who uses which state: {cells}")
    expect_quiet(browser, "cuts")


def use_ranges(browser, page):
    """The tornado has the stored ranges, the largest first, and is told in words too."""
    browser.open(page, "#/cost")
    told = browser.evaluate("document.querySelector('#cost-ranges svg').getAttribute('aria-label')")
    expect(told == "What moves the bill: post-order from $4.00 to $8.50; nightly-report, duration from $5.00 to $5.75", told)
    expect("$3.50 to $9.25" in text_of(browser, "#cost-ranges-note"), text_of(browser, "#cost-ranges-note"))
    browser.evaluate("(() => { const e = document.getElementById('cost-stage'); e.value = 'monolith'; e.dispatchEvent(new Event('input')); })()")
    expect("shop" in text_of(browser, "#cost-bars"), "the bars do not follow the choice")
    expect_quiet(browser, "ranges")


LEVELS = """(async () => {
  const data = JSON.parse(document.getElementById("data").textContent), part = encodeURIComponent, out = [];
  const hashes = ["map", ...data.services.map(v => `map/service/${part(v.name)}`),
    ...data.files.map(f => f.name).filter(n => n.endsWith(".c")).map(n => `map/file/${part(n)}`), ...data.functions.map(f => `map/function/${part(f.name)}`)];
  for (const hash of hashes.slice(0, 250)) {
    const turned = new Promise(resolve => addEventListener("hashchange", resolve, {once: true}));
    location.hash = `/${hash}`;
    await turned;
    out.push([hash, document.querySelectorAll("#map-stage .box").length, document.querySelectorAll("#map-stage .edge").length]);
  }
  return out;
})()"""


def check_levels(browser, page, kind):
    """No level shows more than the eye can follow."""
    browser.open(page)
    levels = browser.evaluate(LEVELS)
    for hash, n_boxes, n_edges in levels:
        expect(n_boxes <= 66 and n_edges <= 48, f"{kind}: {hash} shows {n_boxes} boxes and {n_edges} arrows")
    print(f"{kind}: {len(levels)} levels, at most {max(level[1] for level in levels)} boxes")
    expect_quiet(browser, f"{kind}: levels")


SECTIONS = ("overview", "map", "matrix", "state", "evidence", "cost", "migration")


def use_calculator(browser, page, folder):
    """The page and 'cleave cost' must agree to the cent."""
    browser.open(page, "#/cost")
    plans = browser.evaluate("[...document.querySelectorAll('#cost-plan option')].map(o => o.textContent)")
    machines = browser.evaluate("[...document.querySelectorAll('#cost-machine option')].map(o => o.textContent)")
    settings = [("5", "100", "512"), ("6.55", "37", "1024"), ("7.8", "1234", "2048"), ("3", "1", "128"), ("8", "250", "1792")]
    n_compared = 0
    for i, plan in enumerate(plans):
        for k, (rate, duration, memory) in enumerate(settings):
            machine = (i * 7 + k * 3) % len(machines)
            for grant in ((i + k) % 2 == 0,):
                for name, value in (("plan", i), ("machine", machine), ("rate", rate), ("duration", duration), ("memory", memory)):
                    browser.evaluate(f"(() => {{ const e = document.getElementById('cost-{name}'); e.value = {value}; }})()")
                browser.evaluate(f"(() => {{ const e = document.getElementById('cost-grant'); e.checked = {str(grant).lower()};"
                                 " e.dispatchEvent(new Event('input')); })()")
                sold = text_of(browser, "#cost-memory-out").split()[0]
                requests = browser.evaluate(f"String(BigInt(Math.round(Number(Math.pow(10, {rate}).toPrecision(3)))) * 30n)")
                scenario = folder / "scenario.yaml"
                vcpu = ", vcpu: 1" if plan == "gcp-run-request" else ""
                scenario.write_text(f"version: 1\nhours: 720\nfree_tier: {str(grant).lower()}\nfunctions:\n"
                                    f"  - {{name: f, plan: {plan}, memory_mb: {sold}, requests: {requests}, duration_ms: {duration}{vcpu}}}\n"
                                    f"baseline:\n  - {{name: m, plan: {machines[machine]}, instances: 2}}\n")
                totals = json.loads(cleave("cost", "--scenario", scenario, "--json"))["totals"]
                for selector, section in (("#cost-functions-total", "functions"), ("#cost-machines-total", "baseline")):
                    shown = text_of(browser, selector).replace("$", "").replace(",", "")
                    expect(shown == totals[section]["rounded"],
                           f"{plan} {rate} {duration} {sold} {grant}: page {shown}, cost {totals[section]['rounded']}")
                    n_compared += 1
    print(f"{n_compared} totals compared with cleave cost, {len(plans)} plans, {len(machines)} machines")
    expect(n_compared >= 40, "too few plans")
    expect_quiet(browser, "calculator")


def use_hostile(browser, page):
    browser.open(page)
    for fragment in ("#/map", "#/evidence", "#/routine/" + "%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D'broken'%3E"):
        browser.evaluate(f"location.hash = {json.dumps(fragment)}")
        time.sleep(0.2)
    for name in ("services", "functions", "cuts", "routines", "files"):
        browser.click(f"#evidence-{name}")
    expect("broken" not in browser.evaluate("document.title"), "a name ran as a script")
    expect(browser.evaluate("document.querySelectorAll('img, main script, [onerror], [onmouseover]').length") == 0, "a name became markup")
    shown = browser.evaluate("document.body.innerText")
    expect("<script>document.title" in shown, "markup is not shown as text")
    expect("\\u{202e}" in shown and "\u202e" not in shown, "a direction mark is not shown")
    expect("\\x1b[31m" in shown and "\033" not in shown, "a terminal escape is not shown")
    expect_quiet(browser, "hostile")


def take_pictures(browser, page, kind):
    sizes = ((1280, 900, "light"), (1280, 900, "dark"), (390, 844, "light"))
    for width, height, scheme in sizes if kind == "small" else sizes[:1]:
        browser.resize(width, height, width < 600)
        browser.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        browser.open(page)
        time.sleep(0.3)
        wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
        expect(wide <= 0, f"{kind} at {width}: {wide} pixels too wide")
        browser.screenshot(SHOTS / f"{kind}-{width}-{scheme}.png")
    expect(browser.pdf().startswith(b"%PDF"), "cannot print")
    browser.resize(1280, 900)
    browser.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")


def find_axe():
    """axe-core from npm, kept in the build folder."""
    place = BINARY / "axe"
    script = place / "node_modules/axe-core/axe.min.js"
    if not script.exists() and shutil.which("npm"):
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place), "axe-core@4.10"],
                       capture_output=True, timeout=240)
    return script if script.exists() else None


def check_accessibility(browser, page, kind, script):
    for scheme in ("light", "dark"):
        browser.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        for fragment in ("", "#/routine/order_total", "#/map/service/orders"):
            browser.open(page, fragment)
            browser.evaluate(script)
            found = browser.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v =>"
                                     " ({id: v.id, impact: v.impact, help: v.help, n: v.nodes.length, first: v.nodes[0].html.slice(0, 200)})))")
            for violation in found:
                print(kind, scheme, fragment, violation)
                expect(violation["impact"] not in ("serious", "critical"), f"{kind} {scheme} {fragment}: {violation['id']}")


def find_program(part, folder):
    """Where the program's compile commands are, and the options of analyze."""
    if part == "shop":
        shop = SOURCE / "samples/shop"
        subprocess.run(["cmake", "-G", "Ninja", "-S", shop, "-B", folder / "build", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
                       check=True, capture_output=True)
        return folder / "build", "--root", shop
    found = subprocess.run([SOURCE / "tests/lib/program", part], capture_output=True, text=True)
    if found.returncode != 0:
        print(f"SKIPPED: {found.stderr[-300:]}")
        sys.exit(SKIPPED)
    return (pathlib.Path(found.stdout.strip()),)


def look_at_program(browser, folder, part):
    """The whole way to the page of a real program: time, size, same bytes, levels, pictures of all that it shows."""
    store, page = folder / "cleave.db", folder / f"{part}.html"
    cleave("analyze", *find_program(part, folder), "-q", "--db", store)
    cleave("split", "-q", "--db", store)
    cleave("cost", "-q", "--db", store, "--workload", SOURCE / "samples/shop/workload.yaml")
    before = os.times()
    cleave("report", "-o", page, "--db", store)
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    first = page.read_bytes()
    print(f"{part}: {len(first)} bytes in {seconds:.2f} s of processor")
    expect(len(first) <= 3_000_000, f"{part}: {len(first)} bytes")
    cleave("report", "-o", page, "--db", store)
    expect(page.read_bytes() == first, f"{part}: a second page differs")
    check_levels(browser, page, part)
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
        browser.resize(width, 900, width < 600)
        browser.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        browser.open(page)
        wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
        expect(wide <= 0, f"{part} at {width}: {wide} pixels too wide")
        for section in SECTIONS:
            browser.screenshot_of(f"#{section}", SHOTS / f"{part}-{section}-{width}-{scheme}.png")
    (SHOTS / f"{part}.pdf").write_bytes(browser.pdf())
    browser.resize(1280, 900)
    name = browser.evaluate("(() => { const d = JSON.parse(document.getElementById('data').textContent);"
                            " return d.services[d.steps[d.steps.length - 1].service].name; })()")
    browser.open(page, f"#/map/service/{name}")
    browser.screenshot_of("#map", SHOTS / f"{part}-service.png")
    browser.open(page, f"#/service/{name}")
    expect(name in text_of(browser, "#evidence-panel"), f"the panel of {name}")
    browser.screenshot(SHOTS / f"{part}-panel.png", False)
    expect_quiet(browser, part)


def main():
    part = sys.argv[1]
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        print("SKIPPED: chromium is not here")
        sys.exit(SKIPPED)
    SHOTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Browser() as browser:
        folder = pathlib.Path(name)
        browser.resize(1280, 900)
        browser.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
        small = make_page(folder, "small") if part in ("use", "accessibility") else None
        if part in ("shop", "redis"):
            look_at_program(browser, folder, part)
        elif part == "accessibility":
            axe = find_axe()
            if not axe:
                print("SKIPPED: axe-core is not here and npm cannot fetch it")
                sys.exit(SKIPPED)
            script = axe.read_text()
            check_accessibility(browser, small, "small", script)
            check_accessibility(browser, make_page(folder, "empty"), "empty", script)
        else:
            use_map(browser, small)
            use_links(browser, small)
            use_search(browser, small)
            use_tables(browser, small)
            use_cuts(browser, small)
            use_ranges(browser, small)
            use_calculator(browser, small, folder)
            use_hostile(browser, make_page(folder, "hostile"))
            for kind in ("small", "large", "empty"):
                page = small if kind == "small" else make_page(folder, kind)
                take_pictures(browser, page, kind)
                check_levels(browser, page, kind)
                expect_quiet(browser, kind)
    sys.exit(1 if failures else 0)


main()
