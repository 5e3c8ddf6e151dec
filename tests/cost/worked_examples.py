#!/usr/bin/env python3
"""Published bills, reproduced to the cent through `cleave cost --scenario F --json`.

usage: worked_examples.py CLEAVE
Every case of $CLEAVE_DATA/cost/worked_examples.json becomes a scenario file; each published line
must be found among the lines of the bill, rounded and exact, and the total must match.
"""
import json
import os
import subprocess
import sys
import tempfile
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")

# Names of lines in the published cases, as items of our bill (a prefix ends with '*').
ITEMS = {
    "compute": "compute",
    "requests": "requests",
    "executions": "requests",
    "invocations": "requests",
    "ephemeral": "tmp",
    "pc": "provisioned",
    "pc_duration": "provisioned-compute",
    "duration": "provisioned-compute",
    "cache": "snapstart-cache",
    "restore": "snapstart-restore",
    "egress": "egress",
}


def lambda_function(case):
    entry = {"plan": "aws-lambda-" + case["arch"], "memory_mb": case["mem_mb"]}
    usage = case.get("ondemand", case)
    entry["requests"] = usage.get("req", 0) if "pc" not in case or "ondemand" in case else 0
    entry["duration_ms"] = usage.get("ms", 0)
    if "ephemeral_mb" in case:
        entry["tmp_mb"] = case["ephemeral_mb"]
    if "pc" in case:
        pc = case["pc"]
        hours = pc["hours"] if "hours" in pc else Decimal(pc["s"]) / 3600
        entry["provisioned"] = {"instances": pc["n"], "hours": hours, "requests": pc["req"],
                                "duration_ms": pc["ms"]}
    if "snapstart" in case:
        snap = case["snapstart"]
        entry["snapstart"] = {"cache_hours": Decimal(snap["cache_s"]) / 3600,
                              "restores": snap["restores"]}
    return "functions", entry


def scenario_of(case):
    """Section, entry and period (a key and a number) of a case."""
    service = case["svc"]
    period = ("days", case.get("days", 30))
    if service in ("lambda", "lambda-pc"):
        section, entry = lambda_function(case)
    elif service == "lambda-edge":
        section, entry = "functions", {"plan": "aws-lambda-edge", "memory_mb": case["mem_mb"],
                                       "requests": case["req"], "duration_ms": case["ms"]}
    elif service == "azfunc-consumption":
        section, entry = "functions", {"plan": "azure-consumption", "memory_mb": case["mem_mb"],
                                       "requests": case["req"], "duration_ms": case["ms"]}
    elif service == "azfunc-units":
        # MB-ms of the metric, as calls of one memory step and one second
        section, entry = "functions", {"plan": "azure-consumption", "memory_mb": 128,
                                       "duration_ms": 1000,
                                       "requests": Decimal(case["units_mb_ms"]) / 128000}
    elif service == "azfunc-flex-ondemand":
        period = ("hours", 1)
        section, entry = "functions", {"plan": "azure-flex", "memory_mb": case["mem_mb"],
                                       "requests": case["rps"] * 3600,
                                       "instances": case["instances"],
                                       "concurrency": case["concurrency"]}
    elif service == "gcf1":
        section, entry = "functions", {"plan": "gcp-functions-gen1", "memory_mb": case["mem_mb"],
                                       "ghz": case["ghz"], "requests": case["req"],
                                       "duration_ms": case["ms"], "egress_gb": case["egress_gb"]}
    elif service == "gcf1-min-instances":
        section, entry = "functions", {"plan": "gcp-functions-gen1", "memory_mb": case["mem_mb"],
                                       "ghz": case["ghz"], "min_instances": case["n"]}
    elif service == "cloudrun-instance":
        period = ("hours", case["instance_hours"])
        seconds = case["instance_hours"] * 3600
        section, entry = "functions", {"plan": "gcp-run-instance", "region": "europe-west3",
                                       "instances": 1,
                                       "vcpu": Decimal(case["vcpu_s"]) / seconds,
                                       "memory_mb": Decimal(case["gib_s"]) * 1024 / seconds}
    elif service == "apigw-http":
        section, entry = "infrastructure", {"plan": "aws-apigw-http", "requests": case["req"],
                                            "request_kb": case["kb"]}
    elif service == "sqs-std":
        section, entry = "infrastructure", {"plan": "aws-sqs", "requests": case["req"],
                                            "request_kb": case["kb"]}
    else:
        raise ValueError(f"{case['id']}: no scenario is known for service '{service}'")
    return section, entry, period


