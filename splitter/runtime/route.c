#include "route.h"

#include "encoding.h"

#include <string.h>

static bool method_is_listed(const char *list, size_t n, const char *method)
{
  size_t n_method = strlen(method);
  while (n > 0) {
    size_t n_name = 0;
    while (n_name < n && list[n_name] != ',' && list[n_name] != '|') {
      n_name++;
    }
    if ((n_name == 1 && *list == '*') || (n_name == 3 && memcmp(list, "ANY", 3) == 0) ||
        (n_name == n_method && memcmp(list, method, n_name) == 0)) {
      return true;
    }
    n_name += n_name < n;
    list += n_name;
    n -= n_name;
  }
  return false;
}

/* The name of a parameter segment ({sku}, {sku+}, :sku, <sku>), or NULL. */
static char *parameter_name(struct arena *arena, const char *segment, size_t n, bool *takes_rest)
{
  *takes_rest = false;
  if (n >= 1 && segment[0] == ':') {
    return arena_copy(arena, segment + 1, n - 1);
  }
  bool is_braced = n >= 2 && segment[0] == '{' && segment[n - 1] == '}';
  bool is_angled = n >= 2 && segment[0] == '<' && segment[n - 1] == '>';
  if (!is_braced && !is_angled) {
    return NULL;
  }
  n -= 2;
  segment++;
  if (n > 0 && segment[n - 1] == '+') {
    *takes_rest = true;
    n--;
  } else if (n > 0 && segment[0] == '*') {
    *takes_rest = true;
    segment++;
    n--;
  }
  return arena_copy(arena, segment, n);
}

static bool parameter_add(struct fields *parameters, struct arena *arena, const char *name,
                          const char *value, size_t n)
{
  size_t length;
  char *decoded = percent_decode(arena, value, n, false, &length);
  if (strlen(decoded) != length) {
    return false;
  }
  fields_add(parameters, arena, name, decoded);
  return true;
}

static bool segment_equals(struct arena *arena, const char *pattern, size_t n_pattern,
                           const char *path, size_t n_path)
{
  if (n_pattern == n_path && memcmp(pattern, path, n_path) == 0) {
    return true;
  }
  if (!memchr(path, '%', n_path)) {
    return false;
  }
  size_t length;
  char *decoded = percent_decode(arena, path, n_path, false, &length);
  return length == n_pattern && memcmp(decoded, pattern, length) == 0;
}

static enum route_match path_match(const char *pattern, const char *path, struct arena *arena,
                                   struct fields *parameters)
{
  while (*pattern == '/' && *path == '/') {
    pattern++;
    path++;
    size_t n_pattern = strcspn(pattern, "/");
    size_t n_path = strcspn(path, "/");
    bool takes_rest;
    const char *name = parameter_name(arena, pattern, n_pattern, &takes_rest);
    if (n_pattern == 1 && *pattern == '*' && pattern[1] == '\0') {
      name = "*";
      takes_rest = true;
    }
    if (name && takes_rest) {
      return parameter_add(parameters, arena, name, path, strlen(path)) ? ROUTE_MATCH : ROUTE_NUL;
    }
    if (name) {
      if (n_path == 0) {
        return ROUTE_NONE;
      }
      if (!parameter_add(parameters, arena, name, path, n_path)) {
        return ROUTE_NUL;
      }
    } else if (!segment_equals(arena, pattern, n_pattern, path, n_path)) {
      return ROUTE_NONE;
    }
    pattern += n_pattern;
    path += n_path;
  }
  return *pattern == '\0' && *path == '\0' ? ROUTE_MATCH : ROUTE_NONE;
}

enum route_match route_match(const char *pattern, const char *method, const char *raw_path,
                             struct arena *arena, struct fields *parameters)
{
  if (!pattern || *pattern == '\0') {
    return ROUTE_MATCH;
  }
  const char *path = strchr(pattern, '/');
  size_t n_methods = path ? (size_t)(path - pattern) : strlen(pattern);
  while (n_methods > 0 && pattern[n_methods - 1] == ' ') {
    n_methods--;
  }
  struct fields found = {NULL, 0, 0};
  if (path) {
    enum route_match match = path_match(path, raw_path, arena, &found);
    if (match != ROUTE_MATCH) {
      return match;
    }
  }
  bool is_head = strcmp(method, "HEAD") == 0;
  if (n_methods > 0 && !method_is_listed(pattern, n_methods, method) &&
      !(is_head && method_is_listed(pattern, n_methods, "GET"))) {
    return ROUTE_OTHER_METHOD;
  }
  for (size_t i = 0; i < found.n_items; i++) {
    fields_add(parameters, arena, found.items[i].name, found.items[i].value);
  }
  return ROUTE_MATCH;
}

/* Orders patterns: each literal segment counts more than a parameter, that more than a star. */
static unsigned route_weight(const char *pattern)
{
  const char *path = pattern ? strchr(pattern, '/') : NULL;
  unsigned weight = path ? 1 : 0;
  while (path && *path == '/') {
    path++;
    size_t n = strcspn(path, "/");
    bool is_rest = (n == 1 && *path == '*') || (n > 2 && path[n - 2] == '+');
    bool is_parameter = *path == ':' || *path == '{' || *path == '<';
    weight = weight * 3 + (is_rest ? 0U : is_parameter ? 1U : 2U);
    path += n;
  }
  return weight;
}

const struct cleave_function *route_find(const struct cleave_function *functions,
                                         size_t n_functions, const char *method,
                                         const char *raw_path, struct arena *arena,
                                         struct fields *parameters, int *failure)
{
  const struct cleave_function *best = NULL;
  unsigned best_weight = 0;
  *failure = 404;
  for (size_t i = 0; i < n_functions; i++) {
    const struct cleave_function *function = &functions[i];
    if (function->trigger != CLEAVE_HTTP) {
      continue;
    }
    struct fields found = {NULL, 0, 0};
    enum route_match match = route_match(function->key, method, raw_path, arena, &found);
    unsigned weight = route_weight(function->key);
    if (match == ROUTE_MATCH && (!best || weight > best_weight)) {
      best = function;
      best_weight = weight;
      *parameters = found;
    } else if (match == ROUTE_OTHER_METHOD && *failure == 404) {
      *failure = 405;
    } else if (match == ROUTE_NUL) {
      *failure = 400;
    }
  }
  return best;
}
