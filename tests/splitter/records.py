#!/usr/bin/env python3
"""Records on the heap in records/: which are kept, which go with whoever holds them, and what that
means for functions. What is expected is read off the sources."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CLEAVE = sys.argv[1]
SOURCES = ("list.c", "session.c", "app.c")

# state, field: the role
ROLES = {
    ("session", "user"): "owner",  # known by a typedef alone
    ("session", "n_requests"): "owner",
    ("sessions", ""): "owner",
    ("node", "next"): "replicated",  # whoever made the list holds it
    ("node", "value"): "replicated",
    ("list", "first"): "replicated",
    ("lamp", "n_turns"): "replicated",
    ("struct board", "n_marks"): "owner",  # one for all
    ("tally", "n"): "owner",
    ("desk", "n_open"): "owner",
}

# entry: readiness, and words of the reason
FUNCTIONS = {
    "measure": ("ready", ""),  # a list of its own
    "measure_path": ("adapt", "widest"),  # filled in by a routine that others use, too
    "login": ("adapt", "session"),
    "logged_in": ("adapt", "session"),
    "token": ("ready", ""),  # the kernel's random numbers are no file of the machine
    "take_ticket": ("adapt", "written state tickets"),  # no counter: the sum is the answer
    "visit": ("ready", "counter visits"),
    "light": ("adapt", "list.first is handed in and not made here"),
    "mark": ("adapt", "struct board.n_marks lives in the process"),
    "count": ("adapt", "tally.n lives in the process"),
    "enter": ("adapt", "desk.n_open lives in the process"),
    "print": ("ready", ""),
    "on_session_timer": ("adapt", "session.n_requests"),
    "on_lamp_timer": ("adapt", "lamp.n_turns is handed in and not made here"),
}

# no state: filled in anew in every turn
NO_STATE = ("request", "response", "page")

# routine, state: how it gets at it
WAYS = {
    ("count_digits", "widest"): {"pointee"},
    ("list_at", "list"): {"member"},
    ("list_free", "node"): {"member"},
    ("list_push", "list"): {"assign", "add", "member"},
    ("session_find", "sessions"): {""},
    ("take_ticket", "tickets"): {"compound"},
    ("visit", "visits"): {"add"},
}


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(os.path.join(HERE, "records")):
            shutil.copy(os.path.join(HERE, "records", name), folder)
        with open(os.path.join(folder, "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump([{"directory": folder, "file": name, "arguments": ["cc", "-c", name]}
                       for name in SOURCES], file)
        store = os.path.join(folder, "cleave.db")
        subprocess.run([CLEAVE, "analyze", folder, "--db", store, "--quiet"], check=True)
        subprocess.run([CLEAVE, "split", "--db", store, "--fresh", "--quiet"], check=True)
        with sqlite3.connect(store) as db:
            for (name, field), expected in ROLES.items():
                roles = {row[0] for row in db.execute(
                    "SELECT m.role FROM plan_member m JOIN fact_state s ON s.id = m.item "
                    "WHERE m.kind = 'state' AND s.name = ? AND s.field = ?", (name, field))}
                if roles != {expected}:
                    failures.append(f"{name}.{field}: {roles}, not {expected}")
            for name in NO_STATE:
                if db.execute("SELECT 1 FROM fact_state WHERE name IN (?, 'struct ' || ?)",
                              (name, name)).fetchone():
                    failures.append(f"{name} is state")
            for entry, (readiness, words) in FUNCTIONS.items():
                rows = db.execute("SELECT readiness FROM v_function WHERE entry = ?",
                                  (entry,)).fetchall()
                reasons = [row[0] for row in db.execute(
                    "SELECT r.text FROM plan_reason r JOIN plan_function f ON f.id = r.item "
                    "JOIN fact_routine e ON e.id = f.routine WHERE e.name = ?", (entry,))]
                is_said = not words or any(words in reason for reason in reasons)
                if [row[0] for row in rows] != [readiness] or not is_said:
                    failures.append(f"{entry}: {rows}, not {readiness} with '{words}': {reasons}")
            for (routine, state), expected in WAYS.items():
                ways = {row[0] for row in db.execute(
                    "SELECT a.how FROM fact_access a JOIN fact_routine r ON r.id = a.routine "
                    "JOIN fact_state s ON s.id = a.state WHERE r.name = ? AND s.name = ?",
                    (routine, state))}
                if ways != expected:
                    failures.append(f"{routine} gets at {state} by {ways}, not {expected}")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


sys.exit(main())
