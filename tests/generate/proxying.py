"""What the tests of proxies share: a program with proxies, and a server that stands in for clouds."""
import hashlib
import hmac
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse

SECRET = "AKIDSECRET/very+secret"


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


class Program:
    """The program with its standard input and output; its log lies in a file."""

    def __init__(self, binary, folder, settings=None, environment=None):
        self.path, self.log = f"{folder}/proxies.json", f"{folder}/proxy.log"
        for path in (self.path, self.log):
            if os.path.exists(path):
                os.remove(path)
        self.settings(settings or {"version": 1})
        self.process = subprocess.Popen(
            [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, CLEAVE_PROXIES=self.path, CLEAVE_PROXY_LOG=self.log,
                     **(environment or {})))

    def settings(self, value):
        with open(self.path + ".part", "w", encoding="utf-8") as out:
            out.write(value if isinstance(value, str) else json.dumps(value))
        os.rename(self.path + ".part", self.path)

    def ask(self, line):
        self.process.stdin.write(line.encode(errors="surrogateescape") + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode(errors="surrogateescape").rstrip("\n")

    def events(self, kind=None):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as text:
            events = [json.loads(line) for line in text]
        return [event for event in events if kind in (None, event["event"])]

    def close(self):
        self.process.stdin.close()
        said = self.process.stderr.read().decode()
        self.process.stdout.close()
        code = self.process.wait(30)
        if code != 0 or said:
            sys.exit(f"the program ended with {code} and said {said}")


def settings(url, mode, kind="host", routines=None, **default):
    target = {"kind": kind, "url": url}
    if kind == "lambda":
        target["region"] = "us-east-1"
    return {"version": 1, "default": dict({"mode": mode, "target": "there"}, **default),
            "targets": {"there": target}, "routines": routines or {}}


class Standin:
    """A server that answers what it is told, and remembers what it was asked."""

    def __init__(self):
        self.requests, self.connections, outer = [], 0, self
        self.answer = lambda handler, body: (200, b"{}", {})

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                outer.connections += 1

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests.append((self.path, dict(self.headers.items()), body))
                answer = outer.answer(self, body)
                if answer is None:
                    self.close_connection = True
                    return
                status, data, headers = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, peer: None  # peers that give up are wanted
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def forget(self):
        self.requests.clear()


def signature(path, headers, body, secret, service="lambda", method="POST"):
    """Signature Version 4, written down from AWS' description; no library of ours."""
    given = {name.lower(): value for name, value in headers.items()}
    authorization = given["authorization"]
    fields = dict(part.strip().split("=", 1)
                  for part in authorization.split(" ", 1)[1].split(","))
    names = fields["SignedHeaders"].split(";")
    plain, _, query = path.partition("?")
    canonical = "\n".join(
        [method, urllib.parse.quote(plain, safe="/-_.~"),
         "&".join(sorted(query.split("&"))) if query else ""]
        + [f"{name}:{' '.join(given[name].split())}" for name in names]
        + ["", ";".join(names), hashlib.sha256(body).hexdigest()])
    _, date, region, named, last = fields["Credential"].split("/")
    expect("scope", (region, named, last), ("us-east-1", service, "aws4_request"))
    text = "\n".join(["AWS4-HMAC-SHA256", given["x-amz-date"],
                      f"{date}/{region}/{service}/aws4_request",
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), fields["Signature"], names
