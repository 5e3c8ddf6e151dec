#!/usr/bin/env python3
"""Whole programs from Debian's sources as functions, unmodified: jq's main as a batch function, and
the echo example of libfcgi behind its accept loop. Answers are those of the programs themselves."""
import base64
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

JQ = """cmake_minimum_required(VERSION 3.25)
project(jq C)
file(GLOB sources src/*.c)
list(FILTER sources EXCLUDE REGEX "inject_errors")
add_executable(jq ${sources})
target_include_directories(jq PRIVATE src generated)
target_compile_options(jq PRIVATE -w)
target_compile_definitions(jq PRIVATE _GNU_SOURCE IEEE_8087=1 HAVE_TIMEGM=1 HAVE_GMTIME_R=1
  HAVE_STRPTIME=1 HAVE_STRFTIME=1 HAVE_MKTIME=1 HAVE_GETTIMEOFDAY=1 HAVE_ISATTY=1 HAVE_MEMMEM=1
  HAVE_TM_TM_GMT_OFF=1 HAVE_MKSTEMP=1)
target_link_libraries(jq m pthread)
"""

ECHO = """cmake_minimum_required(VERSION 3.25)
project(echo C)
add_executable(echo echo.c)
target_link_libraries(echo fcgi)
"""

FILTERS = [".", ".a", ".a|length", "map(.)", "keys", ".[]", ".a[0]", "error(\"x\")", "{b:.a}",
           "@base64", "@csv", "tojson", ".a|add", "..", "to_entries", "paths", "(", ".a|sort",
           "input", "limit(1;.[])"]
INPUTS = ["{\"a\":[3,1,2]}", "[1,2]", "\"x\"", "{}", "nope", "1 2 3"]


def fetch(top, name, *versions):
    done = subprocess.run([f"{top}/tests/lib/debian-source", name, *versions], capture_output=True,
                          text=True)
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 else None


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def check_jq(cleave, source, work):
    tree = f"{work}/source"
    shutil.copytree(f"{source}/src", f"{tree}/src")
    write(f"{tree}/CMakeLists.txt", JQ)
    # What jq's own build makes from its sources: the version, and builtin.jq as a C string.
    with open(f"{tree}/src/builtin.jq", encoding="utf-8") as file:
        lines = [re.sub(r'(["\\])', r"\\\1", line.rstrip("\n")) for line in file]
    for folder in ("generated", "generated/src"):
        write(f"{tree}/{folder}/version.h", "#define JQ_VERSION \"1.6\"\n")
        write(f"{tree}/{folder}/builtin.inc", "".join(f"\"{line}\\n\"\n" for line in lines))
    out = f.generate_and_build(cleave, tree, work, ["main"])
    with open(f"{out}/functions/main/function.yaml", encoding="utf-8") as file:
        if not re.search("^adapter: main$", file.read(), re.M):
            sys.exit("jq's main is not run by arguments, one process per event")
    f.run("cmake", "--build", f"{work}/build")
    function = f.Function(f"{out}/build/functions/main/bootstrap")
    n, failures = 0, 0
    for program in FILTERS:
        for text in INPUTS:
            arguments = ["-c", program]
            wanted = subprocess.run([f"{work}/build/jq", *arguments], input=text.encode(),
                                    capture_output=True)
            kind, reply = function.invoke({"arguments": arguments, "stdin": text})
            expected = {"exit_code": wanted.returncode, "stdout": wanted.stdout.decode(),
                        "stderr": wanted.stderr.decode()}
            if kind != "response" or {key: reply.get(key) for key in expected} != expected:
                sys.exit(f"jq {arguments} < {text!r}\n gives {expected}\n gave {kind} {reply}")
            n += 1
            failures += wanted.returncode != 0
            first = first if n > 1 else (arguments, text, expected)
    # One process served them all; the first run once more is as it was.
    kind, reply = function.invoke({"arguments": first[0], "stdin": first[1]})
    if {key: reply.get(key) for key in first[2]} != first[2]:
        sys.exit(f"jq: the first run again gave {kind} {reply}")
    if function.close() != 0:
        sys.exit("jq: the function did not end well")
    if failures < 20:
        sys.exit(f"only {failures} runs were errors")
    print(f"jq: {n} runs, {failures} of them errors, with the same output and exit code")


def http_event(number, body):
    data = body if isinstance(body, bytes) else body.encode()
    return {"version": "2.0", "routeKey": "$default", "rawPath": f"/{number}",
            "rawQueryString": f"n={number}", "headers": {"content-type": "text/plain"},
            "requestContext": {"http": {"method": "GET" if number % 5 == 0 else "POST",
                                        "path": f"/{number}", "protocol": "HTTP/1.1",
                                        "sourceIp": "192.0.2.7"}},
            "body": base64.b64encode(data).decode(), "isBase64Encoded": True}


