#!/usr/bin/python3
"""cleave host as its users see it: the front, the Invoke API, queues, failures, recording.

usage: test_host.py CLEAVE FUNCTIONS_BINARY
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

CLEAVE, BINARY = sys.argv[1:3]


class Host:
    """A running `cleave host` on free ports, over a project with two functions."""

    def __init__(self, folder, has_store=True):
        self.folder = folder
        self.db = os.path.join(folder, "cleave.db")
        shutil.copy(BINARY, os.path.join(folder, "bootstrap"))
        functions = [
            {"name": "item", "trigger": "http", "key": "GET,POST /items/:id",
             "binary": "bootstrap", "timeout_s": 1, "max_instances": 3},
            {"name": "mail", "trigger": "queue", "key": "mail", "binary": "bootstrap"},
        ]
        with open(os.path.join(folder, "functions.json"), "w") as out:
            json.dump({"version": 1, "functions": functions}, out)
        self.err = open(os.path.join(folder, "err"), "w+")
        self.process = subprocess.Popen(
            [CLEAVE, "host", folder, "--listen", "127.0.0.1:0", "--db", self.db],
            stdout=subprocess.PIPE, stderr=self.err, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        self.api = None
        while self.api is None:
            match = re.search(r"schedules: http://127.0.0.1:(\d+)", self.said())
            self.api = int(match.group(1)) if match else None

    def said(self):
        self.err.flush()
        with open(self.err.name) as text:
            return text.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.err.close()
        return code


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response, data.decode()


class HostTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cleave-host-")
        cls.host = Host(cls.folder)

    @classmethod
    def tearDownClass(cls):
        code = cls.host.stop()
        shutil.rmtree(cls.folder)
        assert code == 0, code

    def test_front(self):
        response, body = ask(self.host.port, "POST", "/items/a%20b?n=2&n=3", "hello")
        self.assertEqual(response.status, 201)
        self.assertEqual(body, "POST /items/a b id=a b n=2 body=hello")
        self.assertEqual(response.getheader("content-type"), "text/plain")
        self.assertEqual(response.msg.get_all("set-cookie"), ["a=1", "b=2"])

    def test_binary_body(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.host.port, timeout=20)
        connection.request("POST", "/items/x", bytes(range(256)))
        body = connection.getresponse().read()
        connection.close()
        self.assertTrue(body.endswith(bytes(range(256))))

    def test_unknown_route(self):
        self.assertEqual(ask(self.host.port, "GET", "/nothing")[0].status, 404)
        self.assertEqual(ask(self.host.port, "GET", "/items/../../etc/passwd")[0].status, 404)

    def test_function_error(self):
        response, _ = ask(self.host.port, "GET", "/items/fail")
        self.assertEqual(response.status, 502)

    def test_crash_costs_one_event(self):
        self.assertEqual(ask(self.host.port, "GET", "/items/crash")[0].status, 502)
        self.assertEqual(ask(self.host.port, "GET", "/items/next")[0].status, 201)

    def test_overrun_is_killed(self):
        self.assertIn(ask(self.host.port, "GET", "/items/slow")[0].status, (502, 504))
        self.assertEqual(ask(self.host.port, "GET", "/items/next")[0].status, 201)

    def test_invoke(self):
        event = {"version": "2.0", "routeKey": "GET /items/{id}", "rawPath": "/items/7",
                 "rawQueryString": "", "headers": {},
                 "requestContext": {"http": {"method": "GET", "path": "/items/7"}}}
        response, body = ask(self.host.api, "POST", "/2015-03-31/functions/item/invocations",
                             json.dumps(event))
        self.assertEqual(response.status, 200)
        self.assertIsNone(response.getheader("x-amz-function-error"))
        self.assertEqual(json.loads(body)["statusCode"], 201)
        response, body = ask(self.host.api, "POST", "/2015-03-31/functions/item/invocations",
                             json.dumps(event).replace("/items/7", "/items/fail"))
        self.assertEqual(response.status, 200)
        self.assertEqual(response.getheader("x-amz-function-error"), "Handled")
        self.assertEqual(json.loads(body)["errorType"], "Function.Refused")
        response, _ = ask(self.host.api, "POST", "/2015-03-31/functions/nobody/invocations", "{}")
        self.assertEqual(response.status, 404)

    def test_queue(self):
        path = "/queues/mail/messages"
        self.assertEqual(json.loads(ask(self.host.api, "POST", path, "hello")[1]),
                         {"processed": True})
        response, body = ask(self.host.api, "POST", path, "bad")
        self.assertEqual((response.status, json.loads(body)), (502, {"processed": False}))
        self.assertEqual(ask(self.host.api, "POST", path, b"\xff\xfe")[0].status, 400)

    def test_runtime_api_refuses_strangers(self):
        path = "/i/item-999/2018-06-01/runtime/invocation/next"
        self.assertEqual(ask(self.host.api, "GET", path)[0].status, 403)

    def test_garbage_and_slow_peers_hurt_nobody(self):
        slow = socket.create_connection(("127.0.0.1", self.host.port))
        slow.sendall(b"GET /items/a HTTP/1.1\r\nHost:")
        rude = socket.create_connection(("127.0.0.1", self.host.port))
        rude.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
        self.assertIn(b" 400 ", rude.recv(100))
        large = socket.create_connection(("127.0.0.1", self.host.port))
        large.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n\r\n")
        self.assertIn(b" 431 ", large.recv(100))
        self.assertEqual(ask(self.host.port, "GET", "/items/a")[0].status, 201)
        for peer in (slow, rude, large):
            peer.close()

    def test_many_at_once(self):
        statuses = []

        def one(i):
            statuses.append(ask(self.host.port, "GET", f"/items/{i}")[0].status)

        threads = [threading.Thread(target=one, args=(i,)) for i in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [201] * 40)
        started = self.host.said().count("item: started")
        died = self.host.said().count("item: died") + self.host.said().count("item: ended")
        self.assertLessEqual(started - died, 3)


class RefusalTest(unittest.TestCase):
    def refused(self, *arguments):
        run = subprocess.run([CLEAVE, "host", *arguments], capture_output=True, text=True)
        return run.returncode, run.stderr

    def test_refusals(self):
        folder = tempfile.mkdtemp(prefix="cleave-host-")
        code, said = self.refused(folder)
        self.assertEqual(code, 6)
        self.assertIn("there is no generated project", said)
        path = os.path.join(folder, "functions.json")
        for text, message in (("{", "functions.json:1:"), ("{}", "no list of functions"),
                              ('{"functions":[{"name":"a"}]}', "needs name, trigger and binary"),
                              ('{"functions":[{"name":"a","trigger":"moon","binary":"b"}]}',
                               "unknown trigger"),
                              ('{"functions":[{"name":"a","trigger":"http","binary":"b"}]}',
                               "build the project first")):
            with open(path, "w") as out:
                out.write(text)
            code, said = self.refused(folder)
            self.assertEqual(code, 6, said)
            self.assertIn(message, said)
        with open(path, "w") as out:
            out.write('{"functions":[]}')
        code, said = self.refused(folder, "--listen", "127.0.0.1:99999")
        self.assertEqual(code, 2, said)
        busy = socket.create_server(("127.0.0.1", 0))
        code, said = self.refused(folder, "--listen", f"127.0.0.1:{busy.getsockname()[1]}")
        self.assertEqual(code, 6, said)
        self.assertIn("cannot listen on", said)
        busy.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
