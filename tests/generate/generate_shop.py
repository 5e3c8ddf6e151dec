#!/usr/bin/env python3
"""All functions of the sample shop that need no decision: generated for seven platforms, built
without warnings, and through their own tests. Those that are refused say why."""
import collections
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

PLATFORMS = "aws,gcp,azure,knative,openwhisk,fission,openfaas"


def main():
    f.need("cmake", "ninja", "ctest")
    cleave = os.path.abspath(sys.argv[1])
    shop = f"{os.environ['CLEAVE_SOURCE_DIR']}/samples/shop"
    with tempfile.TemporaryDirectory() as work:
        build, store, out = f"{work}/build", f"{work}/cleave.db", f"{work}/functions"
        f.run("cmake", "-G", "Ninja", "-S", shop, "-B", build, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", build, "--root", shop, "--db", store)
        f.run(cleave, "split", "--db", store)
        said = f.run(cleave, "generate", "--db", store, "--platform", PLATFORMS, "-o", out).stdout
        for line in said.splitlines():
            if line.startswith("refused") and not re.search(r"\S+\.[ch]:\d+: \S", line):
                sys.exit(f"refused without a reason and a place: {line}")
        readiness = collections.Counter(
            function["readiness"] for function in json.loads(
                f.run(cleave, "show", "functions", "--db", store, "--json").stdout)["rows"])
        # The tables that the functions expect: what the shop itself makes when it starts.
        f.run("cmake", "--build", build, "--target", "shop-batch")
        database = f"sqlite:{work}/shop.sqlite"
        f.run(f"{build}/shop-batch", "-d", database, "init", cwd=work)
        f.run("cmake", "-G", "Ninja", "-S", out, "-B", f"{out}/build",
              "-DCLEAVE_TEST_FOLDERS=mail;thumbs;reports",
              f"-DCLEAVE_TEST_ENVIRONMENT=SHOP_DATABASE_URL={database};SHOP_STATIC_DIR={shop}/static")
        built = f.run("cmake", "--build", f"{out}/build", "-j", "2").stdout
        if "warning:" in built:
            sys.exit(f"warnings:\n{built[-3000:]}")
        tested = f.run("ctest", "--test-dir", f"{out}/build", "-j", "2", "-V").stdout
        answered = len(re.findall(r"the sample was answered", tested))
        failed = re.findall(r"(\S+) on \S+: the sample was failed", tested)
        n = len(re.findall(r"the sample was", tested))
        if n < 100 or answered < 0.9 * n:
            sys.exit(f"{n} samples, {answered} answered:\n{tested[-3000:]}")
        f.run("cmake", "--build", f"{out}/build", "--target", "sizes")
    open_ones = [line.split()[1] for line in said.splitlines() if line.startswith("decide")]
    print(f"functions: {dict(readiness)}; waiting for a decision: {open_ones}")
    print(f"{n} samples: {answered} answered; the routine itself failed for {sorted(set(failed))}")


main()
