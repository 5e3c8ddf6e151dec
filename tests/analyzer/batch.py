#!/usr/bin/env python3
"""The batch scripts of docs/analysis.md, run with the environment that the engines set."""
import os
import re
import subprocess
import tempfile

from common import BINARY, SOURCE, cleave, copy_shop, difference, dump


def run(script, folder, **environment):
    place = str(BINARY / "cli")
    values = dict(os.environ, PATH=f"{place}:{os.environ['PATH']}", **environment)
    done = subprocess.run(["sh", "-c", script], cwd=folder, env=values, capture_output=True,
                          text=True)
    assert done.returncode in (0, 4), (done.returncode, done.stderr)


def main():
    text = (SOURCE / "docs" / "analysis.md").read_text()
    slurm = re.search(r"```sh\n(#!/bin/sh\n#SBATCH.*?)```", text, re.S).group(1)
    kubernetes = re.search(r"command: \[sh, -c, '(.*?)'\]", text).group(1)
    with tempfile.TemporaryDirectory(prefix="cleave-batch-") as folder:
        tree = copy_shop(folder)
        os.mkdir(f"{folder}/out")
        cleave("analyze", tree, "--db", "one.db", cwd=folder, expect=(0, 4))
        reference = dump(f"{folder}/one.db")

        script = slurm.replace("/src/project", str(tree))
        for number in (2, 0, 1):
            run(script, folder, SLURM_ARRAY_TASK_ID=str(number), SLURM_ARRAY_TASK_COUNT="3",
                SLURM_CPUS_PER_TASK="2")
        cleave("merge", "shard-0.db", "shard-1.db", "shard-2.db", "--db", "slurm.db", cwd=folder,
               expect=(0, 4))
        words = difference(reference, dump(f"{folder}/slurm.db"))
        assert not words, words

        script = (kubernetes.replace("/src/project", str(tree)).replace("/out", f"{folder}/out")
                  .replace("/16", "/2"))
        for number in (1, 0):
            run(script, folder, JOB_COMPLETION_INDEX=str(number))
        cleave("merge", "out/shard-1.db", "out/shard-0.db", "--db", "kubernetes.db", cwd=folder,
               expect=(0, 4))
        words = difference(reference, dump(f"{folder}/kubernetes.db"))
        assert not words, words


if __name__ == "__main__":
    main()
