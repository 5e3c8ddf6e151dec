"""A small program with one function for every trigger, a handler of libmicrohttpd and a CGI program:
what the tests of platforms, descriptors and architectures are made of."""
import os

import functions as f

PROGRAM = """#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static int fetch(const char *token)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
  int peer = socket(AF_INET, SOCK_STREAM, 0);
  int failed = *token ? connect(peer, (struct sockaddr *)&address, sizeof address) : 0;
  close(peer);
  return failed;
}

int on_upload(void)
{
  const char *token = getenv("STORE_TOKEN");
  const char *place = getenv("STORE_PLACE");
  printf("upload to %s\\n", place ? place : "");
  return fetch(token ? token : "");
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


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def generate(cleave, platforms, has_microhttpd=False):
    """Analyses the program in the current folder and generates its functions into out/."""
    os.mkdir("source")
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
    f.run(cleave, "generate", "-o", "out", "--platform", ",".join(platforms))
