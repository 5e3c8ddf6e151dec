#!/usr/bin/env python3
"""Nothing breaks the analysis: deep sources, endless ones, crashes, kills, full disks, two at once.

robustness.py CASE
"""
import os
import pathlib
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from common import CLEAVE, SKIPPED, cleave, copy_shop, difference, dump


def write(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


GOOD = "int good(int x)\n{\n  return x;\n}\nint main(void)\n{\n  return good(0);\n}\n"


def deep(folder):
    """Sums of 100,000 terms, 4,000 branches, nested parentheses, initialisers of 100,000."""
    chain = "\n".join(f"  else if (x == {i})\n    return f({i});" for i in range(1, 4000))
    write(folder, {
        "sum.c": "int f(int x);\nint sum(int x)\n{\n  return " +
                 " + ".join(["x"] * 99999) + " + f(x);\n}\n",
        "chain.c": "int f(int x);\nint chain(int x)\n{\n  if (x == 0)\n    return 0;\n" + chain +
                   "\n  return f(1);\n}\n",
        "parentheses.c": "int f(int x);\nint nested(int x)\n{\n  return " + "(" * 250 + "f(x)" +
                         ")" * 250 + ";\n}\n",
        "table.c": "int big[] = {" + ", ".join(str(i) for i in range(100000)) + "};\n" +
                   "int f(int x);\nint (*calls[])(int) = {" + ", ".join(["f"] * 100000) + "};\n",
        "good.c": GOOD})
    cleave("analyze", ".", cwd=folder)
    store = sqlite3.connect(f"{folder}/cleave.db")
    calls = set(store.execute("SELECT caller, callee FROM v_call"))
    assert {("sum", "f"), ("chain", "f"), ("nested", "f"), ("main", "good")} <= calls, calls


def endless(folder):
    """A source that expands without end costs itself alone."""
    bomb = "#define A0 x + x\n" + "".join(
        f"#define A{i} A{i - 1} + A{i - 1} + A{i - 1}\n" for i in range(1, 40))
    write(folder, {"bomb.c": bomb + "int bomb(int x)\n{\n  return A39;\n}\n", "good.c": GOOD})
    started = time.monotonic()
    cleave("analyze", ".", "--time-limit", 3, "--jobs", 1, cwd=folder, expect=(4,))
    assert time.monotonic() - started < 60
    rows = dump(f"{folder}/cleave.db")
    assert ("bomb.c", 1, "failed", 1) in rows["v_file"], rows["v_file"]
    assert any("clang-19 -fsyntax-only" in row[4] and "gave up after 3 s" in row[4]
               for row in rows["v_diagnostic"]), rows["v_diagnostic"]
    assert any(row[1] == "good" for row in rows["v_routine"])


def memory(folder):
    """A source that eats memory costs itself alone."""
    if "__asan" in subprocess.run(["nm", CLEAVE], capture_output=True, text=True).stdout:
        print("the sanitizer reserves all address space: there is no limit to test")
        sys.exit(SKIPPED)
    bomb = "#define A0 1,1,1,1,1,1,1,1,1,1,\n" + "".join(
        f"#define A{i} {'A%d ' % (i - 1) * 10}\n" for i in range(1, 8))
    write(folder, {"bomb.c": bomb + "int bomb[] = {A7 1};\n", "good.c": GOOD})
    cleave("analyze", ".", "--time-limit", 60, "--memory-limit", 1500, "--jobs", 2, cwd=folder,
           expect=(4,))
    rows = dump(f"{folder}/cleave.db")
    assert any(row[0] == "bomb.c" and row[2] == "failed" for row in rows["v_file"])
    assert any(row[1] == "good" for row in rows["v_routine"])


def killed(folder):
    """kill -9 at any moment: the store opens, a further run completes it."""
    tree = copy_shop(folder)
    cleave("analyze", tree, "--db", "reference.db", cwd=folder, expect=(0, 4))
    reference = dump(f"{folder}/reference.db")
    chance = random.Random(7)
    for number in range(6):
        process = subprocess.Popen([CLEAVE, "analyze", str(tree), "--db", "killed.db", "--quiet"],
                                   cwd=folder, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.02, 1.5))
        process.kill()
        process.wait()
        if os.path.exists(f"{folder}/killed.db"):
            cleave("show", "files", "--db", "killed.db", cwd=folder)
    cleave("analyze", tree, "--db", "killed.db", cwd=folder, expect=(0, 4))
    words = difference(reference, dump(f"{folder}/killed.db"))
    assert not words, words


def stop(folder, tree, delay):
    """Sends Ctrl-C `delay` seconds after the run began to work: (exit code, seconds it took to end)"""
    process = subprocess.Popen([CLEAVE, "analyze", str(tree), "--jobs", "1"], cwd=folder,
                               stderr=subprocess.PIPE, text=True)
    process.stderr.readline()  # the work is about to begin
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    process.communicate(timeout=60)
    # A signal that comes before the work begins ends the process as it ends any other.
    assert process.returncode in (0, 4, 130, -signal.SIGINT), process.returncode
    return process.returncode, time.monotonic() - started


