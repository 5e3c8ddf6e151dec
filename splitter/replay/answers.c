#include "splitter/replay/answers.h"

#include <jansson.h>
#include <string.h>

#define SHOWN 120 /* characters of a value in a difference */
#define DEPTH 200 /* JSON levels that are followed */

struct comparison {
  const struct replay_rules *rules;
  size_t limit;
  GPtrArray *differences;
  bool is_equal;
};

void answer_difference_free(void *pointer)
{
  struct answer_difference *difference = pointer;
  g_free(difference->what);
  g_free(difference->where);
  g_free(difference->left);
  g_free(difference->right);
  g_free(difference);
}

static char *shown(const char *text, size_t n)
{
  g_autofree char *valid = g_utf8_make_valid(text, (gssize)(n > SHOWN * 4 ? SHOWN * 4 : n));
  if (g_utf8_strlen(valid, -1) <= SHOWN) {
    return g_steal_pointer(&valid);
  }
  g_autofree char *cut = g_utf8_substring(valid, 0, SHOWN);
  return g_strconcat(cut, "\xe2\x80\xa6", NULL);
}

static void differ(struct comparison *comparison, const char *what, const char *where,
                   const char *left, size_t n_left, const char *right, size_t n_right)
{
  comparison->is_equal = false;
  if (comparison->differences->len >= comparison->limit) {
    return;
  }
  struct answer_difference *difference = g_new0(struct answer_difference, 1);
  difference->what = g_strdup(what);
  difference->where = g_strdup(where);
  difference->left = shown(left, n_left);
  difference->right = shown(right, n_right);
  g_ptr_array_add(comparison->differences, difference);
}

static void differ_text(struct comparison *comparison, const char *what, const char *where,
                        const char *left, const char *right)
{
  differ(comparison, what, where, left, strlen(left), right, strlen(right));
}

static void differ_json(struct comparison *comparison, const char *where, const json_t *left,
                        const json_t *right)
{
  char *left_text = left ? json_dumps(left, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
  char *right_text = right ? json_dumps(right, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
  differ_text(comparison, "body", where, left_text ? left_text : "(absent)",
              right_text ? right_text : "(absent)");
  free(left_text);
  free(right_text);
}

static bool strings_equal(const struct comparison *comparison, const char *left, const char *right)
{
  if (strcmp(left, right) == 0) {
    return true;
  }
  g_autofree char *a = replay_rules_normalise(comparison->rules, left);
  g_autofree char *b = replay_rules_normalise(comparison->rules, right);
  return strcmp(a, b) == 0;
}

static void compare_json(struct comparison *comparison, const char *path, const json_t *left,
                         const json_t *right, unsigned depth);

static void compare_objects(struct comparison *comparison, const char *path, const json_t *left,
                            const json_t *right, unsigned depth)
{
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)left, name, value)
  {
    g_autofree char *where = g_strconcat(path, ".", name, NULL);
    const json_t *other = json_object_get(right, name);
    if (replay_rules_ignores_member(comparison->rules, where, name)) {
      continue;
    }
    if (other) {
      compare_json(comparison, where, value, other, depth + 1);
    } else {
      differ_json(comparison, where, value, NULL);
    }
  }
  json_object_foreach((json_t *)right, name, value)
  {
    g_autofree char *where = g_strconcat(path, ".", name, NULL);
    if (!json_object_get(left, name) &&
        !replay_rules_ignores_member(comparison->rules, where, name)) {
      differ_json(comparison, where, NULL, value);
    }
  }
}

static void compare_arrays(struct comparison *comparison, const char *path, const json_t *left,
                           const json_t *right, unsigned depth)
{
  size_t n_left = json_array_size(left);
  size_t n_right = json_array_size(right);
  for (size_t i = 0; i < n_left || i < n_right; i++) {
    g_autofree char *where = g_strdup_printf("%s[%zu]", path, i);
    if (i < n_left && i < n_right) {
      compare_json(comparison, where, json_array_get(left, i), json_array_get(right, i), depth + 1);
    } else {
      differ_json(comparison, where, json_array_get(left, i), json_array_get(right, i));
      return; /* what follows is moved, not different */
    }
  }
}

