#!/usr/bin/env python3
"""Known facts of redis, a program that is not ours."""
import pathlib
import sqlite3
import tempfile

from common import cleave, program


def main():
    tree = program("redis")
    with tempfile.TemporaryDirectory(prefix="cleave-redis-") as folder:
        cleave("analyze", tree, cwd=folder, timeout=1200)
        store = sqlite3.connect(f"file:{pathlib.Path(folder) / 'cleave.db'}?mode=ro", uri=True)

        def one(query, *values):
            return store.execute(query, values).fetchone()[0]

        n_units = one("SELECT count(*) FROM v_file WHERE is_tu = 1")
        assert n_units >= 130, f"{n_units} translation units"
        assert one("SELECT count(*) FROM v_file WHERE status <> 'ok'") == 0

        # The server executes commands through a pointer in call().
        targets = {row[0] for row in store.execute(
            "SELECT callee FROM v_call WHERE caller = 'call' AND caller_file = 'src/server.c' "
            "AND kind = 'indirect'")}
        for name in ("getCommand", "setCommand", "zaddCommand", "hgetallCommand", "infoCommand"):
            assert name in targets, f"call() does not reach {name}: {len(targets)} targets"
        assert "main" not in targets

        # Its command tables are entries with the commands' names.
        entries = set(store.execute("SELECT lower(key), routine FROM v_entry"))
        for key, routine in (("get", "getCommand"), ("set", "setCommand"),
                             ("zadd", "zaddCommand"), ("expire", "expireCommand")):
            assert (key, routine) in entries, f"no entry {key} at {routine}"

        programs = {}
        for name, file in store.execute("SELECT program, file FROM v_program"):
            programs.setdefault(name, set()).add(file)
        server = [n for n, files in programs.items() if "src/server.c" in files]
        client = [n for n, files in programs.items() if "src/redis-cli.c" in files]
        assert server and client, programs.keys()
        assert not set(server) & set(client), "the server and the client are one program"
        print(f"{n_units} units, {len(targets)} targets of call(), {len(entries)} entries, "
              f"programs {sorted(programs)}")


if __name__ == "__main__":
    main()
