#!/usr/bin/env python3
"""libmicrohttpd's own examples from Debian's sources: their handlers answer behind the function's PORT
as the programs do behind libmicrohttpd's sockets. What a handler refuses by closing the connection
is a 500 there: a platform's connection cannot be closed."""
import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f
from ports import free_port
from serving import Server

PROGRAMS = ("authorization_example", "chunked_example", "fileserver_example", "minimal_example",
            "post_example", "querystring_example", "refuse_post_example")
CMAKE = """cmake_minimum_required(VERSION 3.20)
project(examples C)
include_directories({include})
foreach(name {names})
  add_executable(${{name}} ${{name}}.c)
  target_link_libraries(${{name}} microhttpd)
endforeach()
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REQUESTS = [
    ("GET", "/", None, {}), ("GET", "/x?q=1", None, {}), ("GET", "/?q=a%20b&q=2", None, {}),
    ("GET", "/?q", None, {}), ("GET", "/?q=", None, {}), ("GET", "/?q=%3Cb%3E&x=%25", None, {}),
    ("POST", "/", b"v1=hello&submit=1", FORM), ("POST", "/2", b"v2=hello", FORM),
    ("POST", "/", b"v1=" + b"x" * 40, FORM), ("HEAD", "/", None, {}), ("DELETE", "/", None, {}),
    ("OPTIONS", "/", None, {}), ("GET", "/2", None, {}), ("GET", "/S", None, {}), ("GET", "/F", None, {}),
    ("GET", "/nothing", None, {"Cookie": "a=b; c"}), ("GET", "/a%2Fb", None, {}),
    ("GET", "/minimal_example.c", None, {}), ("HEAD", "/minimal_example.c", None, {}),
    ("GET", "/secret", None, {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}),
    ("GET", "/secret", None, {"Authorization": "Basic !"}),
]
OF_THE_SERVER = {"date", "connection", "content-length", "transfer-encoding", "keep-alive"}


def ask(port, request):
    """(status, body, headers); status 500 when the connection was closed without an answer."""
    method, path, body, headers = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        # post_example sends what lies behind its text, too.
        text = re.sub(rb"[0-9A-F]{16,}", b"ID", answer.read().partition(b"\0")[0])
        if answer.status == 500 and (method == "HEAD" or b"closed the connection" in text):
            return 500, b"closed", []
        kept = [(name.lower(), re.sub(r"session=\w+", "session=ID", value))
                for name, value in answer.getheaders() if name.lower() not in OF_THE_SERVER]
        return answer.status, text, sorted(kept)
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return 500, b"closed", []
    finally:
        connection.close()


def compare(program, binary, function, folder):
    port = free_port()
    original = Server([binary, str(port)], port, folder=folder)
    port = free_port()
    moved = Server([function], port, {"PORT": str(port)}, folder)
    different = 0
    for request in REQUESTS + REQUESTS[::-1]:
        wanted, given = ask(original.port, request), ask(moved.port, request)
        if wanted != given:
            different += 1
            print(f"{program}: {request[:2]}\n  the program {wanted}\n  the function {given}")
    original.end()
    moved.end()
    return different


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    top = os.environ["CLEAVE_SOURCE_DIR"]
    fetched = subprocess.run([f"{top}/tests/lib/debian-source", "libmicrohttpd"], capture_output=True,
                             text=True)
    if fetched.returncode == 77 or not fetched.stdout.strip():
        f.skip("the source of libmicrohttpd cannot be fetched")
    source = fetched.stdout.strip().splitlines()[-1]
    with tempfile.TemporaryDirectory() as work:
        folder, include = f"{work}/examples", f"{work}/include"
        os.makedirs(folder)
        os.makedirs(include)
        for name in PROGRAMS:
            shutil.copy(f"{source}/src/examples/{name}.c", folder)
        # The examples take libmicrohttpd's build for theirs: the system's header, and no settings.
        with open(f"{include}/platform.h", "w", encoding="utf-8") as header:
            header.write("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <errno.h>\n"
                         "#include <stdint.h>\n#include <sys/types.h>\n#include <sys/stat.h>\n"
                         "#include <sys/socket.h>\n#include <fcntl.h>\n#include <unistd.h>\n")
        with open(f"{folder}/CMakeLists.txt", "w", encoding="utf-8") as page:
            page.write(CMAKE.format(include=include, names=" ".join(PROGRAMS)))
        out = f.generate_and_build(cleave, folder, work, [])
        f.run("cmake", "--build", f"{work}/build", "-j", "2")
        made = {}
        for name in os.listdir(f"{out}/functions"):
            with open(f"{out}/functions/{name}/function.yaml", encoding="utf-8") as page:
                made[re.search(r"^program: (\w+)", page.read(), re.M).group(1)] = name
        if sorted(made) != sorted(PROGRAMS):
            sys.exit(f"functions of {sorted(made)} alone")
        different = sum(compare(name, f"{work}/build/{name}",
                                f"{out}/build/functions/{made[name]}/bootstrap", folder)
                        for name in PROGRAMS)
    if different:
        sys.exit(f"{different} answers differ")
    print(f"{len(PROGRAMS)} programs, {2 * len(REQUESTS)} requests each: the same answers")


main()
