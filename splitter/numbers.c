#include "splitter/numbers.h"

static int compare_numbers(gconstpointer left, gconstpointer right)
{
  guint32 a = *(const guint32 *)left;
  guint32 b = *(const guint32 *)right;
  return a < b ? -1 : a > b;
}

void numbers_sort_distinct(GArray *numbers)
{
  g_array_sort(numbers, compare_numbers);
  guint kept = 0;
  for (guint i = 0; i < numbers->len; i++) {
    guint32 number = g_array_index(numbers, guint32, i);
    if (kept == 0 || g_array_index(numbers, guint32, kept - 1) != number) {
      g_array_index(numbers, guint32, kept++) = number;
    }
  }
  g_array_set_size(numbers, kept);
}
