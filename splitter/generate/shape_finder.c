#include "splitter/generate/shape_finder.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/record_members.h"
#include "splitter/generate/source_text.h"

void shape_finder_init(struct shape_finder *finder, const struct inventory *inventory,
                       const struct contract_book *book, const struct fact_routine *routine)
{
  memset(finder, 0, sizeof *finder);
  finder->inventory = inventory;
  finder->book = book;
  finder->routine = routine;
  finder->records =
      g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  finder->links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void shape_finder_clear(struct shape_finder *finder)
{
  g_clear_pointer(&finder->records, g_hash_table_unref);
  g_clear_pointer(&finder->links, g_hash_table_unref);
  g_clear_pointer(&finder->refusal, g_free);
}

void shape_finder_refuse(struct shape_finder *finder, const char *file, int64_t line, char *why)
{
  if (finder->refusal) {
    g_free(why);
    return;
  }
  finder->refusal = why;
  finder->refusal_file = file;
  finder->refusal_line = line;
}

void shape_finder_refuse_value(struct shape_finder *finder, const char *where, const char *why)
{
  shape_finder_refuse(finder, finder->routine->file, finder->routine->line,
                      *where ? g_strdup_printf("parameter %s: %s", where, why)
                             : g_strdup_printf("result: %s", why));
}

const char *shape_finder_words(const struct shape_finder *finder, const char *owner,
                               const char *name, const char *annotation)
{
  const char *words = contract_book_words(finder->book, owner, name);
  return words ? words : annotation;
}

/* "source_len" and "sourceLen" are one name. */
static char *plain_name(const char *name)
{
  g_autofree char *small = g_ascii_strdown(name, -1);
  g_auto(GStrv) parts = g_strsplit(small, "_", -1);
  return g_strjoinv("", parts);
}

/* "n_items", "nItems", "items_n" */
static bool is_n_of(const char *name, const char *owner)
{
  size_t length = strlen(name);
  if (length > 2 && name[0] == 'n' && (name[1] == '_' || g_ascii_isupper(name[1]))) {
    g_autofree char *rest = plain_name(name + 1);
    g_autofree char *plain = plain_name(owner);
    return strcmp(rest, plain) == 0;
  }
  return length > 2 && g_str_has_suffix(name, "_n") && strlen(owner) == length - 2 &&
         strncmp(name, owner, length - 2) == 0;
}

bool names_count_of(const char *name, const char *owner)
{
  static const char *const words[] = {"len", "length", "size", "count",    "num", "nr",
                                      "sz",  "nbytes", "cap",  "capacity", NULL};
  if (is_n_of(name, owner)) {
    return true;
  }
  g_autofree char *plain = plain_name(name);
  g_autofree char *owned = plain_name(owner);
  for (size_t i = 0; *owned && words[i]; i++) {
    size_t length = strlen(words[i]);
    bool is_behind = g_str_has_prefix(plain, owned) && strcmp(plain + strlen(owned), words[i]) == 0;
    bool is_before = g_str_has_prefix(plain, words[i]) && strcmp(plain + length, owned) == 0;
    if (is_behind || is_before) {
      return true;
    }
  }
  return false;
}

bool is_generic_count(const char *name)
{
  static const char *const names[] = {"n",     "len",    "length",  "size",
                                      "count", "nbytes", "n_bytes", NULL};
  return g_strv_contains(names, name);
}

bool is_outside_handle(const char *name)
{
  static const char *const names[] = {
      "FILE",      "struct _IO_FILE", "DIR", "struct __dirstream", "jmp_buf",
      "pthread_t", "pthread_mutex_t", NULL};
  return g_strv_contains(names, name);
}

static struct shape *refused(struct shape_finder *finder, const char *where, const char *why)
{
  shape_finder_refuse_value(finder, where, why);
  return shape_new(SHAPE_OMITTED);
}

char *shape_finder_c_type(const struct shape_finder *finder, const struct fact_type *type)
{
  g_autofree char *tagged = g_strdup_printf("%s %s", type->kind, type->name);
  const GPtrArray *list = inventory_list(finder->inventory->types_by_name, type->name);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_type *other = list->pdata[i];
    if (strcmp(other->kind, "typedef") == 0 &&
        (strcmp(other->underlying, tagged) == 0 || strcmp(other->underlying, type->name) == 0)) {
      return g_strdup(type->name); /* of a record that may have no tag */
    }
  }
  return g_steal_pointer(&tagged);
}

