/* cleave replay HAR: sends recorded requests to the monolith and to the functions and compares; or
 * records them. */
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/replay_typed.h"
#include "reports/text.h"
#include "splitter/replay/har.h"
#include "splitter/replay/recorder.h"
#include "splitter/replay/replay.h"
#include "splitter/replay/report.h"

#define SHOWN 20 /* findings in the text */

static void on_progress(size_t n_done, size_t n_all, void *data)
{
  progress_set(data, n_done, n_all, NULL);
}

static void on_start(uint16_t port, void *data)
{
  struct context *context = data;
  fprintf(context->out, "http://127.0.0.1:%u\n", port);
  fflush(context->out);
  context_say(context, "recording what passes; Ctrl-C ends the recording");
}

static int record(struct context *context)
{
  g_autoptr(GError) error = NULL;
  size_t n_entries = 0;
  int64_t port = context_integer(context, "record", 0);
  const char *monolith = context_text(context, "monolith");
  if (!monolith || context_text(context, "functions")) {
    return context_fail(context, EXIT_USAGE, "--record needs --monolith URL and no --functions");
  }
  if (port > 65535) {
    return context_fail(context, EXIT_USAGE, "--record needs a port, at most 65535");
  }
  struct recorder_options options = {.monolith = monolith,
                                     .path = context->arguments[0],
                                     .version = CLEAVE_VERSION,
                                     .port = (uint16_t)port,
                                     .on_start = on_start,
                                     .data = context};
  if (!recorder_run(&options, &n_entries, &error)) {
    return context_fail_with(context, error);
  }
  context_say(context, "recorded %zu requests in '%s'", n_entries, context->arguments[0]);
  return EXIT_DONE;
}

/* Runs the command that puts both sides back to where the recording began. */
static bool reset(struct context *context, const char *command)
{
  g_autoptr(GError) error = NULL;
  char *arguments[] = {"/bin/sh", "-c", (char *)command, NULL};
  int status = 0;
  if (!g_spawn_sync(NULL, arguments, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL,
                    &status, &error) ||
      !g_spawn_check_wait_status(status, &error)) {
    context_fail(context, EXIT_FILE, "--reset failed: %s", error->message);
    return false;
  }
  return true;
}

static bool read_speed(struct context *context, double *speed)
{
  const char *text = context_text(context, "speed");
  char *end = NULL;
  *speed = text ? g_ascii_strtod(text, &end) : 1;
  return !text || (*end == '\0' && *speed > 0 && *speed <= 1e6);
}

static int play(struct context *context, struct replay_options *options)
{
  g_autoptr(GError) error = NULL;
  const char *path = context_text(context, "rules");
  g_autoptr(har_owner) har = har_load(context->arguments[0], NULL, &error);
  if (!har) {
    return context_fail_with(context, error);
  }
  g_autoptr(replay_rules_owner) rules =
      path ? replay_rules_load(path, &error) : replay_rules_default();
  if (!rules) {
    return context_fail_with(context, error);
  }
  if (har->n_foreign > 0) {
    context_say(context, "left out: %zu requests for other addresses than %s", har->n_foreign,
                har->origin);
  }
  const char *command = context_text(context, "reset");
  if (command && !reset(context, command)) {
    return EXIT_FILE;
  }
  g_autoptr(progress_t) progress = progress_new(context, "replaying", "requests");
  options->har = har;
  options->rules = rules;
  options->on_progress = on_progress;
  options->data = progress;
  g_autoptr(replay_result_owner) result = replay_run(options, &error);
  g_clear_pointer(&progress, progress_free);
  if (!result) {
    return context_fail_with(context, error);
  }
  bool is_json = strcmp(context_format(context), "json") == 0;
  g_autofree char *text =
      is_json ? replay_report_json(result, options) : replay_report_text(result, options, SHOWN);
  g_autofree char *safe = is_json ? NULL : text_escape(text, true);
  fputs(safe ? safe : text, context->out);
  return result->n_different > 0 ? EXIT_FINDINGS : EXIT_DONE;
}

