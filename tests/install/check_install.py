#!/usr/bin/python3
"""Installs into a fresh folder, and unpacks the Debian package into another one, and runs what is there.

Both must find their data beside themselves: nothing is read from the source tree.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BINARY = pathlib.Path(os.environ["CLEAVE_BINARY_DIR"])
failures = []

CODE = """#include <stdio.h>
static int n_calls;
int helper(int x) { return n_calls += x; }
int main(void) { printf("%d\\n", helper(2)); return 0; }
"""
FUNCTION = "#include <cleave_runtime.h>\nint main(void) { return 0; }\n"


def expect(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def run(*words, **more):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    expect(result.returncode == 0, f"{' '.join(map(str, words))}: {result.returncode} {result.stdout[-500:]} {result.stderr[-800:]}")
    return result.stdout


def use(prefix, folder):
    cleave = prefix / "bin" / "cleave"
    work = folder / "work"
    work.mkdir()
    (work / "a.c").write_text(CODE)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    pieces = json.loads(run(cleave, "doctor", "--json", env=environment, cwd=work))["rows"]
    for piece in pieces:
        if piece["piece"] in ("rules", "models", "catalogue"):
            where = pathlib.Path(piece["where"]).resolve()
            expect(piece["status"] == "ok" and where.is_relative_to(prefix.resolve()), f"{piece}")
    for words in (("analyze", "."), ("split",), ("graph", "services", "-o", "g.svg"), ("report", "-o", "r.html")):
        run(cleave, *words, env=environment, cwd=work)
    expect("aws-lambda-x86" in (work / "r.html").read_text(), "the page has no prices")
    expect("built by" in run(cleave, "--version", env=environment), "no build facts")
    shutil.rmtree(work)


def check_runtime(prefix, folder):
    places = [str(path.parent) for path in prefix.rglob("cleave-runtime.pc")]
    expect(len(places) == 1, f"cleave-runtime.pc: {places}")
    flags = run("pkg-config", "--cflags", "--libs", "cleave-runtime",
                env={**os.environ, "PKG_CONFIG_PATH": places[0]}).split()
    (folder / "f.c").write_text(FUNCTION)
    run("cc", folder / "f.c", "-o", folder / "f", *flags)


def check_pages(prefix):
    pages = sorted(path.name for path in (prefix / "share/man/man1").iterdir())
    expect("cleave.1" in pages and "cleave-graph.1" in pages, f"pages: {pages}")
    if shutil.which("man"):
        for page in pages:
            result = subprocess.run(["man", "--warnings", "-l", prefix / "share/man/man1" / page],
                                    capture_output=True, text=True, env={**os.environ, "MANPAGER": "cat"})
            expect(result.returncode == 0 and not result.stderr, f"{page}: {result.stderr[:300]}")
    completion = prefix / "share/bash-completion/completions/cleave"
    for line, word, expected in (("cleave gra", "gra", "graph"), ("cleave graph --dep", "--dep", "--depth"),
                                 ("cleave show --format js", "js", "json")):
        words = line.split()
        script = (f"source {completion}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
                  "_cleave; printf '%s\\n' \"${COMPREPLY[@]}\"")
        found = run("bash", "-c", script).split()
        expect(expected in found, f"completion of '{line}': {found}")


def check_shells(prefix):
    for shell, path in (("zsh", "share/zsh/vendor-completions/_cleave"), ("fish", "share/fish/vendor_completions.d/cleave.fish")):
        if shutil.which(shell):
            run(shell, "-n", prefix / path)
    if shutil.which("fish"):
        script = f"source {prefix / 'share/fish/vendor_completions.d/cleave.fish'}; complete -C 'cleave graph --dep'"
        expect("--depth" in run("fish", "-c", script), "fish completes nothing")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        prefix = folder / "installed"
        run("cmake", "--install", BINARY, "--prefix", prefix)
        use(prefix, folder)
        check_runtime(prefix, folder)
        check_pages(prefix)
        check_shells(prefix)
        expect("Mike Bostock" in (prefix / "share/doc/cleave/copyright").read_text(), "no notice for d3")
        if shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"):
            packages = folder / "packages"
            run("cpack", "-G", "DEB", "--config", BINARY / "CPackConfig.cmake", "-B", packages)
            package = next(packages.glob("*.deb"))
            root = folder / "root"
            run("dpkg-deb", "-x", package, root)
            use(root / "usr", folder)
            fields = run("dpkg-deb", "-f", package)
            print(fields)
            for library in ("libclang1-19", "libsqlite3-0", "libglib2.0-0", "libgvc6"):
                expect(library in fields, f"the package does not depend on {library}")
    sys.exit(1 if failures else 0)


main()
