"""Small trees of sources, analysed for one test."""
import json
import pathlib
import sqlite3
import subprocess
import sys

from common import cleave


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

    def analyse(self, path=".", *options):
        if self.entries:
            self.write("compile_commands.json", json.dumps(self.entries))
        store = self.folder / "cleave.db"
        cleave("analyze", path, "--root", ".", "--db", store, "--quiet", *options, cwd=self.folder)
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
