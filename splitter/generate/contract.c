#include "splitter/generate/contract.h"

#include <string.h>

#include "splitter/generate/annotation.h"
#include "splitter/generate/c_type.h"
#include "splitter/generate/c_writer.h"
#include "splitter/generate/shape_finder.h"

static void param_free(gpointer data)
{
  struct contract_param *param = data;
  if (!param) {
    return;
  }
  g_free(param->name);
  g_free(param->type);
  g_free(param->free);
  g_free(param->capacity);
  g_free(param->unfreed);
  g_free(param->reason);
  shape_free(param->shape);
  g_free(param);
}

void contract_free(struct contract *contract)
{
  if (!contract) {
    return;
  }
  g_ptr_array_unref(contract->params);
  param_free(contract->result);
  g_hash_table_unref(contract->records);
  g_free(contract->refusal);
  g_free(contract->fails);
  g_free(contract->fails_reason);
  g_free(contract);
}

static bool has_use(const struct fact_param *param, const char *use)
{
  g_auto(GStrv) uses = g_strsplit(param->use, ",", -1);
  for (size_t i = 0; uses[i]; i++) {
    if (strcmp(g_strstrip(uses[i]), use) == 0) {
      return true;
    }
  }
  return false;
}

/* The parameter that counts the elements of POINTER: said by its use, or called like it. */
static const struct fact_param *count_param(const struct inventory *inventory,
                                            const struct fact_param *pointer, const char **how)
{
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &pointer->routine);
  g_autofree char *use = g_strdup_printf("length-of:%" G_GINT64_FORMAT, pointer->position);
  const struct fact_param *named = NULL;
  const struct fact_param *generic = NULL;
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *other = params->pdata[i];
    struct c_type type;
    c_type_read(inventory, other->type, other->type_id, &type);
    if (other->position == 0 || type.base != C_INTEGER || type.n_stars > 0) {
      continue;
    }
    if (has_use(other, use)) {
      *how = "bounds its use";
      return other;
    }
    if (names_count_of(other->name, pointer->name)) {
      named = other;
    } else if (is_generic_count(other->name) && other->position == pointer->position + 1) {
      generic = other;
    }
  }
  *how = named ? "is called like its number" : "stands behind it and is called like a number";
  return named ? named : generic;
}

/* The parameter that POINTER's number comes back in: an integer behind a pointer, called like it.
 * NULL when there is none. */
static const struct fact_param *room_param(const struct inventory *inventory,
                                           const struct fact_param *pointer)
{
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &pointer->routine);
  const struct fact_param *generic = NULL;
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *other = params->pdata[i];
    struct c_type type;
    c_type_read(inventory, other->type, other->type_id, &type);
    if (other->position == 0 || type.base != C_INTEGER || type.n_stars != 1 || type.is_array ||
        type.is_const) {
      continue;
    }
    if (names_count_of(other->name, pointer->name)) {
      return other;
    }
    generic =
        is_generic_count(other->name) && other->position == pointer->position + 1 ? other : generic;
  }
  return generic;
}

/* "dstCapacity": room to fill, where "dstSize" may be either. */
static bool is_called_capacity(const char *name)
{
  g_autofree char *small = g_ascii_strdown(name, -1);
  return g_str_has_suffix(small, "cap") || g_str_has_suffix(small, "capacity") ||
         g_str_has_suffix(small, "room") || g_str_has_suffix(small, "max");
}

/* "items: in,count(n); string" has a part about items and one about the result. */
static bool is_about_somebody(const char *part)
{
  const char *colon = strchr(part, ':');
  g_autofree char *name = colon ? g_strstrip(g_strndup(part, (gsize)(colon - part))) : NULL;
  return name && c_is_identifier(name);
}

