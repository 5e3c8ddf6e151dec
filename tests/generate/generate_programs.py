#!/usr/bin/env python3
"""Whole programs from Debian's sources as functions, unmodified: jq's main as a batch function, and
the echo example of libfcgi behind its accept loop. Answers are those of the programs themselves."""
import os
import re
import shutil
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
    f.run("cmake", "--build", f"{work}/build")
    function = f.Function(f"{out}/build/functions/main/bootstrap")
    n = 0
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
            first = first if n > 1 else (arguments, text, expected)
    # One process served them all; the first run once more is as it was.
    kind, reply = function.invoke({"arguments": first[0], "stdin": first[1]})
    if {key: reply.get(key) for key in first[2]} != first[2]:
        sys.exit(f"jq: the first run again gave {kind} {reply}")
    if function.close() != 0:
        sys.exit("jq: the function did not end well")
    print(f"jq: {n} runs with the same output and exit code")


def http_event(number, body):
    return {"version": "2.0", "routeKey": "$default", "rawPath": f"/{number}",
            "rawQueryString": f"n={number}", "headers": {"content-type": "text/plain"},
            "requestContext": {"http": {"method": "POST", "path": f"/{number}",
                                        "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7"}},
            "body": body, "isBase64Encoded": False}


def check_echo(cleave, source, work):
    tree = f"{work}/source"
    os.makedirs(tree)
    shutil.copy(f"{source}/examples/echo.c", tree)
    write(f"{tree}/fcgi_config.h", "#define HAVE_UNISTD_H 1\n")
    write(f"{tree}/CMakeLists.txt", ECHO)
    out = f.generate_and_build(cleave, tree, work, [])
    function = f.Function(f"{out}/build/functions/main/bootstrap")
    for number in range(1, 101):
        text = f"line {number} " * (number % 7 + 1)
        kind, reply = function.invoke(http_event(number, text))
        body = reply.get("body", "")
        if kind != "response" or reply["statusCode"] != 200 or text not in body or \
                f"QUERY_STRING=n={number}\n" not in body or f"Request number {number}," not in body:
            sys.exit(f"echo, request {number}: gave {kind} {reply}")
    if function.close() != 0:
        sys.exit("echo: the function did not end well")
    print("libfcgi's echo: 100 requests answered by one accept loop")


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
