#!/usr/bin/env python3
"""What the commits of a program's own history cost, and whether the rows stay those of a cold run.

commits.py REPOSITORY TREE RANGE [N]

REPOSITORY is a git repository of the program whose built sources are TREE (a folder with a compilation
database). Takes the last N (50 unless told) commits of RANGE that change what units of TREE are made
from, puts the files of a copy back to what they were before the first of them, and applies one commit after
the other. For each prints CPU and wall time of the run, how many lines came and went, and whether
anything was linked; of a commit to one source that is compiled once, CPU time of its parse, too. Every
fact table is compared with that of linking all units, and after every tenth commit with that of a cold
run. At the end: how many commits linked nothing, and medians of those to one source.
"""
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile

from measure import analyze, copy_of, parse_alone

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "analyzer"))
from common import cleave, difference  # noqa: E402
from edits import forget_linking, is_marked, mark, tables  # noqa: E402

COLD_EVERY = 10


class History:
    """The commits that change some of the files of a tree."""

    def __init__(self, repository, tree, files):
        self.repository, self.tree, self.files = repository, tree, files

    def git(self, *words):
        return subprocess.run(["git", "-C", self.repository, *words], check=True,
                              stdout=subprocess.PIPE).stdout

    def commits(self, span):
        words = ["log", "--reverse", "--first-parent", "--no-merges", "--format=%h", span, "--",
                 "*.c", "*.h"]
        return [one for one in self.git(*words).decode().split() if self.changed(one)]

    def changed(self, commit):
        names = self.git("diff-tree", "--no-commit-id", "--name-only", "-r", "-z", commit)
        return [path for path in names.decode("utf-8", "surrogateescape").split("\0")
                if path in self.files]

    def size(self, commit, paths):
        lines = self.git("show", "--numstat", "--format=", commit, "--", *paths).decode().split("\n")
        counts = [line.split("\t")[:2] for line in lines if line and line[0] != "-"]
        return [sum(int(count[side]) for count in counts) for side in (0, 1)]

    def put(self, commit, paths):
        """The files as the commit leaves them; one that it deletes stays."""
        there = self.git("ls-tree", "-r", "-z", "--name-only", commit, "--", *paths)
        for path in there.decode("utf-8", "surrogateescape").split("\0"):
            if path in self.files:
                (self.tree / path).write_bytes(self.git("show", f"{commit}:{path}"))


def files_of(store):
    """What the units are made from, as paths below the root."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    files = {row[0] for row in database.execute("SELECT file FROM v_file")}
    database.close()
    return files


def is_of(entry, source):
    return os.path.join(entry["directory"], entry["file"]) == str(source)


def check_rows(tree, store, folder, is_cold, commit):
    other = f"{folder}/other.db"
    if is_cold:
        pathlib.Path(other).unlink(missing_ok=True)
    else:
        shutil.copy(store, other)
        forget_linking(other)
    cleave("analyze", tree, "--db", other, cwd=folder, expect=(0, 4))
    words = difference(tables(other), tables(store))
    assert not words, f"the rows after {commit} differ\n{words}"


def main():
    repository, origin, span = sys.argv[1:4]
    n = int(sys.argv[4]) if len(sys.argv) > 4 else 50
    with tempfile.TemporaryDirectory(prefix="cleave-commits-") as folder:
        copy = pathlib.Path(folder) / "copy"
        entries = copy_of(pathlib.Path(origin).resolve(), copy)
        store = f"{folder}/warm.db"
        analyze(copy, store, folder)
        history = History(repository, copy, files_of(store))
        commits = history.commits(span)[-n:]
        if not commits:
            sys.exit(f"no commit of {span} changes a source of {origin}")
        history.put(f"{commits[0]}~1", ["."])
        analyze(copy, store, folder)
        ones, n_moved = [], 0
        for number, commit in enumerate(commits):
            paths = history.changed(commit)
            history.put(commit, paths)
            units = [entry for entry in entries
                     if len(paths) == 1 and paths[0].endswith(".c") and is_of(entry, copy / paths[0])]
            alone = parse_alone(copy, units[0], folder) if len(units) == 1 else None
            mark(store)
            cpu, wall = analyze(copy, store, folder)
            is_moved = is_marked(store)
            n_moved += is_moved
            added, removed = history.size(commit, paths)
            print(f"{commit}  +{added} -{removed}  {cpu:.2f} s CPU, {wall:.2f} s"
                  f"{f', parse {alone:.2f}' if alone else ''}  "
                  f"{'nothing linked' if is_moved else 'linked'}  {' '.join(paths)[:70]}", flush=True)
            if alone:
                ones.append((cpu, cpu - alone, is_moved))
            check_rows(copy, store, folder, number % COLD_EVERY == COLD_EVERY - 1, commit)
        print(f"{len(commits)} commits, {n_moved} linked nothing; rows as of linking all units")
        if ones:
            print(f"{len(ones)} of one source: {sum(one[2] for one in ones)} linked nothing; medians: "
                  f"{statistics.median(one[0] for one in ones):.2f} s CPU, "
                  f"{statistics.median(one[1] for one in ones):.2f} s above the parse")


if __name__ == "__main__":
    main()
