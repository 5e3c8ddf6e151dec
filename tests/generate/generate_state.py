#!/usr/bin/env python3
"""State that leaves the process: processes that count at the same time lose nothing, with SQLite and
with Redis; what does not fit is refused with its reason.

usage: generate_state.py CLEAVE
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import functions as f
from ports import free_port

N_PROCESSES, N_EACH = 8, 60

SOURCE = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mood { CALM, BUSY = 7 };
struct totals { long n; double sum; enum mood mood; char by[8]; unsigned char mark[3]; };

static long visits = 100;
static struct totals totals[2];
static char *greeting;
struct node { struct node *next; int value; };
static struct node *list;
static long logged;

long visit(int weight, const char *who);
long visit(int weight, const char *who)
{
  visits += weight;
  struct totals *mine = &totals[weight % 2];
  mine->n++;
  mine->sum += weight / 4.0;
  mine->mood = BUSY;
  snprintf(mine->by, sizeof mine->by, "%s", who);
  mine->mark[1] = 255;
  return visits;
}

long visits_so_far(void);
long visits_so_far(void)
{
  return visits;
}

double sum_of(int which);
double sum_of(int which)
{
  return totals[which % 2].sum;
}

int greet(const char *text);
int greet(const char *text)
{
  greeting = strdup(text);
  return (int)strlen(greeting);
}

int push(int value);
int push(int value)
{
  struct node *node = malloc(sizeof *node);
  if (!node)
    return -1;
  node->value = value;
  node->next = list;
  list = node;
  return 0;
}

int twice_of(int value);
int twice_of(int value)
{
  return value * 2;
}

int once_more(void);
int once_more(void)
{
  static int n;
  return ++n;
}

long log_and_count(const char *path);
long log_and_count(const char *path)
{
  FILE *file = fopen(path, "a");
  if (file) {
    fputs("once\\n", file);
    fclose(file);
  }
  return ++logged;
}

int main(void)
{
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    if (*line == 'v')
      printf("%ld\\n", visit(1, "me"));
    else if (*line == 's')
      printf("%ld %f\\n", visits_so_far(), sum_of(1));
    else if (*line == 't')
      printf("%d\\n", twice_of(21));
    else if (*line == 'g')
      printf("%d %d\\n", greet(line), push(1));
    else
      printf("%d %ld\\n", once_more(), log_and_count("/dev/null"));
  }
  return 0;
}
"""
STORED = ["visit", "visits_so_far", "sum_of"]
REFUSED = {"greet": "a pointer means nothing in another process",
           "push": "cannot be stored",
           "once_more": "static variable inside of a routine",
           "log_and_count": "an invocation that meets another one is repeated, and log_and_count"}


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}")


def store_state(out, name):
    path = f"{out}/functions/{name}/function.yaml"
    with open(path, encoding="utf-8") as text:
        page = text.read()
    if "state: process" not in page:
        sys.exit(f"{name}: no state is named in its function.yaml:\n{page}")
    with open(path, "w", encoding="utf-8") as text:
        # Nothing has to run before the first event: that is decided by hand.
        page = re.sub(r"^start:\n(  .*\n)+", "start: []\n", page, flags=re.M)
        text.write(page.replace("state: process", "state: store"))


def count(out, address, cwd):
    """Processes of their own, all at once; then the sum as a process sees it that starts anew."""
    binary = f"{out}/build/functions/visit/bootstrap"
    environment = {"CLEAVE_STATE": address}
    wrong = []

    def work(i):
        function = f.Function(binary, environment, cwd)
        for _ in range(N_EACH):
            kind, reply = function.invoke({"weight": 1, "who": f"w{i}"})
            if kind != "response":
                wrong.append(reply)
        function.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(N_PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect("failures", wrong, [])
    total = N_PROCESSES * N_EACH
    reader = f.Function(f"{out}/build/functions/visits_so_far/bootstrap", environment, cwd)
    expect("visits", reader.invoke({}), ("response", {"result": str(100 + total)}))
    reader.close()
    reader = f.Function(f"{out}/build/functions/sum_of/bootstrap", environment, cwd)
    expect("sum", reader.invoke({"which": 1}), ("response", {"result": total / 4}))
    expect("the other", reader.invoke({"which": 0}), ("response", {"result": 0.0}))
    reader.close()


def count_with_redis(out, work):
    if not shutil.which("redis-server"):
        print("SKIP with Redis: redis-server: not found")
        return
    port = free_port()
    server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1",
                               "--save", "", "--dir", work], stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                expect("redis-server", server.poll(), None)
        count(out, f"redis://127.0.0.1:{port}", work)
    finally:
        server.terminate()
        server.wait()
    # Nobody keeps the state: the invocation fails and says why.
    function = f.Function(f"{out}/build/functions/visit/bootstrap",
                          {"CLEAVE_STATE": f"redis://127.0.0.1:{port}"}, work)
    kind, reply = function.invoke({"weight": 1, "who": "x"})
    expect("without a store", (kind, reply["errorType"]), ("error", "Function.State"))
    function.close()


