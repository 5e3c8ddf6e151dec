#!/usr/bin/python3
"""The runtime behind PORT: plain HTTP, CloudEvents, Pub/Sub push, Scheduler and Tasks."""
import base64
import json
import os
import signal
import sys
import time
import unittest

from harness import Connection, Process, Server, free_port, request_bytes

PUSH = {"subscription": "projects/proj/subscriptions/jobs",
        "message": {"data": base64.b64encode(b"hi").decode(), "attributes": {"k": "v"},
                    "messageId": "1", "message_id": "1", "publishTime": "2026-11-23T07:20:00.1Z"},
        "deliveryAttempt": 3}
STORED = {"bucket": "in", "name": "a b.txt", "generation": "17", "size": "3"}
BINARY = [("ce-specversion", "1.0"), ("ce-id", "77"), ("ce-source", "//storage/buckets/in"),
          ("ce-type", "google.cloud.storage.object.v1.finalized"),
          ("Content-Type", "application/json")]


def structured(**more):
    return {"specversion": "1.0", "id": "77", "type": "t", "source": "//s/buckets/in", **more}


class PortTest(unittest.TestCase):
    function = None
    environment = {}

    @classmethod
    def setUpClass(cls):
        more = {"CLEAVE_FUNCTION": cls.function} if cls.function else {}
        cls.server = Server(**more, **cls.environment)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        if status != 0:
            raise AssertionError(f"exit status {status}: {cls.server.process.lines[-5:]}")

    def found(self, text):
        return self.server.process.find(text)


