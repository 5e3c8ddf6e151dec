#include "analyzer/moved_twins.h"

#include "analyzer/findings.h"
#include "store/facts.h"

#include <string.h>

/* The accesses of one routine. */
struct body {
  struct store *store;
  const struct unit *unit; /* one side of the edit */
  int64_t routine;
  record_set *rows; /* struct fact_access, as they were read */
  bool *is_gone;    /* by row */
  GArray *fresh;    /* struct fact_access */
};

static bool body_load(struct body *body, struct store *store, const struct unit *unit,
                      int64_t routine, GError **error)
{
  *body = (struct body){.store = store, .unit = unit, .routine = routine};
  body->rows = store_load_where(store, &fact_access_table, "routine", routine, NULL, error);
  if (body->rows == NULL)
    return false;
  body->is_gone = g_new0(bool, MAX(body->rows->n, 1));
  body->fresh = g_array_new(FALSE, FALSE, sizeof(struct fact_access));
  return true;
}

static void body_clear(struct body *body)
{
  g_clear_pointer(&body->rows, record_set_free);
  g_clear_pointer(&body->is_gone, g_free);
  g_clear_pointer(&body->fresh, g_array_unref);
}

static bool body_write(const struct body *body, GError **error)
{
  bool is_fine = store_delete_id(body->store, &fact_access_table, "routine", body->routine, error);
  for (size_t i = 0; is_fine && i < body->rows->n; i++) {
    is_fine = body->is_gone[i] || store_insert(body->store, &fact_access_table,
                                               record_at(body->rows, fact_access, i), error);
  }
  for (guint i = 0; is_fine && i < body->fresh->len; i++)
    is_fine = store_insert(body->store, &fact_access_table,
                           &g_array_index(body->fresh, struct fact_access, i), error);
  return is_fine;
}

static bool is_of(const struct body *body, size_t row, uint32_t access)
{
  const struct fact_access *fact = record_at(body->rows, fact_access, row);
  const struct unit_access *wanted = &body->unit->accesses[access];
  return fact->line == wanted->line && fact->column == wanted->column &&
         strcmp(fact->file, findings_file(body->unit, wanted->file)) == 0;
}

static bool is_same_but_for_place(const struct fact_access *left, const struct fact_access *right)
{
  return left->state == right->state && strcmp(left->mode, right->mode) == 0 &&
         strcmp(left->how, right->how) == 0 && strcmp(left->file, right->file) == 0 &&
         left->is_startup == right->is_startup;
}

/* Marks the rows of an access that went; false where its twin has others. */
static bool take_away(struct body *body, const struct moved_twin *twin)
{
  size_t n = 0, n_left = 0;
  for (size_t i = 0; i < body->rows->n; i++)
    n_left += is_of(body, i, twin->twin);
  for (size_t i = 0; i < body->rows->n; i++) {
    if (!is_of(body, i, twin->access))
      continue;
    bool is_found = false;
    for (size_t j = 0; j < body->rows->n && !is_found; j++)
      is_found = is_of(body, j, twin->twin) &&
                 is_same_but_for_place(record_at(body->rows, fact_access, i),
                                       record_at(body->rows, fact_access, j));
    if (!is_found)
      return false;
    body->is_gone[i] = true;
    n++;
  }
  return n == n_left;
}

/* Whether a line is start-up as its neighbours are: start-up ends at one line of a routine. */
static bool know_startup(const struct body *body, int64_t line, bool *is_startup)
{
  const struct fact_access *above = NULL, *below = NULL;
  for (size_t i = 0; i < body->rows->n; i++) {
    const struct fact_access *row = record_at(body->rows, fact_access, i);
    if (row->line <= line && (above == NULL || row->line > above->line))
      above = row;
    if (row->line >= line && (below == NULL || row->line < below->line))
      below = row;
  }
  if (above != NULL && !above->is_startup) {
    *is_startup = false;
    return true;
  }
  *is_startup = true;
  return below != NULL && below->is_startup;
}

/* Adds the rows of an access that came; false where it is not known whether they are start-up. */
static bool put_in(struct body *body, const struct moved_twin *twin)
{
  const struct unit_access *access = &body->unit->accesses[twin->access];
  bool is_startup = false, is_known = know_startup(body, access->line, &is_startup);
  for (size_t i = 0; i < body->rows->n; i++) {
    if (!is_of(body, i, twin->twin))
      continue;
    struct fact_access row = *record_at(body->rows, fact_access, i);
    if (!is_known || row.is_startup != is_startup)
      return false;
    row.line = access->line;
    row.column = access->column;
    g_array_append_val(body->fresh, row);
  }
  return true;
}

typedef bool change_body(struct body *body, const struct moved_twin *twin);

/* Makes the same change for each of the twins, one routine after the other. */
static bool change_all(struct store *store, int64_t id, const struct unit *unit,
                       const GArray *twins, change_body *change, bool *is_lost, GError **error)
{
  if (twins->len == 0)
    return true;
  struct linkage *linkage = linkage_new(&unit, &id, 1);
  g_autoptr(GHashTable) is_done = g_hash_table_new(NULL, NULL);
  bool is_fine = true;
  for (guint i = 0; i < twins->len && is_fine && !*is_lost; i++) {
    uint32_t row = unit->accesses[g_array_index(twins, struct moved_twin, i).access].routine;
    if (!g_hash_table_add(is_done, GUINT_TO_POINTER(row)))
      continue;
    struct body body = {0};
    uint32_t routine = findings_routine(linkage, 0, row);
    is_fine = body_load(&body, store, unit, linkage_routine(linkage, routine)->id, error);
    for (guint j = i; j < twins->len && is_fine && !*is_lost; j++) {
      const struct moved_twin *twin = &g_array_index(twins, struct moved_twin, j);
      *is_lost = unit->accesses[twin->access].routine == row && !change(&body, twin);
    }
    is_fine = is_fine && (*is_lost || body_write(&body, error));
    body_clear(&body);
  }
  linkage_free(linkage);
  return is_fine;
}

bool moved_twins_delete(struct store *store, const struct moved_unit *unit, bool *is_lost,
                        GError **error)
{
  return change_all(store, unit->id, unit->before, unit->gone, take_away, is_lost, error);
}

bool moved_twins_add(struct store *store, const struct moved_unit *unit, bool *is_lost,
                     GError **error)
{
  return change_all(store, unit->id, unit->after, unit->fresh, put_in, is_lost, error);
}
