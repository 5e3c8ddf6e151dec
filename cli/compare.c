/* cleave compare A B: how alike two partitions are. */
#include "splitter/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "reports/rows.h"
#include "reports/text.h"
#include "splitter/plan_reader.h"
#include "splitter/quality.h"

/* A partition and, when its source has them, the dependencies between its items. */
struct side {
  struct grouping *grouping;
  GPtrArray *from; /* char * */
  GPtrArray *to;
};

static void side_clear(struct side *side)
{
  grouping_free(side->grouping);
  g_clear_pointer(&side->from, g_ptr_array_unref);
  g_clear_pointer(&side->to, g_ptr_array_unref);
}

static bool has_sqlite_header(const char *path)
{
  static const char header[] = "SQLite format 3";
  char start[sizeof header] = {0};
  FILE *file = fopen(path, "rbe");
  size_t n = file != NULL ? fread(start, 1, sizeof header, file) : 0;
  if (file != NULL) {
    fclose(file);
  }
  return n == sizeof header && memcmp(start, header, sizeof header) == 0;
}

static bool side_read(struct side *side, const char *path, GError **error)
{
  side->from = g_ptr_array_new_with_free_func(g_free);
  side->to = g_ptr_array_new_with_free_func(g_free);
  if (has_sqlite_header(path)) {
    g_autoptr(store_t) store = store_open(path, STORE_READ, error);
    side->grouping = store == NULL ? NULL : plan_read_grouping(store, PLAN_LEVEL_ROUTINE, error);
    return side->grouping != NULL && plan_read_dependencies(store, side->from, side->to, error);
  }
  struct rsf *rsf = rsf_read(path, error);
  if (rsf == NULL) {
    return false;
  }
  side->grouping = grouping_from_rsf(rsf, path, error);
  for (guint i = 0; i < rsf->depends->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, i);
    g_ptr_array_add(side->from, g_strdup(fact->left));
    g_ptr_array_add(side->to, g_strdup(fact->right));
  }
  rsf_free(rsf);
  return side->grouping != NULL;
}

static int compare_names(const void *left, const void *right)
{
  return strcmp(left, *(const char *const *)right);
}

static bool find_item(const struct grouping *grouping, const char *name, guint32 *item)
{
  char **at =
      bsearch(name, grouping->items->pdata, grouping->items->len, sizeof(char *), compare_names);
  if (at != NULL) {
    *item = (guint32)((gpointer *)at - grouping->items->pdata);
  }
  return at != NULL;
}

static struct quality quality_of_side(const struct grouping *grouping, const GPtrArray *from_names,
                                      const GPtrArray *to_names)
{
  g_autofree guint32 *from = g_new(guint32, MAX(from_names->len, 1));
  g_autofree guint32 *to = g_new(guint32, MAX(from_names->len, 1));
  gsize n_edges = 0;
  for (guint i = 0; i < from_names->len; i++) {
    if (find_item(grouping, g_ptr_array_index(from_names, i), &from[n_edges]) &&
        find_item(grouping, g_ptr_array_index(to_names, i), &to[n_edges])) {
      n_edges++;
    }
  }
  n_edges = quality_distinct_edges(n_edges, from, to);
  struct labelled_edges edges = {grouping->items->len,
                                 grouping->groups->len,
                                 (const guint32 *)(gpointer)grouping->group_of->data,
                                 n_edges,
                                 from,
                                 to,
                                 NULL};
  return quality_of(&edges, 5, 20);
}

struct line {
  const char *key;
  const char *about;
  double a;
  double b;
  bool is_pair; /* has a value for either side */
};

/* The lines as rows, for the writers of tables, JSON and CSV. */
static struct view_rows *rows_of(const struct line *lines, size_t n)
{
  static const char *const columns[] = {"measure", "a", "b", "about", NULL};
  struct view_rows *rows = g_new0(struct view_rows, 1);
  rows->columns = g_strdupv((char **)columns);
  rows->n_columns = G_N_ELEMENTS(columns) - 1;
  rows->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
  rows->n_rows = n;
  rows->strings = g_string_chunk_new(64);
  for (size_t i = 0; i < n; i++) {
    const struct cell cells[] = {
        {.type = CELL_TEXT, .text = lines[i].key},
        {.type = CELL_REAL, .real = lines[i].a},
        {.type = lines[i].is_pair ? CELL_REAL : CELL_TEXT, .real = lines[i].b, .text = ""},
        {.type = CELL_TEXT, .text = lines[i].about},
    };
    g_array_append_vals(rows->cells, cells, G_N_ELEMENTS(cells));
  }
  return rows;
}

