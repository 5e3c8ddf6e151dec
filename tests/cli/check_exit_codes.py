#!/usr/bin/python3
"""Every command, and every exit code that it can end with: one table, run from an empty folder.

Also: readers that go away, streams that are closed, disks that are full. A usage mistake must name the command's
help or the nearest word, an error must begin with "cleave: " and hold no control characters.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

BINARY = pathlib.Path(os.environ["CLEAVE_BINARY_DIR"])
SOURCE = pathlib.Path(os.environ["CLEAVE_SOURCE_DIR"])
CLEAVE = BINARY / "cli/cleave"
DONE, FINDINGS, USAGE, NOTHING, PARTIAL, STORE, FILE, INTERRUPT = 0, 1, 2, 3, 4, 5, 6, 130
failures = []

CODE = """static int orders;
int order_add(int n) { orders += n; return orders; }
int main(void) { return order_add(1); }
"""

# (command line, exit code, what stderr must hold)
CASES = [
    ("", USAGE, "usage: cleave COMMAND"),
    ("--help", DONE, ""), ("-h", DONE, ""), ("help", DONE, ""), ("help split", DONE, ""), ("--version", DONE, ""),
    ("help spilt", USAGE, "did you mean 'split'"), ("spilt", USAGE, "did you mean 'split'"), ("xyzzy", USAGE, "cleave --help"),
    ("analyze code --db new.db", DONE, "1 unit"), ("analyze code --jbos 2", USAGE, "did you mean '--jobs'"),
    ("analyze code --jobs many", USAGE, "whole number"), ("analyze code one too", USAGE, "too many"),
    ("analyze empty --db e.db", NOTHING, ""), ("analyze nowhere", FILE, "nowhere"),
    ("analyze broken --db b.db", PARTIAL, ""), ("analyze code --db text.db", STORE, "not"),
    ("analyze code --db newer.db", STORE, "later Cleave"), ("analyze code --db no/such.db", FILE, ""),
    ("analyze code --db new.db --rules nowhere.yaml", FILE, "nowhere.yaml"), ("analyze code --db new.db --rules bad.yaml", USAGE, "bad.yaml:2:1"),
    ("merge --db m.db", USAGE, "usage"), ("merge new.db --db m.db", DONE, ""), ("merge text.db --db m.db", STORE, ""), ("merge nowhere.db --db m.db", FILE, ""),
    ("split --db plan.db", DONE, "services"), ("split --db nowhere.db", FILE, "cleave analyze"), ("split --db text.db", STORE, ""),
    ("split --db plan.db --services x", USAGE, ""), ("split --db plan.db --services 0", USAGE, "above 0"), ("split --db plan.db --services 500", DONE, "500 services were asked for"), ("split --db plan.db --evidence cals", USAGE, "did you mean 'calls'"),
    ("split --db plan.db --boundaries bad.yaml", USAGE, "bad.yaml"), ("split --db plan.db --boundaries nowhere.yaml", FILE, "nowhere.yaml"),
    ("explain order_add --db plan.db", DONE, ""), ("explain order_ad --db plan.db", USAGE, "order_add"), ("explain", USAGE, "usage"),
    ("show routines --db plan.db", DONE, ""), ("show rutines --db plan.db", USAGE, "did you mean 'routines'"),
    ("show routines --db plan.db -w nam=x", USAGE, "did you mean 'name'"), ("show routines --db plan.db -c nam", USAGE, "did you mean 'name'"),
    ("show routines --db plan.db --format jsn", USAGE, "did you mean 'json'"), ("show routines --db nowhere.db", FILE, ""), ("show routines --db text.db", STORE, ""),
    ("compare one.rsf one.rsf", DONE, ""), ("compare one.rsf two.rsf", FINDINGS, ""), ("compare one.rsf", USAGE, "usage"), ("compare one.rsf nowhere.rsf", FILE, ""),
    ("import one.rsf --db i.db", DONE, ""), ("import bad.yaml --db i.db", USAGE, "bad.yaml"), ("import nowhere.rsf --db i.db", FILE, ""),
    ("cost --scenario scenario.yaml", DONE, ""), ("cost", USAGE, "--scenario"), ("cost --scenario bad.yaml", USAGE, "bad.yaml"), ("cost --scenario nowhere.yaml", FILE, ""),
    ("cost --diff scenario.yaml scenario.yaml", DONE, ""), ("cost --diff scenario.yaml dearer.yaml", FINDINGS, ""),
    ("cost --workload workload.yaml --db plan.db", DONE, ""), ("cost --workload workload.yaml --db text.db", STORE, ""),
    ("catalogue check", DONE, ""), ("catalogue check nowhere", FILE, ""), ("catalogue chekc", USAGE, ""), ("catalogue import nowhere.json", FILE, ""),
    ("catalogue import bad.yaml", USAGE, ""),
    ("generate -o functions --db plan.db", DONE, ""), ("generate --db plan.db", USAGE, "-o"), ("generate -o f --platform azur --db plan.db", USAGE, "azure"),
    ("generate -o f --db facts.db", NOTHING, "split"), ("generate -o f --db nowhere.db", FILE, ""), ("generate -o f --db text.db", STORE, ""),
    ("host nowhere", FILE, "nowhere"), ("host", USAGE, "usage"), ("host functions --db plan.db", FILE, "build the project first"),
    ("replay nowhere.har --functions http://127.0.0.1:1", FILE, ""), ("replay", USAGE, "usage"), ("replay bad.yaml --functions http://127.0.0.1:1", FILE, "bad.yaml:1:8"),
    ("graph services -o g.svg --db plan.db", DONE, ""), ("graph servces -o g.svg --db plan.db", USAGE, "services"), ("graph services -o g.gif --db plan.db", USAGE, ".svg"),
    ("graph services -o no/such.svg --db plan.db", FILE, "no such folder"), ("graph services -o g.svg --db text.db", STORE, ""),
    ("report -o r.html --db plan.db", DONE, ""), ("report --db plan.db", USAGE, "-o FILE"), ("report -o no/such.html --db plan.db", FILE, "no such folder"),
    ("report -o r.html --db newer.db", STORE, "later Cleave"), ("report -o code --db plan.db", FILE, "folder"),
    ("diff plan.db plan.db", DONE, ""), ("diff facts.db plan.db", FINDINGS, ""), ("diff plan.db", USAGE, "usage"), ("diff plan.db nowhere.db", FILE, ""), ("diff plan.db text.db", STORE, ""),
    ("check code --baseline plan.db --db now.db", DONE, "0 findings"), ("check code --baseline nowhere.db --db now.db", FILE, ""),
    ("check code --baseline text.db --db now.db", STORE, ""), ("check code --baseline plan.db --db now.db --allow bad.yaml", USAGE, ""),
    ("doctor", None, ""), ("doctor --json", None, ""), ("doctor too", USAGE, "too many"),
    ("completion bash", DONE, ""), ("completion basch", USAGE, "bash"), ("manual", DONE, ""), ("manual spilt", USAGE, "did you mean 'split'"),
    ("show files --db plan.db --color sometimes", USAGE, "auto"), ("show files --db", USAGE, "needs a value"), ("show files -z", USAGE, "-z"),
    ("show files --quiet=1", USAGE, "takes no value"),
]


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def run(words, folder, **more):
    return subprocess.run([str(CLEAVE), *words], cwd=folder, capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL, env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}, **more)


def make_folder(folder):
    for name, code in (("code", CODE), ("broken", CODE + "int broken( {\n")):
        (folder / name).mkdir()
        (folder / name / "orders.c").write_text(code)
    (folder / "empty").mkdir()
    (folder / "text.db").write_text("this is no store, only some text that is longer than a header\n" * 40)
    (folder / "bad.yaml").write_text("surprise: [1\n")
    (folder / "one.rsf").write_text("contain a x\ncontain a y\ncontain b z\ndepends x y\n")
    (folder / "two.rsf").write_text("contain a x\ncontain b y\ncontain b z\n")
    scenario = "version: 1\ndays: 30\nfunctions:\n  - {name: f, plan: aws-lambda-x86, memory_mb: 512, requests: %d, duration_ms: 50}\n"
    (folder / "scenario.yaml").write_text(scenario % 90000000)
    (folder / "dearer.yaml").write_text(scenario % 95000000)
    (folder / "workload.yaml").write_text("version: 1\nentries:\n  main: {per_day: 1000}\n")
    for words in (("analyze", "code", "--db", "facts.db"), ("analyze", "code", "--db", "plan.db"), ("split", "--db", "plan.db")):
        result = run(words, folder)
        expect(result.returncode == 0, f"{words}: {result.stderr}")
    newer = (folder / "plan.db").read_bytes()
    # SQLite keeps the user version at offset 60 of the header.
    (folder / "newer.db").write_bytes(newer[:60] + (9999).to_bytes(4, "big") + newer[64:])


def check_cases(folder):
    for line, code, said in CASES:
        result = run(line.split(), folder)
        wanted = (DONE, FINDINGS) if code is None else (code,)
        expect(result.returncode in wanted, f"cleave {line}: {result.returncode}, not {code}: {result.stderr[-300:]}")
        expect(said in result.stderr, f"cleave {line}: stderr lacks '{said}': {result.stderr[-300:]}")
        expect(not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", result.stderr), f"cleave {line}: control characters")
        if code in (USAGE, STORE, FILE) and line:
            expect(re.search(r"^cleave: ", result.stderr, flags=re.M), f"cleave {line}: {result.stderr[:80]}")
            expect(not result.stdout, f"cleave {line}: prints results all the same")
    print(f"{len(CASES)} command lines")


def check_json(folder):
    """--json gives one document with its version, for all that print results."""
    import json
    for line in ("show routines --db plan.db", "show services --db plan.db", "explain order_add --db plan.db", "compare one.rsf two.rsf",
                 "cost --scenario scenario.yaml", "cost --workload workload.yaml --db plan.db", "cost --diff scenario.yaml dearer.yaml",
                 "diff facts.db plan.db", "check code --baseline plan.db --db now.db", "doctor"):
        result = run(line.split() + ["--json"], folder)
        try:
            expect(json.loads(result.stdout)["version"] == 1, f"cleave {line} --json: no version")
        except (ValueError, KeyError) as problem:
            expect(False, f"cleave {line} --json: {problem}: {result.stdout[:100]}")


def check_streams(folder):
    """What comes out must be complete, or said to be not; a reader that has had enough is no error."""
    def shell(script):
        result = subprocess.run(["bash", "-c", script.replace("cleave", str(CLEAVE))], cwd=folder, capture_output=True, text=True, timeout=120)
        return result.returncode, result.stdout, result.stderr
    for command in ("cleave show calls --db plan.db", "cleave manual --format markdown", "cleave --help", "cleave show types --json --db plan.db"):
        code, out, said = shell(f"{command} | true; echo ${{PIPESTATUS[0]}}")
        expect(out.strip() == "0" and said == "", f"{command} | true: {out} {said}")
        code, _, said = shell(f"{command} >/dev/full")
        expect(code == FILE and "No space left" in said, f"{command} >/dev/full: {code} {said}")
        code, _, said = shell(f"{command} >&-")
        expect(code == FILE and "cannot write the output" in said, f"{command} >&-: {code} {said}")
        code, _, _ = shell(f"{command} >out.txt 2>&-")
        expect(code == DONE, f"{command} 2>&-: {code}")
    before = (folder / "plan.db").read_bytes()
    code, _, _ = shell("cleave show files --db plan.db >&- 2>&- <&-")
    expect(code == FILE, f"all streams closed: {code}")
    expect((folder / "plan.db").read_bytes() == before, "results went into the store")
    code, _, said = shell("cleave report -o /dev/full --db plan.db")
    expect(code == FILE and "no space left" in said, f"cleave report -o /dev/full: {code} {said}")
    expect(pathlib.Path("/dev/full").is_char_device(), "a device was put aside for a file")
    code, out, _ = shell("cleave report -o /dev/stdout --db plan.db")
    expect(code == DONE and out.startswith("<!DOCTYPE html>"), "a page into a pipe")
    (folder / "kept.html").write_text("kept")
    code, _, _ = shell("cleave report -o kept.html --db text.db")
    expect(code == STORE and (folder / "kept.html").read_text() == "kept", "a failed report touched the old one")


def interrupted_after(folder, seconds):
    """The exit code of an analysis that is interrupted so long after its store appeared, and what it said."""
    (folder / "many.db").unlink(missing_ok=True)
    process = subprocess.Popen([CLEAVE, "analyze", "many", "--db", "many.db", "--jobs", "1"], cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (folder / "many.db").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    return process.returncode, said[-300:]


def check_interrupt(folder):
    """An interrupted analysis ends with 130 and leaves a store that opens and can go on."""
    many = folder / "many"
    many.mkdir()
    for i in range(400):
        (many / f"f{i}.c").write_text(f"#include <stdio.h>\n#include <stdlib.h>\nint n{i};\nint f{i}(void) {{ return printf(\"%d\", n{i}++); }}\n")
    seconds = 0.3
    code, said = interrupted_after(folder, seconds)
    for _ in range(6):
        if code == -signal.SIGINT:  # before the first source: there is nothing to store, it just ends
            seconds *= 2
        elif code == DONE:
            seconds /= 3
        else:
            break
        code, said = interrupted_after(folder, seconds)
    expect(code == INTERRUPT, f"interrupted: {code} {said}")
    result = run(["analyze", "many", "--db", "many.db"], folder)
    expect(result.returncode == DONE, f"after an interrupt: {result.returncode} {result.stderr[-300:]}")


def check_documented():
    """The table above has every code of the design but the one for defects of ours."""
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", (SOURCE / "docs/commands.md").read_text(), flags=re.M)}
    tried = {code for _, code, _ in CASES if code is not None} | {INTERRUPT}
    expect(told == tried | {70}, f"documented {sorted(told)}, tried {sorted(tried)}")


def main():
    check_documented()
    with tempfile.TemporaryDirectory(prefix="cleave-codes-") as name:
        folder = pathlib.Path(name).resolve()
        make_folder(folder)
        check_cases(folder)
        check_json(folder)
        check_streams(folder)
        check_interrupt(folder)
    sys.exit(1 if failures else 0)


main()
