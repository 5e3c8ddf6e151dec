#!/usr/bin/env python3
"""Which places a random statement reads, writes and takes the address of, against a classifier over
clang's own tree (-ast-dump=json), where every load is a node of its own.

usage: accesses_against_clang.py DUMP_UNIT N_PROGRAMS [SEED]
"""
import json
import random
import re
import subprocess
import sys
import tempfile

HEAD = """struct inner { int x; int y[2]; };
union either { int number; float real; };
struct outer { int a; unsigned b : 3; struct inner in; struct inner arr[2]; int *p; union either e;
  struct { int anon; }; struct outer *next; };
int g0, g1; volatile int gv; unsigned gu; double gd; const int gc = 3;
int ga[4], gm[2][3];
static struct outer s0, s1; struct outer sa[2];
struct outer *sp; int *ip; int **ipp; _Atomic int at;
int f(int x, ...); int h(int *p); int hs(struct outer *p); int (*fp)(int);
"""
GLOBALS = set("g0 g1 gv gu gd gc ga gm s0 s1 sa sp ip ipp at fp".split())
N_STATEMENTS = 60


class Generator:
    def __init__(self, seed):
        self.pick = random.Random(seed)

    def place(self, depth, address=False):
        """An lvalue of type int or near it; `address`: one that has an address."""
        inner = lambda: self.value(depth - 1)
        choices = ["g0", "g1", "gv", "gu", "s0.a", "s1.in.x", "sp->a", "sp->in.x", "*ip", "s0.e.number", "s1.anon",
                   "sp->anon", "sp->e.number", "*s0.p", "sp->next->a", "**ipp", "(g1)", "(s0).a", "(*sp).a"]
        if not address:
            choices += ["s0.b", "sp->b"]
        if depth > 0:
            choices += [f"ga[{inner()}]", f"gm[{inner()}][{inner()}]", f"s0.in.y[{inner()}]", f"s1.arr[{inner()}].x",
                        f"sa[{inner()}].a", f"sa[{inner()}].in.y[1]", f"ip[{inner()}]", f"sp->in.y[{inner()}]",
                        f"sp->arr[{inner()}].x", f"s0.p[{inner()}]", f"sp[{inner()}].a", f"(*ipp)[{inner()}]",
                        f"(*&{self.place(0, True)})", f"({inner()})[ga]"]
        return self.pick.choice(choices)

    def value(self, depth):
        pick = self.pick
        if depth <= 0:
            return pick.choice(["1", "2", "gc", self.place(0), self.place(0)])
        sub = lambda: self.value(depth - 1)
        kind = pick.randrange(24)
        if kind < 3:
            return f"({sub()} {pick.choice(['+', '-', '*', '&', '<', '==', '>>'])} {sub()})"
        if kind < 5:
            return f"({self.place(depth - 1)} = {sub()})"
        if kind < 7:
            return f"({self.place(depth - 1)} {pick.choice(['+=', '|=', '<<=', '-='])} {sub()})"
        if kind < 9:
            return pick.choice(["({}++)", "(++{})", "({}--)", "(--{})"]).format(self.place(depth - 1))
        if kind == 9:
            return f"({sub()} ? {sub()} : {sub()})"
        if kind == 10:
            return f"({sub()}, {sub()})"
        if kind == 11:
            return f"(int)sizeof({pick.choice([self.place(depth - 1, True), sub() + ' + 0'])})"
        if kind == 12:
            return f"({sub()} {pick.choice(['&&', '||'])} {sub()})"
        if kind == 13:
            return f"f({sub()}, {sub()})"
        if kind == 14:
            return f"h({'(int *)' if pick.random() < .3 else ''}&{self.place(depth - 1, True)})"
        if kind == 15:
            return f"_Generic({self.place(0, True)}, double: (double)({sub()}), default: (int)({sub()}))"
        if kind == 16:
            return f"({{ int l = {sub()}; l += {sub()}; l; }})"
        if kind == 17:
            return f"(int)(__typeof__({self.place(depth - 1, True)}))({sub()})"
        if kind == 18:
            return f"({pick.choice(['!', '-', '~'])}{sub()})"
        if kind == 19:
            return f"(&{self.place(depth - 1, True)} == 0)"
        if kind == 20:
            return f"((int[2]){{{sub()}, {sub()}}})[{sub()}]"
        if kind == 21:
            return pick.choice(["h(ga)", "h(gm[1])", "h(s0.in.y)", "h(sp->in.y)", "hs(&s0)", "hs(sp)", "hs(sa)",
                                "hs(&sa[1])", "h(&*ip)", "h(&ga[1])", "h(&sp->a)", "fp(g0)", "(*fp)(g1)",
                                "(int)_Alignof(int)", "(at++)", "(at = g0)", "at", "hs(&(struct outer){.a = g0})"])
        if kind == 22:
            return f"(g0 ? {self.place(0, True)} : {sub()})"
        return self.place(depth)

    def statement(self):
        pick = self.pick
        value = self.value(pick.randint(1, 3))
        kind = pick.randrange(12)
        if kind == 0:
            return pick.choice(["s0 = s1;", "s0 = *sp;", "*sp = s1;", "s0.in = s1.in;", "sp->in = sa[1].in;",
                                "sa[g0] = s0;", "struct outer l = s0; s1 = l;", "sp = &s0;", "sp = sp->next;",
                                "ip = ga;", "ip = &s0.in.y[1];", "ipp = &ip;", "*ipp = &g0;", "sp = sa;", "s0.e = s1.e;",
                                "s0 = g0 ? s1 : *sp;", "ip = g0 ? &g1 : ga;", "sp++;", "sp += 2;"])
        if kind == 1:
            return f"if ({value}) {self.value(1)}; else {self.value(1)};"
        if kind == 2:
            return f"while ({value}) {self.value(1)};"
        if kind == 3:
            return f"for (int i = {self.value(1)}; i < {value}; i++) {self.value(1)};"
        if kind == 4:
            return f"switch ({value}) {{ case 1: {self.value(1)}; break; default: {self.value(1)}; }}"
        if kind == 5:
            return f"do {self.value(1)}; while ({value});"
        if kind == 7:
            return f"__typeof__({self.place(0, True)}) l = {value}; (void)l;"
        if kind == 8:
            return f"(void)((int (*)[2])ga)[{value}][{self.value(1)}];"
        if kind == 6:
            return f"int l[2] = {{{value}, {self.value(1)}}}; (void)l;"
        return f"{value};"

    def program(self):
        lines = [f"void t{i}(void) {{ {self.statement()} }}" for i in range(N_STATEMENTS)]
        return HEAD + "\n".join(lines) + "\n"


