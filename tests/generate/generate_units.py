#!/usr/bin/python3
"""Functions that the plan makes one unit of become one binary; the others stay alone.

usage: generate_units.py CLEAVE WORK
"""
import csv
import io
import json
import os
import shutil
import subprocess
import sys

CLEAVE, WORK = sys.argv[1:3]

# price() and quote() are two names for the same work; weigh() has nothing to do with it.
WORK_LINES = "\n".join(f"  sum += table[(n + {i}) % 8] * {i};" for i in range(40))
SOURCE = f"""
static long table[8];
static long n_calls;

static long work(long n)
{{
  long sum = 0;
  n_calls = n_calls * 2 + n;
{WORK_LINES}
  table[n % 8] = sum;
  return sum;
}}

long price(long n)
{{
  return work(n);
}}

long quote(long n)
{{
  return work(n + 1);
}}

long weigh(long n)
{{
  return n * 3;
}}

int main(void)
{{
  return (int)(price(1) + quote(2) + weigh(3));
}}
"""


def cleave(*words):
    return subprocess.run([CLEAVE, *words], check=True, cwd=WORK, capture_output=True, text=True)


shutil.rmtree(WORK, ignore_errors=True)
os.makedirs(WORK)
with open(os.path.join(WORK, "shop.c"), "w") as out:
    out.write(SOURCE)
with open(os.path.join(WORK, "compile_commands.json"), "w") as out:
    json.dump([{"directory": WORK, "file": "shop.c", "arguments": ["cc", "-c", "shop.c"]}], out)
with open(os.path.join(WORK, "boundaries.yaml"), "w") as out:
    out.write("version: 1\ntogether: [[price, quote, weigh]]\nfunctions:\n")
    for name in ("price", "quote", "weigh"):
        out.write(f"  {name}: {{trigger: direct}}\n")
cleave("analyze", ".")
print(cleave("split", "--boundaries", "boundaries.yaml").stderr)
units = {row["function"]: row["unit"] for row in
         csv.DictReader(io.StringIO(cleave("show", "units", "--format", "csv").stdout))}
units.pop("main", None)
print(units)
assert units == {"price": "price", "quote": "price", "weigh": "weigh"}, units
cleave("generate", "--platform", "aws", "-o", "out")
with open(os.path.join(WORK, "out", "functions.json")) as text:
    binaries = {row["name"]: row["binary"] for row in json.load(text)["functions"]}
print(binaries)
assert binaries["price"] == binaries["quote"] == "build/functions/price/bootstrap", binaries
assert binaries["weigh"] == "build/functions/weigh/bootstrap", binaries
subprocess.run(["cmake", "-G", "Ninja", "-S", "out", "-B", "out/build",
                f"-DCLEAVE_SOURCE_ROOT={WORK}"], cwd=WORK, check=True, capture_output=True)
subprocess.run(["cmake", "--build", "out/build"], cwd=WORK, check=True, capture_output=True)
for name in ("price", "quote"):
    assert os.access(os.path.join(WORK, "out", binaries[name]), os.X_OK)
with open(os.path.join(WORK, "out", "functions", "price", "main.c")) as text:
    main = text.read()
assert main.count(".name = ") == 2, main
