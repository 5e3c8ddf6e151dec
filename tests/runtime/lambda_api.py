#!/usr/bin/python3
"""The runtime against the Lambda Runtime API's specification."""
import json
import os
import re
import signal
import socket
import sys
import time
import unittest

from harness import (MOST_RESPONSE, Connection, Function, Process, RuntimeApi, free_port, http_v2,
                     request_bytes, reset)

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
ERROR_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


class Calls(unittest.TestCase):
    def test_event_in_reply_out(self):
        with Function("direct") as function:
            outcome = function.invoke({"sku": "a1", "n": [1, None, 2.5]})
            self.assertEqual(outcome.kind, "response")
            self.assertEqual(outcome.json(), {"sku": "a1", "n": [1, None, 2.5]})
            self.assertEqual(outcome.headers["content-type"], "application/json")
            self.assertEqual([call[:2] for call in function.api.calls[:2]],
                             [("GET", "/2018-06-01/runtime/invocation/next"),
                              ("POST", "/2018-06-01/runtime/invocation/"
                               + function.api.current["id"] + "/response")])

    def test_scalars_and_empty_events(self):
        with Function("direct") as function:
            for value in (b"null", b"7", b'"x"', b"[]", b" {} "):
                self.assertEqual(json.loads(function.invoke(value).body), json.loads(value))
            self.assertEqual(function.invoke(b"").json(), None)

    def test_connection_is_kept(self):
        with Function("direct") as function:
            for number in range(20):
                self.assertEqual(function.invoke(number).json(), number)
            self.assertEqual(function.api.n_connections, 1)

    def test_reconnects_after_a_silent_close(self):
        with Function("direct", api=RuntimeApi(drop=True)) as function:
            for number in range(20):
                self.assertEqual(function.invoke(number).json(), number)
            self.assertGreater(function.api.n_connections, 20)

    def test_split_packets(self):
        with Function("direct", api=RuntimeApi(split=1)) as function:
            for number in range(3):
                self.assertEqual(function.invoke({"n": number}).json(), {"n": number})

    def test_chunked_events(self):
        with Function("direct", api=RuntimeApi(chunked=True)) as function:
            value = {"text": "é" * 5000}
            self.assertEqual(function.invoke(value).json(), value)

    def test_prefix(self):
        with Function("direct", api=RuntimeApi(prefix="/some/id")) as function:
            self.assertEqual(function.invoke(1).json(), 1)
            self.assertTrue(all(call[1].startswith("/some/id/2018-06-01/") for call in
                                function.api.calls))

    def test_large_event_and_reply(self):
        with Function("direct") as function:
            value = {"text": "x" * 5_000_000}
            self.assertEqual(function.invoke(value).json(), value)

    def test_header_names_in_any_case(self):
        with Function("direct") as function:
            function.api.events.put({"id": "q-1", "body": b"1",
                                     "headers": [("LAMBDA-RUNTIME-AWS-REQUEST-ID", "q-1")]})
            self.assertEqual(function.api.outcome().json(), 1)
            self.assertEqual(function.invoke({"do": "left"}, deadline_ms=None).json(), 2**63 - 1)

    def test_trace_is_exported_and_carried(self):
        with Function("direct") as function:
            told = function.invoke({"do": "trace"}, identity="q-1",
                                   headers=[("lambda-runtime-trace-id", TRACE)]).json()
            self.assertEqual(told["exported"], TRACE)
            self.assertEqual(told["trace"], TRACE)
            self.assertEqual(told["id"], "q-1")
            self.assertRegex(told["traceparent"],
                             "^00-5759e988bd862e3fe1be46a994272793-[0-9a-f]{16}-01$")
            self.assertNotIn("53995c3f42cd8ad8", told["traceparent"])
            log = json.loads(function.process.find("traced"))
            self.assertEqual(log["message"], 'traced "q-1"')
            self.assertEqual((log["request_id"], log["trace_id"]), ("q-1", TRACE))
            self.assertEqual((log["level"], log["function"]), ("info", "direct"))
            self.assertEqual(function.invoke({"do": "trace"}).json()["exported"], "")
            second = TRACE.replace("Sampled=1", "Sampled=0")
            told = function.invoke({"do": "trace"}, headers=[("Lambda-Runtime-Trace-Id", second)])
            self.assertEqual(told.json()["exported"], second)

    def test_no_trace_variable_with_parallel_invocations(self):
        with Function("direct", AWS_LAMBDA_MAX_CONCURRENCY="4") as function:
            told = function.invoke({"do": "trace"}, headers=[("Lambda-Runtime-Trace-Id", TRACE)])
            self.assertEqual((told.json()["exported"], told.json()["trace"]), ("", TRACE))

    def test_deadline_is_wall_clock(self):
        with Function("direct") as function:
            left = function.invoke({"do": "left"}, deadline_ms=5000).json()
            self.assertTrue(4500 < left <= 5000, left)

    def test_sigterm_while_waiting(self):
        with Function("direct") as function:
            function.invoke(1)
            time.sleep(0.2)
            self.assertEqual(function.process.stop(), 0)

    def test_sigterm_lets_the_event_finish(self):
        with Function("direct") as function:
            function.api.send({"do": "sleep", "amount": 500})
            while not function.api.current:
                time.sleep(0.01)
            time.sleep(0.1)
            function.process.child.send_signal(signal.SIGTERM)
            self.assertEqual(function.api.outcome().json(), "done")
            self.assertEqual(function.process.wait(), 0)


