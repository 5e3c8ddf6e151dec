"""Calls that really happened against the calls of a store.

The program was built by `traced` with -finstrument-functions: its table holds return address,
callee and the routine around, once each. The binary says which return addresses stand behind a call
through a pointer, and its line table where they are.
"""
import bisect
import collections
import os
import re
import sqlite3
import struct
import subprocess

TIERS = ["exact", "flow", "callback", "field", "model", "signature"]
SPAN = 40


class Binary:
    """Routines by address, and places of calls."""

    def __init__(self, path):
        self.path = path
        self.starts, self.names = [], []
        text = subprocess.run(["nm", "-n", path], check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            parts = line.split()
            if len(parts) == 3 and parts[1] in "tTwW":
                self.starts.append(int(parts[0], 16))
                self.names.append(re.sub(r"\.(constprop|isra|part|cold|localalias)\.?\d*", "",
                                         parts[2].split("@")[0]))
        self.first, self.last = self.starts[0], self.starts[-1] + (1 << 16)

    def name(self, address):
        """The routine that an address lies in, or None."""
        if not self.first <= address < self.last:
            return None
        return self.names[bisect.bisect_right(self.starts, address) - 1]

    def inlined(self):
        """Routines that stand inside their callers even without optimisation (always_inline)."""
        text = subprocess.run(["readelf", "--debug-dump=info", self.path], check=True, capture_output=True,
                              text=True, errors="replace").stdout
        names, name = set(), None
        for line in text.splitlines():
            if "Abbrev Number" in line:
                name = None
            elif "DW_AT_name" in line and name is None:
                name = line.rsplit(": ", 1)[-1].strip()
            elif match := re.search(r"DW_AT_inline\s*:\s*(\d)", line):
                if match[1] in "13" and name:  # DW_INL_inlined, DW_INL_declared_inlined
                    names.add(name)
        return names

    def returns_of_indirect_calls(self):
        """Addresses behind calls through registers or memory."""
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", self.path], check=True,
                              capture_output=True, text=True).stdout
        found, after_call = set(), False
        for line in text.splitlines():
            match = re.match(r"\s+([0-9a-f]+):\s+(?:notrack |bnd )?(\S+)\s*(\S*)", line)
            if not match:
                after_call = False
                continue
            if after_call:
                found.add(int(match[1], 16))
            after_call = match[2].startswith("call") and match[3].startswith("*")
        return found

    def lines(self, addresses):
        """address -> (file, line)"""
        addresses = sorted(addresses)
        done = subprocess.run(["addr2line", "-e", self.path], text=True, check=True, capture_output=True,
                              input="".join(f"{address:x}\n" for address in addresses))
        places = {}
        for address, row in zip(addresses, done.stdout.splitlines()):
            path, _, line = row.partition(" ")[0].rpartition(":")
            places[address] = (os.path.realpath(path), int(line) if line.isdigit() else 0)
        return places


def rows_of(trace):
    """(return address, callee, routine around)"""
    with open(trace, "rb") as file:
        while record := file.read(24 * 4096):
            for site, callee, parent in struct.iter_unpack("<QQQ", record):
                if site != 0 and callee != 0:
                    yield site, callee, parent


class Trace:
    """What was called: pairs of names, and targets of the calls through pointers by place."""

    def __init__(self, binary, trace):
        self.pairs = {}  # (caller, callee) -> the call stands in the caller
        by_return = collections.defaultdict(set)
        indirect = binary.returns_of_indirect_calls()
        inlined = binary.inlined()
        for site, callee, parent in rows_of(trace):
            target = binary.name(callee)
            # The return address is one behind the call, and in the next routine after a noreturn one.
            caller = binary.name(site - 1)
            if target is None:
                continue
            # What is inlined notes the return address of the routine that it stands in.
            if target in inlined:
                around = binary.name(parent) if parent else None
                if around:
                    self.pairs[around, target] = True
                continue
            if caller is None:
                around = binary.name(parent) if parent else None
                if around:
                    self.pairs.setdefault((around, target), False)
                continue
            self.pairs[caller, target] = True
            if site in indirect:
                by_return[site].add(target)
        places = binary.lines(address - 1 for address in by_return)
        self.sites = collections.defaultdict(set)  # (caller, file, line) -> targets
        for site, targets in by_return.items():
            path, line = places[site - 1]
            self.sites[binary.name(site - 1), path, line] |= targets


