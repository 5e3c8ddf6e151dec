#!/usr/bin/env python3
"""After every edit an incremental run holds the rows of a cold one, and parses only what it must.

edits.py N    N random edits of a copy of the shop, from a fixed seed
"""
import pathlib
import random
import re
import sys
import tempfile

from common import cleave, copy_shop, difference, dump


def parsed(done):
    return int(re.search(r"(\d+) parsed", done.stderr).group(1))


def comment(path, text, chance):
    """A comment behind the last line: no fact changes."""
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


def main():
    n_edits = int(sys.argv[1])
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
            edit = chance.choice([comment, statement, shift, literal, broken])
            before = path.read_text()
            after = edit(path, before, chance)
            if chance.random() < 0.2:
                after = originals[path]
            path.write_text(after)
            done = cleave("analyze", tree, "--db", "warm.db", cwd=folder, expect=exits)
            if path.suffix == ".c" and after != before:
                assert 1 <= parsed(done) <= 3, f"{edit.__name__} {path}: {done.stderr}"
            cold = pathlib.Path(folder) / "cold.db"
            cold.unlink(missing_ok=True)
            cleave("analyze", tree, "--db", cold, cwd=folder, expect=exits)
            words = difference(dump(cold), dump(f"{folder}/warm.db"))
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
