#!/usr/bin/env python3
"""What an edit costs, by its kind.

edit_kinds.py redis|git|lua|FOLDER [N] [JOBS]

Makes N edits (3 unless told) of each kind of tests/analyzer/edit_kinds.py, each in another source of a
copy, and prints for each kind: CPU time of the parse of the source alone, CPU and wall time of the
run after the edit, by how much the CPU time is above the parse and the bar of 50 ms, and how many of
the edits linked nothing. Means of all edits of the kind; wall times mean something on a quiet machine.
"""
import pathlib
import random
import sys
import tempfile

from measure import BAR_EDIT, analyze, copy_of, parse_alone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analyzer"))
from common import program  # noqa: E402
from edit_kinds import KINDS  # noqa: E402
from edits import is_marked, mark  # noqa: E402


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "redis"
    n_edits = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    jobs = sys.argv[3] if len(sys.argv) > 3 else "2"
    tree = pathlib.Path(name).resolve() if pathlib.Path(name).is_dir() else program(name)
    with tempfile.TemporaryDirectory(prefix="cleave-bench-") as folder:
        copy = pathlib.Path(folder) / "copy"
        entries = [entry for entry in copy_of(tree, copy) if entry["file"].endswith(".c")]
        store = str(pathlib.Path(folder) / "edit.db")
        analyze(copy, store, folder)
        chance = random.Random(20240401)
        print(f"{name}: seconds    {'parse':>8s}{'CPU':>8s}{'wall':>8s}{'above':>8s}  linked nothing")
        for kind in KINDS:
            sums, n, n_moved, tries = [0.0, 0.0, 0.0], 0, 0, 0
            while n < n_edits and tries < 50 * n_edits:
                tries += 1
                entry = chance.choice(entries)
                path = pathlib.Path(entry["directory"], entry["file"])
                text = path.read_text(encoding="latin-1")
                changed = kind(text, chance)
                if changed is None or changed == text:
                    continue
                path.write_text(changed, encoding="latin-1")
                mark(store)
                cpu, wall = analyze(copy, store, folder, "--jobs", jobs)
                n_moved += is_marked(store)
                n += 1
                sums = [a + b for a, b in zip(sums, (parse_alone(copy, entry, folder), cpu, wall))]
            if n == 0:
                continue
            parse, cpu, wall = (value / n for value in sums)
            above = cpu - parse - BAR_EDIT
            print(f"  {kind.__name__:18s}{parse:8.3f}{cpu:8.3f}{wall:8.3f}{max(above, 0):8.3f}"
                  f"  {n_moved} of {n}")


if __name__ == "__main__":
    main()
