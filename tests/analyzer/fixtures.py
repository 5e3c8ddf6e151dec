#!/usr/bin/env python3
"""Fixtures: C files that carry in comments what linking must find.

    // call: CALLER -> CALLEE TIER      all the targets of the calls through pointers on the line
    // no call                          no target is called through a pointer or as a callback on the line
    // unresolved                       a call through a pointer without a target
    // complete                         and it is sure that there is none
    // open                             and nobody knows whether there is one
    // no access: ROUTINE STATE         the routine never touches it
    // access: ROUTINE MODE STATE[.FIELD]
    // state: STATE[.FIELD] STORAGE CLASS
    // effect: ROUTINE EFFECT           directly
    // path: ROUTINE EFFECT VIA         through others: the whole of v_effect.via
    // entry: ROUTINE TRIGGER "KEY" RULE [1]     with 1, the evidence stands one line above
    // no entry: ROUTINE [RULE]        by no rule, or not by this one
    // span: ROUTINE KIND END_LINE
    // param: ROUTINE NAME USES         the whole of v_param.use
    // contract: ROUTINE POSITION WORDS the whole of v_param.contract
    // not: ROUTINE EFFECT              nowhere in the file, neither directly nor through others

Several expectations on a line are separated by semicolons.
"""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RULES = os.path.join(HERE, "..", "..", "analyzer", "rules")
CLEAVE = os.path.join(os.environ["CLEAVE_BINARY_DIR"], "cli", "cleave")


