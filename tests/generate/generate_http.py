#!/usr/bin/env python3
"""Servers with requests and responses of their own: each handler answers behind the function's PORT,
under AddressSanitizer, as the program itself does behind its socket."""
import http.client
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "host"))
import functions as f
import hosting
from ports import free_port
from serving import Server

OF_THE_SERVER = {"date", "connection", "content-length", "transfer-encoding", "keep-alive",
                 "server"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Function -> requests, in this order.
DESK = {
    "post-echo": [("POST", "/echo?x=1&y=2", b"text", {"X-Token": "t"}),
                  ("POST", "/echo", b"", {}), ("POST", "/echo", b"a\0b\xff", {}),
                  ("POST", "/echo", b"z" * 100000, {})],
    "get-greet-name": [("GET", "/greet/ann", None, {})],
    "get-books-book-pages-page": [("GET", "/books/7/pages/12", None, {})],
    "get-fail": [("GET", "/fail", None, {})],
    "post-sum": [("POST", "/sum", b"a=40&b=2", FORM), ("POST", "/sum", b"a=4", FORM)],
    "post-keep": [("POST", "/keep", b"one", {}), ("POST", "/keep", b"two", {}),
                  ("POST", "/keep", b"three", {})],
    "post-twice": [("POST", "/twice", b"ab", {}), ("POST", "/twice", b"x" * 5000, {})],
}
TILL = {"post-count": [("POST", "/count?a=b", b"12345", {}), ("POST", "/count", b"", {})]}
SLIP = {
    "post-lines": [("POST", "/lines", b"x" * 511, {}), ("POST", "/lines", b"", {})],
    "post-rolls": [("POST", "/rolls", b"x" * 511, {}), ("POST", "/rolls", b"ab\0cd", {}),
                   ("POST", "/rolls", b"", {})],
}
BELL = {"post-bells-name": [("POST", "/bells/anna", b"ab\0c", {}), ("POST", "/bells/b", b"", {}),
                            ("POST", "/bells/c", b"y" * 40000, {})]}
# Parts of a mapping that are not found: said by generate and in function.yaml, until they are there.
GAPS = ["the body of the answer is not found in struct gap_response",
        "the content type of the answer is not found in struct gap_response",
        "what the result of gap_open means is not found", "nothing takes over the request's body",
        "nothing takes over :id of the route"]
FILLED = """http:
  request: {type: struct gap_request, body: CLEAVE_USE(body), parameter: CLEAVE_USE(value)}
  response: {type: struct gap_response, status: response->status, content_type: '"text/plain"',
             data: response->body.head, length: response->body.a}
  call: {run: "gap_open(request, response)", fails: "0"}
"""
# What the fixed buffers cannot hold: the program cannot be asked.
REFUSED = {
    "post-lines": [(("POST", "/lines", b"x" * 512, {}), 413),
                   (("POST", "/lines", b"x" * 3000, {}), 413),
                   (("POST", "/lines", b"ab\0cd", {}), 400)],
    "post-rolls": [(("POST", "/rolls", b"x" * 3000, {}), 413)],
}


def ask(port, request):
    """(status, body, headers)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(*request)
        answer = connection.getresponse()
        headers = sorted((name.lower(), value) for name, value in answer.getheaders()
                         if name.lower() not in OF_THE_SERVER)
        return answer.status, answer.read(), headers
    except (http.client.HTTPException, OSError) as lost:
        return 0, repr(lost).encode(), []
    finally:
        connection.close()


def compare(program, build, out, wanted):
    different = 0
    for name, requests in wanted.items():
        port = free_port()
        original = Server([f"{build}/{program}", str(port)], port)
        port = free_port()
        moved = Server([f"{out}/build/functions/{name}/bootstrap"], port, {"PORT": str(port)})
        for request in requests:
            answers = ask(original.port, request), ask(moved.port, request)
            if answers[0] != answers[1]:
                different += 1
                print(f"{name}: {str(request)[:200]}\n  the program {str(answers[0])[:300]}\n"
                      f"  the function {str(answers[1])[:300]}")
        for request, status in REFUSED.get(name, []):
            answer = ask(moved.port, request)
            if answer[0] != status:
                different += 1
                print(f"{name}: {str(request)[:100]}: not {status} but {str(answer)[:300]}")
        original.end()
        code, said = moved.end()
        if code != 0 or "Sanitizer" in said:
            different += 1
            print(f"{name}: ended with {code}\n{said[-3000:]}")
    return different


def check_gaps(cleave, work):
    def generate():
        done = f.run(cleave, "generate", "--db", f"{work}/cleave.db", "--platform", "aws", "-o",
                     f"{work}/gaps", "--function=post-gaps-id", "--function=post-sum")
        return {line.split()[1]: line for line in done.stdout.splitlines() if " http" in line}

    lines, path = generate(), f"{work}/gaps/functions/post-gaps-id/function.yaml"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if "http:" in lines["post-sum"] or GAPS[0] not in lines["post-gaps-id"] or (
            "4 more" not in lines["post-gaps-id"]):
        sys.exit(f"generate does not say what is missing: {lines}")
    for gap in GAPS:
        if f"http: {gap}" not in text:
            sys.exit(f"function.yaml does not say that {gap}:\n{text}")
    text = re.sub(r"^http:\n(?:[ ].*\n)+", FILLED, text, flags=re.M)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    lines = generate()
    if "http:" in lines["post-gaps-id"]:
        sys.exit(f"what people have filled in is still missing: {lines}")


def check_proxies(cleave, work, build):
    """The program with its handlers moved out answers as it did, headers and content types too."""
    moved, out = ["post-sum", "post-echo", "get-greet-name", "get-fail"], f"{work}/proxied"
    f.run(cleave, "generate", "--db", f"{work}/cleave.db", "--platform", "aws", "-o", out, "--proxies",
          *(f"--function={name}" for name in moved))
    f.run("cmake", "-G", "Ninja", "-S", out, "-B", f"{out}/build")
    f.run("cmake", "--build", f"{out}/build", "-j", "2")
    with open(f"{out}/functions.json", encoding="utf-8") as file:
        entries = [dict(entry, binary=os.path.join(out, entry["binary"]))
                   for entry in json.load(file)["functions"] if entry["name"] in moved]
    host = hosting.Host(cleave, None, functions=entries)
    with open(f"{work}/proxies.json", "w", encoding="utf-8") as file:
        json.dump({"version": 1, "default": {"mode": "remote", "target": "here"}, "targets": {
            "here": {"kind": "host", "url": f"http://127.0.0.1:{host.api}"}}}, file)
    port = free_port()
    original = Server([f"{build}/desk", str(port)], port)
    port = free_port()
    remaining = Server([f"{out}/build/remaining/desk", str(port)], port,
                       {"CLEAVE_PROXIES": f"{work}/proxies.json"})
    different = n = 0
    for name in moved:
        for request in DESK[name]:
            answers = ask(original.port, request), ask(remaining.port, request)
            n += 1
            if answers[0] != answers[1]:
                different += 1
                print(f"{name} by a proxy: {str(request)[:200]}\n  {str(answers[0])[:300]}\n"
                      f"  {str(answers[1])[:300]}")
    original.end()
    remaining.end()
    if len(host.events("invocation")) != n:
        sys.exit(f"{len(host.events('invocation'))} of {n} requests went through a proxy")
    host.stop()
    return different


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "http")
    with tempfile.TemporaryDirectory() as work:
        out = f.generate_and_build(cleave, source, work, [*DESK, *TILL, *SLIP, *BELL],
                                   build_settings=["-DCLEAVE_SANITIZE_FUNCTIONS=ON"])
        f.run("cmake", "--build", f"{work}/build")
        programs = {"desk": DESK, "till": TILL, "slip": SLIP, "bell": BELL}
        different = sum(compare(program, f"{work}/build", out, wanted)
                        for program, wanted in programs.items())
        check_gaps(cleave, work)
        different += check_proxies(cleave, work, f"{work}/build")
    if different:
        sys.exit(f"{different} answers differ")
    n = sum(len(requests) for wanted in programs.values() for requests in wanted.values())
    print(f"{n} requests: the same answers; {sum(map(len, REFUSED.values()))} refused")


main()
