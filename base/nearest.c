#include "base/nearest.h"

#include <glib.h>
#include <string.h>

#define MAX_LENGTH 64

static unsigned int edit_distance(const char *a, const char *b)
{
  unsigned int rows[3][MAX_LENGTH + 1];
  size_t a_length = strlen(a);
  size_t b_length = strlen(b);
  if (a_length > MAX_LENGTH || b_length > MAX_LENGTH) {
    return G_MAXUINT;
  }
  for (size_t j = 0; j <= b_length; j++) {
    rows[0][j] = (unsigned int)j;
  }
  for (size_t i = 1; i <= a_length; i++) {
    unsigned int *row = rows[i % 3];
    const unsigned int *above = rows[(i - 1) % 3];
    const unsigned int *two_above = rows[(i + 1) % 3];
    row[0] = (unsigned int)i;
    for (size_t j = 1; j <= b_length; j++) {
      char x = g_ascii_tolower(a[i - 1]);
      char y = g_ascii_tolower(b[j - 1]);
      unsigned int best = above[j - 1] + (x != y);
      best = MIN(best, MIN(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && x == g_ascii_tolower(b[j - 2]) && g_ascii_tolower(a[i - 2]) == y) {
        best = MIN(best, two_above[j - 2] + 1);
      }
      row[j] = best;
    }
  }
  return rows[a_length % 3][b_length];
}

const char *nearest_name(const char *name, const char *const *candidates, unsigned int n_candidates)
{
  const char *nearest = NULL;
  unsigned int fewest = G_MAXUINT;
  for (unsigned int i = 0; i < n_candidates; i++) {
    unsigned int n_edits = edit_distance(name, candidates[i]);
    size_t longer = MAX(strlen(name), strlen(candidates[i]));
    if (n_edits < fewest && n_edits * 2 <= longer) {
      fewest = n_edits;
      nearest = candidates[i];
    }
  }
  return nearest;
}
