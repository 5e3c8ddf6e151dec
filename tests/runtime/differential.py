#!/usr/bin/python3
"""The runtime beside Google's functions framework and the CloudEvents SDK (npm packages): the same
requests, the same events, the same answers.

Looks for the packages in $CLEAVE_NODE_MODULES or BUILD/npm/node_modules; exit code 77 without them.
To install: npm install --prefix build/npm @google-cloud/functions-framework@5.0.5 cloudevents@10.0.0
"""
import base64
import json
import os
import random
import shutil
import subprocess
import sys
import time
import unittest

from harness import Connection, Server, free_port, request_bytes

HERE = os.path.dirname(os.path.realpath(__file__))
N_EVENTS = 600
TEXTS = ["plain", "with space", "ü", "a/b?c=d&e", "100%", "\"quoted\"", "😀", "x" * 300]


def modules():
    found = os.environ.get("CLEAVE_NODE_MODULES")
    for top in (found, os.path.join(os.environ["CLEAVE_SOURCE_DIR"], "build", "npm", "node_modules"),
                os.path.join(os.environ["CLEAVE_BINARY_DIR"], "npm", "node_modules")):
        if top and os.path.isdir(os.path.join(top, "cloudevents")):
            return os.path.realpath(top)
    return None


def encode(text):
    """A header value: what is not printable ASCII, space, quote and percent is percent-encoded."""
    return "".join(letter if "!" <= letter <= "~" and letter not in "\"%"
                   else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in text)


def some_data(random_):
    """(data member, content type, bytes that both readers must see)."""
    kind = random_.randrange(4)
    if kind == 0:
        value = {"sku": random_.choice(TEXTS), "n": random_.randrange(1000), "list": [1, None, True]}
        return {"data": value}, "application/json", json.dumps(
            value, separators=(",", ":"), ensure_ascii=False).encode()
    if kind == 1:
        value = random_.choice(TEXTS)
        return {"data": value}, "text/plain", value.encode()
    if kind == 2:
        value = bytes(random_.randrange(256) for _ in range(random_.randrange(1, 40)))
        return {"data_base64": base64.b64encode(value).decode()}, "application/octet-stream", value
    return {}, None, b""


def some_event(random_, number):
    member, kind, value = some_data(random_)
    event = {"specversion": "1.0", "id": f"e-{number}", "source": "/jobs/" + str(number % 7),
             "type": "com.example." + random_.choice(["made", "gone"]), **member}
    if kind:
        event["datacontenttype"] = kind
    if random_.random() < 0.5:
        event["subject"] = random_.choice(TEXTS[:4])
    event["time"] = f"2026-11-23T07:20:{number % 60:02}.000Z"  # the SDK invents one where it lacks
    return event, value


def broken(random_, event):
    """The event without something that it needs. (An id, too, is required; the SDK invents one.)"""
    event = dict(event)
    del event[random_.choice(["source", "type"])]
    return event


def as_request(random_, event, value, number):
    """(headers, body, mode)"""
    mode = ["binary", "structured", "batch"][number % 3]
    if mode == "structured":
        return {"content-type": "application/cloudevents+json"}, json.dumps(event).encode(), mode
    if mode == "batch":
        return {"content-type": "application/cloudevents-batch+json"}, json.dumps([event]).encode(), mode
    headers = {f"ce-{name}": encode(text) if name == "subject" else text
               for name, text in event.items()
               if name not in ("data", "data_base64", "datacontenttype")}
    if "datacontenttype" in event:
        headers["content-type"] = event["datacontenttype"]
    return headers, value, mode


def tellings(server):
    """What the function said of events so far; the log of a refused one may come later than its answer."""
    return [line for line in server.process.logs() if "told" in line]


