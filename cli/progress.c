#include "cli/progress.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"

#define QUIET_SECONDS 1.0
#define REDRAW_SECONDS 0.1

#define TICK_SECONDS 0.5

struct progress {
  char *what;
  char *unit;
  unsigned width; /* 0: nothing is ever drawn */
  int64_t started;
  int64_t drawn; /* when the line was last drawn, 0 when it is not on the screen */
  /* What the ticking thread needs: the rest is fixed, or touched under the lock. */
  GThread *ticker;
  GMutex lock;
  GCond wake;
  bool is_ending;
  uint64_t done;
  uint64_t total;
  int64_t set; /* when DONE changed last */
  char *current;
};

struct progress *progress_new(const struct context *context, const char *what, const char *unit)
{
  struct progress *progress = g_new0(struct progress, 1);
  progress->what = g_strdup(what);
  progress->unit = g_strdup(unit);
  progress->width = context_flag(context, "quiet") ? 0 : terminal_width(stderr);
  progress->started = g_get_monotonic_time();
  g_mutex_init(&progress->lock);
  g_cond_init(&progress->wake);
  return progress;
}

/* Seconds as people say them: "8 s", "3 min 20 s", "2 h 5 min". */
static void append_duration(GString *line, double seconds)
{
  uint64_t whole = (uint64_t)(seconds + 0.5);
  if (whole < 60) {
    g_string_append_printf(line, "%" G_GUINT64_FORMAT " s", whole);
  } else if (whole < 3600) {
    g_string_append_printf(line, "%" G_GUINT64_FORMAT " min %" G_GUINT64_FORMAT " s", whole / 60,
                           whole % 60);
  } else {
    g_string_append_printf(line, "%" G_GUINT64_FORMAT " h %" G_GUINT64_FORMAT " min", whole / 3600,
                           whole % 3600 / 60);
  }
}

char *progress_line(const char *what, const char *unit, uint64_t done, uint64_t total,
                    double seconds, double waited, const char *current, unsigned width)
{
  GString *line = g_string_new(what);
  if (total > 0) {
    g_string_append_printf(line, "  %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " %s  %u %%", done,
                           total, unit, (unsigned)(100.0 * (double)done / (double)total));
  } else {
    g_string_append_printf(line, "  %" G_GUINT64_FORMAT " %s", done, unit);
  }
  if (done > 0 && seconds > 0) {
    double rate = (double)done / seconds;
    g_string_append_printf(line, rate >= 10 ? "  %.0f/s" : "  %.1f/s", rate);
    if (total > done) {
      g_string_append(line, "  ");
      append_duration(line, fmax(0, (double)(total - done) / rate - waited));
      g_string_append(line, " left");
    }
  }
  if (current) {
    g_autofree char *safe = terminal_escape(current);
    g_string_append_printf(line, "  %s", g_strdelimit(safe, "\n\t", ' '));
  }
  char *text = g_string_free(line, FALSE);
  if (width > 0 && (unsigned)g_utf8_strlen(text, -1) > width) {
    *g_utf8_offset_to_pointer(text, width) = '\0';
  }
  return text;
}

/* With the lock held. */
static void draw(struct progress *progress)
{
  int64_t now = g_get_monotonic_time();
  double seconds = (double)(now - progress->started) / G_USEC_PER_SEC;
  double since = (double)(now - progress->drawn) / G_USEC_PER_SEC;
  double worked =
      progress->set > 0 ? (double)(progress->set - progress->started) / G_USEC_PER_SEC : seconds;
  if (seconds < QUIET_SECONDS || (progress->drawn > 0 && since < REDRAW_SECONDS)) {
    return;
  }
  g_autofree char *line =
      progress_line(progress->what, progress->unit, progress->done, progress->total, worked,
                    seconds - worked, progress->current, progress->width - 1);
  fprintf(stderr, "\r\033[K%s", line);
  fflush(stderr);
  progress->drawn = now;
}

void progress_set(struct progress *progress, uint64_t done, uint64_t total, const char *current)
{
  if (progress->width == 0) {
    return;
  }
  g_mutex_lock(&progress->lock);
  if (progress->set == 0 || progress->done != done) {
    progress->set = g_get_monotonic_time();
  }
  progress->done = done;
  progress->total = total;
  if (g_strcmp0(progress->current, current) != 0) {
    g_free(progress->current);
    progress->current = g_strdup(current);
  }
  draw(progress);
  g_mutex_unlock(&progress->lock);
}

static gpointer tick(gpointer data)
{
  struct progress *progress = data;
  g_mutex_lock(&progress->lock);
  while (!progress->is_ending) {
    int64_t end = g_get_monotonic_time() + (int64_t)(TICK_SECONDS * G_USEC_PER_SEC);
    if (!g_cond_wait_until(&progress->wake, &progress->lock, end)) {
      draw(progress);
    }
  }
  g_mutex_unlock(&progress->lock);
  return NULL;
}

void progress_tick(struct progress *progress)
{
  if (progress->width > 0 && !progress->ticker) {
    progress->ticker = g_thread_new("progress", tick, progress);
  }
}

void progress_free(struct progress *progress)
{
  if (!progress) {
    return;
  }
  if (progress->ticker) {
    g_mutex_lock(&progress->lock);
    progress->is_ending = true;
    g_cond_signal(&progress->wake);
    g_mutex_unlock(&progress->lock);
    g_thread_join(progress->ticker);
  }
  if (progress->drawn > 0) {
    fputs("\r\033[K", stderr);
    fflush(stderr);
  }
  g_mutex_clear(&progress->lock);
  g_cond_clear(&progress->wake);
  g_free(progress->what);
  g_free(progress->unit);
  g_free(progress->current);
  g_free(progress);
}
