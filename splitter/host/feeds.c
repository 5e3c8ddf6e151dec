/* Functions fed from back ends elsewhere: which of them, and with what. */
#include <string.h>

#include "splitter/host/host_internal.h"

/* The function that NAME (or the key NAME) of "NAME=ADDRESS" means. */
static struct station *station_named(struct host *host, const char *name, GError **error)
{
  for (size_t i = 0; i < host->n_stations; i++) {
    const struct project_function *function = host->stations[i].function;
    bool is_fed = function->trigger == CLEAVE_QUEUE || function->trigger == CLEAVE_OBJECT;
    if (is_fed && (strcmp(function->name, name) == 0 || strcmp(function->key, name) == 0)) {
      return &host->stations[i];
    }
  }
  g_set_error(error, PROJECT_ERROR, PROJECT_ERROR_CONTENT,
              "--source names '%s': no queue or object function has this name or key", name);
  return NULL;
}

static bool start_bucket(struct station *station, const char *address, GError **error)
{
  struct host *host = station->host;
  struct bucket_source_options options = {.base = host->base,
                                          .consumer = station->consumer,
                                          .function = station->function->name,
                                          .address = address,
                                          .watcher = host->watcher};
  struct bucket_source *source = bucket_source_new(&options, error);
  if (source) {
    g_ptr_array_add(host->bucket_sources, source);
  }
  return source != NULL;
}

static bool start_messages(struct station *station, const char *address, GError **error)
{
  struct host *host = station->host;
  struct source_options options = {
      .base = host->base, .pool = station->pool, .address = address, .watcher = host->watcher};
  struct source *source = source_new(&options, error);
  if (source) {
    g_ptr_array_add(host->sources, source);
  }
  return source != NULL;
}

static bool start(struct host *host, const char *text, GError **error)
{
  const char *equals = strchr(text, '=');
  g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
  struct station *station = station_named(host, name, error);
  if (!station) {
    return false;
  }
  const char *address = equals ? equals + 1 : "";
  bool is_object = station->function->trigger == CLEAVE_OBJECT;
  bool is_bucket = g_str_has_prefix(address, "s3:");
  const char *problem =
      is_bucket && !is_object ? "a bucket feeds object functions"
      : is_object && station->function->platform == PROJECT_AZURE
          ? "an object function on Azure gets the content, which these sources do not tell"
          : NULL;
  if (problem) {
    g_set_error(error, PROJECT_ERROR, PROJECT_ERROR_CONTENT, "--source '%s': %s", text, problem);
    return false;
  }
  return is_bucket ? start_bucket(station, address, error)
                   : start_messages(station, address, error);
}

bool feeds_want_queue(const struct host *host, const struct project_function *function)
{
  for (size_t i = 0; host->options.sources && host->options.sources[i]; i++) {
    const char *text = host->options.sources[i];
    const char *equals = strchr(text, '=');
    g_autofree char *name = g_strndup(text, equals ? (gsize)(equals - text) : strlen(text));
    if (equals && g_str_has_prefix(equals + 1, "s3:") && function->trigger == CLEAVE_OBJECT &&
        (strcmp(function->name, name) == 0 || strcmp(function->key, name) == 0)) {
      return true;
    }
  }
  return false;
}

bool feeds_start(struct host *host, GError **error)
{
  host->sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);
  host->bucket_sources = g_ptr_array_new_with_free_func((GDestroyNotify)bucket_source_free);
  for (size_t i = 0; host->options.sources && host->options.sources[i]; i++) {
    if (!start(host, host->options.sources[i], error)) {
      return false;
    }
  }
  return true;
}

void feeds_free(struct host *host)
{
  g_clear_pointer(&host->sources, g_ptr_array_unref);
  g_clear_pointer(&host->bucket_sources, g_ptr_array_unref);
}
