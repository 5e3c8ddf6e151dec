#!/usr/bin/env python3
"""The same load against PostgreSQL and SQLite: postgres_test.py BUILD_FOLDER. Skips (77) without a server."""
import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile

import running

sys.path.insert(0, running.SOURCE)
import load  # noqa: E402


@contextlib.contextmanager
def cluster(programs):
    """A database server for this test alone, on a socket in its own folder. It refuses to run as root."""
    folder = tempfile.mkdtemp(prefix="shop-pg-")
    prefix = []
    if os.geteuid() == 0:
        prefix = ["runuser", "-u", "postgres", "--"]
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = os.path.join(folder, "data")
    quiet = {"stdout": subprocess.DEVNULL, "cwd": "/", "check": True}
    control = [*prefix, os.path.join(programs, "pg_ctl"), "-D", data, "-w"]
    try:
        subprocess.run([*prefix, os.path.join(programs, "initdb"), "-D", data, "-U", "shop", "-A", "trust",
                        "--no-sync", "-E", "UTF8"], **quiet)
        subprocess.run([*control, "-l", os.path.join(folder, "log"), "-o",
                        f"-F -k {folder} -c listen_addresses=''", "start"], **quiet)
        try:
            yield f"postgres://shop@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "fast", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def drive(build, url):
    with running.Shop(build, database_url=url) as shop:
        http = load.Recorder(shop.url, "admin")
        shoppers = load.Shoppers(http, 5)
        shoppers.every_area(running.DAY)
        while len(http.entries) < 400:
            shoppers.visit(running.DAY)
        http.admin("queue-wait")
        _, orders, _ = shop.batch("export-orders")
        code = shop.stop()
        if code != 0 or " error: " in shop.errors:
            raise SystemExit(f"{url}: exit code {code}\n{shop.errors}")
    return http.entries, orders


def main():
    build = os.path.abspath(sys.argv[1])
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        print("skipped: no PostgreSQL server is installed")
        return 77
    with cluster(os.path.dirname(found[-1])) as url:
        postgres, postgres_orders = drive(build, url)
    sqlite, sqlite_orders = drive(build, None)

    # Numbers of rows differ: PostgreSQL's sequences skip what was rolled back.
    def outline(entries):
        return [(e["request"]["method"], e["response"]["status"]) for e in entries]

    def without_ids(orders):
        return [line.split(";", 1)[1] for line in orders.splitlines()]

    for number, (left, right) in enumerate(zip(outline(postgres), outline(sqlite))):
        if left != right:
            print(f"request {number}: {left} on PostgreSQL, {right} on SQLite")
            return 1
    if not postgres_orders or without_ids(postgres_orders) != without_ids(sqlite_orders):
        print("the orders differ")
        return 1
    print(f"{len(postgres)} requests, {len(postgres_orders.splitlines())} orders: alike")
    return 0


if __name__ == "__main__":
    sys.exit(main())
