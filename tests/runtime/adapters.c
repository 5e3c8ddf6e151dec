/* Programs that know nothing of events, each behind its adapter: a batch program, a CGI program, a
 * FastCGI program, a libmicrohttpd handler. */
#include "cleave_adapters.h"
#include "handler.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* upcase [-n] [-x CODE] [-crash] [-hang] [-env NAME]: standard input in capitals. */
static int upcase_main(int argc, char **argv)
{
  static int n_calls;
  int code = 0;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "-x") == 0 && i + 1 < argc) {
      code = atoi(argv[++i]);
      fprintf(stderr, "leaving with %d\n", code);
    } else if (strcmp(argv[i], "-n") == 0) {
      printf("%d\n", ++n_calls);
    } else if (strcmp(argv[i], "-crash") == 0) {
      abort();
    } else if (strcmp(argv[i], "-hang") == 0) {
      pause();
    } else if (strcmp(argv[i], "-env") == 0 && i + 1 < argc) {
      printf("%s\n", getenv(argv[++i]));
    } else if (strcmp(argv[i], "-bytes") == 0) {
      putchar(0xFF);
    } else {
      printf("[%s]", argv[i]);
    }
  }
  for (int letter = getchar(); letter != EOF; letter = getchar()) {
    putchar(toupper(letter));
  }
  exit(code);
}

/* A CGI program: prints its variables in order, then its input. */
static int cgi_main(int argc, char **argv)
{
  (void)argc;
  (void)argv;
  const char *query = getenv("QUERY_STRING");
  if (strcmp(query, "silent") == 0) {
    return 0;
  }
  if (strcmp(query, "garbage") == 0) {
    printf("no header here\n\n");
    return 0;
  }
  if (strcmp(query, "location") == 0) {
    printf("Location: https://h.example/there\r\n\r\n");
    return 0;
  }
  if (strcmp(query, "crash") == 0) {
    abort();
  }
  printf("Status: 201 Created\nContent-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n");
  static const char *const names[] = {"REQUEST_METHOD", "SCRIPT_NAME",  "PATH_INFO",
                                      "QUERY_STRING",   "CONTENT_TYPE", "CONTENT_LENGTH",
                                      "SERVER_NAME",    "SERVER_PORT",  "REMOTE_ADDR",
                                      "HTTP_X_TAG",     "HTTP_PROXY",   "GATEWAY_INTERFACE"};
  for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
    const char *value = getenv(names[i]);
    printf("%s=%s\n", names[i], value ? value : "(none)");
  }
  for (int letter = getchar(); letter != EOF; letter = getchar()) {
    putchar(letter);
  }
  return 0;
}

static const char *const greeting[] = {"-env", "GREETING", NULL};
static const struct cleave_program upcase = {"upcase", upcase_main, NULL};
static const struct cleave_program greet = {"greet", upcase_main, greeting};
static const struct cleave_program cgi = {"cgi", cgi_main, NULL};

static int invoke_upcase(const struct cleave_event *event, struct cleave_reply *reply,
                         struct cleave_error *error)
{
  return cleave_main_invoke(&upcase, event, reply, error);
}

static int invoke_greet(const struct cleave_event *event, struct cleave_reply *reply,
                        struct cleave_error *error)
{
  return cleave_main_invoke(&greet, event, reply, error);
}

static int invoke_cgi(const struct cleave_event *event, struct cleave_reply *reply,
                      struct cleave_error *error)
{
  return cleave_cgi_invoke(&cgi, event, reply, error);
}

static int invoke_handler(const struct cleave_event *event, struct cleave_reply *reply,
                          struct cleave_error *error)
{
  return cleave_microhttpd_invoke(NULL, event, reply, error);
}

static int start_daemon(struct cleave_error *error)
{
  return handler_start(8888) ? 0 : cleave_error_set(error, 500, "Function.NoDaemon", "no daemon");
}

static const struct cleave_function functions[] = {
    {"upcase", "upcase_main", CLEAVE_DIRECT, "", 0, 2000, NULL, invoke_upcase, NULL, NULL},
    {"upcase-http", "upcase_main", CLEAVE_HTTP, "POST /upcase", 0, 0, NULL, invoke_upcase, NULL,
     NULL},
    {"upcase-queue", "upcase_main", CLEAVE_QUEUE, "jobs", 0, 0, NULL, invoke_greet, NULL, NULL},
    {"cgi", "cgi_main", CLEAVE_HTTP, "/cgi-bin/show/{rest+}", 0, 0, NULL, invoke_cgi, NULL, NULL},
    {"cgi-alone", "cgi_main", CLEAVE_HTTP, "/cgi-bin/alone", 0, 0, NULL, invoke_cgi, NULL, NULL},
    {"mhd", "handle", CLEAVE_HTTP, "/mhd/{page}", 0, 0, start_daemon, invoke_handler, NULL, NULL},
};

int main(void)
{
  return cleave_runtime_main(functions, sizeof(functions) / sizeof(*functions));
}