class Errors(unittest.TestCase):
    def test_error_reply(self):
        with Function("direct") as function:
            outcome = function.invoke({"do": "fail"})
            self.assertEqual(outcome.kind, "error")
            self.assertEqual(outcome.json(), {"errorMessage": "asked to fail: grüß",
                                              "errorType": "Function.Refused", "stackTrace": []})
            self.assertEqual(outcome.headers["lambda-runtime-function-error-type"],
                             "Function.Refused")
            self.assertIn(outcome.headers["content-type"],
                          ("application/json", "application/vnd.aws.lambda.error+json"))
            cause = outcome.headers["lambda-runtime-function-xray-error-cause"]
            self.assertTrue(cause.isascii())
            self.assertEqual(json.loads(cause)["exceptions"][0],
                             {"type": "Function.Refused", "message": "asked to fail: grüß",
                              "stack": []})
            self.assertEqual(function.invoke(2).json(), 2)

    def test_error_text_that_is_not_utf8(self):
        with Function("direct") as function:
            outcome = function.invoke({"do": "fail-latin1"})
            self.assertEqual(outcome.json()["errorMessage"], "caf\ufffd")

    def test_hostile_events(self):
        with Function("direct") as function:
            for body in (b"{", b'{"a":1,"a":2}', b'"\xff"', b'"\\ud800"', b'"\\u0000"', b"nul",
                         b"[" * 200000, b'{"a":' * 200 + b"1" + b"}" * 200, b"1 2", b"\0",
                         b'{"a":99999999999999999999999999}', b"\xef\xbb\xbf{}"):
                outcome = function.invoke(body)
                self.assertEqual(outcome.kind, "error", body[:20])
                self.assertEqual(outcome.json()["errorType"], "Function.BadRequest")
                self.assertRegex(outcome.headers["lambda-runtime-function-error-type"], ERROR_TYPE)
            self.assertEqual(function.invoke("alive").json(), "alive")

    def test_init_error(self):
        with Function("direct", TEST_INIT="fail") as function:
            outcome = function.api.outcome()
            self.assertEqual(outcome.kind, "init-error")
            self.assertEqual(outcome.json()["errorType"], "Function.Refused")
            self.assertEqual(function.process.wait(), 1)
            self.assertEqual([call[:2] for call in function.api.calls],
                             [("POST", "/2018-06-01/runtime/init/error")])

    def test_crash_in_init(self):
        with Function("direct", TEST_INIT="crash") as function:
            outcome = function.api.outcome()
            self.assertEqual(outcome.kind, "init-error")
            self.assertEqual(outcome.json()["errorType"], "Function.Crash")
            self.assertIn("init", outcome.json()["errorMessage"])
            self.assertNotEqual(function.process.wait(), 0)

    def test_crash_names_the_routine(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGBUS, signal.SIGILL):
            with self.subTest(signal=number.name), Function("direct") as function:
                self.assertEqual(function.invoke(1).json(), 1)
                outcome = function.invoke({"do": "crash", "amount": int(number)}, identity="c-1")
                self.assertEqual(outcome.kind, "error")
                self.assertEqual(outcome.json(),
                                 {"errorMessage": f"routine 'price_direct' was ended by {number.name}",
                                  "errorType": "Function.Crash", "stackTrace": []})
                self.assertEqual(outcome.headers["lambda-runtime-function-error-type"],
                                 "Function.Crash")
                self.assertEqual(function.process.wait(), 128 + number)
                log = json.loads(function.process.find(number.name))
                self.assertEqual((log["level"], log["request_id"]), ("error", "c-1"))

    def test_exit_names_the_routine(self):
        for status in (0, 3):
            with self.subTest(status=status), Function("direct") as function:
                outcome = function.invoke({"do": "exit", "amount": status}, identity="e-1")
                self.assertEqual((outcome.kind, outcome.json()["errorType"]),
                                 ("error", "Function.Exit"))
                self.assertEqual(outcome.json()["errorMessage"],
                                 f"routine 'price_direct' ended the process with status {status}")
                self.assertEqual(function.process.wait(), status or 1)
        with Function("direct") as function: # an orderly end is nobody's fault
            self.assertEqual(function.invoke(1).json(), 1)
            function.process.child.terminate()
            self.assertEqual(function.process.wait(), 0)

    def test_wild_pointer(self):
        with Function("direct") as function:
            outcome = function.invoke({"do": "segfault", "amount": 16})
            self.assertIn("SIGSEGV", outcome.json()["errorMessage"])
            self.assertNotEqual(function.process.wait(), 0)

    def test_overrun_is_reported(self):
        with Function("direct") as function:
            outcome = function.invoke({"do": "spin"}, deadline_ms=600)
            self.assertEqual((outcome.kind, outcome.json()["errorType"]),
                             ("error", "Function.DeadlineExceeded"))
            self.assertIn("'price_direct' overran", outcome.json()["errorMessage"])
            self.assertEqual(function.process.wait(), 124)

    def test_a_fresh_process_survives_everything(self):
        with Function("fresh") as function:
            for _ in range(3):
                self.assertEqual(function.invoke({"do": "count"}).json(), 1)
            outcome = function.invoke({"do": "segfault", "amount": 8})
            self.assertEqual(outcome.json()["errorType"], "Function.Crash")
            self.assertIn("price_fresh", outcome.json()["errorMessage"])
            outcome = function.invoke({"do": "exit", "amount": 3})
            self.assertEqual(outcome.json()["errorMessage"],
                             "routine 'price_fresh' ended the process with status 3")
            outcome = function.invoke({"do": "spin"}, deadline_ms=600)
            self.assertEqual(outcome.json()["errorType"], "Function.DeadlineExceeded")
            outcome = function.invoke({"do": "fail"})
            self.assertEqual(outcome.json()["errorType"], "Function.Refused")
            self.assertEqual(function.invoke({"text": "x" * 300000}).json(), {"text": "x" * 300000})


