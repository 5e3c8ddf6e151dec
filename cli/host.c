/* cleave host DIR: runs generated functions on this machine and records every invocation. */
#include <signal.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "splitter/host/host.h"
#include "splitter/host/project.h"
#include "store/results.h"

/* What the watcher of the host needs: where to say things and where to record them. */
struct recorder {
  struct context *context;
  struct store *store; /* NULL: nothing is recorded */
  bool has_begun;      /* a transaction is open */
  bool has_failed;
};

static void say_json(struct recorder *recorder, const char *function, const char *what,
                     const char *detail)
{
  if (context_flag(recorder->context, "quiet")) {
    return;
  }
  g_autofree char *safe = terminal_escape(detail);
  fprintf(stderr, "%s: %s %s\n", function, what, safe);
}

static void on_output(const char *function, const char *line, void *data)
{
  say_json(data, function, "|", line);
}

static void on_change(const char *function, int pid, const char *what, void *data)
{
  g_autofree char *detail = g_strdup_printf("(process %d)", pid);
  say_json(data, function, what, detail);
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

static void on_result(const struct invocation_result *result, void *data)
{
  struct recorder *recorder = data;
  if (!recorder->store || recorder->has_failed) {
    return;
  }
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

static void on_tick(void *data)
{
  struct recorder *recorder = data;
  if (recorder->has_begun) {
    g_autoptr(GError) error = NULL;
    recorder->has_begun = false;
    check(recorder, store_commit(recorder->store, &error), error);
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
  g_autoptr(host_owner) host = host_new(options, &error);
  if (!host) {
    return context_fail_with(context, error);
  }
  fprintf(context->out, "http://%s:%u\n", options->listen, host_port(host));
  fflush(context->out);
  context_say(context, "functions answer on http://%s:%u", options->listen, host_port(host));
  context_say(context, "invoke, queues and schedules: http://127.0.0.1:%u", host_api_port(host));
  int signal_number = host_run(host);
  on_tick(recorder);
  return signal_number == SIGINT ? EXIT_INTERRUPT : EXIT_DONE;
}

static int host(struct context *context)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(project_owner) project = project_load(context->arguments[0], &error);
  if (!project) {
    return context_fail_with(context, error);
  }
  g_autofree char *address = NULL;
  uint16_t port = 8080;
  const char *listen = context_text(context, "listen");
  if (!read_address(listen ? listen : "127.0.0.1", &address, &port)) {
    return context_fail(context, EXIT_USAGE, "--listen needs ADDRESS:PORT, not '%s'", listen);
  }
  int64_t api_port = context_integer(context, "api-port", 0);
  if (api_port > 65535) {
    return context_fail(context, EXIT_USAGE, "--api-port needs a port, at most 65535");
  }
  int code = EXIT_DONE;
  g_autoptr(store_t) store = NULL;
  if (g_file_test(context_db(context), G_FILE_TEST_EXISTS)) {
    store = context_open_store(context, STORE_WRITE, &code);
    if (!store) {
      return code;
    }
  } else {
    context_say(context, "there is no store '%s': invocations are not recorded",
                context_db(context));
  }
  struct recorder recorder = {.context = context, .store = store};
  struct host_options options = {
      .project = project,
      .listen = address,
      .port = port,
      .api_port = (uint16_t)api_port,
      .keep_alive_s = (unsigned)context_integer(context, "keep-alive", 300),
      .region = "us-east-1",
      .watcher = {on_output, on_change, on_result, &recorder},
      .on_tick = on_tick,
  };
  return serve(context, &options, &recorder);
}

static const struct option host_options[] = {
    {"listen", 0, OPTION_TEXT, "ADDRESS:PORT",
     "where the HTTP front listens (default 127.0.0.1:8080; port 0 takes a free one)", NULL},
    {"api-port", 0, OPTION_INTEGER, "PORT",
     "where invocations, queues and schedules are served (default: a free one)", NULL},
    {"keep-alive", 0, OPTION_INTEGER, "SECONDS", "idle instances end after this (default 300)",
     NULL},
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
        "  POST /queues/KEY/messages                     one message; answered when it is "
        "processed\n"
        "  POST /schedules/NAME                          wakes a schedule now\n\n"
        "Instances start when all are busy, up to a limit, and end when idle. Every invocation is\n"
        "recorded in the store ('cleave show invocations'). The address of the front is printed "
        "on\n"
        "stdout. Listens on loopback unless --listen says otherwise.",
    .options = host_options,
    .run = host,
};
