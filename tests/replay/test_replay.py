#!/usr/bin/python3
"""cleave replay as its users see it: record through the proxy, replay, sessions, differences.

usage: test_replay.py CLEAVE
"""
import http.client
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

CLEAVE = sys.argv[1]


class Server(http.server.ThreadingHTTPServer):
    """A small site with sessions of its own; SPOIL changes one answer."""
    daemon_threads = True

    def __init__(self, salt, spoil=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.salt, self.spoil, self.n_sessions, self.seen, self.sessions = salt, spoil, 0, [], {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        site = self.server
        n = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(n)
        site.seen.append((self.command, self.path, time.monotonic()))
        status, headers, text = 200, {"Content-Type": "application/json"}, b"{}"
        if self.path == "/login":
            token = f"{site.salt}-session-{site.n_sessions:04}"
            site.n_sessions += 1
            site.sessions[token] = body.decode()
            headers["Set-Cookie"] = f"sid={token}; Path=/"
            text = json.dumps({"token": token}).encode()
        elif self.path == "/me":
            user = site.sessions.get((self.headers.get("Cookie") or "").replace("sid=", ""))
            status = 200 if user else 401
            text = json.dumps({"user": user, "at": time.time()}).encode()
        elif self.path.startswith("/data"):
            headers["Content-Type"] = "application/octet-stream"
            text = bytes(range(256)) + body
        elif self.path == "/slow":
            time.sleep(1.5)
            return
        if site.spoil == self.path:
            status, text = 500, b'{"broken": true}'
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def log_message(self, *_):
        pass


def cleave(*arguments):
    run = subprocess.run([CLEAVE, "replay", *arguments], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr


class ReplayTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cleave-replay-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.har = os.path.join(self.folder, "load.har")

    def server(self, *arguments):
        server = Server(*arguments)
        self.addCleanup(server.stop)
        return server

    def path(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def record(self, server):
        recorder = subprocess.Popen([CLEAVE, "replay", self.har, "--monolith", server.url,
                                     "--record", "0"], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True)
        port = int(recorder.stdout.readline().rsplit(":", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        cookie = None
        for method, path, body in (("POST", "/login", b"alice"), ("GET", "/me", None),
                                   ("PUT", "/data", b"\x00\xff"), ("HEAD", "/data", None),
                                   ("GET", "/data?x=%20", None)):
            connection.request(method, path, body, {"Cookie": cookie} if cookie else {})
            response = connection.getresponse()
            text = response.read()
            self.assertEqual(response.status, 200, path)
            if path == "/data" and method == "PUT":
                self.assertEqual(text, bytes(range(256)) + b"\x00\xff")
            cookie = cookie or response.getheader("Set-Cookie").split(";")[0]
            time.sleep(0.05)
        connection.close()
        self.assertFalse(os.path.exists(self.har), "the file has its name when it is complete")
        recorder.send_signal(signal.SIGINT)
        _, said = recorder.communicate(timeout=10)
        self.assertEqual(recorder.returncode, 0, said)
        self.assertIn("recorded 5 requests", said)
        self.assertEqual(os.stat(self.har).st_mode & 0o077, 0, "a recording holds sessions")

    def test_sessions_follow_each_side(self):
        self.record(self.server("first"))
        one, two = self.server("second"), self.server("third")
        code, out, _ = cleave(self.har, "--monolith", one.url, "--functions", two.url)
        self.assertEqual(code, 1, out)
        self.assertIn("1 different", out)
        self.assertIn("body $.at", out)
        self.assertNotIn("status", out)
        rules = self.path("rules.yaml", "version: 1\nignore: {members: [at]}\n")
        one, two = self.server("fourth"), self.server("fifth")
        code, out, _ = cleave(self.har, "--monolith", one.url, "--functions", two.url, "--rules",
                              rules, "--json")
        found = json.loads(out)
        self.assertEqual(code, 0, out)
        self.assertEqual((found["n_sent"], found["n_identical"], found["n_equal"]), (5, 4, 1))
        self.assertEqual(found["rules"]["members"], ["at"])
        self.assertEqual(found["functions"]["n_answers"], 5)
        self.assertEqual([seen[:2] for seen in one.seen], [seen[:2] for seen in two.seen])
        # One side alone is compared with the recording.
        code, out, _ = cleave(self.har, "--monolith", self.server("sixth").url, "--rules", rules)
        self.assertEqual(code, 0, out)

    def test_a_difference_is_found(self):
        self.record(self.server("first"))
        rules = self.path("rules.yaml", "version: 1\nignore: {members: [at]}\nskip: [HEAD /data]\n")
        code, out, _ = cleave(self.har, "--monolith", self.server("a").url, "--functions",
                              self.server("b", "/data?x=%20").url, "--rules", rules, "--json")
        found = json.loads(out)
        self.assertEqual(code, 1)
        self.assertEqual((found["n_sent"], found["n_skipped"], found["n_different"]), (4, 1, 1))
        self.assertEqual(found["findings"][0]["request"], 5)
        what = [(one["what"], one["left"]) for one in found["findings"][0]["differences"]]
        self.assertEqual(what[0], ("status", "200"))

    def test_silence_is_a_difference(self):
        self.record(self.server("first"))
        gone = Server("gone")
        gone.stop()
        code, out, _ = cleave(self.har, "--monolith", self.server("a").url, "--functions", gone.url)
        self.assertEqual(code, 1)
        self.assertIn("no answer", out)
        self.assertIn("5 without", out)

    def test_recorded_rhythm(self):
        server = self.server("first")
        self.record(server)
        before = [seen[2] for seen in server.seen]
        again = self.server("first")
        rules = self.path("rules.yaml", "version: 1\nignore: {members: [at]}\n")
        code, out, _ = cleave(self.har, "--functions", again.url, "--timing", "recorded", "--speed",
                              "0.5", "--rules", rules)
        self.assertEqual(code, 0, out)
        after = [seen[2] for seen in again.seen]
        ratio = (after[-1] - after[0]) / (before[-1] - before[0])
        self.assertGreater(ratio, 1.6)
        self.assertLess(ratio, 3.0)

    def test_reset_and_time_limit(self):
        entry = {"startedDateTime": "2026-11-23T10:00:00Z", "request":
                 {"method": "GET", "url": "http://a/slow", "headers": []},
                 "response": {"status": 200, "headers": [], "content": {"size": 2, "text": "{}"}}}
        har = self.path("slow.har", json.dumps({"log": {"entries": [entry]}}))
        mark = os.path.join(self.folder, "mark")
        code, out, _ = cleave(har, "--functions", self.server("a").url, "--timeout", "1", "--reset",
                              f"echo done > '{mark}'")
        self.assertEqual(code, 1)
        self.assertIn("within the time limit", out)
        with open(mark) as text:
            self.assertEqual(text.read(), "done\n")
        code, _, said = cleave(har, "--functions", "http://127.0.0.1:1", "--reset", "exit 3")
        self.assertEqual(code, 6)
        self.assertIn("--reset failed", said)

    def test_refusals(self):
        good = self.path("good.har", '{"log":{"entries":[]}}')
        self.assertEqual(cleave(good, "--functions", "http://127.0.0.1:1")[0], 0)
        for arguments, code, message in (
                ((good,), 2, "needs --monolith"),
                ((good, "--functions", "ftp://a"), 2, "is no address"),
                ((good, "--functions", "http://a/path"), 2, "is no address"),
                ((good, "--functions", "http://127.0.0.1:1", "--speed", "-1"), 2, "above 0"),
                ((good, "--record", "1"), 2, "--record needs --monolith"),
                ((good, "--record", "70000", "--monolith", "http://127.0.0.1:1"), 2, "65535"),
                ((good, "--functions", "http://127.0.0.1:1", "--rules",
                  self.path("bad.yaml", "version: 1\nignor: {}\n")), 2, "ignore"),
                ((good, "--functions", "http://127.0.0.1:1", "--rules",
                  self.path("worse.yaml", "version: 1\nignore: {patterns: [\"(\"]}\n")), 2,
                 "worse.yaml:2:"),
                ((os.path.join(self.folder, "none.har"), "--functions", "http://127.0.0.1:1"), 6,
                 "cannot read"),
                ((self.path("bad.har", "{"), "--functions", "http://127.0.0.1:1"), 6, "bad.har:1:"),
                ((os.path.join(self.folder, "no", "folder.har"), "--record", "0", "--monolith",
                  "http://127.0.0.1:1"), 6, "cannot write")):
            found, _, said = cleave(*arguments)
            self.assertEqual(found, code, (arguments, said))
            self.assertIn(message, said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