/* The enum that a sibling is of: a member of the record, or a parameter; NULL when it is none. */
static const struct fact_type *sibling_enum(const struct shape_finder *finder, const char *name)
{
  const GPtrArray *fields = finder->siblings;
  const GPtrArray *params =
      inventory_list(finder->inventory->params_by_routine, &finder->routine->id);
  struct c_type type = {.base = C_UNKNOWN};
  for (guint i = 0; fields && i < fields->len; i++) {
    const struct fact_field *field = fields->pdata[i];
    if (strcmp(field->field, name) == 0) {
      c_type_read(finder->inventory, field->type, field->field_type, &type);
    }
  }
  for (guint i = 0; !fields && i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    if (strcmp(param->name, name) == 0) {
      c_type_read(finder->inventory, param->type, param->type_id, &type);
    }
  }
  return type.base == C_ENUM ? type.type : NULL;
}

static void add_arm(GPtrArray *arms, const char *value, const char *member)
{
  struct arm *arm = g_new0(struct arm, 1);
  arm->value = g_strdup(value);
  arm->member = g_strdup(member);
  g_ptr_array_add(arms, arm);
}

/* KIND_CIRCLE chooses the member circle: by the names of the tag's enumerators. */
static void name_arms(const struct shape_finder *finder, struct shape *shape)
{
  const struct fact_type *tag = sibling_enum(finder, shape->tag);
  const struct record_set *rows = finder->inventory->enumerators;
  for (size_t i = 0; tag && i < rows->n; i++) {
    const struct fact_enumerator *row = record_at(rows, fact_enumerator, i);
    g_autofree char *value = g_ascii_strdown(row->name, -1);
    for (guint j = 0; row->type_id == tag->id && j < shape->members->len; j++) {
      const struct member *member = shape->members->pdata[j];
      g_autofree char *name = g_ascii_strdown(member->name, -1);
      g_autofree char *suffix = g_strconcat("_", name, NULL);
      if (strcmp(value, name) == 0 || g_str_has_suffix(value, suffix)) {
        add_arm(shape->arms, row->name, member->name);
        break;
      }
    }
  }
}

static bool arms_are_sound(const struct shape *shape)
{
  for (guint i = 0; i < shape->arms->len; i++) {
    const struct arm *arm = shape->arms->pdata[i];
    if (!shape_member(shape, arm->member)) {
      return false;
    }
  }
  return shape->arms->len > 0;
}

static struct shape *union_shape(struct shape_finder *finder, const struct c_type *type,
                                 const struct annotation *declared, const char *where,
                                 const char *place)
{
  if (!declared->tag) {
    return refused(finder, where, "a union without a tag");
  }
  struct shape *shape = shape_new(SHAPE_UNION);
  shape->type = type->type;
  shape->tag = g_strdup(declared->tag);
  shape->members = record_members(finder, type->type, place);
  shape->arms = g_ptr_array_new_with_free_func(arm_free);
  for (guint i = 0; i < declared->arms->len; i++) {
    const struct arm *arm = declared->arms->pdata[i];
    add_arm(shape->arms, arm->value, arm->member);
  }
  if (shape->arms->len == 0) {
    name_arms(finder, shape);
  }
  if (!arms_are_sound(shape)) {
    shape_finder_refuse_value(finder, where,
                              "which value of the tag chooses which member of the union is not "
                              "known: tag(kind,VALUE=member,...)");
  }
  return shape;
}

