#!/usr/bin/python3
"""The runtime on the open engines. Each has a stand-in here that follows the engine's own source:
OpenWhisk's invoker and its controller for web actions (ActivationResult.scala, WebActions.scala),
Fission's router, timer and fetcher, OpenFaaS' gateway."""
import base64
import json
import os
import re
import signal
import sys
import tempfile
import time
import unittest
from urllib.parse import quote

from harness import Connection, Server, request_bytes

SENTINEL = "XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX"
TEXTS = {"application/xml", "application/javascript", "application/x-www-form-urlencoded",
         "application/atom+xml", "application/xhtml+xml", "application/rss+xml",
         "application/soap+xml"}


def media_type(value):
    return value.split(";")[0].strip().lower()


def is_binary(value):
    """Akka's sorting of media types."""
    plain = media_type(value)
    return not (plain.startswith("text/") or plain == "application/json" or
                plain.endswith("+json") or plain in TEXTS or "charset=" in value)


class Whisk(Server):
    """An invoker with one container."""

    def __init__(self, function="", **environment):
        super().__init__(__OW_API_HOST="https://whisk.example", CLEAVE_FUNCTION=function,
                         **environment)
        self.n_runs = 0
        self.n_logs = 0  # logs that must have their end by now

    def ask(self, path, value):
        response = self.post(path, value, [("Content-Type", "application/json")])
        assert response.header("content-type") == "application/json", response.headers
        self.n_logs += path == "/run" or response.status != 200
        return response.status, response.json()

    def init(self, **value):
        given = {"name": "action", "main": "main", "binary": False, **value}
        return self.ask("/init", {"value": given})

    def run(self, value, **context):
        """An activation, its log awaited: (status, answer)."""
        self.n_runs += 1
        answer = self.ask("/run", {
            "value": value, "namespace": "guest", "action_name": "/guest/shop/action",
            "api_host": "https://whisk.example", "api_key": "key:secret",
            "activation_id": f"a-{self.n_runs}", "deadline": str(int(time.time() * 1000) + 60000),
            **context})
        end = time.monotonic() + 10
        while self.ends() != (self.n_logs, self.n_logs):
            if time.monotonic() > end:
                raise AssertionError(f"the log has no end: {self.process.lines[-5:]}")
            time.sleep(0.01)
        return answer

    def ends(self):
        """How often a line is the sentinel, on standard output and standard error."""
        return self.process.lines.count(SENTINEL), self.process.problems.count(SENTINEL)

    def result(self, value, **context):
        """How the platform takes the answer: (kind, result)."""
        status, answer = self.run(value, **context)
        if status == 200 and isinstance(answer, dict) and "error" not in answer:
            return "success", answer
        if isinstance(answer, dict) and list(answer) == ["error"]:
            return ("application error" if status == 200 else "developer error"), answer["error"]
        return ("success" if status == 200 and isinstance(answer, list) else "developer error"), answer

    def web(self, method, path, query="", headers=(), body=b"", raw=True):
        """A web request through the controller: (status, headers, body)."""
        given = {name.lower(): text for name, text in headers}
        value = {"__ow_method": method.lower(), "__ow_headers": given, "__ow_path": path}
        if raw:
            value["__ow_query"] = query
        else:
            value.update(item.split("=", 1) for item in query.split("&") if item)
        kind = given.get("content-type", "")
        if body and (is_binary(kind) or media_type(kind) == "application/json"):
            value["__ow_body"] = base64.b64encode(body).decode()
        else:
            value["__ow_body"] = body.decode()
        kind, result = self.result(value)
        if kind == "developer error":
            return 400, {}, b"There was an error processing your request."
        if not isinstance(result, dict):
            return 400, {}, b"Response is not valid 'message/http'."
        told = result.get("headers", {})
        text = result.get("body")
        status = int(result.get("statusCode", 200 if text else 204))
        if not text:
            return status, told, b""
        name = next((told[name] for name in told if name.lower() == "content-type"), "text/html")
        if not isinstance(text, str):
            return status, told, json.dumps(text).encode()
        plain = media_type(name)
        is_json = plain == "application/json" or plain.endswith("+json")
        is_code = len(text) % 4 == 0 and re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text)
        if is_binary(name) or (is_json and is_code):
            return status, told, base64.b64decode(text, validate=True)
        return status, told, text.encode()


