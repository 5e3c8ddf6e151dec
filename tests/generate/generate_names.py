#!/usr/bin/env python3
"""Programs of one tree that call different things alike: names of functions tell them apart, a name
that is two is refused with both, and each is built from its own program's code and from the libraries
of the tree. Code that nobody has ends the build."""
import json
import os
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
    print("functions that are called alike are told apart")


main()
