#include "cli/host_screen.h"

#include <jansson.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/terminal.h"

#define MEGABYTE (1024.0 * 1024.0)

void host_screen_init(struct host_screen *screen, FILE *stream, bool is_quiet)
{
  const char *kind = g_getenv("TERM");
  *screen = (struct host_screen){
      .stream = stream,
      .is_live = isatty(fileno(stream)) && kind && strcmp(kind, "dumb") != 0,
      .is_quiet = is_quiet,
  };
}

static json_t *text_json(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  return json_string(valid);
}

static void write_line(struct host_screen *screen, json_t *object)
{
  json_object_set_new(object, "time", json_real((double)g_get_real_time() / 1e6));
  char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(16));
  json_decref(object);
  fprintf(screen->stream, "%s\n", text);
  free(text);
}

/* Moves the cursor to where the table begins and wipes it. */
static void wipe(struct host_screen *screen)
{
  if (screen->n_lines > 0) {
    fprintf(screen->stream, "\033[%uF\033[J", screen->n_lines);
    screen->n_lines = 0;
  }
}

void host_screen_say(struct host_screen *screen, const char *function, const char *what,
                     const char *detail)
{
  if (screen->is_quiet) {
    return;
  }
  if (!screen->is_live) {
    write_line(screen, json_pack("{s:s,s:o,s:o}", "event", what, "function", text_json(function),
                                 "detail", text_json(detail)));
    return;
  }
  g_autofree char *safe = terminal_escape(detail);
  wipe(screen);
  fprintf(screen->stream, "%s%s%s\n", function, function[0] != '\0' ? ": " : "", safe);
}

void host_screen_result(struct host_screen *screen, const struct invocation_result *result)
{
  const char *outcome = outcome_name(result->outcome);
  if (screen->is_quiet) {
    return;
  }
  if (!screen->is_live) {
    write_line(screen, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:f,s:b,s:I,s:s}", "event",
                                 "invocation", "function", result->function, "trigger",
                                 result->trigger, "id", result->id, "status", outcome, "error",
                                 result->error_type, "duration", result->duration, "init",
                                 result->init, "is_cold", result->is_cold, "max_rss",
                                 (json_int_t)result->max_rss, "traceparent", result->traceparent));
  } else if (result->outcome != OUTCOME_OK) {
    g_autofree char *detail = g_strdup_printf("%s %s", outcome, result->error_type);
    host_screen_say(screen, result->function, "invocation", detail);
  }
}

/* Lines and columns of the terminal. */
static struct winsize terminal_size(const struct host_screen *screen)
{
  struct winsize size = {.ws_row = 24, .ws_col = 80};
  if (ioctl(fileno(screen->stream), TIOCGWINSZ, &size) != 0 || size.ws_row < 4) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  return size;
}

static void add_row(GString *text, const struct host_figures *figures)
{
  g_autofree char *messages = figures->n_messages < 0
                                  ? g_strdup("-")
                                  : g_strdup_printf("%" G_GINT64_FORMAT "+%" G_GINT64_FORMAT,
                                                    figures->n_messages, figures->n_dead);
  g_string_append_printf(text,
                         "%-32.32s %-8s %3u %3u %3u %8" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT
                         " %5" G_GUINT64_FORMAT " %9.2f %9.2f %7.1f %9s",
                         figures->name, figures->trigger, figures->n_instances, figures->n_busy,
                         figures->n_waiting, figures->n, figures->n_failed, figures->n_cold,
                         figures->mean * 1000, figures->p99 * 1000,
                         (double)figures->memory / MEGABYTE, messages);
}

static void put_line(struct host_screen *screen, const char *line, unsigned width)
{
  fprintf(screen->stream, "%.*s\033[K\n", (int)width, line);
  screen->n_lines++;
}

void host_screen_draw(struct host_screen *screen, struct host *host, size_t n)
{
  if (!screen->is_live || screen->is_quiet) {
    return;
  }
  struct winsize size = terminal_size(screen);
  unsigned width = size.ws_col > 0 ? size.ws_col : 80;
  size_t n_hidden = 0;
  wipe(screen);
  g_autofree char *heading = g_strdup_printf(
      "%-32s %-8s %3s %3s %3s %8s %6s %5s %9s %9s %7s %9s", "function", "trigger", "run", "bsy",
      "que", "calls", "failed", "cold", "mean ms", "p99 ms", "MB", "msg+dead");
  put_line(screen, heading, width);
  for (size_t i = 0; i < n; i++) {
    struct host_figures figures;
    host_figures(host, i, &figures);
    bool is_used = figures.n > 0 || figures.n_instances > 0 || figures.n_waiting > 0 ||
                   figures.n_messages > 0 || figures.n_dead > 0;
    if (!is_used || screen->n_lines + 2u >= size.ws_row) {
      n_hidden += 1;
      continue;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    add_row(text, &figures);
    put_line(screen, text->str, width);
  }
  if (n_hidden > 0) {
    g_autofree char *rest = g_strdup_printf("%zu functions more", n_hidden);
    put_line(screen, rest, width);
  }
  fflush(screen->stream);
}

void host_screen_finish(struct host_screen *screen)
{
  screen->n_lines = 0;
  fflush(screen->stream);
}
