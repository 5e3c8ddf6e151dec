/* Object functions: a file that comes into a watched folder is an object that was created. */
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "splitter/host/host_internal.h"

#define MAX_ATTEMPTS 3 /* as asynchronous invocations have on the platforms */
#define MAX_CONTENT ((size_t)64 * 1024 * 1024)

/* A created object, until its function has taken it. */
struct creation {
  struct station *station;
  char *name;
  unsigned n_attempts;
  struct event *retry;
};

static void creation_free(struct creation *creation)
{
  if (creation->retry) {
    event_free(creation->retry);
  }
  g_free(creation->name);
  g_free(creation);
}

static void tell(struct creation *creation);

static void on_retry(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  tell(data);
}

static void on_result(const struct invocation_result *result, void *data)
{
  struct creation *creation = data;
  bool is_over = result->outcome == OUTCOME_OK || creation->n_attempts >= MAX_ATTEMPTS ||
                 strcmp(result->error_type, "Host.Stopped") == 0;
  if (is_over) {
    creation_free(creation);
    return;
  }
  if (!creation->retry) {
    creation->retry = evtimer_new(creation->station->host->base, on_retry, creation);
  }
  struct timeval pause = {.tv_sec = (time_t)creation->n_attempts};
  evtimer_add(creation->retry, &pause);
}

static void tell(struct creation *creation)
{
  struct station *station = creation->station;
  g_autofree char *path = g_build_filename(station->folder, creation->name, NULL);
  g_autofree char *content = NULL;
  gsize n_content = 0;
  struct stat facts;
  if (lstat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    creation_free(creation); /* gone again, or no file */
    return;
  }
  if (station->function->platform == PROJECT_AZURE && (size_t)facts.st_size <= MAX_CONTENT) {
    g_file_get_contents(path, &content, &n_content, NULL);
  }
  g_autofree char *etag =
      g_strdup_printf("%lx-%lx", (unsigned long)facts.st_mtim.tv_sec, (unsigned long)facts.st_size);
  const char *key = station->function->key;
  struct payload_object object = {.bucket = key[0] != '\0' ? key : station->function->name,
                                  .key = creation->name,
                                  .size = (uint64_t)facts.st_size,
                                  .etag = etag,
                                  .content = content ? content : "",
                                  .n_content = n_content,
                                  .now_ms = g_get_real_time() / 1000};
  struct trace_context context;
  trace_context_begin(&context, NULL);
  creation->n_attempts++;
  pool_invoke(station->pool, payload_object(station->function, &object, context.traceparent),
              &context, on_result, creation);
}

static void created(struct host *host, int watch, const char *name)
{
  for (size_t i = 0; i < host->n_stations; i++) {
    struct station *station = &host->stations[i];
    if (station->folder && station->watch == watch && name[0] != '.' &&
        g_utf8_validate(name, -1, NULL)) {
      struct creation *creation = g_new0(struct creation, 1);
      creation->station = station;
      creation->name = g_strdup(name);
      tell(creation);
    }
  }
}

static void on_inotify(evutil_socket_t descriptor, short what, void *data)
{
  (void)what;
  _Alignas(struct inotify_event) char bytes[16384];
  ssize_t n;
  while ((n = read(descriptor, bytes, sizeof bytes)) > 0) {
    for (ssize_t at = 0; at < n;) {
      const struct inotify_event *event = (const struct inotify_event *)(const void *)(bytes + at);
      if (event->len > 0 && !(event->mask & IN_ISDIR)) {
        created(data, event->wd, event->name);
      }
      at += (ssize_t)sizeof *event + (ssize_t)event->len;
    }
  }
}

/* The folder of a function's bucket: what the options say, or DIR/buckets/KEY; NULL when there is
 * none. */
static char *folder_of(const struct host *host, const struct project_function *function)
{
  for (size_t i = 0; host->options.buckets && host->options.buckets[i]; i++) {
    const char *equals = strchr(host->options.buckets[i], '=');
    g_autofree char *name =
        equals ? g_strndup(host->options.buckets[i], (gsize)(equals - host->options.buckets[i]))
               : NULL;
    if (name && (strcmp(name, function->key) == 0 || strcmp(name, function->name) == 0)) {
      return g_strdup(equals + 1);
    }
  }
  const char *key = function->key[0] != '\0' ? function->key : function->name;
  if (strchr(key, '/') || key[0] == '.') {
    return NULL;
  }
  g_autofree char *folder = g_build_filename(host->options.project->folder, "buckets", key, NULL);
  return g_file_test(folder, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&folder) : NULL;
}

void buckets_start(struct host *host)
{
  const struct host_watcher *watcher = &host->options.watcher;
  for (size_t i = 0; i < host->n_stations; i++) {
    struct station *station = &host->stations[i];
    if (station->function->trigger != CLEAVE_OBJECT) {
      continue;
    }
    if (!host->inotify) {
      host->inotify_descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
      host->inotify =
          event_new(host->base, host->inotify_descriptor, EV_READ | EV_PERSIST, on_inotify, host);
      event_add(host->inotify, NULL);
    }
    station->folder = folder_of(host, station->function);
    station->watch = station->folder ? inotify_add_watch(host->inotify_descriptor, station->folder,
                                                         IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR)
                                     : -1;
    if (station->watch < 0) {
      g_clear_pointer(&station->folder, g_free);
    }
    if (watcher->on_change) {
      watcher->on_change(station->function->name, 0,
                         station->folder ? "watches its folder" : "has no folder to watch",
                         watcher->data);
    }
  }
}
