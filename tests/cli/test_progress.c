/* The progress line: rate, remaining time, hostile names, narrow terminals. */
#include "cli/progress.h"

struct line_case {
  uint64_t done;
  uint64_t total;
  double seconds;
  const char *current;
  unsigned width;
  const char *expected;
  double waited;
};

static const struct line_case line_cases[] = {
    {0, 130, 1, NULL, 0, "analyzing  0/130 files  0 %", 0},
    {65, 130, 13, NULL, 0, "analyzing  65/130 files  50 %  5.0/s  13 s left", 0},
    {65, 130, 13, NULL, 0, "analyzing  65/130 files  50 %  5.0/s  9 s left", 4},
    {65, 130, 13, NULL, 0, "analyzing  65/130 files  50 %  5.0/s  0 s left", 40},
    {130, 130, 2, NULL, 0, "analyzing  130/130 files  100 %  65/s", 0},
    {1, 131, 1, NULL, 0, "analyzing  1/131 files  0 %  1.0/s  2 min 10 s left", 0},
    {1, 7501, 1, NULL, 0, "analyzing  1/7501 files  0 %  1.0/s  2 h 5 min left", 0},
    {7, 0, 2, NULL, 0, "analyzing  7 files  3.5/s", 0},
    {0, 2, 0, "src/a\033[2J\n.c", 0, "analyzing  0/2 files  0 %  src/a\\x1b[2J .c", 0},
    {0, 2, 0, "src/long-name.c", 20, "analyzing  0/2 files", 0},
};

static void test_line(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(line_cases); i++) {
    const struct line_case *c = &line_cases[i];
    g_autofree char *line = progress_line("analyzing", "files", c->done, c->total, c->seconds,
                                          c->waited, c->current, c->width);
    g_assert_cmpstr(line, ==, c->expected);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/progress/line", test_line);
  return g_test_run();
}