class Refusals(unittest.TestCase):
    def test_too_large_reply(self):
        with Function("direct") as function:
            self.assertEqual(function.invoke({"do": "size", "amount": 6291556 - 2}).kind, "response")
            outcome = function.invoke({"do": "size", "amount": 6291556 - 1})
            self.assertEqual(outcome.kind, "too-large")
            function.process.find("413")
            self.assertEqual(function.invoke("alive").json(), "alive")

    def test_server_error_means_exit(self):
        for call in ("next", "response", "error"):
            with self.subTest(call=call):
                api = RuntimeApi(answers={call: (500, b'{"errorType":"Container"}')})
                with Function("direct", api=api) as function:
                    function.api.send({"do": "fail"} if call == "error" else 1)
                    self.assertEqual(function.process.wait(), 1)

    def test_forbidden_next_means_exit(self):
        with Function("direct", api=RuntimeApi(answers={"next": (403, b"{}")})) as function:
            self.assertEqual(function.process.wait(), 1)

    def test_refused_response_becomes_an_error(self):
        for status in (400, 403):
            with self.subTest(status=status):
                api = RuntimeApi(answers={"response": (status, b"{}")})
                with Function("direct", api=api) as function:
                    function.api.send(1)
                    self.assertEqual(function.api.outcome().kind, "refused-response")
                    outcome = function.api.outcome()
                    self.assertEqual(outcome.kind, "error")
                    self.assertEqual(outcome.json()["errorType"], "Runtime.ResponseRefused")
                    function.api.send({"do": "fail"})
                    self.assertEqual(function.api.outcome().kind, "error")

    def test_refused_error_means_exit(self):
        api = RuntimeApi(answers={"response": (400, b"{}"), "error": (403, b"{}")})
        with Function("direct", api=api) as function:
            function.api.send(1)
            self.assertEqual(function.process.wait(), 1)

    def test_event_without_an_id(self):
        with Function("direct") as function:
            function.api.events.put({"id": "x", "body": b"1", "headers": []})
            self.assertEqual(function.process.wait(), 1)

    def test_id_that_would_break_the_path(self):
        with Function("direct") as function:
            function.api.events.put({"id": "x", "body": b"1", "headers": [
                ("Lambda-Runtime-Aws-Request-Id", "a/../../init")]})
            self.assertEqual(function.process.wait(), 1)

    def test_answer_that_is_no_http(self):
        api = RuntimeApi()
        api.answer = lambda peer, *rest: peer.sendall(b"SSH-2.0-x\r\n") or True
        with Function("direct", api=api) as function:
            function.api.send(1)
            self.assertEqual(function.process.wait(), 1)

    def test_nobody_there(self):
        for endpoint in (f"127.0.0.1:{free_port()}", "nonsense", "127.0.0.1", ":", "h" * 400):
            process = Process("runtime_echo", {"AWS_LAMBDA_RUNTIME_API": endpoint})
            self.assertEqual(process.wait(), 1)
            self.assertEqual(json.loads(process.lines[-1])["level"], "error")

    def test_event_that_breaks_off_is_asked_again(self):
        api = RuntimeApi()
        whole = api.answer

        def broken(peer, status, body, *rest):
            api.answer = whole
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            return False
        with Function("direct", api=api) as function:
            api.answer = broken
            self.assertEqual(function.invoke("x").json(), "x")