def interrupted(folder):
    """Ctrl-C ends the run within a second, while parsing, linking and writing; the next one goes on."""
    tree = copy_shop(folder)
    cleave("analyze", tree, "--db", "reference.db", cwd=folder, expect=(0, 4))
    reference = dump(f"{folder}/reference.db")
    code, took = stop(folder, tree, 0.3)
    assert code != 130 or took < 5, f"took {took:.1f} s to stop"
    cleave("analyze", tree, cwd=folder, expect=(0, 4))
    words = difference(reference, dump(f"{folder}/cleave.db"))
    assert not words, words
    n_stopped = 0
    for number in range(8):
        # Everything is parsed: what is left is linking.
        store = sqlite3.connect(f"{folder}/cleave.db")
        store.execute("DELETE FROM info WHERE key = 'linked'")
        store.execute("DELETE FROM info WHERE key LIKE 'rows%:fact_word:%'")
        store.execute("DELETE FROM fact_word")
        store.commit()
        store.close()
        code, took = stop(folder, tree, 0.05 * (number + 1))
        assert code != 130 or took < 5, f"took {took:.1f} s to stop linking"
        n_stopped += code == 130
        n_words = sqlite3.connect(f"{folder}/cleave.db").execute(
            "SELECT count(*) FROM fact_word").fetchone()[0]
        assert (n_words == 0) == (code in (130, -signal.SIGINT)), "the tables change whole or not at all"
    assert n_stopped > 0, "linking was never interrupted"
    cleave("analyze", tree, cwd=folder, expect=(0, 4))
    words = difference(reference, dump(f"{folder}/cleave.db"))
    assert not words, words


def merge_interrupted(folder):
    """Ctrl-C ends a merge; the store is as it was before, or whole, and the next merge makes it so."""
    tree = copy_shop(folder)
    cleave("analyze", tree, "--db", "reference.db", cwd=folder, expect=(0, 4))
    reference = dump(f"{folder}/reference.db")
    parts = [f"part{number}.db" for number in range(2)]
    for number, part in enumerate(parts):
        cleave("analyze", tree, "--shard", f"{number}/2", "--db", part, cwd=folder, expect=(0, 4))
    n_stopped = 0
    early, late = 0.0, 4.0  # seconds: how quick the machine is shows by halving
    for _ in range(24):
        pathlib.Path(folder, "merged.db").unlink(missing_ok=True)
        process = subprocess.Popen([CLEAVE, "merge", *parts, "--db", "merged.db"], cwd=folder,
                                   stderr=subprocess.PIPE, text=True)
        delay = (early + late) / 2
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        words = process.communicate(timeout=60)[1]
        took = time.monotonic() - started
        assert process.returncode in (0, 4, 130, -signal.SIGINT), (process.returncode, words)
        n_stopped += process.returncode == 130
        if process.returncode == 130:
            assert took < 5, f"took {took:.1f} s to stop"
            n_units = sqlite3.connect(f"{folder}/merged.db").execute(
                "SELECT count(*) FROM fact_unit").fetchone()[0]
            assert n_units == 0, "a part of a merge is no merge"
            if n_stopped == 3:
                break
        # A signal that comes before the work begins ends the process as it ends any other.
        if process.returncode == -signal.SIGINT:
            early = delay
        elif process.returncode in (0, 4):
            late = delay
        else:
            late -= (late - delay) / 4
        if late - early < 0.002:
            early, late = 0.0, 4.0
    assert n_stopped > 0, "no merge was interrupted"
    cleave("merge", *parts, "--db", "merged.db", cwd=folder, expect=(0, 4))
    words = difference(reference, dump(f"{folder}/merged.db"))
    assert not words, words


def full_disk(folder):
    """Where nothing more can be written, the run says so and the store stays as it was."""
    tree = copy_shop(folder)
    write(folder, {"small/good.c": GOOD})
    cleave("analyze", "small", cwd=folder)
    before = dump(f"{folder}/cleave.db")

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (600 * 1024, 600 * 1024))

    done = cleave("analyze", tree, cwd=folder, expect=(6,), preexec_fn=limit)
    assert "cannot" in done.stderr, done.stderr
    words = difference(before, dump(f"{folder}/cleave.db"))
    assert not words, words
    cleave("analyze", tree, cwd=folder, expect=(0, 4))


def two_at_once(folder):
    """Two runs on one store: both end well or one says that the store is busy."""
    tree = copy_shop(folder)
    runs = [subprocess.Popen([CLEAVE, "analyze", str(tree), "--quiet"], cwd=folder,
                             stderr=subprocess.PIPE, text=True) for _ in range(2)]
    codes = []
    for run in runs:
        _out, words = run.communicate(timeout=300)
        codes.append(run.returncode)
        assert run.returncode in (0, 4, 6), (run.returncode, words)
    assert any(code in (0, 4) for code in codes), codes
    cleave("analyze", tree, cwd=folder, expect=(0, 4))
    cleave("analyze", tree, "--db", "reference.db", cwd=folder, expect=(0, 4))
    words = difference(dump(f"{folder}/reference.db"), dump(f"{folder}/cleave.db"))
    assert not words, words


def main():
    case = {f.__name__: f for f in (deep, endless, memory, killed, interrupted,
                                    merge_interrupted, full_disk, two_at_once)}[sys.argv[1]]
    with tempfile.TemporaryDirectory(prefix="cleave-robust-") as folder:
        case(folder)


if __name__ == "__main__":
    main()