def expectations(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if " // " not in line:
                continue
            kind = None
            for part in line.split(" // ", 1)[1].strip().split("; "):
                match = re.match(r"(call|access|state|effect|path|entry|span|not|param|contract|no access|no entry): (.*)|(unresolved|complete|open|no call)$", part)
                if match:
                    kind = match[1] or match[3]
                    yield number, kind, match[2] or ""
                elif kind:
                    yield number, kind, part
                else:
                    raise SystemExit(f"{path}:{number}: cannot read '{part}'")


def analyse(path, folder):
    shutil.copy(path, folder)
    name = os.path.basename(path)
    with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump([{"directory": folder, "file": name, "arguments": ["cc", "-c", name]}], file)
    store = os.path.join(folder, "cleave.db")
    subprocess.run([CLEAVE, "analyze", folder, "--db", store, "--quiet"], check=True)
    return sqlite3.connect(store)


def full(name, field):
    name = name.removeprefix("struct ")
    return f"{name}.{field}" if field else name


def holds(store, line, kind, text):
    if kind == "access":
        routine, mode, state = text.split(" ")
        rows = store.execute("SELECT state, field FROM v_access WHERE routine = ? AND mode = ? AND line = ?",
                             (routine, mode, line))
        return state in {full(*row) for row in rows}
    if kind == "state":
        state, storage, class_ = text.split(" ")
        rows = store.execute("SELECT name, field FROM v_state WHERE storage = ? AND class = ?", (storage, class_))
        return state in {full(*row) for row in rows}
    if kind == "effect":
        routine, effect = text.split(" ")
        return store.execute("SELECT count(*) FROM v_effect WHERE routine = ? AND effect = ? AND line = ?"
                             " AND via NOT LIKE '%>%'", (routine, effect, line)).fetchone()[0] > 0
    if kind == "param":
        routine, name, uses = text.split(" ")
        return store.execute("SELECT count(*) FROM v_param WHERE routine = ? AND name = ? AND use = ?",
                             (routine, name, uses)).fetchone()[0] > 0
    if kind == "contract":
        routine, position, *words = text.split(" ", 2)
        return store.execute("SELECT count(*) FROM v_param WHERE routine = ? AND position = ? AND contract = ?",
                             (routine, int(position), words[0] if words else "")).fetchone()[0] > 0
    if kind == "not":
        return store.execute("SELECT count(*) FROM v_effect WHERE routine = ? AND effect = ?",
                             text.split(" ")).fetchone()[0] == 0
    if kind == "path":
        routine, effect, via = text.split(" ", 2)
        return (via,) in store.execute("SELECT via FROM v_effect WHERE routine = ? AND effect = ? AND line = ?",
                                       (routine, effect, line)).fetchall()
    if kind == "entry":
        match = re.match(r'(\w+) (\w+) "(.*)" ([\w-]+)( 1)?$', text)
        return store.execute("SELECT count(*) FROM v_entry WHERE routine = ? AND trigger = ? AND key = ?"
                             " AND rule = ? AND line = ?",
                             (match[1], match[2], match[3], match[4], line - bool(match[5]))).fetchone()[0] > 0
    if kind == "no entry":
        routine, _, rule = text.partition(" ")
        return store.execute("SELECT count(*) FROM v_entry WHERE routine = ? AND ? IN (rule, '')",
                             (routine, rule)).fetchone()[0] == 0
    if kind == "span":
        routine, what, end = text.split(" ")
        return store.execute("SELECT count(*) FROM v_span WHERE routine = ? AND kind = ? AND line = ?"
                             " AND end_line = ?", (routine, what, line, int(end))).fetchone()[0] > 0
    if kind == "no access":
        routine, state = text.split(" ")
        rows = store.execute("SELECT state, field FROM v_access WHERE routine = ?", (routine,))
        return not any(full(*row).startswith(state) for row in rows)
    if kind in ("complete", "open"):
        return store.execute("SELECT count(*) FROM fact_site WHERE line = ? AND NOT is_direct AND is_complete = ?",
                             (line, kind == "complete")).fetchone()[0] > 0
    if kind == "no call":
        return store.execute("SELECT count(*) FROM v_call WHERE kind <> 'direct' AND line = ?", (line,)).fetchone()[0] == 0
    if kind == "unresolved":
        return store.execute("SELECT count(*) FROM v_unresolved WHERE line = ?", (line,)).fetchone()[0] > 0
    raise SystemExit(f"unknown expectation '{kind}'")


def shipped(kind):
    """The rules of one kind as they are shipped, by what a row or a call must show: id or pattern."""
    found, current = {}, None
    for name in sorted(os.listdir(RULES)):
        with open(os.path.join(RULES, name), encoding="utf-8") as file:
            for line in file:
                heading = re.match(r"(\w+):$", line)
                current = heading[1] if heading else current
                if current != kind or not line.startswith("  - {"):
                    continue
                key = {"entries": "id", "effects": "call|variable", "spans": "begin", "storage": "call"}[kind]
                value = re.search(rf'\b(?:{key}): (?:"((?:[^"\\]|\\.)*)"|([\w-]+))', line)
                found[(value[1] or value[2]).replace("\\\\", "\\")] = line.strip()
    return found


def uncovered(seen):
    """Shipped rules that no fixture triggers: a rule that never fired was never tried."""
    for kind in ("entries", "effects"):
        for rule, line in shipped(kind).items():
            if rule not in seen[kind]:
                yield line
    for kind, words in (("spans", "span: "), ("storage", "access: ")):
        for pattern, line in shipped(kind).items():
            expression = re.compile(pattern)
            if not any(words in text and any(expression.search(name) for name in re.findall(r"(\w+)\(", text))
                       for text in seen["lines"]):
                yield line


def models():
    """The shipped models: (routine, pattern of a constant argument, position of the callback), and the line."""
    for name in ("libc.yaml", "libraries.yaml"):
        with open(os.path.join(RULES, "..", "models", name), encoding="utf-8") as file:
            for line in file:
                match = re.match(r'  - {routine: "((?:[^"\\]|\\.)*)"(?:, when: {argument: \d+, matches: "([^"]*)"})?', line)
                if match:
                    callback = re.search(r"\bcallback: (\d+)", line)
                    yield match[1].replace("\\\\", "\\"), match[2], int(callback[1]) if callback else None, line.strip()


def arguments_of(text, name):
    """What stands between the commas of the first call of a name on a line."""
    found, depth = [""], 0
    for letter in text[text.index(name + "(") + len(name) + 1:]:
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0:
            break
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [argument.strip() for argument in found]


def tries(text, pattern, when, callback, line):
    """Whether a line of a fixture tries a model: a call of its routine, with the constant that it asks for, and a
    routine of the fixture in the position of the callback that the line expects to be called."""
    for name in re.findall(r"(\w+)\(", text.split(" // ")[0]):
        if not re.search(pattern, name):
            continue
        arguments = arguments_of(text, name)
        if when and not any(re.search(when, argument) for argument in arguments):
            continue
        if callback is None or (callback < len(arguments) and
                                re.search(rf"-> {re.escape(arguments[callback].lstrip('&'))}\w* model", text)):
            return True
        if callback is not None and callback < len(arguments) and " field:" in line and " model" in text:
            return True  # the callback stands in a field of what is handed over
    return False


def check(path, seen):
    with tempfile.TemporaryDirectory() as folder:
        store = analyse(path, folder)
        failures, calls = [], {}
        for line, kind, text in expectations(path):
            if kind == "call":
                match = re.match(r"(\w+) -> (\w+) (\w+)$", text)
                calls.setdefault(line, set()).add(match.groups())
            elif not holds(store, line, kind, text):
                failures.append(f"{line}: no {kind} {text}")
        for line, expected in calls.items():
            found = set(store.execute("SELECT caller, callee, tier FROM v_call WHERE kind <> 'direct'"
                                      " AND line = ?", (line,)))
            if found != expected:
                failures.append(f"{line}: calls {sorted(found)} instead of {sorted(expected)}")
        seen["entries"] |= {row[0] for row in store.execute("SELECT rule FROM v_entry")}
        seen["effects"] |= {row[0] for row in store.execute("SELECT rule FROM fact_effect")}
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        seen["lines"] += [line for line in lines if " // " in line]
        seen["calls"] += [line for line in lines if "(" in line]
        return failures


def untried(seen):
    for pattern, when, callback, line in models():
        if not any(tries(text, pattern, when, callback, line) for text in seen["calls"]):
            yield line


def main():
    folder = os.path.join(HERE, "fixtures")
    n_failures = 0
    seen = {"entries": set(), "effects": set(), "lines": [], "calls": []}
    names = sys.argv[1:] or sorted(name for name in os.listdir(folder) if name.endswith(".c"))
    for name in names:
        failures = check(os.path.join(folder, name), seen)
        n_failures += len(failures)
        for failure in failures:
            print(f"{name}:{failure}")
        print(f"{name}: {'FAILED' if failures else 'ok'}")
    missing = [] if sys.argv[1:] else list(uncovered(seen))
    for line in missing:
        print(f"no fixture for the rule {line}")
    without = [] if sys.argv[1:] else list(untried(seen))
    for line in without:
        print(f"no fixture for the model {line}")
    sys.exit(1 if n_failures or missing or without else 0)


main()
