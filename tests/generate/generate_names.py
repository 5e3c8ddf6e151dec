#!/usr/bin/env python3
"""Programs of one tree that call different things alike: names of functions tell them apart, a name
that is two is refused with both, and each is built from its own program's code and from the libraries
of the tree. Code that nobody has ends the build. What clouds call long names is within their limits
and never alike."""
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

SOURCE = """#include <stdio.h>
static int count;
static int handle(int x)
{
  count %s= x;
  return count;
}
int scale(int x);
int scale(int x)
{
  return handle(x) * 2;
}
int add_tax(int x);
int with_tax_%s(int x);
int with_tax_%s(int x)
{
  return add_tax(x);
}
int main(void)
{
  int x;
  while (scanf("%%d", &x) == 1)
    printf("%%d\\n", scale(x));
  return 0;
}
"""


LIBRARY = """static int rate = 3;
int add_tax(int x);
int add_tax(int x)
{
  return x + rate;
}
int lost(int x);
int find(int x);
int find(int x)
{
  return lost(x);
}
"""

# What generated code calls its own variables, as the names of routines and of a variable.
WORDS = ["event", "reply", "error", "arguments", "result", "failed", "input", "values", "state",
         "marshal", "is_read", "text", "output", "record", "functions", "members", "payload"]


