#include "splitter/matching.h"

#include <string.h>

enum { NONE = -1 };

/* Looks for an augmenting path from ROW, breadth first. */
static gboolean augment(const struct bipartite *graph, guint32 row, gint64 *row_of,
                        gint64 *reached_from, guint32 *seen, guint32 *queue)
{
  guint32 n_queued = 0;
  guint32 mark = row + 1;
  queue[n_queued++] = row;
  for (guint32 head = 0; head < n_queued; head++) {
    guint32 at = queue[head];
    for (guint32 i = graph->first[at]; i < graph->first[at + 1]; i++) {
      guint32 column = graph->column[i];
      if (seen[column] == mark) {
        continue;
      }
      seen[column] = mark;
      reached_from[column] = at;
      if (row_of[column] != NONE) {
        queue[n_queued++] = (guint32)row_of[column];
        continue;
      }
      /* Walk back: each row on the path takes the column that follows it. */
      gint64 free_column = column;
      while (free_column != NONE) {
        gint64 taker = reached_from[free_column];
        gint64 next = NONE;
        for (guint32 j = graph->first[taker]; j < graph->first[taker + 1]; j++) {
          if (row_of[graph->column[j]] == taker) {
            next = graph->column[j];
          }
        }
        row_of[free_column] = taker;
        free_column = taker == row ? NONE : next;
      }
      return TRUE;
    }
  }
  return FALSE;
}

guint32 matching_size(const struct bipartite *graph)
{
  g_autofree gint64 *row_of = g_new(gint64, MAX(graph->n_columns, 1));
  g_autofree gint64 *reached_from = g_new(gint64, MAX(graph->n_columns, 1));
  g_autofree guint32 *seen = g_new0(guint32, MAX(graph->n_columns, 1));
  g_autofree guint32 *queue = g_new(guint32, (gsize)graph->n_rows + 1);
  memset(row_of, 0xff, graph->n_columns * sizeof *row_of);
  guint32 size = 0;
  for (guint32 row = 0; row < graph->n_rows; row++) {
    size += augment(graph, row, row_of, reached_from, seen, queue) ? 1 : 0;
  }
  return size;
}

struct open_row {
  gint64 distance;
  guint32 row;
};

static gint open_row_order(gconstpointer left, gconstpointer right)
{
  const struct open_row *a = left;
  const struct open_row *b = right;
  if (a->distance != b->distance) {
    return a->distance < b->distance ? -1 : 1;
  }
  return a->row < b->row ? -1 : a->row > b->row;
}

/* State of the search for the largest value. Values are turned into losses against LARGEST, which
 * is what a row loses that stays alone. */
struct search {
  const struct bipartite *graph;
  gint64 largest;
  gint64 *row_potential;
  gint64 *column_potential;
  gint64 *row_of;    /* per column */
  gint64 *column_of; /* per row, NONE when alone */
  gint64 *distance;  /* per row */
  gint64 *entered;   /* per row: the column through which the search came */
  gint64 *came_from; /* per column: the row before it */
  guint8 *is_done;   /* per row */
};

static void push_row(GArray *open, gint64 distance, guint32 row)
{
  struct open_row entry = {distance, row};
  g_array_append_val(open, entry);
  for (guint i = open->len - 1; i > 0;) {
    guint up = (i - 1) / 2;
    struct open_row *a = &g_array_index(open, struct open_row, i);
    struct open_row *b = &g_array_index(open, struct open_row, up);
    if (open_row_order(a, b) >= 0) {
      break;
    }
    struct open_row swap = *a;
    *a = *b;
    *b = swap;
    i = up;
  }
}

static struct open_row pop_row(GArray *open)
{
  struct open_row top = g_array_index(open, struct open_row, 0);
  g_array_index(open, struct open_row, 0) = g_array_index(open, struct open_row, open->len - 1);
  g_array_set_size(open, open->len - 1);
  for (guint i = 0;;) {
    guint child = 2 * i + 1;
    if (child >= open->len) {
      break;
    }
    struct open_row *first = &g_array_index(open, struct open_row, child);
    if (child + 1 < open->len && open_row_order(first + 1, first) < 0) {
      child++;
    }
    struct open_row *a = &g_array_index(open, struct open_row, i);
    struct open_row *b = &g_array_index(open, struct open_row, child);
    if (open_row_order(a, b) <= 0) {
      break;
    }
    struct open_row swap = *a;
    *a = *b;
    *b = swap;
    i = child;
  }
  return top;
}

