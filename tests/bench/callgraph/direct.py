"""Compares direct calls with gcc's own call graph.

Every command is compiled once more by gcc with -fcallgraph-info, without optimisation, inlining and
builtins, so that calls stand as they are written. A call is (caller, symbol, file, line).

- A macro call that spans lines: gcc names the line of the argument, we the line where the macro's
  name stands; and gcc names some arguments that span lines by the line where the call around
  them begins. Such a pair counts as one within SPAN lines down and NEAR lines up.
- Calls that only we have are looked up in the preprocessed source: where the name stands on that
  line, gcc has deleted the call as dead and it is listed apart; where not, it is wrong.
"""
import concurrent.futures
import json
import os
import re
import shlex
import sqlite3
import subprocess
import tempfile

FLAGS = ["-O0", "-fno-inline", "-fno-builtin", "-fkeep-inline-functions",
         "-fkeep-static-functions", "-fcallgraph-info", "-w", "-U_FORTIFY_SOURCE"]
DROP_WITH_VALUE = {"-o", "-MF", "-MT", "-MQ", "-aux-info"}
DROP = {"-c", "-S", "-E", "-MD", "-MMD", "-MP", "-M", "-MM", "-MG"}


def words(entry):
    return entry.get("arguments") or shlex.split(entry["command"])


