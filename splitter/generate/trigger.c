#include "splitter/generate/trigger.h"

#include <stdbool.h>
#include <string.h>

#include "splitter/host/schedule.h"

/* 2020-01-01: what never comes does not depend on today. */
#define SOME_DAY_MS INT64_C(1577836800000)

void route_split(const char *key, char **method, char **path)
{
  const char *space = strchr(key, ' ');
  const char *rest = space && *key != '/' ? space + 1 : key;
  *method = space && *key != '/' ? g_strndup(key, (gsize)(space - key)) : g_strdup("ANY");
  GString *out = g_string_new(NULL);
  g_auto(GStrv) parts = g_strsplit(*rest == '/' ? rest + 1 : rest, "/", -1);
  for (size_t i = 0; parts[i]; i++) {
    const char *part = parts[i];
    g_string_append_c(out, '/');
    if (*part == ':') {
      g_string_append_printf(out, "{%s}", part + 1);
    } else if (strcmp(part, "*") == 0) {
      g_string_append(out, "{proxy+}");
    } else {
      g_string_append(out, part);
    }
  }
  if (out->len == 0) {
    g_string_append_c(out, '/');
  }
  *path = g_string_free(out, FALSE);
}

char *route_key(const char *key)
{
  const char *space = strchr(key, ' ');
  const char *path = space && *key != '/' ? space + 1 : key;
  while (*path == ' ') {
    path++;
  }
  if (*path == '/' || *path == '\0' || *path == '*') {
    return g_strdup(key);
  }
  return g_strdup_printf("%.*s/%s", (int)(path - key), key, path);
}

static char *pattern_of(const char *path)
{
  GString *out = g_string_new(NULL);
  for (const char *c = path; *c; c++) {
    g_string_append_c(out, *c);
    if (*c == '{' && !g_str_has_prefix(c, "{proxy+}")) {
      c += strcspn(c, "}/");
      g_string_append(out, *c == '}' ? "}" : "");
      c -= *c != '}';
    }
  }
  return g_string_free(out, FALSE);
}

bool routes_meet(const char *one, const char *other)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *first_path = NULL;
  g_autofree char *second_path = NULL;
  route_split(one, &first, &first_path);
  route_split(other, &second, &second_path);
  g_autofree char *first_pattern = pattern_of(first_path);
  g_autofree char *second_pattern = pattern_of(second_path);
  if (strcmp(first_pattern, second_pattern) != 0) {
    return false;
  }
  g_auto(GStrv) methods = g_strsplit(first, ",", -1);
  g_auto(GStrv) others = g_strsplit(second, ",", -1);
  for (size_t i = 0; methods[i]; i++) {
    if (g_strv_contains((const char *const *)others, methods[i])) {
      return true;
    }
  }
  return false;
}

/* A number of seconds: "60", "60s", "5m", "1h", "2d"; 0 when it is none. */
static gint64 seconds_of(const char *key)
{
  char *end = NULL;
  gint64 n = g_ascii_strtoll(key, &end, 10);
  if (end == key || n <= 0) {
    return 0;
  }
  while (*end == ' ') {
    end++;
  }
  gint64 unit = *end == '\0' || *end == 's' ? 1
                : *end == 'm'               ? 60
                : *end == 'h'               ? 3600
                : *end == 'd'               ? 86400
                                            : 0;
  return n * unit;
}

static char *rate_of(gint64 seconds)
{
  gint64 minutes = MAX(1, (seconds + 30) / 60);
  if (minutes % 1440 == 0) {
    return g_strdup_printf("rate(%" G_GINT64_FORMAT " day%s)", minutes / 1440,
                           minutes == 1440 ? "" : "s");
  }
  if (minutes % 60 == 0) {
    return g_strdup_printf("rate(%" G_GINT64_FORMAT " hour%s)", minutes / 60,
                           minutes == 60 ? "" : "s");
  }
  return g_strdup_printf("rate(%" G_GINT64_FORMAT " minute%s)", minutes, minutes == 1 ? "" : "s");
}

/* AWS numbers the days of the week from 1 (Sunday); cron from 0. Names stay. */
static char *aws_weekday(const char *field)
{
  GString *out = g_string_new(NULL);
  for (const char *c = field; *c; c++) {
    bool is_step = c > field && c[-1] == '/';
    if (g_ascii_isdigit(*c) && !is_step) {
      g_string_append_printf(out, "%d", (*c - '0') % 7 + 1);
    } else {
      g_string_append_c(out, *c);
    }
  }
  return g_string_free(out, FALSE);
}

char *schedule_problem(const char *key)
{
  g_autoptr(GError) error = NULL;
  struct schedule schedule;
  if (!schedule_parse(&schedule, key, &error)) {
    return g_strdup(error->message);
  }
  return schedule_next(&schedule, SOME_DAY_MS) == 0
             ? g_strdup_printf("'%s' is never due: no such day comes", key)
             : NULL;
}

char *aws_schedule(const char *key)
{
  static const char *const names[][2] = {
      {"@hourly", "rate(1 hour)"},        {"@daily", "cron(0 0 * * ? *)"},
      {"@midnight", "cron(0 0 * * ? *)"}, {"@weekly", "cron(0 0 ? * 1 *)"},
      {"@monthly", "cron(0 0 1 * ? *)"},  {"@yearly", "cron(0 0 1 1 ? *)"}};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(key, names[i][0]) == 0) {
      return g_strdup(names[i][1]);
    }
  }
  if (g_str_has_prefix(key, "rate(") || g_str_has_prefix(key, "cron(")) {
    return g_strdup(key);
  }
  g_auto(GStrv) fields = g_strsplit(key, " ", -1);
  if (g_strv_length(fields) == 5) {
    g_autofree char *problem = schedule_problem(key);
    if (problem) {
      return NULL;
    }
    /* One of day of month and day of week must be '?'. */
    g_autofree char *weekday = aws_weekday(fields[4]);
    bool any_weekday = strcmp(fields[4], "*") == 0;
    return g_strdup_printf("cron(%s %s %s %s %s *)", fields[0], fields[1],
                           any_weekday ? fields[2] : "?", fields[3], any_weekday ? "?" : weekday);
  }
  gint64 seconds = seconds_of(key);
  return seconds > 0 ? rate_of(seconds) : NULL;
}

char *cron_schedule(const char *key)
{
  static const char *const names[][2] = {{"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},
                                         {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
                                         {"@monthly", "0 0 1 * *"},  {"@yearly", "0 0 1 1 *"}};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(key, names[i][0]) == 0) {
      return g_strdup(names[i][1]);
    }
  }
  g_auto(GStrv) fields = g_strsplit(key, " ", -1);
  if (g_strv_length(fields) == 5) {
    g_autofree char *problem = schedule_problem(key);
    return problem ? NULL : g_strdup(key);
  }
  gint64 minutes = (seconds_of(key) + 30) / 60;
  if (seconds_of(key) <= 0) {
    return NULL;
  }
  if (minutes < 60) {
    return minutes <= 1 ? g_strdup("* * * * *")
                        : g_strdup_printf("*/%" G_GINT64_FORMAT " * * * *", minutes);
  }
  if (minutes < 1440) {
    return g_strdup_printf("0 */%" G_GINT64_FORMAT " * * *", minutes / 60);
  }
  return g_strdup_printf("0 0 */%" G_GINT64_FORMAT " * *", MIN(minutes / 1440, 28));
}