/* What the source says about a parameter: behind it, or behind the routine as "name: words". */
static char *param_annotation(const struct inventory *inventory, const struct fact_param *param)
{
  if (param->position > 0 && *param->annotation) {
    return g_strdup(param->annotation);
  }
  const struct fact_param *result = inventory_param(inventory, param->routine, 0);
  const char *name = param->position > 0 ? param->name : "result";
  g_auto(GStrv) parts = g_strsplit(result ? result->annotation : "", ";", -1);
  size_t n = strlen(name);
  GString *words = g_string_new(NULL);
  for (size_t i = 0; n > 0 && parts[i]; i++) {
    const char *part = g_strstrip(parts[i]);
    if (strncmp(part, name, n) == 0 && part[n] == ':') {
      g_string_append_printf(words, "%s%s", words->len > 0 ? "," : "", part + n + 1);
    } else if (param->position == 0 && !is_about_somebody(part)) {
      g_string_append_printf(words, "%s%s", words->len > 0 ? "," : "", part);
    }
  }
  return g_string_free(words, FALSE);
}

static void infer_direction(struct contract_param *out, const struct fact_param *param,
                            const struct c_type *type)
{
  bool is_pointer = type->n_stars > 0 || type->is_array;
  if (!is_pointer || type->is_const) {
    out->is_in = true;
    return;
  }
  /* What a record's field does with what it holds is not followed. */
  bool is_stored = has_use(param, "stored");
  bool is_written = has_use(param, "write") || is_stored;
  /* Of an array that is filled element by element, those that are not keep their values; a text
   * that is only written begins anew. */
  bool is_text = type->base == C_CHARACTER && type->n_stars == 1;
  bool is_read = has_use(param, "read") || has_use(param, "string") || is_stored ||
                 (has_use(param, "indexed") && !(is_text && is_written));
  out->is_out = is_written;
  out->is_in = is_read || !is_written;
}

static char *direction_reason(const struct contract_param *out, const struct fact_param *param,
                              const struct c_type *type)
{
  const char *direction = out->is_in && out->is_out ? "in and out" : out->is_out ? "out" : "in";
  if (type->n_stars == 0 && !type->is_array) {
    return g_strdup("by value");
  }
  if (type->is_const) {
    return g_strdup("in: const");
  }
  return *param->use ? g_strdup_printf("%s: used as %s%s%s", direction, param->use,
                                       *param->reason ? " at " : "", param->reason)
                     : g_strdup_printf("%s: no other use is known", direction);
}

/* What is declared wins over what was found. */
static void apply_declaration(struct contract_param *out, const struct annotation *declared)
{
  if (declared->is_in || declared->is_out) {
    out->is_in = declared->is_in;
    out->is_out = declared->is_out;
  }
  if (declared->capacity) {
    out->capacity = g_strdup(declared->capacity);
  }
  if (declared->has_transfer) {
    g_free(out->free);
    out->free = g_strdup(declared->free);
    out->has_transfer = true;
  }
  out->shape->is_nullable =
      annotation_allows_null(declared, out->shape->is_nullable) && out->shape->kind != SHAPE_LIST;
  if (*declared->words) {
    g_free(out->reason);
    out->reason = g_strdup_printf("declared: %s", declared->words);
  }
}

/* Out values that the caller makes room for need its size. */
static void check_room(struct shape_finder *finder, const struct contract_param *out)
{
  enum shape_kind kind = out->shape->kind;
  if (!out->is_out || out->is_in) {
    return;
  }
  if (kind == SHAPE_STRING) {
    shape_finder_refuse_value(finder, out->name, "an out text without the room for it");
  } else if (kind == SHAPE_TERMINATED) {
    shape_finder_refuse_value(finder, out->name, "an out array without the room for it");
  } else if (kind == SHAPE_LIST) {
    shape_finder_refuse_value(finder, out->name, "an out list whose records nobody provides");
  }
}

static const struct fact_routine *destructor_of(const struct inventory *inventory,
                                                const struct fact_type *type);
static bool makes_new(const struct inventory *inventory, int64_t routine);

/* What nobody declared, but the uses of a parameter tell beyond its direction, in the words of a
 * declaration; the reason in WHY. NULL when it is nothing. */
