#!/usr/bin/python3
"""The shop's recorded day, replayed: the monolith against functions with the rest of the monolith.

The load is recorded through `cleave replay --record` in front of the monolith. Then every request
goes to a fresh monolith and to `cleave host`, which serves the functions that are ready and sends
what is left to a second monolith on the same database. All answers must be the same.

usage: test_shop_replay.py CLEAVE SHOP_SOURCE WORK
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import shop

CLEAVE, SOURCE, WORK = sys.argv[1:4]
N_REQUESTS = int(os.environ.get("SHOP_REQUESTS", "1200"))
MIN_CARVED = 12


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


def carve(pipeline, folder):
    """A project of the http functions that are ready to stand alone."""
    ready = {row["name"] for row in shop.rows(CLEAVE, pipeline.db, "functions")
             if row["readiness"] == "ready" and row["trigger"] == "http"}
    with open(os.path.join(pipeline.functions, "functions.json")) as text:
        functions = json.load(text)["functions"]
    # The administrator's line waits for the jobs of its own process.
    chosen = [dict(row, binary=os.path.join(pipeline.functions, row["binary"]))
              for row in functions
              if row["name"] in ready and " " in row["key"] and row["routine"] != "admin_command"]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, "functions.json"), "w") as out:
        json.dump({"version": 1, "functions": chosen}, out)
    return chosen


def serve(monolith, folder, db):
    log = os.path.join(folder, "host.log")
    with open(log, "w") as err:
        host = subprocess.Popen(
            [CLEAVE, "host", folder, "--listen", "127.0.0.1:0", "--db", db, "--fallback",
             f"http://127.0.0.1:{monolith.port}"],
            env=monolith.environment, stdout=subprocess.PIPE, stderr=err, text=True)
    url = host.stdout.readline().strip()
    assert url, open(log).read()
    return host, url, log


def served(log, chosen):
    """How many requests functions answered, and by how many functions."""
    names = {row["name"] for row in chosen}
    counts = {}
    with open(log) as text:
        for line in text:
            event = json.loads(line)
            if event["event"] == "invocation" and event["function"] in names:
                assert event["status"] == "ok", event
                counts[event["function"]] = counts.get(event["function"], 0) + 1
    return sum(counts.values()), len(counts)


def main():
    pipeline = shop.Pipeline(CLEAVE, SOURCE, WORK)
    if not os.path.exists(os.path.join(pipeline.functions, "build", "build.ninja")):
        pipeline.build_monolith()
        pipeline.analyze()
        pipeline.split()
        pipeline.generate()
        pipeline.build_functions()
    har = os.path.join(WORK, "day.har")
    record(pipeline, os.path.join(WORK, "recorded"), har)
    chosen = carve(pipeline, os.path.join(WORK, "ready"))
    assert len(chosen) >= MIN_CARVED, [row["name"] for row in chosen]
    alone = shop.Monolith(pipeline, os.path.join(WORK, "alone"))
    rest = shop.Monolith(pipeline, os.path.join(WORK, "rest"))
    host, url, log = serve(rest, os.path.join(WORK, "ready"), pipeline.db)
    replay = subprocess.run(
        [CLEAVE, "replay", har, "--monolith", f"http://127.0.0.1:{alone.port}", "--functions", url,
         "--json"], stdout=subprocess.PIPE, text=True)
    report = json.loads(replay.stdout)
    host.send_signal(signal.SIGTERM)
    host.wait(timeout=30)
    host.stdout.close()
    tables = ["SELECT * FROM " + name + " ORDER BY 1, 2" for name in
              ("carts", "cart_items", "clicks", "orders", "order_lines", "stock", "mails")]
    differences = [sql for sql in tables if alone.table(sql) != rest.table(sql)]
    alone.stop()
    rest.stop()
    n_calls, n_functions = served(log, chosen)
    print(f"{report['n_sent']} requests: {report['n_identical']} identical, {report['n_equal']} "
          f"equal, {report['n_different']} different; {n_calls} answered by {n_functions} of "
          f"{len(chosen)} functions; p50 monolith {report['monolith']['p50'] * 1000:.2f} ms, "
          f"functions {report['functions']['p50'] * 1000:.2f} ms; tables that differ: {differences}")
    for finding in report["findings"][:10]:
        print(finding)
    assert replay.returncode == 0 and report["n_different"] == 0
    assert report["n_sent"] >= N_REQUESTS >= 1000 or N_REQUESTS < 1000
    assert not differences, differences
    assert n_functions >= MIN_CARVED and n_calls >= report["n_sent"] // 3


main()
