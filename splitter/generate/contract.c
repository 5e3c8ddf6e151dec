#include "splitter/generate/contract.h"

#include <string.h>

#include "splitter/generate/annotation.h"
#include "splitter/generate/c_type.h"
#include "splitter/generate/c_writer.h"

struct inference {
  const struct inventory *inventory;
  const struct contract_book *book; /* or NULL */
  struct contract *contract;
};

static struct shape *shape_new(enum shape_kind kind)
{
  struct shape *shape = g_new0(struct shape, 1);
  shape->kind = kind;
  return shape;
}

static void shape_free(gpointer data)
{
  struct shape *shape = data;
  if (!shape) {
    return;
  }
  g_free(shape->c_type);
  g_free(shape->count);
  g_free(shape->tag);
  g_free(shape->link);
  shape_free(shape->element);
  g_free(shape);
}

static void member_free(gpointer data)
{
  struct member *member = data;
  g_free(member->name);
  g_free(member->arm);
  shape_free(member->shape);
  g_free(member);
}

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

/* The first refusal stays. */
static void refuse(struct inference *inference, const char *file, int64_t line, char *why)
{
  if (inference->contract->refusal) {
    g_free(why);
    return;
  }
  inference->contract->refusal = why;
  inference->contract->file = file;
  inference->contract->line = line;
}

static void refuse_param(struct inference *inference, const char *name, const char *why)
{
  const struct fact_routine *routine = inference->contract->routine;
  refuse(inference, routine->file, routine->line,
         *name ? g_strdup_printf("parameter %s: %s", name, why)
               : g_strdup_printf("result: %s", why));
}

static const char *const length_prefixes[] = {"n_", "num_", "nr_", "len_", "size_", "count_", NULL};
static const char *const length_suffixes[] = {"_len", "_length", "_size",  "_count", "_n",
                                              "_num", "len",     "length", "size",   NULL};

