/* Tables of keys and routines. */
#include "analyzer/entries_parts.h"

#include <string.h>

/* The leaves of one row of an initialised table. */
struct table_row {
  uint32_t unit;
  const struct unit *from;
  uint32_t first;
  uint32_t end;
};

static bool leaf_is(const struct table_row *row, uint32_t leaf, const struct pattern *field)
{
  if (field == NULL)
    return true;
  g_autofree char *path = linkage_path_text(row->from, row->from->initialisers[leaf].path);
  const char *last = strrchr(path, '.');
  return pattern_matches(field, last != NULL ? last + 1 : path);
}

static char *leaf_text(const struct table_row *row, uint32_t leaf)
{
  const struct unit_initialiser *initialiser = &row->from->initialisers[leaf];
  if (initialiser->kind == UNIT_ARGUMENT_STRING)
    return g_strdup(unit_string(row->from, initialiser->text));
  if (initialiser->kind != UNIT_ARGUMENT_INTEGER)
    return NULL;
  if (initialiser->text != 0)
    return g_strdup(unit_string(row->from, initialiser->text));
  return g_strdup_printf("%" G_GINT64_FORMAT, initialiser->integer);
}

/* A period with the unit that its field's name ends in; a period of 0 means something else. A new
 * string, or NULL. */
static char *period_text(const struct table_row *row, uint32_t leaf)
{
  static const struct {
    const char *ending;
    const char *unit;
  } units[] = {{"ms", "ms"},  {"msec", "ms"},   {"seconds", "s"}, {"secs", "s"}, {"_s", "s"},
               {"_sec", "s"}, {"minutes", "m"}, {"_min", "m"},    {"hours", "h"}};
  int64_t number = row->from->initialisers[leaf].integer;
  if (number == 0)
    return NULL;
  g_autofree char *path = linkage_path_text(row->from, row->from->initialisers[leaf].path);
  for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
    if (g_str_has_suffix(path, units[i].ending))
      return g_strdup_printf("%" G_GINT64_FORMAT "%s", number, units[i].unit);
  }
  return g_strdup_printf("%" G_GINT64_FORMAT, number);
}

/* The first text of a row, for rows whose period says nothing. */
static char *name_of_row(const struct table_row *row)
{
  for (uint32_t i = row->first; i < row->end; i++) {
    if (row->from->initialisers[i].kind == UNIT_ARGUMENT_STRING)
      return g_strdup(unit_string(row->from, row->from->initialisers[i].text));
  }
  return NULL;
}

/* Whether a text is what __FILE__ says where the leaf stands. */
static bool is_own_file(const struct table_row *row, uint32_t leaf, const char *text)
{
  g_autofree char *named = g_path_get_basename(text);
  g_autofree char *own =
      g_path_get_basename(findings_file(row->from, row->from->initialisers[leaf].file));
  return strcmp(named, own) == 0;
}

/* The first leaf that is a key: a text, or a number when the rule names the field. */
static char *key_of_row(const struct table_row *row, const struct entry_rule *rule)
{
  for (uint32_t i = row->first; i < row->end; i++) {
    bool is_text = row->from->initialisers[i].kind == UNIT_ARGUMENT_STRING;
    if (!is_text && rule->key_field == NULL)
      continue;
    if (!leaf_is(row, i, rule->key_field))
      continue;
    bool is_period = row->from->initialisers[i].kind == UNIT_ARGUMENT_INTEGER &&
                     row->from->initialisers[i].text == 0;
    g_autofree char *key = is_period ? period_text(row, i) : leaf_text(row, i);
    if (key == NULL && is_period)
      key = name_of_row(row);
    if (key == NULL || *key == '\0' || (rule->key != NULL && !pattern_matches(rule->key, key)) ||
        is_own_file(row, i, key))
      continue;
    for (uint32_t m = row->first; rule->method_field != NULL && m < row->end; m++) {
      g_autofree char *method = leaf_is(row, m, rule->method_field) ? leaf_text(row, m) : NULL;
      if (method != NULL)
        return g_strconcat(method, " ", key, NULL);
    }
    return g_steal_pointer(&key);
  }
  return NULL;
}