class OpenWhisk(unittest.TestCase):
    def container(self, function="", **environment):
        server = Whisk(function, **environment)
        self.addCleanup(lambda: self.assertIn(server.stop(), (0, 1, 124, 139)))
        return server

    def ready(self, function, **environment):
        server = self.container(function, **environment)
        self.assertEqual(server.init(), (200, {"ok": True}))
        return server

    def test_initialises_once(self):
        server = self.container("fresh")
        self.assertEqual(server.ask("/run", {"value": {}}), (500, {"error": "no action defined yet"}))
        self.assertEqual(server.init(), (200, {"ok": True}))
        status, answer = server.init()
        self.assertEqual((status, list(answer)), (403, ["error"]))
        self.assertEqual(server.result({"a": "☃"}), ("success", {"a": "☃"}))

    def test_refuses_what_is_no_initialisation(self):
        server = self.container("fresh")
        for body in (b"", b"{", b"[]", b"7", b"{}", b'{"value":7}', b'{"value":null}',
                     b"[" * 100000):
            status, answer = server.ask("/init", body)
            self.assertEqual((status, list(answer)), (400, ["error"]), body[:20])
        self.assertEqual(server.init(code="exports.main = 1")[0], 403)
        self.assertEqual(server.init(main="nobody")[0], 502)
        self.assertEqual(server.request("GET", "/init").status, 405)
        self.assertEqual(server.request("POST", "/other").status, 404)
        self.assertEqual(server.init()[0], 200)

    def test_the_entry_point_chooses(self):
        server = self.container()
        self.assertEqual(server.init(main="fresh")[0], 200)
        self.assertEqual(server.result({"x": 1}), ("success", {"x": 1}))
        named = self.container()
        self.assertEqual(named.init(name="direct")[0], 200)
        self.assertEqual(named.result([1, 2]), ("success", [1, 2]))

    def test_context_is_in_the_environment(self):
        server = self.ready("direct")
        for name, value in (("__OW_ACTIVATION_ID", "a-1"), ("__OW_NAMESPACE", "guest"),
                            ("__OW_ACTION_NAME", "/guest/shop/action"),
                            ("__OW_API_HOST", "https://whisk.example"), ("__OW_API_KEY", "key:secret"),
                            ("__OW_VALUE", None)):
            kind, result = server.result({"do": "variable", "name": name})
            if name == "__OW_ACTIVATION_ID":
                value = f"a-{server.n_runs}"
            self.assertEqual((kind, result), ("success", {"value": value}))
        self.assertGreater(
            int(server.result({"do": "variable", "name": "__OW_DEADLINE"})[1]["value"]), 1)
        self.assertEqual(server.result({"do": "trace"})[1]["id"], f"a-{server.n_runs}")

    def test_settings_come_at_init_or_with_the_action(self):
        server = self.container("direct")
        self.assertEqual(server.init(env={"TEST_SECRET": "from init", "TEST_PLACE": "", "a b": "x",
                                          "__OW_EXTRA": "1"})[0], 200)
        ask = {"do": "variable", "name": "TEST_SECRET"}
        self.assertEqual(server.result({**ask, "TEST_SECRET": "changed"})[1], {"value": "from init"})
        bound = self.ready("direct")
        self.assertEqual(bound.result({**ask, "TEST_SECRET": "bound"})[1], {"value": "bound"})
        self.assertEqual(bound.result({**ask, "TEST_SECRET": "changed"})[1], {"value": "bound"})
        self.assertEqual(bound.result({"x": 1, "TEST_SECRET": "s"}), ("success", {"x": 1}))

    def test_a_failed_start_ends_the_container(self):
        server = self.container("fresh", TEST_INIT="fail")
        status, answer = server.init()
        self.assertEqual((status, list(answer)), (502, ["error"]))
        self.assertEqual(server.process.wait(), 1)
        late = self.ready("direct", TEST_INIT="fail")
        self.assertEqual(late.result({})[0], "developer error")
        self.assertEqual(late.process.wait(), 1)

    def test_answers_must_be_objects(self):
        server = self.ready("direct")
        self.assertEqual(server.run({"do": "count"}), (
            502, {"error": "The action did not return a dictionary or array."}))
        kind, error = server.result({"do": "fail"})
        self.assertEqual((kind, error["errorType"]), ("application error", "Function.Refused"))
        self.assertIn("grüß", error["errorMessage"])
        large = {"x": "y" * (2 << 20)}
        self.assertEqual(server.result(large), ("success", large))

    def test_malformed_activations(self):
        server = self.ready("fresh")
        for body in (b"", b"{", b"[]", b"7", b'{"value":7}', b'{"value":"x"}', b"[" * 100000):
            status, answer = server.ask("/run", body)
            self.assertEqual((status, list(answer)), (400, ["error"]), body[:20])
        self.assertEqual(server.ask("/run", {}), (200, {}))

    def test_the_log_ends_on_a_line_of_its_own(self):
        server = self.ready("direct")
        server.run({"do": "print"})
        self.assertIn("an unfinished line", server.process.lines)
        self.assertIn("a problem", server.process.problems)

    def test_deadline_and_crash(self):
        late = self.ready("direct")
        status, answer = late.ask("/run", {"value": {"do": "sleep", "amount": 20000},
                                           "deadline": int(time.time() * 1000) + 300})
        self.assertEqual((status, answer["error"]["errorType"]), (502, "Function.DeadlineExceeded"))
        self.assertEqual(late.process.wait(), 124)
        self.assertEqual(late.ends(), (1, 1))
        crashed = self.ready("direct")
        status, answer = crashed.ask("/run", {"value": {"do": "crash", "amount": signal.SIGSEGV}})
        self.assertEqual((status, answer["error"]["errorType"]), (502, "Function.Crash"))
        self.assertIn("price_direct", answer["error"]["errorMessage"])
        self.assertEqual(crashed.process.wait(), 128 + signal.SIGSEGV)
        self.assertEqual(crashed.ends(), (1, 1))

    def test_web_actions(self):
        server = self.ready("http")
        status, headers, body = server.web(
            "POST", "/price/a%2F1", "n=2&n=3", [("Content-Type", "application/json"),
                                              ("Cookie", "s=1"), ("X-Forwarded-For", "192.0.2.7")],
            b'{"q":"\xc3\xa9"}')
        told = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(headers["Set-Cookie"], ["s=2; Path=/", "t=3"])
        self.assertEqual((told["method"], told["path"], told["ip"], told["body"]),
                         ("POST", "/price/a/1", "192.0.2.7", '{"q":"é"}'))
        self.assertEqual(told["parameters"], [["sku", "a/1"]])
        self.assertEqual(told["query"], [["n", "2"], ["n", "3"]])
        self.assertEqual(told["cookies"], [["s", "1"]])
        told = json.loads(server.web("GET", "/price/a1", "n=2", raw=False)[2])
        self.assertEqual(told["query"], [["n", "2"]])

    def test_web_bodies_arrive_as_they_are(self):
        server = self.ready("http")
        for kind, body in (("image/png", b"\0\1\xff"), ("application/octet-stream", b"abcd"),
                           ("text/plain", b"abcd"), ("text/html; charset=utf-8", "é".encode()),
                           ("application/json", b"1234"), ("application/json", b"null"),
                           ("application/problem+json", b"true"), ("application/json", b'{"a":1}'),
                           ("application/x-unknown", b"plain"), ("application/xml", b"<a/>"),
                           ("image/svg+xml", b"<svg/>"), ("application/pdf", b"%PDF")):
            status, headers, got = server.web("POST", "/price/a", f"body=typed&type={quote(kind)}",
                                              [("Content-Type", kind)], body)
            self.assertEqual((status, got), (200, body), kind)
            self.assertEqual(headers["Content-Type"], kind)
        self.assertEqual(server.web("GET", "/price/a", "body=binary")[2], b"\0\1\2\xff")
        self.assertEqual(server.web("GET", "/price/a", "body=none")[::2], (200, b""))
        broken = server.result({"__ow_method": "post", "__ow_path": "/price/a", "__ow_query": "",
                                "__ow_headers": {"content-type": "image/png"}, "__ow_body": "%"})
        self.assertEqual((broken[0], broken[1]["statusCode"]), ("success", 400))
        kind, told = server.result({
            "__ow_method": "post", "__ow_path": "/price/a", "__ow_headers": {},
            "__ow_query": "body=binary&x=1", "__ow_body": ""})
        self.assertEqual(kind, "success")

    def test_web_failures(self):
        server = self.ready("http")
        self.assertEqual(server.web("GET", "/nowhere")[0], 404)
        status, _, body = server.web("GET", "/price/a", "do=refuse")
        self.assertEqual((status, json.loads(body)["errorType"]), (422, "Function.Unfit"))
        status, _, body = server.web("GET", "/price/a", "do=fail")
        self.assertEqual((status, json.loads(body)["errorType"]), (500, "Function.Refused"))
        for path, query in (("/price/a%00b", ""), ("/price/a", "x=%00")):
            self.assertEqual(server.web("GET", path, query)[0], 400)
        kind, told = server.result({"x": 1})
        self.assertEqual((kind, told["statusCode"]), ("success", 400))

    def test_routes_of_one_image(self):
        server = self.ready("")
        self.assertEqual(server.web("GET", "/static/a/b")[0], 200)
        self.assertEqual(server.web("POST", "/static/a/b")[0], 405)

    def test_messages(self):
        server = self.ready("queue")
        self.assertEqual(server.result({"messages": [
            {"topic": "jobs", "partition": 0, "offset": 7, "key": "k", "value": "data-é"},
            {"topic": "jobs", "partition": 0, "offset": 8, "key": None, "value": {"a": 1}}]}),
            ("success", {}))
        server.process.find("consumed id=jobs-0-7 data=data-é source=jobs group=k")
        server.process.find('consumed id=jobs-0-8 data={"a":1} source=jobs')
        self.assertEqual(server.result({"a": 2}), ("success", {}))
        server.process.find('data={"a":2} source=jobs')
        kind, error = server.result({"messages": [{"topic": "t", "value": "fail"}]})
        self.assertEqual((kind, error["errorType"]), ("application error", "Function.Refused"))
        for bad in ({"messages": []}, {"messages": [7]}, {"messages": [{"topic": "t"}]}):
            self.assertEqual(server.result(bad)[0], "application error")

    def test_objects_and_timers(self):
        server = self.ready("object")
        self.assertEqual(server.result({"bucket": "in", "key": "a b.txt", "status": "added",
                                        "file": {"ETag": "e", "Size": 3}}), ("success", {}))
        server.process.find("object bucket=in key=a b.txt change=added version= size=3")
        self.assertEqual(server.result({"bucket": "in"})[0], "application error")
        timer = self.ready("schedule")
        self.assertEqual(timer.result({"job": "sweep"}), ("success", {}))
        timer.process.find('schedule name=schedule time= body={"job":"sweep"}')