/* One value: no pointer, no array. */
static struct shape *value_shape(struct shape_finder *finder, const struct c_type *type,
                                 const struct annotation *declared, const char *where,
                                 const char *place)
{
  struct shape *shape = NULL;
  switch (type->base) {
  case C_BOOLEAN:
    return shape_new(SHAPE_BOOLEAN);
  case C_CHARACTER:
  case C_INTEGER:
    shape = shape_new(SHAPE_INTEGER);
    shape->bits = type->bits;
    shape->is_signed = type->is_signed;
    return shape;
  case C_FLOAT:
    shape = shape_new(SHAPE_FLOAT);
    shape->bits = type->bits;
    return shape;
  case C_ENUM:
    shape = shape_new(SHAPE_ENUM);
    shape->type = type->type;
    return shape;
  case C_RECORD:
    if (!type->type || type->type->size <= 0) {
      return refused(finder, where, "an opaque type without a table of handles");
    }
    if (strcmp(type->type->kind, "union") == 0) {
      return union_shape(finder, type, declared, where, place);
    }
    shape = shape_new(SHAPE_STRUCT);
    shape->type = type->type;
    shape->c_type = *type->type->name ? shape_finder_c_type(finder, type->type)
                                      : g_strdup_printf("__typeof__(%s)", place);
    shape->members = record_members(finder, type->type, place);
    return shape;
  case C_ROUTINE:
    return refused(finder, where, "a pointer to a routine cannot travel");
  case C_VA_LIST:
    return refused(finder, where, "variable arguments cannot travel");
  case C_VOID:
    return shape_new(SHAPE_VOID);
  case C_UNKNOWN:
    break;
  }
  g_autofree char *why = g_strdup_printf("type '%s' is not known", type->name);
  return refused(finder, where, why);
}

static const struct annotation nothing;

/* What a pointer without a number is: text, or one element. TYPE is that of the pointer. */
static struct shape *pointer_shape(struct shape_finder *finder, const struct c_type *type,
                                   const struct annotation *declared, const char *where,
                                   const char *place)
{
  if (is_outside_handle(type->name)) {
    g_autofree char *why = g_strdup_printf("%s is a handle of this process", type->name);
    return refused(finder, where, why);
  }
  if (type->base == C_ROUTINE) {
    return refused(finder, where, "a pointer to a routine cannot travel");
  }
  if (type->base == C_VOID) {
    return refused(finder, where, "void * without a size");
  }
  if (type->n_stars == 1 && (type->base == C_CHARACTER || declared->is_text)) {
    return shape_new(SHAPE_STRING);
  }
  if (type->n_stars > 1 && !declared->has_transfer) {
    return refused(finder, where,
                   "a pointer to a pointer needs a contract: count(n), terminated, or "
                   "out,transfer(full,free=...)");
  }
  struct c_type element = *type;
  element.n_stars--;
  g_autofree char *pointed = g_strdup_printf("*(%s)", place);
  struct shape *shape = shape_new(SHAPE_POINTER);
  shape->element = shape_finder_find(finder, &element, declared, NULL, where, pointed);
  shape->element->is_nullable = element.n_stars > 0 && shape->element->kind != SHAPE_LIST;
  return shape;
}

/* One of many elements: those that are pointers are never NULL. */
static struct shape *element_shape(struct shape_finder *finder, const struct c_type *type,
                                   const char *where, const char *place)
{
  g_autofree char *first = g_strdup_printf("(%s)[0]", place);
  return shape_finder_find(finder, type, &nothing, NULL, where, first);
}

/* A pointer with a known number of elements. */
static struct shape *counted_shape(struct shape_finder *finder, const struct c_type *type,
                                   const struct annotation *declared, const char *where,
                                   const char *place)
{
  struct c_type element = *type;
  element.n_stars--;
  if (element.n_stars == 0 && (element.base == C_VOID || element.is_byte || declared->is_bytes ||
                               (declared->size && element.base != C_CHARACTER))) {
    return shape_new(SHAPE_BYTES);
  }
  if (element.n_stars == 0 && element.base == C_CHARACTER) {
    return shape_new(SHAPE_TEXT);
  }
  struct shape *shape = shape_new(SHAPE_COUNTED);
  shape->element = element_shape(finder, &element, where, place);
  return shape;
}

static struct shape *terminated_shape(struct shape_finder *finder, const struct c_type *type,
                                      const struct annotation *declared, const char *where,
                                      const char *place)
{
  struct c_type element = *type;
  element.n_stars--;
  struct shape *shape = shape_new(SHAPE_TERMINATED);
  shape->element = element_shape(finder, &element, where, place);
  bool has_sentinel = declared->sentinel && *declared->sentinel;
  shape->sentinel = has_sentinel ? g_strdup(declared->sentinel) : NULL;
  if (has_sentinel ? !shape_member(shape->element, declared->sentinel)
                   : shape->element->kind == SHAPE_STRUCT) {
    shape_finder_refuse_value(finder, where,
                              "which member is zero in the record at the end is not known: "
                              "terminated(member)");
  }
  return shape;
}

