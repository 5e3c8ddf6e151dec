#!/usr/bin/env python3
"""The same input gives the same rows: any number of workers, shards in any order, a second run.

same_rows.py shop|redis
"""
import sys
import tempfile

from common import cleave, copy_shop, difference, dump, program


def main():
    with tempfile.TemporaryDirectory(prefix="cleave-same-") as folder:
        tree = copy_shop(folder) if sys.argv[1] == "shop" else program(sys.argv[1])
        exits = (0, 4)
        cleave("analyze", tree, "--jobs", 1, "--db", "one.db", cwd=folder, expect=exits)
        reference = dump(f"{folder}/one.db")
        for view in ("v_file", "v_routine", "v_call", "v_access", "v_type", "v_param"):
            assert reference[view], f"{view} is empty"

        cleave("analyze", tree, "--jobs", 4, "--db", "four.db", cwd=folder, expect=exits)
        words = difference(reference, dump(f"{folder}/four.db"))
        assert not words, f"1 and 4 workers differ\n{words}"

        again = cleave("analyze", tree, "--db", "four.db", cwd=folder, expect=exits)
        assert " 0 parsed" in again.stderr or "with errors" in again.stderr, again.stderr
        words = difference(reference, dump(f"{folder}/four.db"))
        assert not words, f"the second run differs\n{words}"

        for number in range(3):
            cleave("analyze", tree, "--shard", f"{number}/3", "--db", f"{number}.db", cwd=folder,
                   expect=exits)
        cleave("analyze", tree, "--shard", "1/3", "--db", "1.db", cwd=folder, expect=exits)
        cleave("merge", "2.db", "0.db", "1.db", "2.db", "--db", "merged.db", cwd=folder,
               expect=exits)
        words = difference(reference, dump(f"{folder}/merged.db"))
        assert not words, f"merged shards differ\n{words}"


if __name__ == "__main__":
    main()
