/* cleave host DIR: runs generated functions on this machine and records every invocation. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/host_screen.h"
#include "splitter/generate/trigger.h"
#include "splitter/host/host.h"
#include "splitter/host/otlp.h"
#include "splitter/host/project.h"
#include "store/results.h"

#define TICKS 10 /* of the host between two commits and two tables */

/* What the watcher of the host needs: where to say things and where to record them. */
struct recorder {
  struct context *context;
  struct host *host;
  struct host_screen screen;
  size_t n_functions;
  struct store *store; /* NULL: nothing is recorded */
  FILE *trace;         /* NULL: spans are not written */
  unsigned n_ticks;
  bool has_begun; /* a transaction is open */
  bool has_failed;
};

static void on_output(const char *function, const char *line, void *data)
{
  struct recorder *recorder = data;
  host_screen_say(&recorder->screen, function, "output", line);
}

static void on_change(const char *function, int pid, const char *what, void *data)
{
  struct recorder *recorder = data;
  g_autofree char *detail =
      pid > 0 ? g_strdup_printf("%s (process %d)", what, pid) : g_strdup(what);
  host_screen_say(&recorder->screen, function, "instance", detail);
}

/* Recording must not stop the serving: the first failure is said, then nothing is recorded. */
static void check(struct recorder *recorder, bool is_good, GError *error)
{
  if (!is_good) {
    context_fail(recorder->context, EXIT_FILE, "invocations are no longer recorded: %s",
                 error->message);
    recorder->has_failed = true;
  }
}

static void record(struct recorder *recorder, const struct invocation_result *result)
{
  g_autoptr(GError) error = NULL;
  struct result_invocation row = {.id = result->id,
                                  .function = result->function,
                                  .trigger = result->trigger,
                                  .started = result->started,
                                  .duration = result->duration,
                                  .init = result->init,
                                  .is_cold = result->is_cold,
                                  .max_rss = result->max_rss,
                                  .status = outcome_name(result->outcome),
                                  .trace = result->traceparent};
  if (!recorder->has_begun) {
    recorder->has_begun = store_begin(recorder->store, &error);
    check(recorder, recorder->has_begun, error);
  }
  if (recorder->has_begun) {
    check(recorder, store_insert(recorder->store, &result_invocation_table, &row, &error), error);
  }
}

static void on_result(const struct invocation_result *result, void *data)
{
  struct recorder *recorder = data;
  host_screen_result(&recorder->screen, result);
  if (recorder->store && !recorder->has_failed) {
    record(recorder, result);
  }
}

static void on_span(const struct trace_span *span, void *data)
{
  struct recorder *recorder = data;
  if (recorder->trace) {
    g_autofree char *line = otlp_line(span);
    fputs(line, recorder->trace);
  }
}

static void flush(struct recorder *recorder)
{
  if (recorder->has_begun) {
    g_autoptr(GError) error = NULL;
    recorder->has_begun = false;
    check(recorder, store_commit(recorder->store, &error), error);
  }
  if (recorder->trace && fflush(recorder->trace) != 0) {
    context_fail(recorder->context, EXIT_FILE, "spans are no longer written: %s",
                 g_strerror(errno));
    fclose(g_steal_pointer(&recorder->trace));
  }
}

static void on_tick(void *data)
{
  struct recorder *recorder = data;
  if (recorder->n_ticks++ % TICKS == 0) {
    flush(recorder);
    host_screen_draw(&recorder->screen, recorder->host, recorder->n_functions);
  }
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT", "ADDRESS" or ":PORT". */
static bool read_address(const char *text, char **address, uint16_t *port)
{
  const char *colon = strrchr(text, ':');
  bool is_bare_v6 = colon && strchr(text, ':') != colon && text[0] != '[';
  guint64 number = 0;
  if (is_bare_v6 || !colon) {
    *address = g_strdup(text);
    return text[0] != '\0';
  }
  if (!g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &number, NULL)) {
    return false;
  }
  *port = (uint16_t)number;
  *address = colon == text ? g_strdup("127.0.0.1") : g_strndup(text, (gsize)(colon - text));
  if ((*address)[0] == '[') {
    g_strdelimit(*address, "[]", ' ');
    g_strstrip(*address);
  }
  return true;
}