static bool links_to(const struct shape *record, const struct c_type *type, const char *name,
                     GHashTable *links)
{
  const struct member *member = name ? shape_member(record, name) : NULL;
  if (member && member->is_self_link) {
    g_hash_table_add(links, g_strdup_printf("%" G_GINT64_FORMAT "|%s", type->type->id, name));
  }
  return member && member->is_self_link;
}

static struct shape *list_shape(struct shape_finder *finder, const struct c_type *type,
                                const struct annotation *declared, const char *where,
                                const char *place)
{
  struct c_type element = *type;
  element.n_stars--;
  struct shape *shape = shape_new(SHAPE_LIST);
  shape->link = g_strdup(declared->link);
  shape->back = g_strdup(declared->back);
  shape->element = element_shape(finder, &element, where, place);
  if (shape->element->kind != SHAPE_STRUCT ||
      !links_to(shape->element, &element, declared->link, finder->links) ||
      (declared->back && !links_to(shape->element, &element, declared->back, finder->links))) {
    shape_finder_refuse_value(finder, where, "list(...) does not name a member that links it");
  }
  return shape;
}

/* A fixed array; of arrays when there are more dimensions. */
static struct shape *array_shape(struct shape_finder *finder, const struct c_type *type,
                                 const char *where, const char *place)
{
  struct c_type element = *type;
  if (type->lengths[0] <= 0) {
    return refused(finder, where, "an array without a fixed length");
  }
  element.n_dimensions--;
  memmove(element.lengths, element.lengths + 1, sizeof element.lengths - sizeof *element.lengths);
  element.is_array = element.n_dimensions > 0;
  struct shape *shape = NULL;
  if (!element.is_array && element.n_stars == 0 && element.base == C_CHARACTER) {
    shape = shape_new(SHAPE_TEXT_ARRAY);
  } else if (!element.is_array && element.n_stars == 0 && element.is_byte) {
    shape = shape_new(SHAPE_BYTE_ARRAY);
  } else {
    shape = shape_new(SHAPE_ARRAY);
    shape->element = element_shape(finder, &element, where, place);
    shape->element->is_nullable = element.n_stars > 0 && !element.is_array;
  }
  shape->length = type->lengths[0];
  return shape;
}

/* Words of the analysed code that become C source must be what they are meant to be. */
static void check_words(struct shape_finder *finder, const struct annotation *declared,
                        const char *where)
{
  const char *const expressions[] = {declared->count, declared->size, declared->capacity};
  const char *const names[] = {declared->link, declared->back, declared->sentinel, declared->tag,
                               declared->free};
  for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
    if (expressions[i] && !c_is_expression(expressions[i])) {
      shape_finder_refuse_value(finder, where, "its number is no expression of neighbours");
    }
  }
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (names[i] && *names[i] && !c_is_identifier(names[i])) {
      shape_finder_refuse_value(finder, where, "what its contract names is no name in C");
    }
  }
  for (guint i = 0; declared->arms && i < declared->arms->len; i++) {
    if (!c_is_expression(((const struct arm *)declared->arms->pdata[i])->value)) {
      shape_finder_refuse_value(finder, where, "a value of its tag is no constant");
    }
  }
}

struct shape *shape_finder_find(struct shape_finder *finder, const struct c_type *type,
                                const struct annotation *declared, const char *count,
                                const char *where, const char *place)
{
  struct c_type pointer = *type;
  check_words(finder, declared, where);
  if (declared->is_skipped) {
    return shape_new(SHAPE_OMITTED);
  }
  if (type->is_array && !type->is_to_array) {
    return array_shape(finder, type, where, place);
  }
  if (type->is_to_array) {
    /* A pointer to arrays: as a pointer to anything else. */
    pointer.is_to_array = false;
    struct shape *shape = shape_new(declared->count || count ? SHAPE_COUNTED : SHAPE_POINTER);
    g_autofree char *pointed = g_strdup_printf("*(%s)", place);
    shape->element = array_shape(finder, &pointer, where, pointed);
    return shape;
  }
  if (type->n_stars == 0) {
    return value_shape(finder, type, declared, where, place);
  }
  bool is_handed_out = declared->has_transfer && declared->is_out && !declared->is_in;
  if (is_handed_out && type->n_stars > 1) {
    return pointer_shape(finder, type, declared, where, place);
  }
  if (declared->link) {
    return list_shape(finder, type, declared, where, place);
  }
  if (declared->is_terminated) {
    return terminated_shape(finder, type, declared, where, place);
  }
  return declared->count || declared->size || declared->capacity || count
             ? counted_shape(finder, type, declared, where, place)
             : pointer_shape(finder, type, declared, where, place);
}