static char *infer_words(const struct inventory *inventory, const struct fact_param *param,
                         const struct c_type *type, char **why)
{
  bool is_written = has_use(param, "write") && !type->is_const;
  bool is_filled = is_written && has_use(param, "indexed");
  bool is_stored = has_use(param, "stored") && !type->is_const;
  if (type->n_stars == 1 && (is_filled || is_stored)) {
    const struct fact_param *room = room_param(inventory, param);
    if (room && has_use(room, "read") && has_use(room, "write")) {
      *why = g_strdup_printf("%s is read and written, and called like its number: the room on the "
                             "way in, what is there on the way out",
                             room->name);
      return g_strdup_printf("%s,cap(*%s),count(%s)", has_use(param, "read") ? "inout" : "out",
                             room->name, room->name);
    }
  }
  const char *how = NULL;
  const struct fact_param *count =
      type->n_stars == 1 && is_stored ? count_param(inventory, param, &how) : NULL;
  if (count && is_called_capacity(count->name)) {
    *why = g_strdup_printf("%s %s, and as room to fill", count->name, how);
    return g_strdup_printf("out,count(%s)", count->name);
  }
  bool is_handed_out = type->n_stars == 2 && is_written && !has_use(param, "read") &&
                       !has_use(param, "indexed") && !has_use(param, "kept");
  const struct fact_routine *destructor =
      is_handed_out && type->base == C_RECORD && type->type && makes_new(inventory, param->routine)
          ? destructor_of(inventory, type->type)
          : NULL;
  if (destructor) {
    *why = g_strdup_printf("a record that the routine makes is handed out: given back with %s, "
                           "which frees such a record (%s:%" G_GINT64_FORMAT ")",
                           destructor->name, destructor->file, destructor->line);
    return g_strdup_printf("out,transfer(full,free=%s)", destructor->name);
  }
  return NULL;
}

/* An array whose number nobody tells is never taken for one element. */
static void check_number(struct shape_finder *finder, const struct contract_param *out,
                         const struct fact_param *param, const struct c_type *type)
{
  const struct shape *shape = out->shape;
  bool is_one = shape->kind == SHAPE_POINTER && shape->element->kind != SHAPE_ARRAY &&
                shape->element->kind != SHAPE_BYTE_ARRAY &&
                shape->element->kind != SHAPE_TEXT_ARRAY;
  if (is_one && type->n_stars == 1 && has_use(param, "indexed")) {
    shape_finder_refuse_value(finder, out->name,
                              "an array whose number of elements is not known: count(n), "
                              "cap(n) or terminated");
  }
  bool is_scalar = type->base == C_INTEGER || type->base == C_FLOAT || type->base == C_CHARACTER;
  bool has_no_end = shape->kind == SHAPE_STRING ? out->is_out : is_one && is_scalar;
  if (has_no_end && has_use(param, "stored")) {
    shape_finder_refuse_value(finder, out->name,
                              "it is stored in a record, and what is done with it there is not "
                              "known: in, out or inout with count(n), cap(n) or terminated");
  }
}