class Store:
    """The calls of a store, with the plain signature match beside them."""

    def __init__(self, path, signatures):
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.root = os.path.realpath(base.execute("SELECT value FROM info WHERE key = 'root'").fetchone()[0])
        self.defined = {row[0] for row in base.execute(
            "SELECT symbol FROM fact_routine WHERE is_defined AND file <> ''")}
        self.tiers = collections.defaultdict(set)  # (caller, callee) -> tiers
        self.targets = collections.defaultdict(lambda: collections.defaultdict(set))  # site -> tier -> symbols
        kinds = {}
        for site, caller, callee, kind, tier in base.execute(
                "SELECT c.site, a.symbol, b.symbol, c.kind, c.tier FROM fact_call c"
                " JOIN fact_routine a ON a.id = c.caller JOIN fact_routine b ON b.id = c.callee"):
            self.tiers[caller, callee].add(tier)
            if kind != "direct":
                kinds[site] = kind
                self.targets[site][tier].add(callee)
        self.indirect = {}  # site -> (caller, file, line)
        for site, caller, file, line in base.execute(
                "SELECT s.id, a.symbol, s.file, s.line FROM fact_site s JOIN fact_routine a ON a.id = s.caller"
                " WHERE NOT s.is_direct"):
            self.indirect[site] = (caller, os.path.realpath(os.path.join(self.root, file)), line)
        self.handlers = {row[0] for row in base.execute(
            "SELECT r.symbol FROM fact_entry e JOIN fact_routine r ON r.id = e.routine"
            " WHERE e.rule LIKE 'signal-%' OR e.rule LIKE 'alarm-%'")}
        self.models = {site for site, kind in kinds.items() if kind == "callback"}
        symbols = dict(base.execute("SELECT id, symbol FROM fact_routine"))
        self.baseline = collections.defaultdict(set)  # site -> symbols
        text = subprocess.run([signatures, path], check=True, capture_output=True, text=True).stdout
        for row in text.splitlines():
            site, callee = map(int, row.split())
            if callee:
                self.baseline[site].add(symbols[callee])
        base.close()

    def up_to(self, site, last):
        """Targets of a site, tiers up to one."""
        tiers = self.targets[site] if site in self.targets else {}
        return set().union(*(tiers[tier] for tier in TIERS[:TIERS.index(last) + 1] if tier in tiers))


def match_sites(store, trace):
    """Our site -> targets seen there. gcc and we may name different lines of a call that has several."""
    by_caller = collections.defaultdict(list)
    for site, (caller, _file, line) in store.indirect.items():
        by_caller[caller].append((line, site))
    seen, lost = collections.defaultdict(set), []
    for (caller, path, line), targets in trace.sites.items():
        near = [(abs(line - at), site) for at, site in by_caller.get(caller, ())
                if store.indirect[site][1] == path and -SPAN <= line - at <= SPAN]
        # The line table may name the source for a body of a header.
        near = near or [(0, site) for at, site in by_caller.get(caller, ()) if at == line]
        if not near:
            lost.append((caller, path, line))
            continue
        closest = min(distance for distance, _site in near)
        sites = [site for distance, site in near if distance == closest]
        for target in targets & store.defined:
            # Several calls on one line: the target belongs to one that has it.
            holders = [site for site in sites if target in store.up_to(site, "signature")]
            for site in holders or sites[:1]:
                seen[site].add(target)
    return seen, lost


def share(part, whole):
    return f"{100 * part / max(whole, 1):.2f} %"


def mean(sets):
    sets = [each for each in sets if each]
    return sum(map(len, sets)) / max(len(sets), 1)