def check_remaining(generate, work):
    """The program that stays where it is links without the stores of what moved out."""
    out = f"{work}/remaining"
    generate = [*generate[:-3], "-o", out, "--proxies", "--function", "twice_of,visit"]
    f.run(*generate)
    store_state(out, "visit")
    f.run(*generate)
    f.run("cmake", "-G", "Ninja", "-S", out, "-B", f"{out}/build")
    f.run("cmake", "--build", f"{out}/build", "-j", "2")
    done = subprocess.run([f"{out}/build/remaining/m"], input="t\n", capture_output=True, text=True)
    expect("what remains", done.stdout, "42\n")


def main():
    f.need("cmake", "ninja")
    cleave = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        os.mkdir(f"{work}/source")
        with open(f"{work}/source/m.c", "w", encoding="utf-8") as out:
            out.write(SOURCE)
        with open(f"{work}/source/CMakeLists.txt", "w", encoding="utf-8") as out:
            out.write("cmake_minimum_required(VERSION 3.25)\nproject(m C)\nadd_executable(m m.c)\n")
        f.run("cmake", "-G", "Ninja", "-S", f"{work}/source", "-B", f"{work}/build",
              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", f"{work}/build", "--root", f"{work}/source", "--db",
              f"{work}/s.db")
        out = f"{work}/out"
        generate = [cleave, "generate", "--db", f"{work}/s.db", "-o", out, "--function"]
        f.run(*generate, ",".join(STORED + list(REFUSED)))
        for name in STORED + list(REFUSED):
            store_state(out, name)
        said = f.run(*generate, ",".join(STORED + list(REFUSED))).stdout
        for name, why in REFUSED.items():
            lines = [line for line in said.splitlines() if line.split()[:2] == ["refused", name]]
            if not lines or why not in lines[0] or "m.c:" not in lines[0]:
                sys.exit(f"{name}: wanted a refusal with '{why}', got:\n{said}")
        f.run("cmake", "-G", "Ninja", "-S", out, "-B", f"{out}/build",
              "-DCLEAVE_SANITIZE_FUNCTIONS=ON")
        built = f.run("cmake", "--build", f"{out}/build", "-j", "2")
        if "warning:" in built.stdout:
            sys.exit(f"the generated project has warnings:\n{built.stdout[-4000:]}")
        count(out, f"sqlite:{work}/state.db", work)
        count_with_redis(out, work)
        function = f.Function(f"{out}/build/functions/visit/bootstrap",
                              {"CLEAVE_STATE": f"sqlite:{work}/no/such/folder.db"}, work)
        kind, reply = function.invoke({"weight": 1, "who": "x"})
        expect("a store that cannot be opened", (kind, reply["errorType"]),
               ("error", "Function.State"))
        function.close()
        check_remaining(generate, work)
        path = f"{out}/functions/visit/function.yaml"
        with open(path, encoding="utf-8") as text:
            page = text.read()
        with open(path, "w", encoding="utf-8") as text:
            text.write(page.replace("state: store", "state: elsewhere"))
        wrong = subprocess.run([*generate, "visit"], capture_output=True, text=True)
        if wrong.returncode == 0 or "'state' is process or store" not in wrong.stderr:
            sys.exit(f"a wrong word is not refused: {wrong.stderr}")


main()