class Classifier:
    """Accesses of one body, from the loads, stores and addresses of clang's tree."""

    def __init__(self):
        self.found = set()
        self.loose = set()  # variables in pointers that are no plain variable: we may name them or not

    def visit_all(self, node):
        for child in node.get("inner", []):
            self.visit(child)

    def visit(self, node):
        kind = node.get("kind")
        inner = node.get("inner", [])
        if kind == "UnaryExprOrTypeTraitExpr":
            return
        if kind == "GenericSelectionExpr":
            for child in inner:
                if child.get("selected"):
                    self.visit_all(child)
        elif kind == "ImplicitCastExpr" and node["castKind"] == "LValueToRValue":
            self.access(inner[0], "r")
        elif kind == "ImplicitCastExpr" and node["castKind"] == "ArrayToPointerDecay":
            self.access(inner[0], "a")
        elif kind == "BinaryOperator" and node["opcode"] == "=":
            self.access(inner[0], "w")
            self.visit(inner[1])
        elif kind == "CompoundAssignOperator":
            self.access(inner[0], "rw")
            self.visit(inner[1])
        elif kind == "UnaryOperator" and node["opcode"] in ("++", "--"):
            self.access(inner[0], "rw")
        elif kind == "UnaryOperator" and node["opcode"] == "&":
            self.access(inner[0], "a")
        elif kind in ("DeclRefExpr", "MemberExpr", "ArraySubscriptExpr") or \
                (kind == "UnaryOperator" and node["opcode"] == "*"):
            self.place(node)  # neither loaded nor stored: only what leads there
        else:
            self.visit_all(node)

    def access(self, node, modes):
        place = self.place(node)
        if place is not None:
            self.found |= {(mode, place) for mode in modes}

    def place(self, node):
        """The path of an lvalue ("s0.in.x", "*sp.a"), None where no variable names it."""
        kind, inner = node["kind"], node.get("inner", [])
        if kind == "ParenExpr":
            return self.place(inner[0])
        if kind == "DeclRefExpr":
            return node["referencedDecl"]["name"] if node["referencedDecl"]["kind"] == "VarDecl" else None
        if kind == "MemberExpr":
            base = self.behind(inner[0]) if node["isArrow"] else self.place(inner[0])
            name = node.get("name", "")
            return base if base is None or not name else f"{base}.{name}"
        if kind == "ArraySubscriptExpr":
            base, index = inner
            if base["type"]["qualType"] in ("int", "unsigned int"):
                base, index = index, base
            self.visit(index)
            return self.behind(base)
        if kind == "UnaryOperator" and node["opcode"] == "*":
            return self.behind(inner[0])
        self.visit(node)
        return None

    def behind(self, pointer):
        """What a pointer leads to; evaluates the pointer."""
        while pointer["kind"] == "ParenExpr":
            pointer = pointer["inner"][0]
        inner = pointer.get("inner", [])
        if pointer["kind"] == "ImplicitCastExpr" and pointer["castKind"] == "ArrayToPointerDecay":
            return self.place(inner[0])
        if pointer["kind"] == "UnaryOperator" and pointer["opcode"] == "&":
            self.visit(pointer)
            held = Classifier().place(inner[0])
            if held is not None and not held.startswith("*"):
                return held
            self.loosen(pointer)  # "*&p->a" is a pointer like any other
            return None
        self.visit(pointer)
        if pointer["kind"] == "ImplicitCastExpr" and pointer["castKind"] == "LValueToRValue":
            held = Classifier().place(inner[0])
            if held is not None and re.fullmatch(r"\w+", held):
                return f"*{held}"
        self.loosen(pointer)
        return None

    def loosen(self, node):
        if node.get("kind") == "DeclRefExpr":
            self.loose.add(node["referencedDecl"]["name"])
        for child in node.get("inner", []):
            self.loosen(child)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: {done.stderr[:2000]}")
    return done.stdout


