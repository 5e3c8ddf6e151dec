#!/usr/bin/env python3
"""Edits that decide nothing move rows and link nothing; those that look alike and decide something
are linked. Both leave the rows of a cold run."""
import json
import pathlib
import shutil
import tempfile

from common import cleave, difference, dump
from edits import is_marked, mark, tables

OTHER = """
#include "other.h"
int depth;
int idle(int n, const char *text) { return n + (text != 0); }
int hands_on(int n) { return decides(n); }
int decides(int n)
{
  if (n == 1)
    system("date");
  return n;
}
int chooses(int n)
{
  switch (n) {
  case 1: system("date"); break;
  default: break;
  }
  return n;
}
int counts(int *p, ...) { return *p; }
"""

HEADER = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct box { int width, height; struct box *next; };
extern int depth;
extern struct box *boxes;
int idle(int n, const char *text);
int hands_on(int n);
int decides(int n);
int chooses(int n);
int counts(int *p, ...);
int run_sql(const char *text);
"""

MAIN = """
#include "other.h"
#include <unistd.h>
extern char **environ;
struct box *boxes;
static int total;
int run_sql(const char *text) { return text[0]; }
static void one(void) { system("one"); }
static void two(void) { system("two"); }
static void three(void) { system("three"); }
static int choose(const char *word, int n)
{
  if (!strcmp(word, "one")) one();
  else if (!strcmp(word, "two")) two();
  else if (!strcmp(word, "three")) three();
  if (n == 7) total++;
  return n;
}
static int work(struct box *box, int n)
{
  int sum = n;
  idle(41, "a text");
  hands_on(42);
  decides(43);
  chooses(44);
  counts(&sum, 45);
  run_sql("a statement");
  fopen("a-file", "r");
  printf("a message %d", 46);
  total += box->width;
  sum += box->height;
  sum += box->height;
  if (sum > 9)
    sum--;
  if (n)
    sum++;
  write(1, environ[0], 1);
  write(1, environ[1], 1);
  return sum;
}
static int lift(struct box *lid)
{
  lid->height = 1;
  lid->height--;
  lid->height--;
  return lid->width++;
}
int main(int argc, char **argv)
{
  struct box lid = {0};
  total = argc;
  boxes = malloc(sizeof *boxes);
  work(boxes, argc);
  total = 5;
  for (;;) {
    work(boxes, 1);
    lid.width = 7;
    lift(&lid);
    choose(argv[0], argc);
    total = 6;
  }
}
"""

# (what is replaced, by what, whether all is linked)
EDITS = [
    ("idle(41", "idle(51", False),
    ('"a text"', '"another text"', False),
    ("hands_on(42", "hands_on(1", True),
    ("decides(43", "decides(1", True),
    ("chooses(44", "chooses(1", True),
    ("counts(&sum, 45", "counts(&sum, 55", False),
    ('"a statement"', '"another statement"', False),
    ('"a statement"', '"UPDATE carts SET n = 1"', True),
    ('"a statement"', '"BEGIN"', True),
    ('"a-file"', '"another-file"', True),
    ('"a message %d"', '"another message %d"', True),
    ('"one")', '"first")', True),
    ("if (n == 7) total++;", "if (n == 8) total++;", False),
    ("if (n == 7) total++;", "if (n == 7 && total == 3) total++;", True),
    ("if (n == 7) total++;", "total++;", False),
    ("  else if (!strcmp(word, \"three\")) three();\n", "", True),
    ("if (n)\n", "if (!n)\n", False),
    ("if (n)\n    sum++;\n", "if (n) return 1;\n", True),
    ("if (sum > 9)\n    sum--;\n", "if (sum == 9)\n    sum--;\n", False),
    ("  sum += box->height;\n", "  sum += box->height; sum -= box->height;\n", False),
    ("  sum += box->height;\n  sum += box->height;\n", "  sum += box->height;\n", False),
    ("  sum += box->height;\n  sum += box->height;\n", "", True),
    ("  total += box->width;\n", "  total += box->width; box->width = 3;\n", True),
    ("write(1, environ[1], 1);", "write(1, environ[1], 1); write(1, environ[1], 1);", True),
    ("write(1, environ[1], 1);", "", True),
    ("  total = 5;\n", "", False),
    ("  total = 5;\n", "  total = 5;\n  total = 5;\n", True),
    ("    total = 6;\n", "    total = 6;\n    total = 6;\n", False),
    ("  boxes = malloc", "  total = argc;\n  boxes = malloc", False),
    ("  int sum = n;\n", "  int sum = n, more = 2;\n  if (more > 1) more--;\n", False),
    ("int main(int argc", "\nint main(int argc", False),
    ("struct box lid = {0};", "struct box lid;", True),
    ("    lid.width = 7;\n", "\n    lid.width = 7;\n", False),
    ("    lid.width = 7;\n", "    lid.width = 7;\n    lid.width = 7;\n", True),
    ("    lid.width = 7;\n", "    if (total > 5)\n      lid.width = 7;\n", True),
    ("    lid.width = 7;\n", "", True),
    ("    lid.width = 7;\n    lift(&lid);\n", "    lift(&lid);\n    lid.width = 7;\n", True),
    ("  return lid->width++;", "  lid->width = 1;\n  return lid->width++;", True),
    ("  lid->height = 1;", "  lid->height--;\n  lid->height = 1;", True),
    ("  lid->height = 1;", "  if (!total) return 0;\n  lid->height = 1;", True),
]


def analyze(folder, store):
    cleave("analyze", folder, "--db", store, "--quiet", cwd=folder)


def rows(store):
    return {**dump(store), **tables(store)}


TWICE = """
int total;
void idle(int n);
int use(int n)
{
  total += n;

  total += n;

  idle(41);
  return n;
}
int main(void) { return use(1); }
"""

# The unit without A changes, the other one is what it was: each has a body of its own from then on.
CONDITIONAL = [
    ("\n\n  total += n;\n\n", "\n#ifdef A\n  total += n;\n#endif\n"),
    ("\n\n  idle(41);\n", "\n  idle(\n#ifdef A\n  41\n#else\n  42\n#endif\n  );\n"),
]


def try_edit(place, file, before, old, new, words):
    """The edit leaves the rows of a cold run, whether anything is linked or not."""
    warm, cold = f"{place}/warm.db", f"{place}/cold.db"
    for store in (warm, cold):
        pathlib.Path(store).unlink(missing_ok=True)
    assert old in before, old
    file.write_text(before)
    analyze(file.parent, warm)
    file.write_text(before.replace(old, new, 1))
    analyze(file.parent, warm)
    analyze(file.parent, cold)
    differs = difference(rows(cold), rows(warm))
    assert not differs, f"{old!r} to {new!r}, {words}, differs\n{differs}"


def try_two_configurations(place):
    tree = pathlib.Path(place, "twice")
    tree.mkdir()
    commands = [{"directory": str(tree), "file": "main.c", "arguments": ["cc", *flags, "-c", "main.c"]}
                for flags in (["-DA"], [])]
    (tree / "compile_commands.json").write_text(json.dumps(commands))
    for old, new in CONDITIONAL:
        try_edit(place, tree / "main.c", TWICE, old, new, "in one configuration")


# The sites of both bodies of pick() count from the line of one of them.
BODIES = """#include <stdlib.h>
typedef struct box { int n; } box;
extern box *boxes;
void hook(int n);
#ifdef A
static inline int pick(int n)
{
  static int last;
  last = n; hook(n);
  boxes = malloc(sizeof(box));
  return last;
}
#else
static inline int pick(int n)
{
  static int last;
  last = n + 1; hook(n);

  boxes = malloc(2 * sizeof(box));
  return last;
}
#endif
"""

MOVED_BODIES = [
    ("typedef", "\ntypedef"),
    ("#else", "\n#else"),
    ("#endif", "\n#endif"),
    ("  last = n; hook", "\n  last = n; hook"),
    ("  last = n + 1; hook", "\n  last = n + 1; hook"),
    ("  boxes = malloc(2", "\n\n  boxes = malloc(2"),
]


def try_two_bodies(place, name, one):
    """One unit defines A; the first unit decides whose body the others count from."""
    tree = pathlib.Path(place, name)
    tree.mkdir()
    units = [f"unit{n}.c" for n in range(3)]
    for n, file in enumerate(units):
        (tree / file).write_text('#include "bodies.h"\n' + ("box *boxes;\nvoid hook(int n) { (void)n; }\n"
                                 "int main(void) { return 0; }\n" if n == 0 else "")
                                 + f"int use{n}(int n) {{ return pick(n); }}\n")
    commands = [{"directory": str(tree), "file": file,
                 "arguments": ["cc", *(["-DA"] if file == one else []), "-c", file]} for file in units]
    (tree / "compile_commands.json").write_text(json.dumps(commands))
    for old, new in MOVED_BODIES:
        try_edit(place, tree / "bodies.h", BODIES, old, new, f"with A in {one}")


def main():
    with tempfile.TemporaryDirectory(prefix="cleave-harmless-") as place:
        tree, warm, cold = pathlib.Path(place, "tree"), f"{place}/warm.db", f"{place}/cold.db"
        tree.mkdir()
        (tree / "other.c").write_text(OTHER)
        (tree / "other.h").write_text(HEADER)
        (tree / "main.c").write_text(MAIN)
        analyze(tree, warm)
        shutil.copy(warm, f"{place}/first.db")
        wrong = []
        for old, new, is_linked in EDITS:
            assert old in MAIN, old
            shutil.copy(f"{place}/first.db", warm)
            (tree / "main.c").write_text(MAIN.replace(old, new, 1))
            mark(warm)
            analyze(tree, warm)
            was_marked = is_marked(warm)
            words = f"{old!r} to {new!r}"
            if was_marked == is_linked:
                wrong.append(f"{words} is {'not ' if is_linked else ''}linked")
            pathlib.Path(cold).unlink(missing_ok=True)
            analyze(tree, cold)
            differs = difference(rows(cold), rows(warm))
            assert not differs, f"{words} differs\n{differs}"
        assert not wrong, "\n".join(wrong)
        try_two_configurations(place)
        for n in range(3):
            try_two_bodies(place, f"bodies{n}", f"unit{n}.c")


if __name__ == "__main__":
    main()