static void compare_json(struct comparison *comparison, const char *path, const json_t *left,
                         const json_t *right, unsigned depth)
{
  if (depth > DEPTH || json_typeof(left) != json_typeof(right)) {
    differ_json(comparison, path, left, right);
  } else if (json_is_object(left)) {
    compare_objects(comparison, path, left, right, depth);
  } else if (json_is_array(left)) {
    compare_arrays(comparison, path, left, right, depth);
  } else if (json_is_string(left)
                 ? !strings_equal(comparison, json_string_value(left), json_string_value(right))
                 : !json_equal(left, right)) {
    differ_json(comparison, path, left, right);
  }
}

static const char *header(const struct answer *answer, const char *name)
{
  struct cleave_fields view = {answer->headers, answer->n_headers};
  return cleave_fields_get(&view, name, true);
}

static json_t *body_json(const struct answer *answer)
{
  const char *type = header(answer, "content-type");
  if (!type || !answer->body || (!strstr(type, "json") && !strstr(type, "JSON"))) {
    return NULL;
  }
  gsize n = 0;
  const char *data = g_bytes_get_data(answer->body, &n);
  return json_loadb(data ? data : "", n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES,
                    NULL);
}

static void compare_bytes(struct comparison *comparison, GBytes *left, GBytes *right)
{
  gsize n_left = 0;
  gsize n_right = 0;
  const char *a = g_bytes_get_data(left, &n_left);
  const char *b = g_bytes_get_data(right, &n_right);
  a = a ? a : "";
  b = b ? b : "";
  if (comparison->rules->patterns->len > 0 && !memchr(a, '\0', n_left) &&
      !memchr(b, '\0', n_right)) {
    g_autofree char *left_text = g_strndup(a, n_left);
    g_autofree char *right_text = g_strndup(b, n_right);
    if (strings_equal(comparison, left_text, right_text)) {
      return;
    }
  }
  gsize i = 0;
  while (i < n_left && i < n_right && a[i] == b[i]) {
    i++;
  }
  g_autofree char *where = g_strdup_printf("byte %zu", i + 1);
  differ(comparison, "body", where, a + i, n_left - i, b + i, n_right - i);
}

static void compare_bodies(struct comparison *comparison, const struct answer *left,
                           const struct answer *right)
{
  json_t *a = body_json(left);
  json_t *b = body_json(right);
  if (a && b) {
    compare_json(comparison, "$", a, b, 0);
  } else {
    compare_bytes(comparison, left->body, right->body);
  }
  json_decref(a);
  json_decref(b);
}

/* All values of a header, in their order, with line feeds between them; NULL when there are none.
 */
static char *values(const struct answer *answer, const char *name)
{
  GString *text = NULL;
  for (size_t i = 0; i < answer->n_headers; i++) {
    if (g_ascii_strcasecmp(answer->headers[i].name, name) == 0) {
      text = text ? g_string_append_c(text, '\n') : g_string_new(NULL);
      g_string_append(text, answer->headers[i].value);
    }
  }
  return text ? g_string_free(text, FALSE) : NULL;
}

static void compare_header(struct comparison *comparison, const char *name,
                           const struct answer *left, const struct answer *right)
{
  g_autofree char *a = values(left, name);
  g_autofree char *b = values(right, name);
  if (!a || !b || !strings_equal(comparison, a, b)) {
    differ_text(comparison, "header", name, a ? a : "(absent)", b ? b : "(absent)");
  }
}

static bool is_first(const struct answer *answer, size_t index)
{
  for (size_t i = 0; i < index; i++) {
    if (g_ascii_strcasecmp(answer->headers[i].name, answer->headers[index].name) == 0) {
      return false;
    }
  }
  return true;
}

static void compare_headers(struct comparison *comparison, const struct answer *left,
                            const struct answer *right)
{
  for (size_t i = 0; i < left->n_headers; i++) {
    const char *name = left->headers[i].name;
    if (is_first(left, i) && !replay_rules_ignores_header(comparison->rules, name)) {
      compare_header(comparison, name, left, right);
    }
  }
  for (size_t i = 0; i < right->n_headers; i++) {
    const char *name = right->headers[i].name;
    if (is_first(right, i) && !header(left, name) &&
        !replay_rules_ignores_header(comparison->rules, name)) {
      compare_header(comparison, name, left, right);
    }
  }
}

