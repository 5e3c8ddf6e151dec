#!/usr/bin/env python3
"""Every trigger on every platform: functions of one small program (and a handler of libmicrohttpd,
and a CGI program) are generated for all platforms, built once, and tried by the project's own tests
with what each platform sends. The tests are tried, too: each must fail where it should. Then the
size report, and a fuzz target where clang is."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f
import triggers
from triggers import write

PLATFORMS = ["aws", "gcp", "azure", "knative", "openwhisk", "fission", "openfaas"]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def names_of(out):
    return [function["name"] for function in load(f"{out}/functions.json")["functions"]]


def ctest(out, *arguments, codes=(0,)):
    return f.run("ctest", "--test-dir", f"{out}/build", "--output-on-failure", *arguments,
                 codes=codes).stdout


def check_that_tests_fail(out, name):
    """A test that cannot fail says nothing."""
    folder = f"{out}/functions"
    sample = next(f"{folder}/{each}/samples/{name}.aws.json" for each in os.listdir(folder)
                  if os.path.exists(f"{folder}/{each}/samples/{name}.aws.json"))
    good = load(sample)
    write(sample, json.dumps({"sku": 5}))
    if "the sample is refused" not in ctest(out, "-R", f"^{name}/aws$", codes=(8,)):
        sys.exit("a sample that fits no contract passes")
    write(sample, json.dumps(good))
    write(f"{sample}.expected", json.dumps({"another": "answer"}))
    if "asks for another answer" not in ctest(out, "-R", f"^{name}/aws$", codes=(8,)):
        sys.exit("an expected answer is not compared")
    os.remove(f"{sample}.expected")


def check_sizes(out):
    said = f.run("cmake", "--build", f"{out}/build", "--target", "sizes").stdout
    if "unused" in said or "of the closure" not in said:
        sys.exit(f"the size report is wrong:\n{said}")


def check_fuzz(out, name):
    if not shutil.which("clang-19"):
        print("SKIP fuzz target: clang-19: not found")
        return
    build = f"{out}/fuzz"
    f.run("cmake", "-G", "Ninja", "-S", out, "-B", build, "-DCMAKE_C_COMPILER=clang-19",
          "-DCLEAVE_FUZZ_FUNCTIONS=ON")
    f.run("cmake", "--build", build, "--target", f"function_{name}")
    f.run(f"{build}/functions/{name}/fuzz", "-runs=2000", "-seed=1", "-max_len=300")
    print("fuzz target: 2000 runs")


def main():
    f.need("cmake", "ninja", "ctest")
    cleave = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        has_microhttpd = os.path.exists("/usr/include/microhttpd.h")
        triggers.generate(cleave, PLATFORMS, has_microhttpd)
        functions = load("out/functions.json")["functions"]
        found = {function["trigger"] for function in functions}
        adapters = {function["adapter"] for function in functions}
        wanted = {"call", "consumer", "cgi"} | ({"microhttpd"} if has_microhttpd else set())
        if found < {"http", "queue", "stream", "object", "schedule"} or adapters < wanted:
            sys.exit(f"only {found} and {adapters} were generated: {functions}")
        f.run("cmake", "-G", "Ninja", "-S", "out", "-B", "out/build")
        built = f.run("cmake", "--build", "out/build")
        if "warning:" in built.stdout:
            sys.exit(f"warnings:\n{built.stdout[-3000:]}")
        listed = f.run("ctest", "--test-dir", "out/build", "-N").stdout
        missing = [f"{function['name']}/{platform}" for function in functions
                   for platform in PLATFORMS if f"{function['name']}/{platform}" not in listed]
        if missing:
            sys.exit(f"no tests for {missing}")
        said = ctest("out", "-V")
        for function in functions:
            for platform in PLATFORMS:
                if f"{function['name']} on {platform}: the sample was answered" not in said:
                    sys.exit(f"{function['name']} on {platform}: not answered\n{said[-4000:]}")
        name = next(function["name"] for function in functions if function["routine"] == "price")
        check_that_tests_fail("out", name)
        check_sizes("out")
        binary = next(function["binary"] for function in functions if function["name"] == name)
        check_fuzz("out", binary.split("/")[-2])
    print(f"{len(functions)} functions with triggers {sorted(found)} on {PLATFORMS}")


main()