static uint32_t handler_of_row(const struct table_row *row, const struct entry_rule *rule)
{
  for (uint32_t i = row->first; i < row->end; i++) {
    const struct unit_initialiser *leaf = &row->from->initialisers[i];
    if (leaf->kind == UNIT_ARGUMENT_ROUTINE && leaf_is(row, i, rule->handler_field) &&
        pattern_matches(rule->routine,
                        unit_string(row->from, row->from->routines[leaf->target].name)))
      return i;
  }
  return LINK_NONE;
}

static bool table_fits(const struct linkage *linkage, const struct entry_rule *rule, uint32_t unit,
                       uint32_t object)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_object *row = &from->objects[object];
  if (!pattern_matches(rule->object, unit_string(from, row->name)) ||
      !pattern_matches(rule->file, findings_file(from, row->file)))
    return false;
  return rule->record == NULL ||
         (row->record != UNIT_NONE &&
          pattern_matches(rule->record, unit_string(from, from->types[row->record].name)));
}

struct table_count {
  int n_handlers; /* rows that hold a routine where the rule looks for one */
  int n_fitting;  /* of them, those with a key that the rule wants */
};

/* Rows of a table stand together: [first, end) are the leaves of one object. Adds entries where
 * `count` is NULL, else only counts. */
static void judge_table(struct entries *entries, struct flow *flow, const struct entry_rule *rule,
                        uint32_t unit, uint32_t first, uint32_t end, struct table_count *count)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  for (uint32_t start = first; start < end;) {
    uint32_t stop = start;
    while (stop < end && from->initialisers[stop].index == from->initialisers[start].index)
      stop++;
    struct table_row row = {unit, from, start, stop};
    start = stop;
    uint32_t leaf = handler_of_row(&row, rule);
    g_autofree char *key = leaf != LINK_NONE ? key_of_row(&row, rule) : NULL;
    if (count != NULL) {
      count->n_handlers += leaf != LINK_NONE;
      count->n_fitting += key != NULL;
    }
    if (key == NULL || count != NULL)
      continue;
    const struct unit_initialiser *initialiser = &from->initialisers[leaf];
    struct evidence evidence = {
        .rule = rule,
        .key = key,
        .file = findings_file(from, initialiser->file),
        .line = initialiser->line,
        .registrar = unit_string(from, from->objects[initialiser->object].name),
    };
    entries_add(entries, linkage_resolve_routine(linkage, flow->program, unit, initialiser->target),
                &evidence);
  }
}

/* A table means one thing: the most confident rule that fits claims it. One path among a hundred
 * settings makes no routes of them: at least half of the rows with a routine have to fit. */
void entries_judge_tables(struct entries *entries, struct flow *flow, uint32_t unit)
{
  const struct unit *from = linkage_unit(entries->findings->linkage, unit);
  const GPtrArray *rules = entries->findings->rules->entries;
  for (uint32_t first = 0; first < from->n_initialisers;) {
    uint32_t object = from->initialisers[first].object;
    uint32_t end = first;
    bool has_routine = false;
    while (end < from->n_initialisers && from->initialisers[end].object == object)
      has_routine |= from->initialisers[end++].kind == UNIT_ARGUMENT_ROUTINE;
    const struct entry_rule *best = NULL;
    for (guint i = 0; i < rules->len && has_routine; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      if (rule->kind != ENTRY_RULE_TABLE ||
          (best != NULL && best->confidence >= rule->confidence) ||
          !table_fits(entries->findings->linkage, rule, unit, object))
        continue;
      struct table_count count = {0};
      judge_table(entries, flow, rule, unit, first, end, &count);
      if (count.n_fitting >= rule->minimum && 2 * count.n_fitting >= count.n_handlers)
        best = rule;
    }
    if (best != NULL)
      judge_table(entries, flow, best, unit, first, end, NULL);
    first = end;
  }
}