class SlowPeers(unittest.TestCase):
    """A platform that takes its time, or breaks off: /next has no time-out, and nothing is lost."""

    @staticmethod
    def slowly(api, seconds, n_pauses):
        """Answers with pauses of that length, spread over head and body."""
        whole = api.answer

        def answer(peer, status, body, headers=(), chunked=False):
            pieces = []
            catcher = type("Catcher", (), {"sendall": staticmethod(pieces.append)})
            whole(catcher, status, body, headers, chunked)
            data = b"".join(pieces)
            end_of_head = data.index(b"\r\n\r\n")
            # Within the status line, a header's name, the empty line, and the body.
            cuts = sorted({3, end_of_head // 2, end_of_head + 1, end_of_head + 3,
                           (end_of_head + len(data)) // 2} & set(range(1, len(data))))[:n_pauses]
            for start, end in zip([0, *cuts], [*cuts, len(data)]):
                peer.sendall(data[start:end])
                if end < len(data):
                    time.sleep(seconds)
            return True
        api.answer = answer

    def test_byte_by_byte(self):
        """Every boundary that a packet can have, in answers with a length and in chunks."""
        for chunked in (False, True):
            with self.subTest(chunked=chunked), \
                    Function("direct", api=RuntimeApi(split=1, chunked=chunked)) as function:
                self.assertEqual(function.invoke({"text": "é" * 40}).json(), {"text": "é" * 40})
                self.assertEqual(function.invoke({"do": "fail"}).kind, "error")
                self.assertEqual(function.invoke(1).json(), 1)

    def test_seconds_between_bytes(self):
        for chunked in (False, True):
            with self.subTest(chunked=chunked):
                api = RuntimeApi(chunked=chunked)
                self.slowly(api, 1.2, 4)
                # The sender's pauses are longer than its time-out for whole requests elsewhere.
                with Function("direct", api=api, CLEAVE_PEER_TIMEOUT_MS="500") as function:
                    self.assertEqual(function.invoke({"n": 1}, deadline_ms=60000,
                                                     seconds=60).json(), {"n": 1})

    def test_nothing_for_seconds(self):
        with Function("direct", CLEAVE_PEER_TIMEOUT_MS="500") as function:
            time.sleep(2.5)
            self.assertEqual(function.invoke("x").json(), "x")
            self.assertEqual(function.api.n_connections, 1)

    def test_half_closed_behind_the_event(self):
        """The platform sends no more, but reads: the reply goes out over a new connection."""
        api = RuntimeApi()
        whole = api.answer

        def answer(peer, status, body, *rest):
            whole(peer, status, body, *rest)
            if status == 200:
                peer.shutdown(socket.SHUT_WR)
            return True
        api.answer = answer
        with Function("direct", api=api) as function:
            for number in range(5):
                self.assertEqual(function.invoke(number).json(), number)

    def test_reset_within_an_event(self):
        """In the head, behind it, and in the body: it is asked for again and processed once."""
        for cut in (4, 30, -1, -5):
            with self.subTest(cut=cut):
                api = RuntimeApi()
                whole = api.answer

                def answer(peer, status, body, headers=(), chunked=False, cut=cut, api=api,
                           whole=whole):
                    api.answer = whole
                    pieces = []
                    catcher = type("Catcher", (), {"sendall": staticmethod(pieces.append)})
                    whole(catcher, status, body, headers, chunked)
                    peer.sendall(b"".join(pieces)[:cut])
                    time.sleep(0.1)
                    reset(peer)
                    return False
                api.answer = answer
                with Function("direct", api=api) as function:
                    self.assertEqual(function.invoke({"do": "count"}).json(), 1)
                    self.assertEqual(function.invoke({"do": "count"}).json(), 2)

    def test_reset_instead_of_an_acknowledgement(self):
        """The reply arrived, its acknowledgement did not, on a connection that was kept: it is sent
        again, and that it was taken already counts as delivered."""
        api = RuntimeApi()
        whole = api.answer

        def answer(peer, status, body, *rest):
            if status == 202:
                api.answer = whole
                reset(peer)
                return False
            return whole(peer, status, body, *rest)
        api.answer = answer
        with Function("direct", api=api) as function:
            self.assertEqual(function.invoke(1).json(), 1)
            self.assertEqual(function.invoke(2).json(), 2)
            posts = [path for method, path, _, _ in api.calls if method == "POST"]
            self.assertEqual([path.rsplit("/", 1)[1] for path in posts], ["response"] * 3)

    def test_reader_that_takes_its_time(self):
        """A large reply into a full socket: no busy waiting, and nothing is cut off."""
        api = RuntimeApi()
        api.slow_reading = 0.02
        with Function("direct", api=api) as function:
            value = {"text": "x" * 3_000_000}
            self.assertEqual(function.invoke(value, deadline_ms=60000, seconds=60).json(), value)

    def test_stream_into_a_slow_reader(self):
        api = RuntimeApi(split=1)
        api.slow_reading = 0.02
        with Function("http", api=api) as function:
            outcome = function.invoke(http_v2(query="body=stream"), seconds=60)
            self.assertTrue(outcome.body.endswith(b"part 0\npart 1\npart 2\n"))
            self.assertEqual(function.invoke(http_v2(), seconds=60).json()["statusCode"], 200)

    def test_reset_within_a_stream(self):
        """A stream cannot be sent twice: the process ends, and the platform starts another."""
        api = RuntimeApi()
        serve = api.reply

        def reply(peer, identity, kind, headers, body, trailers):
            if kind == "response":
                reset(peer)
                return False
            return serve(peer, identity, kind, headers, body, trailers)
        api.reply = reply
        with Function("http", api=api) as function:
            api.send(http_v2(query="body=stream"))
            self.assertNotEqual(function.process.wait(), 0)


class TheMock(unittest.TestCase):
    """The oracle itself: it refuses what the platform refuses, in the platform's words."""

    def setUp(self):
        self.api = RuntimeApi()
        self.port = self.api.listener.getsockname()[1]

    def tearDown(self):
        self.api.close()

    def call(self, method, path, body=b"", headers=()):
        peer = Connection(self.port)
        peer.send(request_bytes(method, f"/2018-06-01/runtime/{path}", body, headers))
        answer = peer.receive()
        peer.close()
        return answer

    def told(self, answer):
        return answer.status, json.loads(answer.body)["errorType"]

    def test_refusals(self):
        self.api.send(1, identity="q-1")
        self.assertEqual(self.call("GET", "invocation/next").body, b"1")
        self.assertEqual(self.call("GET", "invocation/next").body, b"1")  # the same event again
        self.assertEqual(self.told(self.call("POST", "invocation/q-2/response", b"1")),
                         (400, "InvalidRequestID"))
        self.assertEqual(self.told(self.call("POST", "init/error", b"{}")),
                         (403, "InvalidStateTransition"))
        self.assertEqual(self.told(self.call("POST", "invocation/q-1/response", b"1", [
            ("Lambda-Runtime-Function-Response-Mode", "sometimes")])),
            (400, "InvalidFunctionResponseMode"))
        self.assertEqual(self.call("POST", "invocation/q-1/response", b"1").status, 202)
        self.assertEqual(self.told(self.call("POST", "invocation/q-1/error", b"{}")),
                         (403, "InvalidStateTransition"))

    def test_too_large(self):
        self.api.send(1, identity="q-1")
        self.call("GET", "invocation/next")
        self.assertEqual(self.told(self.call("POST", "invocation/q-1/response",
                                             b"x" * (MOST_RESPONSE + 1))),
                         (413, "RequestEntityTooLarge"))
        self.api.send(2, identity="q-2")
        self.assertEqual(self.call("GET", "invocation/next").body, b"2")

    def test_cut_off(self):
        self.api.send(1, identity="q-1")
        self.call("GET", "invocation/next")
        peer = Connection(self.port)
        whole = request_bytes("POST", "/2018-06-01/runtime/invocation/q-1/response", b"12345")
        peer.send(whole[:-2])
        peer.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.told(peer.receive()), (400, "TruncatedHTTPRequest"))
        peer.close()


if __name__ == "__main__":
    os.environ.setdefault("CLEAVE_BINARY_DIR", "build/dev")
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
