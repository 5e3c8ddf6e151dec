#include "cleave_proxy_settings.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cleave_proxy_log.h"

#define LOOK_MS 200 /* how often the file is looked at */

static struct {
  pthread_mutex_t lock;
  json_t *root; /* NULL: none was readable so far */
  struct stat seen;
  int is_missing; /* said already */
  int64_t next_ms;
} current = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const mode_names[] = {"local", "remote", "fallback", "shadow", "queue", NULL};
static const char *const kind_names[] = {"lambda", "run", "azure", "host", NULL};

static int index_of(const char *const *names, const char *name)
{
  for (int i = 0; name && names[i]; i++) {
    if (strcmp(names[i], name) == 0) {
      return i;
    }
  }
  return -1;
}

/* What is wrong is written into WHY (size bytes). */
static int refuse(char *why, size_t size, const char *where, const char *what)
{
  snprintf(why, size, "%.60s: %.80s", where, what);
  return 0;
}

struct key {
  const char *name;
  json_type type;
};

static int has_only(const json_t *object, const struct key *keys, const char *where, char *why,
                    size_t size)
{
  const char *name;
  json_t *value;
  if (!json_is_object(object)) {
    return refuse(why, size, where, "an object is expected");
  }
  json_object_foreach((json_t *)(uintptr_t)object, name, value)
  {
    const struct key *key = keys;
    while (key->name && strcmp(key->name, name) != 0) {
      key++;
    }
    if (!key->name || json_typeof(value) != key->type) {
      char what[80];
      snprintf(what, sizeof what, "%s '%.50s'", key->name ? "wrong type of" : "unknown key", name);
      return refuse(why, size, where, what);
    }
  }
  return 1;
}

static const struct key route_keys[] = {{"mode", JSON_STRING},      {"target", JSON_STRING},
                                        {"function", JSON_STRING},  {"qualifier", JSON_STRING},
                                        {"queue_url", JSON_STRING}, {"deadline_ms", JSON_INTEGER},
                                        {"attempts", JSON_INTEGER}, {NULL, JSON_NULL}};

static int is_in_range(const json_t *object, const char *name, json_int_t low, json_int_t high)
{
  const json_t *value = json_object_get(object, name);
  return !value || (json_integer_value(value) >= low && json_integer_value(value) <= high);
}

static int route_is_good(const json_t *route, const json_t *targets, const char *where, char *why,
                         size_t size)
{
  const char *mode = json_string_value(json_object_get(route, "mode"));
  const char *target = json_string_value(json_object_get(route, "target"));
  if (!has_only(route, route_keys, where, why, size)) {
    return 0;
  }
  if (mode && index_of(mode_names, mode) < 0) {
    return refuse(why, size, where, "mode is local, remote, fallback, shadow or queue");
  }
  if (target && !json_object_get(targets, target)) {
    return refuse(why, size, where, "there is no such target");
  }
  if (!is_in_range(route, "deadline_ms", 1, 900000) || !is_in_range(route, "attempts", 1, 20)) {
    return refuse(why, size, where, "deadline_ms is 1 to 900000, attempts 1 to 20");
  }
  return 1;
}