/* Whether the lines of a routine mention the member: "->next" or ".next". Text that cannot be read
 * counts as if they did. */
static bool mentions_member(struct source_texts *texts, const struct fact_routine *routine,
                            const char *member)
{
  const char *text = source_texts_file(texts, routine->file);
  size_t n = strlen(member);
  int64_t line = 1;
  for (const char *c = text; c && *c && line <= routine->end_line; c++) {
    line += *c == '\n';
    bool is_access = *c == '.' || (*c == '>' && c > text && c[-1] == '-');
    if (is_access && line >= routine->line && strncmp(c + 1, member, n) == 0 &&
        !g_ascii_isalnum(c[n + 1]) && c[n + 1] != '_') {
      return true;
    }
  }
  return !text;
}

/* The state that the facts keep for a record's member, or NULL. */
static const struct fact_state *member_state(const struct inventory *inventory,
                                             const struct fact_type *type, const char *member)
{
  g_autofree char *name = g_strdup_printf("%s %s", type->kind, type->name);
  const GPtrArray *states = inventory_list(inventory->states_by_name, name);
  for (guint i = 0; i < states->len; i++) {
    const struct fact_state *state = states->pdata[i];
    if (strcmp(state->field, member) == 0) {
      return state;
    }
  }
  return NULL;
}

static bool accesses(const struct inventory *inventory, const struct fact_routine *routine,
                     const struct fact_state *state)
{
  const GPtrArray *rows = inventory_list(inventory->accesses_by_routine, &routine->id);
  for (guint i = 0; i < rows->len; i++) {
    if (((const struct fact_access *)rows->pdata[i])->state == state->id) {
      return true;
    }
  }
  return false;
}

/* Whether the routine, or what it calls (REACH), may follow the link: by the facts where they know
 * the member, else by the text. */
static bool may_follow(const struct shape_finder *finder, GHashTable *reach,
                       struct source_texts *texts, const struct fact_type *type, const char *member)
{
  const struct fact_state *state = member_state(finder->inventory, type, member);
  GHashTableIter iterator;
  gpointer id = NULL;
  bool is_followed = false;
  g_hash_table_iter_init(&iterator, reach);
  while (!is_followed && g_hash_table_iter_next(&iterator, &id, NULL)) {
    const struct fact_routine *routine = inventory_routine(finder->inventory, *(const int64_t *)id);
    is_followed = routine && routine->is_defined &&
                  (state ? accesses(finder->inventory, routine, state)
                         : mentions_member(texts, routine, member));
  }
  return is_followed;
}

void shape_finder_check_links(struct shape_finder *finder)
{
  GHashTableIter iterator;
  gpointer id = NULL;
  gpointer members = NULL;
  if (finder->refusal) {
    return; /* one reason is enough */
  }
  struct source_texts texts;
  source_texts_init(&texts, finder->inventory->root);
  g_autoptr(GHashTable) reach = NULL;
  g_hash_table_iter_init(&iterator, finder->records);
  while (!finder->refusal && g_hash_table_iter_next(&iterator, &id, &members)) {
    const struct fact_type *type = inventory_type(finder->inventory, *(const int64_t *)id);
    for (guint i = 0; i < ((GPtrArray *)members)->len; i++) {
      const struct member *member = ((GPtrArray *)members)->pdata[i];
      g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT "|%s", type->id, member->name);
      if (!member->is_self_link || g_hash_table_contains(finder->links, key)) {
        continue;
      }
      reach = reach ? reach : inventory_reach(finder->inventory, finder->routine->id);
      if (may_follow(finder, reach, &texts, type, member->name)) {
        shape_finder_refuse(
            finder, type->file, type->line,
            g_strdup_printf("%s %s leads to itself through %s: list(%s) where it is handed over "
                            "makes an array of it, nullable at the member nests it, skip leaves it "
                            "out",
                            type->kind, type->name, member->name, member->name));
      }
    }
  }
  source_texts_clear(&texts);
}