def without_line_marks(entry, folder, number):
    """A copy of a generated source that says which lines of another file it comes from, without
    that: we name the lines that were compiled. None for any other."""
    source = os.path.join(entry["directory"], entry["file"])
    if not os.path.exists(source):
        return None
    with open(source, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    marks = re.compile(r"^[ \t]*#[ \t]*(line[ \t]+)?\d+.*$", re.M)
    if not marks.search(text):
        return None
    copy = os.path.join(folder, f"{number}.c")
    with open(copy, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(marks.sub("", text))
    return copy


def compile_one(entry, folder, number):
    args, skip = [], False
    copy = without_line_marks(entry, folder, number)
    source = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
    for word in words(entry)[1:]:
        if skip:
            skip = False
        elif word in DROP_WITH_VALUE:
            skip = True
        elif word in DROP or re.match(r"-(O|g|flto|fprofile|save-temps|M[FTQ])", word):
            pass
        elif copy and os.path.realpath(os.path.join(entry["directory"], word)) == source:
            args += ["-iquote", os.path.dirname(source), copy]
        else:
            args.append(word)
    output = os.path.join(folder, f"{number}.o")
    command = ["gcc"] + args + FLAGS + ["-c", "-o", output]
    done = subprocess.run(command, cwd=entry["directory"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    info = os.path.join(folder, f"{number}.ci")
    if done.returncode != 0 or not os.path.exists(info):
        return None, done.stderr[-300:]
    with open(info, encoding="utf-8", errors="replace") as file:
        text = file.read()
    os.remove(info)
    os.remove(output)
    return text.replace(copy, source) if copy else text, ""


NODE = re.compile(r'node: \{ title: "([^"]*)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"(?: label: "([^"]*)")?')


def name_of(title):
    return title.rsplit(":", 1)[-1]


def edges_of(text, directory):
    """(caller, callee, file, line), and the names of all routines with a body."""
    defined = set()
    for title, label in NODE.findall(text):
        if "shape" not in label:
            defined.add(name_of(title))
    found = set()
    for source, target, label in EDGE.findall(text):
        if target == "__indirect_call" or not label:
            continue
        path, line, _column = label.rsplit(":", 2)
        path = os.path.realpath(os.path.join(directory, path))
        found.add((name_of(source), name_of(target), path, int(line)))
    return found, defined


def plain(name):
    """gcc numbers statics of one name: foo.1, foo.constprop.0"""
    return re.sub(r"\.(\d+|constprop|isra|part|cold|localalias).*$", "", name)


def preprocessed(entry):
    """(file, line) -> text behind the preprocessor."""
    args, skip = [], False
    for word in words(entry)[1:]:
        if skip:
            skip = False
        elif word in DROP_WITH_VALUE:
            skip = True
        elif word not in DROP and not word.startswith(("-O", "-g", "-flto")):
            args.append(word)
    done = subprocess.run(["gcc"] + args + ["-E", "-w", "-U_FORTIFY_SOURCE"], cwd=entry["directory"],
                          capture_output=True, text=True, errors="replace")
    texts, path, line = {}, "", 0
    for row in done.stdout.split("\n"):
        marker = re.match(r'# (\d+) "([^"]*)"', row)
        if marker:
            line = int(marker.group(1))
            path = os.path.realpath(os.path.join(entry["directory"], marker.group(2)))
            continue
        if row:
            texts[(path, line)] = texts.get((path, line), "") + row
        line += 1
    return texts


SPAN = 40
NEAR = 120


def compare(name, path, commands, details):
    """Prints the comparison of one program; returns the bars that are missed."""
    with open(commands, encoding="utf-8") as file:
        entries = json.load(file)
    entries = [e for e in entries if e["file"].endswith(".c")]
    reference, bodies, failed = set(), set(), []
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(compile_one, entry, folder, i) for i, entry in enumerate(entries)]
        for entry, job in zip(entries, jobs):
            text, why = job.result()
            if text is None:
                failed.append((entry["file"], why))
                continue
            edges, defined = edges_of(text, entry["directory"])
            reference |= edges
            bodies |= defined

    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    root = store.execute("SELECT value FROM info WHERE key = 'root'").fetchone()[0]
    ours = {(caller, callee, os.path.realpath(os.path.join(root, file)), line)
            for caller, callee, file, line in store.execute(
                "SELECT caller, callee, file, line FROM v_call WHERE kind = 'direct'")
            if file}
    our_names = {callee for _a, callee, _f, _l in ours}

    def called(symbol):
        """gcc marks assembler names of the C library: *fopen64 is fopen."""
        if not symbol.startswith("*"):
            return plain(symbol)
        symbol = symbol[1:]
        for name in (symbol, re.sub("64$", "", symbol), re.sub("64(_r)?$", r"\1", symbol),
                     re.sub("^__(xpg|isoc99|isoc23)_", "", symbol)):
            if name in our_names:
                return name
        return symbol
    inside = os.path.realpath(root) + os.sep
    reference = {(plain(a), called(b), f, l)
                 for a, b, f, l in reference if f.startswith(inside)}
    both = reference & ours
    by_pair = {}
    for a, b, f, l in ours:
        by_pair.setdefault((a, b, f), []).append(l)
    near = {(a, b, f, l) for a, b, f, l in reference - ours
            if any(-NEAR <= l - line <= SPAN for line in by_pair.get((a, b, f), ()))}
    missed = sorted(reference - ours - near)
    theirs = {}
    for a, b, f, l in reference:
        theirs.setdefault((a, b, f), []).append(l)
    extra = sorted(ours - reference)
    moved = [e for e in extra
             if any(-NEAR <= line - e[3] <= SPAN for line in theirs.get(e[:3], ()))]
    rest = set(extra) - set(moved)
    dead = set()
    for entry in entries:
        left = rest - dead
        if not left:
            break
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        if not any(e[2] == path or not e[2].endswith(".c") for e in left):
            continue
        texts = preprocessed(entry)
        for e in left:
            around = "".join(texts.get((e[2], e[3] + k), "") for k in range(0, SPAN))
            if re.search(r"\b" + re.escape(e[1]) + r"\b", around):
                dead.add(e)
    wrong = sorted(rest - dead)
    dead = sorted(dead)

    pairs = {(a, b) for a, b, _f, _l in reference}
    n_ours = len(both) + len(moved) + len(wrong)
    print(f"{name}: {len(entries)} units, gcc failed on {len(failed)}; gcc has {len(reference)} "
          f"direct calls, we have {len(ours)}")
    print(f"  recall    {100 * (len(both) + len(near)) / max(1, len(reference)):.3f} %  ({len(missed)} missed)")
    print(f"  precision {100 * (len(both) + len(moved)) / max(1, n_ours):.3f} %  ({len(wrong)} that gcc lacks)")
    print(f"  of these {len(near)} stand on the line of a macro's argument; apart: {len(dead)} calls "
          "in code that gcc deletes")
    our_pairs = {(a, b) for a, b, _f, _l in ours}
    lost = pairs - our_pairs
    print(f"  caller-callee pairs: {len(pairs)}, missed {len(lost)}")
    for title, rows in (("missed", missed), ("gcc lacks", wrong), ("dead", dead)):
        for row in rows[:details]:
            print(f"    {title}: {row[0]} -> {row[1]} {os.path.relpath(row[2], root)}:{row[3]}")
    for file, why in failed[:details]:
        print(f"    gcc failed: {file}: {why.strip()[-160:]}")
    bad = []
    if len(missed) > 0.0005 * len(reference):
        bad.append(f"{name}: recall of direct calls at least 99.95 %")
    if wrong:
        bad.append(f"{name}: precision of direct calls 100 %")
    for text in bad:
        print(f"  MISSED: {text}")
    return bad
