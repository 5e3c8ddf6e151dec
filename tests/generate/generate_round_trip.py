#!/usr/bin/env python3
"""Random C types with random values: JSON in, C values, JSON out is the identity, and both fit the
generated schema. Hostile inputs get an error and never a crash."""
import json
import math
import os
import random
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

N_TYPES = 12
N_VALUES = 100
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
        if choice < 0.45:
            return self.scalar()
        if choice < 0.60:
            return ("string",)
        if choice < 0.70:
            return ("text_array", self.random.randint(2, 20))
        if choice < 0.76:
            return ("bytes",)
        if choice < 0.84:
            return ("array", self.random.randint(1, 4), self.element())
        if choice < 0.90:
            return ("counted", self.element())
        if self.structs and depth > 0:
            return ("struct", self.random.choice(self.structs)[0])
        return ("byte_array", self.random.randint(1, 9))

    def add_struct(self, index):
        name = f"record_{index}"
        members = [(f"m{i}", self.member(1)) for i in range(self.random.randint(1, 7))]
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
        return [f"{self.scalar_type(member)} {name};"]

    def source(self):
        lines = ["#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>", "",
                 "enum colour { RED, GREEN = 7, BLUE = -3 };", ""]
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

    def record(self, name):
        members = dict(self.structs)[name]
        value = {member: self.value(kind) for member, kind in members}
        value["seen"] = self.random.randint(0, 1000)
        return value


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


def main():
    f.need("cmake", "ninja")
    try:
        import jsonschema
    except ImportError:
        jsonschema = None
        print("note: python3-jsonschema not found: values are not checked against the schemas")
    cleave = os.path.abspath(sys.argv[1])
    maker = Maker(20261123)
    names = [maker.add_struct(i) for i in range(N_TYPES)]
    n_values = n_hostile = 0
    with tempfile.TemporaryDirectory() as work:
        source = f"{work}/source"
        os.mkdir(source)
        with open(f"{source}/main.c", "w") as file:
            file.write(maker.source())
        with open(f"{source}/CMakeLists.txt", "w") as file:
            file.write("cmake_minimum_required(VERSION 3.25)\nproject(echo C)\n"
                       "add_executable(echo main.c)\n")
        out = f.generate_and_build(cleave, source, work, [f"echo_{name}" for name in names])
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
            for event in hostile(maker, maker.record(name)):
                kind, reply = function.invoke(event)
                if kind != "error" or not reply["errorType"].startswith("Function.Bad"):
                    sys.exit(f"{name}: {str(event)[:300]}\n gave {kind} {reply}")
                n_hostile += 1
            kind, reply = function.invoke({"value": maker.record(name)})
            if kind != "response" or function.close() != 0:
                sys.exit(f"{name}: did not survive the hostile inputs: {kind} {reply}")
    print(f"{len(names)} types, {n_values} values came back the same, {n_hostile} refused")


main()
