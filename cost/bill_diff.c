#include "cost/bill_diff.h"

#include <string.h>

#include "cost/bill_json.h"

static int compare_changes(gconstpointer a, gconstpointer b)
{
  const struct bill_change *left = *(const struct bill_change *const *)a;
  const struct bill_change *right = *(const struct bill_change *const *)b;
  if (left->section != right->section) {
    return left->section < right->section ? -1 : 1;
  }
  int order = strcmp(left->name, right->name);
  order = order != 0 ? order : strcmp(left->plan, right->plan);
  return order != 0 ? order : strcmp(left->item, right->item);
}

static void collect(struct bill_diff *diff, GPtrArray *all, const struct bill *bill, bool is_after)
{
  const struct decimal *zero = decimal_from_int(diff->pool, 0);
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    const struct decimal *exact = decimal_copy(diff->pool, line->exact);
    struct bill_change *change = g_new0(struct bill_change, 1);
    *change = (struct bill_change){
        line->section,          line->name, line->plan, line->item, is_after ? zero : exact,
        is_after ? exact : zero};
    g_ptr_array_add(all, change);
  }
}

struct bill_diff *bill_diff_new(const struct bill *before, const struct bill *after)
{
  struct bill_diff *diff = g_new0(struct bill_diff, 1);
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
  diff->pool = decimal_pool_new();
  diff->changes = g_ptr_array_new_with_free_func(g_free);
  diff->before = decimal_from_int(diff->pool, 0);
  diff->after = diff->before;
  collect(diff, all, before, false);
  collect(diff, all, after, true);
  g_ptr_array_sort(all, compare_changes);
  struct bill_change *last = NULL;
  for (unsigned int i = 0; i < all->len; i++) {
    struct bill_change *change = all->pdata[i];
    diff->before = decimal_add(diff->pool, diff->before, change->before);
    diff->after = decimal_add(diff->pool, diff->after, change->after);
    if (last != NULL && compare_changes(&last, &change) == 0) {
      last->before = decimal_add(diff->pool, last->before, change->before);
      last->after = decimal_add(diff->pool, last->after, change->after);
      continue;
    }
    last = change;
    g_ptr_array_add(diff->changes, g_memdup2(change, sizeof *change));
    last = diff->changes->pdata[diff->changes->len - 1];
  }
  for (unsigned int i = diff->changes->len; i-- > 0;) {
    const struct bill_change *change = diff->changes->pdata[i];
    if (decimal_compare(change->before, change->after) == 0) {
      g_ptr_array_remove_index(diff->changes, i);
    }
  }
  return diff;
}

void bill_diff_free(struct bill_diff *diff)
{
  if (diff == NULL) {
    return;
  }
  g_ptr_array_unref(diff->changes);
  decimal_pool_free(diff->pool);
  g_free(diff);
}

static void append_row(GString *text, const char *section, const char *name, const char *plan,
                       const char *item, const char *before, const char *after, const char *change)
{
  g_string_append_printf(text, "%-15s %-32s %-24s %-20s %14s %14s %14s\n", section, name, plan,
                         item, before, after, change);
}

static char *signed_money(struct decimal_pool *pool, const struct decimal *before,
                          const struct decimal *after)
{
  const struct decimal *change = decimal_subtract(pool, after, before);
  g_autofree char *text = decimal_fixed(change, 2);
  return g_strconcat(decimal_sign(change) > 0 ? "+" : "", text, NULL);
}

char *bill_diff_table(const struct bill_diff *diff)
{
  GString *text = g_string_new(NULL);
  append_row(text, "section", "name", "plan", "item", "before", "after", "change");
  for (unsigned int i = 0; i <= diff->changes->len; i++) {
    bool is_total = i == diff->changes->len;
    const struct bill_change *change = is_total ? NULL : diff->changes->pdata[i];
    const struct decimal *from = is_total ? diff->before : change->before;
    const struct decimal *to = is_total ? diff->after : change->after;
    g_autofree char *before = decimal_fixed(from, 2);
    g_autofree char *after = decimal_fixed(to, 2);
    g_autofree char *moved = signed_money(diff->pool, from, to);
    append_row(text, is_total ? "total" : section_names[change->section],
               is_total ? "" : change->name, is_total ? "" : change->plan,
               is_total ? "" : change->item, before, after, moved);
  }
  return g_string_free(text, FALSE);
}

static void set_amounts(json_t *object, struct decimal_pool *pool, const struct decimal *before,
                        const struct decimal *after)
{
  json_object_set_new(object, "before", bill_json_decimal(before));
  json_object_set_new(object, "after", bill_json_decimal(after));
  json_object_set_new(object, "change", bill_json_decimal(decimal_subtract(pool, after, before)));
}

char *bill_diff_json(const struct bill_diff *diff)
{
  json_t *root = json_object();
  json_t *changes = json_array();
  json_t *total = json_object();
  json_object_set_new(root, "version", json_integer(1));
  for (unsigned int i = 0; i < diff->changes->len; i++) {
    const struct bill_change *change = diff->changes->pdata[i];
    json_t *object = json_object();
    json_object_set_new(object, "section", json_string(section_names[change->section]));
    json_object_set_new(object, "name", json_string(change->name));
    json_object_set_new(object, "plan", json_string(change->plan));
    json_object_set_new(object, "item", json_string(change->item));
    set_amounts(object, diff->pool, change->before, change->after);
    json_array_append_new(changes, object);
  }
  set_amounts(total, diff->pool, diff->before, diff->after);
  json_object_set_new(root, "changes", changes);
  json_object_set_new(root, "total", total);
  return bill_json_text(root);
}

char *bill_diff_csv(const struct bill_diff *diff)
{
  GString *text = g_string_new("section,name,plan,item,before,after\n");
  for (unsigned int i = 0; i < diff->changes->len; i++) {
    const struct bill_change *change = diff->changes->pdata[i];
    g_autofree char *before = decimal_text(change->before);
    g_autofree char *after = decimal_text(change->after);
    bill_csv_field(text, section_names[change->section]);
    bill_csv_field(text, change->name);
    bill_csv_field(text, change->plan);
    bill_csv_field(text, change->item);
    bill_csv_field(text, before);
    bill_csv_field(text, after);
    g_string_append_c(text, '\n');
  }
  return g_string_free(text, FALSE);
}
