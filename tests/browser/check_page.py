#!/usr/bin/python3
"""Opens report pages in a real browser and uses them as a person would.

usage: check_page.py use|accessibility
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
    names = browser.evaluate("[...document.querySelectorAll('#evidence-table tbody td.name')].map(c => c.textContent)")
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
        small = make_page(folder, "small")
        if part == "accessibility":
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
            use_calculator(browser, small, folder)
            use_hostile(browser, make_page(folder, "hostile"))
            for kind in ("small", "large", "empty"):
                page = small if kind == "small" else make_page(folder, kind)
                take_pictures(browser, page, kind)
                expect_quiet(browser, kind)
    sys.exit(1 if failures else 0)


main()
