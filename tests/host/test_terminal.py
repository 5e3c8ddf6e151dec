#!/usr/bin/python3
"""The live table on a real terminal: tmux shows what a person would see.

usage: test_terminal.py CLEAVE FUNCTIONS_BINARY
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hosting import FUNCTIONS, ask

CLEAVE, BINARY = (os.path.abspath(path) for path in sys.argv[1:3])

if not shutil.which("tmux"):
    print("SKIP: tmux is not installed")
    sys.exit(77)

folder = tempfile.mkdtemp(prefix="cleave-terminal-")
shutil.copy(BINARY, os.path.join(folder, "bootstrap"))
with open(os.path.join(folder, "functions.json"), "w") as out:
    json.dump({"version": 1, "functions": [dict(row, binary="bootstrap") for row in FUNCTIONS]}, out)
tmux = ["tmux", "-S", os.path.join(folder, "socket")]


def screen():
    return subprocess.run([*tmux, "capture-pane", "-p"], check=True, capture_output=True,
                          text=True).stdout


def wait_for(pattern, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        found = re.search(pattern, screen(), re.M)
        if found:
            return found
        assert time.monotonic() < deadline, (pattern, screen())
        time.sleep(0.1)


subprocess.run([*tmux, "-f", "/dev/null", "new-session", "-d", "-x", "130", "-y", "20",
                f"HOST_TEST_NOTES={folder}/notes {CLEAVE} host {folder} --listen 127.0.0.1:0 "
                f"--db {folder}/none.db; echo code $?; sleep 60"], check=True)
try:
    port = int(wait_for(r"functions answer on http://127.0.0.1:(\d+)").group(1))
    for _ in range(5):
        assert ask(port, "GET", "/items/1")[0].status == 201
    assert ask(port, "GET", "/items/fail")[0].status == 502
    wait_for(r"^function +trigger +run +bsy")
    wait_for(r"^item +http +1 +0 +0 +6 +1 +1 ")
    wait_for(r"^beat +schedule +1 ")
    wait_for(r"^item: error Function.Refused")
    time.sleep(2.5)
    shown = screen()
    assert shown.count("function                 ") == 1, shown  # drawn over itself
    subprocess.run([*tmux, "resize-window", "-x", "40", "-y", "10"], check=True)
    time.sleep(1.5)
    subprocess.run([*tmux, "send-keys", "C-c"], check=True)
    wait_for(r"code 130$")
finally:
    subprocess.run([*tmux, "kill-server"], check=False)
    shutil.rmtree(folder, ignore_errors=True)
print("the table is live")
