#!/usr/bin/python3
"""Runs one command case, or refreshes its expectations.

A folder is a test case:
  command   shell lines, run by sh in an empty folder with cleave (and make_store) in PATH
  input/    copied into that folder first, when there is one
  stdout    what must come on stdout ('' when the file is missing)
  stderr    the same for stderr
  exit      the expected exit code, 0 when the file is missing
  requires  programs or files, one per line, without which the case is skipped

In the expectations {folder} stands for the working folder, {source} for the source tree, and {any}
for any text on one line.

usage: run.py [--refresh] CASE-FOLDER
environment: CLEAVE_BINARY_DIR (default build/dev), CLEAVE_SOURCE_DIR
"""
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def read(path):
    return path.read_bytes().decode("utf-8") if path.exists() else ""


def missing_requirement(case, source):
    for line in read(case / "requires").split("\n"):
        name = line.strip()
        if not name:
            continue
        if "/" in name:
            if not pathlib.Path(name.replace("{source}", str(source))).exists():
                return name
        elif not shutil.which(name):
            return name
    return None


def run(case, source, binary):
    with tempfile.TemporaryDirectory(prefix="cleave-case-") as name:
        folder = pathlib.Path(name).resolve() / "work"
        if (case / "input").is_dir():
            shutil.copytree(case / "input", folder, symlinks=True)
        else:
            folder.mkdir()
        places = [binary / "cli", binary / "tests" / "reports"]
        environment = {
            "PATH": ":".join(map(str, places)) + ":" + os.environ["PATH"],
            "HOME": name,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "CLEAVE_SOURCE_DIR": str(source),
            "CLEAVE_DATA": os.environ.get("CLEAVE_DATA", str(source.parent / "shared" / "data")),
        }
        for kept in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if kept in os.environ:
                environment[kept] = os.environ[kept]
        result = subprocess.run(
            ["sh", str(case / "command")], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=300)

        def general(data):
            text = data.decode("utf-8", "backslashreplace")
            return text.replace(str(folder), "{folder}").replace(str(source), "{source}")

        return general(result.stdout), general(result.stderr), result.returncode


def matches(expected, found):
    parts = [re.escape(part) for part in expected.split("{any}")]
    return re.fullmatch("[^\n]*".join(parts), found) is not None


def complain(name, expected, found):
    print(f"{name} differs:")
    sys.stdout.writelines(difflib.unified_diff(
        expected.splitlines(True), found.splitlines(True), "expected", "found"))
    print()


def write(path, text, old):
    if matches(old, text) and path.exists():
        return
    if text:
        path.write_bytes(text.encode("utf-8"))
    elif path.exists():
        path.unlink()


def main():
    words = sys.argv[1:]
    refresh = "--refresh" in words
    words = [word for word in words if word != "--refresh"]
    if len(words) != 1:
        sys.exit(__doc__)
    case = pathlib.Path(words[0]).resolve()
    here = pathlib.Path(__file__).resolve().parent.parent.parent
    source = pathlib.Path(os.environ.get("CLEAVE_SOURCE_DIR", here)).resolve()
    binary = pathlib.Path(os.environ.get("CLEAVE_BINARY_DIR", source / "build" / "dev")).resolve()
    missing = missing_requirement(case, source)
    if missing:
        print(f"SKIPPED: {missing} is not here")
        sys.exit(SKIPPED)
    out, err, code = run(case, source, binary)
    expected_out, expected_err = read(case / "stdout"), read(case / "stderr")
    expected_code = int(read(case / "exit") or 0)
    if refresh:
        write(case / "stdout", out, expected_out)
        write(case / "stderr", err, expected_err)
        write(case / "exit", f"{code}\n" if code else "", read(case / "exit"))
        return
    is_good = True
    for name, expected, found in (("stdout", expected_out, out), ("stderr", expected_err, err)):
        if not matches(expected, found):
            complain(name, expected, found)
            is_good = False
    if code != expected_code:
        print(f"exit code {code}, expected {expected_code}")
        is_good = False
    sys.exit(0 if is_good else 1)


main()
