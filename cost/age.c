#include "cost/age.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* A date, or the last day of a month or year. */
static GDate *date_of(const char *text)
{
  unsigned int year = 0;
  unsigned int month = 12;
  unsigned int day = 0;
  int n_read = sscanf(text, "%4u-%2u-%2u", &year, &month, &day);
  if (n_read < 1 || year < 1990 || year > 2200 || month < 1 || month > 12 ||
      !g_ascii_isdigit(text[0])) {
    return NULL;
  }
  unsigned int last = g_date_get_days_in_month((GDateMonth)month, (GDateYear)year);
  if (n_read < 3) {
    day = last;
  }
  return day < 1 || day > last ? NULL
                               : g_date_new_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

bool age_days(const char *as_of, const char *today, int *days)
{
  g_autoptr(GDate) from = date_of(as_of);
  g_autoptr(GDate) to = date_of(today);
  if (from == NULL || to == NULL) {
    return false;
  }
  *days = g_date_days_between(from, to);
  /* "2026" is not in the future while 2026 lasts, nor is "2026-11" in November. */
  if (*days < 0 && strlen(as_of) < strlen("2026-01-01") && g_str_has_prefix(today, as_of)) {
    *days = 0;
  }
  return true;
}
