#!/usr/bin/python3
"""The shop's page in a real browser, served by functions: a click wakes the click-tracking function
and its row arrives. Then a cart is filled and bought: http, queue and schedule in one trace.

usage: test_shop_page.py CLEAVE SHOP_SOURCE WORK     (WORK as test_shop.py has left it)
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "browser")]
import shop
from chromium import Browser

CLEAVE, SOURCE, WORK = sys.argv[1:4]
ROUTINES = {"page_show", "catalogue_list", "catalogue_detail", "stock_show", "track_click",
            "cart_add", "cart_show", "mail_job_run", "report_nightly"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


class Carved(shop.Functions):
    """Some functions of the project, in front of the monolith that remains."""

    def __init__(self, pipeline, folder, monolith):
        project = os.path.join(folder, "project")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(project)
        with open(os.path.join(pipeline.functions, "functions.json")) as text:
            functions = [row for row in json.load(text)["functions"] if row["routine"] in ROUTINES
                         and row["trigger"] in ("http", "queue", "schedule")]
        for row in functions:
            row["binary"] = os.path.join(pipeline.functions, row["binary"])
        with open(os.path.join(project, "functions.json"), "w") as out:
            json.dump({"version": 1, "functions": functions}, out)
        self.functions = functions
        self.spans_path = os.path.join(folder, "spans.jsonl")
        self.environment = monolith.environment
        self.database, self.folder = monolith.database, monolith.folder
        self.log_path = os.path.join(folder, "host.log")
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                [CLEAVE, "host", project, "--listen", "127.0.0.1:0", "--db", pipeline.db,
                 "--fallback", f"http://127.0.0.1:{monolith.port}", "--trace", self.spans_path],
                env=self.environment, text=True, stdout=subprocess.PIPE, stderr=log)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        wait_for(lambda: "metrics: http" in self.log())
        self.api = int(self.log().split("metrics: http://127.0.0.1:")[1].split('"')[0])

    def events(self):
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def calls(self, routine):
        names = {row["name"] for row in self.functions if row["routine"] == routine}
        return [event for event in self.events() if event["event"] == "invocation"
                and event["function"] in names]


def click_on_a_product(carved):
    with Browser() as browser:
        browser.call("Page.navigate", url=f"http://127.0.0.1:{carved.port}/")
        browser.wait_for("document.querySelector('#product-3') !== null")
        browser.click("#product-3")
        browser.wait_for("document.querySelector('#detail').textContent.includes('EUR')")
        detail = browser.evaluate("document.querySelector('#detail').textContent")
    wait_for(lambda: carved.table("SELECT * FROM clicks"))
    rows = carved.table("SELECT page, target, product_id FROM clicks")
    assert rows == [("/", "product", 3)], rows
    for routine in ("page_show", "catalogue_list", "catalogue_detail", "stock_show", "track_click"):
        calls = carved.calls(routine)
        assert calls and all(call["status"] == "ok" for call in calls), (routine, calls)
    print("the browser shows:", detail)


def buy_in_one_trace(carved):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    def ask(method, path, body=None, port=None, status=(200, 201)):
        answer = carved.ask(method, path, body, dict(FORM, **headers), port)
        assert answer[0] in status, (path, answer)
        return answer[2]
    cart = json.loads(ask("POST", "/carts"))["id"]
    ask("POST", f"/carts/{cart}/items", "product=1&quantity=2")
    ask("GET", f"/carts/{cart}")
    headers["X-Api-Token"] = "token-alice"
    order = json.loads(ask("POST", "/orders", f"cart={cart}&provider=card&account=4111111111111111"
                           "&country=DE"))["id"]
    job = {"kind": "mail", "payload": f"template=order-placed&order={order}", "n_attempts": 0}
    queue = next(row["key"] for row in carved.functions if row["trigger"] == "queue")
    ask("POST", f"/queues/{queue}/messages?wait=true", json.dumps(job), carved.api)
    report = next(row["name"] for row in carved.functions if row["trigger"] == "schedule")
    ask("POST", "/schedules/" + report, None, carved.api)
    assert carved.table("SELECT count(*) FROM reports") == [(1,)]
    return trace


def read_spans(path, trace):
    """(service, trigger) of every span of the trace; each parent is in the trace or the caller's."""
    spans = []
    with open(path) as text:
        for line in text:
            resource = json.loads(line)["resourceSpans"][0]
            span = resource["scopeSpans"][0]["spans"][0]
            if span["traceId"] == trace:
                keys = {one["key"]: one["value"] for one in span["attributes"]}
                spans.append((resource["resource"]["attributes"][0]["value"]["stringValue"],
                              keys.get("faas.trigger", {}).get("stringValue"), span))
    known = {span["spanId"] for _, _, span in spans} | {"00f067aa0ba902b7"}
    assert all(span["parentSpanId"] in known for _, _, span in spans), spans
    return spans


def main():
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        print("SKIP: chromium is not installed")
        sys.exit(77)
    pipeline = shop.Pipeline(CLEAVE, SOURCE, WORK)
    monolith = shop.Monolith(pipeline, os.path.join(WORK, "page-monolith"))
    carved = Carved(pipeline, os.path.join(WORK, "page"), monolith)
    try:
        click_on_a_product(carved)
        trace = buy_in_one_trace(carved)
    finally:
        carved.stop()
        monolith.stop()
    spans = read_spans(carved.spans_path, trace)
    triggers = {trigger for service, trigger, _ in spans if service != "host"}
    print(f"one trace of {len(spans)} spans:", sorted({service for service, _, _ in spans}))
    assert triggers == {"http", "queue", "schedule"}, triggers


main()
