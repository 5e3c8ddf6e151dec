#!/usr/bin/python3
"""The shop's recorded day against a monolith that kept half of its areas and calls the other half.

Moved out: catalogue, quotes, tracking, carts, stock, vouchers, reports, thumbnails (whole requests),
and price_of_lines (by its contract), which the orders that stayed call inside their transaction. The
remaining monolith is built by the generated project and asks `cleave host`. All answers and tables
must be those of the whole monolith; then the host goes away, and the same again by the original
bodies.

usage: test_shop_proxies.py CLEAVE SHOP_SOURCE WORK
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shop

CLEAVE, SOURCE, WORK = sys.argv[1:4]
N_REQUESTS = int(os.environ.get("SHOP_REQUESTS", "1200"))
MOVED = ["get-products", "get-products-id", "get-categories", "post-quote", "post-track-click",
         "get-track-summary", "get-carts-cart", "post-carts-cart-items",
         "delete-carts-cart-items-product", "get-reports-day", "get-products-id-thumbnail",
         "get-products-id-stock", "get-vouchers-code", "get-payments-providers", "price_of_lines"]
# Only the first n of the fifty items are set: what lies behind them is whatever was on the stack.
CONTRACTS = """version: 1
types:
  "struct lines": {fields: {items: {count: n}}}
"""
TABLES = ("carts", "cart_items", "clicks", "orders", "order_lines", "stock", "mails")


class Remaining(shop.Monolith):
    """The remaining monolith with its proxies."""

    def __init__(self, pipeline, folder, settings, log):
        self.settings, self.log = settings, log
        super().__init__(pipeline, folder)

    def start(self, pipeline):
        return os.path.join(pipeline.functions, "build", "remaining", "shop")

    def change(self, environment):
        environment.update(CLEAVE_PROXIES=self.settings, CLEAVE_PROXY_LOG=self.log)


def generate(pipeline):
    contracts = os.path.join(WORK, "contracts.yaml")
    with open(contracts, "w") as out:
        out.write(CONTRACTS)
    said = shop.run(CLEAVE, "generate", "-o", pipeline.functions, "--db", pipeline.db, "--proxies",
                    "--as", "services", "--contracts", contracts, "--function", ",".join(MOVED))
    proxies = [line for line in said.splitlines() if line.startswith("proxy ")]
    assert len(proxies) == len(MOVED), said


def record(pipeline, folder, har):
    monolith = shop.Monolith(pipeline, folder)
    recorder = subprocess.Popen([CLEAVE, "replay", har, "--monolith",
                                 f"http://127.0.0.1:{monolith.port}", "--record", "0"],
                                stdout=subprocess.PIPE, text=True)
    url = recorder.stdout.readline().strip()
    shop.run(sys.executable, os.path.join(SOURCE, "load.py"), url, "-n", str(N_REQUESTS),
             "--admin-token", "admin-token", "--day", "2026-11-23")
    recorder.send_signal(signal.SIGTERM)
    assert recorder.wait(timeout=30) == 0
    recorder.stdout.close()
    monolith.stop()


def play(pipeline, har, alone, rest):
    replay = subprocess.run(
        [CLEAVE, "replay", har, "--monolith", f"http://127.0.0.1:{alone.port}", "--functions",
         f"http://127.0.0.1:{rest.port}", "--json"], stdout=subprocess.PIPE, text=True)
    report = json.loads(replay.stdout)
    tables = ["SELECT * FROM " + name + " ORDER BY 1, 2" for name in TABLES]
    differences = [sql for sql in tables if alone.table(sql) != rest.table(sql)]
    alone.stop()
    rest.stop()
    for finding in report["findings"][:10]:
        print(finding)
    assert replay.returncode == 0 and report["n_different"] == 0, report["n_different"]
    assert report["n_sent"] >= N_REQUESTS
    assert not differences, differences
    return report


def events(log, kind):
    with open(log) as text:
        return [row for row in map(json.loads, text) if row["event"] == kind]


def main():
    pipeline = shop.Pipeline(CLEAVE, SOURCE, WORK)
    if os.path.exists(pipeline.db):
        os.remove(pipeline.db)
    pipeline.build_monolith()
    pipeline.analyze()
    pipeline.split()
    generate(pipeline)
    pipeline.build_functions()
    har = os.path.join(WORK, "day.har")
    settings, log = os.path.join(WORK, "proxies.json"), os.path.join(WORK, "proxy.log")
    record(pipeline, os.path.join(WORK, "recorded"), har)

    def write(api, mode):
        with open(settings, "w") as out:
            json.dump({"version": 1, "default": {"mode": mode, "target": "here",
                                                 "deadline_ms": 60000},
                       "targets": {"here": {"kind": "host",
                                            "url": f"http://127.0.0.1:{api}"}}}, out)
        open(log, "w").close()

    write(1, "local")
    rest = Remaining(pipeline, os.path.join(WORK, "rest"), settings, log)
    host_log = os.path.join(WORK, "host.log")
    with open(host_log, "w") as err:
        host = subprocess.Popen([CLEAVE, "host", pipeline.functions, "--listen", "127.0.0.1:0",
                                 "--db", pipeline.db], env=rest.environment,
                                stdout=subprocess.PIPE, stderr=err, text=True)
    assert host.stdout.readline(), open(host_log).read()
    match = None
    while not match:
        assert host.poll() is None, open(host_log).read()
        match = re.search(r"metrics: http://127.0.0.1:(\d+)", open(host_log).read())
        time.sleep(0.02)
    api = match.group(1)
    write(api, "remote")
    report = play(pipeline, har, shop.Monolith(pipeline, os.path.join(WORK, "alone")), rest)
    host.send_signal(signal.SIGTERM)
    host.wait(timeout=30)
    host.stdout.close()
    calls = {}
    for event in events(log, "call"):
        calls[event["routine"]] = calls.get(event["routine"], 0) + 1
    assert not events(log, "failure") and not events(log, "fallback"), open(log).read()[-2000:]
    print(f"{report['n_sent']} requests: {report['n_identical']} identical, {report['n_equal']} "
          f"equal, {report['n_different']} different; {sum(calls.values())} calls of {len(calls)} "
          f"moved routines; p50 monolith {report['monolith']['p50'] * 1000:.2f} ms, with proxies "
          f"{report['functions']['p50'] * 1000:.2f} ms")
    assert len(calls) >= 12 and sum(calls.values()) >= report["n_sent"] // 3, calls

    # Nobody answers: the original bodies do.
    write(1, "fallback")
    rest = Remaining(pipeline, os.path.join(WORK, "rest"), settings, log)
    report = play(pipeline, har, shop.Monolith(pipeline, os.path.join(WORK, "alone")), rest)
    n_fallbacks = len(events(log, "fallback"))
    print(f"without a host: {report['n_sent']} requests, {report['n_different']} different, "
          f"{n_fallbacks} calls answered by the original")
    assert n_fallbacks >= report["n_sent"] // 3


main()