static struct contract_param *infer_param(struct shape_finder *finder,
                                          const struct fact_param *param)
{
  struct contract_param *out = g_new0(struct contract_param, 1);
  struct c_type type;
  g_autofree char *brackets =
      c_type_read_param(finder->inventory, param->type, param->type_id, &type);
  out->position = param->position;
  out->name = *param->name && c_is_identifier(param->name)
                  ? g_strdup(param->name)
                  : g_strdup_printf("p%" G_GINT64_FORMAT, param->position);
  out->type = c_type_param_text(param->type);
  infer_direction(out, param, &type);
  g_autofree char *direction = direction_reason(out, param, &type);
  g_autofree char *source_words = param_annotation(finder->inventory, param);
  g_auto(annotation_owner) declared;
  const char *words = shape_finder_words(finder, finder->routine->name, out->name, source_words);
  g_autofree char *why = NULL;
  g_autofree char *inferred = *words ? NULL : infer_words(finder->inventory, param, &type, &why);
  annotation_read(inferred ? inferred : words, &declared);
  const char *number = declared.count      ? declared.count
                       : declared.size     ? declared.size
                       : declared.capacity ? declared.capacity
                                           : brackets;
  bool may_count = !number && !declared.link && !declared.is_terminated && type.n_stars > 0 &&
                   !is_outside_handle(type.name);
  const char *how = NULL;
  const struct fact_param *count = may_count ? count_param(finder->inventory, param, &how) : NULL;
  number = number ? number : count ? count->name : NULL;
  out->shape = shape_finder_find(finder, &type, &declared, number, out->name, out->name);
  shape_set_number(out->shape, number);
  out->reason =
      count ? g_strdup_printf("%s; %s %s", direction, count->name, how) : g_strdup(direction);
  out->shape->is_nullable = has_use(param, "null-tested");
  out->is_kept = has_use(param, "kept") || has_use(param, "freed");
  apply_declaration(out, &declared);
  if (inferred) {
    g_free(out->reason);
    g_autofree char *now = direction_reason(out, param, &type);
    out->reason = g_strdup_printf("%s; %s", now, why);
  }
  check_room(finder, out);
  if (!*declared.words) {
    check_number(finder, out, param, &type);
  }
  return out;
}

/* The routine that gives back a record of this type with all that hangs on it: it takes one such
 * pointer, frees it and is called so. NULL when there is none, or more than one. */
static const struct fact_routine *destructor_of(const struct inventory *inventory,
                                                const struct fact_type *type)
{
  static const char *const words[] = {"free", "destroy", "delete", "release", "dispose", NULL};
  const struct fact_routine *found = NULL;
  for (size_t i = 0; i < inventory->params->n; i++) {
    const struct fact_param *param = record_at(inventory->params, fact_param, i);
    if (param->position != 1 || param->type_id != type->id ||
        inventory_n_params(inventory, param->routine) != 1) {
      continue;
    }
    const struct fact_routine *routine = inventory_routine(inventory, param->routine);
    bool is_called_so = false;
    for (size_t w = 0; routine && words[w]; w++) {
      is_called_so = is_called_so || strstr(routine->name, words[w]);
    }
    if (is_called_so && routine->is_defined && has_use(param, "freed")) {
      if (found) {
        return NULL;
      }
      found = routine;
    }
  }
  return found;
}

/* Whether the routine makes something new by itself and keeps nothing: it calls an allocator and
 * writes no variable that outlives it. */
static bool makes_new(const struct inventory *inventory, int64_t routine)
{
  static const char *const allocators[] = {"malloc", "calloc", "aligned_alloc", NULL};
  const GPtrArray *accesses = inventory_list(inventory->accesses_by_routine, &routine);
  for (guint i = 0; i < accesses->len; i++) {
    const struct fact_access *access = accesses->pdata[i];
    const struct fact_state *state = inventory_state(inventory, access->state);
    bool is_variable = !state || strcmp(state->storage, "heap") != 0;
    if (is_variable && strcmp(access->mode, "read") != 0) {
      return false;
    }
  }
  const GPtrArray *calls = inventory_list(inventory->calls_by_caller, &routine);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *call = calls->pdata[i];
    const struct fact_routine *callee = inventory_routine(inventory, call->callee);
    if (callee && g_strv_contains(allocators, callee->name)) {
      return true;
    }
  }
  return false;
}

