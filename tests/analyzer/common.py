"""What the analyzer's end-to-end tests share."""
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

SOURCE = pathlib.Path(os.environ.get("CLEAVE_SOURCE_DIR",
                                     pathlib.Path(__file__).resolve().parents[2]))
BINARY = pathlib.Path(os.environ.get("CLEAVE_BINARY_DIR", SOURCE / "build" / "dev"))
CLEAVE = str(BINARY / "cli" / "cleave")
SKIPPED = 77


def cleave(*arguments, cwd, expect=(0,), timeout=600, **options):
    """Runs cleave; fails the test when the exit code is none of those expected."""
    done = subprocess.run([CLEAVE, *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
                          errors="replace", timeout=timeout, **options)
    if expect is not None and done.returncode not in expect:
        print(f"cleave {' '.join(map(str, arguments))}: exit {done.returncode}")
        print(done.stdout[-2000:], done.stderr[-4000:])
        sys.exit(1)
    return done


def dump(store):
    """Every public view of the analyzer, whole: view -> rows in order."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    views = ["v_file", "v_diagnostic", "v_program", "v_routine", "v_type", "v_field", "v_param",
             "v_call", "v_unresolved", "v_state", "v_access", "v_effect", "v_entry", "v_span"]
    found = {}
    for view in views:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({view})")]
        order = ", ".join(f'"{column}"' for column in columns)
        found[view] = database.execute(f"SELECT * FROM {view} ORDER BY {order}").fetchall()
    database.close()
    return found


def difference(first, second):
    """A few words on what differs, or '' where nothing does."""
    words = []
    for view in first:
        one, two = set(first[view]), set(second[view])
        if first[view] != second[view]:
            words.append(f"{view}: {len(first[view])} and {len(second[view])} rows; only in the "
                         f"first: {sorted(one - two, key=str)[:3]}; only in the second: "
                         f"{sorted(two - one, key=str)[:3]}")
    return "\n".join(words)


def copy_shop(folder):
    """A copy of the sample shop without its build folders."""
    target = pathlib.Path(folder) / "shop"
    shutil.copytree(SOURCE / "samples" / "shop", target,
                    ignore=shutil.ignore_patterns("build*", "*.db"))
    return target


def program(name):
    """A real program from Debian's sources, or the end of the test as skipped."""
    done = subprocess.run([str(SOURCE / "tests" / "lib" / "program"), name],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode == SKIPPED:
        sys.exit(SKIPPED)
    if done.returncode != 0:
        sys.exit(1)
    return pathlib.Path(done.stdout.strip())
