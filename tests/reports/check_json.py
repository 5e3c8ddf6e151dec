#!/usr/bin/python3
"""Validates JSON and SARIF outputs: against the published schemas in docs/schemas, and SARIF against
the OASIS schema, which CLEAVE_SARIF_SCHEMA names or which comes from npm.
"""
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BINARY = pathlib.Path(os.environ["CLEAVE_BINARY_DIR"])
SOURCE = pathlib.Path(os.environ["CLEAVE_SOURCE_DIR"])
SKIPPED = 77
failures = []

try:
    import jsonschema
except ImportError:
    print("SKIPPED: python3-jsonschema is not here")
    sys.exit(SKIPPED)


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def cleave(*words, codes=(0,)):
    result = subprocess.run([BINARY / "cli/cleave", *map(str, words)], capture_output=True)
    expect(result.returncode in codes, f"{words}: {result.returncode} {result.stderr.decode()}")
    return result.stdout.decode("utf-8")


def schema(name):
    document = json.loads((SOURCE / "docs/schemas" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def validate(validator, text, what):
    document = json.loads(text)
    for problem in list(validator.iter_errors(document))[:3]:
        expect(False, f"{what}: {problem.message[:300]}")
    return document


def check_show(folder, kind, words=None):
    show = schema("show")
    for word in words or show.schema["$defs"]:
        document = validate(show, cleave("show", word, "--json", "--db", folder / f"{kind}.db"), word)
        if word not in ("routines", "cuts", "functions"):
            continue
        text = cleave("show", word, "--format", "csv", "--db", folder / f"{kind}.db")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        expect(rows[0] == list(show.schema["$defs"][word]["properties"]), f"{word}: columns {rows[0]}")
        expect(len(rows) == len(document["rows"]) + 1, f"{word}: CSV and JSON differ in length")


def check_sarif(text, what, oasis):
    log = json.loads(text)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    prints = []
    expect(len(run["results"]) <= 5000, f"{what}: {len(run['results'])} results")
    for result in run["results"]:
        expect(rules[result["ruleIndex"]] == result["ruleId"], f"{what}: rule index")
        prints.append(result["partialFingerprints"]["cleave/v1"])
        for location in result.get("locations", []):
            place = location["physicalLocation"]
            expect(place["region"]["startLine"] >= 1, f"{what}: line")
            expect(not place["artifactLocation"]["uri"].startswith("/"), f"{what}: absolute path")
    expect(len(prints) == len(set(prints)), f"{what}: fingerprints repeat")
    if oasis:
        for problem in list(oasis.iter_errors(log))[:3]:
            expect(False, f"{what}: {problem.message[:300]}")
    return run


def find_sarif_schema():
    """The OASIS schema of SARIF 2.1.0 (errata 01, rtm.5) as a package of npm holds it, kept in the build folder."""
    place = BINARY / "sarif"
    path = place / "package/lib/schemas/sarif-2.1.0-rtm.5.json"
    if not path.exists() and shutil.which("npm"):
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", "@microsoft/jest-sarif@1.0.0-beta.0"], cwd=place, capture_output=True, timeout=240)
        for archive in place.glob("*.tgz"):
            subprocess.run(["tar", "-xzf", archive, "-C", place], check=True)
    return path if path.exists() else None


def main():
    path = os.environ.get("CLEAVE_SARIF_SCHEMA") or find_sarif_schema()
    oasis = None
    if path:
        document = json.loads(pathlib.Path(path).read_text())
        oasis = jsonschema.validators.validator_for(document)(document)
    print("OASIS schema:", path or "not here, structure only")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind in ("small", "changed", "hostile", "large"):
            subprocess.run([BINARY / "tests/reports/make_store", kind, folder / f"{kind}.db"], check=True)
        check_show(folder, "small")
        check_show(folder, "hostile", ("routines", "state", "functions", "cuts", "members"))
        for kind in ("small", "hostile"):
            for word in ("cuts", "functions"):
                run = check_sarif(cleave("show", word, "--format", "sarif", "--db", folder / f"{kind}.db"),
                                  f"{kind} {word}", oasis)
        run = check_sarif(cleave("show", "cuts", "--format", "sarif", "--db", folder / "large.db"), "large", oasis)
        expect(len(run["results"]) == 5000, "the limit is not used")
        expect("left out" in json.dumps(run["invocations"]), "what was left out is not told")
        check = ("check", "--db", folder / "small.db", "--current", folder / "changed.db")
        validate(schema("check"), cleave(*check, "--json", codes=(1,)), "check")
        check_sarif(cleave(*check, "--format", "sarif", codes=(1,)), "check", oasis)
        validate(schema("diff"), cleave("diff", folder / "small.db", folder / "changed.db", "--json", codes=(1,)), "diff")
    sys.exit(1 if failures else 0)


main()
