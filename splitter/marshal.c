#include "splitter/marshal.h"

#include <string.h>

const char *const marshal_names[] = {"ok", "needs-contract", "refused"};

enum { DEEPEST_TYPEDEF = 8 };

void marshalling_clear(struct marshalling *marshalling)
{
  g_clear_pointer(&marshalling->blockers, g_free);
}

static const struct fact_type *find_by_id(const struct monolith *monolith, int64_t id)
{
  /* Types are ordered by id. */
  size_t low = 0;
  size_t high = monolith->type_set->n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (record_at(monolith->type_set, fact_type, middle)->id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const struct fact_type *type =
      low < monolith->type_set->n ? record_at(monolith->type_set, fact_type, low) : NULL;
  return type != NULL && type->id == id ? type : NULL;
}

static const struct fact_type *find_typedef(const struct monolith *monolith, const char *name)
{
  for (size_t i = 0; i < monolith->type_set->n; i++) {
    const struct fact_type *type = record_at(monolith->type_set, fact_type, i);
    if (strcmp(type->kind, "typedef") == 0 && strcmp(type->name, name) == 0) {
      return type;
    }
  }
  return NULL;
}

/* Bytes of a plain type without its pointer, on the usual 64-bit systems; 0 when it is not known.
 */
static guint64 scalar_size(const struct monolith *monolith, const char *type, int depth)
{
  static const struct {
    const char *word;
    guint64 size;
  } sizes[] = {{"void", 0},    {"char", 1},     {"_Bool", 1},    {"bool", 1},     {"short", 2},
               {"float", 4},   {"double", 8},   {"long", 8},     {"int", 4},      {"unsigned", 4},
               {"size_t", 8},  {"ssize_t", 8},  {"time_t", 8},   {"off_t", 8},    {"int8_t", 1},
               {"uint8_t", 1}, {"int16_t", 2},  {"uint16_t", 2}, {"int32_t", 4},  {"uint32_t", 4},
               {"int64_t", 8}, {"uint64_t", 8}, {"intptr_t", 8}, {"uintptr_t", 8}};
  g_auto(GStrv) words = g_strsplit_set(type, " *[]()", -1);
  guint64 size = 0;
  bool is_known = false;
  for (guint i = 0; i < G_N_ELEMENTS(sizes) && !is_known; i++) {
    if (g_strv_contains((const char *const *)words, sizes[i].word)) {
      size = sizes[i].size;
      is_known = true;
    }
  }
  for (guint i = 0; !is_known && words[i] != NULL && depth < DEEPEST_TYPEDEF; i++) {
    const struct fact_type *named = find_typedef(monolith, words[i]);
    if (named != NULL && strchr(named->underlying, '*') == NULL &&
        strcmp(named->underlying, type) != 0) {
      return named->size > 0 ? (guint64)named->size
                             : scalar_size(monolith, named->underlying, depth + 1);
    }
  }
  return size;
}

static bool holds_pointers(const struct monolith *monolith, int64_t record)
{
  for (size_t i = 0; i < monolith->field_set->n; i++) {
    const struct fact_field *field = record_at(monolith->field_set, fact_field, i);
    if (field->type_id == record && field->is_pointer) {
      return true;
    }
  }
  return false;
}

static void measure(const struct monolith *monolith, const struct fact_param *param,
                    struct marshalling *sum)
{
  bool is_pointer = strchr(param->type, '*') != NULL || strchr(param->type, '[') != NULL;
  const struct fact_type *record = find_by_id(monolith, param->type_id);
  guint64 size = record != NULL && record->size > 0 ? (guint64)record->size
                                                    : scalar_size(monolith, param->type, 0);
  if (!is_pointer) {
    sum->bytes += size;
    return;
  }
  bool is_text = strstr(param->type, "char") != NULL || strstr(param->use, "string") != NULL;
  bool is_array = strstr(param->use, "indexed") != NULL;
  bool is_both = strstr(param->use, "read") != NULL && strstr(param->use, "write") != NULL &&
                 strncmp(param->type, "const ", 6) != 0;
  sum->is_open |=
      is_text || is_array || size == 0 || (record != NULL && holds_pointers(monolith, record->id));
  sum->bytes += is_text ? 0 : size * (is_both ? 2 : 1);
}

/* How one parameter travels, with the words for it in WHY when it does not travel by itself. */
static enum marshal judge(const struct fact_param *param, char **why)
{
  const char *type = param->type;
  g_autofree char *name =
      param->position == 0 ? g_strdup("the result") : g_strdup_printf("'%s'", param->name);
  if (strchr(type, '*') == NULL && strchr(type, '[') == NULL) {
    return MARSHAL_OK;
  }
  if (strstr(type, "(*") != NULL || strstr(type, "(^") != NULL) {
    *why = g_strdup_printf("%s is a pointer to a routine", name);
    return MARSHAL_REFUSED;
  }
  if (strstr(type, "FILE") != NULL) {
    *why = g_strdup_printf("%s is an open file", name);
    return MARSHAL_REFUSED;
  }
  if (strstr(param->use, "kept") != NULL) {
    *why = g_strdup_printf("%s is kept beyond the call (%s)", name, type);
    return MARSHAL_REFUSED;
  }
  if (param->annotation[0] != '\0' || (param->position > 0 && strcmp(type, "const char *") == 0)) {
    return MARSHAL_OK;
  }
  if (strstr(param->use, "freed") != NULL) {
    *why = g_strdup_printf("%s is freed by the callee: ownership goes along (%s)", name, type);
  } else if (param->position == 0) {
    *why = g_strdup_printf("the result is a pointer, and who frees it is not said (%s)", type);
  } else if (strcmp(type, "void *") == 0 || strcmp(type, "const void *") == 0) {
    *why = g_strdup_printf("%s is a pointer without a type", name);
  } else {
    *why = g_strdup_printf("%s is a pointer without a contract (%s)", name, type);
  }
  return MARSHAL_NEEDS_CONTRACT;
}

/* Parameters are ordered by routine id. */
static size_t first_param(const struct monolith *monolith, int64_t routine)
{
  size_t low = 0;
  size_t high = monolith->param_set->n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (record_at(monolith->param_set, fact_param, middle)->routine < routine) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

struct marshalling marshal_routine(const struct monolith *monolith, guint32 routine)
{
  const struct fact_routine *fact = &monolith->routines[routine];
  struct marshalling sum = {MARSHAL_OK, NULL, 0, false};
  GString *blockers = g_string_new(NULL);
  if (fact->is_variadic) {
    g_string_append(blockers, "takes a variable number of arguments");
    sum.worst = MARSHAL_REFUSED;
    sum.is_open = true;
  }
  for (size_t i = first_param(monolith, fact->id); i < monolith->param_set->n; i++) {
    const struct fact_param *param = record_at(monolith->param_set, fact_param, i);
    g_autofree char *why = NULL;
    if (param->routine != fact->id) {
      break;
    }
    enum marshal one = judge(param, &why);
    sum.worst = MAX(sum.worst, one);
    if (why != NULL) {
      g_string_append_printf(blockers, "%s%s", blockers->len > 0 ? "; " : "", why);
    }
    measure(monolith, param, &sum);
  }
  sum.blockers = g_string_free(blockers, FALSE);
  return sum;
}

const struct fact_param *marshal_unowned(const struct monolith *monolith, guint32 routine)
{
  int64_t id = monolith->routines[routine].id;
  for (size_t i = first_param(monolith, id); i < monolith->param_set->n; i++) {
    const struct fact_param *param = record_at(monolith->param_set, fact_param, i);
    if (param->routine != id) {
      break;
    }
    if (param->position > 0 && strchr(param->type, '*') && strstr(param->use, "read") &&
        strstr(param->use, "write") && strncmp(param->type, "const ", 6) != 0 &&
        !strstr(param->annotation, "transfer") && holds_pointers(monolith, param->type_id)) {
      return param;
    }
  }
  return NULL;
}

char *marshalling_size(const struct marshalling *marshalling)
{
  if (marshalling->bytes == 0 && !marshalling->is_open) {
    return g_strdup("no data");
  }
  if (marshalling->bytes == 0) {
    return g_strdup("data of any length");
  }
  return g_strdup_printf("%s%" G_GUINT64_FORMAT " byte%s", marshalling->is_open ? "at least " : "",
                         marshalling->bytes, marshalling->bytes == 1 ? "" : "s");
}
