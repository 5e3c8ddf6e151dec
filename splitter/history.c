#include "splitter/history.h"

#include <git2.h>
#include <stdlib.h>

enum { MOST_COMMITS = 2000, MOST_FILES = 40, FEWEST_TOGETHER = 3 };
static const double least_likeness = 0.25;

struct counting {
  git_repository *repository;
  GHashTable *number;   /* path -> number + 1 */
  guint32 *n_changes;   /* per file */
  GHashTable *together; /* a << 32 | b -> count */
};

static int note_file(const git_diff_delta *delta, float progress, void *payload)
{
  (void)progress;
  struct {
    GHashTable *number;
    GArray *touched;
  } *target = payload;
  gpointer number = g_hash_table_lookup(target->number, delta->new_file.path);
  if (number != NULL) {
    guint32 file = GPOINTER_TO_UINT(number) - 1;
    g_array_append_val(target->touched, file);
  }
  return 0;
}

static void count_files(struct counting *counting, const GArray *touched)
{
  if (touched->len > MOST_FILES) {
    return;
  }
  for (guint i = 0; i < touched->len; i++) {
    guint32 a = g_array_index(touched, guint32, i);
    counting->n_changes[a]++;
    for (guint j = 0; j < i; j++) {
      guint32 b = g_array_index(touched, guint32, j);
      gpointer key = GSIZE_TO_POINTER((gsize)MIN(a, b) << 32 | MAX(a, b));
      gsize count = GPOINTER_TO_SIZE(g_hash_table_lookup(counting->together, key));
      g_hash_table_insert(counting->together, key, GSIZE_TO_POINTER(count + 1));
    }
  }
}

static void count_commit(struct counting *counting, const git_oid *id)
{
  git_commit *commit = NULL;
  git_commit *parent = NULL;
  git_tree *tree = NULL;
  git_tree *before = NULL;
  git_diff *diff = NULL;
  if (git_commit_lookup(&commit, counting->repository, id) == 0 &&
      git_commit_parentcount(commit) <= 1 && git_commit_tree(&tree, commit) == 0) {
    if (git_commit_parentcount(commit) == 1 && git_commit_parent(&parent, commit, 0) == 0) {
      git_commit_tree(&before, parent);
    }
    g_autoptr(GArray) touched = g_array_new(FALSE, FALSE, sizeof(guint32));
    struct {
      GHashTable *number;
      GArray *touched;
    } target = {counting->number, touched};
    if (git_diff_tree_to_tree(&diff, counting->repository, before, tree, NULL) == 0 &&
        git_diff_foreach(diff, note_file, NULL, NULL, NULL, &target) == 0) {
      count_files(counting, touched);
    }
  }
  git_diff_free(diff);
  git_tree_free(before);
  git_tree_free(tree);
  git_commit_free(parent);
  git_commit_free(commit);
}

static void walk(struct counting *counting)
{
  git_revwalk *revwalk = NULL;
  git_oid id;
  if (git_revwalk_new(&revwalk, counting->repository) != 0) {
    return;
  }
  git_revwalk_sorting(revwalk, GIT_SORT_TOPOLOGICAL);
  if (git_revwalk_push_head(revwalk) == 0) {
    for (guint i = 0; i < MOST_COMMITS && git_revwalk_next(&id, revwalk) == 0; i++) {
      count_commit(counting, &id);
    }
  }
  git_revwalk_free(revwalk);
}

static int compare_pairs(gconstpointer left, gconstpointer right)
{
  const struct co_change *a = left;
  const struct co_change *b = right;
  if (a->a != b->a) {
    return a->a < b->a ? -1 : 1;
  }
  return a->b < b->b ? -1 : a->b > b->b;
}

static void list_pairs(const struct counting *counting, GArray *pairs)
{
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, counting->together);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    gsize both = GPOINTER_TO_SIZE(value);
    struct co_change pair = {.a = (guint32)(GPOINTER_TO_SIZE(key) >> 32),
                             .b = (guint32)GPOINTER_TO_SIZE(key)};
    gsize either = counting->n_changes[pair.a] + counting->n_changes[pair.b] - both;
    pair.likeness = (double)both / (double)either;
    if (both >= FEWEST_TOGETHER && pair.likeness >= least_likeness) {
      g_array_append_val(pairs, pair);
    }
  }
  g_array_sort(pairs, compare_pairs);
}

GArray *history_of(const char *root, const GPtrArray *files)
{
  GArray *pairs = g_array_new(FALSE, FALSE, sizeof(struct co_change));
  git_libgit2_init();
  /* Nobody's own configuration decides what is read. */
  const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG,
                        GIT_CONFIG_LEVEL_PROGRAMDATA};
  for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
  }
  struct counting counting = {NULL, g_hash_table_new(g_str_hash, g_str_equal),
                              g_new0(guint32, MAX(files->len, 1)), g_hash_table_new(NULL, NULL)};
  for (guint i = 0; i < files->len; i++) {
    g_hash_table_insert(counting.number, g_ptr_array_index(files, i), GUINT_TO_POINTER(i + 1));
  }
  if (root != NULL && git_repository_open_ext(&counting.repository, root,
                                              GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0) {
    walk(&counting);
    list_pairs(&counting, pairs);
  }
  git_repository_free(counting.repository);
  g_hash_table_unref(counting.number);
  g_hash_table_unref(counting.together);
  g_free(counting.n_changes);
  git_libgit2_shutdown();
  return pairs;
}