/* Gives ROW its place: the shortest path to a free column, or to a row that is better left alone.
 */
static void place_row(struct search *search, guint32 row)
{
  const struct bipartite *graph = search->graph;
  for (guint32 i = 0; i < graph->n_rows; i++) {
    search->distance[i] = G_MAXINT64;
    search->is_done[i] = 0;
  }
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(struct open_row));
  search->distance[row] = 0;
  search->entered[row] = NONE;
  push_row(open, 0, row);
  gint64 best = G_MAXINT64;
  gint64 end_row = NONE;
  gint64 end_column = NONE;
  while (open->len > 0) {
    struct open_row at = pop_row(open);
    if (search->is_done[at.row] || at.distance >= best) {
      continue;
    }
    search->is_done[at.row] = 1;
    gint64 alone = at.distance + search->largest - search->row_potential[at.row];
    if (alone < best) {
      best = alone;
      end_row = at.row;
      end_column = NONE;
    }
    for (guint32 i = graph->first[at.row]; i < graph->first[at.row + 1]; i++) {
      guint32 column = graph->column[i];
      gint64 step = search->largest - (gint64)graph->value[i] - search->row_potential[at.row] -
                    search->column_potential[column];
      gint64 distance = at.distance + step;
      gint64 holder = search->row_of[column];
      if (holder == NONE) {
        if (distance < best) {
          best = distance;
          end_row = at.row;
          end_column = column;
        }
      } else if (holder != at.row && distance < search->distance[holder]) {
        search->distance[holder] = distance;
        search->entered[holder] = column;
        search->came_from[column] = at.row;
        push_row(open, distance, (guint32)holder);
      }
    }
  }
  for (guint32 i = 0; i < graph->n_rows; i++) {
    if (search->is_done[i] && search->distance[i] < best) {
      gint64 slack = best - search->distance[i];
      search->row_potential[i] += slack;
      if (search->column_of[i] != NONE) {
        search->column_potential[search->column_of[i]] -= slack;
      }
    }
  }
  while (end_row != NONE) {
    gint64 released = end_row == row ? NONE : search->entered[end_row];
    search->column_of[end_row] = end_column;
    if (end_column != NONE) {
      search->row_of[end_column] = end_row;
    }
    end_row = released == NONE ? NONE : search->came_from[released];
    end_column = released;
  }
}

guint64 matching_value(const struct bipartite *graph)
{
  gsize n_rows = MAX(graph->n_rows, 1);
  gsize n_columns = MAX(graph->n_columns, 1);
  struct search search = {.graph = graph};
  for (guint32 i = 0; i < graph->first[graph->n_rows]; i++) {
    search.largest = MAX(search.largest, (gint64)graph->value[i]);
  }
  g_autofree gint64 *row_potential = search.row_potential = g_new0(gint64, n_rows);
  g_autofree gint64 *column_potential = search.column_potential = g_new0(gint64, n_columns);
  g_autofree gint64 *row_of = search.row_of = g_new(gint64, n_columns);
  g_autofree gint64 *column_of = search.column_of = g_new(gint64, n_rows);
  g_autofree gint64 *distance = search.distance = g_new(gint64, n_rows);
  g_autofree gint64 *entered = search.entered = g_new(gint64, n_rows);
  g_autofree gint64 *came_from = search.came_from = g_new(gint64, n_columns);
  g_autofree guint8 *is_done = search.is_done = g_new0(guint8, n_rows);
  memset(row_of, 0xff, n_columns * sizeof *row_of);
  memset(column_of, 0xff, n_rows * sizeof *column_of);
  for (guint32 row = 0; row < graph->n_rows; row++) {
    place_row(&search, row);
  }
  guint64 value = 0;
  for (guint32 row = 0; row < graph->n_rows; row++) {
    for (guint32 i = graph->first[row]; i < graph->first[row + 1]; i++) {
      if (column_of[row] == (gint64)graph->column[i]) {
        value += graph->value[i];
      }
    }
  }
  return value;
}