static int serve(struct context *context, const struct host_options *options,
                 struct recorder *recorder)
{
  g_autoptr(GError) error = NULL;
  struct host *host = host_new(options, &error);
  if (!host) {
    return context_fail_with(context, error);
  }
  recorder->host = host;
  fprintf(context->out, "http://%s:%u\n", options->listen, host_port(host));
  fflush(context->out);
  g_autofree char *front =
      g_strdup_printf("functions answer on http://%s:%u", options->listen, host_port(host));
  g_autofree char *api = g_strdup_printf(
      "invoke, queues, schedules and metrics: http://127.0.0.1:%u", host_api_port(host));
  host_screen_say(&recorder->screen, "", "listening", front);
  host_screen_say(&recorder->screen, "", "listening", api);
  fflush(recorder->screen.stream);
  int signal_number = host_run(host);
  host_free(host);
  flush(recorder);
  host_screen_finish(&recorder->screen);
  return signal_number == SIGINT ? EXIT_INTERRUPT : EXIT_DONE;
}

/* Spans go to the end of the file, which its owner alone may read. */
static bool open_trace(struct context *context, struct recorder *recorder)
{
  const char *path = context_text(context, "trace");
  if (!path) {
    return true;
  }
  int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  recorder->trace = descriptor < 0 ? NULL : fdopen(descriptor, "a");
  if (!recorder->trace) {
    context_fail(context, EXIT_FILE, "cannot write '%s': %s", path, g_strerror(errno));
  }
  return recorder->trace != NULL;
}

/* Runs all functions by the rules of another platform than functions.json says. */
static void set_platform(struct context *context, struct project *project)
{
  const char *name = context_text(context, "platform");
  enum project_platform platform;
  for (size_t i = 0; name && platform_parse(name, &platform) && i < project->n_functions; i++) {
    project->functions[i].platform = platform;
  }
}

/* The address of --listen; says what is wrong with it. */
static bool read_listen(struct context *context, char **address, uint16_t *port)
{
  const char *listen = context_text(context, "listen");
  if (!read_address(listen ? listen : "127.0.0.1", address, port)) {
    context_fail(context, EXIT_USAGE, "--listen needs ADDRESS:PORT, not '%s'", listen);
    return false;
  }
  if (context_integer(context, "api-port", 0) > 65535) {
    context_fail(context, EXIT_USAGE, "--api-port needs a port, at most 65535");
    return false;
  }
  return true;
}

/* Functions of several programs, each with a gateway of its own when deployed, stand behind one
 * here. */
static void say_shadowed(struct recorder *recorder, const struct project *project)
{
  for (size_t i = 0; i < project->n_functions; i++) {
    const struct project_function *function = &project->functions[i];
    for (size_t j = 0; j < i && function->trigger == CLEAVE_HTTP; j++) {
      const struct project_function *first = &project->functions[j];
      if (first->trigger != CLEAVE_HTTP || !routes_meet(first->key, function->key)) {
        continue;
      }
      g_autofree char *why =
          g_strdup_printf("'%s' answers its route (%s) first: no request comes here; give one "
                          "another 'key' in boundaries.yaml",
                          first->name, function->key);
      host_screen_say(&recorder->screen, function->name, "note", why);
      break;
    }
  }
}

