#!/usr/bin/env python3
"""After every edit an incremental run holds the rows of a cold one, and parses only what it must.
Edits that only move lines, or change nothing that linking decides by, move rows: nothing is linked.

edits.py N                N random edits of a copy of the shop, from a fixed seed
edits.py N PROGRAM        N edits of a real program that move lines or decide nothing
"""
import json
import pathlib
import random
import re
import shutil
import sqlite3
import sys
import tempfile

import edit_kinds
from common import cleave, copy_shop, difference, dump, program


def parsed(done):
    return int(re.search(r"(\d+) parsed", done.stderr).group(1))


def comment(path, text, chance):
    """A comment behind the last line: no fact changes, and nothing is parsed."""
    return text + f"/* note {chance.random()} */\n"


def statement(path, text, chance):
    """A new routine that calls another one of the file."""
    names = re.findall(r"^(?:static )?(?:int|void|bool) (\w+)\(void\)\n\{", text, re.M)
    call = f"(void)&{names[0]};" if names else ""
    return text + f"int added_{chance.randrange(10 ** 9)}(void)\n{{\n  {call}return 1;\n}}\n"


def shift(path, text, chance):
    """An empty line at the top: every line number moves."""
    return "\n" + text


def literal(path, text, chance):
    """Another number somewhere."""
    places = [m for m in re.finditer(r"\b[1-9]\d\b(?!\w)", text)]
    if not places:
        return text + "\n"
    place = chance.choice(places)
    return text[:place.start()] + str(chance.randrange(10, 99)) + text[place.end():]


def broken(path, text, chance):
    """A routine that does not parse: the rest stays."""
    return text + "int broken(void)\n{\n  return not_declared_anywhere;\n}\n"


def indent(path, text, chance):
    """A line further to the right: columns move."""
    lines = text.split("\n")
    places = [i for i in range(1, len(lines))
              if lines[i].startswith(" ") and not lines[i - 1].endswith("\\")]
    if places:
        place = chance.choice(places)
        lines[place] = "  " + lines[place]
    return "\n".join(lines)


def local(path, text, chance):
    """A variable that only its routine sees."""
    bodies = [m.end() for m in re.finditer(r"^[a-zA-Z][^\n;#]*\)\s*\{\n", text, re.M)]
    if not bodies or path.suffix != ".c":
        return "\n" + text
    place = chance.choice(bodies)
    name = f"local_{chance.randrange(10 ** 9)}"
    return text[:place] + f"  int {name} = 1; {name}++; (void){name};\n" + text[place:]


def gap(path, text, chance):
    """Empty lines somewhere."""
    lines = text.split("\n")
    places = [i for i in range(1, len(lines)) if not lines[i - 1].endswith("\\")]
    place = chance.choice(places)
    lines[place:place] = [""] * chance.randrange(1, 9)
    return "\n".join(lines)


def tables(store):
    """Every fact table, whole, but for times."""
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    names = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'fact_%'")]
    found = {}
    for name in names:
        columns = "id, file, arguments, fingerprint, facts" if name == "fact_unit" else "*"
        found[name] = sorted(database.execute(f"SELECT {columns} FROM {name}"), key=repr)
    database.close()
    assert found["fact_call"] and found["fact_access"], "the store is empty"
    return found


MARK = "a row that only linking takes away"


def mark(store):
    database = sqlite3.connect(store)
    database.execute("INSERT INTO fact_effect VALUES(0, ?, '', '', '', 0)", (MARK,))
    database.execute("DELETE FROM info WHERE key LIKE 'rows%:fact_effect:%'")
    database.commit()
    database.close()


def is_marked(store):
    """Takes the mark away; false where it was gone."""
    database = sqlite3.connect(store)
    n = database.execute("DELETE FROM fact_effect WHERE effect = ?", (MARK,)).rowcount
    database.commit()
    database.close()
    return n == 1


def forget_linking(store):
    database = sqlite3.connect(store)
    database.execute("UPDATE info SET value = '' WHERE key = 'linked'")
    database.commit()
    database.close()


def kind(function):
    """A kind of edit_kinds, or an empty line where a source has no place for it."""
    def edit(path, text, chance):
        return function(text, chance) or "\n" + text
    edit.__name__ = function.__name__
    return edit