def yaml_of(section, entry, period, free):
    """The scenario as text, written by hand so that the test needs no YAML package."""
    def scalar(value):
        return str(value)

    lines = ["version: 1", f"{period[0]}: {scalar(period[1])}",
             f"free_tier: {'true' if free else 'false'}", f"{section}:"]
    for i, (key, value) in enumerate(entry.items()):
        lead = "  - " if i == 0 else "    "
        if isinstance(value, dict):
            inner = ", ".join(f"{k}: {scalar(v)}" for k, v in value.items())
            lines.append(f"{lead}{key}: {{{inner}}}")
        else:
            lines.append(f"{lead}{key}: {scalar(value)}")
    return "\n".join(lines) + "\n"


def run(cleave, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        file.write(text)
    try:
        result = subprocess.run([cleave, "cost", "--scenario", file.name, "--json"],
                                capture_output=True, text=True, check=False)
    finally:
        os.unlink(file.name)
    if result.returncode != 0:
        raise AssertionError(f"exit {result.returncode}: {result.stderr}\n{text}")
    return json.loads(result.stdout)


def line_of(bill, name, position):
    """The bill's line for a published line's name."""
    if name in ("t1", "t2", "t3"):
        tiers = [x for x in bill["lines"] if x["item"] in ("compute", "requests")
                 and x["tier"] == int(name[1])]
        tiered = {x["item"] for x in bill["lines"] if x["tier"] > 1}
        return next(x for x in tiers if x["item"] in tiered)
    if name in ("cpu", "mem", "memory"):
        item = "cpu" if name == "cpu" else "memory"
        return next(x for x in bill["lines"] if x["item"] in (item, "idle-" + item))
    return next(x for x in bill["lines"] if x["item"] == ITEMS[name])


def check(case, bill, section):
    problems = []
    exact = case.get("exact", {})
    digits = Decimal("0.0001") if case["id"] == "AZ-4" else CENT
    for position, (name, published) in enumerate(case.get("lines", {}).items()):
        line = line_of(bill, name, position)
        if Decimal(line["exact"]) != Decimal(exact[name]):
            problems.append(f"{name}: exact {line['exact']}, published {exact[name]}")
        if Decimal(line["exact"]).quantize(digits, ROUND_HALF_UP) != Decimal(str(published)):
            problems.append(f"{name}: {line['exact']} does not round to {published}")
        if Decimal(line["rounded"]) != Decimal(exact[name]).quantize(CENT, ROUND_HALF_UP):
            problems.append(f"{name}: rounded {line['rounded']}")
    total = bill["totals"][section]
    if "exact_total" in case and Decimal(total["exact"]) != Decimal(case["exact_total"]):
        problems.append(f"total: exact {total['exact']}, published {case['exact_total']}")
    if "total" in case:
        printed = Decimal(total["exact"]).quantize(digits, ROUND_HALF_UP)
        if Decimal(str(case["total"])) not in (printed, Decimal(total["sum_of_rounded"])):
            problems.append(f"total: {printed}, published {case['total']}")
    quantity = case.get("exact_gbs") or case.get("gbs")
    if quantity is not None:
        compute = next(x for x in bill["lines"] if x["item"] == "compute")
        if Decimal(compute["quantity"]) != Decimal(str(quantity)):
            problems.append(f"GB-s: {compute['quantity']}, published {quantity}")
    if sum(Decimal(x["exact"]) for x in bill["lines"]) != Decimal(total["exact"]):
        problems.append("the lines do not add up to the total")
    if sum(Decimal(x["rounded"]) for x in bill["lines"]) != Decimal(total["sum_of_rounded"]):
        problems.append("the rounded lines do not add up to sum_of_rounded")
    return problems


def main():
    cleave = sys.argv[1]
    source = os.environ.get("CLEAVE_SOURCE_DIR", ".")
    data = os.environ.get("CLEAVE_DATA", os.path.join(source, "..", "shared", "data"))
    path = os.path.join(data, "cost", "worked_examples.json")
    if not os.path.exists(path):
        print(f"SKIP: {path} is missing")
        return 77
    with open(path, encoding="utf-8") as file:
        cases = json.load(file, parse_float=Decimal)["cases"]
    n_failed = 0
    for case in cases:
        section, entry, period = scenario_of(case)
        text = yaml_of(section, entry, period, case.get("free", False))
        problems = check(case, run(cleave, text), section)
        print(f"{'not ok' if problems else 'ok'} {case['id']}")
        for problem in problems:
            print(f"  {problem}")
        n_failed += bool(problems)
    print(f"{len(cases) - n_failed} of {len(cases)} published bills to the cent")
    return 1 if n_failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