static const char *why_absent(const struct answer *answer)
{
  return answer->body ? g_bytes_get_data(answer->body, NULL) : "no answer";
}

enum answer_verdict answers_compare(const struct answer *left, const struct answer *right,
                                    const struct replay_rules *rules, size_t limit,
                                    GPtrArray *differences)
{
  struct comparison comparison = {rules, limit, differences, true};
  if (left->status == 0 || right->status == 0) {
    g_autofree char *a = g_strdup_printf("%d", left->status);
    g_autofree char *b = g_strdup_printf("%d", right->status);
    differ_text(&comparison, "no answer", "", left->status == 0 ? why_absent(left) : a,
                right->status == 0 ? why_absent(right) : b);
    return ANSWERS_DIFFERENT;
  }
  if (left->status != right->status) {
    g_autofree char *a = g_strdup_printf("%d", left->status);
    g_autofree char *b = g_strdup_printf("%d", right->status);
    differ_text(&comparison, "status", "", a, b);
  }
  compare_headers(&comparison, left, right);
  bool is_identical = !left->body || !right->body || g_bytes_equal(left->body, right->body);
  if (!is_identical) {
    compare_bodies(&comparison, left, right);
  }
  if (!comparison.is_equal) {
    return ANSWERS_DIFFERENT;
  }
  return is_identical ? ANSWERS_IDENTICAL : ANSWERS_EQUAL;
}

/* The value of the cookie that HEADER sets, and its name's length. */
static char *cookie_value(const char *header, size_t *n_name)
{
  *n_name = strcspn(header, "=;");
  const char *value = header[*n_name] == '=' ? header + *n_name + 1 : "";
  return g_strndup(value, strcspn(value, ";"));
}

static void carry_cookies(const struct answer *left, const struct answer *right,
                          void (*visit)(const char *, const char *, void *), void *data)
{
  for (size_t i = 0; i < left->n_headers; i++) {
    if (g_ascii_strcasecmp(left->headers[i].name, "set-cookie") != 0) {
      continue;
    }
    size_t n_name = 0;
    g_autofree char *a = cookie_value(left->headers[i].value, &n_name);
    for (size_t j = 0; j < right->n_headers; j++) {
      if (g_ascii_strcasecmp(right->headers[j].name, "set-cookie") == 0 &&
          strncmp(left->headers[i].value, right->headers[j].value, n_name + 1) == 0) {
        g_autofree char *b = cookie_value(right->headers[j].value, &n_name);
        if (a[0] != '\0' && strcmp(a, b) != 0) {
          visit(a, b, data);
        }
      }
    }
  }
}

static char *scalar_text(const json_t *value)
{
  if (json_is_string(value)) {
    return g_strdup(json_string_value(value));
  }
  return json_is_integer(value) ? g_strdup_printf("%lld", (long long)json_integer_value(value))
                                : NULL;
}

static void carry_json(const json_t *left, const json_t *right, const struct replay_rules *rules,
                       void (*visit)(const char *, const char *, void *), void *data,
                       unsigned depth)
{
  if (depth > DEPTH) {
    return;
  }
  const char *name;
  json_t *value;
  size_t index;
  json_array_foreach(left, index, value)
  {
    carry_json(value, json_array_get(right, index), rules, visit, data, depth + 1);
  }
  json_object_foreach((json_t *)left, name, value)
  {
    const json_t *other = json_object_get(right, name);
    g_autofree char *a = replay_rules_carries(rules, name) ? scalar_text(value) : NULL;
    g_autofree char *b = a ? scalar_text(other) : NULL;
    if (a && b && a[0] != '\0' && strcmp(a, b) != 0) {
      visit(a, b, data);
    }
    carry_json(value, other, rules, visit, data, depth + 1);
  }
}

void answers_carry(const struct answer *left, const struct answer *right,
                   const struct replay_rules *rules,
                   void (*visit)(const char *left, const char *right, void *data), void *data)
{
  carry_cookies(left, right, visit, data);
  if (rules->carry->len > 0) {
    json_t *a = body_json(left);
    json_t *b = body_json(right);
    carry_json(a, b, rules, visit, data, 0);
    json_decref(a);
    json_decref(b);
  }
}
