#!/usr/bin/env python3
"""A monolith with proxies in the place of routines that moved out: the same answers in every mode,
failures as the contract says, nothing repeated that may not be, requests signed as AWS wants it.

usage: generate_proxies.py CLEAVE SOURCE HOST_TESTS
"""
import http.server
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, sys.argv[3])
import functions as f
import hosting
import proxy_clouds
from proxying import SECRET, Program, Standin, expect, settings, signature

CLEAVE = os.path.abspath(sys.argv[1])
ROUTINES = ["price_total", "price_label", "price_zone", "scale_all", "fill_text", "note_click",
            "halve", "shipping_of", "factorial_of"]
CONTRACTS = """version: 1
routines:
  price_total: {result: {errno: true}}
  scale_all: {error: "-1"}
  fill_text: {error: "-1", params: {out: {out: true, cap: room}}}
  shipping_of: {error: "-2"}
"""
LINES = ["total DE 4", "total XX 2", "total AT 0", "label shoe 9", "label \udce9t\udce9 1", "zone x 1",
         "zone x 9", "scale x 3", "fill x 7", "fill x 123456", "halve 0.3", "halve nan", "halve -0",
         "halve 5e-324", "click shoe 3", "click hat 4", "clicks x 0"]
def check_modes(binary, original, work, host):
    program = Program(original, work)
    wanted = [program.ask(line) for line in LINES]
    program.close()
    for mode in ("local", "remote", "fallback", "shadow"):
        program = Program(binary, work, settings(f"http://127.0.0.1:{host.api}", mode))
        got = [program.ask(line) for line in LINES]
        program.close()
        if mode in ("remote", "fallback"):
            # The clicks are counted in the function's process.
            expect("clicks elsewhere", got.pop(), "clicks 0")
            # What only comes out means nothing where the routine fails.
            expect("cut text", got.pop(9), "fill -1 errno 0: untouched")
            expect(mode, got, wanted[:9] + wanted[10:-1])
            failures = program.events("failure") + program.events("fallback")
            expect("no failure", failures, [])
        else:
            expect(mode, got, wanted)
        expect("no difference", program.events("difference"), [])
        calls = len(program.events("call"))
        if (calls == 0) != (mode == "local"):
            sys.exit(f"{mode}: {calls} calls were sent")
    # A static routine alone, called from its own file and declared nowhere before.
    before = len(host.events("invocation"))
    program = Program(binary, work, settings(f"http://127.0.0.1:{host.api}", "local", routines={
        "shipping_of": {"mode": "remote"}, "factorial_of": {"mode": "remote"}}))
    expect("static", [program.ask("total AT 1"), program.ask("clicks x 0")],
           ["total 1 errno 0: 3258 0x1.348p+11 0x1.075556p+8 1", "clicks 0"])
    program.close()
    host.wait_for(lambda: len(host.events("invocation")) == before + 2)
    names = [event["function"] for event in host.events("invocation")[before:]]
    expect("what ran there", names, ["shipping_of", "factorial_of"])


def check_queue(binary, work, host):
    program = Program(binary, work, settings(f"http://127.0.0.1:{host.api}", "queue"))
    expect("handed over", program.ask("click shoe 3"), "click errno 0")
    expect("waits for a result", program.ask("zone x 1"), "zone far")
    program.close()
    host.wait_for(lambda: any(event["function"] == "note_click" and event["status"] == "ok"
                              for event in host.events("invocation")))
    expect("queue", [event["routine"] for event in program.events("mode")], ["price_zone"])


FAILED = "total -1 errno {}: 1 0x1p+1 0x1.8p+1 4"
GOOD = "total 1 errno 0: 3258 0x1.348p+11 0x1.075556p+8 1"