/* Who frees what the routine returns. */
static void infer_owner(const struct inventory *inventory, struct contract_param *out,
                        const struct fact_param *param, const struct c_type *type)
{
  bool is_allocated = has_use(param, "allocated");
  bool is_record = type->base == C_RECORD && type->type && !type->is_const && type->n_stars == 1;
  const struct fact_routine *destructor =
      is_record && (is_allocated || makes_new(inventory, param->routine))
          ? destructor_of(inventory, type->type)
          : NULL;
  if (destructor) {
    out->free = g_strdup(destructor->name);
    out->reason = g_strdup_printf("comes from an allocator: given back with %s, which frees such a "
                                  "record (%s:%" G_GINT64_FORMAT ")",
                                  destructor->name, destructor->file, destructor->line);
  } else if (is_allocated) {
    out->free = g_strdup("free");
    out->reason = g_strdup("comes from an allocator: given back with free");
  } else if (!type->is_const && type->base == C_CHARACTER) {
    out->free = g_strdup("free");
    out->reason = g_strdup("a text that is not const belongs to the caller: given back with free");
  } else {
    out->reason = g_strdup("stays with the routine");
  }
}

static struct contract_param *infer_result(struct shape_finder *finder,
                                           const struct fact_param *param, bool *has_errno)
{
  struct contract_param *out = g_new0(struct contract_param, 1);
  struct c_type type;
  c_type_read(finder->inventory, param->type, param->type_id, &type);
  out->name = g_strdup("result");
  out->type = g_strdup(param->type);
  out->is_out = true;
  g_autofree char *source_words = param_annotation(finder->inventory, param);
  g_auto(annotation_owner) declared;
  annotation_read(shape_finder_words(finder, finder->routine->name, "result", source_words),
                  &declared);
  const char *number = declared.count ? declared.count : declared.size;
  out->shape = shape_finder_find(finder, &type, &declared, number, "", "result");
  shape_set_number(out->shape, number);
  if (type.n_stars > 0) {
    out->shape->is_nullable = annotation_allows_null(&declared, true);
    infer_owner(finder->inventory, out, param, &type);
  } else {
    out->reason = g_strdup("by value");
  }
  apply_declaration(out, &declared);
  *has_errno = *has_errno || declared.has_errno;
  return out;
}

static struct contract_param *no_result(void)
{
  struct contract_param *out = g_new0(struct contract_param, 1);
  out->name = g_strdup("result");
  out->type = g_strdup("void");
  out->shape = shape_new(SHAPE_VOID);
  out->reason = g_strdup("nothing is returned");
  return out;
}

/* Parameters that only count others follow from them. */
static void mark_count_params(struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    const struct contract_param *param = contract->params->pdata[i];
    for (guint j = 0; param->shape->count && j < contract->params->len; j++) {
      struct contract_param *other = contract->params->pdata[j];
      if (strcmp(other->name, param->shape->count) == 0 && other->shape->kind == SHAPE_INTEGER &&
          param->is_in) {
        other->shape->kind = SHAPE_COUNT;
        g_free(other->reason);
        other->reason = g_strdup_printf("the number of %s", param->name);
      }
    }
  }
}

struct contract *contract_infer(const struct inventory *inventory,
                                const struct fact_routine *routine,
                                const struct contract_book *book)
{
  struct contract *contract = g_new0(struct contract, 1);
  struct shape_finder finder;
  shape_finder_init(&finder, inventory, book, routine);
  contract->has_errno = contract_book_has_errno(book, routine->name);
  contract->routine = routine;
  contract->params = g_ptr_array_new_with_free_func(param_free);
  if (routine->is_variadic) {
    shape_finder_refuse(&finder, routine->file, routine->line,
                        g_strdup("it takes variable arguments"));
  }
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &routine->id);
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    if (param->position == 0) {
      contract->result = infer_result(&finder, param, &contract->has_errno);
    } else {
      g_ptr_array_add(contract->params, infer_param(&finder, param));
    }
  }
  contract->result = contract->result ? contract->result : no_result();
  mark_count_params(contract);
  shape_finder_check_links(&finder);
  contract->records = g_steal_pointer(&finder.records);
  contract->refusal = g_steal_pointer(&finder.refusal);
  contract->file = finder.refusal_file;
  contract->line = finder.refusal_line;
  shape_finder_clear(&finder);
  return contract;
}