def clang_says(path):
    tree = json.loads(run(["clang-19", "-fsyntax-only", "-w", "-Xclang", "-ast-dump=json", path]))
    found = {}
    for node in tree["inner"]:
        if node["kind"] == "FunctionDecl" and re.fullmatch(r"t\d+", node["name"]):
            classifier = Classifier()
            classifier.visit_all(node)
            found[node["name"]] = ({row for row in classifier.found
                                    if re.match(r"\*?(\w+)", row[1])[1] in GLOBALS}, classifier.loose)
    return found


def we_say(dump, path):
    found = {}
    for line in run([dump, path.rsplit("/", 1)[0], path]).split("\n"):
        match = re.match(r"access (t\d+) (\w+) (\w+) (\*?\w+\S*) at ", line)
        if not match or re.match(r"\*?(\w+)", match[4])[1] not in GLOBALS:
            continue
        place = match[4].replace("[]", "")
        found.setdefault(match[1], set()).update((mode, place) for mode in match[2])
    return found


def main():
    dump, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    n_accesses = n_wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for i in range(seed, seed + n):
            text = Generator(i).program()
            path = f"{folder}/generated.c"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            theirs, ours = clang_says(path), we_say(dump, path)
            for number, line in enumerate(text[len(HEAD):].splitlines()):
                name = f"t{number}"
                clang, loose = theirs[name]
                we = {row for row in ours.get(name, set()) - clang
                      if re.match(r"\*?(\w+)", row[1])[1] not in loose}
                we |= ours.get(name, set()) & clang
                n_accesses += len(clang)
                if clang == we:
                    continue
                n_wrong += 1
                if n_wrong <= 10:
                    print(f"seed {i}: {line}\n  only clang: {sorted(clang - we)}; only we: {sorted(we - clang)}")
    print(f"{n} programs, {n * N_STATEMENTS} statements, {n_accesses} accesses, {n_wrong} statements differ")
    sys.exit(1 if n_wrong or n_accesses == 0 else 0)


main()