def check_failures(binary, work, standin):
    function_error = {"X-Amz-Function-Error": "Unhandled"}
    good = json.dumps({"result": 2, "total": {"cents": "5", "rate": 1.5, "share": 2, "n_lines": 7},
                       "errno": 0}).encode()
    cases = [
        ("garbage", (200, b"<html>", {}), 71, 1),
        ("no object", (200, b"[1]", {}), 71, 1),
        ("wrong type", (200, good.replace(b"1.5", b"\"x\""), {}), 71, 1),
        ("unknown member", (200, good.replace(b"{", b"{\"more\":1,", 1), {}), 71, 1),
        ("missing", (200, b"{\"result\":1,\"errno\":0}", {}), 71, 1),
        ("out of range", (200, good.replace(b"2,", b"3000000000,", 1), {}), 71, 1),
        ("crash", (200, b"{\"errorType\":\"Function.Crash\"}", function_error), 5, 1),
        ("late", (200, b"{\"errorType\":\"Sandbox.Timedout\"}", function_error), 110, 1),
        ("refused input", (200, b"{\"errorType\":\"Function.BadInput\"}", function_error), 22, 1),
        ("forbidden", (403, b"{}", {}), 13, 1),
        ("no function", (404, b"{}", {}), 2, 1),
        ("too large", (413, b"{}", {}), 90, 1),
        ("busy", (429, b"{}", {}), 11, 3),
        ("broken", (503, b"{}", {}), 5, 3),
        ("closed", None, 104, 3),
    ]
    program = Program(binary, work, settings(standin.url, "remote", attempts=3))
    for what, answer, number, attempts in cases:
        standin.forget()
        standin.answer = lambda handler, body, answer=answer: answer
        expect(what, program.ask("total DE 1"), FAILED.format(number))
        expect(f"{what}: attempts", len(standin.requests), attempts)
    standin.answer = lambda handler, body: (200, good, {})
    expect("good again", program.ask("total DE 1"),
           "total 2 errno 0: 5 0x1.8p+0 0x1p+1 7")

    # What may not be repeated is sent once, also when a kept connection turns out to be closed.
    for answer in ((503, b"{}", {}), None):
        standin.answer = lambda handler, body: (200, b"{}", {})
        program.ask("click shoe 1")
        standin.forget()
        standin.answer = lambda handler, body, answer=answer: answer
        expect("click", program.ask("click shoe 1") in ("click errno 5", "click errno 104"), True)
        expect("sent once", len(standin.requests), 1)
    program.close()
    expect("reported", len(program.events("failure")) >= len(cases), True)


def check_fallback(binary, work, standin):
    program = Program(binary, work, settings(standin.url, "fallback", attempts=1, routines={
        "shipping_of": {"mode": "local"}, "factorial_of": {"mode": "local"}}))
    standin.answer = lambda handler, body: (200, b"<html>", {})
    expect("idempotent", program.ask("total AT 1"), GOOD)
    expect("uncertain, not idempotent", program.ask("click shoe 3"), "click errno 71")
    standin.answer = lambda handler, body: (500, b"", {})
    expect("may have run", program.ask("click shoe 3"), "click errno 5")
    expect("nothing counted here", program.ask("clicks x 0"), "clicks 0")
    standin.answer = lambda handler, body: (429, b"", {})
    expect("has surely not run", program.ask("click shoe 3"), "click errno 0")
    expect("counted here", program.ask("clicks x 0"), "clicks 3")
    program.close()
    # Nobody listens.
    program = Program(binary, work, settings("http://127.0.0.1:1", "fallback", attempts=2))
    expect("refused", program.ask("total AT 1"), GOOD)
    expect("refused", program.ask("click shoe 2"), "click errno 0")
    expect("counted", program.ask("clicks x 0"), "clicks 2")
    program.settings(settings("http://127.0.0.1:1", "remote", attempts=2))
    time.sleep(0.5)
    expect("settings read again", program.ask("total DE 1"), FAILED.format(111))
    program.settings("{ not json")
    time.sleep(0.5)
    expect("wrong settings change nothing", program.ask("total DE 1"), FAILED.format(111))
    program.close()
    wrong = program.events("settings")
    expect("said once, with the place", len(wrong) == 1 and "line 1" in wrong[0]["message"], True)


def check_slow(binary, work, standin):
    release = threading.Event()

    def slow(handler, body):
        release.wait(20)
        return 200, b"{}", {}

    standin.answer = slow
    standin.forget()
    program = Program(binary, work, settings(standin.url, "remote", deadline_ms=400))
    began = time.monotonic()
    expect("slow", program.ask("total DE 1"), FAILED.format(110))
    expect("in time", time.monotonic() - began < 10, True)
    expect("not past the deadline", len(standin.requests), 1)
    release.set()

    def trickle(handler, body):
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(200):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass

    standin.answer = trickle
    expect("a trickle", program.ask("total DE 1"), FAILED.format(110))
    program.close()