def show_tiers(store, others, seen, pairs):
    """The table, its last row the plain signature match; returns mean targets of calls through
    pointers, and what the plain match has for the same."""
    print("    up to tier  sites  targets  mean     with callbacks of libraries  pairs   places")
    all_sites = set(store.indirect) | store.models
    for tier in TIERS:
        own = [store.up_to(site, tier) for site in store.indirect]
        every = [store.up_to(site, tier) for site in all_sites]
        allowed = set(TIERS[:TIERS.index(tier) + 1])
        hit = sum(1 for pair in others if store.tiers.get(pair, set()) & allowed)
        at_place = sum(len(targets & store.up_to(site, tier)) for site, targets in seen.items())
        print(f"    {tier:10} {sum(map(bool, own)):6} {sum(map(len, own)):8}  {mean(own):6.2f}"
              f"   {sum(map(bool, every)):6} {sum(map(len, every)):7} {mean(every):6.2f}"
              f"     {share(hit, len(others)):>8} {share(at_place, pairs):>8}")
    plain = [store.baseline[site] for site in store.indirect]
    callers = collections.defaultdict(set)
    for site in store.indirect:
        callers[store.indirect[site][0]] |= store.baseline[site]
    hit = sum(1 for caller, callee in others if callee in callers[caller])
    at_place = sum(len(targets & store.baseline[site]) for site, targets in seen.items())
    print(f"    {'plain':10} {sum(map(bool, plain)):6} {sum(map(len, plain)):8}  {mean(plain):6.2f}"
          f"   {'':21}     {share(hit, len(others)):>8} {share(at_place, pairs):>8}")
    solved = [site for site in store.indirect if store.up_to(site, "signature")]
    return (mean(store.up_to(site, "signature") for site in solved),
            mean(store.baseline[site] for site in solved))


def compare(name, store, trace, bars, details):
    """Prints the comparison of one program; returns the bars that are missed."""
    inside = {pair for pair in trace.pairs if pair[0] in store.defined and pair[1] in store.defined}
    direct = {pair for pair in inside if "direct" in store.tiers.get(pair, ())}
    others = inside - direct
    found = {pair for pair in others if pair in store.tiers}
    interrupts = {pair for pair in others - found if not trace.pairs[pair] and pair[1] in store.handlers}
    others -= interrupts
    inside -= interrupts
    seen, lost = match_sites(store, trace)
    pairs = sum(map(len, seen.values()))
    hit = sum(len(targets & store.up_to(site, "signature")) for site, targets in seen.items())
    print(f"{name}: {len(inside)} traced pairs of routines of the tree, {len(others)} of them not direct"
          f" ({sum(1 for pair in others if not trace.pairs[pair])} through a library);"
          f" apart: {len(interrupts)} by signals")
    all_found = len(inside) - len(others - found)
    print(f"  recall of pairs: {share(all_found, len(inside))}; of those that are not direct"
          f" {share(len(others & found), len(others))} ({len(others - found)} missed)")
    reached = sum(len(store.up_to(site, "signature")) for site in seen)
    print(f"  calls through pointers: {len(store.indirect)} places, {len(seen)} of them ran"
          f" ({share(len(seen), len(store.indirect))} covered), {len(lost)} traced places that we do not have;"
          f" of {pairs} (place, target) {share(hit, pairs)} found; what was found there and ran:"
          f" {share(hit, reached)}")
    targets, plain = show_tiers(store, others, seen, pairs)
    empty = [site for site in store.indirect if not store.up_to(site, "signature")]
    print(f"  without a target: {len(empty)} places")
    for pair in sorted(others - found)[:details]:
        print(f"    missed: {pair[0]} -> {pair[1]}" + ("" if trace.pairs[pair] else " (through a library)"))
    for site, ran in sorted(seen.items(), key=lambda item: store.indirect[item[0]][1:]):
        for target in sorted(ran - store.up_to(site, "signature"))[:details]:
            caller, path, line = store.indirect[site]
            print(f"    missed at {os.path.relpath(path, store.root)}:{line}: {caller} -> {target}")
    for place in sorted(lost)[:details]:
        print(f"    place unknown: {place[0]} {os.path.relpath(place[1], store.root)}:{place[2]}")
    missed = []

    def bar(text, is_met):
        print(f"  {'met' if is_met else 'MISSED'}: {text}")
        if not is_met:
            missed.append(f"{name}: {text}")

    bar("recall of pairs at least 99.5 %", all_found >= 0.995 * len(inside))
    bar("recall of pairs that are not direct at least 99.5 %", len(others & found) >= 0.995 * len(others))
    if plain > 20:
        bar(f"at most a fifth of {plain:.1f} targets that signatures alone give ({targets:.2f})", targets <= plain / 5)
    for limit in bars:
        bar(f"at most {limit} targets a place ({targets:.2f})", targets <= limit)
    return missed