class Fission(unittest.TestCase):
    def container(self, function="", **environment):
        server = Server(CLEAVE_PLATFORM="fission", CLEAVE_FUNCTION=function, **environment)
        self.addCleanup(lambda: self.assertEqual(server.stop(), 0))
        return server

    @staticmethod
    def routed(server, method, url, parameters=(), body=b"", headers=(), prefix=""):
        """As the router forwards it: to "/", or by a kept prefix."""
        told = [("X-Fission-Function-Name", "f"), ("X-Fission-Function-Uid", "u"),
                ("X-Fission-Full-Url", url)]
        told += [(f"X-Fission-Params-{name.capitalize()}", value) for name, value in parameters]
        path, _, query = url.partition("?")
        target = (path if prefix and path.startswith(prefix) else "/") + ("?" + query if query else "")
        return server.request(method, target, body, [*headers, *told])

    def test_specialised_once(self):
        for path in ("/specialize", "/v2/specialize"):
            server = self.container()
            self.assertEqual(server.request("GET", "/healthz").status, 200)
            for bad in (b"{", b"[]", b"7", b'{"functionName":"nobody"}'):
                self.assertEqual(server.post(path, bad).status, 400, bad)
            self.assertEqual(server.request("GET", path).status, 405)
            self.assertEqual(server.post(path, {"filepath": "/userfunc/deployarchive",
                                                "functionName": "direct", "url": ""}).status, 200)
            self.assertEqual(server.post(path, {"functionName": "direct"}).status, 400)
            self.assertEqual(server.post("/", {"x": 1}).json(), {"x": 1})
        self.assertEqual(self.container("direct").post("/specialize", b"").status, 200)

    def test_requests_through_the_router(self):
        server = self.container("http")
        for prefix in ("", "/price"):
            response = self.routed(server, "POST", "/price/a%2F1?n=2", [("sku", "a/1")], b"{}",
                                   [("Content-Type", "application/json")], prefix)
            told = response.json()
            self.assertEqual((told["method"], told["path"], told["body"]), ("POST", "/price/a/1", "{}"))
            self.assertEqual((told["parameters"], told["query"]), ([["sku", "a/1"]], [["n", "2"]]))
        self.assertEqual(self.routed(server, "GET", "/nowhere").status, 404)
        inside = server.request("GET", "/price/b", b"", [
            ("X-Fission-Full-Url", "/fission-function/http/price/b")])
        self.assertEqual(inside.json()["path"], "/price/b")

    def test_parameters_of_the_triggers_pattern(self):
        server = self.container("static")
        told = self.routed(server, "GET", "/static/x", [("rest", "x"), ("other", "y")]).json()
        self.assertEqual(told["parameters"], [["rest", "x"]])

    def test_timers_and_messages(self):
        server = self.container("schedule")
        self.assertEqual(server.request("POST", "/", b"", [("X-Fission-Timer-Name", "hourly")]).status,
                         204)
        server.process.find("schedule name=hourly time= body=")
        for header in ("X-Fission-MQTrigger-Topic", "KEDA-Topic"):
            queue = self.container("queue")
            self.assertEqual(queue.request("POST", "/", b"data-1", [
                (header, "jobs"), ("Content-Type", "application/json")]).status, 204)
            queue.process.find("data=data-1 source=jobs")
            self.assertEqual(queue.request("POST", "/", b"fail", [(header, "jobs")]).status, 500)
        both = self.container()
        self.assertEqual(both.request("POST", "/", b"data-2", [("KEDA-Topic", "jobs")]).status, 204)
        both.process.find("data=data-2 source=jobs")