def move_lines(n_edits, name):
    """Edits of a real program that move lines or decide nothing; most of them may not link anything.
    Each second one is of a kind that often changes more."""
    chance = random.Random(20240301)
    with tempfile.TemporaryDirectory(prefix="cleave-moves-") as folder:
        origin = program(name)
        tree = pathlib.Path(folder) / "tree"
        shutil.copytree(origin, tree, symlinks=True)
        commands = tree / "compile_commands.json"
        commands.write_text(commands.read_text().replace(str(origin), str(tree)))
        files = sorted({pathlib.Path(entry["directory"], entry["file"])
                        for entry in json.loads(commands.read_text())
                        if entry["file"].endswith(".c")})
        warm, whole = f"{folder}/warm.db", f"{folder}/whole.db"
        cleave("analyze", tree, "--db", warm, cwd=folder)
        n_moved = 0
        for number in range(n_edits):
            path = chance.choice(files)
            some = [gap, indent, local, *map(kind, edit_kinds.HARMLESS)]
            if number % 2 == 1:
                some = [kind(one) for one in edit_kinds.KINDS if one not in edit_kinds.HARMLESS]
            edit = chance.choice(some)
            text = path.read_text(encoding="latin-1")
            path.write_text(edit(path, text, chance), encoding="latin-1")
            mark(warm)
            cleave("analyze", tree, "--db", warm, cwd=folder)
            is_moved = is_marked(warm)
            n_moved += is_moved and number % 2 == 0
            shutil.copy(warm, whole)
            forget_linking(whole)
            cleave("analyze", tree, "--db", whole, cwd=folder)
            words = difference(tables(whole), tables(warm))
            assert not words, f"edit {number} ({edit.__name__} of {path}) differs\n{words}"
        n_harmless = (n_edits + 1) // 2
        print(f"{n_moved} of {n_harmless} harmless edits linked nothing")
        assert n_moved >= n_harmless * 0.7, "too many edits that decide nothing are linked"


def main():
    n_edits = int(sys.argv[1])
    if len(sys.argv) > 2:
        move_lines(n_edits, sys.argv[2])
        return
    chance = random.Random(20240229)
    with tempfile.TemporaryDirectory(prefix="cleave-edits-") as folder:
        tree = copy_shop(folder)
        exits = (0, 4)
        cleave("analyze", tree, "--db", "warm.db", cwd=folder, expect=exits)
        files = sorted(p for p in tree.rglob("*.[ch]") if "tests" not in p.parts)
        originals = {p: p.read_text() for p in files}

        # Touching a file without changing it parses nothing.
        some = files[0]
        some.touch()
        done = cleave("analyze", tree, "--db", "warm.db", cwd=folder, expect=exits)
        assert parsed(done) <= 1, done.stderr

        for number in range(n_edits):
            path = chance.choice(files)
            edit = chance.choice([comment, statement, shift, literal, broken, indent, local, gap,
                                  *map(kind, edit_kinds.KINDS)])
            before = path.read_text()
            after = edit(path, before, chance)
            if chance.random() < 0.2:
                after = originals[path]
            path.write_text(after)
            done = cleave("analyze", tree, "--db", "warm.db", cwd=folder, expect=exits)
            if after.startswith(before + "/* note"):
                assert parsed(done) == 0, f"a comment in {path}: {done.stderr}"
            elif path.suffix == ".c" and after != before:
                # Numbers and lines may lie in comments, which nobody parses again.
                is_code = edit in (statement, broken) and after != originals[path]
                assert int(is_code) <= parsed(done) <= 3, f"{edit.__name__} {path}: {done.stderr}"
            cold = pathlib.Path(folder) / "cold.db"
            cold.unlink(missing_ok=True)
            cleave("analyze", tree, "--db", cold, cwd=folder, expect=exits)
            words = difference(dump(cold), dump(f"{folder}/warm.db")) or difference(
                tables(cold), tables(f"{folder}/warm.db"))
            assert not words, f"edit {number} ({edit.__name__} of {path}) differs\n{words}"

        # A file that is gone takes its rows with it.
        victim = next(p for p in files if p.suffix == ".c")
        victim.unlink()
        cleave("analyze", tree, "--db", "warm.db", cwd=folder, expect=exits)
        cleave("analyze", tree, "--db", "cold2.db", cwd=folder, expect=exits)
        words = difference(dump(f"{folder}/cold2.db"), dump(f"{folder}/warm.db"))
        assert not words, f"a deleted file leaves rows behind\n{words}"


if __name__ == "__main__":
    main()