class Plain(PortTest):
    def test_request_and_reply(self):
        response = self.server.request(
            "PUT", "/price/a%20b?n=1&n=2&x=%C3%A9+&y", b"body",
            [("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1; b=2"), ("Content-Type", "text/x")])
        self.assertEqual(response.status, 200)
        self.assertEqual(response.all("set-cookie"), ["s=2; Path=/", "t=3"])
        seen = response.json()
        self.assertEqual((seen["method"], seen["path"]), ("PUT", "/price/a b"))
        self.assertEqual(seen["raw_path"], "/price/a%20b")
        self.assertEqual(seen["query"], [["n", "1"], ["n", "2"], ["x", "é "], ["y", ""]])
        self.assertEqual(seen["parameters"], [["sku", "a b"]])
        self.assertEqual([field for field in seen["headers"] if field[0] == "X-A"],
                         [["X-A", "1"], ["X-A", "2"]])
        self.assertEqual(seen["cookies"], [["a", "1"], ["b", "2"]])
        self.assertEqual((seen["body"], seen["type"], seen["ip"]), ("body", "text/x", "127.0.0.1"))

    def test_routes(self):
        for method, target, status in (
                ("GET", "/price/a", 200), ("GET", "/price/a/b", 404), ("GET", "/price/", 404),
                ("GET", "/price", 404), ("GET", "/static/x/y", 200), ("HEAD", "/static/x", 200),
                ("POST", "/static/x", 405), ("GET", "/", 404), ("GET", "/price/%00", 400),
                ("GET", "/price/a?b=%00", 400), ("GET", "http://h.example/price/a", 200)):
            with self.subTest(target=target, method=method):
                self.assertEqual(self.server.request(method, target).status, status)

    def test_health(self):
        response = self.server.request("GET", "/healthz")
        self.assertEqual((response.status, response.json()), (200, {"status": "ok"}))

    def test_binary_bodies(self):
        payload = bytes(range(256)) * 300
        response = self.server.post("/price/a?body=echo", payload)
        self.assertEqual(response.body, payload)
        self.assertEqual(response.header("content-length"), str(len(payload)))

    def test_chunked_request(self):
        connection = Connection(self.server.port)
        connection.send(b"POST /price/a?body=echo HTTP/1.1\r\nHost: h\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        time.sleep(0.05)
        connection.send(b"4;x=y\r\ndefg\r\n0\r\nTrailer: 1\r\n\r\n")
        self.assertEqual(connection.receive().body, b"abcdefg")
        connection.close()

    def test_byte_by_byte_and_pipelined(self):
        connection = Connection(self.server.port)
        for byte in request_bytes("POST", "/price/a?body=echo", b"slow"):
            connection.send(bytes([byte]))
        self.assertEqual(connection.receive().body, b"slow")
        connection.send(b"".join(request_bytes("POST", "/price/a?body=echo", b"%d" % i)
                                 for i in range(50)))
        self.assertEqual([connection.receive().body for _ in range(50)],
                         [b"%d" % i for i in range(50)])
        connection.close()

    def test_expect_continue(self):
        connection = Connection(self.server.port)
        connection.send(b"POST /price/a?body=echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                        b"Expect: 100-continue\r\n\r\n")
        self.assertEqual(connection.stream.readline(), b"HTTP/1.1 100 Continue\r\n")
        connection.stream.readline()
        connection.send(b"abc")
        self.assertEqual(connection.receive().body, b"abc")
        connection.close()

    def test_head_and_bodiless(self):
        connection = Connection(self.server.port)
        connection.send(request_bytes("HEAD", "/price/a") + request_bytes("GET", "/price/b"))
        head = connection.receive(has_body=False)
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertGreater(int(head.header("content-length")), 10)
        self.assertEqual(connection.receive().json()["path"], "/price/b")
        connection.send(request_bytes("GET", "/price/a?body=none&status=204"))
        self.assertEqual(connection.receive().status, 204)
        connection.close()

    def test_streamed_reply(self):
        response = self.server.request("GET", "/price/a?body=stream")
        self.assertEqual(response.body, b"part 0\npart 1\npart 2\n")
        self.assertEqual(response.header("transfer-encoding"), "chunked")
        connection = Connection(self.server.port)
        connection.send(b"GET /price/a?body=stream HTTP/1.0\r\n\r\n")
        response = connection.receive()
        self.assertEqual(response.body, b"part 0\npart 1\npart 2\n")
        self.assertIsNone(response.header("transfer-encoding"))
        connection.close()

    def test_late_error_breaks_the_stream(self):
        connection = Connection(self.server.port)
        connection.send(request_bytes("GET", "/price/a?body=stream&late=1"))
        everything = connection.stream.read()
        self.assertIn(b"part 2", everything)
        self.assertFalse(everything.endswith(b"0\r\n\r\n"))
        connection.close()

    def test_errors(self):
        response = self.server.request("GET", "/price/a?do=refuse")
        self.assertEqual((response.status, response.json()["errorType"]), (422, "Function.Unfit"))
        response = self.server.request("GET", "/price/a?do=fail")
        self.assertEqual(response.status, 500)
        self.assertEqual(response.json()["errorMessage"], "asked to fail: grüß")

    def test_traceparent_is_carried(self):
        trace = "0af7651916cd43dd8448eb211c80319c"
        told = self.server.post("/direct", {"do": "trace"}, [
            ("traceparent", f"00-{trace}-b7ad6b7169203331-01")]).json()
        self.assertEqual(told["trace"], trace)
        self.assertRegex(told["traceparent"], f"^00-{trace}-[0-9a-f]{{16}}-01$")
        self.assertNotIn("b7ad6b7169203331", told["traceparent"])
        told = self.server.post("/direct", {"do": "trace"}, [
            ("X-Cloud-Trace-Context", f"{trace}/1;o=1"), ("X-Request-Id", "q-9")]).json()
        self.assertEqual((told["trace"], told["id"]), (trace, "q-9"))
        for bad in ("", "00-x", f"00-{'0' * 32}-b7ad6b7169203331-01", f"ff-{trace}-{'1' * 16}-01"):
            told = self.server.post("/direct", {"do": "trace"}, [("traceparent", bad)]).json()
            self.assertRegex(told["traceparent"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
            self.assertNotIn(trace, told["traceparent"])


class Hostile(PortTest):
    environment = {"CLEAVE_MAX_BODY": "100000", "CLEAVE_MAX_HEADERS": "4096",
                   "CLEAVE_PEER_TIMEOUT_MS": "400"}

    def raw(self, data):
        connection = Connection(self.server.port)
        connection.send(data)
        response = connection.receive()
        connection.close()
        return response

    def tearDown(self):
        self.assertEqual(self.server.request("GET", "/price/alive").status, 200)

    def test_limits(self):
        big = b"x" * 100001
        self.assertEqual(self.server.post("/direct", big).status, 413)
        self.assertEqual(self.raw(b"POST /direct HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  b"186a1\r\n" + big + b"\r\n0\r\n\r\n").status, 413)
        self.assertEqual(self.raw(b"POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n")
                         .status, 413)
        self.assertEqual(self.raw(b"GET / HTTP/1.1\r\nA: " + b"b" * 5000 + b"\r\n\r\n").status, 431)
        self.assertEqual(self.raw(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 2000 + b"\r\n").status, 431)
        self.assertEqual(self.raw(b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n").status, 414)

    def test_what_is_no_http(self):
        for data in (b"\0\0\0\0\0\0", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                     b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                     b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                     b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                     b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                     b"GET / HTTP/1.1\r\nA\0B: c\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n"):
            with self.subTest(data=data):
                self.assertIn(self.raw(data).status, (400, 505))

    def test_hostile_json(self):
        for body in (b"{", b"[" * 50000, b'{"a":1,"a":2}', b'"\xff"', b'"\\u0000"', b"\0"):
            with self.subTest(body=body[:10]):
                response = self.server.post("/direct", body)
                self.assertEqual(response.status, 400)
                self.assertEqual(response.json()["errorType"], "Function.BadRequest")

    def test_slow_peer_delays_nobody(self):
        slow = Connection(self.server.port)
        slow.send(b"POST /direct HTTP/1.1\r\nContent-Le")
        begin = time.monotonic()
        self.assertEqual(self.server.post("/direct", 1).json(), 1)
        self.assertLess(time.monotonic() - begin, 0.3)
        time.sleep(0.2)
        slow.send(b"ngth: 10\r\n\r\n12")
        self.assertEqual(slow.receive().status, 408)
        slow.close()

    def test_peers_that_leave(self):
        for data in (b"", b"POST /direct HTTP/1.1\r\nContent-Length: 10\r\n\r\n123",
                     request_bytes("POST", "/direct", b'{"do":"sleep","amount":50}')):
            connection = Connection(self.server.port)
            connection.send(data)
            connection.close()

    def test_many_peers(self):
        idle = [Connection(self.server.port) for _ in range(200)]
        self.assertEqual(self.server.post("/direct", 1).json(), 1)
        for connection in idle:
            connection.send(request_bytes("POST", "/direct", b"2"))
        self.assertEqual({connection.receive().body for connection in idle}, {b"2"})
        for connection in idle:
            connection.close()

    def test_response_splitting_is_impossible(self):
        response = self.server.request("GET", "/price/a?x=%0d%0aX-Evil:%201")
        self.assertIsNone(response.header("x-evil"))


class CloudEvents(PortTest):
    function = "queue"

    def test_binary(self):
        response = self.server.request("POST", "/", b"data", [
            ("ce-specversion", "1.0"), ("CE-ID", "b-1"), ("ce-source", "/my/jobs"),
            ("ce-type", "t.v1"), ("ce-partitionkey", "pk"), ("ce-subject", '"a%20b"')])
        self.assertEqual(response.status, 204)
        self.found("consumed id=b-1 data=data source=/my/jobs group=pk")

    def test_structured(self):
        headers = [("Content-Type", "application/cloudevents+json; charset=utf-8")]
        for event, data in ((structured(id="s-1", data={"a": 1}), '{"a":1}'),
                            (structured(id="s-2", data="text", datacontenttype="text/plain"),
                             "text"),
                            (structured(id="s-3", data="text"), '"text"'),
                            (structured(id="s-4", data_base64="aGk="), "hi"),
                            (structured(id="s-5"), "")):
            self.assertEqual(self.server.post("/", event, headers).status, 204)
            self.found(f"consumed id={event['id']} data={data} source=//s/buckets/in")

    def test_batch(self):
        headers = [("Content-Type", "application/cloudevents-batch+json")]
        batch = [structured(id=f"c-{i}", data=i) for i in range(3)]
        self.assertEqual(self.server.post("/", batch, headers).status, 204)
        self.found("consumed id=c-2 data=2")
        batch[1]["data"], batch[1]["datacontenttype"] = "fail", "text/plain"
        self.assertEqual(self.server.post("/", batch, headers).status, 500)
        self.assertEqual(self.server.post("/", [], headers).status, 400)

    def test_refused(self):
        headers = [("Content-Type", "application/cloudevents+json")]
        for event in (structured(specversion="0.3"), structured(id=""), [], 7,
                      {"specversion": "1.0"}, structured(data_base64="*"),
                      structured(data=1, data_base64="aGk="), structured(id="a\0b")):
            with self.subTest(event=event):
                self.assertEqual(self.server.post("/", event, headers).status, 400)
        full = dict([("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "s"), ("ce-type", "t")])
        for missing in full:
            rest = [(key, value) for key, value in full.items() if key != missing]
            self.assertEqual(self.server.request("POST", "/", b"", rest).status, 400, missing)
        for bad in ("%C0%AF", "%ED%A0%80", "%00", "%FF"):
            fields = list({**full, "ce-subject": bad}.items())
            self.assertEqual(self.server.request("POST", "/", b"", fields).status, 400, bad)

    def test_pubsub_push(self):
        self.assertEqual(self.server.post("/", PUSH).status, 204)
        self.found("consumed id=1 data=hi source=projects/proj/subscriptions/jobs group= "
                   "deliveries=3 n_attributes=1")
        escaped = json.dumps(PUSH).replace("/", "\\/").encode()
        self.assertEqual(self.server.post("/", escaped).status, 204)
        failing = {**PUSH, "message": {**PUSH["message"], "data": "ZmFpbA=="}}
        self.assertEqual(self.server.post("/", failing).status, 500)
        broken = {**PUSH, "message": {**PUSH["message"], "data": "***"}}
        self.assertEqual(self.server.post("/", broken).status, 400)

    def test_pubsub_without_wrapper(self):
        self.assertEqual(self.server.request("POST", "/", b"raw-1", [
            ("x-goog-pubsub-message-id", "55"), ("k", "v"),
            ("x-goog-pubsub-subscription-name", "projects/p/subscriptions/jobs"),
            ("Content-Type", "application/x-www-form-urlencoded")]).status, 204)
        self.found("consumed id=55 data=raw-1 source=projects/p/subscriptions/jobs")

    def test_pubsub_through_eventarc(self):
        headers = [("ce-specversion", "1.0"), ("ce-id", "e"), ("ce-source", "//pubsub/topics/jobs"),
                   ("ce-type", "google.cloud.pubsub.topic.v1.messagePublished")]
        push = {**PUSH, "message": {**PUSH["message"], "messageId": "arc-1"}}
        self.assertEqual(self.server.post("/", push, headers).status, 204)
        self.found("consumed id=arc-1 data=hi")
        self.assertEqual(self.server.post("/", {"no": "message"}, headers).status, 400)

    def test_tasks(self):
        self.assertEqual(self.server.request("POST", "/any/path", b"job", [
            ("X-CloudTasks-QueueName", "jobs"), ("X-CloudTasks-TaskName", "t1"),
            ("X-CloudTasks-TaskRetryCount", "2")]).status, 204)
        self.found("consumed id=t1 data=job source=jobs group= deliveries=3")

    def test_get_is_no_event(self):
        self.assertEqual(self.server.request("GET", "/").status, 405)


class Storage(PortTest):
    function = "object"

    def test_binary_and_structured(self):
        self.assertEqual(self.server.post("/", STORED, BINARY).status, 204)
        self.found("object bucket=in key=a b.txt "
                   "change=google.cloud.storage.object.v1.finalized version=17 size=3")
        self.assertEqual(self.server.post("/", structured(data={**STORED, "name": "s"}), [
            ("Content-Type", "application/cloudevents+json")]).status, 204)
        self.found("key=s change=t")

    def test_through_pubsub(self):
        push = {"subscription": "projects/p/subscriptions/s", "message": {
            "messageId": "1", "attributes": {"eventType": "OBJECT_FINALIZE"},
            "data": base64.b64encode(json.dumps({**STORED, "name": "ps"}).encode()).decode()}}
        self.assertEqual(self.server.post("/", push).status, 204)
        self.found("key=ps change=OBJECT_FINALIZE")

    def test_refused(self):
        for body in (b"", b"{", b"[]", b"{}", b'{"bucket":"b"}', b'{"bucket":1,"name":2}'):
            self.assertEqual(self.server.post("/", body, BINARY).status, 400)


class Schedules(PortTest):
    function = "schedule"

    def test_cloud_scheduler(self):
        self.assertEqual(self.server.request("POST", "/sweep", b"", [
            ("X-CloudScheduler", "true"), ("X-CloudScheduler-JobName", "hourly"),
            ("X-CloudScheduler-ScheduleTime", "2026-11-23T07:20:00Z")]).status, 204)
        self.found("schedule name=hourly time=2026-11-23T07:20:00Z body=")

    def test_scheduler_through_a_topic(self):
        """So that what fails again and again has a dead-letter topic."""
        job = base64.b64encode(b'{"job":"sweep"}').decode()
        push = {"subscription": "projects/p/subscriptions/sweep",
                "message": {"data": job, "messageId": "7", "publishTime": "2026-11-23T07:22:00Z"}}
        self.assertEqual(self.server.post("/", push).status, 204)
        self.found('schedule name=sweep time=2026-11-23T07:22:00Z body={"job":"sweep"}')
        push["message"]["data"] = "***"
        self.assertEqual(self.server.post("/", push).status, 400)

    def test_ping_source(self):
        self.assertEqual(self.server.post("/", {"p": 1}, [
            ("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/apis/v1/pingsources/minutely"),
            ("ce-type", "dev.knative.sources.ping"), ("ce-time", "2026-11-23T07:21:00Z")]).status,
            204)
        self.found('schedule name=minutely time=2026-11-23T07:21:00Z body={"p": 1}')


class Services(PortTest):
    """Several functions in one process."""

    def test_by_path_and_by_origin(self):
        self.assertEqual(self.server.post("/direct", {"a": 1}).json(), {"a": 1})
        self.assertEqual(self.server.post("/queue", b"by-path").status, 204)
        self.found("data=by-path")
        self.assertEqual(self.server.post("/", PUSH).status, 204)
        self.found("consumed id=1 data=hi")
        self.assertEqual(self.server.post("/", STORED, BINARY).status, 204)
        self.found("object bucket=in key=a b.txt")
        self.assertEqual(self.server.request("POST", "/", b"", [
            ("X-CloudScheduler-JobName", "hourly")]).status, 204)
        self.found("schedule name=hourly")
        self.assertEqual(self.server.post("/", {"x": 1}).status, 404)
        self.assertEqual(self.server.request("GET", "/queue").status, 405)


class Endings(unittest.TestCase):
    def test_crash_is_answered(self):
        server = Server(CLEAVE_FUNCTION="direct", K_SERVICE="s")
        response = server.post("/", {"do": "crash", "amount": int(signal.SIGFPE)})
        self.assertEqual(response.status, 500)
        self.assertEqual(response.json()["errorMessage"],
                         "routine 'price_direct' was ended by SIGFPE")
        self.assertEqual(server.process.wait(), 128 + signal.SIGFPE)

    def test_exit_is_answered(self):
        server = Server(CLEAVE_FUNCTION="direct", K_SERVICE="s")
        response = server.post("/", {"do": "exit", "amount": 3})
        self.assertEqual((response.status, response.json()["errorType"]), (500, "Function.Exit"))
        self.assertEqual(server.process.wait(), 3)

    def test_overrun_is_answered(self):
        server = Server(CLEAVE_FUNCTION="limited")
        self.assertEqual(server.post("/", 1).json(), 1)
        response = server.post("/", {"do": "spin"})
        self.assertEqual((response.status, response.json()["errorType"]),
                         (504, "Function.DeadlineExceeded"))
        self.assertEqual(server.process.wait(), 124)

    def test_sigterm_finishes_what_runs(self):
        server = Server(CLEAVE_FUNCTION="direct")
        connection = Connection(server.port)
        connection.send(request_bytes("POST", "/", b'{"do":"sleep","amount":400}'))
        time.sleep(0.15)
        server.process.child.send_signal(signal.SIGTERM)
        response = connection.receive()
        self.assertEqual(response.json(), "done")
        self.assertEqual(response.header("connection"), "close")
        self.assertEqual(server.process.wait(), 0)

    def test_failed_init(self):
        port = free_port()
        process = Process("runtime_echo", {"PORT": str(port), "TEST_INIT": "fail"})
        self.assertEqual(process.wait(), 1)
        self.assertIn("Function.Refused", process.logs()[-1]["message"])

    def test_bad_port(self):
        for port in ("0", "70000", "x", "-1"):
            process = Process("runtime_echo", {"PORT": port})
            self.assertEqual(process.wait(), 1)
            self.assertIn("cannot listen", process.logs()[-1]["message"])

    def test_port_in_use(self):
        server = Server(CLEAVE_FUNCTION="direct")
        process = Process("runtime_echo", {"PORT": str(server.port)})
        self.assertEqual(process.wait(), 1)
        self.assertIn("in use", process.logs()[-1]["message"])
        self.assertEqual(server.stop(), 0)

    def test_log_levels_and_severity(self):
        server = Server(CLEAVE_FUNCTION="direct", K_SERVICE="s")
        server.post("/", {"do": "trace"})
        self.assertEqual(json.loads(server.process.find("traced"))["severity"], "INFO")
        server.stop()
        server = Server(CLEAVE_FUNCTION="direct", CLEAVE_LOG_LEVEL="error")
        server.post("/", {"do": "trace"})
        server.stop()
        self.assertEqual(server.process.logs(), [])


if __name__ == "__main__":
    os.environ.setdefault("CLEAVE_BINARY_DIR", "build/dev")
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