class Differential(unittest.TestCase):
    def sdk(self, requests):
        lines = "".join(json.dumps({"headers": headers, "body": body.decode("utf-8", "replace")})
                        + "\n" for headers, body in requests)
        text = subprocess.run(["node", os.path.join(HERE, "cloudevents.mjs"), MODULES], check=True,
                              input=lines, stdout=subprocess.PIPE, text=True).stdout
        return [json.loads(line) for line in text.splitlines()]

    def test_cloudevents_sdk(self):
        random_ = random.Random(20261123)
        requests, values = [], []
        for number in range(N_EVENTS):
            event, value = some_event(random_, number)
            if random_.random() < 0.2:
                event = broken(random_, event)
            headers, body, mode = as_request(random_, event, value, number)
            requests.append((headers, body))
            values.append((value, mode, event.get("datacontenttype")))
        server = Server(CLEAVE_FUNCTION="told")
        n_accepted = 0
        for (headers, body), theirs, (value, mode, kind) in zip(requests, self.sdk(requests), values):
            n_before = len(tellings(server))
            status = server.request("POST", "/", body, headers.items()).status
            context = f"{headers} {body[:200]} {theirs}"
            if isinstance(theirs, dict):
                self.assertEqual(status, 400, context)
                continue
            self.assertEqual(status, 204, context)
            n_accepted += 1
            deadline = time.monotonic() + 5
            while len(tellings(server)) == n_before and time.monotonic() < deadline:
                time.sleep(0.001)
            ours = tellings(server)[-1]
            for name in ("told", "source", "type", "time"):
                self.assertEqual(ours[name], theirs[0][name], context)
            self.assertEqual(bytes.fromhex(ours["hex"]), value, context)
            if kind == "application/json":
                self.assertEqual(json.loads(bytes.fromhex(ours["hex"])),
                                 json.loads(bytes.fromhex(theirs[0]["hex"])), context)
            elif mode != "binary":  # the SDK was given the binary body as text
                self.assertEqual(ours["hex"], theirs[0]["hex"], context)
            subject = dict(ours["attributes"]).get("subject", "")
            # The SDK leaves header values as they are; the specification has them decoded once.
            self.assertIn(theirs[0]["subject"], (subject, encode(subject)), context)
        self.assertEqual(server.stop(), 0)
        self.assertGreater(n_accepted, N_EVENTS // 2)

    def framework(self, target, kind):
        port = free_port()
        child = subprocess.Popen(
            ["node", os.path.join(MODULES, "@google-cloud", "functions-framework", "build", "src",
                                  "main.js"),
             "--source=" + os.path.join(HERE, "framework.cjs"), "--target=" + target,
             "--signature-type=" + kind, f"--port={port}"],
            env={**os.environ, "NODE_PATH": MODULES}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while True:
            try:
                Connection(port).close()
                return child, port
            except OSError:
                if time.monotonic() > end or child.poll() is not None:
                    raise AssertionError("the functions framework does not start")
                time.sleep(0.05)

    @staticmethod
    def ask(port, method, target, body, headers):
        connection = Connection(port)
        connection.send(request_bytes(method, target, body, headers))
        response = connection.receive(method != "HEAD")
        connection.close()
        return response

    def test_framework_cloudevents(self):
        random_ = random.Random(7)
        child, port = self.framework("told", "cloudevent")
        server = Server(CLEAVE_FUNCTION="told")
        try:
            for number in range(100):
                event, value = some_event(random_, number)
                # The framework knows no batches, and in binary mode takes only JSON objects.
                is_binary = event.get("datacontenttype") == "application/json" and number % 2
                if number % 10 == 8:
                    event.update({"data": "fail", "datacontenttype": "text/plain"})
                    event.pop("data_base64", None)
                    is_binary = False
                headers, body, _ = as_request(random_, event, value, 0 if is_binary else 1)
                theirs = self.ask(port, "POST", "/", body, headers.items()).status
                ours = self.ask(server.port, "POST", "/", body, headers.items()).status
                self.assertEqual(ours, theirs, f"{headers} {body[:200]}")
        finally:
            child.terminate()
            child.wait()
            self.assertEqual(server.stop(), 0)

    def test_framework_http(self):
        random_ = random.Random(8)
        child, port = self.framework("echo", "http")
        server = Server(CLEAVE_FUNCTION="http")
        try:
            for number in range(100):
                body = bytes(random_.randrange(256) for _ in range(random_.randrange(0, 3000)))
                status = random_.choice([200, 201, 400, 404, 418, 500])
                method = random_.choice(["POST", "PUT", "PATCH", "DELETE"])
                target = f"/price/{number}?body=echo&status={status}"
                headers = [("Content-Type", "application/octet-stream")]
                theirs = self.ask(port, method, target, body, headers)
                ours = self.ask(server.port, method, target, body, headers)
                self.assertEqual((ours.status, ours.body), (theirs.status, theirs.body))
                for name in ("x-tag", "set-cookie"):
                    self.assertEqual(ours.all(name), theirs.all(name))
        finally:
            child.terminate()
            child.wait()
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    MODULES = modules()
    if not MODULES or not shutil.which("node"):
        print("SKIP functions-framework, cloudevents: not found (node and the npm packages in "
              "CLEAVE_NODE_MODULES)")
        sys.exit(77)
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