static int replay(struct context *context)
{
  if (context_text(context, "typed")) {
    return replay_typed(context);
  }
  if (context->n_arguments != 1) {
    return context_fail(context, EXIT_USAGE,
                        "usage: replay HAR or replay --typed DIR [FUNCTION]...");
  }
  if (context_text(context, "record")) {
    return record(context);
  }
  const char *timing = context_text(context, "timing");
  struct replay_options options = {
      .monolith = context_text(context, "monolith"),
      .functions = context_text(context, "functions"),
      .has_timing = timing && strcmp(timing, "recorded") == 0,
      .timeout_ms = (unsigned)CLAMP(context_integer(context, "timeout", 60), 1, 86400) * 1000,
      .n_details = 8,
  };
  if (!options.monolith && !options.functions) {
    return context_fail(context, EXIT_USAGE,
                        "replay needs --monolith URL, --functions URL or both");
  }
  if (!read_speed(context, &options.speed)) {
    return context_fail(context, EXIT_USAGE, "--speed needs a number above 0");
  }
  return play(context, &options);
}

static const struct option replay_options[] = {
    {"monolith", 0, OPTION_TEXT, "URL", "where the monolith answers: http://HOST:PORT", NULL},
    {"functions", 0, OPTION_TEXT, "URL", "where the functions answer (see 'cleave host')", NULL},
    {"record", 0, OPTION_INTEGER, "PORT",
     "listen on this port (0: a free one), pass everything on to --monolith and write the HAR",
     NULL},
    {"rules", 0, OPTION_TEXT, "FILE", "what is ignored, skipped and carried (YAML)", NULL},
    {"reset", 0, OPTION_TEXT, "CMD", "shell command that puts both sides back to the start first",
     NULL},
    {"timing", 0, OPTION_TEXT, "HOW",
     "one after the other (default), or in the recorded rhythm and as concurrently as then",
     "order|recorded"},
    {"speed", 0, OPTION_TEXT, "N", "with --timing recorded: so many times as fast (default 1)",
     NULL},
    {"timeout", 0, OPTION_INTEGER, "SECONDS",
     "longest wait for one answer (default 60; with --typed 5)", NULL},
    {"typed", 0, OPTION_TEXT, "DIR",
     "draw inputs from the contracts of this generated project's functions instead", NULL},
    {"seed", 0, OPTION_INTEGER, "N", "with --typed: of the random inputs (default 1)", NULL},
    {"count", 0, OPTION_INTEGER, "N",
     "with --typed: random inputs beyond the boundary values (default 200)", NULL},
    {"case", 0, OPTION_INTEGER, "N", "with --typed: this input alone, as a report names it", NULL},
    {"platform", 0, OPTION_TEXT, "NAME", "with --typed: how functions are asked",
     "aws|gcp|azure|knative"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command replay_command = {
    .name = "replay",
    .arguments = "HAR | --typed DIR [FUNCTION]...",
    .min_arguments = 0,
    .max_arguments = G_MAXUINT,
    .summary = "Send the same requests to monolith and functions, compare the answers",
    .description =
        "HAR is a file that a browser or 'cleave replay --record' wrote. Every request goes to "
        "both\n"
        "sides; status, headers and bodies of the answers are compared, and the exit code is 1 "
        "when\n"
        "any differ. With one side alone its answers are compared with the recorded ones.\n\n"
        "What is ignored is stated in the report: headers that no two servers write alike, and "
        "what\n"
        "--rules adds. Sessions follow each side: a cookie that a side sets otherwise than "
        "recorded\n"
        "is put into the later requests to it.\n\n"
        "  version: 1\n"
        "  ignore: {headers: [x-build], members: [created_at, \"$.order.id\"], patterns: [\"\\\\d+ "
        "ms\"]}\n"
        "  skip: [\"GET /stats\", \"* /debug/*\"]\n"
        "  carry: [token]\n\n"
        "With --record PORT it is a proxy in front of --monolith and writes what passes to HAR.\n\n"
        "With --typed DIR inputs are drawn from the contracts of typed functions: every boundary "
        "value\n"
        "once, then random ones. The original routine is called directly, the function through "
        "JSON as\n"
        "its platform would; answers are compared bit for bit, and what differs is made simpler.",
    .options = replay_options,
    .formats = "table|json",
    .run = replay,
};
