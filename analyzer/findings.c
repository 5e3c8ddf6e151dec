#include "analyzer/findings.h"

#include "base/parallel.h"
#include "store/identity.h"

struct findings *findings_new(struct linkage *linkage, const struct rules *rules)
{
  struct findings *findings = g_new0(struct findings, 1);
  findings->linkage = linkage;
  findings->rules = rules;
  findings->programs = rows_new(&fact_program_table);
  findings->routines = rows_new(&fact_routine_table);
  findings->words = rows_new(&fact_word_table);
  findings->types = rows_new(&fact_type_table);
  findings->fields = rows_new(&fact_field_table);
  findings->enumerators = rows_new(&fact_enumerator_table);
  findings->params = rows_new(&fact_param_table);
  findings->sites = rows_new(&fact_site_table);
  findings->calls = rows_new(&fact_call_table);
  findings->arguments = rows_new(&fact_argument_table);
  findings->states = rows_new(&fact_state_table);
  findings->accesses = rows_new(&fact_access_table);
  findings->effects = rows_new(&fact_effect_table);
  findings->effect_paths = rows_new(&fact_effect_path_table);
  findings->entries = rows_new(&fact_entry_table);
  findings->spans = rows_new(&fact_span_table);
  findings->sites->n_telling = 1;
  findings->calls->n_telling = 4;
  findings->arguments->n_telling = 2;
  findings->states->n_telling = 1;
  findings->words->n_telling = 2;
  findings->routines->n_telling = 1;
  findings->params->n_telling = 2;
  findings->found_calls = g_array_new(FALSE, FALSE, sizeof(struct found_call));
  findings->texts = g_ptr_array_new_with_free_func((GDestroyNotify)g_string_chunk_free);
  return findings;
}

#define ALL_ROWS(findings)                                                                         \
  {                                                                                                \
    (findings)->programs, (findings)->routines, (findings)->words, (findings)->types,              \
        (findings)->fields, (findings)->params, (findings)->enumerators, (findings)->sites,        \
        (findings)->calls, (findings)->states, (findings)->arguments, (findings)->accesses,        \
        (findings)->effects, (findings)->effect_paths, (findings)->entries, (findings)->spans      \
  }

void findings_free(struct findings *findings)
{
  if (findings == NULL)
    return;
  struct rows *all[] = ALL_ROWS(findings);
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
    rows_free(all[i]);
  g_array_unref(findings->found_calls);
  g_ptr_array_unref(findings->texts);
  g_free(findings);
}

GStringChunk *findings_add_texts(struct findings *findings)
{
  GStringChunk *texts = g_string_chunk_new(1 << 14);
  g_ptr_array_add(findings->texts, texts);
  return texts;
}

static void prepare(void *context, unsigned i)
{
  rows_prepare(((struct rows **)context)[i]);
}

static void prepare_all(struct findings *findings)
{
  struct rows *all[] = ALL_ROWS(findings);
  parallel_run(findings->linkage->n_threads, G_N_ELEMENTS(all), prepare, all);
}

bool findings_write(struct findings *findings, struct store *store, GError **error)
{
  prepare_all(findings);
  struct rows *all[] = ALL_ROWS(findings);
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
    if (!rows_write(all[i], store, error))
      return false;
  }
  return true;
}

guint findings_first_call(const struct findings *findings, uint32_t program)
{
  guint low = 0, high = findings->found_calls->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(findings->found_calls, struct found_call, middle).program < program)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const char *findings_file(const struct unit *unit, uint32_t file)
{
  if (file == UNIT_NONE || (unit->files[file].flags & UNIT_FILE_INSIDE) == 0)
    return "";
  return unit_string(unit, unit->files[file].path);
}

static int64_t site_id(const struct link_unit *here, const struct unit_call *row,
                       const struct link_routine *caller)
{
  const struct unit *from = here->unit;
  char where[96];
  char *end = linkage_write_number(where, (uint64_t)caller->id, 16);
  *end++ = ':';
  end = linkage_write_number(end, row->line - caller->line, 10);
  *end++ = ':';
  *linkage_write_number(end, row->column, 10) = '\0';
  const char *what = row->callee != UNIT_NONE ? unit_string(from, from->routines[row->callee].name)
                                              : unit_string(from, row->expression);
  return store_id_beside(store_id("site", where, findings_file(from, row->file), what, NULL),
                         caller->place);
}

int64_t findings_site(const struct linkage *linkage, uint32_t unit, uint32_t call)
{
  const struct link_unit *here = &linkage->units[unit];
  const struct unit_call *row = &here->unit->calls[call];
  uint32_t caller = findings_routine(linkage, unit, row->caller);
  if (caller == LINK_NONE)
    return 0;
  int64_t site = __atomic_load_n(&here->sites[call], __ATOMIC_RELAXED);
  if (site == 0) {
    site = site_id(here, row, linkage_routine(linkage, caller));
    __atomic_store_n(&here->sites[call], site, __ATOMIC_RELAXED);
  }
  return site;
}

void findings_name_sites(const struct linkage *linkage, const struct link_routine *routines)
{
  for (uint32_t u = 0; u < linkage->n_units; u++) {
    const struct link_unit *here = &linkage->units[u];
    for (uint32_t c = 0; c < here->unit->n_calls; c++) {
      uint32_t caller = findings_routine(linkage, u, here->unit->calls[c].caller);
      if (caller == LINK_NONE || __atomic_load_n(&here->sites[c], __ATOMIC_RELAXED) != 0)
        continue;
      int64_t site = site_id(here, &here->unit->calls[c], &routines[caller]);
      __atomic_store_n(&here->sites[c], site, __ATOMIC_RELAXED);
    }
  }
}
