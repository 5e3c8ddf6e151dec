#!/usr/bin/env python3
"""What people decide wins: contracts.yaml, annotations, an edited function.yaml; and what nobody
decided stops the build and says so."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

SOURCE = """#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cleave.h"

struct item { int id; void *raw; size_t raw_bytes_total; FILE *trace; };
static char *greeting;
static int factor;

int total(const struct item *items, size_t many, void *scratch, char *out, size_t room);
int total(const struct item *items, size_t many, void *scratch, char *out, size_t room)
{
  int sum = 0;
  (void)scratch;
  for (size_t i = 0; i < many; i++)
    sum += items[i].id + (int)items[i].raw_bytes_total;
  snprintf(out, room, "sum %d", sum);
  errno = sum;
  return sum;
}

int sum_of(const int *numbers, size_t how_many) CLEAVE("numbers: count(how_many)");
int sum_of(const int *numbers, size_t how_many)
{
  int sum = 0;
  for (size_t i = 0; i < how_many; i++)
    sum += numbers[i];
  return sum * factor;
}

const char *greet(void);
const char *greet(void)
{
  return greeting;
}

int print(const char *format, ...);
int print(const char *format, ...)
{
  return (int)strlen(format);
}

static int set_factor(int value)
{
  factor = value;
  return 0;
}

static int set_greeting(const char *text)
{
  greeting = strdup(text);
  return greeting ? 0 : -1;
}

int main(int argc, char **argv)
{
  if (set_factor(2) != 0)
    return 1;
  if (set_greeting(argc > 1 ? argv[1] : "hello") != 0)
    return 1;
  printf("%s %d %s\\n", greet(), sum_of((int[]){1, 2}, 2), print("x") ? "y" : "n");
  return total(NULL, 0, NULL, (char[9]){0}, 9);
}
"""

CONTRACTS = """version: 1
routines:
  total:
    params: {items: {count: many}, scratch: {skip: true}, out: {out: true, cap: room}}
    result: {errno: true}
types:
  "struct item": {fields: {raw: {size: raw_bytes_total}, trace: {skip: true}}}
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def invoke(out, name, *events):
    function = f.Function(f"{out}/build/functions/{name}/bootstrap")
    replies = [function.invoke(event) for event in events]
    function.close()
    return replies


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    top = os.environ["CLEAVE_SOURCE_DIR"]
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.mkdir("source")
        write("source/m.c", SOURCE)
        write("source/CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(m C)\n"
              f"include_directories({top}/splitter/generate/include)\nadd_executable(m m.c)\n")
        write("contracts.yaml", CONTRACTS)
        f.run("cmake", "-G", "Ninja", "-S", "source", "-B", "build",
              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", "build", "--root", "source")
        generate = [cleave, "generate", "-o", "out", "--function"]

        refused = f.run(*generate, "print", codes=(3,))
        if "m.c:40: it takes variable arguments" not in refused.stdout:
            sys.exit(f"no reason for the refusal: {refused.stdout}")
        refused = f.run(*generate, "total", codes=(3,))
        if "m.c:" not in refused.stdout or "refused" not in refused.stdout:
            sys.exit(f"total needs a contract: {refused.stdout}")
        write("wrong.yaml", CONTRACTS.replace("skip", "skp", 1))
        wrong = f.run(*generate, "total", "--contracts", "wrong.yaml", codes=(2,))
        if "wrong.yaml:4:" not in wrong.stderr or "did you mean 'skip'" not in wrong.stderr:
            sys.exit(f"the misspelt key is not named: {wrong.stderr}")

        f.run(*generate, "total,sum_of,greet", "--contracts", "contracts.yaml")
        configured = f.run("cmake", "-G", "Ninja", "-S", "out", "-B", "out/build")
        if "greet is not built: decide set_greeting" not in configured.stdout + configured.stderr:
            sys.exit(f"the open decision is not named: {configured.stdout}{configured.stderr}")
        f.run("cmake", "--build", "out/build")
        stopped = subprocess.run(["cmake", "--build", "out/build", "--target", "function_greet"],
                                 capture_output=True, text=True)
        if stopped.returncode == 0 or "'set_greeting' is undecided" not in stopped.stdout:
            sys.exit(f"the build of greet does not stop: {stopped.stdout}")
        event = {"items": [{"id": 3, "raw": "YWJj"}, {"id": 4, "raw": ""}], "room": "20"}
        expect("total", invoke("out", "total", event)[0],
               ("response", {"result": 10, "out": "sum 10", "errno": 10}))
        expect("sum_of", invoke("out", "sum_of", {"numbers": [1, 2, 4]})[0],
               ("response", {"result": 14}))

        # The decision, made by hand; it survives the next generation.
        path = "out/functions/greet/function.yaml"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        edited = text.replace("- decide: set_greeting",
                              "- run: \"set_greeting(\\\"good day\\\")\"\n    source: m.c")
        write(path, edited)
        said = f.run(*generate, "total,sum_of,greet", "--contracts", "contracts.yaml").stderr
        if f"kept functions/greet/function.yaml" not in said:
            sys.exit(f"nothing is said about the edited file: {said}")
        with open(path, encoding="utf-8") as file:
            expect("the edited file", file.read(), edited)
        f.run("cmake", "-S", "out", "-B", "out/build")
        f.run("cmake", "--build", "out/build")
        expect("greet", invoke("out", "greet", {})[0], ("response", {"result": "good day"}))
    print("contracts.yaml, annotations and decisions are followed")


main()