/* Whether NAME is called like the number of what OWNER holds: n_items, items_count, datalen. */
static bool names_count_of(const char *name, const char *owner)
{
  for (size_t i = 0; length_prefixes[i]; i++) {
    if (g_str_has_prefix(name, length_prefixes[i]) &&
        strcmp(name + strlen(length_prefixes[i]), owner) == 0) {
      return true;
    }
  }
  for (size_t i = 0; length_suffixes[i]; i++) {
    if (g_str_has_prefix(name, owner) && strcmp(name + strlen(owner), length_suffixes[i]) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_generic_count(const char *name)
{
  static const char *const names[] = {"n",     "len",    "length",  "size",
                                      "count", "nbytes", "n_bytes", NULL};
  return g_strv_contains(names, name);
}

static GPtrArray *record_members(struct inference *inference, const struct fact_type *type);

/* The shape of one value of a scalar or record type. */
static struct shape *value_shape(struct inference *inference, const struct c_type *type,
                                 const char *where)
{
  switch (type->base) {
  case C_BOOLEAN:
    return shape_new(SHAPE_BOOLEAN);
  case C_CHARACTER:
  case C_INTEGER: {
    struct shape *shape = shape_new(SHAPE_INTEGER);
    shape->bits = type->bits;
    shape->is_signed = type->is_signed;
    return shape;
  }
  case C_FLOAT: {
    struct shape *shape = shape_new(SHAPE_FLOAT);
    shape->bits = type->bits;
    return shape;
  }
  case C_ENUM: {
    struct shape *shape = shape_new(SHAPE_ENUM);
    shape->type = type->type;
    return shape;
  }
  case C_RECORD: {
    if (!type->type || strcmp(type->type->kind, "union") == 0 || type->type->size <= 0) {
      refuse_param(inference, where,
                   !type->type || type->type->size <= 0
                       ? "an opaque type without a table of handles"
                       : "a union without a tag");
      return shape_new(SHAPE_OMITTED);
    }
    struct shape *shape = shape_new(SHAPE_STRUCT);
    shape->type = type->type;
    shape->members = record_members(inference, type->type);
    return shape;
  }
  case C_ROUTINE:
    refuse_param(inference, where, "a pointer to a routine cannot travel");
    return shape_new(SHAPE_OMITTED);
  case C_VA_LIST:
    refuse_param(inference, where, "variable arguments cannot travel");
    return shape_new(SHAPE_OMITTED);
  case C_VOID:
    return shape_new(SHAPE_VOID);
  case C_UNKNOWN:
    break;
  }
  g_autofree char *why = g_strdup_printf("type '%s' is not known", type->name);
  refuse_param(inference, where, why);
  return shape_new(SHAPE_OMITTED);
}

static bool is_outside_handle(const char *name)
{
  static const char *const names[] = {
      "FILE",      "struct _IO_FILE", "DIR", "struct __dirstream", "jmp_buf",
      "pthread_t", "pthread_mutex_t", NULL};
  return g_strv_contains(names, name);
}

/* A pointer with a known number of elements. */
static struct shape *counted_shape(struct inference *inference, const struct c_type *type,
                                   const char *count, const char *where)
{
  struct c_type element = *type;
  element.n_stars--;
  struct shape *shape = NULL;
  if (element.n_stars > 0) {
    refuse_param(inference, where, "an array of pointers needs a contract");
    return shape_new(SHAPE_OMITTED);
  }
  if (element.base == C_CHARACTER) {
    shape = shape_new(SHAPE_TEXT);
  } else if (element.base == C_VOID || element.is_byte) {
    shape = shape_new(SHAPE_BYTES);
  } else {
    shape = shape_new(SHAPE_COUNTED);
    shape->element = value_shape(inference, &element, where);
  }
  shape->count = g_strdup(count);
  return shape;
}

static struct shape *array_shape(struct inference *inference, const struct c_type *type,
                                 const char *where)
{
  struct shape *shape = NULL;
  if (type->length <= 0) {
    refuse_param(inference, where, "an array without a fixed length");
    return shape_new(SHAPE_OMITTED);
  }
  if (type->n_stars > 0) {
    refuse_param(inference, where, "an array of pointers needs a contract");
    return shape_new(SHAPE_OMITTED);
  }
  if (type->base == C_CHARACTER) {
    shape = shape_new(SHAPE_TEXT_ARRAY);
  } else if (type->is_byte) {
    shape = shape_new(SHAPE_BYTE_ARRAY);
  } else {
    shape = shape_new(SHAPE_ARRAY);
    shape->element = value_shape(inference, type, where);
  }
  shape->length = type->length;
  return shape;
}

/* What a pointer without a count is: text, or one element. */
static struct shape *pointer_shape(struct inference *inference, const struct c_type *type,
                                   const char *where)
{
  if (is_outside_handle(type->name)) {
    g_autofree char *why = g_strdup_printf("%s is a handle of this process", type->name);
    refuse_param(inference, where, why);
    return shape_new(SHAPE_OMITTED);
  }
  if (type->n_stars > 1) {
    refuse_param(inference, where, "a pointer to a pointer needs a contract");
    return shape_new(SHAPE_OMITTED);
  }
  if (type->base == C_CHARACTER) {
    return shape_new(SHAPE_STRING);
  }
  if (type->base == C_VOID) {
    refuse_param(inference, where, "void * without a size");
    return shape_new(SHAPE_OMITTED);
  }
  struct c_type element = *type;
  element.n_stars = 0;
  struct shape *shape = shape_new(SHAPE_POINTER);
  shape->element = value_shape(inference, &element, where);
  return shape;
}

static bool is_self_link(const struct fact_field *field, const struct fact_type *type)
{
  return field->is_pointer && field->field_type == type->id;
}

/* A record's member that counts the elements of FIELD, or NULL. */
static const struct fact_field *count_member(const struct inventory *inventory,
                                             const GPtrArray *fields,
                                             const struct fact_field *field)
{
  const struct fact_field *generic = NULL;
  unsigned n_pointers = 0;
  for (guint i = 0; i < fields->len; i++) {
    const struct fact_field *other = fields->pdata[i];
    struct c_type type;
    c_type_read(inventory, other->type, other->field_type, &type);
    n_pointers += type.n_stars > 0;
    if (type.base != C_INTEGER || type.n_stars > 0 || type.is_array) {
      continue;
    }
    if (names_count_of(other->field, field->field)) {
      return other;
    }
    if (is_generic_count(other->field)) {
      generic = generic ? generic : other;
    }
  }
  return n_pointers == 1 ? generic : NULL;
}

/* What is declared about a parameter or member: the book first, then the source. */
static const char *declared_words(const struct inference *inference, const char *owner,
                                  const char *name, const char *annotation)
{
  const char *words = contract_book_words(inference->book, owner, name);
  return words ? words : annotation;
}

/* What the source says about a parameter: behind it, or behind the routine as "name: words". */
static char *param_annotation(const struct inference *inference, const struct fact_param *param)
{
  const struct fact_param *result = inventory_param(inference->inventory, param->routine, 0);
  g_auto(GStrv) parts = g_strsplit(result ? result->annotation : "", ";", -1);
  size_t n = strlen(param->name);
  for (size_t i = 0; !*param->annotation && n > 0 && parts[i]; i++) {
    const char *part = g_strstrip(parts[i]);
    if (strncmp(part, param->name, n) == 0 && part[n] == ':') {
      return g_strdup(part + n + 1);
    }
  }
  return g_strdup(param->annotation);
}

/* The neighbour that is declared to hold the number, or NULL. A new string. */
static char *declared_count(const char *words)
{
  char *count = annotation_argument(words, "count");
  count = count ? count : annotation_argument(words, "size");
  return count ? count : annotation_argument(words, "cap");
}

static struct shape *member_shape(struct inference *inference, const struct fact_type *type,
                                  const GPtrArray *fields, const struct fact_field *field,
                                  const char *words)
{
  g_autofree char *declared = declared_count(words);
  g_autofree char *skip = annotation_argument(words, "skip");
  g_autofree char *where = g_strdup_printf("%s.%s", type->name, field->field);
  struct c_type c;
  c_type_read(inference->inventory, field->type, field->field_type, &c);
  if (field->array_length > 0 && !c.is_array) {
    c.is_array = true;
    c.length = field->array_length;
  }
  if (is_self_link(field, type) || skip) {
    struct shape *shape = shape_new(SHAPE_OMITTED);
    shape->is_nullable = true;
    return shape;
  }
  if (c.is_array) {
    return array_shape(inference, &c, where);
  }
  if (c.n_stars > 0) {
    const struct fact_field *count =
        declared ? NULL : count_member(inference->inventory, fields, field);
    const char *number = declared ? declared : count ? count->field : NULL;
    struct shape *shape = number && c.n_stars == 1 ? counted_shape(inference, &c, number, where)
                                                   : pointer_shape(inference, &c, where);
    shape->is_nullable = true;
    return shape;
  }
  return value_shape(inference, &c, where);
}

/* Members that only count others are not said twice. */
static void mark_counts(GPtrArray *members)
{
  for (guint i = 0; i < members->len; i++) {
    const struct member *member = members->pdata[i];
    for (guint j = 0; member->shape->count && j < members->len; j++) {
      struct member *other = members->pdata[j];
      if (strcmp(other->name, member->shape->count) == 0 && other->shape->kind == SHAPE_INTEGER) {
        other->shape->kind = SHAPE_COUNT;
      }
    }
  }
}

static GPtrArray *record_members(struct inference *inference, const struct fact_type *type)
{
  GPtrArray *members = g_hash_table_lookup(inference->contract->records, &type->id);
  if (members) {
    return members;
  }
  members = g_ptr_array_new_with_free_func(member_free);
  g_hash_table_insert(inference->contract->records, (gpointer)&type->id, members);
  const GPtrArray *fields = inventory_list(inference->inventory->fields_by_type, &type->id);
  for (guint i = 0; i < fields->len; i++) {
    const struct fact_field *field = fields->pdata[i];
    if (!c_is_identifier(field->field) || field->bit_width > 0) {
      g_autofree char *why =
          g_strdup_printf("struct %s has %s", type->name,
                          field->bit_width > 0 ? "bit-fields" : "members without a name");
      refuse(inference, type->file, type->line, g_steal_pointer(&why));
      continue;
    }
    struct member *member = g_new0(struct member, 1);
    member->name = g_strdup(field->field);
    g_autofree char *owner = g_strdup_printf("%s %s", type->kind, type->name);
    const char *words = declared_words(inference, owner, field->field, field->annotation);
    member->shape = member_shape(inference, type, fields, field, words);
    member->shape->c_type = g_strdup(field->type);
    annotation_apply_member(member, words);
    g_ptr_array_add(members, member);
  }
  mark_counts(members);
  return members;
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
  unsigned n_pointers = 0;
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *other = params->pdata[i];
    struct c_type type;
    c_type_read(inventory, other->type, other->type_id, &type);
    n_pointers += other->position > 0 && type.n_stars > 0;
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

static void infer_direction(struct contract_param *out, const struct fact_param *param,
                            const struct c_type *type)
{
  bool is_pointer = type->n_stars > 0 || type->is_array;
  if (!is_pointer || type->is_const) {
    out->is_in = true;
    return;
  }
  bool is_written = has_use(param, "write");
  bool is_read = has_use(param, "read") || has_use(param, "string") || has_use(param, "indexed");
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

static struct contract_param *infer_param(struct inference *inference,
                                          const struct fact_param *param)
{
  struct contract_param *out = g_new0(struct contract_param, 1);
  struct c_type type;
  c_type_read(inference->inventory, param->type, param->type_id, &type);
  out->position = param->position;
  out->name = *param->name && c_is_identifier(param->name)
                  ? g_strdup(param->name)
                  : g_strdup_printf("p%" G_GINT64_FORMAT, param->position);
  out->type = g_strdup(param->type);
  infer_direction(out, param, &type);
  g_autofree char *direction = direction_reason(out, param, &type);
  g_autofree char *annotation = param_annotation(inference, param);
  const char *words =
      declared_words(inference, inference->contract->routine->name, out->name, annotation);
  g_autofree char *declared = declared_count(words);
  g_autofree char *skip = annotation_argument(words, "skip");
  const char *how = NULL;
  const struct fact_param *count = !declared && type.n_stars == 1 && !is_outside_handle(type.name)
                                       ? count_param(inference->inventory, param, &how)
                                       : NULL;
  if (skip) {
    out->shape = shape_new(SHAPE_OMITTED);
    out->reason = g_strdup(direction);
  } else if (declared && type.n_stars == 1) {
    out->shape = counted_shape(inference, &type, declared, out->name);
    out->reason = g_strdup(direction);
  } else if (count) {
    out->shape = counted_shape(inference, &type, count->name, out->name);
    out->reason = g_strdup_printf("%s; %s %s", direction, count->name, how);
  } else if (type.is_array) {
    out->shape = array_shape(inference, &type, out->name);
    out->reason = g_strdup_printf("%s; its length stands in the type", direction);
  } else if (type.n_stars > 0) {
    out->shape = pointer_shape(inference, &type, out->name);
    out->reason = g_strdup(direction);
    if (out->shape->kind == SHAPE_STRING && out->is_out && !out->is_in) {
      refuse_param(inference, out->name, "an out text without the room for it");
    }
  } else {
    out->shape = value_shape(inference, &type, out->name);
    out->reason = g_strdup(direction);
  }
  out->shape->is_nullable = has_use(param, "null-tested");
  out->is_kept = has_use(param, "kept") || has_use(param, "freed");
  annotation_apply_param(out, words);
  return out;
}

static void infer_result(struct inference *inference, const struct fact_param *param)
{
  struct contract *contract = inference->contract;
  struct contract_param *out = g_new0(struct contract_param, 1);
  struct c_type type;
  c_type_read(inference->inventory, param->type, param->type_id, &type);
  out->name = g_strdup("result");
  out->type = g_strdup(param->type);
  out->is_out = true;
  if (type.n_stars > 0) {
    out->shape = pointer_shape(inference, &type, "");
    out->shape->is_nullable = true;
    bool is_owned = has_use(param, "allocated") || (!type.is_const && type.base == C_CHARACTER);
    if (is_owned) {
      out->free = g_strdup("free");
      out->reason = g_strdup(has_use(param, "allocated")
                                 ? "comes from an allocator: given back with free"
                                 : "a text that is not const belongs to the caller: given back "
                                   "with free");
    } else {
      out->reason = g_strdup("stays with the routine");
    }
  } else {
    out->shape = value_shape(inference, &type, "");
    out->reason = g_strdup("by value");
  }
  annotation_apply_param(
      out, declared_words(inference, contract->routine->name, "result", param->annotation));
  contract->result = out;
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
  struct inference inference = {inventory, book, contract};
  contract->has_errno = contract_book_has_errno(book, routine->name);
  contract->routine = routine;
  contract->params = g_ptr_array_new_with_free_func(param_free);
  contract->records =
      g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  if (routine->is_variadic) {
    refuse(&inference, routine->file, routine->line, g_strdup("it takes variable arguments"));
  }
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &routine->id);
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    if (param->position == 0) {
      infer_result(&inference, param);
    } else {
      g_ptr_array_add(contract->params, infer_param(&inference, param));
    }
  }
  if (!contract->result) {
    contract->result = g_new0(struct contract_param, 1);
    contract->result->name = g_strdup("result");
    contract->result->type = g_strdup("void");
    contract->result->shape = shape_new(SHAPE_VOID);
    contract->result->reason = g_strdup("nothing is returned");
  }
  mark_count_params(contract);
  return contract;
}
