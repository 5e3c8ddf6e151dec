#!/usr/bin/env python3
"""cmark from Debian's sources: one of its routines as a function answers what its program prints."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    top = os.environ["CLEAVE_SOURCE_DIR"]
    fetched = subprocess.run([f"{top}/tests/lib/debian-source", "cmark"], capture_output=True,
                             text=True)
    if fetched.returncode == 77 or not fetched.stdout.strip():
        f.skip("the source of cmark cannot be fetched")
    source = fetched.stdout.strip().splitlines()[-1]
    with open(f"{source}/test/spec.txt", encoding="utf-8") as file:
        inputs = re.findall(r"`{32} example\n(.*?)\n\.\n", file.read(), re.S)
    inputs = [text.replace("\u2192", "\t") for text in inputs] + ["", "\u2603", "*a* " * 25000]
    with tempfile.TemporaryDirectory() as work:
        out = f.generate_and_build(cleave, source, work, ["cmark_markdown_to_html"],
                                   settings=["-DCMARK_SHARED=OFF"])
        f.run("cmake", "--build", f"{work}/build", "--target", "cmark_exe")
        function = f.Function(f"{out}/build/functions/cmark_markdown_to_html/bootstrap")
        wanted = {}
        for text in inputs:
            printed = wanted[text] = subprocess.run([f"{work}/build/src/cmark"], input=text.encode(),
                                     capture_output=True, check=True).stdout.decode()
            kind, reply = function.invoke({"text": text, "options": 0})
            if kind != "response" or reply != {"result": printed}:
                sys.exit(f"{text!r}\n prints {printed!r}\n gave {kind} {reply}")
        # The same process once more, backwards: nothing that was left behind changes an answer.
        for text in reversed(inputs[:200]):
            kind, reply = function.invoke({"text": text, "options": 0})
            if kind != "response" or reply != {"result": wanted[text]}:
                sys.exit(f"{text!r}\n gave {kind} {reply} the second time")
        if function.close() != 0:
            sys.exit("the function did not end well")
    if len(inputs) < 100:
        sys.exit(f"only {len(inputs)} inputs were found")
    print(f"{len(inputs)} inputs: the same answers as cmark's own program")


main()
