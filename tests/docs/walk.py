#!/usr/bin/python3
"""Walks a page of the documentation: runs every command of its console blocks, in order, from an
empty folder.

usage: walk.py [--refresh] PAGE.md

A console block holds lines "$ COMMAND" (a trailing "\\" goes on), each followed by what it prints. A
command must end with 0, or with N where "# exit N" stands behind it. The first line of what it
prints must be as on the page, numbers and paths aside: proposals get better, their form stays.
"--refresh" writes the output into the page instead.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = pathlib.Path(os.environ.get("CLEAVE_SOURCE_DIR", HERE)).resolve()
BINARY = pathlib.Path(os.environ.get("CLEAVE_BINARY_DIR", HERE / "build" / "dev")).resolve()


def run(command, folder):
    environment = {**os.environ, "PATH": f"{BINARY / 'cli'}:{os.environ['PATH']}", "LANG": "C.UTF-8",
                   "CLEAVE": str(SOURCE), "HOME": str(folder)}
    result = subprocess.run(["bash", "-c", "set -o pipefail\n" + command], cwd=folder, env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
    text = result.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    return text.replace(str(folder), "~/try").replace(str(SOURCE), "~/cleave"), result.returncode


def form(text):
    line = text.split("\n")[0] if text else ""
    return re.sub(r"\s+", " ", re.sub(r"[\d.,]+", "#", line)).strip()


def main():
    words = [word for word in sys.argv[1:] if word != "--refresh"]
    is_refresh = "--refresh" in sys.argv
    page = pathlib.Path(words[0])
    parts = re.split(r"(^```console\n.*?^```\n)", page.read_text(), flags=re.M | re.S)
    n_commands, n_failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="cleave-walk-") as name:
        folder = pathlib.Path(name).resolve()
        for i, part in enumerate(parts):
            if not part.startswith("```console\n"):
                continue
            out = "```console\n"
            for step in re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ |```).*\n)*)", part, flags=re.M):
                command, told = step
                code = int((re.search(r"# exit (\d+)$", command) or [0, 0])[1])
                found, got = run(command, folder)
                n_commands += 1
                if got != code:
                    print(f"FAILED: {command}\n  ended with {got}: {found[-600:]}")
                    n_failed += 1
                elif not is_refresh and form(found) != form(told):
                    print(f"FAILED: {command}\n  page: {form(told)}\n  now:  {form(found)}")
                    n_failed += 1
                out += f"$ {command}\n{found}{'' if found.endswith(chr(10)) or not found else chr(10)}"
            parts[i] = out + "```\n"
    if is_refresh:
        page.write_text("".join(parts))
    print(f"{page.name}: {n_commands} commands, {n_failed} failed")
    sys.exit(1 if n_failed or n_commands == 0 else 0)


main()
