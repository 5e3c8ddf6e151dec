#!/usr/bin/env python3
"""Every trap that traps.txt names is tried where it says."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")


def main():
    n, failures = 0, []
    with open(os.path.join(HERE, "traps.txt"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.startswith("#") or not line.strip():
                continue
            name, path, text = (part.strip() for part in line.split(" | ", 2))
            n += 1
            try:
                with open(os.path.join(ROOT, path), encoding="utf-8") as tried:
                    found = text in tried.read()
            except OSError:
                found = False
            if not found:
                failures.append(f"traps.txt:{number}: {name}: nothing in {path} says '{text}'")
    print("\n".join(failures + [f"{n} traps"]))
    sys.exit(1 if failures or n == 0 else 0)


main()
