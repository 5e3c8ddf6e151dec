#!/usr/bin/env python3
"""Whatever a project's commands look like: what is read, what is skipped, and that it is said.

usage: any_project.py [CASE...]
"""
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile

from common import cleave

CASES = {}
MAIN = "int helper(int x);\nint main(void) { return helper(1); }\n"
HELPER = "int helper(int x) { return x; }\n"


def case(routine):
    CASES[routine.__name__] = routine
    return routine


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def analyse(folder, entries=None, path=".", expect=(0,), cwd=None):
    """Returns the store and what was said."""
    if entries is not None:
        write(folder, {"compile_commands.json": json.dumps(entries)})
    store = folder / "cleave.db"
    done = cleave("analyze", path, "--db", store, cwd=cwd or folder, expect=expect)
    return sqlite3.connect(store), done.stderr


def entry(folder, file, *options, **more):
    return {"directory": str(folder), "file": file, "arguments": ["cc", "-c", *options, file], **more}


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def units(store):
    return sorted(row[0] for row in store.execute("SELECT file FROM v_file WHERE is_tu"))


def calls(store):
    return set(store.execute("SELECT caller, callee FROM v_call"))


@case
def response_files(folder):
    """@file, also inside one, with quotes, relative to the command's folder."""
    write(folder, {"main.c": "#include <inner.h>\nint main(void) { return CALL(1); }\n", "helper.c": HELPER,
                   "one.rsp": '-I "deep folder"\n@two.rsp', "two.rsp": "-DCALL=helper",
                   "deep folder/inner.h": "int helper(int x);\n"})
    store, said = analyse(folder, [entry(folder, "main.c", "@one.rsp"), entry(folder, "helper.c", "@gone.rsp")])
    check(calls(store) == {("main", "helper")}, "the macro and the folder of response files count")
    check("response file that cannot be read (1 times)" in said, said)


@case
def relative_and_duplicate(folder):
    """Entries relative to another folder, the same source twice, by other ways to write it."""
    write(folder, {"src/main.c": MAIN, "src/helper.c": HELPER, "build/.keep": ""})
    same = {"directory": "build", "file": "../src/main.c", "command": "cc -c ../src/main.c"}
    store, said = analyse(folder, [same, dict(same), {**same, "file": "../src/../src/main.c"},
                                   {"directory": str(folder / "build"), "file": str(folder / "src" / "helper.c"),
                                    "command": f"cc -c {folder}/src/helper.c -o helper.o"}])
    check(units(store) == ["helper.c", "main.c"], units(store))
    check("2 entries that repeat another one" in said, said)


@case
def generated(folder):
    """Sources and headers that a build made, in the build folder."""
    write(folder, {"main.c": '#include "config.h"\nint helper(int);\nint main(void) { return helper(VALUE); }\n',
                   "build/config.h": "#define VALUE 3\n", "build/generated/helper.c": HELPER})
    entries = [entry(folder, "main.c", "-Ibuild"), entry(folder, "build/generated/helper.c"),
               entry(folder, "build/gone.c")]
    write(folder, {"build/compile_commands.json": json.dumps(entries)})
    store, said = analyse(folder, expect=(4,))
    check(units(store) == ["build/generated/helper.c", "main.c"], units(store))
    check("1 sources skipped that do not exist" in said, said)
    check(calls(store) == {("main", "helper")}, calls(store))


@case
def missing_headers(folder):
    """A header that is not there costs what names it, is counted, and is looked for the next time."""
    write(folder, {"main.c": '#include "gone.h"\n' + MAIN, "helper.c": HELPER})
    entries = [entry(folder, "main.c"), entry(folder, "helper.c")]
    store, said = analyse(folder, entries, expect=(0, 4))
    check(store.execute("SELECT n_errors > 0 FROM v_file WHERE file = 'main.c'").fetchone() == (1,), "an error")
    check(calls(store) == {("main", "helper")}, "the rest is there")
    check("1 with errors" in said, said)
    check("headers that are missing: gone.h;" in said, said)
    write(folder, {"gone.h": ""})
    store, said = analyse(folder, entries)
    check(store.execute("SELECT sum(n_errors) FROM v_file").fetchone() == (0,), "mended by the header")


@case
def other_languages(folder):
    """C++ and assembly are skipped and counted."""
    write(folder, {"main.c": MAIN, "helper.c": HELPER, "a.cpp": "class a {};\n", "b.cc": "\n", "c.S": "\n"})
    store, said = analyse(folder, [entry(folder, name) for name in ("main.c", "helper.c", "a.cpp", "b.cc", "c.S")] +
                          [entry(folder, "helper.c", "-x", "c++")])
    check(units(store) == ["helper.c", "main.c"], units(store))
    check("3 C++ sources skipped" in said, said)
    check("1 sources skipped that are not C" in said, said)


