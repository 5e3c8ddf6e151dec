#!/usr/bin/env python3
"""Builds samples/shop, runs its own tests and its load, and checks the recording and expected.yaml."""
import collections
import fnmatch
import glob
import json
import os
import re
import subprocess
import sys

SOURCE = os.path.join(os.environ["CLEAVE_SOURCE_DIR"], "samples", "shop")
BUILD = os.path.join(os.environ["CLEAVE_BINARY_DIR"], "samples", "shop")
sys.path.insert(0, os.path.join(SOURCE, "tests"))
import running  # noqa: E402

problems = []


def check(condition, message):
    if not condition:
        problems.append(message)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build():
    sanitize = "ON" if os.environ.get("CLEAVE_SANITIZE") in ("ON", "1", "TRUE") else "OFF"
    run("cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_C_FLAGS=-Werror", f"-DSHOP_SANITIZE={sanitize}")
    run("cmake", "--build", BUILD)


def check_size():
    """Big enough to be worth taking apart, small enough to be read."""
    files = [path for folder in ("src", "server", "batch")
             for path in glob.glob(os.path.join(SOURCE, folder, "*.c"))]
    code = run("gcc", "-fpreprocessed", "-dD", "-E", "-P", *files)
    check(2000 <= len(code.splitlines()) <= 3000, f"{len(code.splitlines())} lines of C")


def check_compile_commands():
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        names = collections.Counter(os.path.relpath(entry["file"], SOURCE) for entry in json.load(file))
    check(names["server/main.c"] == 1 and names["batch/main.c"] == 1, "both programs are recorded")
    check(not any(name.startswith("tests/") for name in names), "tests are not part of the monolith")
    return names


def check_har(har):
    """HAR 1.2, by the fields that its specification requires."""
    log = har["log"]
    check(log["version"] == "1.2" and log["creator"]["name"] and log["creator"]["version"], "HAR head")
    for entry in log["entries"]:
        request, response = entry["request"], entry["response"]
        wanted = {"entry": (entry, ("startedDateTime", "time", "request", "response", "cache", "timings")),
                  "request": (request, ("method", "url", "httpVersion", "cookies", "headers",
                                        "queryString", "headersSize", "bodySize")),
                  "response": (response, ("status", "statusText", "httpVersion", "cookies", "headers",
                                          "content", "redirectURL", "headersSize", "bodySize")),
                  "timings": (entry["timings"], ("send", "wait", "receive"))}
        for what, (part, keys) in wanted.items():
            check(not [key for key in keys if key not in part], f"HAR {what}: {sorted(part)}")
        for pair in (*request["headers"], *request["queryString"], *request["cookies"],
                     *response["headers"], *request.get("postData", {}).get("params", [])):
            check(isinstance(pair["name"], str) and isinstance(pair["value"], str), f"HAR pair: {pair}")
        check({"size", "mimeType"} <= response["content"].keys(), "HAR content")
        check("error" in json.loads(response["content"]["text"]) if response["status"] >= 400 else True,
              f"an error says why: {response['content']}")


def areas(entries):
    return {re.sub(r"[/?](\d+|customer.*|[?].*)", "/:n", re.sub(r"\?.*", "", re.sub(r"^https?://[^/]+", "", e["request"]["url"])))
            for e in entries}


def record(folder, n, seed):
    path = os.path.join(folder, "load.har")
    with running.Shop(BUILD) as shop:
        run(sys.executable, os.path.join(SOURCE, "load.py"), shop.url, "-n", str(n), "--seed", str(seed),
            "--day", running.DAY, "-o", path)
        check(shop.stop() == 0, f"the server's exit code\n{shop.errors}")
        check(" error: " not in shop.errors and "ERROR: " not in shop.errors, shop.errors)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def answers(har):
    return [(e["request"]["method"], re.sub(r"^http://[^/]+", "", e["request"]["url"]),
             e["response"]["status"], e["response"]["content"].get("text"))
            for e in har["log"]["entries"]]


