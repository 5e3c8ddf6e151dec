#!/usr/bin/env python3
"""A hostile tree is analysed without running, loading or overwriting anything: strace watches."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from common import CLEAVE, SKIPPED, cleave

SOURCE = "int used(int x)\n{\n  return x;\n}\nint main(void)\n{\n  return used(0);\n}\n"


def hostile_commands(tree):
    """One source per way in which a command could write a file, load code or run a program."""
    touch = f"{tree}/stolen"
    options = [
        ["-fplugin=./evil.so"], ["-fpass-plugin=./evil.so"], ["-Xclang", "-load", "-Xclang", "./evil.so"],
        ["-Xclang", "-plugin", "-Xclang", "evil"], ["-Xclang", "-add-plugin", "-Xclang", "evil"],
        ["-wrapper", f"sh,-c,touch {touch}"], ["-specs=./evil.specs"], ["-B."],
        ["--config=./evil.cfg"], ["-MD", "-MF", "victim"], ["-MMD"], ["-Wp,-MD,victim"],
        ["-MJ", "victim"], ["-Xclang", "-dependency-file", "-Xclang", "victim"],
        ["-Xclang", "-dependency-dot", "-Xclang", "victim"],
        ["-Xclang", "-header-include-file", "-Xclang", "victim"], ["-H"], ["-v"], ["-###"],
        ["-save-temps"], ["-save-temps=obj"], ["--save-temps"], ["-o", "victim"], ["-ovictim"],
        ["-serialize-diagnostics", "victim"], ["--serialize-diagnostics", "victim"],
        ["-fmodules", "-fmodules-cache-path=victim-modules"], ["-fprofile-generate=victim-profile"],
        ["-ftest-coverage", "-fprofile-arcs"], ["-emit-pch"], ["-Xclang", "-emit-obj"],
        ["-include-pch", "evil.pch"], ["-ivfsoverlay", "evil.yaml"], ["-S"], ["-E"], ["-M"],
        ["-ftime-trace=victim"], ["-fsave-optimization-record"], ["-foptimization-record-file=victim"],
        ["-gsplit-dwarf"], ["-fcrash-diagnostics-dir=victim-crash"], ["@evil.rsp"], ["@missing.rsp"],
        ["-mllvm", "-load=./evil.so"], ["-std=evil"], ["-target"], ["-I"], ["-D"], ["$(touch stolen)"],
        ["; touch stolen"], ["`touch stolen`"], ["| touch stolen"],
    ]
    entries = []
    for number, option in enumerate(options):
        name = f"source{number}.c"
        (tree / name).write_text(SOURCE)
        arguments = ["cc", "-c", *option, name]
        entry = {"directory": str(tree), "file": name}
        if number % 2:
            entry["arguments"] = arguments
        else:
            entry["command"] = " ".join(arguments)
        entries.append(entry)
    return entries


def main():
    if not shutil.which("strace"):
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="cleave-hostile-") as name:
        folder = pathlib.Path(name).resolve()
        tree = folder / "tree"
        tree.mkdir()
        outside = folder / "outside.c"
        outside.write_text("int outside(void)\n{\n  return 1;\n}\n")
        (tree / "victim").write_text("untouched\n")
        (tree / "evil.rsp").write_text("-MD -MF victim -fplugin=./evil.so @evil.rsp\n")
        (tree / "evil.specs").write_text("*cc1:\n evil\n")
        (tree / "evil.so").write_bytes(b"\x7fELF")
        (tree / ".git").mkdir()
        (tree / ".git" / "config").write_text(
            f"[core]\n\tfsmonitor = touch {tree}/stolen\n\tpager = touch {tree}/stolen\n")
        (tree / "line\nbreak\x1b[31m.c").write_text(SOURCE)
        (tree / "link.c").symlink_to(outside)
        (tree / "loop").symlink_to(tree)
        entries = hostile_commands(tree)
        entries.append({"directory": str(tree), "file": "line\nbreak\x1b[31m.c",
                        "arguments": ["cc", "-c", "line\nbreak\x1b[31m.c"]})
        entries += [None, 7, [], {"file": 3}, {"file": "x.c"}, {"directory": str(tree)},
                    {"file": "../../../../etc/passwd", "directory": str(tree), "command": "cc"}]
        (tree / "compile_commands.json").write_text(json.dumps(entries))
        before = {path: path.read_bytes() for path in tree.rglob("*")
                  if path.is_file() and not path.is_symlink()}

        log = folder / "trace"
        temporary = folder / "temporary"
        temporary.mkdir()
        environment = dict(os.environ, LSAN_OPTIONS="detect_leaks=0", TMPDIR=str(temporary))
        done = subprocess.run(
            ["strace", "-f", "-o", str(log), "-e",
             "trace=execve,execveat,open,openat,creat,rename,renameat2,unlink,unlinkat,mkdir,"
             "mkdirat,symlink,link,truncate,connect,socket", CLEAVE, "analyze", str(tree), "--db",
             str(folder / "cleave.db"), "--jobs", "2"],
            cwd=folder, capture_output=True, text=True, errors="replace", env=environment,
            timeout=600)
        assert done.returncode in (0, 4), (done.returncode, done.stderr[-2000:])
        assert "\x1b" not in done.stderr and "\x1b" not in done.stdout

        after = {path: path.read_bytes() for path in tree.rglob("*")
                 if path.is_file() and not path.is_symlink()}
        assert before == after, set(before) ^ set(after)

        trace = log.read_text(errors="replace")
        programs = re.findall(r'execve\("([^"]*)"', trace)
        assert programs == [CLEAVE], programs
        assert "connect(" not in trace
        written = set()
        for line in trace.split("\n"):
            opened = re.search(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)", ([A-Z_|]+)', line)
            if opened and re.search("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", opened.group(2)) and \
                    "ENOENT" not in line:
                written.add(opened.group(1))
            if re.match(r"\d+ +(rename|mkdir|symlink|link|truncate|creat)", line) and \
                    f'"{temporary}/cleave-' not in line:
                written.add(line)
        # Headers for many sources are written to a private folder, which is gone at the end.
        allowed = (str(folder / "cleave.db"), "/dev/", f"{temporary}/cleave-")
        bad = [path for path in written if not path.startswith(allowed)]
        assert not bad, bad
        assert not list(temporary.iterdir()), list(temporary.iterdir())
        loaded = [path for path in re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)"', trace)
                  if path.endswith("evil.so")]
        assert not loaded, loaded

        shown = cleave("show", "files", "--db", folder / "cleave.db", cwd=folder)
        assert "\x1b" not in shown.stdout
        n_sources = shown.stdout.count("source")
        assert n_sources >= 45, f"only {n_sources} of the hostile sources were analysed"


if __name__ == "__main__":
    main()
