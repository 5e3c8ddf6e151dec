/* Programs that know nothing of events, each behind its adapter: a batch program, a CGI program, a
 * FastCGI program, a libmicrohttpd handler. */
#include "cleave_adapters.h"

#include <ctype.h>
#include <microhttpd.h>
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

struct request {
  char text[4096];
  size_t n;
  struct MHD_PostProcessor *form;
};

static enum MHD_Result add_value(void *closure, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
  struct request *request = closure;
  request->n += (size_t)snprintf(request->text + request->n, sizeof(request->text) - request->n,
                                 "%d %s=%s\n", (int)kind, name, value ? value : "(null)");
  return MHD_YES;
}

static enum MHD_Result add_form_value(void *closure, enum MHD_ValueKind kind, const char *name,
                                      const char *file, const char *type, const char *encoding,
                                      const char *data, uint64_t offset, size_t n)
{
  struct request *request = closure;
  (void)kind;
  (void)encoding;
  request->n += (size_t)snprintf(request->text + request->n, sizeof(request->text) - request->n,
                                 "form %s file=%s type=%s %zu@%d: %.*s\n", name, file ? file : "-",
                                 type ? type : "-", n, (int)offset, (int)n, data ? data : "");
  return MHD_YES;
}

static enum MHD_Result answer(struct MHD_Connection *connection, struct request *request,
                              const char *url, const char *method)
{
  char line[512];
  int n = snprintf(line, sizeof(line), "%s %s tag=%s\n", method, url,
                   MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "x-tag"));
  char *text = malloc((size_t)n + request->n + 1);
  memcpy(text, line, (size_t)n);
  memcpy(text + n, request->text, request->n);
  struct MHD_Response *response =
      MHD_create_response_from_buffer((size_t)n + request->n, text, MHD_RESPMEM_MUST_FREE);
  MHD_add_response_header(response, "Content-Type", "text/plain");
  enum MHD_Result result = MHD_queue_response(connection, 202, response);
  MHD_destroy_response(response);
  return result;
}

/* Written as libmicrohttpd's manual shows it: state per request behind the last parameter. */
static enum MHD_Result handle(void *closure, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *n_upload, void **state)
{
  (void)closure;
  (void)version;
  struct request *request = *state;
  if (!request) {
    request = calloc(1, sizeof(*request));
    request->form = MHD_create_post_processor(connection, 1024, add_form_value, request);
    *state = request;
    return MHD_YES;
  }
  if (*n_upload > 0) {
    if (request->form) {
      MHD_post_process(request->form, upload, *n_upload);
    } else {
      request->n += (size_t)snprintf(request->text + request->n, sizeof(request->text) - request->n,
                                     "upload %zu\n", *n_upload);
    }
    *n_upload = 0;
    return MHD_YES;
  }
  if (strcmp(url, "/mhd/closed") == 0) {
    return MHD_NO;
  }
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND | MHD_COOKIE_KIND, add_value,
                            request);
  return answer(connection, request, url, method);
}

static void completed(void *closure, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code)
{
  (void)closure;
  (void)connection;
  (void)code;
  struct request *request = *state;
  if (request) {
    if (request->form) {
      MHD_destroy_post_processor(request->form);
    }
    free(request);
    printf("completed %d\n", (int)code);
  }
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
  return cleave_microhttpd_invoke(NULL, NULL, event, reply, error);
}

/* What the monolith's main did: it starts the daemon, which the runtime takes over. */
static int start_daemon(struct cleave_error *error)
{
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD, 8888, NULL, NULL, handle, NULL,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536, MHD_OPTION_THREAD_POOL_SIZE, 4U,
      MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
  return daemon ? 0 : cleave_error_set(error, 500, "Function.NoDaemon", "no daemon");
}

static const struct cleave_function functions[] = {
    {"upcase", "upcase_main", CLEAVE_DIRECT, "", 0, 2000, NULL, invoke_upcase, NULL},
    {"upcase-http", "upcase_main", CLEAVE_HTTP, "POST /upcase", 0, 0, NULL, invoke_upcase, NULL},
    {"upcase-queue", "upcase_main", CLEAVE_QUEUE, "jobs", 0, 0, NULL, invoke_greet, NULL},
    {"cgi", "cgi_main", CLEAVE_HTTP, "/cgi-bin/show/{rest+}", 0, 0, NULL, invoke_cgi, NULL},
    {"mhd", "handle", CLEAVE_HTTP, "/mhd/{page}", 0, 0, start_daemon, invoke_handler, NULL},
};

int main(void)
{
  return cleave_runtime_main(functions, sizeof(functions) / sizeof(*functions));
}
