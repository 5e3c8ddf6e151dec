#include "splitter/host/schedule.h"

#include <string.h>
#include <time.h>

G_DEFINE_QUARK(cleave - schedule - error, schedule_error)

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/* How one field is read. */
struct field {
  const char *name;
  unsigned low;
  unsigned high;
  const char *const *names; /* of LOW + i, or NULL */
  size_t n_names;
};

static bool refuse(GError **error, const char *text, const char *why)
{
  g_set_error(error, SCHEDULE_ERROR, 0, "'%s' is no schedule: %s", text, why);
  return false;
}

static bool read_value(const struct field *field, const char *text, unsigned *value)
{
  for (size_t i = 0; i < field->n_names; i++) {
    if (g_ascii_strcasecmp(text, field->names[i]) == 0) {
      *value = field->low + (unsigned)i;
      return true;
    }
  }
  guint64 number = 0;
  if (!g_ascii_string_to_unsigned(text, 10, field->low, field->high, &number, NULL)) {
    return false;
  }
  *value = (unsigned)number;
  return true;
}

/* One element of a list: star, N, N-M, each with /STEP. */
static bool read_element(const struct field *field, const char *text, uint64_t *set)
{
  g_auto(GStrv) parts = g_strsplit(text, "/", 2);
  guint64 step = 1;
  if (!parts[0] || parts[0][0] == '\0') {
    return false;
  }
  if (parts[1] && !g_ascii_string_to_unsigned(parts[1], 10, 1, field->high, &step, NULL)) {
    return false;
  }
  unsigned first = field->low;
  unsigned last = field->high;
  if (strcmp(parts[0], "*") != 0) {
    g_auto(GStrv) ends = g_strsplit(parts[0], "-", 2);
    if (!read_value(field, ends[0], &first)) {
      return false;
    }
    last = parts[1] ? field->high : first;
    if (ends[1] && (!read_value(field, ends[1], &last) || last < first)) {
      return false;
    }
  }
  for (unsigned i = first; i <= last; i += (unsigned)step) {
    *set |= UINT64_C(1) << i;
  }
  return true;
}

static bool read_field(const struct field *field, const char *text, uint64_t *set)
{
  g_auto(GStrv) elements = g_strsplit(text, ",", -1);
  *set = 0;
  for (char **element = elements; *element; element++) {
    if (!read_element(field, *element, set)) {
      return false;
    }
  }
  return *set != 0;
}

static bool is_any(const char *text)
{
  return strcmp(text, "*") == 0 || strcmp(text, "?") == 0;
}

static bool read_years(struct schedule *schedule, const char *text)
{
  if (is_any(text)) {
    return true;
  }
  g_auto(GStrv) ends = g_strsplit(text, "-", 2);
  guint64 first = 0;
  guint64 last = 0;
  if (!g_ascii_string_to_unsigned(ends[0], 10, 1970, 2199, &first, NULL) ||
      (ends[1] && !g_ascii_string_to_unsigned(ends[1], 10, first, 2199, &last, NULL))) {
    return false;
  }
  schedule->first_year = (int)first;
  schedule->last_year = ends[1] ? (int)last : (int)first;
  return true;
}

/* FIELDS: minute, hour, day, month, weekday and, on AWS, year. */
static bool read_fields(struct schedule *schedule, char **fields, bool is_aws, const char *text,
                        GError **error)
{
  const struct field minute = {"minute", 0, 59, NULL, 0};
  const struct field hour = {"hour", 0, 23, NULL, 0};
  const struct field day = {"day", 1, 31, NULL, 0};
  const struct field month = {"month", 1, 12, month_names, G_N_ELEMENTS(month_names)};
  const struct field weekday = {"weekday", is_aws ? 1 : 0, 7, weekday_names,
                                G_N_ELEMENTS(weekday_names)};
  const struct field *const all[] = {&minute, &hour, &day, &month, &weekday};
  uint64_t sets[G_N_ELEMENTS(all)];
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
    const char *field = is_aws && strcmp(fields[i], "?") == 0 ? "*" : fields[i];
    if (!read_field(all[i], field, &sets[i])) {
      g_autofree char *why = g_strdup_printf("'%s' is no %s", fields[i], all[i]->name);
      return refuse(error, text, why);
    }
  }
  schedule->minutes = sets[0];
  schedule->hours = (uint32_t)sets[1];
  schedule->days = (uint32_t)sets[2];
  schedule->months = (uint32_t)sets[3];
  schedule->weekdays = (uint32_t)(is_aws ? sets[4] >> 1 : (sets[4] | sets[4] >> 7) & 0x7f);
  schedule->is_any_day = is_any(fields[2]);
  schedule->is_any_weekday = is_any(fields[4]);
  return !is_aws || read_years(schedule, fields[5]) || refuse(error, text, "the year is wrong");
}

