"""What the runtime's tests share: a process of the runtime, an HTTP client that can misbehave, and a
Lambda Runtime API that follows the specification to the letter, refusals included."""
import json
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from ports import free_port  # noqa: E402, F401 (for the tests, too)

MOST_RESPONSE = 6 * 1024 * 1024 + 100


def program(name):
    return os.path.join(os.environ["CLEAVE_BINARY_DIR"], "tests", "runtime", name)


class Process:
    """A running program; its standard output is kept, line by line."""

    def __init__(self, name, environment):
        kept = {key: value for key, value in os.environ.items()
                if key in ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        kept.update(environment)
        self.child = subprocess.Popen([program(name)], env=kept, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = []
        self.problems = []
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True)
                        for pair in ((self.child.stdout, self.lines),
                                     (self.child.stderr, self.problems))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def wait(self, seconds=20):
        """The exit status, with all output read."""
        status = self.child.wait(seconds)
        for reader in self.readers:
            reader.join(5)
        self.child.stdout.close()
        self.child.stderr.close()
        return status

    def stop(self):
        """Ends it with SIGTERM; a sanitizer's complaint fails the test."""
        if self.child.poll() is None:
            self.child.terminate()
        status = self.wait()
        complaints = [line for line in self.problems if "ERROR:" in line or "runtime error" in line]
        if complaints:
            raise AssertionError("\n".join(self.problems[:60]))
        return status

    def logs(self):
        """The JSON lines of the output, parsed."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def find(self, text, seconds=5):
        """The first line that holds text, awaited."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.lines:
                if text in line:
                    return line
            time.sleep(0.01)
        raise AssertionError(f"no line with {text!r} in {self.lines}")


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # list of (lower-case name, value)
        self.body = body

    def header(self, name):
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def json(self):
        return json.loads(self.body)


def read_message(stream, has_body=True):
    """(first line, headers, body, trailers) of one HTTP message, or None at end of file."""
    first = stream.readline()
    if not first:
        return None
    headers = read_fields(stream)
    values = dict(headers)
    body, trailers = b"", []
    if values.get("transfer-encoding") == "chunked":
        while True:
            size = int(stream.readline().split(b";")[0], 16)
            if size == 0:
                trailers = read_fields(stream)
                break
            body += stream.read(size)
            stream.readline()
    elif has_body and "content-length" in values:
        body = stream.read(int(values["content-length"]))
        if len(body) < int(values["content-length"]):
            return first, headers, None, []
    elif has_body and first.startswith(b"HTTP/"):
        if first.split()[1] not in (b"204", b"304"):
            body = stream.read()
    return first.decode("latin-1").rstrip("\r\n"), headers, body, trailers


def read_fields(stream):
    fields = []
    while True:
        line = stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return fields
        name, _, value = line.partition(":")
        fields.append((name.strip().lower(), value.strip()))


class Connection:
    """A client connection that sends exactly the bytes it is told."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.stream = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, has_body=True):
        message = read_message(self.stream, has_body)
        if message is None:
            return None
        first, headers, body, _ = message
        return Response(int(first.split()[1]), headers, body)

    def close(self):
        self.stream.close()
        self.socket.close()


def reset(peer):
    """Closes a connection the hard way: the other side gets ECONNRESET."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.shutdown(socket.SHUT_RD)
    peer.close()


class SlowStream:
    """Reads a connection in small pieces, with pauses."""

    def __init__(self, stream, pause):
        self.stream, self.pause = stream, pause

    def readline(self):
        return self.stream.readline()

    def read(self, n):
        data = b""
        while len(data) < n:
            piece = self.stream.read(min(65536, n - len(data)))
            if not piece:
                break
            data += piece
            time.sleep(self.pause)
        return data

    def close(self):
        self.stream.close()


def request_bytes(method, target, body=b"", headers=()):
    lines = [f"{method} {target} HTTP/1.1", "Host: h.example"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Server:
    """The runtime behind a port (PORT mode, or Azure's with another variable)."""

    def __init__(self, name="runtime_echo", variable="PORT", **environment):
        self.port = free_port()
        self.process = Process(name, {variable: str(self.port), **environment})
        end = time.monotonic() + 15
        while True:
            try:
                Connection(self.port).close()
                break
            except OSError:
                if time.monotonic() > end or self.process.child.poll() is not None:
                    raise AssertionError(f"no server: {self.process.lines}")
                time.sleep(0.01)

    def request(self, method, target, body=b"", headers=()):
        connection = Connection(self.port)
        connection.send(request_bytes(method, target, body, headers))
        response = connection.receive(method != "HEAD")
        connection.close()
        return response

    def post(self, target, value, headers=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.request("POST", target, body, headers)

    def stop(self):
        return self.process.stop()


class Outcome:
    """What the runtime posted for an event."""

    def __init__(self, kind, body, headers, trailers):
        self.kind = kind  # response, error, init-error, timeout of the wait
        self.body = body
        self.headers = dict(headers)
        self.trailers = dict(trailers)

    def json(self):
        return json.loads(self.body)


class RuntimeApi:
    """The Lambda Runtime API on a loopback port.

    split: bytes per packet of what is sent; chunked: event bodies come in chunks; drop: the
    connection is closed without notice after each answer; prefix: path in front of the API's own.
    """

    def __init__(self, split=0, chunked=False, drop=False, prefix="", answers=None):
        self.split, self.chunked, self.drop, self.prefix = split, chunked, drop, prefix
        self.slow_reading = 0  # seconds between the pieces that are read of a reply
        self.answers = answers or {}  # call -> (status, body) given instead of the real ones
        self.events = queue.Queue()
        self.outcomes = queue.Queue()
        self.calls = []
        self.state = "init"  # init, idle (waits in next), open (event out), replied
        self.current = None
        self.n_connections = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.is_closed = False
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def endpoint(self):
        return f"127.0.0.1:{self.listener.getsockname()[1]}{self.prefix}"

    def close(self):
        self.is_closed = True
        self.events.put(None)
        self.listener.close()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.n_connections += 1
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = peer.makefile("rb")
        if self.slow_reading:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            stream = SlowStream(stream, self.slow_reading)
        try:
            while not self.is_closed:
                message = read_message(stream)
                if message is None:
                    break
                if not self.handle(peer, message) or self.drop:
                    break
        except OSError:
            pass
        stream.close()
        peer.close()

    def handle(self, peer, message):
        first, headers, body, trailers = message
        if isinstance(first, bytes):
            first = first.decode("latin-1")
        method, path, _ = first.split(" ", 2)
        base = self.prefix + "/2018-06-01/runtime/"
        self.calls.append((method, path, headers, body))
        if not path.startswith(base):
            return self.answer(peer, 404, b"")
        call = path[len(base):]
        if (method, call) == ("GET", "invocation/next"):
            return self.next(peer)
        if body is None:
            return self.refuse(peer, 400, "TruncatedHTTPRequest")
        if (method, call) == ("POST", "init/error"):
            return self.init_error(peer, headers, body)
        parts = call.split("/")
        if method != "POST" or len(parts) != 3 or parts[0] != "invocation":
            return self.answer(peer, 404, b"")
        return self.reply(peer, parts[1], parts[2], headers, body, trailers)

    def next(self, peer):
        if "next" in self.answers:
            status, body = self.answers["next"]
            return self.answer(peer, status, body)
        with self.lock:
            if self.state != "open":
                self.state = "idle"
                self.current = None
        if self.current is None:
            self.current = self.events.get()
            if self.current is None:
                return False
            with self.lock:
                self.state = "open"
        fields, body = self.current["headers"], self.current["body"]
        return self.answer(peer, 200, body, fields, self.chunked)

    def init_error(self, peer, headers, body):
        if self.state != "init":
            return self.refuse(peer, 403, "InvalidStateTransition")
        self.state = "failed"
        self.outcomes.put(Outcome("init-error", body, headers, []))
        return self.accepted(peer)

    def reply(self, peer, identity, kind, headers, body, trailers):
        if kind in self.answers:
            status, text = self.answers[kind]
            self.answer(peer, status, text)
            self.outcomes.put(Outcome("refused-" + kind, body, headers, trailers))
            return True
        if not self.current or identity != self.current["id"]:
            return self.refuse(peer, 400, "InvalidRequestID")
        if self.state != "open":
            return self.refuse(peer, 403, "InvalidStateTransition")
        mode = dict(headers).get("lambda-runtime-function-response-mode")
        if kind == "response" and mode not in (None, "streaming"):
            return self.refuse(peer, 400, "InvalidFunctionResponseMode")
        self.state = "replied"
        if kind == "response" and len(body) > MOST_RESPONSE:
            self.outcomes.put(Outcome("too-large", b"", headers, trailers))
            return self.refuse(peer, 413, "RequestEntityTooLarge")
        self.outcomes.put(Outcome(kind, body, headers, trailers))
        return self.accepted(peer)

    def accepted(self, peer):
        return self.answer(peer, 202, b'{"status":"OK"}')

    def refuse(self, peer, status, kind):
        text = json.dumps({"errorMessage": kind, "errorType": kind}).encode()
        return self.answer(peer, status, text)

    def answer(self, peer, status, body, headers=(), chunked=False):
        head = f"HTTP/1.1 {status} Status\r\n"
        for name, value in headers:
            head += f"{name}: {value}\r\n"
        if chunked:
            head += "Transfer-Encoding: chunked\r\n\r\n"
            data = head.encode("latin-1")
            for start in range(0, len(body), 7):
                piece = body[start:start + 7]
                data += b"%x\r\n%s\r\n" % (len(piece), piece)
            data += b"0\r\n\r\n"
        else:
            data = (head + f"Content-Length: {len(body)}\r\n\r\n").encode("latin-1") + body
        step = self.split or len(data)
        for start in range(0, len(data), step):
            peer.sendall(data[start:start + step])
            if self.split:
                time.sleep(0.0005)
        return True

    def send(self, value, identity=None, deadline_ms=10000, headers=()):
        """Puts an event into the queue."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        identity = identity or f"id-{len(self.calls)}-{time.monotonic_ns()}"
        fields = [("Lambda-Runtime-Aws-Request-Id", identity),
                  ("Content-Type", "application/json"), *headers]
        if deadline_ms is not None:
            fields.append(("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + deadline_ms)))
        self.events.put({"id": identity, "headers": fields, "body": body})
        return identity

    def invoke(self, value, seconds=20, **more):
        self.send(value, **more)
        return self.outcome(seconds)

    def outcome(self, seconds=20):
        return self.outcomes.get(timeout=seconds)


class Function:
    """The runtime under a Lambda Runtime API."""

    def __init__(self, function, name="runtime_echo", api=None, **environment):
        self.api = api or RuntimeApi()
        self.process = Process(name, {"AWS_LAMBDA_RUNTIME_API": self.api.endpoint,
                                      **({"_HANDLER": function} if function else {}),
                                      **environment})

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.process.stop()
        finally:
            self.api.close()

    def invoke(self, value, **more):
        return self.api.invoke(value, **more)


def http_v2(method="POST", path="/price/a1", query="", body=None, base64=False, headers=None,
            cookies=None, stage="$default"):
    """An HTTP API event as AWS documents it."""
    event = {"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
             "headers": headers or {"content-type": "text/plain", "host": "h.example"},
             "requestContext": {"accountId": "111122223333", "apiId": "x1", "stage": stage,
                                "http": {"method": method, "path": path, "protocol": "HTTP/1.1",
                                         "sourceIp": "192.0.2.7", "userAgent": "t/1"},
                                "requestId": "r1", "timeEpoch": 1795418400000},
             "isBase64Encoded": base64}
    if body is not None:
        event["body"] = body
    if cookies:
        event["cookies"] = cookies
    return event


def sqs(*bodies, fifo=False):
    arn = "arn:aws:sqs:us-east-1:111122223333:jobs" + (".fifo" if fifo else "")
    attributes = {"ApproximateReceiveCount": "2", "SentTimestamp": "1795418400000"}
    if fifo:
        attributes.update({"MessageGroupId": "g", "SequenceNumber": "1"})
    return {"Records": [{"messageId": f"m-{i}", "receiptHandle": "rh", "body": body,
                         "attributes": attributes,
                         "messageAttributes": {"k": {"stringValue": "v", "dataType": "String"}},
                         "eventSource": "aws:sqs", "eventSourceARN": arn, "awsRegion": "us-east-1"}
                        for i, body in enumerate(bodies)]}


def failures(outcome):
    return [failure["itemIdentifier"] for failure in outcome.json()["batchItemFailures"]]


if __name__ == "__main__":
    sys.exit("a module")
