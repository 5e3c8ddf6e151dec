#!/usr/bin/env python3
"""Random C types with random values: JSON in, C values, JSON out is the identity, and both fit the
generated schema. Hostile inputs get an error and never a crash. What typed replay draws for the
same types is answered alike."""
import itertools
import json
import math
import os
import random
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

N_TYPES = 10
N_VALUES = 60
KINDS = {"integer", "double", "float", "bool", "enum", "string", "text_array", "bytes", "array",
         "counted", "byte_array", "struct", "matrix", "texts", "union", "list", "tree", "words",
         "pairs", "strings", "bits", "inner", "extent", "pointers"}
INTEGERS = {"int8_t": (8, True), "uint8_t": (8, False), "short": (16, True),
            "unsigned short": (16, False), "int": (32, True), "uint32_t": (32, False),
            "long": (64, True), "uint64_t": (64, False), "size_t": (64, False)}


class Maker:
    """Struct definitions, and values that fit them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.structs = []

    def scalar(self):
        kind = self.random.choice(["integer"] * 4 + ["double", "float", "bool", "enum"])
        return ("integer", self.random.choice(list(INTEGERS))) if kind == "integer" else (kind,)

    def element(self):
        """Many uint8_t are bytes and travel as base64: they have members of their own."""
        scalar = self.scalar()
        return ("integer", "int") if scalar[-1] == "uint8_t" else scalar

    def member(self, depth):
        choice = self.random.random()
        if choice < 0.30:
            return self.scalar()
        if choice < 0.40:
            return ("string",)
        if choice < 0.46:
            return ("text_array", self.random.randint(2, 20))
        if choice < 0.50:
            return ("bytes",)
        if choice < 0.55:
            return ("array", self.random.randint(1, 4), self.element())
        if choice < 0.60:
            return ("counted", self.element())
        if choice < 0.88:
            return self.compound()
        if self.structs and depth > 0:
            return ("struct", self.random.choice(self.structs)[0])
        return ("byte_array", self.random.randint(1, 9))

    def compound(self):
        """Values of several parts: who knows how they hang together is contracts.yaml."""
        kind = self.random.choice(["matrix", "texts", "union", "union", "list", "list", "tree",
                                   "words", "pairs", "strings", "bits", "inner", "extent",
                                   "pointers"])
        if kind == "matrix":
            return (kind, self.random.randint(1, 3), self.random.randint(1, 3), self.element())
        if kind == "union":
            return (kind, self.scalar(), self.random.choice([("string",), ("text_array", 9),
                                                             ("array", 2, self.element())]))
        if kind == "bits":
            return (kind, self.random.randint(1, 17), self.random.random() < 0.5)
        return (kind,)

    def contract(self, name, member):
        """What contracts.yaml says about it, or None."""
        return {"union": f"{{tag: w_{name}}}", "list": "{list: \"next, back=before\"}",
                "words": "{terminated: true}", "pairs": "{terminated: key}",
                "strings": f"{{count: n_{name}}}",
                "extent": f"{{size: \"w_{name} * h_{name} * 2\"}}"}.get(member[0])

    def contracts(self):
        lines = ["version: 1", "types:",
                 "  \"struct tree\": {fields: {left: {nullable: true}, right: {nullable: true}}}"]
        for name, members in self.structs:
            said = [(member, self.contract(member, kind)) for member, kind in members]
            lines += [f"  \"struct {name}\": {{fields: {{" +
                      ", ".join(f"{member}: {words}" for member, words in said if words) + "}}"]
        return "\n".join(lines) + "\n"

    def add_struct(self, index):
        name = f"record_{index}"
        members = [(f"m{i}", self.member(1)) for i in range(self.random.randint(1, 8))]
        self.structs.append((name, members))
        return name

    @staticmethod
    def scalar_type(member):
        return {"integer": lambda: member[1], "double": lambda: "double", "float": lambda: "float",
                "bool": lambda: "bool", "enum": lambda: "enum colour"}[member[0]]()

    def declare(self, name, member):
        kind = member[0]
        if kind == "string":
            return [f"char *{name};"]
        if kind == "text_array":
            return [f"char {name}[{member[1]}];"]
        if kind == "byte_array":
            return [f"unsigned char {name}[{member[1]}];"]
        if kind == "bytes":
            return [f"unsigned char *{name};", f"size_t n_{name};"]
        if kind == "array":
            return [f"{self.scalar_type(member[2])} {name}[{member[1]}];"]
        if kind == "counted":
            return [f"{self.scalar_type(member[1])} *{name};", f"size_t n_{name};"]
        if kind == "struct":
            return [f"struct {member[1]} {name};"]
        if kind == "matrix":
            return [f"{self.scalar_type(member[3])} {name}[{member[1]}][{member[2]}];"]
        if kind == "union":
            return [f"enum which w_{name};", "union {", *self.declare("one", member[1]),
                    *self.declare("two", member[2]), f"}} {name};"]
        if kind == "bits":
            return [f"{'int' if member[2] else 'unsigned'} {name} : {member[1]};"]
        return {"texts": [f"char {name}[2][8];"], "list": [f"struct chain *{name};"],
                "tree": [f"struct tree *{name};"], "words": [f"char **{name};"],
                "pairs": [f"struct pair *{name};"], "pointers": [f"char *{name}[3];"],
                "strings": [f"char **{name};", f"unsigned n_{name};"],
                "inner": ["struct { int x; double y; } " + name + ";",
                          f"struct {{ short flat_{name}; }};"],
                "extent": [f"unsigned char *{name};", f"unsigned short w_{name}, h_{name};"],
                }.get(kind) or [f"{self.scalar_type(member)} {name};"]

    def source(self):
        lines = ["#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>", "",
                 "enum colour { RED, GREEN = 7, BLUE = -3 };",
                 "enum which { WHICH_NONE, WHICH_ONE, WHICH_TWO };",
                 "struct chain { struct chain *before; int v; char *label; struct chain *next; };",
                 "struct tree { int v; struct tree *left, *right; };",
                 "struct pair { char *key; long value; };", ""]
        for name, members in self.structs:
            lines += [f"struct {name} {{"]
            for member, kind in members:
                lines += ["  " + line for line in self.declare(member, kind)]
            # The routine reads and writes: the value travels in and out.
            lines += ["  int seen;", "};", "",
                      f"void echo_{name}(struct {name} *value);",
                      f"void echo_{name}(struct {name} *value)", "{", "  value->seen += 1;", "}",
                      ""]
        lines += ["int main(void)", "{", "  return 0;", "}", ""]
        return "\n".join(lines)

    def scalar_value(self, member):
        r = self.random
        if member[0] == "bool":
            return r.random() < 0.5
        if member[0] == "enum":
            return r.choice(["RED", "GREEN", "BLUE"])
        if member[0] in ("double", "float"):
            value = r.choice([0.0, -0.0, 1.5, 5e-324, 1e300, r.uniform(-1e6, 1e6), "NaN",
                              "Infinity", "-Infinity"])
            if member[0] == "float" and isinstance(value, float):
                value = struct.unpack("f", struct.pack("f", value if abs(value) < 1e38 else 1.5))[0]
            return value
        bits, signed = INTEGERS[member[1]]
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        value = r.choice([low, high, 0, r.randint(low, high)])
        return str(value) if bits == 64 else value

    def text(self, longest):
        letters = ["a", "\u00e9", "\u2603", "\U0001f600", "\"", "\\", "\n", " "]
        text = ""
        while self.random.random() < 0.8:
            more = text + self.random.choice(letters)
            if len(more.encode()) > longest:
                break
            text = more
        return text

    def base64(self, n):
        import base64
        return base64.b64encode(bytes(self.random.randrange(256) for _ in range(n))).decode()

    def value(self, member):
        kind = member[0]
        if kind == "string":
            return None if self.random.random() < 0.2 else self.text(200)
        if kind == "text_array":
            return self.text(member[1] - 1)
        if kind == "byte_array":
            return self.base64(member[1])
        if kind == "bytes":
            return self.base64(self.random.randint(0, 30))
        if kind == "array":
            return [self.scalar_value(member[2]) for _ in range(member[1])]
        if kind == "counted":
            return [self.scalar_value(member[1]) for _ in range(self.random.randint(0, 5))]
        if kind == "struct":
            return self.record(member[1])
        return self.scalar_value(member)

    def tree(self, depth):
        if self.random.random() < 0.1 * depth:
            return None
        return {"v": self.random.randint(-9, 9), "left": self.tree(depth + 3),
                "right": self.tree(depth + 3)}

    def compound_value(self, name, member):
        """The members that it makes, or None when it is of one part."""
        r, kind = self.random, member[0]
        if kind == "union":
            which = r.choice(["WHICH_NONE", "WHICH_ONE", "WHICH_TWO"])
            arm = {"WHICH_NONE": lambda: None, "WHICH_ONE": lambda: {"one": self.value(member[1])},
                   "WHICH_TWO": lambda: {"two": self.value(member[2])}}[which]()
            return {f"w_{name}": which, name: arm}
        if kind == "extent":
            w, h = r.randint(0, 4), r.randint(0, 4)
            return {f"w_{name}": w, f"h_{name}": h, name: self.base64(w * h * 2)}
        if kind == "inner":
            return {name: {"x": r.randint(-9, 9), "y": r.uniform(-1, 1)},
                    f"flat_{name}": r.randint(-300, 300)}
        if kind == "bits":
            low, high = (-(1 << (member[1] - 1)), (1 << (member[1] - 1)) - 1) if member[2] else (
                0, (1 << member[1]) - 1)
            return {name: r.randint(low, high)}
        simple = {
            "matrix": lambda: [[self.scalar_value(member[3]) for _ in range(member[2])]
                               for _ in range(member[1])],
            "texts": lambda: [self.text(7), self.text(7)],
            "list": lambda: [{"v": r.randint(-9, 9), "label": r.choice([None, self.text(9)])}
                             for _ in range(r.randint(0, 200 if r.random() < 0.1 else 3))],
            "tree": lambda: self.tree(0),
            "words": lambda: r.choice([None, [self.text(9) for _ in range(r.randint(0, 3))]]),
            "pairs": lambda: r.choice([None, [{"key": self.text(5), "value": str(r.randint(-9, 9))}
                                              for _ in range(r.randint(0, 3))]]),
            "strings": lambda: [self.text(9) for _ in range(r.randint(0, 3))],
            "pointers": lambda: [r.choice([None, self.text(9)]) for _ in range(3)]}.get(kind)
        return {name: simple()} if simple else None

    def record(self, name):
        members = dict(self.structs)[name]
        value = {}
        for member, kind in members:
            value.update(self.compound_value(member, kind) or {member: self.value(kind)})
        value["seen"] = self.random.randint(0, 1000)
        return value


    def misfits(self, name):
        """Inputs whose parts do not belong together."""
        value = self.record(name)
        for member, kind in dict(self.structs)[name]:
            wrong = {"union": {f"w_{member}": "WHICH_ONE", member: {"two": None}},
                     "list": {member: None}, "words": {member: [None]},
                     "pairs": {member: [{"key": None, "value": 1}]},
                     "extent": {f"w_{member}": 65535, f"h_{member}": 65535, member: "AAAA"},
                     "matrix": {member: [[]]}, "tree": {member: self.deep(70)}}.get(kind[0])
            if wrong:
                yield {"value": {**value, **wrong}}
            if kind[0] == "bits":
                yield {"value": {**value, member: 1 << kind[1]}}
            if kind[0] == "union":
                yield {"value": {**value, f"w_{member}": "WHICH_NONE", member: {"one": 1}}}
                yield {"value": {**value, f"w_{member}": "WHICH_TWO", member: None}}

    @staticmethod
    def deep(n):
        tree = None
        for _ in range(n):
            tree = {"v": 1, "left": tree, "right": None}
        return tree


def same(left, right):
    if isinstance(left, float) and isinstance(right, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    if isinstance(left, dict):
        return isinstance(right, dict) and left.keys() == right.keys() and all(
            same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def hostile(maker, value):
    """Inputs that fit no type: each must be refused."""
    first = next(iter(value))
    yield b""
    yield b"["
    yield b"\xff\xfe"
    yield b'{"value":' + b"[" * 5000 + b"]" * 5000 + b"}"
    yield {}
    yield {"value": None, "more": 1}
    yield {"value": []}
    yield {"value": {**value, "unknown": 1}}
    yield {"value": {key: item for key, item in value.items() if key != "seen"}}
    yield {"value": {**value, "seen": "12x"}}
    yield {"value": {**value, "seen": 1 << 40}}
    yield {"value": {**value, "seen": 1.5}}
    yield {"value": {**value, "seen": {first: 1}}}
    yield json.dumps({"value": {**value, "seen": 1}}).replace('"seen"', '"se\\u0000en"').encode()


def make_types():
    """The first seed from a fixed one on whose types hold every kind of member."""
    for seed in itertools.count(20261123):
        maker = Maker(seed)
        for index in range(N_TYPES):
            maker.add_struct(index)
        if KINDS <= {kind[0] for _, members in maker.structs for _, kind in members}:
            return maker


def main():
    f.need("cmake", "ninja")
    try:
        import jsonschema
    except ImportError:
        jsonschema = None
        print("note: python3-jsonschema not found: values are not checked against the schemas")
    cleave = os.path.abspath(sys.argv[1])
    maker = make_types()
    names = [name for name, _ in maker.structs]
    n_values = n_hostile = 0
    with tempfile.TemporaryDirectory() as work:
        source = f"{work}/source"
        os.mkdir(source)
        with open(f"{source}/main.c", "w") as file:
            file.write(maker.source())
        with open(f"{source}/CMakeLists.txt", "w") as file:
            file.write("cmake_minimum_required(VERSION 3.25)\nproject(echo C)\n"
                       "add_executable(echo main.c)\n")
        with open(f"{work}/contracts.yaml", "w") as file:
            file.write(maker.contracts())
        out = f.generate_and_build(cleave, source, work, [f"echo_{name}" for name in names],
                                   contracts=f"{work}/contracts.yaml",
                                   build_settings=["-DCLEAVE_SANITIZE_FUNCTIONS=ON"])
        for name in names:
            folder = f"{out}/functions/echo_{name}"
            with open(f"{folder}/echo_{name}.input.schema.json") as file:
                schema = json.load(file)
            function = f.Function(f"{out}/build/functions/echo_{name}/bootstrap")
            for _ in range(N_VALUES):
                value = maker.record(name)
                if jsonschema:
                    jsonschema.validate({"value": value}, schema)
                kind, reply = function.invoke({"value": value})
                expected = {**value, "seen": value["seen"] + 1}
                if kind != "response" or not same(reply.get("value"), expected):
                    sys.exit(f"{name}: {value}\n gave {kind} {reply}")
                n_values += 1
            for event in [*hostile(maker, maker.record(name)), *maker.misfits(name)]:
                kind, reply = function.invoke(event)
                if kind != "error" or not reply["errorType"].startswith("Function.Bad"):
                    sys.exit(f"{name}: {str(event)[:300]}\n gave {kind} {reply}")
                n_hostile += 1
            kind, reply = function.invoke({"value": maker.record(name)})
            if kind != "response" or function.close() != 0:
                sys.exit(f"{name}: did not survive the hostile inputs: {kind} {reply}")
        drawn = [f"echo_{name}" for name in names[-3:]] # the later ones hold the earlier
        f.run("cmake", "--build", f"{out}/build", "--target", *(f"replay_{name}" for name in drawn))
        done = f.run(cleave, "replay", "--typed", out, *drawn, "--count", "30", "--json",
                     codes=(0, 1))
        report = json.loads(done.stdout)
        if report["n_different"] > 0 or len(report["functions"]) != len(drawn):
            sys.exit(f"typed replay: {done.stdout[:4000]}")
    print(f"{report['n_cases']} drawn values were answered alike")
    print(f"{len(names)} types, {n_values} values came back the same, {n_hostile} refused")


main()