static int host(struct context *context)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *address = NULL;
  uint16_t port = 8080;
  if (!read_listen(context, &address, &port)) {
    return EXIT_USAGE;
  }
  g_autoptr(project_owner) project = project_load(context->arguments[0], &error);
  if (!project) {
    return context_fail_with(context, error);
  }
  set_platform(context, project);
  int code = EXIT_DONE;
  g_autoptr(store_t) store = NULL;
  if (g_file_test(context_db(context), G_FILE_TEST_EXISTS)) {
    store = context_open_store(context, STORE_WRITE, &code);
    if (!store) {
      return code;
    }
  }
  struct recorder recorder = {
      .context = context, .store = store, .n_functions = project->n_functions};
  host_screen_init(&recorder.screen, stderr, context_flag(context, "quiet"));
  if (!open_trace(context, &recorder)) {
    return EXIT_FILE;
  }
  say_shadowed(&recorder, project);
  if (!store) {
    g_autofree char *why = g_strdup_printf("there is no store '%s': invocations are not recorded",
                                           context_db(context));
    host_screen_say(&recorder.screen, "", "note", why);
  }
  struct host_options options = {
      .project = project,
      .listen = address,
      .port = port,
      .api_port = (uint16_t)context_integer(context, "api-port", 0),
      .keep_alive_s = (unsigned)context_integer(context, "keep-alive", 300),
      .region = "us-east-1",
      .fallback = context_text(context, "fallback"),
      .queues = context_text(context, "queues"),
      .buckets = context_list(context, "bucket"),
      .sources = context_list(context, "source"),
      .watcher = {on_output, on_change, on_result, recorder.trace ? on_span : NULL, &recorder},
      .on_tick = on_tick,
  };
  code = serve(context, &options, &recorder);
  if (recorder.trace && fclose(recorder.trace) != 0) {
    return context_fail(context, EXIT_FILE, "cannot write the spans: %s", g_strerror(errno));
  }
  return code;
}

static const struct option host_options[] = {
    {"listen", 0, OPTION_TEXT, "ADDRESS:PORT",
     "where the HTTP front listens (default 127.0.0.1:8080; port 0 takes a free one)", NULL},
    {"api-port", 0, OPTION_INTEGER, "PORT",
     "where invocations, queues and schedules are served (default: a free one)", NULL},
    {"keep-alive", 0, OPTION_INTEGER, "SECONDS", "idle instances end after this (default 300)",
     NULL},
    {"fallback", 0, OPTION_TEXT, "URL",
     "where requests go that no function serves: the monolith that remains", NULL},
    {"trace", 0, OPTION_TEXT, "FILE", "adds spans to this file: OpenTelemetry, JSON lines", NULL},
    {"queues", 0, OPTION_TEXT, "FILE", "the durable queues (default DIR/queues.db)", NULL},
    {"bucket", 0, OPTION_LIST, "NAME=FOLDER",
     "files that come into FOLDER are objects created in the bucket NAME (default: "
     "DIR/buckets/NAME)",
     NULL},
    {"source", 0, OPTION_LIST, "FUNCTION=KIND:URL",
     "feeds a queue or object function from a back end: sqs:, azure: (storage queue), pubsub: "
     "(subscription), s3: (bucket), each with its address",
     NULL},
    {"platform", 0, OPTION_TEXT, "NAME",
     "run all functions by these rules, whatever functions.json says", "aws|gcp|knative|azure"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command host_command = {
    .name = "host",
    .arguments = "DIR",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Run generated functions on this machine",
    .description =
        "DIR is a project that 'cleave generate' made and that was built. Every function runs "
        "behind\n"
        "its trigger: http functions behind an HTTP front that behaves like an API gateway, the "
        "others\n"
        "through the API port:\n\n"
        "  POST /2015-03-31/functions/NAME/invocations   invoke (as 'aws lambda invoke' does)\n"
        "  POST /queues/KEY/messages                     one message: 202 when it is kept, with\n"
        "                                                ?wait=true answered when it is processed\n"
        "  GET  /queues/KEY                              how many wait, dead letters\n"
        "  POST /schedules/NAME                          wakes a schedule now\n"
        "  GET  /metrics                                 for Prometheus\n\n"
        "Instances start when all are busy, up to a limit, and end when idle or when their binary\n"
        "was built anew. On a terminal a table is kept up to date; otherwise every event is a "
        "JSON\n"
        "line on stderr. Every invocation is\n"
        "recorded in the store ('cleave show invocations'). The address of the front is printed "
        "on\n"
        "stdout. Listens on loopback unless --listen says otherwise.",
    .options = host_options,
    .run = host,
};
