"""The sample shop as a monolith and as functions: build, start, ask, look into the database.

Shared by the end-to-end tests. All paths come in; nothing is written outside the work folder.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time

FIXED_TIME = "1795418400"  # 2026-11-23, so that both sides write the same dates


def run(*command, **options):
    """Runs a command; on failure its output is part of the exception."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def rows(cleave, db, what):
    """What `cleave show` says, as a list of objects."""
    out = subprocess.run([cleave, "show", what, "--json", "--db", db], check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)["rows"]


class Pipeline:
    """analyze, split, generate, build: each step is done once per work folder."""

    def __init__(self, cleave, source, work):
        self.cleave, self.source, self.work = cleave, source, work
        self.db = os.path.join(work, "cleave.db")
        self.build = os.path.join(work, "build")
        self.functions = os.path.join(work, "functions")
        os.makedirs(work, exist_ok=True)

    def build_monolith(self):
        run("cmake", "-G", "Ninja", "-S", self.source, "-B", self.build)
        run("cmake", "--build", self.build)

    def analyze(self):
        return run(self.cleave, "analyze", self.build, "--root", self.source, "--db", self.db)

    def split(self):
        return run(self.cleave, "split", "--db", self.db)

    def generate(self, platform="aws"):
        return run(self.cleave, "generate", "--platform", platform, "-o", self.functions, "--db",
                   self.db)

    def build_functions(self):
        out = os.path.join(self.functions, "build")
        run("cmake", "-G", "Ninja", "-S", self.functions, "-B", out,
            f"-DCLEAVE_SOURCE_ROOT={self.source}")
        run("cmake", "--build", out)


class Side:
    """One running side with a folder and a database of its own."""

    def __init__(self, source, folder):
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("mail", "thumbs", "reports"):
            os.makedirs(os.path.join(folder, name))
        self.folder = folder
        self.database = os.path.join(folder, "shop.sqlite")
        self.environment = dict(
            os.environ, SHOP_DATABASE_URL="sqlite:" + self.database, SHOP_FIXED_TIME=FIXED_TIME,
            SHOP_MAIL_DIR=os.path.join(folder, "mail"), SHOP_PORT="0",
            SHOP_THUMBS_DIR=os.path.join(folder, "thumbs"),
            SHOP_REPORT_DIR=os.path.join(folder, "reports"),
            SHOP_STATIC_DIR=os.path.join(source, "static"), SHOP_ADMIN_TOKEN="admin-token",
            SHOP_SESSION_SEED="42", SHOP_LOG_LEVEL="0")
        self.process = None
        self.port = 0

    def ask(self, method, path, body=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, response.getheader("content-type"), data

    def table(self, sql):
        with contextlib.closing(sqlite3.connect(self.database)) as db:
            return db.execute(sql).fetchall()

    def file(self, *names):
        with open(os.path.join(self.folder, *names)) as text:
            return text.read()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
            self.process.stdout.close()


class Monolith(Side):
    def __init__(self, pipeline, folder):
        super().__init__(pipeline.source, folder)
        self.change(self.environment)
        self.process = subprocess.Popen([self.start(pipeline)],
                                        env=self.environment, cwd=folder, text=True,
                                        stdout=subprocess.PIPE)
        self.port = int(re.search(r"port (\d+)", self.process.stdout.readline()).group(1))

    def start(self, pipeline):
        """The program to start."""
        return os.path.join(pipeline.build, "shop")

    def change(self, environment):
        """What else its environment holds."""

    def copy_database(self, to):
        with contextlib.closing(sqlite3.connect(self.database)) as source:
            with contextlib.closing(sqlite3.connect(to)) as target:
                source.backup(target)


class Functions(Side):
    """The generated functions under `cleave host`, on a copy of the monolith's database."""

    def __init__(self, pipeline, folder, monolith):
        super().__init__(pipeline.source, folder)
        monolith.copy_database(self.database)
        self.log_path = os.path.join(folder, "host.log")
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                [pipeline.cleave, "host", pipeline.functions, "--listen", "127.0.0.1:0", "--db",
                 pipeline.db],
                env=self.environment, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=log)
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError("cleave host did not start:\n" + self.log())
        self.port = int(first.rsplit(":", 1)[1])
        self.api = 0
        deadline = time.monotonic() + 20
        while not self.api and time.monotonic() < deadline:
            match = re.search(r"metrics: http://127.0.0.1:(\d+)", self.log())
            self.api = int(match.group(1)) if match else 0

    def log(self):
        with open(self.log_path) as text:
            return text.read()
