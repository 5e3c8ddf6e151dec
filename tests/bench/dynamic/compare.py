#!/usr/bin/env python3
"""Calls that really happened against the calls of a store.

usage: compare.py STORE PROGRAM BINARY TRACE [--misses N]

BINARY was linked without position independence with trace.o; TRACE is the table that trace.c wrote.
Prints recall of (caller, callee) pairs between routines of the tree, once over all pairs and once
over those that are no direct calls, and the sets per tier.
"""
import argparse
import bisect
import sqlite3
import struct
import subprocess


def symbols(binary):
    """Sorted start addresses and names of the binary's routines."""
    starts, names = [], []
    text = subprocess.run(["nm", "-n", binary], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tTwW":
            starts.append(int(parts[0], 16))
            names.append(parts[2].split("@")[0])
    return starts, names


def pairs_of(trace, starts, names):
    """(caller, callee) -> True when the call site itself lies in the caller."""
    def name(address):
        at = bisect.bisect_right(starts, address) - 1
        return names[at] if at >= 0 and address < starts[-1] + (1 << 16) else None
    result = {}
    with open(trace, "rb") as file:
        while True:
            record = file.read(24 * 4096)
            if not record:
                break
            for site, callee, parent in struct.iter_unpack("<QQQ", record):
                if site == 0 or callee == 0:
                    continue
                # The return address: one behind the call, and in the next routine after a noreturn one.
                caller = name(site - 1) if starts[0] < site <= starts[-1] + (1 << 16) else None
                target = name(callee)
                if caller is None:
                    caller = name(parent) if parent else None
                    if caller and target:
                        result.setdefault((caller, target), False)
                elif target:
                    result[caller, target] = True
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("program")
    parser.add_argument("binary")
    parser.add_argument("trace")
    parser.add_argument("--misses", type=int, default=20)
    options = parser.parse_args()
    store = sqlite3.connect(f"file:{options.store}?mode=ro", uri=True)
    starts, names = symbols(options.binary)
    traced = pairs_of(options.trace, starts, names)

    defined = {row[0] for row in store.execute(
        "SELECT symbol FROM fact_routine WHERE is_defined AND file <> ''")}
    files = {row[0] for row in store.execute(
        "SELECT file FROM v_program WHERE program = ?", (options.program,))}
    calls, tiers = {}, {}
    for caller, callee, kind, tier in store.execute(
            "SELECT a.symbol, b.symbol, c.kind, c.tier FROM fact_call c"
            " JOIN fact_routine a ON a.id = c.caller JOIN fact_routine b ON b.id = c.callee"):
        calls.setdefault((caller, callee), set()).add(kind)
        tiers.setdefault((caller, callee), set()).add(tier)
    inside = {pair for pair in traced if pair[0] in defined and pair[1] in defined}
    direct = {pair for pair in inside if "direct" in calls.get(pair, ())}
    others = inside - direct
    found = {pair for pair in others if pair in calls}
    handlers = {row[0] for row in store.execute(
        "SELECT r.symbol FROM fact_entry e JOIN fact_routine r ON r.id = e.routine"
        " WHERE e.rule LIKE 'signal-%' OR e.rule LIKE 'alarm-%'")}
    interrupts = {pair for pair in others - found if not traced[pair] and pair[1] in handlers}
    others -= interrupts
    by_libc = {pair for pair in others if not traced[pair]}
    print(f"program {options.program}: {len(files)} units, {len(inside)} traced pairs of routines of the tree")
    inside -= interrupts
    print(f"signal handlers that interrupted something: {len(interrupts)} pairs, left out")
    print(f"recall, all pairs:        {100 * (len(direct) + len(found)) / max(len(inside), 1):.2f} %"
          f"  ({len(direct) + len(found)} of {len(inside)})")
    print(f"recall, not direct pairs: {100 * len(found) / max(len(others), 1):.2f} %"
          f"  ({len(found)} of {len(others)}, {len(by_libc)} of them through the C library)")
    missed = sorted(others - found)
    for caller, callee in missed[:options.misses]:
        how = "" if traced[caller, callee] else "  (through the C library)"
        print(f"  missed {caller} -> {callee}{how}")

    order = ["exact", "flow", "callback", "field", "model", "signature"]
    print("tier        sites  targets  mean   recall up to here")
    n_sites = n_targets = 0
    allowed = {"direct"}
    for tier in order:
        sites, targets = store.execute(
            "SELECT count(DISTINCT site), count(*) FROM fact_call WHERE kind <> 'direct' AND tier = ?",
            (tier,)).fetchone()
        allowed.add(tier)
        n_sites += sites
        n_targets += targets
        hit = sum(1 for pair in others if tiers.get(pair, set()) & (allowed - {"direct"}))
        print(f"{tier:10} {sites:6} {targets:8} {n_targets / max(n_sites, 1):6.2f}"
              f"   {100 * hit / max(len(others), 1):.2f} %")
    unresolved = store.execute("SELECT count(*) FROM v_unresolved").fetchone()[0]
    print(f"without a target: {unresolved} sites")


main()