def check_words(cleave):
    """Routines whose names are also words of generated code, and names that nothing can carry."""
    os.mkdir("words")
    with open("words/words.c", "w", encoding="utf-8") as file:
        file.write("#include <stdlib.h>\n#include <string.h>\n")
        for i, word in enumerate(WORDS):
            file.write(f"int {word}(int x, const char *with);\nint {word}(int x, const char *with)\n"
                       f"{{\n  return x + {i} + (int)strlen(with);\n}}\n")
        file.write("int $x(int x);\nint $x(int x)\n{\n  return x;\n}\n"
                   "int gr\u00f6\u00dfe(int x);\nint gr\u00f6\u00dfe(int x)\n{\n  return x;\n}\n"
                   "int read_event(void);\nint read_event(void)\n{\n  return 1;\n}\n"
                   "int main(void)\n{\n  return event(1, \"\");\n}\n")
    with open("words/CMakeLists.txt", "w", encoding="utf-8") as file:
        file.write("cmake_minimum_required(VERSION 3.25)\nproject(w C)\nadd_executable(words words.c)\n")
    f.run("cmake", "-G", "Ninja", "-S", "words", "-B", "words-build",
          "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    f.run(cleave, "analyze", "words-build", "--root", "words", "--db", "words.db")
    said = f.run(cleave, "generate", "--db", "words.db", "-o", "words-out", "--function",
                 ",".join([*WORDS, "$x", "gr\u00f6\u00dfe"])).stdout
    for name in ("$x", "gr\u00f6\u00dfe"):
        if not re.search(rf"^refused\s+{re.escape(name)} .*no folder", said, re.M):
            sys.exit(f"{name}: nobody can build it, and it is not refused:\n{said}")
    f.run("cmake", "-G", "Ninja", "-S", "words-out", "-B", "words-out/build",
          "-DCLEAVE_LINK=dynamic")
    built = f.run("cmake", "--build", "words-out/build", "--target", "all", "originals")
    if "warning:" in built.stdout:
        sys.exit(f"the generated project has warnings:\n{built.stdout[-4000:]}")
    for i, word in enumerate(WORDS):
        function = f.Function(f"words-out/build/functions/{word}/bootstrap")
        reply = function.invoke({"x": 40, "with": "ab"})
        function.close()
        if reply != ("response", {"result": 42 + i}):
            sys.exit(f"{word}: {reply}")


STEM = "get_the_lines_of_the_invoices_of_the_customers_of_the_shop"
QUEUE = "queue of what went on and on in the shop and was told to nobody but the machine"
LIMITS = {"aws_lambda_function": ("function_name", 64), "aws_sqs_queue": ("name", 80),
          "google_cloud_run_v2_service": ("name", 49), "google_service_account": ("account_id", 30),
          "google_pubsub_topic": ("name", 255),
          "azurerm_linux_function_app": ("name", 60 - 16 + len("${var.prefix}-")),
          "azurerm_storage_queue": ("name", 63)}


def check_alike(what, names, most):
    if len(set(names)) != len(names):
        sys.exit(f"{what}: two of {sorted(names)} are one")
    if any(len(name) > most for name in names):
        sys.exit(f"{what}: more than {most} characters: {names}")


def check_long_names(cleave):
    """Three functions and two queues whose names differ at their ends, on every platform."""
    os.mkdir("long")
    with open("long/long.c", "w", encoding="utf-8") as file:
        for i in range(5):
            file.write(f"int {STEM}_{i}(int x);\nint {STEM}_{i}(int x)\n{{\n  return x + {i};\n}}\n")
    with open("long/boundaries.yaml", "w", encoding="utf-8") as file:
        file.write("version: 1\nfunctions:\n")
        for i in range(5):
            trigger = f'queue, key: "{QUEUE} {i}"' if i > 2 else "direct"
            file.write(f"  {STEM}_{i}: {{trigger: {trigger}}}\n")
    with open("long/compile_commands.json", "w", encoding="utf-8") as file:
        json.dump([{"directory": os.path.abspath("long"), "file": "long.c",
                    "arguments": ["cc", "-c", "long.c"]}], file)
    f.run(cleave, "analyze", "long", "--db", "long.db")
    f.run(cleave, "split", "--db", "long.db", "--boundaries", "long/boundaries.yaml")
    f.run(cleave, "generate", "--db", "long.db", "-o", "clouds", "--platform",
          "aws,gcp,azure,knative,openwhisk,fission,openfaas")
    for path in glob.glob("clouds/terraform-*/main.tf.json"):
        with open(path, encoding="utf-8") as file:
            for kind, resources in json.load(file)["resource"].items():
                if kind in LIMITS:
                    key, most = LIMITS[kind]
                    check_alike(kind, [one[key] for one in resources.values()], most)
    for folder, kind, most in (("gcp", "service", 49), ("knative", "service", 63),
                               ("fission", "function", 63)):
        names = []
        for path in glob.glob(f"clouds/{folder}/*.{kind}.yaml"):
            with open(path, encoding="utf-8") as file:
                names.append(re.search(r"^metadata:\n  name: (.*)$", file.read(), re.M).group(1))
        if len(names) != 5:
            sys.exit(f"{folder}: {names}")
        check_alike(folder, names, most)
    with open("clouds/openfaas/stack.yaml", encoding="utf-8") as file:
        names = re.findall(r"^  (\S+):\n(?:    #.*\n)*    \w", file.read(), re.M)
    if len(names) != 5:
        sys.exit(f"five functions are not five in OpenFaaS's stack: {names}")
    check_alike("openfaas", names, 63)
    with open("clouds/aws/template.yaml", encoding="utf-8") as file:
        queues = re.findall(r"^  (\w+Queue):$", file.read(), re.M)
    if len(queues) != 4:
        sys.exit(f"two queues and two dead letters are not four: {queues}")


def check_routes(cleave):
    """Two functions of one route are refused; keys that nothing understands are told."""
    os.mkdir("routes")
    with open("routes/routes.c", "w", encoding="utf-8") as file:
        for name in ("one", "other", "tick"):
            file.write(f"int {name}(void);\nint {name}(void)\n{{\n  return 1;\n}}\n")
        file.write("int main(void)\n{\n  return one() + other() + tick();\n}\n")
    with open("routes/compile_commands.json", "w", encoding="utf-8") as file:
        json.dump([{"directory": os.path.abspath("routes"), "file": "routes.c",
                    "arguments": ["cc", "-c", "routes.c"]}], file)
    f.run(cleave, "analyze", "routes", "--db", "routes.db")

    def generate(second, code):
        with open("routes/boundaries.yaml", "w", encoding="utf-8") as file:
            file.write('version: 1\nfunctions:\n  one: {trigger: http, key: "GET items/:id"}\n'
                       f'  other: {{trigger: http, key: "{second}"}}\n'
                       '  tick: {trigger: schedule, key: "61 25 * * *"}\n')
        f.run(cleave, "split", "--db", "routes.db", "--boundaries", "routes/boundaries.yaml")
        return f.run(cleave, "generate", "--db", "routes.db", "-o", "routes-out", codes=(code,))

    said = generate("GET /items/{key}", 2).stderr
    for words in ("two functions answer one route", "(GET /items/:id)", "(GET /items/{key})"):
        if words not in said:
            sys.exit(f"two functions of one route are not refused: {said}")
    said = generate("POST /items/:id", 0).stdout
    if "'61' is no minute" not in said:
        sys.exit(f"a time that never comes is not told: {said}")
    with open("routes-out/functions.json", encoding="utf-8") as file:
        keys = sorted(one["key"] for one in json.load(file)["functions"])
    if not {"GET /items/:id", "POST /items/:id"} <= set(keys):
        sys.exit(f"routes do not begin with '/': {keys}")
    # A plan that exists may call services anything: a folder, a target can be made of it all the same.
    with sqlite3.connect("routes.db") as store:
        store.execute("UPDATE plan_service SET name = '.. \u00fc/${x}\"' || id")
    f.run(cleave, "generate", "--db", "routes.db", "-o", "routes-services", "--as", "services")
    f.run("cmake", "-G", "Ninja", "-S", "routes-services", "-B", "routes-services/build")


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.mkdir("source")
        for name, sign in (("up", "+"), ("down", "-")):
            with open(f"source/{name}.c", "w", encoding="utf-8") as file:
                file.write(SOURCE % (sign, name, name))
        with open("source/tax.c", "w", encoding="utf-8") as file:
            file.write(LIBRARY)
        with open("source/CMakeLists.txt", "w", encoding="utf-8") as file:
            file.write("cmake_minimum_required(VERSION 3.25)\nproject(n C)\n"
                       "add_library(tax SHARED tax.c)\nadd_executable(alpha up.c)\n"
                       "add_executable(beta down.c)\ntarget_link_libraries(alpha tax)\n"
                       "target_link_libraries(beta tax)\n")
        f.run("cmake", "-G", "Ninja", "-S", "source", "-B", "build",
              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", "build", "--root", "source")
        f.run(cleave, "split")
        rows = json.loads(f.run(cleave, "show", "functions", "--json").stdout)["rows"]
        names = sorted(row["name"] for row in rows)
        if names != ["alpha", "beta"]:
            sys.exit(f"two mains are not called like their programs: {names}")
        for name in ("handle", "scale"):
            said = f.run(cleave, "generate", "-o", "none", "--function", name, codes=(2,)).stderr
            if f"'{name}' is ambiguous: beta:down.c::{name}, alpha:up.c::{name}" not in said:
                sys.exit(f"'{name}' is two and taken for one: {said}")
        f.run(cleave, "generate", "-o", "none", "--function", "gamma:handle", codes=(2,))
        f.run(cleave, "generate", "-o", "out", "--function", "alpha:handle",
              "--function", "down.c::handle", "--function", "beta:scale",
              "--function", "with_tax_up")
        f.run("cmake", "-G", "Ninja", "-S", "out", "-B", "out/build")
        f.run("cmake", "--build", "out/build", "-j", "2")
        for name, wanted in (("alpha-handle", [2, 5]), ("down-c-handle", [-2, -5]),
                             ("scale", [-4, -10]), ("with_tax_up", [5, 6])):
            function = f.Function(f"out/build/functions/{name}/bootstrap")
            got = [function.invoke({"x": x})[1].get("result") for x in (2, 3)]
            if got != wanted:
                sys.exit(f"{name}: wanted {wanted}, got {got}")
            function.close()
        f.run(cleave, "generate", "-o", "lost", "--function", "find")
        f.run("cmake", "-G", "Ninja", "-S", "lost", "-B", "lost/build")
        built = subprocess.run(["cmake", "--build", "lost/build"], capture_output=True, text=True)
        if built.returncode == 0 or "undefined reference to `lost'" not in built.stdout:
            sys.exit(f"a routine that is nowhere is linked: {built.stdout[-2000:]}")
        check_long_names(cleave)
        check_words(cleave)
        check_routes(cleave)
    print("functions that are called alike are told apart")


main()
