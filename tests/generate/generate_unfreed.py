#!/usr/bin/env python3
"""Memory that a routine puts into a value that goes back belongs to nobody, and people are told so: by
`show functions`, by `generate` and in function.yaml, each with the place; until they say who owns it."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

SOURCE = """#include <stdlib.h>
#include <string.h>
struct note { int n; char *text; };
int fill(struct note *note%s)
{
  if (note->n > 2)
    note->text = strdup("fresh");
  return ++note->n;
}
int grow(struct note *note)
{
  note->text = realloc(note->text, 8);
  strcpy(note->text, "text");
  return ++note->n;
}
int look(const struct note *note)
{
  char *copy = strdup(note->text);
  int n = (int)strlen(copy);
  free(copy);
  return n;
}
int main(void)
{
  struct note n = {1, 0};
  return fill(&n) + grow(&n) + look(&n);
}
"""
DECLARED = ' __attribute__((annotate("cleave: inout,transfer(none)")))'
BOUNDARIES = """version: 1
functions:
  fill: {trigger: direct}
  grow: {trigger: direct}
  look: {trigger: direct}
"""
CONTRACTS = "version: 1\nroutines:\n  fill: {params: {note: {transfer: none}}}\n"


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def remarks(cleave, folder, annotation, *options):
    """What (show functions, generate, function.yaml) say of each function."""
    os.makedirs(f"{folder}/src")
    write(f"{folder}/src/note.c", SOURCE % annotation)
    write(f"{folder}/boundaries.yaml", BOUNDARIES)
    write(f"{folder}/contracts.yaml", CONTRACTS)
    run = lambda *words: f.run(cleave, *words, cwd=folder, codes=(0, 1)).stdout
    run("analyze", "src", "-q", "--db", "note.db")
    run("split", "-q", "--db", "note.db", "--boundaries", "boundaries.yaml")
    shown = run("show", "functions", "--db", "note.db")
    said = run("generate", "-q", "--db", "note.db", "-o", "out", *options)
    told = {}
    for name in ("fill", "grow", "look"):
        with open(f"{folder}/out/functions/{name}/function.yaml", encoding="utf-8") as file:
            text = file.read()
        line = lambda lines: next((one for one in lines.splitlines() if f" {name} " in one), "")
        told[name] = ("is never freed" in line(shown), "is never freed" in line(said),
                      bool(re.search(r'unfreed: ".*note.c:7 ', text)))
    return told


def main():
    cleave = os.path.abspath(sys.argv[1])
    silent = {"grow": (False,) * 3, "look": (False,) * 3}
    with tempfile.TemporaryDirectory() as work:
        for folder, annotation, options, wanted in (
                ("plain", "", (), (True, True, True)),
                ("declared", DECLARED, (), (False, False, False)),
                ("contract", "", ("--contracts", "contracts.yaml"), (True, False, False))):
            told = remarks(cleave, f"{work}/{folder}", annotation, *options)
            if told != {**silent, "fill": wanted}:
                sys.exit(f"{folder}: {told}")
    print("memory that nobody frees is told of where it is, and nowhere else")


main()
