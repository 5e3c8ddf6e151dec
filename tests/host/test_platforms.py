#!/usr/bin/python3
"""The same functions by the rules of Cloud Run (HTTP on PORT, CloudEvents, Pub/Sub push) and of
Azure's custom handlers: the answers are those of the Runtime API.

usage: test_platforms.py CLEAVE FUNCTIONS_BINARY
"""
import json
import os
import sys
import tempfile
import shutil
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hosting import FUNCTIONS, Host

CLEAVE, BINARY = sys.argv[1:3]
MIRROR = {"name": "mirror", "trigger": "direct", "timeout_s": 5}


class Rules:
    platform = None
    has_binary_replies = True
    functions = FUNCTIONS + [MIRROR]

    @classmethod
    def setUpClass(cls):
        cls.bucket = tempfile.mkdtemp(prefix="cleave-bucket-")
        cls.host = Host(CLEAVE, BINARY, cls.functions,
                        ["--platform", cls.platform, "--bucket", f"images={cls.bucket}"])

    @classmethod
    def tearDownClass(cls):
        code = cls.host.stop()
        said = cls.host.said()
        cls.host.remove()
        shutil.rmtree(cls.bucket)
        assert code == 0, (code, said)

    def test_http(self):
        response, body = self.host.ask("POST", "/items/a%20b?n=2&n=3", "hello")
        self.assertEqual(response.status, 201, self.host.said())
        self.assertEqual(body, "POST /items/a b id=a b n=2 body=hello")
        self.assertEqual(response.getheader("content-type"), "text/plain")
        self.assertEqual(sorted(response.msg.get_all("set-cookie")), ["a=1", "b=2"])
        self.assertEqual(self.host.ask("GET", "/nothing")[0].status, 404)

    def test_binary(self):
        if self.has_binary_replies:
            response, body = self.host.ask("POST", "/items/x", bytes(range(256)))
            self.assertEqual(response.status, 201)
            self.assertTrue(body.encode(errors="surrogateescape").endswith(bytes(range(128, 256))))

    def test_failures(self):
        self.assertGreaterEqual(self.host.ask("GET", "/items/fail")[0].status, 500)
        self.assertIn(self.host.ask("GET", "/items/crash")[0].status, (500, 502))
        self.assertIn(self.host.ask("GET", "/items/slow")[0].status, (502, 504))
        self.assertEqual(self.host.ask("GET", "/items/next")[0].status, 201)

    def test_direct(self):
        path = "/2015-03-31/functions/mirror/invocations"
        sent = '{"a": "\u00e4\x7f"}'
        response, body = self.host.call("POST", path, sent.encode())
        self.assertEqual((response.status, response.getheader("x-amz-function-error")), (200, None),
                         body)
        self.assertEqual(json.loads(body), sent)
        self.assertEqual(json.loads(self.host.call("POST", path)[1]), "{}")
        for word in ("refuse", "fail"):
            response, body = self.host.call("POST", path, json.dumps(word))
            self.assertEqual(response.getheader("x-amz-function-error"), "Handled", body)
            self.assertIn("errorMessage", json.loads(body))

    def test_queue(self):
        path = "/queues/mail/messages?wait=true"
        self.assertEqual(json.loads(self.host.call("POST", path, "hello")[1]), {"processed": True})
        self.assertIn("hello", [line.split()[1] for line in self.host.noted()
                                if line.startswith("mail")])
        response, _ = self.host.call("POST", path, "bad")
        self.assertEqual(response.status, 502)
        self.host.wait_for(
            lambda: json.loads(self.host.call("GET", "/queues/mail")[1])["dead"] >= 1)

    def test_timer(self):
        self.host.wait_for(lambda: [line for line in self.host.noted()
                                    if line.startswith("beat")])

    def test_object(self):
        with open(os.path.join(self.bucket, "new file.txt"), "w") as out:
            out.write("12345")
        self.host.wait_for(lambda: "object images new file.txt 5" in self.host.noted())

    def test_trace(self):
        trace = "0af7651916cd43dd8448eb211c80319c"
        response, _ = self.host.ask("GET", "/items/1", None,
                                    {"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
        self.assertEqual(response.getheader("X-Trace").split("-")[1], trace)


class CloudRunTest(Rules, unittest.TestCase):
    platform = "gcp"


class AzureEnvelopeTest(Rules, unittest.TestCase):
    platform = "azure"
    has_binary_replies = False  # an envelope cannot carry them


class AzureForwardingTest(Rules, unittest.TestCase):
    platform = "azure"
    functions = [dict(entry, forwards_http=True) for entry in FUNCTIONS + [MIRROR]]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
