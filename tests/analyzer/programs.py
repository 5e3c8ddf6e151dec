#!/usr/bin/env python3
"""Which units make which program, and which routine a name means in it: small trees, built with the
real tools where that is what is read.

usage: programs.py CASE
"""
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from common import cleave

CASES = {}


def case(routine):
    CASES[routine.__name__] = routine
    return routine


class Tree:
    """A folder with sources, and the facts that come of it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.entries = []

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def compile(self, source, *arguments, output=None):
        """Lists a source in the compile commands; the caller builds it or not."""
        words = ["cc", "-c", *arguments, source] + (["-o", output] if output else [])
        self.entries.append({"directory": str(self.folder), "file": source, "arguments": words})

    def run(self, *words, cwd=None):
        done = subprocess.run(words, cwd=cwd or self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            print(" ".join(words), done.stdout, done.stderr)
            sys.exit(1)
        return done

    def build(self):
        """Runs the commands listed so far."""
        for entry in self.entries:
            self.run(*entry["arguments"])

    def analyse(self, path="."):
        if self.entries:
            self.write("compile_commands.json", json.dumps(self.entries))
        store = self.folder / "cleave.db"
        cleave("analyze", path, "--root", ".", "--db", store, "--quiet", cwd=self.folder)
        self.store = sqlite3.connect(store)
        return self

    def programs(self):
        found = {}
        for program, file, _ in self.store.execute("SELECT * FROM v_program"):
            found.setdefault(program, set()).add(file)
        return found

    def sources(self):
        return dict(self.store.execute("SELECT DISTINCT program, source FROM v_program"))

    def calls(self, caller, kind="%"):
        """What a routine may call: (callee, its file)."""
        return set(self.store.execute("SELECT callee, callee_file FROM v_call WHERE caller = ?"
                                      " AND kind LIKE ?", (caller, kind)))


def expect(found, wanted, what):
    if found != wanted:
        print(f"{what}: {found} instead of {wanted}")
        sys.exit(1)


@case
def same_names(tree):
    """The same names in two programs, behind one inline routine, and in files of the same name."""
    tree.write("log.h", "int log_it(const char *s);\n"
               "static inline int note(const char *s, int (*f)(int)) { return log_it(s) + f(1); }\n")
    for name in "ab":
        tree.write(f"{name}/x.c", f'''#include "../log.h"
int log_it(const char *s) {{ return s[0]; }}
static int own(int x) {{ return x; }}
static int state_{name};
int work(int x) {{ state_{name} = x; return own(x); }}
int main(void) {{ return note("x", own) + work(1); }}
''')
        tree.compile(f"{name}/x.c")
    tree.analyse()
    expect(tree.calls("note"), {("log_it", "a/x.c"), ("log_it", "b/x.c"), ("own", "a/x.c"), ("own", "b/x.c")},
           "an inline routine of two programs")
    rows = tree.store.execute("SELECT DISTINCT caller_file, callee_file FROM v_call WHERE callee = 'own'"
                              " AND kind = 'direct'").fetchall()
    expect(set(rows), {("a/x.c", "a/x.c"), ("b/x.c", "b/x.c")}, "statics of the same name")
    expect(set(tree.store.execute("SELECT count(DISTINCT id) FROM v_routine WHERE name = 'own'")), {(2,)}, "ids")
    rows = tree.store.execute("SELECT routine_file, state FROM v_access WHERE routine = 'work'").fetchall()
    expect(set(rows), {("a/x.c", "state_a"), ("b/x.c", "state_b")}, "accesses")


@case
def configurations(tree):
    """One file compiled twice: both configurations count."""
    tree.write("b.c", """int first(void) { return 1; }
int second(void) { return 2; }
static int choose(void)
{
#ifdef SECOND
  return second();
#else
  return first();
#endif
}
int ENTRY(void) { return choose(); }
""")
    tree.write("main.c", "int enter_one(void), enter_two(void);\nint main(void) { return enter_one() + enter_two(); }\n")
    tree.compile("b.c", "-DENTRY=enter_one", output="b1.o")
    tree.compile("b.c", "-DENTRY=enter_two", "-DSECOND", output="b2.o")
    tree.compile("main.c")
    tree.analyse()
    expect(tree.calls("choose"), {("first", "b.c"), ("second", "b.c")}, "both arms")
    expect(tree.programs(), {"main": {"b.c", "main.c"}}, "programs")


def main():
    for name in sys.argv[1:] or CASES:
        folder = tempfile.mkdtemp(prefix="programs-")
        try:
            CASES[name](Tree(folder))
        finally:
            shutil.rmtree(folder)
        print(f"{name}: ok")


if __name__ == "__main__":
    main()
