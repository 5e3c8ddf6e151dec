#!/usr/bin/python3
"""cleave host as its users see it: the front, the Invoke API, queues, failures, recording.

usage: test_host.py CLEAVE FUNCTIONS_BINARY
"""
import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

CLEAVE, BINARY = sys.argv[1:3]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import otlp
from hosting import Host, ask


class HostTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host(CLEAVE, BINARY)

    @classmethod
    def tearDownClass(cls):
        code = cls.host.stop()
        said = cls.host.said()
        cls.host.remove()
        assert code == 0, (code, said)

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
        response, body = self.host.call("POST", path, "hello")
        self.assertEqual(response.status, 202)
        self.assertTrue(json.loads(body)["id"])
        self.host.wait_for(lambda: [line for line in self.host.noted() if "mail hello" in line])
        self.assertEqual(json.loads(self.host.call("POST", path + "?wait=true", "again")[1]),
                         {"processed": True})
        response, body = self.host.call("POST", path + "?wait=true", "bad")
        self.assertEqual((response.status, json.loads(body)), (502, {"processed": False}))
        self.assertEqual(self.host.call("POST", path, b"\xff\xfe")[0].status, 400)
        self.assertEqual(self.host.call("POST", path + "?delay=x", "a")[0].status, 400)
        self.assertEqual(self.host.call("POST", "/queues/none/messages", "a")[0].status, 404)

    def test_delayed_message_holds_nobody_up(self):
        self.host.call("POST", "/queues/mail/messages", "bad")
        self.host.call("POST", "/queues/mail/messages?delay=600", "much-later")
        self.host.wait_for(lambda: len([
            event for event in self.host.events("invocation")
            if event["function"] == "mail" and event["status"] == "ok"]) >= 2)
        figures = json.loads(self.host.call("GET", "/queues/mail")[1])
        self.assertGreaterEqual(figures["out"], 1)
        self.host.wait_for(
            lambda: json.loads(self.host.call("GET", "/queues/mail")[1])["dead"] >= 1)
        self.assertFalse([line for line in self.host.noted() if "much-later" in line])

    def test_push(self):
        def push(body, kind="application/json", **headers):
            text = body if isinstance(body, (bytes, str)) else json.dumps(body)
            return self.host.call("POST", "/queues/mail/push", text,
                                  dict(headers, **{"Content-Type": kind}))[0].status
        pubsub = {"message": {"data": "cHVic3Vi", "messageId": "1", "attributes": {}},
                  "subscription": "projects/p/subscriptions/s"}
        event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
        structured = "application/cloudevents+json; charset=utf-8"
        self.assertEqual(push(pubsub), 202)
        self.assertEqual(push(dict(event, data="structured"), structured), 202)
        self.assertEqual(push(dict(event, data_base64="YmFzZTY0"), structured), 202)
        self.assertEqual(push("binary", "text/plain", **{"ce-specversion": "1.0", "ce-id": "1",
                                                         "ce-source": "/s", "ce-type": "t"}), 202)
        self.assertEqual(push("bare", "text/plain"), 202)
        wanted = {"pubsub", "structured", "base64", "binary", "bare"}
        self.host.wait_for(lambda: wanted <= {line.split()[1] for line in self.host.noted()
                                              if line.startswith("mail ")})
        pubsub["message"]["data"] = "*** no base64 ***"
        self.assertEqual(push(pubsub), 400)
        self.assertEqual(push("{", structured), 400)
        self.assertEqual(push(b"\xff\xfe", "application/octet-stream"), 400)

    def test_dead_letters(self):
        def figures():
            return json.loads(self.host.call("GET", "/queues/mail")[1])
        self.host.call("POST", "/queues/mail/messages", "bad")
        self.host.wait_for(lambda: figures()["dead"] >= 1)
        letter = figures()["letters"][0]
        self.assertEqual((letter["body"], letter["deliveries"], letter["why"]),
                         ("bad", 2, "Function.Failed"))
        moved = json.loads(self.host.call("POST", "/queues/mail/redrive")[1])["moved"]
        self.assertGreaterEqual(moved, 1)
        self.host.wait_for(lambda: figures()["dead"] >= moved)

    def test_timers(self):
        self.host.wait_for(lambda: len([line for line in self.host.noted()
                                        if line.startswith("beat ")]) >= 2)
        beats = [line for line in self.host.noted() if line.startswith("beat ")]
        self.assertRegex(beats[-1], r"20\d\d-\d\d-\d\dT")
        response, _ = self.host.call("POST", "/schedules/daily")
        self.assertEqual(response.status, 200)
        self.assertTrue([line for line in self.host.noted() if line.startswith("daily ")])
        self.assertEqual(self.host.call("POST", "/schedules/none")[0].status, 404)

    def test_memory_limit(self):
        response, _ = self.host.ask("GET", "/items/memory?n=10")
        self.assertEqual(response.status, 201)
        response, _ = self.host.ask("GET", "/items/memory?n=120")
        self.assertEqual(response.status, 502)
        found = [event for event in self.host.events("invocation") if event["status"] == "memory"]
        self.assertEqual(found[0]["error"], "Runtime.OutOfMemory")
        self.assertEqual(self.host.ask("GET", "/items/next")[0].status, 201)

    def test_metrics(self):
        self.host.ask("GET", "/items/1")
        response, text = self.host.call("GET", "/metrics")
        self.assertIn("version=0.0.4", response.getheader("content-type"))
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .+|\w+\{[^{}]*\} [0-9.e+-]+)$')
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        n_ok = int(values['cleave_invocations_total{function="item",status="ok"}'])
        self.assertGreaterEqual(n_ok, 1)
        count = int(values['cleave_duration_seconds_count{function="item"}'])
        self.assertGreaterEqual(count, n_ok)
        self.assertEqual(values['cleave_duration_seconds_bucket{function="item",le="+Inf"}'],
                         str(count))
        self.assertIn('cleave_queue_dead{function="mail"}', values)
        self.assertNotIn('cleave_queue_dead{function="item"}', values)

    def test_metrics_as_prometheus_reads_them(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool: not found (Debian package prometheus)")
        self.host.ask("GET", "/items/1")
        text = self.host.call("GET", "/metrics")[1]
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

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
        details = [event["detail"].split(" (")[0] for event in self.host.events("instance")
                   if event["function"] == "item"]
        n_ended = details.count("died") + details.count("ended")
        self.assertLessEqual(details.count("started") - n_ended, 3)


class RecordingTest(unittest.TestCase):
    def test_invocations_are_recorded(self):
        folder = tempfile.mkdtemp(prefix="cleave-host-")
        self.addCleanup(shutil.rmtree, folder)
        db = os.path.join(folder, "cleave.db")
        rsf = os.path.join(folder, "empty")
        os.mkdir(rsf)
        with open(os.path.join(rsf, "a.c"), "w") as out:
            out.write("int main(void) { return 0; }\n")
        subprocess.run([CLEAVE, "analyze", rsf, "--db", db], check=True, capture_output=True)
        host = Host(CLEAVE, BINARY, folder=folder)
        ask(host.port, "GET", "/items/1")
        ask(host.port, "GET", "/items/2")
        ask(host.port, "GET", "/items/fail")
        self.assertEqual(host.stop(), 0)
        rows = sqlite3.connect(db).execute(
            "SELECT function, is_cold, status, duration > 0, max_rss > 0, started > 1e9"
            " FROM v_invocation WHERE function = 'item' ORDER BY started").fetchall()
        self.assertEqual(rows, [("item", 1, "ok", 1, 1, 1), ("item", 0, "ok", 1, 1, 1),
                                ("item", 0, "error", 1, 1, 1)])


class FeatureTest(unittest.TestCase):
    def host(self, *arguments, **options):
        host = Host(CLEAVE, BINARY, arguments=arguments, **options)
        self.addCleanup(host.remove)
        self.addCleanup(lambda: host.process.returncode is None and host.stop())
        return host

    def test_objects(self):
        folder = tempfile.mkdtemp(prefix="cleave-bucket-")
        self.addCleanup(shutil.rmtree, folder)
        host = self.host("--bucket", f"images={folder}")
        with open(os.path.join(folder, "cat & dog.jpg"), "w") as out:
            out.write("12345")
        with open(os.path.join(folder, ".hidden"), "w") as out:
            out.write("1")
        with open(os.path.join(folder, ".part"), "w") as out:
            out.write("123")
        os.rename(os.path.join(folder, ".part"), os.path.join(folder, "moved.txt"))
        os.symlink("/etc/passwd", os.path.join(folder, "link"))
        with open(os.path.join(folder, "later.txt"), "w") as out:
            out.write("1")
        expected = {"object images cat & dog.jpg 5", "object images moved.txt 3",
                    "object images later.txt 1"}
        host.wait_for(lambda: expected <= set(host.noted()))
        self.assertFalse([line for line in host.noted() if "hidden" in line or "link" in line])

    def test_one_trace(self):
        path = os.path.join(tempfile.mkdtemp(prefix="cleave-trace-"), "spans.jsonl")
        self.addCleanup(shutil.rmtree, os.path.dirname(path))
        host = self.host("--trace", path)
        trace = "0af7651916cd43dd8448eb211c80319c"
        parent = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        response, _ = host.ask("GET", "/items/1", None, parent)
        function_trace = response.getheader("X-Trace")
        self.assertEqual(function_trace.split("-")[1], trace)
        host.call("POST", "/queues/mail/messages?wait=true", "hello",
                  {"traceparent": function_trace})
        host.call("POST", "/schedules/daily", None, {"traceparent": function_trace})
        host.ask("GET", "/items/2", None, {"traceparent": "garbage"})
        host.ask("GET", "/items/fail")
        host.ask("GET", "/items/crash")
        self.assertEqual(host.stop(), 0)
        with open(path) as text:
            spans = [json.loads(line) for line in text]
        self.assertEqual(os.stat(path).st_mode & 0o077, 0)
        named = {}
        for line in spans:
            otlp.check(line)
            (resource,) = line["resourceSpans"]
            (scope,) = resource["scopeSpans"]
            (span,) = scope["spans"]
            service = resource["resource"]["attributes"][0]["value"]["stringValue"]
            if span["traceId"] == trace:
                named[service] = span
            self.assertRegex(span["traceId"], "^[0-9a-f]{32}$")
            self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
        self.assertEqual(set(named), {"host", "item", "mail", "daily"})
        self.assertEqual(named["host"]["parentSpanId"], "b7ad6b7169203331")
        self.assertEqual(named["item"]["parentSpanId"], named["host"]["spanId"])
        self.assertEqual(named["mail"]["kind"], 5)
        keys = {one["key"]: one["value"] for one in named["host"]["attributes"]}
        self.assertEqual(keys["http.response.status_code"], {"intValue": "201"})

    def test_fallback(self):
        other = self.host()
        host = self.host("--fallback", f"http://127.0.0.1:{other.port}", functions=[
            {"name": "mail", "trigger": "queue", "key": "mail"}])
        response, body = host.ask("POST", "/items/x?n=1", b"abc", {"X-Own": "1"})
        self.assertEqual((response.status, body), (201, "POST /items/x id=x n=1 body=abc"))
        self.assertEqual(response.msg.get_all("set-cookie"), ["a=1", "b=2"])
        self.assertEqual(host.ask("GET", "/none")[0].status, 404)
        other.stop()
        self.assertEqual(host.ask("GET", "/items/x")[0].status, 502)

    def test_one_route_for_two(self):
        host = self.host(functions=[
            {"name": "first", "trigger": "http", "key": "/items/:id"},
            {"name": "other", "trigger": "http", "key": "/other/:id"},
            {"name": "second", "trigger": "http", "key": "/items/{number}"}])
        notes = [(note["function"], note["detail"]) for note in host.events("note")]
        self.assertEqual([name for name, said in notes if "'first' answers its route" in said], ["second"])
        self.assertEqual([name for name, said in notes if "answers its route" in said], ["second"])

    def test_hot_reload(self):
        host = self.host()
        first = host.ask("GET", "/items/1")
        self.assertEqual(first[0].status, 201)
        path = os.path.join(host.folder, "bootstrap")
        copy = path + ".new"
        shutil.copy(path, copy)
        with open(copy, "ab") as out:
            out.write(b"\0")
        os.rename(copy, path)
        host.wait_for(lambda: [event for event in host.events("instance")
                               if event["detail"].startswith("ended")])
        self.assertEqual(host.ask("GET", "/items/1")[0].status, 201)
        cold = [event["is_cold"] for event in host.events("invocation")
                if event["function"] == "item"]
        self.assertEqual(cold, [True, True])

    def test_second_owner_is_refused(self):
        host = self.host()
        run = subprocess.run([CLEAVE, "host", host.folder, "--listen", "127.0.0.1:0"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 6)
        self.assertIn("another process uses it", run.stderr)


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
