#!/usr/bin/env python3
"""Tries one function of this project as a platform would: its sample event first, then inputs that
nobody should send. ctest runs it; by hand:

  tests/invoke.py --platform aws --trigger queue --name NAME --sample FILE build/functions/NAME/bootstrap

It passes when the sample is answered in the platform's form and not refused as malformed, when what
fits no contract is refused, and when the process lives through it all and ends well. A routine that
fails by itself (no database here, for instance) is reported and no fault. A file SAMPLE.expected
holds what the answer must be, exactly."""
import argparse
import base64
import copy
import http.client
import http.server
import json
import os
import queue
import random
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

try:
    import jsonschema
except ImportError:
    jsonschema = None

OK, REFUSED, FAILED = "answered", "refused", "failed"
PATIENCE = 60


class Fault(Exception):
    """What the function must not do."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """The binary in a folder of its own."""

    def __init__(self, options, environment):
        self.folder = tempfile.TemporaryDirectory()
        for name in options.folders:
            os.makedirs(os.path.join(self.folder.name, name), exist_ok=True)
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        known = {"PATH": os.environ["PATH"], "CLEAVE_FUNCTION": options.name}
        given = dict(item.split("=", 1) for item in options.environment)
        kept = {name: value for name, value in os.environ.items()
                if name.startswith(("ASAN_", "UBSAN_", "LSAN_", "QEMU_"))}
        self.child = subprocess.Popen(
            [*shlex.split(options.emulator), os.path.abspath(options.binary)],
            cwd=self.folder.name, stdout=self.log, stderr=subprocess.STDOUT,
            env={**known, **kept, **given, **environment})

    def said(self):
        self.log.flush()
        with open(self.log.name, "rb") as file:
            return file.read().decode("utf-8", "replace")[-2000:]

    def check_alive(self):
        if self.child.poll() is not None:
            raise Fault(f"the process ended with {self.child.returncode}\n{self.said()}")

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            code = self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise Fault("SIGTERM does not end it") from None
        if code != 0:
            raise Fault(f"SIGTERM ends it with {code}\n{self.said()}")


class Lambda:
    """A Runtime API for one process."""

    def __init__(self, options):
        self.events, self.answers, outer = queue.Queue(), queue.Queue(), self
        self.trigger, self.is_typed = options.trigger, bool(options.input)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *arguments):
                pass

            def answer(self, status, body, headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                event = outer.events.get()
                if event is None:
                    self.close_connection = True
                else:
                    deadline = str(int((time.time() + PATIENCE) * 1000))
                    self.answer(200, event, [("Lambda-Runtime-Aws-Request-Id", "r1"),
                                             ("Lambda-Runtime-Deadline-Ms", deadline)])

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.answers.put((self.path.split("/runtime/")[1], body))
                self.answer(202, b'{"status":"OK"}')

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.process = Process(options, {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "_HANDLER": options.name})

    def send(self, event):
        self.events.put(event)
        for _ in range(PATIENCE * 10):
            try:
                path, body = self.answers.get(timeout=0.1)
                break
            except queue.Empty:
                if self.answers.empty():
                    self.process.check_alive()
        else:
            raise Fault("no answer")
        answer = json.loads(body)
        if path.startswith("init"):
            raise Fault(f"it does not start: {answer}")
        if path.endswith("/error"):
            kind = answer["errorType"]
            if kind.startswith(("Function.Crash", "Function.Deadline", "Runtime.")):
                raise Fault(f"{kind}: {answer['errorMessage']}")
            return (REFUSED if kind.startswith("Function.Bad") else FAILED), answer
        return self.judge(answer)

    def judge(self, answer):
        if self.trigger == "http":
            if not isinstance(answer.get("statusCode"), int):
                raise Fault(f"no status: {answer}")
            return http_outcome(answer["statusCode"], self.is_typed), answer
        if self.trigger in ("queue", "stream"):
            failures = answer["batchItemFailures"]
            if not all(item["itemIdentifier"] for item in failures):
                raise Fault(f"a failure of nothing: {answer}")
            return (FAILED if failures else OK), answer
        return OK, answer

    def close(self):
        self.events.put(None)
        self.process.stop()
        self.server.shutdown()


class Http:
    """A client of a function that listens."""

    def __init__(self, options, variable, health, **environment):
        self.port, self.trigger, self.name = free_port(), options.trigger, options.name
        self.is_typed = bool(options.input)
        self.process = Process(options, {variable: str(self.port), **environment})
        for _ in range(PATIENCE * 10):
            try:
                self.ask("GET", health, {}, None, is_probe=True)
                return
            except (http.client.HTTPException, OSError):
                self.process.check_alive()
                time.sleep(0.1)
        raise Fault("it does not listen")

    def ask(self, method, path, headers, body, is_chunked=False, is_probe=False):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, iter([body]) if is_chunked and body else body,
                               headers, encode_chunked=is_chunked)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        except (http.client.HTTPException, OSError) as error:
            if is_probe:
                raise
            time.sleep(0.2)
            self.process.check_alive()
            raise Fault(f"no HTTP: {error!r}") from None
        finally:
            connection.close()

    def close(self):
        self.process.stop()


class Port(Http):
    """Cloud Run functions and Knative."""

    def __init__(self, options, health="/healthz", **environment):
        super().__init__(options, "PORT", health, **environment)

    def send(self, event):
        request = json.loads(event)
        status, _, body = self.ask(request["method"], request["path"], request["headers"],
                                   request_body(request))
        if self.trigger not in ("http", "direct") and status not in (204, 400, 500):
            raise Fault(f"status {status} neither accepts nor refuses an event")
        if self.trigger == "http":
            return http_outcome(status, self.is_typed), body
        return (OK if status < 300 else REFUSED if status < 500 else FAILED), body


class Fission(Port):
    """A container that the router calls, specialised once before."""

    def __init__(self, options):
        super().__init__(options, CLEAVE_PLATFORM="fission")
        order = json.dumps({"filepath": "/userfunc/deployarchive", "functionName": options.name,
                            "url": "/"}).encode()
        for wanted in (200, 400):
            status, _, body = self.ask("POST", "/v2/specialize", {}, order)
            if status != wanted:
                raise Fault(f"specialised with {status} in the place of {wanted}: {body}")


class OpenFaas(Port):
    """A container behind the gateway, which wants its probes answered and calls timed."""

    def __init__(self, options):
        super().__init__(options, "/_/health", CLEAVE_PLATFORM="openfaas")
        if self.ask("GET", "/_/ready", {}, None)[::2] != (200, b"OK"):
            raise Fault("it is not ready")

    def ask(self, method, path, headers, body, is_chunked=False, is_probe=False):
        answer = super().ask(method, path, headers, body, is_chunked, is_probe)
        if not path.startswith("/_/") and "X-Duration-Seconds" not in answer[1]:
            raise Fault(f"the call is not timed: {answer}")
        return answer


class OpenWhisk(Http):
    """An invoker with one container: /init once, then /run; each log of a run has its end."""
    SENTINEL = b"XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX"

    def __init__(self, options):
        super().__init__(options, "PORT", "/", __OW_API_HOST="https://whisk.example")
        self.n_runs = 0
        order = json.dumps({"value": {"name": options.name, "main": "main",
                                      "binary": False}}).encode()
        for wanted in (200, 403):
            status, answer = self.post("/init", order)
            if status != wanted or (status != 200) != ("error" in answer):
                raise Fault(f"initialised with {status} in the place of {wanted}: {answer}")
        self.n_ends = self.ends()

    def post(self, path, body):
        status, headers, text = self.ask("POST", path, {"Content-Type": "application/json"}, body)
        answer = json.loads(text)
        if headers.get("Content-Type") != "application/json" or not isinstance(answer, (dict, list)):
            raise Fault(f"no JSON object: {text!r}")
        return status, answer

    def ends(self):
        with open(self.process.log.name, "rb") as file:
            return file.read().split(b"\n").count(self.SENTINEL)

    def send(self, event):
        try:
            order = json.loads(event)
            if isinstance(order, dict):
                event = json.dumps({**order, "deadline": int((time.time() + PATIENCE) * 1000)}).encode()
        except (ValueError, RecursionError):
            pass
        status, answer = self.post("/run", event)
        self.n_ends += 2
        for _ in range(PATIENCE * 10):
            if self.ends() >= self.n_ends:
                break
            time.sleep(0.1)
        else:
            raise Fault("the activation's log has no end")
        if self.ends() != self.n_ends:
            raise Fault("the activation's log ends twice")
        return self.judge(status, answer), answer

    def judge(self, status, answer):
        if status != 200:
            if list(answer) != ["error"]:
                raise Fault(f"a failure is told by error alone: {answer}")
            return REFUSED if status < 500 else FAILED
        is_failure = isinstance(answer, dict) and "error" in answer
        told = answer["error"] if is_failure else answer
        if self.trigger == "http":
            return http_outcome(told["statusCode"], self.is_typed)
        bad = is_failure and told["errorType"].startswith("Function.Bad")
        return REFUSED if bad else FAILED if is_failure else OK


class Azure(Http):
    """The host of custom handlers."""

    def __init__(self, options):
        super().__init__(options, "FUNCTIONS_CUSTOMHANDLER_PORT", "/")

    def send(self, event):
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked",
                   "X-Azure-Functions-InvocationId": "5e1f8c9a-0000-4000-8000-000000000001"}
        status, answered, body = self.ask("POST", f"/{self.name}", headers, event, True)
        if status != 200:
            return (REFUSED if status < 500 else FAILED), body
        if "application/json" not in answered.get("Content-Type", ""):
            raise Fault("the host reads JSON only")
        answer = json.loads(body)
        if not isinstance(answer, dict):
            raise Fault(f"the host waits for ever: {body!r}")
        if self.trigger in ("http", "direct"):
            reply = answer["Outputs"]["res"]
            missing = {"statusCode", "status", "headers", "body"} - reply.keys()
            if missing:
                raise Fault(f"the host needs {missing}: {answer}")
            code = int(reply["statusCode"])
            is_typed = self.is_typed or self.trigger == "direct"
            return http_outcome(code, is_typed), answer
        return OK, answer


def http_outcome(status, is_typed):
    """A handler of the application may answer 4xx by itself; a typed function refuses with it."""
    if not 100 <= status <= 599:
        raise Fault(f"status {status}")
    return FAILED if status >= 500 else REFUSED if is_typed and status >= 400 else OK


def request_body(request):
    if "body_base64" in request:
        return base64.b64decode(request["body_base64"])
    body = request.get("body")
    return body.encode() if isinstance(body, str) else None if body is None else json.dumps(
        body).encode()


def payload_of(platform, trigger, event):
    """The place of the payload in an event: a function that puts another one there, or None."""
    def place(change):
        def put(payload):
            other = copy.deepcopy(event)
            change(other, payload)
            return json.dumps(other).encode()
        return put

    def text(payload):
        return payload.decode("utf-8", "surrogateescape")

    encoded = lambda payload: base64.b64encode(payload).decode()
    if platform == "aws":
        return {"http": place(lambda e, p: e.update(body=encoded(p), isBase64Encoded=True)),
                "direct": lambda payload: payload,
                "queue": place(lambda e, p: e["Records"][0].update(body=text(p))),
                "stream": place(lambda e, p: e["Records"][0]["kinesis"].update(data=encoded(p))),
                }.get(trigger)
    if platform == "azure":
        return {"http": place(lambda e, p: e["Data"]["req"].update(Body=text(p))),
                "direct": place(lambda e, p: e["Data"]["req"].update(Body=text(p))),
                "queue": place(lambda e, p: e["Data"].update(msg=encoded(p))),
                "stream": place(lambda e, p: e["Data"].update(event=encoded(p)))}.get(trigger)
    if platform == "openwhisk":
        return {"http": place(lambda e, p: e["value"].update(__ow_body=encoded(p))),
                "direct": lambda payload: b'{"value":' + payload + b"}",
                "queue": place(lambda e, p: e["value"]["messages"][0].update(value=text(p))),
                "stream": place(lambda e, p: e["value"]["messages"][0].update(value=text(p))),
                }.get(trigger)
    if platform == "gcp" and trigger in ("queue", "stream"):
        return place(lambda e, p: e["body"]["message"].update(data=encoded(p)))
    if trigger in ("schedule", "object"):
        return None
    return place(lambda e, p: e.update(body_base64=encoded(p)))


def wrong_values(value):
    """VALUE with one thing wrong in it, where it is an object."""
    if not isinstance(value, dict):
        return
    yield {**value, "a member that nobody knows": 1}
    for name in value:
        yield {other: item for other, item in value.items() if other != name}
        yield {**value, name: {"an": "object", "of": ["no", "meaning"]}}
        yield {**value, name: "text with \0 in it"}
    yield [value]


def refused_payloads(sample):
    """No payload of this function, whatever it is."""
    yield b"["
    yield b'{"a":' * 3000 + b"1" + b"}" * 3000
    yield b'{"\xff":1}'
    for value in wrong_values(sample):
        yield json.dumps(value).encode()


def damaged(event, seed):
    """EVENT as a broken sender would send it."""
    chance = random.Random(seed)
    yield b""
    yield b"null"
    yield b"[" * 5000
    for _ in range(20):
        data = bytearray(event)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        yield bytes(data[:chance.randrange(1, len(data) + 1)] if chance.random() < 0.3 else data)


def check_sample(options, platform, event):
    outcome, answer = platform.send(event)
    expected = f"{options.sample}.expected"
    if os.path.exists(expected):
        with open(expected, encoding="utf-8") as file:
            if json.load(file) != answer:
                raise Fault(f"{expected} asks for another answer than {answer}")
    if outcome == REFUSED:
        raise Fault(f"the sample is refused: {answer}\n{platform.process.said()}")
    if outcome == OK and jsonschema and options.output and options.platform == "aws" and \
            options.trigger == "direct":
        with open(options.output, encoding="utf-8") as file:
            try:
                jsonschema.validate(answer, json.load(file))
            except jsonschema.ValidationError as error:
                raise Fault(f"the answer does not fit its schema: {error.message}") from None
    return outcome


def check_hostile(options, platform, event):
    n = 0
    put = payload_of(options.platform, options.trigger, json.loads(event))
    if put and options.input:
        with open(options.input, encoding="utf-8") as file:
            schema = json.load(file)
        with open(options.payload, encoding="utf-8") as file:
            sample = json.load(file)
        # Without a validator only what fits nothing is tried.
        for payload in refused_payloads(sample if jsonschema else None):
            if jsonschema and fits(schema, payload):
                continue
            outcome, answer = platform.send(put(payload))
            if outcome == OK:
                raise Fault(f"{payload[:200]!r} is taken for an input: {answer}")
            n += 1
    if options.platform in ("aws", "azure", "openwhisk"):
        for data in damaged(event, options.name):
            platform.send(data)
            platform.process.check_alive()
            n += 1
    return n


def fits(schema, payload):
    """Whether the schema allows it."""
    try:
        jsonschema.validate(json.loads(payload), schema)
        return True
    except (ValueError, RecursionError, jsonschema.ValidationError):
        return False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--platform", required=True, choices=[
        "aws", "gcp", "azure", "knative", "openwhisk", "fission", "openfaas"])
    parser.add_argument("--trigger", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--payload", help="a value that it takes")
    parser.add_argument("--input", help="JSON Schema of what it takes")
    parser.add_argument("--output", help="JSON Schema of what it gives")
    parser.add_argument("--emulator", default="", help="program that runs it")
    parser.add_argument("--folders", nargs="*", default=[], help="folders that it expects")
    parser.add_argument("--environment", nargs="*", default=[], help="NAME=VALUE")
    options = parser.parse_args()
    with open(options.sample, "rb") as file:
        event = file.read()
    kinds = {"aws": Lambda, "azure": Azure, "openwhisk": OpenWhisk, "fission": Fission,
             "openfaas": OpenFaas}
    try:
        platform = kinds.get(options.platform, Port)(options)
        outcome = check_sample(options, platform, event)
        n = check_hostile(options, platform, event)
        platform.close()
    except Fault as fault:
        sys.exit(f"{options.name} on {options.platform}: {fault}")
    print(f"{options.name} on {options.platform}: the sample was {outcome}, {n} hostile inputs")


main()
