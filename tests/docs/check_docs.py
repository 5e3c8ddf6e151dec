#!/usr/bin/python3
"""Compares the reference with the program: docs/commands.md and docs/views.md.

usage: check_docs.py [--refresh]
--refresh writes docs/commands.md anew.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = pathlib.Path(os.environ.get("CLEAVE_SOURCE_DIR", HERE))
BINARY = pathlib.Path(os.environ.get("CLEAVE_BINARY_DIR", HERE / "build" / "dev"))
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def cleave(*words):
    return subprocess.run([BINARY / "cli/cleave", *map(str, words)], check=True, capture_output=True,
                          text=True).stdout


def check_views():
    page = (SOURCE / "docs/views.md").read_text()
    told = {}
    for section in re.split(r"^## ", page, flags=re.M)[1:]:
        name = section.split("\n")[0].strip()
        told[name] = (re.findall(r"^\| `(\w+)` \| \S", section, flags=re.M),
                      re.search(r"`cleave show (\w+)`", section).group(1))
    with tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder) / "s.db"
        subprocess.run([BINARY / "tests/reports/make_store", "empty", store], check=True)
        for name, (columns, word) in told.items():
            header = cleave("show", word, "--format", "csv", "--db", store).splitlines()[0].split(",")
            expect(header == columns, f"{name}: the store has {header}, the page {columns}")
        known = cleave("manual", "show")
        words = re.search(r"WHAT is one of (.*?)\.", known.replace("\n", " ")).group(1)
        expect(set(re.findall(r"\w+", words)) == {word for _, word in told.values()}, f"views of show: {words}")
    schema = json.loads((SOURCE / "docs/schemas/show.schema.json").read_text())["$defs"]
    expect(set(schema) == {word for _, word in told.values()}, f"docs/schemas/show.schema.json: {sorted(schema)}")
    expect(len(told) == 26, f"{len(told)} views")


def check_commands():
    path = SOURCE / "docs/commands.md"
    text = cleave("manual", "--format", "markdown")
    if "--refresh" in sys.argv:
        path.write_text(text)
    expect(path.read_text() == text, "docs/commands.md is old: tests/docs/check_docs.py --refresh")


check_views()
check_commands()
sys.exit(1 if failures else 0)
