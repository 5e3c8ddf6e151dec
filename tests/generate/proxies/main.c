/* Reads one command per line and prints what came of it: the same answers, wherever it is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prices.h"

static void total_of(const char *country, size_t n)
{
  struct line lines[4] = {{2, 1234, "shoe", GRADE_PLAIN},
                          {1, INT64_C(9007199254740993), "\303\244tna", GRADE_FINE},
                          {3, -7, "", GRADE_PLAIN},
                          {1, 1, "last", GRADE_FINE}};
  struct total total = {1, 2, 3, 4};
  errno = 0;
  int result = price_total(lines, n, country, &total);
  int saved = errno;
  printf("total %d errno %d: %" PRId64 " %a %a %u\n", result, saved, total.cents, total.rate,
         (double)total.share, total.n_lines);
}

static void scale(int factor)
{
  int numbers[5] = {1, 2, 3, 4, 2147483};
  int result = scale_all(numbers, 5, factor);
  printf("scale %d:", result);
  for (int i = 0; i < 5; i++)
    printf(" %d", numbers[i]);
  printf("\n");
}

int main(void)
{
  char line[128];
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin)) {
    char word[32] = "", text[64] = "";
    int number = 0;
    sscanf(line, "%31s %63s %d", word, text, &number);
    if (strcmp(word, "total") == 0) {
      total_of(text, (size_t)number);
    } else if (strcmp(word, "label") == 0) {
      char *label = price_label(text, number / 8.0);
      printf("label %s errno %d\n", label ? label : "(none)", label ? 0 : errno);
      free(label);
    } else if (strcmp(word, "zone") == 0) {
      const char *zone = price_zone(number);
      printf("zone %s\n", zone ? zone : "(none)");
    } else if (strcmp(word, "scale") == 0) {
      scale(number);
    } else if (strcmp(word, "fill") == 0) {
      char room[12] = "untouched";
      errno = 0;
      int result = fill_text(room, sizeof room, number);
      printf("fill %d errno %d: %s\n", result, errno, room);
    } else if (strcmp(word, "halve") == 0) {
      printf("halve %a\n", halve(atof(text)));
    } else if (strcmp(word, "click") == 0) {
      errno = 0;
      note_click(text, number);
      printf("click errno %d\n", errno);
    } else if (strcmp(word, "clicks") == 0) {
      printf("clicks %ld\n", clicks_so_far());
    }
  }
  return 0;
}