@case
def options_of_gcc(folder):
    """Options that only gcc knows are left out, which is said; the facts are the same."""
    write(folder, {"main.c": MAIN, "helper.c": HELPER})
    odd = ["-fno-ipa-sra", "-fconserve-stack", "-mrecord-mcount", "-fanalyzer", "-fno-tree-vectorize",
           "--param=max-inline-insns-single=10", "-Wno-maybe-uninitialized", "-mpreferred-stack-boundary=3"]
    store, said = analyse(folder, [entry(folder, "main.c", *odd), entry(folder, "helper.c")])
    check(store.execute("SELECT count(*) FROM v_diagnostic").fetchone() == (0,), "no diagnostic")
    check(calls(store) == {("main", "helper")}, calls(store))
    for option in ("-fno-ipa-sra", "-fconserve-stack", "-mrecord-mcount", "-fanalyzer", "-fno-tree-vectorize"):
        check(f"left out {option}, which only gcc knows (1 times)" in said, f"a notice of {option}: {said}")
    check("-Wno-maybe-uninitialized" not in said, "warnings are nobody's business")


@case
def long_options(folder):
    """Options that have a second, long name mean the same under it."""
    write(folder, {"main.c": "#ifndef STRANGE\n#error STRANGE is missing\n#endif\n#ifdef GONE\n#error GONE is there\n#endif\n"
                             "#include <other.h>\nint asm(int typeof) { return typeof + OTHER + FIRST; }\n",
                   "sub/other.h": "#define OTHER 1\n", "first.h": "#define FIRST 2\n"})
    for joint in ("=", None):
        def both(name, value):
            return [name + joint + value] if joint else [name, value]
        options = ["--std=c89", "--ansi", *both("--define-macro", "STRANGE=1"), *both("--undefine-macro", "GONE"),
                   *both("--include-directory", "sub"), *both("--include", "first.h")]
        store, said = analyse(folder, [entry(folder, "main.c", "-DGONE", *options)])
        check(store.execute("SELECT * FROM v_diagnostic").fetchall() == [], "all of them hold")
        check("left out" not in said, said)


@case
def no_commands(folder):
    """Without commands: folders of the tree, of libraries below the system's, and what stayed unresolved."""
    write(folder, {"src/main.c": '#include "api/helper.h"\n#include <clang-c/Index.h>\n#include "never.h"\n' + MAIN,
                   "lib/include/api/helper.h": '#include "types.h"\nint helper(int x);\n',
                   "lib/include/api/types.h": "typedef int number;\n", "lib/helper.c": HELPER,
                   "glib.c": "#include <glib.h>\nint twice(void) { return g_strcmp0(\"a\", \"b\"); }\n"})
    store, said = analyse(folder, expect=(0, 4))
    check("no compile_commands.json" in said, said)
    check("1 included names that no header satisfies" in said, said)
    check(("twice", "g_strcmp0") in calls(store) and ("main", "helper") in calls(store), calls(store))
    check(store.execute("SELECT n_errors FROM v_file WHERE file = 'glib.c'").fetchone() == (0,),
          "headers of a library in a folder of its own")


@case
def wrong_namesakes(folder):
    """Without commands: what is in the tree or in a library's inner folder never hides the system's headers, and
    an include in angle brackets finds the header beside it."""
    write(folder, {"main.c": '#include <beside.h>\n#include "compat.h"\n#include <errno.h>\n#include <string.h>\n'
                             '#include "reboot.h"\n'
                             '#include "config.h"\n'
                             "int fail(void) { errno = EINVAL; return (int)strlen(NAME); }\n",
                   "beside.h": "#define NAME \"name\"\n", "port/compat.h": "\n",
                   "port/string.h": "#error the system's is meant\n"})
    store, said = analyse(folder, expect=(4,))
    found = store.execute("SELECT file, message FROM v_diagnostic WHERE message NOT LIKE '%file not found'").fetchall()
    check(found == [], found)
    check(("fail", "strlen") in calls(store), calls(store))
    check("2 included names that no header satisfies" in said, said)
    check("headers that are missing: config.h, reboot.h;" in said, said)


@case
def from_the_root(folder):
    """Commands whose folder is /, and a run that starts there: the compiler's own headers are found."""
    write(folder, {"main.c": "#include <stddef.h>\n#include <stdarg.h>\nsize_t n;\n" + MAIN, "helper.c": HELPER})
    entries = [{"directory": "/", "file": str(folder / name), "arguments": ["cc", "-c", str(folder / name)]}
               for name in ("main.c", "helper.c")]
    store, _ = analyse(folder, entries, path=str(folder), cwd="/")
    check(store.execute("SELECT sum(n_errors) FROM v_file").fetchone() == (0,), "no error")
    check(calls(store) == {("main", "helper")}, calls(store))


@case
def root_elsewhere(folder):
    """A root that holds none of the sources would give an empty picture."""
    write(folder, {"src/main.c": MAIN, "src/helper.c": HELPER, "else/readme": ""})
    entries = [entry(folder, "src/main.c"), entry(folder, "src/helper.c")]
    write(folder, {"compile_commands.json": json.dumps(entries)})
    said = cleave("analyze", "--root", "else", "--db", folder / "cleave.db", cwd=folder,
                  expect=(2,)).stderr
    check("--root 'else' holds none of the 2 sources" in said, said)
    check(not (folder / "cleave.db").exists(), "nothing is written")
    for root in ("src", ".", "/"):
        cleave("analyze", "--root", root, "--db", folder / "cleave.db", cwd=folder)


def main():
    for name in sys.argv[1:] or CASES:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="any-project-")).resolve()
        try:
            CASES[name](folder)
        finally:
            shutil.rmtree(folder)
        print(f"{name}: ok")


if __name__ == "__main__":
    os.environ.pop("CPATH", None)
    main()