class FastCgiServer:
    """The program itself behind a socket, as a web server would have it (FastCGI 1.0, 3 to 5)."""

    def __init__(self, program, folder):
        self.path = f"{folder}/socket"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.child = subprocess.Popen([program], stdin=self.listener)

    @staticmethod
    def record(kind, content):
        return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    def ask(self, params, body):
        def pair(name, value):
            return b"".join(struct.pack(">I", len(one) | 1 << 31) for one in (name, value)
                            ) + name + value
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(60)
        peer.connect(self.path)
        message = self.record(1, struct.pack(">HBxxxxx", 1, 0))
        message += self.record(4, b"".join(pair(*one) for one in params)) + self.record(4, b"")
        for start in range(0, len(body), 60000):
            message += self.record(5, body[start:start + 60000])
        peer.sendall(message + self.record(5, b""))
        stream, output = peer.makefile("rb"), b""
        while True:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", stream.read(8))
            content = stream.read(length)
            stream.read(padding)
            if kind == 3:
                break
            output += content if kind == 6 else b""
        peer.close()
        return output.split(b"\r\n\r\n", 1)[1]

    def close(self):
        self.child.kill()
        self.child.wait()
        self.listener.close()


def page_of(body):
    """An answer of echo without what belongs to the process, and the environment of the request."""
    given = re.search(rb"Request environment:<br>\n<pre>\n(.*?)</pre>", body, re.S).group(1)
    page = re.sub(rb"Process ID: \d+", b"", body.split(b"Initial environment:")[0])
    params = [tuple(line.split(b"=", 1)) for line in given.splitlines()]
    return page, [one for one in params if one[0] != b"FCGI_ROLE"]  # libfcgi puts that in itself


def check_request(number, data, params):
    """What a gateway must say of a request (RFC 3875, 4.1)."""
    told = dict(params)
    wanted = {b"REQUEST_METHOD": b"GET" if number % 5 == 0 else b"POST",
              b"QUERY_STRING": b"n=%d" % number, b"REMOTE_ADDR": b"192.0.2.7",
              b"CONTENT_TYPE": b"text/plain", b"SERVER_PROTOCOL": b"HTTP/1.1"}
    if data:
        wanted[b"CONTENT_LENGTH"] = b"%d" % len(data)
    wrong = {name: told.get(name) for name, value in wanted.items() if told.get(name) != value}
    if wrong or not told.get(b"GATEWAY_INTERFACE", b"").startswith(b"CGI/1"):
        sys.exit(f"request {number}: {wrong}, {told}")


def check_echo(cleave, source, work):
    tree = f"{work}/source"
    os.makedirs(tree)
    shutil.copy(f"{source}/examples/echo.c", tree)
    write(f"{tree}/fcgi_config.h", "#define HAVE_UNISTD_H 1\n")
    write(f"{tree}/CMakeLists.txt", ECHO)
    out = f.generate_and_build(cleave, tree, work, [])
    f.run("cmake", "--build", f"{work}/build")
    server = FastCgiServer(f"{work}/build/echo", work)
    function = f.Function(f"{out}/build/functions/main/bootstrap")
    for number in range(1, 121):
        text = "" if number % 10 == 0 else f"line {number} é " * (number % 7 + 1)
        data = bytes(range(32, 127)) * 900 if number % 17 == 0 else text.encode()
        kind, reply = function.invoke(http_event(number, data))
        body = reply.get("body", "").encode()
        if kind != "response" or reply["statusCode"] != 200:
            sys.exit(f"echo, request {number}: gave {kind} {reply}")
        page, params = page_of(body)
        check_request(number, data, params)
        wanted, _ = page_of(server.ask(params, data))
        if page != wanted or b"Request number %d," % number not in page:
            sys.exit(f"echo, request {number}:\n the program gives {wanted}\n gave {page}")
    server.close()
    if function.close() != 0:
        sys.exit("echo: the function did not end well")
    print("libfcgi's echo: 120 requests answered by one accept loop as by the program itself")


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    top = os.environ["CLEAVE_SOURCE_DIR"]
    jq = fetch(top, "jq", "1.6-2.1+deb12u2", "1.6-2.1+deb12u1", "1.6-2.1")
    fcgi = fetch(top, "libfcgi")
    if not jq and not fcgi:
        f.skip("the sources of jq and libfcgi cannot be fetched")
    if jq:
        with tempfile.TemporaryDirectory() as work:
            check_jq(cleave, jq, work)
    else:
        print("SKIP jq: its source cannot be fetched")
    if fcgi and os.path.exists("/usr/include/fcgi_stdio.h"):
        with tempfile.TemporaryDirectory() as work:
            check_echo(cleave, fcgi, work)
    else:
        print("SKIP libfcgi: its source or headers (libfcgi-dev) are not here")


main()
