#include "splitter/replay/exact.h"

#include <string.h>

#include "splitter/replay/answers.h"

#define SHOWN 160 /* characters of a value in a difference */

struct comparison {
  size_t limit;
  GPtrArray *differences;
  size_t n;
};

static char *shown(const json_t *value)
{
  if (!value) {
    return g_strdup("(absent)");
  }
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (!text) {
    return g_strdup("(no text)");
  }
  char *copy = NULL;
  if (g_utf8_strlen(text, -1) > SHOWN) {
    g_autofree char *cut = g_utf8_substring(text, 0, SHOWN);
    copy = g_strconcat(cut, "\xe2\x80\xa6", NULL);
  } else {
    copy = g_strdup(text);
  }
  free(text);
  return copy;
}

static void differ(struct comparison *comparison, const char *path, const json_t *original,
                   const json_t *function)
{
  if (comparison->n++ >= comparison->limit) {
    return;
  }
  struct answer_difference *difference = g_new0(struct answer_difference, 1);
  difference->what = g_strdup("value");
  difference->where = g_strdup(*path ? path : "the answer");
  difference->left = shown(original);
  difference->right = shown(function);
  g_ptr_array_add(comparison->differences, difference);
}

static bool same_bits(double left, double right)
{
  return memcmp(&left, &right, sizeof left) == 0;
}

static bool same_text(const json_t *left, const json_t *right)
{
  return json_string_length(left) == json_string_length(right) &&
         memcmp(json_string_value(left), json_string_value(right), json_string_length(left)) == 0;
}

static bool same_leaf(const json_t *left, const json_t *right)
{
  if (json_typeof(left) != json_typeof(right)) {
    return false;
  }
  switch (json_typeof(left)) {
  case JSON_REAL:
    return same_bits(json_real_value(left), json_real_value(right));
  case JSON_INTEGER:
    return json_integer_value(left) == json_integer_value(right);
  case JSON_STRING:
    return same_text(left, right);
  default:
    return true;
  }
}

static void compare(struct comparison *comparison, const char *path, const json_t *original,
                    const json_t *function);

static void compare_objects(struct comparison *comparison, const char *path, const json_t *original,
                            const json_t *function)
{
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)original, name, value)
  {
    g_autofree char *inner = g_strconcat(path, *path ? "." : "", name, NULL);
    compare(comparison, inner, value, json_object_get(function, name));
  }
  json_object_foreach((json_t *)function, name, value)
  {
    g_autofree char *inner = g_strconcat(path, *path ? "." : "", name, NULL);
    if (!json_object_get(original, name)) {
      differ(comparison, inner, NULL, value);
    }
  }
}

static void compare_arrays(struct comparison *comparison, const char *path, const json_t *original,
                           const json_t *function)
{
  size_t n = MIN(json_array_size(original), json_array_size(function));
  for (size_t i = 0; i < n; i++) {
    g_autofree char *inner = g_strdup_printf("%s[%zu]", path, i);
    compare(comparison, inner, json_array_get(original, i), json_array_get(function, i));
  }
  if (json_array_size(original) != json_array_size(function)) {
    g_autofree char *inner = g_strdup_printf("%s[%zu]", path, n);
    differ(comparison, inner, json_array_get(original, n), json_array_get(function, n));
  }
}

static void compare(struct comparison *comparison, const char *path, const json_t *original,
                    const json_t *function)
{
  if (json_is_object(original) && json_is_object(function)) {
    compare_objects(comparison, path, original, function);
  } else if (json_is_array(original) && json_is_array(function)) {
    compare_arrays(comparison, path, original, function);
  } else if (!function || !same_leaf(original, function)) {
    differ(comparison, path, original, function);
  }
}

size_t exact_compare(const json_t *original, const json_t *function, size_t limit,
                     GPtrArray *differences)
{
  struct comparison comparison = {limit, differences, 0};
  compare(&comparison, "", original, function);
  return comparison.n;
}