static int is_web_address(const char *url)
{
  return url && (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
}

static int target_is_good(const json_t *target, const char *where, char *why, size_t size)
{
  static const struct key keys[] = {{"kind", JSON_STRING},      {"url", JSON_STRING},
                                    {"front", JSON_STRING},     {"region", JSON_STRING},
                                    {"key_env", JSON_STRING},   {"auth", JSON_STRING},
                                    {"queue_url", JSON_STRING}, {NULL, JSON_NULL}};
  if (!has_only(target, keys, where, why, size)) {
    return 0;
  }
  int kind = index_of(kind_names, json_string_value(json_object_get(target, "kind")));
  const char *url = json_string_value(json_object_get(target, "url"));
  const char *front = json_string_value(json_object_get(target, "front"));
  if (kind < 0) {
    return refuse(why, size, where, "kind is lambda, run, azure or host");
  }
  if (url ? !is_web_address(url) : kind != PROXY_LAMBDA) {
    return refuse(why, size, where, "url is an http or https address");
  }
  if (front && !is_web_address(front)) {
    return refuse(why, size, where, "front is an http or https address");
  }
  if (kind == PROXY_LAMBDA && !json_object_get(target, "region")) {
    return refuse(why, size, where, "a lambda target needs its region");
  }
  return 1;
}

int proxy_settings_are_good(const json_t *root, char *why, size_t size)
{
  static const struct key keys[] = {{"version", JSON_INTEGER},
                                    {"default", JSON_OBJECT},
                                    {"targets", JSON_OBJECT},
                                    {"routines", JSON_OBJECT},
                                    {NULL, JSON_NULL}};
  const char *name;
  json_t *value;
  if (!has_only(root, keys, "the file", why, size)) {
    return 0;
  }
  if (json_integer_value(json_object_get(root, "version")) != 1) {
    return refuse(why, size, "version", "must be 1");
  }
  json_t *targets = json_object_get(root, "targets");
  json_object_foreach(targets, name, value)
  {
    if (!target_is_good(value, name, why, size)) {
      return 0;
    }
  }
  json_t *common = json_object_get(root, "default");
  if (common && !route_is_good(common, targets, "default", why, size)) {
    return 0;
  }
  json_object_foreach(json_object_get(root, "routines"), name, value)
  {
    if (!route_is_good(value, targets, name, why, size)) {
      return 0;
    }
  }
  return 1;
}

static int is_same_file(const struct stat *a, const struct stat *b)
{
  return a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
         a->st_size == b->st_size && a->st_ino == b->st_ino;
}

/* Reads the file again when it changed. The lock is held. */
static void look(const char *path)
{
  struct stat now;
  json_error_t problem;
  char why[160];
  int64_t time = proxy_clock_ms();
  if (time < current.next_ms) {
    return;
  }
  current.next_ms = time + LOOK_MS;
  if (stat(path, &now) != 0) {
    if (!current.root && !current.is_missing) {
      current.is_missing = 1;
      proxy_log(CLEAVE_ERROR, "settings", NULL,
                "cannot read the file that CLEAVE_PROXIES names: "
                "every call stays here");
    }
    return;
  }
  if (is_same_file(&now, &current.seen)) {
    return;
  }
  current.seen = now;
  json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
  if (!root) {
    snprintf(why, sizeof why, "line %d column %d: %.100s", problem.line, problem.column,
             problem.text);
  }
  if (!root || !proxy_settings_are_good(root, why, sizeof why)) {
    proxy_log(CLEAVE_ERROR, "settings", NULL, "what CLEAVE_PROXIES names is not used: %s", why);
    json_decref(root);
    return;
  }
  json_decref(current.root);
  current.root = root;
}

/* What a routine says, else what the target or the default says. */
static const json_t *said(const json_t *own, const json_t *common, const char *name)
{
  const json_t *value = json_object_get(own, name);
  return value ? value : json_object_get(common, name);
}

static char *copy(const json_t *value, const char *otherwise)
{
  const char *text = json_string_value(value);
  char *out = strdup(text ? text : otherwise);
  if (!out) {
    abort();
  }
  return out;
}

/* TEXT with each "{function}" replaced, but for those in the name itself; takes it. */
static char *with_function(char *text, const char *function)
{
  static const char mark[] = "{function}";
  char *at = strstr(text, mark);
  while (at) {
    size_t n = strlen(text) + strlen(function) + 1;
    size_t behind = (size_t)(at - text) + strlen(function);
    char *out = malloc(n);
    if (!out) {
      abort();
    }
    snprintf(out, n, "%.*s%s%s", (int)(at - text), text, function, at + sizeof mark - 1);
    free(text);
    text = out;
    at = strstr(text + behind, mark);
  }
  return text;
}

/* Names travel in paths that are signed: nothing in them may need an escape. */
static int is_plain_name(const char *name)
{
  return *name &&
         strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             strlen(name);
}

static struct cleave_proxy_settings *resolve(const json_t *root, const struct cleave_proxy *proxy)
{
  const json_t *common = json_object_get(root, "default");
  const json_t *own = json_object_get(json_object_get(root, "routines"), proxy->routine);
  const char *name = json_string_value(said(own, common, "target"));
  const json_t *target = name ? json_object_get(json_object_get(root, "targets"), name) : NULL;
  int mode = index_of(mode_names, json_string_value(said(own, common, "mode")));
  if (mode <= CLEAVE_PROXY_LOCAL || !target) {
    return NULL;
  }
  struct cleave_proxy_settings *settings = calloc(1, sizeof *settings);
  if (!settings) {
    abort();
  }
  const json_t *deadline = said(own, common, "deadline_ms");
  const json_t *attempts = said(own, common, "attempts");
  settings->mode = (enum cleave_proxy_mode)mode;
  settings->kind =
      (enum proxy_kind)index_of(kind_names, json_string_value(json_object_get(target, "kind")));
  settings->deadline_ms = deadline ? (unsigned)json_integer_value(deadline) : 10000;
  settings->attempts = attempts ? (unsigned)json_integer_value(attempts) : 3;
  settings->function = copy(json_object_get(own, "function"), proxy->function);
  settings->qualifier = copy(said(own, common, "qualifier"), "");
  settings->region = copy(json_object_get(target, "region"), "");
  settings->key_env = copy(json_object_get(target, "key_env"), "");
  settings->auth = copy(json_object_get(target, "auth"), "");
  settings->url = with_function(copy(json_object_get(target, "url"), ""), settings->function);
  settings->front =
      with_function(copy(json_object_get(target, "front"), settings->url), settings->function);
  const json_t *queue = json_object_get(own, "queue_url");
  settings->queue_url = with_function(
      copy(queue ? queue : json_object_get(target, "queue_url"), ""), settings->function);
  return settings;
}

struct cleave_proxy_settings *proxy_settings_resolve(const json_t *root,
                                                     const struct cleave_proxy *proxy)
{
  struct cleave_proxy_settings *settings = resolve(root, proxy);
  if (settings && (!is_plain_name(settings->function) ||
                   (*settings->qualifier && !is_plain_name(settings->qualifier)))) {
    proxy_log(CLEAVE_ERROR, "settings", proxy, "a function's name has letters, digits, - and _");
    proxy_settings_free(settings);
    return NULL;
  }
  return settings;
}

struct cleave_proxy_settings *proxy_settings_get(const struct cleave_proxy *proxy)
{
  const char *path = getenv("CLEAVE_PROXIES");
  struct cleave_proxy_settings *settings = NULL;
  if (!path || !*path) {
    return NULL;
  }
  pthread_mutex_lock(&current.lock);
  look(path);
  if (current.root) {
    settings = proxy_settings_resolve(current.root, proxy);
  }
  pthread_mutex_unlock(&current.lock);
  return settings;
}

void proxy_settings_free(struct cleave_proxy_settings *settings)
{
  if (!settings) {
    return;
  }
  free(settings->url);
  free(settings->front);
  free(settings->region);
  free(settings->function);
  free(settings->qualifier);
  free(settings->key_env);
  free(settings->auth);
  free(settings->queue_url);
  free(settings);
}
