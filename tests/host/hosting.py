"""A running `cleave host` for tests, on free ports, in a folder of its own."""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

FUNCTIONS = [
    {"name": "item", "trigger": "http", "key": "GET,POST /items/:id", "timeout_s": 1,
     "max_instances": 3, "memory_mb": 64},
    {"name": "mail", "trigger": "queue", "key": "mail", "max_deliveries": 2, "timeout_s": 5},
    {"name": "beat", "trigger": "schedule", "key": "1s"},
    {"name": "daily", "trigger": "schedule", "key": "0 2 * * *"},
    {"name": "thumb", "trigger": "object", "key": "images"},
]


class Host:
    def __init__(self, cleave, binary, functions=None, arguments=(), folder=None, environment=None,
                 needs_api=True):
        self.cleave, self.arguments, self.needs_api = cleave, list(arguments), needs_api
        self.owns_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="cleave-host-")
        self.db = os.path.join(self.folder, "cleave.db")
        self.notes = os.path.join(self.folder, "notes")
        self.environment = dict(os.environ, HOST_TEST_NOTES=self.notes, **(environment or {}))
        if binary:
            shutil.copy(binary, os.path.join(self.folder, "bootstrap"))
        entries = [dict({"binary": "bootstrap"}, **entry) for entry in functions or FUNCTIONS]
        with open(os.path.join(self.folder, "functions.json"), "w") as out:
            json.dump({"version": 1, "functions": entries}, out)
        self.start()

    def start(self):
        self.err = open(os.path.join(self.folder, "err"), "w+")
        self.process = subprocess.Popen(
            [self.cleave, "host", self.folder, "--listen", "127.0.0.1:0", "--db", self.db,
             *self.arguments],
            stdout=subprocess.PIPE, stderr=self.err, text=True, env=self.environment)
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError("the host did not start: " + self.said())
        self.port = int(first.rsplit(":", 1)[1])
        self.api = None
        deadline = time.monotonic() + 20
        while self.needs_api and self.api is None and time.monotonic() < deadline:
            match = re.search(r"metrics: http://127.0.0.1:(\d+)", self.said())
            self.api = int(match.group(1)) if match else None

    def said(self):
        with open(self.err.name) as text:
            return text.read()

    def events(self, what=None):
        """The JSON lines so far."""
        lines = [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]
        return [line for line in lines if what is None or line["event"] == what]

    def noted(self):
        """What the functions wrote down, line by line."""
        try:
            with open(self.notes) as text:
                return text.read().splitlines()
        except FileNotFoundError:
            return []

    def ask(self, method, path, body=None, headers=None):
        return ask(self.port, method, path, body, headers)

    def call(self, method, path, body=None, headers=None):
        return ask(self.api, method, path, body, headers)

    def wait_for(self, condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("it did not happen: " + self.said()[-3000:])
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.err.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.err.close()
        return code

    def remove(self):
        if self.owns_folder:
            shutil.rmtree(self.folder)


def ask(port, method, path, body=None, headers=None):
    """(response, text)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response, data.decode(errors="surrogateescape")