def check_load():
    har = record(BUILD, 300, 7)
    entries = har["log"]["entries"]
    check(len(entries) >= 300, f"{len(entries)} requests")
    check_har(har)
    statuses = collections.Counter(entry["response"]["status"] for entry in entries)
    check({200, 201, 202, 204, 400, 401, 404} <= statuses.keys() and max(statuses) < 500,
          f"statuses: {statuses}")
    wanted = {"/", "/products", "/products/:n", "/products/:n/stock", "/products/:n/thumbnail",
              "/products/:n/image", "/search", "/quote", "/users", "/login", "/logout", "/me", "/carts",
              "/carts/:n", "/carts/:n/items", "/cart", "/orders", "/orders/:n", "/api/orders",
              "/payments/providers", "/track/click", "/track/summary", "/admin/command"}
    check(wanted <= areas(entries), f"not asked for: {sorted(wanted - areas(entries))}")
    check(answers(har) == answers(record(BUILD, 300, 7)), "the same load is answered alike twice")
    check(answers(har) != answers(record(BUILD, 300, 8)), "another seed sends other requests")


def defined_routines():
    """(file, routine) of both programs, as the compiler sees them."""
    for path in glob.glob(os.path.join(BUILD, "CMakeFiles", "*.dir", "**", "*.o"), recursive=True):
        name = path.split(".dir/", 1)[1].removesuffix(".o")
        if name.startswith("tests/"):
            continue
        for line in run("nm", "--defined-only", path).splitlines():
            found = re.match(r"[0-9a-f]+ [tT] ([a-z]\w*)$", line)
            if found:
                yield name, found.group(1)


def check_expected():
    """Every routine has exactly one place in expected.yaml, and every name there exists."""
    with open(os.path.join(SOURCE, "expected.yaml"), encoding="utf-8") as file:
        text = re.sub(r"#.*", "", file.read())
    places = []
    service = None
    for found in re.finditer(r"^( *)(\w+):(?:\s*\[(.*?)\])?", text, re.M | re.S):
        indent, key, values = len(found[1]), found[2], re.split(r"[,\s]+", (found[3] or "").strip())
        if indent == 2:
            service = key
        if key in ("files", "routines"):
            places += [(service, key, value) for value in values]
        elif key in ("shared", "external"):
            places += [(key, "routines", value) for value in values]
    routines = sorted(set(defined_routines()))
    check(len(routines) > 200, f"{len(routines)} routines")
    used = set()
    for file, routine in routines:
        hits = [place for place in places
                if (place[1] == "files" and place[2] == file) or
                (place[1] == "routines" and fnmatch.fnmatchcase(routine, place[2]))]
        used.update(hits)
        check(len(hits) == 1, f"{file}: {routine} has {len(hits)} places: {hits}")
    variables = {("shared", "routines", "config"), ("shared", "routines", "stats"),
                 ("external", "routines", "g_db")}
    check(used | variables == set(places), f"matches nothing: {sorted(set(places) - used - variables)}")
    state = "\n".join(open(path, encoding="utf-8").read()
                      for path in glob.glob(os.path.join(SOURCE, "*", "*.c")))
    for name in re.findall(r'state: \[(.*?)\]', text, re.S):
        for value in re.split(r"[,\s]+", name.strip()):
            value = value.strip('"')
            wanted = (f"CREATE TABLE IF NOT EXISTS {value[6:]} (" if value.startswith("table:") else value)
            check(wanted in state, f"no such state: {value}")
    for function in re.findall(r"^  (\w+): \{trigger", text, re.M):
        check(function in {name for _, name in routines}, f"no such routine: {function}")


def main():
    build()
    if sys.argv[1:] == ["--postgres"]:
        return subprocess.run([sys.executable, os.path.join(SOURCE, "tests", "postgres_test.py"),
                               BUILD]).returncode
    check_size()
    check_compile_commands()
    run("ctest", "--test-dir", BUILD, "--output-on-failure", "--no-tests=error", "-E", "postgres")
    check_load()
    check_expected()
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
