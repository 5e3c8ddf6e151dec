#!/usr/bin/python3
"""The host between hostile clients and hostile functions.

usage: test_security.py CLEAVE FUNCTIONS_BINARY
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from hosting import Host

CLEAVE, BINARY = sys.argv[1:3]


def raw(port, data, seconds=5):
    """What comes back for bytes as they are."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as peer:
        peer.sendall(data)
        answer = b""
        try:
            while True:
                part = peer.recv(65536)
                if not part:
                    break
                answer += part
                if b"\r\n\r\n" in answer:
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


class HostileFunctionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host(CLEAVE, None, [
            {"name": "bad", "trigger": "http", "key": "GET /bad/:what", "max_instances": 2,
             "timeout_s": 2, "memory_mb": 256, "binary": os.path.join(HERE, "hostile.py")}])

    @classmethod
    def tearDownClass(cls):
        assert cls.host.stop() == 0
        cls.host.remove()

    def status(self, what):
        response, body = self.host.ask("GET", "/bad/" + what)
        return response.status, response, body

    def test_garbage_becomes_502(self):
        for what in ("garbage", "empty", "status", "text-status", "deep", "half"):
            with self.subTest(what=what):
                self.assertEqual(self.status(what)[0], 502)

    def test_no_header_is_injected(self):
        status, response, body = self.status("inject")
        self.assertEqual((status, body), (200, "fine"))
        names = [name.lower() for name, _ in response.getheaders()]
        self.assertEqual([name for name in names if "injected" in name], [])
        self.assertEqual(names.count("content-length"), 1)
        self.assertNotIn("transfer-encoding", names)
        self.assertEqual(response.getheader("X-Good"), "1")

    def test_wrong_types_hurt_nobody(self):
        self.assertIn(self.status("types")[0], (200, 502))
        self.assertIn(self.status("base64")[0], (200, 502))

    def test_too_large_answer(self):
        self.assertEqual(self.status("large")[0], 502)
        errors = [event["error"] for event in self.host.events("invocation")]
        self.assertIn("Function.ResponseSizeTooLarge", errors)

    def test_only_its_own_answer_counts(self):
        self.assertEqual(self.status("wrong-id")[2], "ok")
        self.assertEqual(self.status("twice")[2], "first")
        self.host.wait_for(lambda: "second answer: 403" in self.host.said())
        self.assertIn("refused with 400", self.host.said())
        self.assertNotIn("\x1b", self.host.said())

    def test_hanging_function_is_killed(self):
        begun = time.monotonic()
        self.assertEqual(self.status("hang-up")[0], 504)
        self.assertLess(time.monotonic() - begun, 10)

    def test_endless_line(self):
        self.assertEqual(self.status("noise")[2], "quiet")
        longest = max(len(line) for line in self.host.said().splitlines())
        self.assertLess(longest, 80000)


class HostileClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host(CLEAVE, BINARY)

    @classmethod
    def tearDownClass(cls):
        assert cls.host.stop() == 0
        cls.host.remove()

    def test_paths(self):
        for path in ("/items/../../../../etc/passwd", "/../functions.json", "//etc/passwd",
                     "/items/%2e%2e%2f%2e%2e%2fetc%2fpasswd/x", "/queues.db", "/bootstrap"):
            response, body = self.host.ask("GET", path)
            self.assertEqual(response.status, 404, path)
            self.assertNotIn("root:", body)
        # An encoded slash is a part of the parameter, never of a path.
        _, body = self.host.ask("GET", "/items/..%2F..%2Fetc")
        self.assertIn("id=../../etc", body)
        self.assertEqual(self.host.ask("GET", "/items/a%00b")[0].status, 400)

    def test_requests_that_are_no_http(self):
        for data in (b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"GET /items/1 HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                     b"GET /items/1 HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
                     b"\r\n0\r\n\r\n",
                     b"GET /items/1 HTTP/1.1\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
                     b"POST /items/1 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
                     b"POST /items/1 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                     b"GET " + b"/" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n"):
            status = raw(self.host.port, data)[9:12]
            self.assertIn(status, (b"400", b"413", b"414", b"431", b"505", b""), data[:60])
        self.assertEqual(self.host.ask("GET", "/items/next")[0].status, 201)

    def test_bytes_that_are_no_text(self):
        for data in (b"GET /items/1 HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
                     b"GET /items/1 HTTP/1.1\r\nHost: h\r\nUser-Agent: \xc3\r\n\r\n",
                     b"GET /items/1?q=\xff HTTP/1.1\r\nHost: h\r\n\r\n",
                     b"GET /items/\xff HTTP/1.1\r\nHost: h\r\n\r\n"):
            status = raw(self.host.port, data)[9:12]
            self.assertIn(status, (b"201", b"200", b"400", b"404"), data)
        self.assertEqual(self.host.ask("GET", "/items/next")[0].status, 201)

    def test_too_large_body(self):
        data = b"POST /items/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
        self.assertEqual(raw(self.host.port, data)[9:12], b"413")

    def test_slow_peers_do_not_block_others(self):
        peers = [socket.create_connection(("127.0.0.1", self.host.port)) for _ in range(200)]
        for peer in peers:
            peer.sendall(b"GET /items/1 HTTP/1.1\r\nHost: ")
        begun = time.monotonic()
        self.assertEqual(self.host.ask("GET", "/items/1")[0].status, 201)
        self.assertLess(time.monotonic() - begun, 3)
        for peer in peers:
            peer.close()

    def test_loopback_only(self):
        ports = {self.host.port, self.host.api}
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        listening = {int(row[1].split(":")[1], 16): row[1].split(":")[0] for row in rows
                     if row[3] == "0A"}
        for port in ports:
            self.assertEqual(listening[port], "0100007F", "127.0.0.1 and nothing else")

    def test_secrets_stay_out_of_logs(self):
        """Of requests and of the environment, through errors, crashes, time-outs: nowhere."""
        secret = "do-not-log-me-4711"
        folder = tempfile.mkdtemp(prefix="cleave-secrets-")
        self.addCleanup(shutil.rmtree, folder)
        rsf = os.path.join(folder, "some.rsf")
        with open(rsf, "w") as out:
            out.write("depends a.c b.c\n")
        subprocess.run([CLEAVE, "import", rsf, "--db", os.path.join(folder, "cleave.db")],
                       check=True, capture_output=True)
        host = Host(CLEAVE, BINARY, folder=folder, environment={
            "SECRET_PASSWORD": secret, "AWS_SECRET_ACCESS_KEY": secret},
                    arguments=["--trace", os.path.join(folder, "spans.jsonl")])
        for path in ("/items/1", "/items/fail", "/items/crash", "/items/slow", "/nowhere"):
            host.ask("GET", path + f"?token={secret}", None, {
                "Authorization": f"Bearer {secret}", "Cookie": f"sid={secret}", "X-Api-Key": secret})
        host.ask("POST", "/items/fail", secret)
        host.call("POST", "/2015-03-31/functions/item/invocations", json.dumps({"password": secret}))
        host.call("POST", "/queues/mail/messages?wait=true", "bad")
        host.call("POST", f"/queues/{secret}/messages", "x")
        raw(host.port, f"GET /items/1 HTTP/1.1\r\n{secret}\r\n\r\n".encode())
        host.wait_for(lambda: len(host.events("invocation")) >= 6)
        text = host.call("GET", "/metrics")[1] + host.call("GET", "/queues/mail")[1]
        self.assertEqual(host.stop(), 0)
        self.assertNotIn(secret, text)
        self.assertLessEqual({"spans.jsonl", "cleave.db", "queues.db", "err"}, set(os.listdir(folder)))
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                self.assertNotIn(secret.encode(), file.read(), name)

    def test_runtime_api_needs_the_instances_token(self):
        self.host.ask("GET", "/items/1")
        for token in ("item-1000", "mail-1", "..", "%2e%2e"):
            response, _ = self.host.call(
                "GET", f"/i/{token}/2018-06-01/runtime/invocation/next")
            self.assertIn(response.status, (403, 404))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
