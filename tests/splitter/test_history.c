#include <git2.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "splitter/history.h"

/* One commit that sets each of NAMES to TEXT. */
static void commit(git_repository *repository, const char *folder, const char *const *names,
                   const char *text)
{
  git_index *index = NULL;
  git_tree *tree = NULL;
  git_signature *author = NULL;
  git_commit *parent = NULL;
  git_oid id;
  g_assert_cmpint(git_repository_index(&index, repository), ==, 0);
  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *path = g_build_filename(folder, names[i], NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(git_index_add_bypath(index, names[i]), ==, 0);
  }
  g_assert_cmpint(git_index_write_tree(&id, index), ==, 0);
  g_assert_cmpint(git_tree_lookup(&tree, repository, &id), ==, 0);
  g_assert_cmpint(git_signature_new(&author, "a", "a@example.org", 1, 0), ==, 0);
  git_oid head;
  int n_parents = git_reference_name_to_id(&head, repository, "HEAD") == 0;
  if (n_parents > 0) {
    g_assert_cmpint(git_commit_lookup(&parent, repository, &head), ==, 0);
  }
  const git_commit *parents[] = {parent};
  g_assert_cmpint(git_commit_create(&id, repository, "HEAD", author, author, NULL, text, tree,
                                    (size_t)n_parents, parents),
                  ==, 0);
  git_commit_free(parent);
  git_signature_free(author);
  git_tree_free(tree);
  git_index_free(index);
}

static void remove_tree(const char *path)
{
  GDir *folder = g_dir_open(path, 0, NULL);
  for (const char *name = NULL; folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
    g_autofree char *inner = g_build_filename(path, name, NULL);
    remove_tree(inner);
  }
  g_clear_pointer(&folder, g_dir_close);
  g_remove(path);
}

static void test_pairs(void)
{
  g_autofree char *folder = g_dir_make_tmp("cleave-history-XXXXXX", NULL);
  git_repository *repository = NULL;
  git_libgit2_init();
  g_assert_cmpint(git_repository_init(&repository, folder, 0), ==, 0);
  const char *const pair[] = {"a.c", "b.c", NULL};
  const char *const alone[] = {"c.c", NULL};
  const char *const all[] = {"a.c", "b.c", "c.c", NULL};
  commit(repository, folder, all, "0");
  commit(repository, folder, pair, "1");
  commit(repository, folder, pair, "2");
  for (int i = 0; i < 9; i++) {
    g_autofree char *text = g_strdup_printf("alone %d", i);
    commit(repository, folder, alone, text);
  }
  git_repository_free(repository);
  git_libgit2_shutdown();
  g_autoptr(GPtrArray) files = g_ptr_array_new();
  for (guint i = 0; all[i] != NULL; i++) {
    g_ptr_array_add(files, (gpointer)all[i]);
  }
  g_autoptr(GArray) pairs = history_of(folder, files);
  g_assert_cmpuint(pairs->len, ==, 1);
  const struct co_change *only = &g_array_index(pairs, struct co_change, 0);
  g_assert_cmpuint(only->a, ==, 0);
  g_assert_cmpuint(only->b, ==, 1);
  g_assert_cmpfloat(only->likeness, ==, 1);
  remove_tree(folder);
}

static void test_no_repository(void)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new();
  g_ptr_array_add(files, (gpointer) "a.c");
  g_autoptr(GArray) none = history_of("/nonexistent", files);
  g_assert_cmpuint(none->len, ==, 0);
  g_autoptr(GArray) unknown = history_of(NULL, files);
  g_assert_cmpuint(unknown->len, ==, 0);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/history/pairs", test_pairs);
  g_test_add_func("/history/no-repository", test_no_repository);
  return g_test_run();
}
