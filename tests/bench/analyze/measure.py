#!/usr/bin/env python3
"""Speed and memory of the analysis, as ratios of runs on this machine.

measure.py redis|git|lua|curl|FOLDER [--growth]

Prints CPU time of a cold run beside `clang-19 -fsyntax-only` once per unit, of a run without changes,
of linking all units again and the part of it that links calls (where bench_link_calls is built),
of runs after an edited source, a comment and an edited header, the peak memory of each kind of
process and of all of them, and universal-ctags, cscope and cflow where they are installed; with --growth, the cost of
1, 2 and 4 copies of the input. Says which bar is missed. Everything runs in one go, so that ratios
hold on a busy machine too; wall times do not.
"""
import json
import os
import pathlib
import resource
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analyzer"))
from common import BINARY, CLEAVE, SOURCE, program  # noqa: E402

BAR_COLD, BAR_SAME, BAR_EDIT, BAR_CALLS = 0.35, 0.050, 0.050, 0.3
LINK_CALLS = BINARY / "tests" / "bench" / "bench_link_calls"
BAR_MAIN, BAR_WORKER = 120, 60
OTHERS_LIMIT = 300  # seconds: cflow takes longer than anybody waits


def timed(*command, cwd):
    """(CPU seconds of everything, wall seconds)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - started


def analyze(tree, store, folder, *options):
    return timed(CLEAVE, "analyze", str(tree), "--db", store, "--quiet", *options, cwd=folder)


def parse_alone(copy, entry, folder):
    """CPU seconds of analysing one command of a copy and of nothing else."""
    one = pathlib.Path(folder) / "one"
    one.mkdir(exist_ok=True)
    (one / "compile_commands.json").write_text(json.dumps([entry]))
    return analyze(one / "compile_commands.json", "one.db", folder, "--root", str(copy),
                   "--shard", "0/2", "--jobs", "1", "--fresh")[0]


def megabytes(path, key):
    """What the kernel tells of a process there, or 0 when it is gone."""
    try:
        for line in pathlib.Path(path).read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0


def peak_of(process):
    """Resident, at most so far."""
    return megabytes(f"/proc/{process}/status", "VmHWM:")


def resident(process):
    """Now."""
    return megabytes(f"/proc/{process}/status", "VmRSS:")


def share_of(process):
    """Now, a page that several processes map divided among them."""
    return megabytes(f"/proc/{process}/smaps_rollup", "Pss:")


def memory(tree, folder, jobs):
    """Peak megabytes of the run itself and of its largest worker, each with all that it maps, and of
    all processes at one moment: with all that each maps, and each page counted once."""
    run = subprocess.Popen([CLEAVE, "analyze", str(tree), "--db", "memory.db", "--quiet", "--fresh",
                            "--jobs", str(jobs)], cwd=folder,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks = [0, 0, 0, 0]

    def watch():
        while run.poll() is None:
            try:
                task = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            except OSError:
                break
            peaks[0] = max(peaks[0], peak_of(run.pid))
            peaks[1] = max([peaks[1], *map(peak_of, task)])
            peaks[2] = max(peaks[2], sum(map(resident, [run.pid, *task])))
            peaks[3] = max(peaks[3], sum(map(share_of, [run.pid, *task])))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    watcher.join()
    run.wait()
    return peaks


def syntax_only(entries):
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
    return total


def row(words, value, unit="s CPU", note=""):
    print(f"  {words:45s}{value:9.3f} {unit:6s} {note}".rstrip())


def verdict(value, bar):
    return f"(bar {bar:g})" if value <= bar else f"MISSES the bar of {bar:g}"


def copy_of(tree, target):
    shutil.copytree(tree, target, symlinks=True)
    commands = (target / "compile_commands.json").read_text().replace(str(tree), str(target))
    (target / "compile_commands.json").write_text(commands)
    return json.loads(commands)


def link_calls(store):
    """Programs, liveness, flow and calls alone: the run in the middle of five, and its steps."""
    if not LINK_CALLS.exists():
        print(f"  {'linking of calls':45s}   not built: needs CLEAVE_TESTS")
        return
    runs = []
    for _ in range(5):
        done = subprocess.run([LINK_CALLS, store, SOURCE / "analyzer" / "models"],
                              capture_output=True, text=True, check=True)
        steps = [line.split(" ", 1) for line in done.stdout.splitlines()]
        runs.append(([float(seconds) for seconds, _ in steps], [name for _, name in steps]))
    seconds, names = sorted(runs)[2]
    row("linking of calls", seconds[0], note=verdict(seconds[0], BAR_CALLS))
    for name, value in list(zip(names, seconds))[1:]:
        row(f"  {name}", value)


def edits(tree, folder):
    copy = pathlib.Path(folder) / "copy"
    entries = copy_of(tree, copy)
    analyze(copy, "edit.db", folder)
    sources = sorted({os.path.join(e["directory"], e["file"]) for e in entries})
    source = pathlib.Path(next(s for s in sources if s.endswith(".c")))
    one = next(e for e in entries if os.path.join(e["directory"], e["file"]) == str(source))
    source.write_text(source.read_text() + "int added_by_the_bench(void)\n{\n  return 1;\n}\n")
    alone = parse_alone(copy, one, folder)
    edit = analyze(copy, "edit.db", folder)[0]
    row("a routine added to one source", edit, note=f"its parse alone {alone:.3f}; "
        + verdict(round(edit - alone, 3), BAR_EDIT))
    source.write_text("\n" + source.read_text())
    moved = analyze(copy, "edit.db", folder)[0]
    row("a line put before all others of it", moved, note=f"its parse alone {alone:.3f}; "
        + verdict(round(moved - alone, 3), BAR_EDIT))
    source.write_text(source.read_text() + "/* a note */\n")
    row("a comment added to it", analyze(copy, "edit.db", folder)[0])
    database = sqlite3.connect(f"file:{folder}/edit.db?mode=ro", uri=True)
    headers = [copy / row[0] for row in database.execute(
        "SELECT file FROM fact_file WHERE NOT is_tu AND file LIKE '%.h' ORDER BY n_lines, file")]
    database.close()
    header = headers[len(headers) // 2]
    header.write_text(header.read_text() + "\n/* a note */\n")
    row(f"a comment in {header.name}", analyze(copy, "edit.db", folder)[0])


def growth(tree, folder):
    base = None
    for n in (1, 2, 4):
        root = pathlib.Path(folder) / f"times{n}"
        root.mkdir()
        entries = []
        for number in range(n):
            entries += copy_of(tree, root / f"copy{number}")
            (root / f"copy{number}" / "compile_commands.json").unlink()
        (root / "compile_commands.json").write_text(json.dumps(entries))
        cold = analyze(root, f"{n}.db", folder, "--jobs", "1")[0]
        again = analyze(root, f"{n}.db", folder)[0]
        base = base or cold
        row(f"{n} times the input, cold", cold, note=f"{cold / base:.2f} times; no change {again:.3f}")
        shutil.rmtree(root)


def main():
    name = next((word for word in sys.argv[1:] if not word.startswith("-")), "redis")
    tree = pathlib.Path(name).resolve() if os.path.isdir(name) else program(name)
    entries = json.loads((tree / "compile_commands.json").read_text())
    with tempfile.TemporaryDirectory(prefix="cleave-bench-") as folder:
        clang = syntax_only(entries)
        cold = analyze(tree, "cleave.db", folder, "--jobs", "1")[0]
        again = min(analyze(tree, "cleave.db", folder)[0] for _ in range(5))
        size = os.path.getsize(f"{folder}/cleave.db") / 1e6
        print(f"{name}: {len(entries)} commands, store of {size:.1f} MB")
        row("clang-19 -fsyntax-only, once per command", clang)
        row("cleave analyze, cold, everything", cold, note=f"ratio {cold / clang:.2f} "
            + verdict(round(cold / clang, 2), BAR_COLD))
        row("no change", again, note=verdict(round(again, 3), BAR_SAME))
        store = pathlib.Path(folder) / "cleave.db"
        database = sqlite3.connect(store)
        database.execute("DELETE FROM info WHERE key = 'linked'")
        database.commit()
        database.close()
        row("linking all units again", analyze(tree, "cleave.db", folder)[0])
        link_calls(store)
        edits(tree, folder)
        main_peak, worker_peak, _, _ = memory(tree, folder, 1)
        row("peak memory of the run", main_peak, "MB", verdict(round(main_peak), BAR_MAIN))
        row("peak memory of a worker", worker_peak, "MB", verdict(round(worker_peak), BAR_WORKER))
        for jobs in (1, 2, 4):
            _, _, mapped, counted_once = memory(tree, folder, jobs)
            row(f"peak of all processes, {jobs} workers", mapped, "MB",
                verdict(round(mapped), BAR_MAIN + jobs * BAR_WORKER))
            row("  each page counted once", counted_once, "MB")
        sources = sorted({os.path.join(e["directory"], e["file"]) for e in entries})
        others = {"universal-ctags": ["ctags", "-f", "/dev/null", *sources],
                  "cscope -b": ["cscope", "-b", "-k", "-f", f"{folder}/cscope.out", *sources],
                  "cflow": ["cflow", "--output", "/dev/null", *sources]}
        for other, command in others.items():
            if not shutil.which(command[0]):
                print(f"  {other:45s}   absent")
                continue
            taken, wall = timed("timeout", str(OTHERS_LIMIT), *command, cwd=folder)
            row(other, taken, note="stopped" if wall >= OTHERS_LIMIT else "")
        if "--growth" in sys.argv:
            growth(tree, folder)


if __name__ == "__main__":
    main()