def check_shadow(binary, work, standin):
    program = Program(binary, work, settings(standin.url, "local", routines={
        "price_total": {"mode": "shadow"}, "note_click": {"mode": "shadow"}}))
    standin.answer = lambda handler, body: (200, json.dumps({
        "result": 1, "errno": 0, "total": {"cents": "3258", "rate": 2468, "share": 263.5,
                                           "n_lines": 1}}).encode(), {})
    standin.forget()
    expect("the original's answer", program.ask("total AT 1"), GOOD)
    expect("asked", len(standin.requests), 1)
    expect("not done twice", program.ask("click shoe 4"), "click errno 0")
    expect("not asked", len(standin.requests), 1)
    expect("done once", program.ask("clicks x 0"), "clicks 4")
    program.close()
    messages = [event["message"] for event in program.events("difference")]
    expect("the place", len(messages) == 1 and messages[0].endswith("$.total.rate"), True)
    with open(program.log, encoding="utf-8") as text:
        said = text.read()
    expect("no values are logged", "2468" in said or "3258" in said, False)


def check_lambda(binary, work, standin):
    good = json.dumps({"result": 1, "errno": 0, "total": {
        "cents": "1", "rate": 1, "share": 1, "n_lines": 1}}).encode()
    standin.answer = lambda handler, body: (200, good, {})
    standin.forget()
    standin.connections = 0
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "token/with+signs=="}
    program = Program(binary, work, settings(standin.url, "remote", "lambda", qualifier="live"),
                      keys)
    for _ in range(5):
        program.ask("total DE 1")
    program.close()
    expect("one connection for all", standin.connections, 1)
    path, headers, body = standin.requests[0]
    expect("path", path, "/2015-03-31/functions/price_total/invocations?Qualifier=live")
    ours, theirs, names = signature(path, headers, body, SECRET)
    expect("signature", theirs, ours)
    expect("what must be signed", {"host", "x-amz-date", "x-amz-security-token"} <= set(names),
           True)
    trace = headers["traceparent"].split("-")
    expect("trace", headers["X-Amzn-Trace-Id"],
           f"Root=1-{trace[1][:8]}-{trace[1][8:]};Parent={trace[2]};Sampled={int(trace[3]) & 1}")
    with open(program.log, encoding="utf-8") as text:
        said = text.read()
    expect("secrets in the log", any(value in said for value in keys.values()), False)
    program = Program(binary, work, settings(standin.url, "remote", "lambda"),
                      {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
                       "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                       "AWS_EC2_METADATA_DISABLED": "true"})
    expect("no credentials", program.ask("total DE 1"), FAILED.format(13))
    program.close()
    # Hand-over: SQS takes the message, signed for its own service; else an Event invocation.
    standin.forget()
    routes = settings(standin.url, "queue", "lambda")
    routes["targets"]["there"]["queue_url"] = standin.url + "/123/clicks"
    program = Program(binary, work, routes, keys)
    expect("sent", program.ask("click a+b&c 3"), "click errno 0")
    program.close()
    path, headers, body = standin.requests[0]
    ours, theirs, _ = signature(path, headers, body, SECRET, "sqs")
    expect("signature of a message", theirs, ours)
    sent = urllib.parse.parse_qs(body.decode())
    expect("message", json.loads(sent["MessageBody"][0]), {"product": "a+b&c", "weight": 3})


def check_others(binary, work, standin):
    good = json.dumps({"result": "far"}).encode()
    seen = []

    def answer(handler, body):
        seen.append(handler.path)
        return 200, good, {}

    standin.answer = answer
    standin.forget()
    routes = settings(standin.url + "/api/{function}", "remote", "azure")
    routes["targets"]["there"]["key_env"] = "FUNCTION_KEY"
    program = Program(binary, work, routes, {"FUNCTION_KEY": "k3y"})
    expect("azure", program.ask("zone x 1"), "zone far")
    program.close()
    expect("address and key", (standin.requests[0][0], standin.requests[0][1]["x-functions-key"]),
           ("/api/price_zone", "k3y"))
    standin.forget()

    class Metadata(http.server.BaseHTTPRequestHandler):
        n = 0

        def log_message(self, *arguments):
            pass

        def do_GET(self):
            Metadata.n += 1
            good_header = self.headers.get("Metadata-Flavor") == "Google"
            self.send_response(200 if good_header and "identity?audience=" in self.path else 400)
            self.end_headers()
            self.wfile.write(b"ey.token\n")

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    program = Program(binary, work, settings(standin.url, "remote", "run"),
                      {"GCE_METADATA_HOST": f"127.0.0.1:{server.server_port}"})
    expect("run", [program.ask("zone x 1") for _ in range(3)], ["zone far"] * 3)
    program.close()
    expect("token", standin.requests[0][1]["Authorization"], "Bearer ey.token")
    expect("asked for once", Metadata.n, 1)
    server.shutdown()


def build(source, work):
    f.run("cmake", "-G", "Ninja", "-S", source, "-B", f"{work}/build")
    f.run("cmake", "--build", f"{work}/build")
    f.run(CLEAVE, "analyze", f"{work}/build", "--root", source, "--db", f"{work}/cleave.db")
    f.run(CLEAVE, "split", "--db", f"{work}/cleave.db")
    with open(f"{work}/contracts.yaml", "w", encoding="utf-8") as out:
        out.write(CONTRACTS)
    generate = [CLEAVE, "generate", "--db", f"{work}/cleave.db", "-o", f"{work}/out", "--proxies",
                "--as", "services", "--contracts", f"{work}/contracts.yaml", "--function",
                ",".join(ROUTINES)]
    said = f.run(*generate).stdout
    proxies = [line for line in said.splitlines() if line.startswith("proxy ")]
    expect("proxies", len(proxies), len(ROUTINES))
    # A consumer of the queue "clicks": decided by hand.
    path = f"{work}/out/functions/note_click/function.yaml"
    with open(path, encoding="utf-8") as text:
        edited = text.read().replace("trigger: direct", "trigger: queue").replace(
            'key: ""', "key: clicks").replace("adapter: call", "adapter: consumer")
    with open(path, "w", encoding="utf-8") as out:
        out.write(edited)
    return generate


def main():
    f.need("cmake", "ninja")
    with tempfile.TemporaryDirectory() as work:
        source = f"{work}/source"
        shutil.copytree(sys.argv[2], source)
        before = {name: open(f"{source}/{name}", "rb").read() for name in os.listdir(source)}
        generate = build(source, work)
        f.run("cmake", "-G", "Ninja", "-S", f"{work}/out", "-B", f"{work}/out/build",
              "-DCLEAVE_SANITIZE_FUNCTIONS=ON")
        built = f.run("cmake", "--build", f"{work}/out/build", "-j", "2")
        if "warning:" in built.stdout:
            sys.exit(f"the generated project has warnings:\n{built.stdout[-4000:]}")
        binary, original = f"{work}/out/build/remaining/prices", f"{work}/build/prices"
        host = hosting.Host(CLEAVE, None, functions=functions_of(f"{work}/out"))
        check_modes(binary, original, work, host)
        standin = Standin()
        check_failures(binary, work, standin)
        check_fallback(binary, work, standin)
        check_slow(binary, work, standin)
        check_shadow(binary, work, standin)
        check_lambda(binary, work, standin)
        check_others(binary, work, standin)
        proxy_clouds.check(binary, work, standin)
        host.stop()
        host.remove()

        f.run(*generate)
        f.run("cmake", "--build", f"{work}/out/build", "-j", "2")
        host = hosting.Host(CLEAVE, None, functions=functions_of(f"{work}/out"))
        check_queue(binary, work, host)
        host.stop()
        host.remove()
        proxy_clouds.check_whole_way(CLEAVE, binary, work, functions_of(f"{work}/out"))
        after = {name: open(f"{source}/{name}", "rb").read() for name in os.listdir(source)}
        expect("the sources", after, before)
        # A source that changed after its copy was made stops the build.
        with open(f"{source}/prices.c", "a", encoding="utf-8") as out:
            out.write("\n")
        stopped = f.run("cmake", "--build", f"{work}/out/build", codes=(1,))
        expect("told", "has changed since" in stopped.stdout + stopped.stderr, True)


def functions_of(out):
    with open(f"{out}/functions.json", encoding="utf-8") as text:
        rows = json.load(text)["functions"]
    return [dict(row, binary=os.path.join(out, row["binary"])) for row in rows]


main()