static void print_comparison(struct context *context, const struct comparison *result,
                             const struct quality *a, const struct quality *b, bool has_edges)
{
  const struct line lines[] = {
      {"items", "items of A and of B", result->n_a, result->n_b, true},
      {"shared", "items in both", result->n_shared, 0, false},
      {"groups", "groups of A and of B", result->k_a, result->k_b, true},
      {"mojo", "moves and joins from A to B, from B to A", result->mojo_ab, result->mojo_ba, true},
      {"mojofm", "MoJoFM, shared items: A to B, B to A", result->mojofm_ab, result->mojofm_ba,
       true},
      {"mojofm_full", "the same with full group sizes, as arcade_core", result->mojofm_full_ab,
       result->mojofm_full_ba, true},
      {"ari", "adjusted Rand index", result->ari, 0, false},
      {"c2c", "cluster coverage over 0.66: of A, of B", result->c2c_a, result->c2c_b, true},
      {"a2a", "architecture to architecture", result->a2a, 0, false},
      {"turbo_mq", "TurboMQ (Bunch, summed)", a->turbo_mq, b->turbo_mq, true},
      {"turbo_mq_mean", "TurboMQ / groups (ARCADE)", a->turbo_mq_mean, b->turbo_mq_mean, true},
      {"icp", "inter-call percentage (Mono2Micro, ln volume + 1)", a->icp, b->icp, true},
      {"ifn", "interface number (Mono2Micro, crossing pairs / groups)", a->ifn, b->ifn, true},
      {"ned", "non-extreme distribution (groups of 5 to 20)", a->ned, b->ned, true},
      {"sm", "structural modularity (Mono2Micro, ordered pairs)", a->sm, b->sm, true},
      {"sm_unordered", "the same over unordered pairs", a->sm_unordered, b->sm_unordered, true},
  };
  enum { WITHOUT_EDGES = 9 };
  size_t n = has_edges ? G_N_ELEMENTS(lines) : WITHOUT_EDGES;
  const char *format = context_format(context);
  g_autoptr(view_rows) rows = rows_of(lines, n);
  g_autofree char *text = strcmp(format, "json") == 0  ? rows_json(rows, "comparison")
                          : strcmp(format, "csv") == 0 ? rows_csv(rows)
                                                       : text_table(rows, 0, false, NULL);
  fputs(text, context->out);
}

/* Dependencies come from --depends, else from A, else from B. */
static bool read_edges(struct context *context, struct side *edges, GError **error)
{
  const char *path = context_text(context, "depends");
  if (path == NULL) {
    return true;
  }
  struct rsf *rsf = rsf_read(path, error);
  if (rsf == NULL) {
    return false;
  }
  edges->from = g_ptr_array_new_with_free_func(g_free);
  edges->to = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < rsf->depends->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, i);
    g_ptr_array_add(edges->from, g_strdup(fact->left));
    g_ptr_array_add(edges->to, g_strdup(fact->right));
  }
  rsf_free(rsf);
  return true;
}

static int run(struct context *context)
{
  g_autoptr(GError) error = NULL;
  struct side a = {0};
  struct side b = {0};
  struct side edges = {0};
  int code = EXIT_DONE;
  if (!side_read(&a, context->arguments[0], &error) ||
      !side_read(&b, context->arguments[1], &error) || !read_edges(context, &edges, &error)) {
    code = context_fail_with(context, error);
  } else {
    const struct side *given = edges.from != NULL ? &edges : NULL;
    const struct side *source_a = given != NULL ? given : (a.from->len > 0 ? &a : &b);
    const struct side *source_b = given != NULL ? given : (b.from->len > 0 ? &b : &a);
    struct comparison result = comparison_of(a.grouping, b.grouping);
    struct quality quality_a = quality_of_side(a.grouping, source_a->from, source_a->to);
    struct quality quality_b = quality_of_side(b.grouping, source_b->from, source_b->to);
    print_comparison(context, &result, &quality_a, &quality_b, source_a->from->len > 0);
    bool is_same = result.n_a == result.n_shared && result.n_b == result.n_shared &&
                   result.mojo_ab == 0 && result.mojo_ba == 0;
    code = is_same ? EXIT_DONE : EXIT_FINDINGS;
  }
  side_clear(&a);
  side_clear(&b);
  g_clear_pointer(&edges.from, g_ptr_array_unref);
  g_clear_pointer(&edges.to, g_ptr_array_unref);
  return code;
}

static const struct option options[] = {
    {"depends", 0, OPTION_TEXT, "FILE", "dependencies for TurboMQ and its kin (RSF)", NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command compare_command;
const struct command compare_command = {
    .name = "compare",
    .arguments = "A B",
    .min_arguments = 2,
    .max_arguments = 2,
    .summary = "How alike two partitions are",
    .description =
        "A and B are RSF files (contain GROUP ITEM) or stores with a plan; A is the newer or "
        "recovered one, B the older one or the truth. Prints MoJo and MoJoFM in both directions, "
        "ARI, c2c and a2a, and, where dependencies are known (depends lines of either file, a "
        "store's calls, or --depends), TurboMQ, ICP, IFN, NED and SM of either side.\n\n"
        "Exits 0 when the partitions are the same and 1 when they differ.",
    .options = options,
    .formats = "table|json|csv",
    .run = run,
};
