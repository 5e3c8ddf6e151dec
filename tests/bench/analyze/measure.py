#!/usr/bin/env python3
"""Speed and memory of the analysis, as ratios of runs on this machine.

measure.py redis|git|lua|curl

Prints CPU time of a cold run beside `clang-19 -fsyntax-only` once per unit, the time of a run without
changes, of one after an edited source and one after an edited header, and peak memory; and says
which bar is missed. Other tools are measured when they are installed.
"""
import json
import os
import pathlib
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analyzer"))
from common import CLEAVE, program  # noqa: E402


def timed(*command, cwd, quiet=True):
    """(CPU seconds of everything, wall seconds, peak of one process in MB, exit code)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL if quiet else None)
    _pid, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def syntax_only(tree):
    with open(tree / "compile_commands.json", encoding="utf-8") as file:
        entries = json.load(file)
    total = 0.0
    for entry in entries:
        words = entry.get("arguments") or shlex.split(entry["command"])
        kept, skip = [], False
        for word in words[1:]:
            if skip:
                skip = False
            elif word in ("-o", "-MF", "-MT", "-MQ"):
                skip = True
            elif word not in ("-c", "-MD", "-MMD", "-MP"):
                kept.append(word)
        total += timed("clang-19", "-fsyntax-only", "-w", *kept, cwd=entry["directory"])[0]
    return total, len(entries)


def verdict(value, bar):
    return "within the bar" if value <= bar else f"misses the bar of {bar}"


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "redis"
    tree = program(name)
    with tempfile.TemporaryDirectory(prefix="cleave-bench-") as folder:
        clang, n_units = syntax_only(tree)
        cold = timed(CLEAVE, "analyze", str(tree), "--jobs", "1", "--quiet", cwd=folder)
        size = os.path.getsize(f"{folder}/cleave.db") / 1e6
        again = min(timed(CLEAVE, "analyze", str(tree), "--quiet", cwd=folder)[1]
                    for _ in range(3))
        print(f"{name}: {n_units} units, store of {size:.1f} MB")
        print(f"  clang-19 -fsyntax-only, once per unit   {clang:7.2f} s CPU")
        print(f"  cleave analyze, cold, everything        {cold[0]:7.2f} s CPU, ratio "
              f"{cold[0] / clang:.2f}: {verdict(cold[0] / clang, 0.35)}")
        print(f"  peak memory of one process              {cold[2]:7.0f} MB: "
              f"{verdict(cold[2], 180)}")
        print(f"  no change                               {again * 1000:7.0f} ms: "
              f"{verdict(again * 1000, 50)}")
        copy = pathlib.Path(folder) / "copy"
        shutil.copytree(tree, copy, symlinks=True)
        commands = (copy / "compile_commands.json").read_text().replace(str(tree), str(copy))
        (copy / "compile_commands.json").write_text(commands)
        timed(CLEAVE, "analyze", str(copy), "--db", "edit.db", "--quiet", cwd=folder)
        sources = sorted({e["file"] for e in json.loads(commands)})
        source = copy / next(s for s in sources if s.endswith((".c",)))
        source.write_text(source.read_text() + "int added_by_the_bench(void)\n{\n  return 1;\n}\n")
        edit = timed(CLEAVE, "analyze", str(copy), "--db", "edit.db", "--quiet", cwd=folder)
        print(f"  one source edited                       {edit[1] * 1000:7.0f} ms")
        source.write_text(source.read_text() + "/* a note */\n")
        note = timed(CLEAVE, "analyze", str(copy), "--db", "edit.db", "--quiet", cwd=folder)
        print(f"  a comment added to it                   {note[1] * 1000:7.0f} ms")
        others = {"universal-ctags": ["ctags", "-R", "-f", "/dev/null", str(tree)],
                  "cscope": ["cscope", "-b", "-R", "-f", f"{folder}/cscope", "-s", str(tree)]}
        for other, command in others.items():
            if shutil.which(command[0]):
                print(f"  {other:38s}  {timed(*command, cwd=folder)[0]:7.2f} s CPU")


if __name__ == "__main__":
    main()
