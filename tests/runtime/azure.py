#!/usr/bin/python3
"""The runtime as an Azure Functions custom handler: envelopes as the host writes them, and each of
the host's traps."""
import base64
import json
import os
import signal
import sys
import time
import unittest

from harness import Connection, Process, Server, free_port


def text(data):
    """Bytes as the host sends a payload whose binding has dataType binary."""
    return base64.b64encode(data).decode()


def http(url="https://h/api/price/a1?n=2", method="POST", headers=None, **more):
    return {"Data": {"req": {"Url": url, "Method": method, "Query": {"n": "2"},
                             "Headers": headers or {"Content-Type": ["application/json"]},
                             "Params": {"sku": "a1"}, "Identities": [], **more}},
            "Metadata": {"sys": {"MethodName": "http", "UtcNow": "2026-11-23T07:20:00Z",
                                 "RandGuid": "24ad"}}}


def queue(value, **metadata):
    return {"Data": {"msg": value},
            "Metadata": {"DequeueCount": "1", "Id": "\"800a\"", "PopReceipt": "\"AgA=\"",
                         "sys": {"MethodName": "queue", "UtcNow": "2026-11-23T07:20:00Z",
                                 "RandGuid": "24ad"}, **metadata}}


class Azure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(variable="FUNCTIONS_CUSTOMHANDLER_PORT")

    @classmethod
    def tearDownClass(cls):
        if cls.server.stop() != 0:
            raise AssertionError(cls.server.process.lines[-5:])

    def envelope(self, function, value, status=200):
        response = self.server.post("/" + function, value, [
            ("Content-Type", "application/json"), ("X-Azure-Functions-InvocationId", "i-1"),
            ("X-Azure-Functions-HostVersion", "4.24.0")])
        self.assertEqual(response.status, status, response.body)
        self.assertEqual(response.header("content-type"), "application/json")
        return response.json()

    def found(self, line):
        return self.server.process.find(line)

    def test_trap_1_strings_are_encoded_twice(self):
        for number, value in enumerate((json.dumps(text(b"data-a")), text(b"data-b"))):
            self.envelope("queue", queue(value, Id=json.dumps(f"t1-{number}")))
        self.found("consumed id=t1-0 data=data-a source=jobs group= deliveries=1")
        self.found("consumed id=t1-1 data=data-b")
        self.envelope("queue", queue(text(b'"quoted"'), Id="plain-id", DequeueCount=3))
        self.found('consumed id=plain-id data="quoted" source=jobs group= deliveries=3')

    def test_trap_2_and_3_output_strings(self):
        """Nothing but the http output, which the host leaves alone, ever carries text."""
        for body in ("1234", "hello123", "2026-11-23T07:20:00Z"):
            told = self.envelope("http", http(url="https://h/api/price/a?body=echo", Body=body))
            self.assertEqual(told["Outputs"]["res"]["body"], body)
            self.assertEqual(set(told["Outputs"]), {"res"})

    def test_trap_4_the_reply_is_never_empty(self):
        told = self.envelope("queue", queue(text(b"x")))
        self.assertEqual(told, {"Outputs": {}, "Logs": [], "ReturnValue": None})
        told = self.envelope("http", http(url="https://h/api/price/a?body=none&status=204"))
        self.assertEqual(told["Outputs"]["res"]["statusCode"], "204")
        self.assertEqual(told["Outputs"]["res"]["body"], "")

    def test_trap_5_a_failure_is_no_success(self):
        told = self.envelope("queue", queue(text(b"fail")), status=500)
        self.assertEqual(told["errorType"], "Function.Refused")
        self.envelope("http", http(url="https://h/api/price/a?do=fail"), status=500)
        told = self.envelope("http", http(url="https://h/api/price/a?do=refuse"))
        self.assertEqual(told["Outputs"]["res"]["statusCode"], "422")

    def test_trap_6_ready_as_soon_as_it_listens(self):
        port = free_port()
        process = Process("runtime_echo", {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port)})
        begin = time.monotonic()
        while True:
            try:
                connection = Connection(port)
                break
            except OSError:
                self.assertLess(time.monotonic() - begin, 10)
                time.sleep(0.002)
        connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        self.assertEqual(connection.receive().status, 200)
        connection.close()
        self.assertEqual(process.stop(), 0)
        failing = Process("runtime_echo", {"FUNCTIONS_CUSTOMHANDLER_PORT": str(free_port()),
                                           "TEST_INIT": "fail"})
        self.assertEqual(failing.wait(), 1)

    def test_trap_7_chunked_requests(self):
        body = json.dumps(queue(text(b"chunked"))).encode()
        connection = Connection(self.server.port)
        connection.send(b"POST /queue HTTP/1.1\r\nHost: h\r\nContent-Type: application/json; "
                        b"charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
                        % (len(body), body))
        self.assertEqual(connection.receive().status, 200)
        self.found("data=chunked")
        connection.close()

    def test_trap_8_body_and_query(self):
        told = self.envelope("http", http())  # no Body
        self.assertEqual(json.loads(told["Outputs"]["res"]["body"])["body"], "")
        payload = bytes(range(256))
        for kind in ("application/octet-stream", "multipart/form-data; boundary=x"):
            value = http(url="https://h/api/price/a?body=echo", Body=text(b"plain"),
                         headers={"Content-Type": [kind]})
            self.assertEqual(self.envelope("http", value)["Outputs"]["res"]["body"], "plain")
            value["Data"]["req"]["Body"] = text(payload)
            told = self.envelope("http", value, status=500)  # a binary reply does not fit
            self.assertEqual(told["errorType"], "Function.BinaryReply")
        value = http(url="https://h/api/price/a1?n=2&n=3&x=%20")
        value["Data"]["req"]["Query"] = "{}"
        seen = json.loads(self.envelope("http", value)["Outputs"]["res"]["body"])
        self.assertEqual(seen["query"], [["n", "2"], ["n", "3"], ["x", " "]])

    def test_trap_9_forwarded_requests(self):
        payload = bytes(range(256))
        response = self.server.post("/api/price/a%20b?body=echo", payload,
                                    [("X-Azure-Functions-InvocationId", "i-2")])
        self.assertEqual((response.status, response.body), (200, payload))
        seen = self.server.request("GET", "/api/price/a%20b?n=1,2").json()
        self.assertEqual((seen["path"], seen["parameters"]), ("/price/a b", [["sku", "a b"]]))
        self.assertEqual(seen["query"], [["n", "1,2"]])
        self.assertEqual(self.server.request("GET", "/api/other").status, 404)

    def test_trap_10_nothing_on_standard_error(self):
        self.envelope("queue", queue(text(b"fail")), status=500)
        self.assertEqual(self.server.process.problems, [])

    def test_http_envelope(self):
        value = http(url="https://h/api/price/a%201?n=2", Body="{\"q\":2}",
                     headers={"Content-Type": ["application/json"], "X-A": ["1", "2"],
                              "Cookie": ["a=1; b=2"], "X-Forwarded-For": ["192.0.2.7:4711"]})
        output = self.envelope("http", value)["Outputs"]["res"]
        # All four members, none of them null: the host's reader demands them.
        self.assertEqual(set(output), {"statusCode", "status", "headers", "body"})
        self.assertEqual(output["statusCode"], "200")
        self.assertEqual(output["headers"]["Set-Cookie"], ["s=2; Path=/", "t=3"])
        seen = json.loads(output["body"])
        self.assertEqual((seen["method"], seen["path"]), ("POST", "/price/a 1"))
        self.assertEqual((seen["body"], seen["ip"]), ("{\"q\":2}", "192.0.2.7"))
        self.assertEqual(seen["cookies"], [["a", "1"], ["b", "2"]])
        self.assertIn(["X-A", "2"], seen["headers"])

    def test_direct(self):
        told = self.envelope("direct", http(url="https://h/api/direct", Body="{\"a\":[1]}"))
        self.assertEqual(json.loads(told["Outputs"]["res"]["body"]), {"a": [1]})
        told = self.envelope("direct", http(url="https://h/api/direct", Body="{"))
        self.assertEqual(told["Outputs"]["res"]["statusCode"], "400")

    def test_messages_that_are_no_strings(self):
        self.envelope("queue", queue({"sku": "a1"}, Id="\"o-1\""))
        self.found('consumed id=o-1 data={"sku":"a1"}')
        self.envelope("queue", {"Data": {"msg": text(b"bus")}, "Metadata": {
            "MessageId": "\"b-1\"", "DeliveryCount": "2"}})
        self.found("consumed id=b-1 data=bus source=jobs group= deliveries=2")

    def test_event_hub_batch(self):
        self.envelope("stream", {"Data": {"events": [text(b"e-1"), text(b"e-2")]}, "Metadata": {}})
        self.found("data=e-1")
        self.found("data=e-2")

    def test_timer(self):
        self.envelope("schedule", {
            "Data": {"tick": {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None,
                              "IsPastDue": False}},
            "Metadata": {"sys": {"MethodName": "schedule", "UtcNow": "2026-11-23T07:20:00Z"}}})
        self.found('schedule name=schedule time=2026-11-23T07:20:00Z body={"Schedule":')

    def test_blob_and_event_grid(self):
        self.envelope("object", {"Data": {"blob": text(b"abc")}, "Metadata": {
            "BlobTrigger": "\"in/dir/a b.txt\"", "Uri": "\"https://s/in/dir/a%20b.txt\""}})
        self.found("object bucket=in key=dir/a b.txt change=blob version= size=3 content=abc")
        self.envelope("object", {"Data": {"ev": {
            "eventType": "Microsoft.Storage.BlobCreated", "subject": "/blobServices/x",
            "data": {"url": "https://s.blob.core.windows.net/in/c%20d.txt", "contentLength": 9,
                     "eTag": "0x1"}}}, "Metadata": {}})
        self.found("object bucket=in key=c d.txt change=Microsoft.Storage.BlobCreated version= size=9")

    def test_malformed_envelopes(self):
        for body in (b"", b"{", b"[]", b"7", b"{}", b'{"Data":7}', b'{"Data":{}}', b"[" * 100000,
                     b'{"Data":{"req":7}}', b'{"Data":{"req":{}}}'):
            for function in ("queue", "http", "object", "schedule", "direct"):
                response = self.server.post("/" + function, body)
                if response.status == 200:  # an http caller's own mistake
                    told = response.json()["Outputs"]["res"]
                    self.assertEqual(told["statusCode"], "400", body)
                else:
                    self.assertEqual(response.status, 400, (function, body))
        self.assertEqual(self.server.request("GET", "/").status, 200)

    def test_crash_is_a_failed_invocation(self):
        server = Server(variable="FUNCTIONS_HTTPWORKER_PORT")
        response = server.post("/queue", queue(text(b"crash %d" % signal.SIGSEGV)))
        self.assertEqual(response.status, 500)
        self.assertIn("job_consume", response.json()["errorMessage"])
        self.assertNotEqual(server.process.wait(), 0)


if __name__ == "__main__":
    os.environ.setdefault("CLEAVE_BINARY_DIR", "build/dev")
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