class OpenFaas(unittest.TestCase):
    def container(self, function="", **environment):
        server = Server(CLEAVE_PLATFORM="openfaas", CLEAVE_FUNCTION=function, **environment)
        self.addCleanup(lambda: self.assertIn(server.stop(), (0, 124)))
        return server

    @staticmethod
    def gateway(server, method, path, body=b"", headers=()):
        """/function/NAME is cut off; the gateway adds the id of the call."""
        return server.request(method, path, body, [
            ("X-Call-Id", "c-1"), ("X-Start-Time", "1795418400000000000"), *headers])

    def test_probes(self):
        server = self.container("http")
        for path in ("/_/health", "/_/ready"):
            response = server.request("GET", path)
            self.assertEqual((response.status, response.body), (200, b"OK"))
            self.assertEqual(server.request("POST", path).status, 405)
        self.assertEqual(server.request("GET", "/_/other").status, 404)

    def test_calls_are_timed_and_named(self):
        server = self.container("direct")
        response = self.gateway(server, "POST", "/", b'{"do":"sleep","amount":60}')
        self.assertEqual(response.status, 200)
        self.assertRegex(response.header("x-duration-seconds"), r"^\d+\.\d{6}$")
        self.assertGreaterEqual(float(response.header("x-duration-seconds")), 0.06)
        self.assertEqual(self.gateway(server, "POST", "/", b'{"do":"trace"}').json()["id"], "c-1")
        failed = self.gateway(server, "POST", "/", b'{"do":"fail"}')
        self.assertEqual(failed.status, 500)
        self.assertIsNotNone(failed.header("x-duration-seconds"))
        streamed = self.gateway(self.container("http"), "GET", "/price/a?body=stream")
        self.assertEqual(streamed.body, b"part 0\npart 1\npart 2\n")
        self.assertIsNotNone(streamed.header("x-duration-seconds"))

    def test_time_limits(self):
        for given in ("300ms", "0.3s"):
            server = self.container("direct", exec_timeout=given)
            response = self.gateway(server, "POST", "/", b'{"do":"sleep","amount":20000}')
            self.assertEqual(response.status, 504)
            self.assertEqual(server.process.wait(), 124)
        server = self.container("direct", exec_timeout="1h0m5s")
        left = self.gateway(server, "POST", "/", b'{"do":"left"}').json()
        self.assertTrue(3600000 < left <= 3605000, left)
        for asked, low, high in (("90s", 80000, 90000), ("1m30s", 80000, 90000),
                                 ("2h", 3600000, 3605000), ("soon", 3600000, 3605000),
                                 ("-1s", 3600000, 3605000)):
            left = self.gateway(server, "POST", "/", b'{"do":"left"}', [("X-Timeout", asked)]).json()
            self.assertTrue(low < left <= high, (asked, left))
        short = self.gateway(server, "POST", "/", b'{"do":"sleep","amount":20000}',
                             [("X-Timeout", "200ms")])
        self.assertEqual(short.status, 504)

    def test_seconds_without_a_unit(self):
        server = self.container("direct", exec_timeout="20")
        self.assertTrue(
            10000 < self.gateway(server, "POST", "/", b'{"do":"left"}').json() <= 20000)

    def test_secrets_are_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "test-secret"), "w", encoding="utf-8") as file:
                file.write("s3cret\n")
            server = self.container("direct", secret_mount_path=folder, TEST_PLACE="set")
            with open(os.path.join(folder, "TEST_PLACE"), "w", encoding="utf-8") as file:
                file.write("other")
            ask = lambda name: server.post("/", {"do": "variable", "name": name}).json()["value"]
            self.assertEqual(ask("TEST_SECRET"), "s3cret")
            self.assertEqual(ask("TEST_PLACE"), "set")

    def test_connectors(self):
        queue = self.container("queue")
        self.assertEqual(self.gateway(queue, "POST", "/", b"data-1", [("X-Topic", "jobs")]).status, 204)
        queue.process.find("data=data-1 source=jobs")
        timer = self.container("schedule")
        self.assertEqual(self.gateway(timer, "POST", "/", b"").status, 204)

    def test_termination_finishes_the_call(self):
        server = self.container("direct")
        connection = Connection(server.port)
        connection.send(request_bytes("POST", "/", b'{"do":"sleep","amount":500}'))
        time.sleep(0.2)
        server.process.child.terminate()
        self.assertEqual(connection.receive().status, 200)
        connection.close()
        self.assertEqual(server.process.wait(), 0)


if __name__ == "__main__":
    os.environ.setdefault("CLEAVE_BINARY_DIR", "build/dev")
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
