#!/usr/bin/env python3
"""What a function's binary holds: how much of the monolith it took, and what stays in it beyond the
closure because something that stays points to it. Reads the linker's map; the build calls it
(target `sizes`)."""
import argparse
import os
import re
import subprocess

SECTION = re.compile(r"^ (\.(?:text|rodata|data|bss)\S*|COMMON)\s+0x\w+\s+0x(\w+)\s+(\S.*)$")


def kept_sections(path):
    """(section, bytes, file) of what the linker kept."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    # A long name stands on a line of its own.
    text = re.sub(r"\n (\.\S+)\n\s+0x", r"\n \1 0x", text)
    kept = text.split("Linker script and memory map", 1)[1]
    for line in kept.splitlines():
        match = SECTION.match(line)
        if match and int(match[2], 16) > 0:
            yield match[1], int(match[2], 16), match[3]


def symbol_of(section):
    """".text.unlikely.cart_add.part.0" -> "cart_add"; "" for what has no name of its own."""
    name = re.sub(r"^\.(text|rodata|data|bss)(\.(unlikely|hot|startup|exit|rel\.ro|local))*\.?", "",
                  section)
    return "" if re.match(r"(str|cst)\d", name) else name.split(".")[0]


def size_of(tool, *files):
    """text, data and bss of files, added up."""
    lines = subprocess.run([tool, "-t", *files], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return sum(int(number) for number in lines[-1].split()[:3])


def main():
    parser = argparse.ArgumentParser()
    for name in ("name", "map", "binary", "closure", "size", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--archive", required=True, help="all of the monolith's objects")
    options = parser.parse_args()
    with open(options.closure, encoding="utf-8") as file:
        closure = set(file.read().split())
    archive = os.path.basename(options.archive)
    inside, beyond, unnamed = 0, {}, 0
    for section, n, file in kept_sections(options.map):
        is_monolith = f"{archive}(" in file or "/glue_" in file
        symbol = symbol_of(section)
        if not is_monolith or symbol.startswith("cleave_"):
            continue
        if not symbol:
            unnamed += n
        elif symbol in closure:
            inside += n
        else:
            beyond[symbol] = beyond.get(symbol, 0) + n
    lines = [f"{options.name}: the whole binary {size_of(options.size, options.binary)} bytes",
             f"  monolith, all of it      {size_of(options.size, options.archive):8d}",
             f"  monolith, in the binary  {inside + unnamed + sum(beyond.values()):8d}",
             f"    of the closure         {inside:8d}",
             f"    texts and constants    {unnamed:8d}",
             f"    beyond the closure     {sum(beyond.values()):8d}"]
    lines += [f"      {n:8d}  {symbol}" for symbol, n in
              sorted(beyond.items(), key=lambda item: (-item[1], item[0]))]
    with open(options.out, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print("\n".join(lines))


main()