static bool read_cron(struct schedule *schedule, const char *fields_text, bool is_aws,
                      const char *text, GError **error)
{
  g_autofree char *copy = g_strdup(fields_text);
  g_auto(GStrv) words = g_strsplit_set(g_strstrip(copy), " \t", -1);
  g_autoptr(GPtrArray) fields = g_ptr_array_new();
  for (char **word = words; *word; word++) {
    if ((*word)[0] != '\0') {
      g_ptr_array_add(fields, *word);
    }
  }
  if (fields->len != (is_aws ? 6 : 5)) {
    return refuse(error, text, is_aws ? "cron() needs six fields" : "it needs five fields");
  }
  return read_fields(schedule, (char **)fields->pdata, is_aws, text, error);
}

/* N and a unit: "90s", "5 minutes". */
static bool read_rate(struct schedule *schedule, const char *text)
{
  static const struct {
    const char *unit;
    int64_t ms;
  } units[] = {{"ms", 1},         {"s", 1000},        {"second", 1000},   {"seconds", 1000},
               {"m", 60000},      {"minute", 60000},  {"minutes", 60000}, {"h", 3600000},
               {"hour", 3600000}, {"hours", 3600000}, {"d", 86400000},    {"day", 86400000},
               {"days", 86400000}};
  char *end = NULL;
  guint64 number = g_ascii_strtoull(text, &end, 10);
  if (!g_ascii_isdigit(text[0]) || number == 0 || number > 1000000000) {
    return false;
  }
  end += strspn(end, " ");
  for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
    if (strcmp(end, units[i].unit) == 0) {
      schedule->period_ms = (int64_t)number * units[i].ms;
      return true;
    }
  }
  return false;
}

bool schedule_parse(struct schedule *schedule, const char *text, GError **error)
{
  static const struct {
    const char *name;
    const char *fields;
  } names[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
               {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
               {"@annually", "0 0 1 1 *"}};
  *schedule = (struct schedule){0};
  size_t n = strlen(text);
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(text, names[i].name) == 0) {
      return read_cron(schedule, names[i].fields, false, text, error);
    }
  }
  if (g_str_has_prefix(text, "cron(") && text[n - 1] == ')') {
    g_autofree char *fields = g_strndup(text + 5, n - 6);
    return read_cron(schedule, fields, true, text, error);
  }
  if (g_str_has_prefix(text, "rate(") && text[n - 1] == ')') {
    g_autofree char *rate = g_strndup(text + 5, n - 6);
    return read_rate(schedule, rate) || refuse(error, text, "the rate is wrong");
  }
  return read_rate(schedule, text) || read_cron(schedule, text, false, text, error);
}

static bool fits_day(const struct schedule *schedule, const struct tm *time)
{
  bool is_day = (schedule->days >> time->tm_mday & 1) != 0;
  bool is_weekday = (schedule->weekdays >> time->tm_wday & 1) != 0;
  if (!(schedule->months >> (time->tm_mon + 1) & 1)) {
    return false;
  }
  int year = time->tm_year + 1900;
  if (schedule->first_year > 0 && (year < schedule->first_year || year > schedule->last_year)) {
    return false;
  }
  /* As crontab(5) has it: where both fields say something, one of them is enough. */
  return schedule->is_any_day       ? is_weekday
         : schedule->is_any_weekday ? is_day
                                    : is_day || is_weekday;
}

int64_t schedule_next(const struct schedule *schedule, int64_t after_ms)
{
  if (schedule->period_ms > 0) {
    return after_ms + schedule->period_ms;
  }
  time_t first = (time_t)(after_ms / 60000 + 1) * 60;
  for (int day = 0; day < 3660; day++) {
    time_t begin = day == 0 ? first : (first / 86400 + day) * 86400;
    struct tm time;
    gmtime_r(&begin, &time);
    if (!fits_day(schedule, &time)) {
      continue;
    }
    for (int minute = time.tm_hour * 60 + time.tm_min; minute < 1440; minute++) {
      if ((schedule->hours >> (minute / 60) & 1) != 0 &&
          (schedule->minutes >> (minute % 60) & 1) != 0) {
        return ((int64_t)(begin / 86400) * 1440 + minute) * 60000;
      }
    }
  }
  return 0;
}
