/* Schedules: what is due when, and what is refused. */
#include <glib.h>

#include "splitter/host/schedule.h"

static int64_t milliseconds(const char *text)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
  g_assert_nonnull(time);
  return g_date_time_to_unix(time) * 1000;
}

static void test_next(void)
{
  static const struct {
    const char *schedule, *after, *next;
  } cases[] = {
      {"0 2 * * *", "2026-11-23T01:59:59Z", "2026-11-23T02:00:00Z"},
      {"0 2 * * *", "2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"},
      {"*/15 * * * *", "2026-11-23T10:07:00Z", "2026-11-23T10:15:00Z"},
      {"5,10-12 9-17/4 * * *", "2026-11-23T09:12:00Z", "2026-11-23T13:05:00Z"},
      {"0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"0 0 31 * *", "2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"},
      {"0 9 * * mon-fri", "2026-11-20T10:00:00Z", "2026-11-23T09:00:00Z"},
      {"0 0 13 * 5", "2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z"}, /* a Friday, not the 13th */
      {"0 0 * * 7", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"},
      {"@daily", "2026-12-31T12:00:00Z", "2027-01-01T00:00:00Z"},
      {"@monthly", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"},
      {"cron(0 10 ? * MON-FRI *)", "2026-11-21T00:00:00Z", "2026-11-23T10:00:00Z"},
      {"cron(15 12 * * ? *)", "2026-11-23T12:15:00Z", "2026-11-24T12:15:00Z"},
      {"cron(0 8 1 * ? 2027)", "2026-11-23T00:00:00Z", "2027-01-01T08:00:00Z"},
      {"cron(0 0 ? * 1 *)", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"},
      {"rate(5 minutes)", "2026-11-23T10:00:00Z", "2026-11-23T10:05:00Z"},
      {"rate(1 hour)", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"},
      {"60s", "2026-11-23T10:00:00Z", "2026-11-23T10:01:00Z"},
      {"2h", "2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    struct schedule schedule;
    g_assert_true(schedule_parse(&schedule, cases[i].schedule, &error));
    g_assert_no_error(error);
    g_test_message("%s", cases[i].schedule);
    g_assert_cmpint(schedule_next(&schedule, milliseconds(cases[i].after)), ==,
                    milliseconds(cases[i].next));
  }
}

static void test_never(void)
{
  struct schedule schedule;
  g_assert_true(schedule_parse(&schedule, "0 0 30 2 *", NULL));
  g_assert_cmpint(schedule_next(&schedule, milliseconds("2026-11-23T00:00:00Z")), ==, 0);
  g_assert_true(schedule_parse(&schedule, "cron(0 0 1 1 ? 2020)", NULL));
  g_assert_cmpint(schedule_next(&schedule, milliseconds("2026-11-23T00:00:00Z")), ==, 0);
}

static void test_refused(void)
{
  static const char *const texts[] = {"",
                                      "nightly-report",
                                      "* * * *",
                                      "* * * * * *",
                                      "60 * * * *",
                                      "* 24 * * *",
                                      "* * 0 * *",
                                      "* * * 13 *",
                                      "* * * * 8",
                                      "5-1 * * * *",
                                      "*/0 * * * *",
                                      ", * * * *",
                                      "cron(0 10 * * ?)",
                                      "cron(0 10 L * ? *)",
                                      "cron(0 10 ? * 2#1 *)",
                                      "rate(0 minutes)",
                                      "rate(5 fortnights)",
                                      "-5s",
                                      "5"};
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    struct schedule schedule;
    g_test_message("%s", texts[i]);
    g_assert_false(schedule_parse(&schedule, texts[i], &error));
    g_assert_error(error, SCHEDULE_ERROR, 0);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/schedule/next", test_next);
  g_test_add_func("/schedule/never", test_never);
  g_test_add_func("/schedule/refused", test_refused);
  return g_test_run();
}
