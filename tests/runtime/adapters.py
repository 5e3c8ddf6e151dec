#!/usr/bin/python3
"""Programs that know nothing of events behind the runtime's adapters."""
import base64
import os
import random
import subprocess
import sys
import time
import unittest
from urllib.parse import quote, quote_plus, urlencode

from harness import (Connection, Function, Server, free_port, http_v2, program, request_bytes,
                     sqs)


class Main(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.function = Function("upcase", "runtime_adapters")

    @classmethod
    def tearDownClass(cls):
        cls.function.__exit__(None, None, None)

    def run_program(self, **event):
        return self.function.invoke(event).json()

    def test_arguments_input_output_and_exit_code(self):
        self.assertEqual(self.run_program(arguments=["a b", "", "é"], stdin="hi\n"),
                         {"exit_code": 0, "stdout": "[a b][][é]HI\n", "stderr": ""})
        self.assertEqual(self.run_program(arguments=["-x", "3"]),
                         {"exit_code": 3, "stdout": "", "stderr": "leaving with 3\n"})
        self.assertEqual(self.run_program()["exit_code"], 0)

    def test_bytes(self):
        told = self.run_program(arguments=["-bytes"],
                                stdin_base64=base64.b64encode(b"a\0b").decode())
        self.assertEqual(base64.b64decode(told["stdout_base64"]), b"\xffA\0B")

    def test_large_streams(self):
        told = self.run_program(stdin="x" * 2_000_000)
        self.assertEqual(told["stdout"], "X" * 2_000_000)

    def test_environment(self):
        self.assertEqual(self.run_program(arguments=["-env", "NAME"],
                                          environment={"NAME": "value"})["stdout"], "value\n")

    def test_nothing_is_left_behind(self):
        for _ in range(100):
            self.assertEqual(self.run_program(arguments=["-n"])["stdout"], "1\n")

    def test_refused_events(self):
        for event in ([], 7, {"argument": []}, {"arguments": "x"}, {"arguments": [1]},
                      {"stdin": 1}, {"stdin": "a", "stdin_base64": "aGk="}, {"stdin_base64": "*"},
                      {"environment": []}, {"environment": {"A": 1}}, {"environment": {"A=B": "1"}},
                      {"arguments": ["a\0b"]}, {"arguments": ["x"] * 5000}):
            outcome = self.function.invoke(event)
            self.assertEqual(outcome.kind, "error", str(event)[:50])
            self.assertEqual(outcome.json()["errorType"], "Function.BadRequest")

    def test_crash_and_deadline(self):
        outcome = self.function.invoke({"arguments": ["-crash"]})
        self.assertEqual(outcome.json()["errorType"], "Function.Crash")
        self.assertIn("upcase", outcome.json()["errorMessage"])
        outcome = self.function.invoke({"arguments": ["-hang"]}, deadline_ms=500)
        self.assertEqual(outcome.json()["errorType"], "Function.DeadlineExceeded")
        self.assertEqual(self.run_program(stdin="alive")["stdout"], "ALIVE")


class Behind(unittest.TestCase):
    """The other adapters, behind PORT."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server("runtime_adapters", GREETING="hi")

    @classmethod
    def tearDownClass(cls):
        if cls.server.stop() != 0:
            raise AssertionError(cls.server.process.lines[-5:])

    def test_main_over_http(self):
        response = self.server.post("/upcase?arg=a&arg=-x&arg=0", b"text\0")
        self.assertEqual((response.status, response.body), (200, b"[a]TEXT\0"))
        self.assertEqual(response.header("x-exit-code"), "0")
        response = self.server.post("/upcase?arg=-x&arg=7", b"")
        self.assertEqual((response.status, response.header("x-exit-code")), (500, "7"))

    def test_main_with_its_own_arguments(self):
        with Function("upcase-queue", "runtime_adapters", GREETING="hi") as function:
            outcome = function.invoke(sqs("a", "b"))
            self.assertEqual(outcome.json(), {"batchItemFailures": []})

    def test_cgi(self):
        response = self.server.post("/cgi-bin/show/x%20y/z?a=1&b", b"input", [
            ("Content-Type", "text/x"), ("X-Tag", "1"), ("X-Tag", "2"), ("Proxy", "evil")])
        self.assertEqual(response.status, 201)
        self.assertEqual(response.all("set-cookie"), ["a=1", "b=2"])
        self.assertEqual(response.body.decode().split("\n"), [
            "REQUEST_METHOD=POST", "SCRIPT_NAME=/cgi-bin/show", "PATH_INFO=/x y/z",
            "QUERY_STRING=a=1&b", "CONTENT_TYPE=text/x", "CONTENT_LENGTH=5", "SERVER_NAME=h.example",
            "SERVER_PORT=80", "REMOTE_ADDR=127.0.0.1", "HTTP_X_TAG=1, 2", "HTTP_PROXY=(none)",
            "GATEWAY_INTERFACE=CGI/1.1", "input"])

    def test_cgi_through_lambda(self):
        with Function("cgi", "runtime_adapters") as function:
            reply = function.invoke(http_v2(path="/cgi-bin/show/p", query="q", body="in")).json()
            self.assertEqual(reply["statusCode"], 201)
            self.assertEqual(reply["cookies"], ["a=1", "b=2"])
            self.assertIn("PATH_INFO=/p\n", reply["body"])
            self.assertTrue(reply["body"].endswith("\nin"))

    def test_cgi_with_nothing_behind_it(self):
        response = self.server.request("GET", "/cgi-bin/alone?q")
        self.assertEqual(response.status, 201)
        self.assertIn("SCRIPT_NAME=/cgi-bin/alone\nPATH_INFO=(none)\nQUERY_STRING=q\n", response.body.decode())

    def test_cgi_that_misbehaves(self):
        for query, status in (("silent", 502), ("garbage", 502), ("location", 302), ("crash", 500)):
            response = self.server.request("GET", f"/cgi-bin/show/x?{query}")
            self.assertEqual(response.status, status, query)

    def test_microhttpd_values(self):
        response = self.server.request("GET", "/mhd/a%20b?x=1&y&z=a%20b+", b"", [
            ("Cookie", "c=1"), ("X-TAG", "t")])
        self.assertEqual((response.status, response.header("content-type")), (202, "text/plain"))
        self.assertEqual(response.body.decode().split("\n"), [
            "GET /mhd/a b tag=t upload=0", "8 x=1", "8 y=(null)", "8 z=a b ", "2 c=1"])
        self.assertEqual(response.all("x-twice"), ["1", "2"])
        self.assertEqual(response.all("set-cookie"), ["a=1; Path=/"])
        self.server.process.find("completed 0")

    def test_microhttpd_forms(self):
        response = self.server.post("/mhd/a", b"k=v&w=%41+b&e=&n", [
            ("Content-Type", "application/x-www-form-urlencoded")])
        self.assertEqual(response.body.decode().split("\n")[1:], [
            "form k: v", "form w: A b", "form e: ", "form n: "])
        body = (b"--X\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nv\r\n--X\r\n"
                b"Content-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n"
                b"Content-Type: text/plain\r\n\r\nline\r\n--Y\r\n\r\n--X--\r\n")
        kind = [("Content-Type", "multipart/form-data; boundary=\"X\"")]
        response = self.server.post("/mhd/a", body, kind)
        self.assertEqual(response.body.decode().split("\n", 1)[1],
                         "form k: v\nform f file=a.txt type=text/plain: line\r\n--Y\r\n")
        for broken in (body[:-10], b"--X\r\n\r\n--X--", b"", b"no boundary", b"--X\r\nname\r\n--X"):
            self.assertEqual(self.server.post("/mhd/a", broken, kind).status, 202)

    def test_microhttpd_uploads(self):
        response = self.server.post("/mhd/a", b"x" * 40000)
        self.assertEqual(response.body, b"POST /mhd/a tag=(null) upload=40000")

    def test_microhttpd_handler_that_gives_up(self):
        response = self.server.request("GET", "/mhd/closed")
        self.assertEqual((response.status, response.json()["errorType"]), (500, "Function.Closed"))


class RealMicrohttpd(unittest.TestCase):
    """The same handler, linked with the real libmicrohttpd, gives the same answers."""

    TEXTS = ["a", "", "with space", "100%", "a+b", "k=v&x", "\u00fc\u00df", "\U0001f600", "x" * 300]

    def some_request(self, random_):
        def quoted():
            text = random_.choice(self.TEXTS)
            return random_.choice([quote(text), quote_plus(text), quote(text, safe="")])
        pairs = [quoted() + random_.choice(["=" + quoted(), "="]) for _ in range(random_.randrange(5))]
        target = "/mhd/" + quote(random_.choice(self.TEXTS[:1] + self.TEXTS[2:]), safe="")
        if pairs:
            target += "?" + "&".join("n" + pair for pair in pairs)
        elif random_.random() < 0.5:
            target += "?" + random_.choice(["a&b==c&=d&&e=%zz", "%41=1&+x=+y", "&", "=", "a=1&a=2&A=3",
                                            "a=b=c", "a=%", "a=%4", "?a=1", "a;b=1"])
        headers = [("X-Tag", random_.choice(["t", "a b", "1, 2"]))]
        if random_.random() < 0.3:
            headers.append(("Cookie", random_.choice(["a=1; b=2", "a=1", "long=" + "x" * 100, 'q="a b"; c=d',
                                                        "a=1;b=2", "a", "a=", " a=1 ; b = 2 "])))
        kind = random_.randrange(4)
        if kind == 0:
            return random_.choice(["GET", "DELETE"]), target, b"", headers
        if kind == 1:
            body = bytes(random_.randrange(256) for _ in range(random_.choice([0, 10, 3000])))
            return "PUT", target, body, headers + [("Content-Type", "application/octet-stream")]
        fields = [("n" + random_.choice(["a", "b", "long-name"]),
                   random_.choice([text for text in self.TEXTS if text]))
                  for _ in range(random_.randrange(1, 6))]
        if kind == 2:
            return "POST", target, urlencode(fields).encode(), headers + [
                ("Content-Type", "application/x-www-form-urlencoded")]
        body = b""
        for number, (name, value) in enumerate(fields):
            file = f'; filename="{number}.txt"\r\nContent-Type: text/x' if number % 2 else ""
            body += (f'--bound\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
                     f"{value}\r\n").encode()
        return "POST", target, body + b"--bound--\r\n", headers + [
            ("Content-Type", "multipart/form-data; boundary=bound")]

    def test_same_answers(self):
        random_ = random.Random(5)
        port = free_port()
        real = subprocess.Popen([program("runtime_real_daemon"), str(port)],
                                stdout=subprocess.DEVNULL)
        ours = Server("runtime_adapters")
        try:
            end = time.monotonic() + 10
            while True:
                try:
                    Connection(port).close()
                    break
                except OSError:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
            for _ in range(500):
                request = self.some_request(random_)
                answers = []
                for where in (port, ours.port):
                    connection = Connection(where)
                    connection.send(request_bytes(*request))
                    answers.append(connection.receive())
                    connection.close()
                theirs, mine = answers
                context = f"{request}"[:1000]
                self.assertEqual((mine.status, mine.body), (theirs.status, theirs.body), context)
                for name in ("content-type", "x-twice", "set-cookie", "content-length"):
                    self.assertEqual(mine.all(name), theirs.all(name), context)
        finally:
            real.terminate()
            real.wait()
            self.assertEqual(ours.stop(), 0)


@unittest.skipUnless(os.path.exists(program("runtime_fastcgi")), "libfcgi is not installed")
class FastCgi(unittest.TestCase):
    def test_the_loop_goes_on(self):
        server = Server("runtime_fastcgi")
        for number in range(1, 20):
            response = server.post("/loop", b"abc%d" % number)
            self.assertEqual(response.header("x-count"), str(number))
            self.assertEqual(response.body, b"POST /loop\n" + (b"abc%d" % number)[::-1])
        self.assertIn("request 19", server.process.find("request 19"))
        response = server.post("/loop?crash", b"")
        self.assertEqual(response.json()["errorType"], "Function.Crash")
        self.assertEqual(server.post("/loop", b"x").header("x-count"), "1")
        self.assertEqual(server.request("GET", "/loop?leave").body, b"bye\n")
        time.sleep(0.1)
        self.assertEqual(server.post("/loop", b"x" * 200).header("x-count"), "1")
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
