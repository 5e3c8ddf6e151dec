#!/usr/bin/env python3
"""Every trigger on every platform: functions of one small program (and a handler of libmicrohttpd,
and a CGI program) are generated for all platforms, built once, and tried by the project's own tests
with what each platform sends. The tests are tried, too: each must fail where it should. Then the
size report, and a fuzz target where clang is."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f

PROGRAM = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line { char sku[16]; int quantity; };
struct job { int id; struct line *lines; unsigned n_lines; };

static long n_seen;

int on_job(const struct job *job)
{
  if (job->id < 0)
    return -1;
  for (unsigned i = 0; i < job->n_lines; i++)
    n_seen += job->lines[i].quantity;
  printf("job %d\\n", job->id);
  return 0;
}

int on_reading(const char *text)
{
  return *text ? 0 : 1;
}

int on_upload(void)
{
  printf("upload\\n");
  return 0;
}

int sweep(void)
{
  n_seen = 0;
  return 0;
}

int price(const char *sku, int quantity)
{
  return (int)strlen(sku) * quantity;
}

int unused(int x);
int unused(int x)
{
  return x * 3;
}

int main(int argc, char **argv)
{
  struct job job = {1, NULL, 0};
  (void)argv;
  return on_job(&job) + on_reading("x") + on_upload() + sweep() + price("a", argc) + unused(argc);
}
"""
DAEMON = """#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

static enum MHD_Result answer(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
  char text[256];
  (void)data; (void)version; (void)upload; (void)upload_size; (void)state;
  snprintf(text, sizeof text, "%s %s", method, url);
  struct MHD_Response *response =
      MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
  enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return result;
}

int main(void)
{
  struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 8080, NULL, NULL,
                                               &answer, NULL, MHD_OPTION_END);
  getchar();
  MHD_stop_daemon(daemon);
  return 0;
}
"""
PAGE = """#include <stdio.h>
#include <stdlib.h>

int main(void)
{
  const char *method = getenv("REQUEST_METHOD");
  const char *query = getenv("QUERY_STRING");
  printf("Content-Type: text/plain\\r\\n\\r\\n%s?%s", method ? method : "", query ? query : "");
  return 0;
}
"""
BUILD = """cmake_minimum_required(VERSION 3.25)
project(work C)
add_executable(work main.c)
add_executable(page page.c)
"""
BOUNDARIES = """version: 1
functions:
  on_job: {trigger: queue, key: jobs}
  on_reading: {trigger: stream, key: readings}
  on_upload: {trigger: object, key: uploads}
  sweep: {trigger: schedule, key: "0 2 * * *"}
  price: {trigger: http, key: "POST /price"}
"""
PLATFORMS = ["aws", "gcp", "azure", "knative"]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def names_of(out):
    return [function["name"] for function in load(f"{out}/functions.json")["functions"]]


def ctest(out, *arguments, codes=(0,)):
    return f.run("ctest", "--test-dir", f"{out}/build", "--output-on-failure", *arguments,
                 codes=codes).stdout


def check_that_tests_fail(out, name):
    """A test that cannot fail says nothing."""
    folder = f"{out}/functions"
    sample = next(f"{folder}/{each}/samples/{name}.aws.json" for each in os.listdir(folder)
                  if os.path.exists(f"{folder}/{each}/samples/{name}.aws.json"))
    good = load(sample)
    write(sample, json.dumps({"sku": 5}))
    if "the sample is refused" not in ctest(out, "-R", f"^{name}/aws$", codes=(8,)):
        sys.exit("a sample that fits no contract passes")
    write(sample, json.dumps(good))
    write(f"{sample}.expected", json.dumps({"another": "answer"}))
    if "asks for another answer" not in ctest(out, "-R", f"^{name}/aws$", codes=(8,)):
        sys.exit("an expected answer is not compared")
    os.remove(f"{sample}.expected")


def check_sizes(out):
    said = f.run("cmake", "--build", f"{out}/build", "--target", "sizes").stdout
    if "unused" in said or "of the closure" not in said:
        sys.exit(f"the size report is wrong:\n{said}")


def check_fuzz(out, name):
    if not shutil.which("clang-19"):
        print("SKIP fuzz target: clang-19: not found")
        return
    build = f"{out}/fuzz"
    f.run("cmake", "-G", "Ninja", "-S", out, "-B", build, "-DCMAKE_C_COMPILER=clang-19",
          "-DCLEAVE_FUZZ_FUNCTIONS=ON")
    f.run("cmake", "--build", build, "--target", f"function_{name}")
    f.run(f"{build}/functions/{name}/fuzz", "-runs=2000", "-seed=1", "-max_len=300")
    print("fuzz target: 2000 runs")


def main():
    f.need("cmake", "ninja", "ctest")
    cleave = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.mkdir("source")
        has_microhttpd = os.path.exists("/usr/include/microhttpd.h")
        write("source/main.c", PROGRAM)
        write("source/daemon.c", DAEMON)
        write("source/page.c", PAGE)
        write("source/CMakeLists.txt", BUILD + (
            "add_executable(daemon daemon.c)\ntarget_link_libraries(daemon microhttpd)\n"
            if has_microhttpd else ""))
        write("boundaries.yaml", BOUNDARIES)
        f.run("cmake", "-G", "Ninja", "-S", "source", "-B", "build",
              "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
        f.run(cleave, "analyze", "build", "--root", "source")
        f.run(cleave, "split", "--boundaries", "boundaries.yaml")
        f.run(cleave, "generate", "-o", "out", "--platform", ",".join(PLATFORMS))
        functions = load("out/functions.json")["functions"]
        triggers = {function["trigger"] for function in functions}
        adapters = {function["adapter"] for function in functions}
        wanted = {"call", "consumer", "cgi"} | ({"microhttpd"} if has_microhttpd else set())
        if triggers < {"http", "queue", "stream", "object", "schedule"} or adapters < wanted:
            sys.exit(f"only {triggers} and {adapters} were generated: {functions}")
        f.run("cmake", "-G", "Ninja", "-S", "out", "-B", "out/build")
        built = f.run("cmake", "--build", "out/build")
        if "warning:" in built.stdout:
            sys.exit(f"warnings:\n{built.stdout[-3000:]}")
        listed = f.run("ctest", "--test-dir", "out/build", "-N").stdout
        missing = [f"{function['name']}/{platform}" for function in functions
                   for platform in PLATFORMS if f"{function['name']}/{platform}" not in listed]
        if missing:
            sys.exit(f"no tests for {missing}")
        said = ctest("out", "-V")
        for function in functions:
            for platform in PLATFORMS:
                if f"{function['name']} on {platform}: the sample was answered" not in said:
                    sys.exit(f"{function['name']} on {platform}: not answered\n{said[-4000:]}")
        name = next(function["name"] for function in functions if function["routine"] == "price")
        check_that_tests_fail("out", name)
        check_sizes("out")
        binary = next(function["binary"] for function in functions if function["name"] == name)
        check_fuzz("out", binary.split("/")[-2])
    print(f"{len(functions)} functions with triggers {sorted(triggers)} on {PLATFORMS}")


main()
