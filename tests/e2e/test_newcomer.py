#!/usr/bin/python3
"""A newcomer's way, with the commands of the pages alone: analyze, split, edit boundaries.yaml, split
again, generate, build, host, replay, cost, report.

usage: test_newcomer.py CLEAVE SHOP_SOURCE WORK
"""
import csv
import io
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
WANTED = ("catalogue_list", "catalogue_detail", "track_click", "track_summary", "price_quote")


def cleave(*arguments, code=0):
    run = subprocess.run([CLEAVE, *arguments], cwd=WORK, capture_output=True, text=True)
    assert run.returncode == code, (arguments, run.returncode, run.stdout[-2000:], run.stderr[-2000:])
    return run.stdout


def show(what):
    return json.loads(cleave("show", what, "--json"))["rows"]


def service_of(routine):
    (service,) = {row["service"] for row in show("members")
                  if row["name"] == routine and row["kind"] == "routine"}
    return service


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    pipeline = shop.Pipeline(CLEAVE, SOURCE, WORK)
    pipeline.build_monolith()
    cleave("analyze", "build", "--root", SOURCE)
    cleave("split")
    assert service_of("track_click") != service_of("price_quote")

    # The newcomer decides: quotes and clicks belong together, under a name of their own.
    with open(os.path.join(WORK, "boundaries.yaml"), "w") as out:
        out.write("version: 1\nservices:\n  front: {routines: [price_quote, track_click]}\n")
    cleave("split", "--boundaries", "boundaries.yaml")
    assert service_of("track_click") == service_of("price_quote") == "front"

    functions = {row["entry"]: row for row in show("functions") if row["trigger"] == "http"}
    names = [functions[routine]["name"] for routine in WANTED]
    cleave("generate", "--platform", "aws", "-o", "functions", "--function", ",".join(names))
    pipeline.build_functions()
    with open(os.path.join(pipeline.functions, "functions.json")) as text:
        assert {row["name"] for row in json.load(text)["functions"]} == set(names)

    alone = shop.Monolith(pipeline, os.path.join(WORK, "alone"))
    har = os.path.join(WORK, "few.har")
    shop.run(sys.executable, os.path.join(SOURCE, "load.py"), f"http://127.0.0.1:{alone.port}",
             "-n", "150", "--admin-token", "admin-token", "--day", "2026-11-23", "-o", har)
    alone.stop()
    alone = shop.Monolith(pipeline, os.path.join(WORK, "alone"))
    rest = shop.Monolith(pipeline, os.path.join(WORK, "rest"))
    host = subprocess.Popen(
        [CLEAVE, "host", "functions", "--listen", "127.0.0.1:0", "--quiet", "--fallback",
         f"http://127.0.0.1:{rest.port}"],
        cwd=WORK, env=rest.environment, stdout=subprocess.PIPE, text=True)
    url = host.stdout.readline().strip()
    said = cleave("replay", har, "--monolith", f"http://127.0.0.1:{alone.port}", "--functions", url)
    assert re.match(r"\d+ requests: \d+ answered identically, 0 equal.* 0 different", said), said
    host.send_signal(signal.SIGTERM)
    assert host.wait(timeout=30) == 0
    host.stdout.close()
    alone.stop()
    rest.stop()

    # What the host has measured is what the bill is made of.
    invocations = show("invocations")
    assert {row["function"] for row in invocations} == set(names)
    assert all(row["status"] == "ok" and row["duration"] > 0 and row["max_rss"] > 0
               for row in invocations)
    measured = show("measurements")
    assert sum(row["n_invocations"] for row in measured) == len(invocations)
    for row in measured:
        durations = sorted(one["duration"] for one in invocations
                           if one["function"] == row["function"])
        assert row["duration_p50"] == durations[(len(durations) - 1) // 2], row
        assert row["duration_p99"] <= durations[-1] and row["init_p50"] > 0, row
    bill = cleave("cost", "--workload", os.path.join(SOURCE, "workload.yaml"), "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(bill)))
    assert lines and show("bill")
    cleave("report", "-o", "report.html")
    with open(os.path.join(WORK, "report.html")) as page:
        text = page.read()
    assert "front" in text and names[0] in text
    print(f"{said.splitlines()[0]}\n{len(invocations)} invocations measured, {len(lines)} lines of "
          f"bill, report of {len(text) // 1024} kB")


main()
