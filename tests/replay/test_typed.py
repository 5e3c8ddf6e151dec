#!/usr/bin/python3
"""cleave replay --typed on a program whose routines answer alike, or do not, in known ways.

What original routines are called with, and what they answer, is computed again here. The generated
code is spoiled on purpose to see that every kind of loss is found.

usage: test_typed.py CLEAVE
"""
import base64
import json
import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest

CLEAVE = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
GOOD = ["mix", "same_double", "same_float", "same_wide", "same_number", "reverse", "clip", "total",
        "to_number", "recolour", "tell", "twice", "shorten"]
BAD = ["counter", "where_am_i", "last_byte", "fill", "divide", "spin", "leave", "stamp"]
MASK = (1 << 64) - 1


def run(*command, codes=(0,), **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-4000:]}"
                 f"{done.stderr[-4000:]}")
    return done


def setUpModule():
    global work, out
    work = tempfile.TemporaryDirectory()
    source, out = f"{work.name}/source", f"{work.name}/functions"
    run("cp", "-r", f"{HERE}/typed", source)
    with open(f"{source}/CMakeLists.txt", "w") as file:
        file.write("cmake_minimum_required(VERSION 3.25)\nproject(routines C)\n"
                   "add_executable(routines routines.c)\n")
    run("cmake", "-G", "Ninja", "-S", source, "-B", f"{work.name}/build",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    store = f"{work.name}/cleave.db"
    run(CLEAVE, "analyze", f"{work.name}/build", "--root", source, "--db", store)
    run(CLEAVE, "split", "--db", store)
    run(CLEAVE, "generate", "--db", store, "--platform", "aws,gcp,azure", "-o", out,
        "--as", "services",
        "--contracts", f"{source}/contracts.yaml", *(f"--function={name}" for name in GOOD + BAD))
    run("cmake", "-G", "Ninja", "-S", out, "-B", f"{out}/build", "-DCLEAVE_LINK=dynamic")
    build()


def build():
    for target in ("all", "originals"):
        done = run("cmake", "--build", f"{out}/build", "--target", target)
        if "warning:" in done.stdout:
            sys.exit(f"the generated project has warnings:\n{done.stdout[-4000:]}")


def tearDownModule():
    work.cleanup()


def replay(*arguments, codes=(0, 1)):
    done = run(CLEAVE, "replay", "--typed", out, "--json", *arguments, codes=codes)
    report = json.loads(done.stdout)
    return done.returncode, {function["name"]: function for function in report["functions"]}


class Original:
    """The program that calls original routines, asked directly."""

    def __init__(self, function):
        with open(f"{out}/functions.json") as file:
            entry = next(item for item in json.load(file)["functions"] if item["name"] == function)
        self.function = function
        self.process = subprocess.Popen([f"{out}/{entry['original']}"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        greeting = json.loads(self.process.stdout.readline())
        self.n_boundary = next(item["n_boundary"] for item in greeting["functions"]
                               if item["name"] == function)

    def ask(self, case, seed=1, **more):
        request = {"function": self.function, "case": str(case), "seed": str(seed),
                   "timeout_ms": 2000, **more}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(20)
        self.process.stdout.close()
        return code


def asked(function, n_random=150):
    """All boundary cases and some random ones, answered."""
    original = Original(function)
    replies = [original.ask(case) for case in range(original.n_boundary + n_random)]
    assert original.close() == 0
    return [reply for reply in replies if reply["outcome"] == "answered"]


def text_bytes(value):
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()


def double_of(value):
    """The bits of a double as the contract writes it."""
    if not isinstance(value, str):
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    sign = 1 << 63 if value.startswith("-") else 0
    value = value.lstrip("-")
    if value == "Infinity":
        return sign | 0x7ff << 52
    fraction = int(value[4:-1], 16) if value != "NaN" else 1 << 51
    return sign | 0x7ff << 52 | fraction


class Draws(unittest.TestCase):
    """What is drawn covers what it should, and the originals answer as computed here."""

    def test_integers(self):
        seen = {"a": set(), "b": set(), "c": set(), "d": set()}
        for reply in asked("mix"):
            given = reply["input"]
            a, b, c, d = int(given["a"]), int(given["b"]), given["c"], given["d"]
            expected = (((a & MASK) ^ (b << 1 & MASK)) + c + d) & MASK
            self.assertEqual(reply["output"], {"result": str(expected)})
            for name, value in zip("abcd", (a, b, c, d)):
                seen[name].add(value)
        edges = {-(1 << 63), (1 << 63) - 1, 0, -1, 1, (1 << 53) + 1, -(1 << 53) - 1, 1 << 31, 255}
        self.assertLessEqual(edges, seen["a"])
        self.assertLessEqual({0, 1, MASK, MASK - 1, (1 << 53) + 1, 1 << 32}, seen["b"])
        self.assertLessEqual({-128, 127, 0, -1}, seen["c"])
        self.assertEqual({False, True}, seen["d"])
        self.assertGreater(len(seen["a"]), 60)

    def test_doubles(self):
        bits = set()
        for reply in asked("same_double"):
            given = double_of(reply["input"]["value"])
            self.assertEqual(given, double_of(reply["output"]["result"]))
            bits.add(given)
        known = {0, 1 << 63, 1, 0x7ff << 52, 0xfff << 52, 0x7ff8 << 48, 0xfff8 << 48,
                 0x7ff8000000001234, 0x7ff4000000000001, 0x7fefffffffffffff, 0x0010000000000000}
        self.assertLessEqual(known, bits)

    def test_texts_and_rooms(self):
        texts, rooms = set(), set()
        for reply in asked("clip"):
            text, cap = text_bytes(reply["input"]["text"]), int(reply["input"]["cap"])
            rooms.add(cap)
            texts.add(text)
            self.assertEqual(reply["output"]["result"], str(len(text)))
            if cap > 0:
                self.assertEqual(text_bytes(reply["output"]["out"]), text[:cap - 1])
        self.assertLessEqual({b"", b"\xff\xfe\x80", bytes(range(1, 256)), b"%s%n%d"}, texts)
        self.assertTrue(any(len(text) >= 5000 for text in texts))
        self.assertLessEqual({0, 1, 255}, rooms)

    def test_buffers(self):
        lengths = set()
        for reply in asked("reverse"):
            data = base64.b64decode(reply["input"]["data"])
            self.assertEqual(base64.b64decode(reply["output"]["out"]), data[::-1])
            lengths.add(len(data))
        self.assertLessEqual({0, 1, 5000}, lengths)
        sums = asked("total")
        self.assertTrue(any(reply["input"]["items"] == [] for reply in sums))
        for reply in sums:
            self.assertEqual(reply["output"]["result"], str(sum(reply["input"]["items"])))

    def test_records(self):
        seen, arms, labels = set(), set(), set()
        for reply in asked("recolour"):
            shape = reply["input"]["shape"]
            after = dict(shape, small=(shape["small"] + 1) % 8,
                         colour="BLUE" if shape["colour"] == "RED" else "RED")
            if shape["kind"] == "KIND_NUMBER":
                number = -int(shape["value"]["number"])
                after["value"] = {"number": str(number if number < 1 << 63 else -number)}
            elif shape["kind"] == "KIND_WORD":
                word = text_bytes(shape["value"]["word"])
                changed = b"Z" + word[1:] if word else b""
                self.assertEqual(text_bytes(reply["output"]["shape"]["value"]["word"]), changed)
                after["value"] = reply["output"]["shape"]["value"]
            self.assertEqual(reply["output"], {"shape": after})
            seen |= {shape["colour"], shape["small"], shape["tilt"]}
            arms.add(shape["kind"])
            labels.add(shape["label"] is None)
        self.assertLessEqual({"RED", "GREEN", "BLUE", 0, 7, -16, 15}, seen)
        self.assertEqual({"KIND_NONE", "KIND_NUMBER", "KIND_WORD"}, arms)
        self.assertEqual({True, False}, labels)

    def test_errno(self):
        for reply in asked("twice"):
            value = reply["input"]["value"]
            expected = {"result": value * 2, "errno": 0} if abs(value) <= 1000 else \
                {"result": -1, "errno": 34}
            self.assertEqual(reply["output"], expected)

    def test_same_seed_same_inputs(self):
        first, second = Original("clip"), Original("clip")
        for case in (0, first.n_boundary, first.n_boundary + 7):
            self.assertEqual(first.ask(case, 5), second.ask(case, 5))
            self.assertEqual(first.ask(0, choices=first.ask(case, 5)["choices"]),
                             second.ask(case, 5))
        case = first.n_boundary + 3
        self.assertNotEqual(first.ask(case, 5), second.ask(case, 6))
        self.assertEqual((first.close(), second.close()), (0, 0))


class Replays(unittest.TestCase):

    def test_alike(self):
        for platform in ("aws", "gcp", "azure"):
            code, functions = replay(*GOOD, "--count", "60", "--platform", platform)
            self.assertEqual(code, 0, functions)
            self.assertEqual(set(functions), set(GOOD))
            for function in functions.values():
                self.assertGreater(function["n_boundary"], 0)
                self.assertEqual(function["n_alike"] + function["n_unfit"],
                                 function["n_boundary"] + 60)
                self.assertEqual(function["findings"], [])

    def only(self, name, *arguments):
        code, functions = replay(name, "--count", "20", *arguments)
        self.assertEqual(list(functions), [name])
        return code, functions[name]

    def test_hidden_state(self):
        code, function = self.only("counter")
        self.assertEqual(code, 1)
        self.assertIn("history", [finding["kind"] for finding in function["findings"]])

    def test_answers_differ(self):
        code, function = self.only("where_am_i")
        self.assertEqual(code, 1)
        finding = function["findings"][0]
        self.assertEqual((finding["kind"], finding["input"]), ("answer", {"base": 127}))
        self.assertEqual(finding["differences"],
                         [{"where": "result", "original": "127", "function": "128"}])
        # The same case alone, as the report says.
        code, again = self.only("where_am_i", "--case", str(finding["case"]))
        self.assertEqual(code, 1)
        self.assertEqual(again["n_boundary"] + again["n_random"], 1)
        self.assertEqual(again["findings"][0]["input"], {"base": 127})

    def test_reads_beyond(self):
        code, function = self.only("last_byte")
        self.assertEqual(code, 1)
        finding = function["findings"][0]
        self.assertEqual((finding["kind"], finding["input"]), ("outcome", {"data": "AA=="}))
        self.assertEqual(finding["original"],
                         "crashed with SIGSEGV: it touched byte 2 of 'data', which has 1")
        self.assertEqual(finding["function"], "answered")

    def test_writes_beyond(self):
        code, function = self.only("fill")
        self.assertEqual(code, 1)
        finding = function["findings"][0]
        self.assertEqual(finding["input"], {"n": "4"})
        self.assertIn("it touched byte 4 of 'out', which has 3", finding["original"])

    def test_crash_on_both_sides(self):
        code, function = self.only("divide")
        self.assertEqual((code, function["n_different"]), (0, 0))
        self.assertGreater(function["n_both_crashed"], 0)
        finding = function["findings"][0]
        self.assertEqual((finding["kind"], finding["input"]["b"]), ("both crash", 0))
        self.assertIn("SIGFPE", finding["original"])
        self.assertIn("SIGFPE", finding["function"])
        # It went on behind the crash.
        self.assertGreater(function["n_alike"], 30)

    def test_exit(self):
        code, function = self.only("leave")
        self.assertEqual((code, function["n_both_crashed"]), (0, function["findings"][0]["n_cases"]))
        self.assertEqual(function["findings"][0]["original"], "ended with exit code 3")

    def test_endless(self):
        code, function = self.only("spin", "--timeout", "1")
        self.assertEqual(code, 0)
        self.assertGreater(function["n_both_crashed"], 0)
        self.assertEqual(function["findings"][0]["original"], "no answer in time")

    def test_unsteady(self):
        code, function = self.only("stamp", "--case", "0")
        self.assertEqual((code, function["findings"][0]["kind"]), (1, "unsteady"))

    def test_wrong_usage(self):
        for arguments, code in ((["no_such"], 2), (["--platform", "vax"], 2)):
            done = run(CLEAVE, "replay", "--typed", out, *arguments, codes=(code,))
            self.assertTrue(done.stderr)
        done = run(CLEAVE, "replay", "--typed", f"{out}/functions", codes=(6,))
        self.assertIn("no generated project", done.stderr)
        run(CLEAVE, "replay", codes=(2,))

    def test_text(self):
        done = run(CLEAVE, "replay", "--typed", out, "where_am_i", "tell", "--count", "10",
                   codes=(1,))
        self.assertIn("the answers differ", done.stdout)
        self.assertIn('input (made simpler): {"base":127}', done.stdout)
        self.assertIn("again: cleave replay --typed DIR where_am_i --seed 1 --case", done.stdout)


class Spoiled(unittest.TestCase):
    """Losses in the generated code, which the originals do not go through."""

    def spoil(self, file, old, new):
        path = f"{out}/runtime/{file}"
        with open(path) as text:
            source = text.read()
        self.assertIn(old, source)
        with open(path, "w") as text:
            text.write(source.replace(old, new, 1))
        self.addCleanup(self.restore, path, source)

    @staticmethod
    def restore(path, source):
        with open(path, "w") as text:
            text.write(source)

    def test_losses(self):
        # Beyond 2^53, the sign of zero, the payload of a NaN, bytes behind a NUL.
        self.spoil("cleave_marshal_write.c", 'snprintf(text, sizeof text, "%lld", (long long)value);',
                   'snprintf(text, sizeof text, "%lld", (long long)(double)(value >> 1) * 2 + '
                   '(value & 1));')
        self.spoil("cleave_marshal_write.c", "return ours(json_real(value));",
                   "return ours(json_real(value == 0 ? 0 : value));")
        self.spoil("cleave_marshal_read.c", "*fraction = strtoull(digits, NULL, 16);",
                   "(void)digits;")
        self.spoil("cleave_marshal_write.c", "base64_encode(data, n, text);",
                   "base64_encode(data, strnlen(data, n), text);")
        build()
        code, functions = replay("same_number", "same_double", "same_float", "reverse", "total")
        self.assertEqual(code, 1)
        places = {name: functions[name]["n_different"] for name in functions}
        for name in ("same_number", "same_double", "same_float", "reverse"):
            self.assertGreater(places[name], 0, name)
        numbers = [int(finding["input"]["value"]) for finding in functions["same_number"]["findings"]]
        self.assertTrue(all(abs(number) > 1 << 53 for number in numbers), numbers)
        values = [finding["differences"][0]["original"]
                  for name in ("same_double", "same_float")
                  for finding in functions[name]["findings"]]
        self.assertTrue(values)
        self.assertTrue(all(value == "-0.0" or "NaN(" in value for value in values), values)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
