#!/usr/bin/env python3
"""The walk over initialisers against another reader of the same tree: clang's own dump
(-ast-dump=json), whose initialiser lists are complete and in the order of the fields.

usage: against_clang.py DUMP_UNIT N_PROGRAMS [SEED]
"""
import json
import random
import re
import subprocess
import sys
import tempfile

ROUTINES = [f"r{i}" for i in range(6)]


class Record:
    """A record of random members: (name, kind) with kind int, routine, [n of a kind] or a Record."""

    def __init__(self, name, pick, smaller):
        self.name, self.members = name, []
        for i in range(pick.randint(1, 4)):
            kind = pick.choice(["int", "routine", "routine"] + smaller)
            if pick.random() < .3:
                kind = [pick.randint(1, 3), kind]
            self.members.append((f"m{i}", kind))

    def text(self):
        return f"struct {self.name} {{ " + " ".join(declare(kind, name) + ";" for name, kind in self.members) + " };"


def declare(kind, name):
    if isinstance(kind, list):
        return declare(kind[1], f"{name}[{kind[0]}]")
    return {"int": f"int {name}", "routine": f"routine *{name}"}.get(kind) if isinstance(kind, str) \
        else f"struct {kind.name} {name}"


def value(kind, pick):
    """An initialiser of a kind: braces left out, designators in any order, ranges, overrides."""
    if kind == "int":
        return str(pick.randint(0, 9))
    if kind == "routine":
        return pick.choice(ROUTINES + ["0"])
    if isinstance(kind, list):
        if pick.random() < .3:
            n = kind[0]
            first = pick.randrange(n)
            last = pick.randrange(first, n)
            where = f"[{first}]" if pick.random() < .5 else f"[{first} ... {last}]"
            more = [value(kind[1], pick)] if last + 1 < n and pick.random() < .5 else []
            return "{" + ", ".join([f"{where} = {value(kind[1], pick)}"] + more) + "}"
        return wrap([value(kind[1], pick) for _ in range(pick.randint(1, kind[0]))], kind[0], pick)
    if pick.random() < .4:
        chosen = [pick.choice(kind.members) for _ in range(pick.randint(1, len(kind.members) + 1))]
        return "{" + ", ".join(f".{name} = {value(inner, pick)}" for name, inner in chosen) + "}"
    n = pick.randint(1, len(kind.members))
    return wrap([value(inner, pick) for _, inner in kind.members[:n]], len(kind.members), pick)


def wrap(items, n_all, pick):
    """Braces may be left out only where nothing is missing behind."""
    text = ", ".join(items)
    whole = len(items) == n_all and not any(item.startswith("{") for item in items)
    return text if whole and pick.random() < .4 else "{" + text + "}"


def program(seed):
    pick = random.Random(seed)
    records = []
    for i in range(pick.randint(1, 4)):
        records.append(Record(f"s{i}", pick, records[:]))
    lines = ["typedef int routine(int);"] + [f"int {name}(int x);" for name in ROUTINES]
    lines += [record.text() for record in records]
    kinds = {}
    for i in range(4):
        kind = pick.choice(records)
        kind = [pick.randint(1, 3), kind] if pick.random() < .5 else kind
        text = value(kind, pick)
        kinds[f"o{i}"] = kind
        lines.append(f"{declare(kind, f'o{i}')} = {text if text.startswith('{') else '{' + text + '}'};")
    return "\n".join(lines) + "\n", kinds


def leaves(node, kind, path, found):
    """Routines in a complete initialiser list of clang: (path, routine)."""
    while node.get("kind") in ("ImplicitCastExpr", "CStyleCastExpr", "ParenExpr", "ConstantExpr"):
        node = node["inner"][0]
    if node.get("kind") == "DeclRefExpr" and node["referencedDecl"]["kind"] == "FunctionDecl":
        found.add((path, node["referencedDecl"]["name"]))
    if node.get("kind") != "InitListExpr":
        return
    inner = node.get("inner") or node.get("array_filler", [])[1:]  # behind the filler stand the elements
    for i, item in enumerate(inner):
        if isinstance(kind, list):
            leaves(item, kind[1], f"{path}[{i}]", found)
        else:
            leaves(item, kind.members[i][1], f"{path}.{kind.members[i][0]}", found)


def clang_says(path, kinds):
    done = subprocess.run(["clang-19", "-fsyntax-only", "-w", "-Xclang", "-ast-dump=json", path],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"clang refuses what was generated: {done.stderr}\n{open(path).read()}")
    found = set()
    for node in json.loads(done.stdout)["inner"]:
        if node["kind"] == "VarDecl" and node["name"] in kinds and "inner" in node:
            leaves(node["inner"][0], kinds[node["name"]], node["name"], found)
    return found


def we_say(dump, path):
    done = subprocess.run([dump, path.rsplit("/", 1)[0], path], capture_output=True, text=True, check=True)
    found = {}
    for line in done.stdout.split("\n"):
        match = re.match(r"initialiser (\S+) \[([\d.]*)\] (\w+)(?: ([^ ']+))?", line.strip())
        if not match:
            continue
        path, indexes = match[1], match[2].split(".") if match[2] else []
        for index in indexes:
            path = path.replace("[]", f"[{index}]", 1)
        found[path] = match[4] if match[3] == "routine" else None
    return {(path, routine) for path, routine in found.items() if routine}


def main():
    dump, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    n_leaves = 0
    with tempfile.TemporaryDirectory() as folder:
        for i in range(seed, seed + n):
            text, kinds = program(i)
            path = f"{folder}/generated.c"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            theirs, ours = clang_says(path, kinds), we_say(dump, path)
            n_leaves += len(theirs)
            if theirs != ours:
                print(text)
                print(f"seed {i}: only clang: {sorted(theirs - ours)}; only we: {sorted(ours - theirs)}")
                sys.exit(1)
    print(f"{n} programs, {n_leaves} routines in initialisers")
    if n_leaves == 0:
        sys.exit("nothing was compared")


main()
