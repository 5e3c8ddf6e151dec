#include "splitter/grouping.h"

#include <string.h>

struct placing {
  const char *group;
  const char *item;
  guint64 line;
};

static int compare_placings(gconstpointer left, gconstpointer right)
{
  const struct placing *a = left;
  const struct placing *b = right;
  int order = strcmp(a->item, b->item);
  return order != 0 ? order : (a->line < b->line ? -1 : a->line > b->line);
}

static int compare_strings(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void add_groups(struct grouping *grouping, const GArray *placings)
{
  g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < placings->len; i++) {
    const char *group = g_array_index(placings, struct placing, i).group;
    if (g_hash_table_add(known, (gpointer)group)) {
      g_ptr_array_add(grouping->groups, g_strdup(group));
    }
  }
  g_ptr_array_sort(grouping->groups, compare_strings);
}

/* PLACINGS is sorted here. */
static struct grouping *grouping_from(GArray *placings, const char *name, GError **error)
{
  g_array_sort(placings, compare_placings);
  struct grouping *grouping = g_new0(struct grouping, 1);
  grouping->items = g_ptr_array_new_with_free_func(g_free);
  grouping->groups = g_ptr_array_new_with_free_func(g_free);
  grouping->group_of = g_array_new(FALSE, FALSE, sizeof(guint32));
  add_groups(grouping, placings);
  g_autoptr(GHashTable) number = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < grouping->groups->len; i++) {
    g_hash_table_insert(number, g_ptr_array_index(grouping->groups, i), GUINT_TO_POINTER(i));
  }
  for (guint i = 0; i < placings->len; i++) {
    const struct placing *placing = &g_array_index(placings, struct placing, i);
    const struct placing *before = i > 0 ? placing - 1 : NULL;
    if (before != NULL && strcmp(before->item, placing->item) == 0) {
      if (strcmp(before->group, placing->group) == 0) {
        continue;
      }
      g_set_error(error, RSF_ERROR, RSF_ERROR_SYNTAX,
                  "%s:%" G_GUINT64_FORMAT ": '%s' is in '%s' and (line %" G_GUINT64_FORMAT
                  ") in '%s'",
                  name, placing->line, placing->item, placing->group, before->line, before->group);
      grouping_free(grouping);
      return NULL;
    }
    guint32 group = GPOINTER_TO_UINT(g_hash_table_lookup(number, placing->group));
    g_ptr_array_add(grouping->items, g_strdup(placing->item));
    g_array_append_val(grouping->group_of, group);
  }
  return grouping;
}

struct grouping *grouping_new(gsize n, const char *const *groups, const char *const *items,
                              GError **error)
{
  g_autoptr(GArray) placings = g_array_new(FALSE, FALSE, sizeof(struct placing));
  for (gsize i = 0; i < n; i++) {
    struct placing placing = {groups[i], items[i], i + 1};
    g_array_append_val(placings, placing);
  }
  return grouping_from(placings, "partition", error);
}

struct grouping *grouping_from_rsf(const struct rsf *rsf, const char *name, GError **error)
{
  g_autoptr(GArray) placings = g_array_new(FALSE, FALSE, sizeof(struct placing));
  for (guint i = 0; i < rsf->contains->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->contains, i);
    struct placing placing = {fact->left, fact->right, fact->line};
    g_array_append_val(placings, placing);
  }
  return grouping_from(placings, name, error);
}

void grouping_free(struct grouping *grouping)
{
  if (grouping == NULL) {
    return;
  }
  g_ptr_array_unref(grouping->items);
  g_ptr_array_unref(grouping->groups);
  g_array_unref(grouping->group_of);
  g_free(grouping);
}
