#!/usr/bin/python3
"""Judges report pages without a browser: policy and hashes, size, time, same bytes, hostile names."""
import base64
import hashlib
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

BINARY = pathlib.Path(os.environ["CLEAVE_BINARY_DIR"])
VOID = {"meta", "input", "br", "link", "img", "hr"}
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


class Reader(html.parser.HTMLParser):
    """Checks nesting, collects scripts, styles, ids and references."""

    def __init__(self):
        super().__init__()
        self.open, self.code, self.ids, self.problems = [], [], [], []
        self.policy, self.references, self.texts = None, [], []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        values = dict(attributes)
        if len(names) != len(set(names)):
            self.problems.append(f"an attribute of {tag} repeats")
        for name in names:
            if name.startswith("on") or name in ("style", "src", "srcset"):
                self.problems.append(f"{tag} has {name}")
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if "id" in values:
            self.ids.append(values["id"])
        for name in ("for", "aria-labelledby", "aria-controls"):
            if name in values:
                self.references.append(values[name])
        if tag in ("script", "style"):
            self.code.append([tag, values.get("type"), ""])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"{tag} is closed out of order")

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            self.code[-1][2] += data
        else:
            self.texts.append(data)


def check_page(name, text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    for problem in reader.problems:
        expect(False, f"{name}: {problem}")
    expect(not reader.open, f"{name}: {reader.open} stay open")
    expect(len(reader.ids) == len(set(reader.ids)), f"{name}: ids repeat")
    for reference in reader.references:
        expect(reference in reader.ids, f"{name}: nothing has the id {reference}")
    expect(reader.policy and reader.policy.startswith("default-src 'none';"), f"{name}: policy")
    for tag, kind, code in reader.code:
        if kind == "application/json":
            json.loads(code)
            expect("<" not in code, f"{name}: markup in data")
            continue
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        expect(f"'sha256-{digest}'" in reader.policy, f"{name}: the hash of a {tag} is not allowed")
    expect("Redistribution and use in source and binary forms" in text, f"{name}: d3's licence")
    expect(not re.search(r"unsafe|https?://[^ '\"]*\.(js|css)", reader.policy), f"{name}: policy")


def check_with_tidy(page, kind):
    """HTML Tidy, where it is installed, must have nothing to say."""
    if shutil.which("tidy"):
        result = subprocess.run(["tidy", "-q", "-e", "--show-info", "no", "--drop-empty-elements", "no", page], capture_output=True, text=True)
        expect(result.returncode == 0 and not result.stderr, f"{kind}: tidy: {result.stderr[:500]}")


def make(folder, kind):
    store, page = folder / f"{kind}.db", folder / f"{kind}.html"
    if not store.exists():
        subprocess.run([BINARY / "tests/reports/make_store", kind, store], check=True)
    started = time.monotonic()
    result = subprocess.run([BINARY / "cli/cleave", "report", "-o", page, "--db", store], text=True,
                            capture_output=True)
    seconds = time.monotonic() - started
    expect(result.returncode == 0, f"{kind}: {result.stderr}")
    return page.read_text(), seconds


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind in ("empty", "small", "hostile", "large"):
            text, seconds = make(folder, kind)
            print(f"{kind}: {len(text)} bytes in {seconds:.2f} s")
            check_page(kind, text)
            check_with_tidy(folder / f"{kind}.html", kind)
            expect(len(text) < 3_000_000, f"{kind}: {len(text)} bytes")
            expect(make(folder, kind)[0] == text, f"{kind}: a second page differs")
        small = make(folder, "small")[0]
        expect("calls through pointers have known targets, 1 of them none: nothing is called there" in small,
               "a call that is never set is not told")
        expect("1 have none that are known: they may reach more than is shown" in small, "calls without known targets are not counted")
        hostile = make(folder, "hostile")[0]
        expect("<script>document" not in hostile and "<img" not in hostile, "markup got through")
        expect("\033" not in hostile and "\u202e" not in hostile, "control characters got through")
        expect("\\\\u{202e}" in hostile, "a direction mark is not shown")
    sys.exit(1 if failures else 0)


main()
