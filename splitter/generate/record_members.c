#include "splitter/generate/record_members.h"

#include <string.h>

#include "splitter/generate/c_writer.h"

static bool is_called_room(const char *name)
{
  static const char *const words[] = {"capacity", "allocated", "alloc", "cap",
                                      "room",     "max",       "size",  NULL};
  for (size_t i = 0; words[i]; i++) {
    g_autofree char *suffix = g_strconcat("_", words[i], NULL);
    if (strcmp(name, words[i]) == 0 || g_str_has_suffix(name, suffix)) {
      return true;
    }
  }
  return false;
}

/* A record's member that counts the elements of FIELD, or NULL. */
static const struct fact_field *count_member(const struct inventory *inventory,
                                             const GPtrArray *fields,
                                             const struct fact_field *field)
{
  const struct fact_field *generic = NULL;
  unsigned n_pointers = 0;
  struct c_type own;
  c_type_read(inventory, field->type, field->field_type, &own);
  for (guint i = 0; i < fields->len; i++) {
    const struct fact_field *other = fields->pdata[i];
    struct c_type type;
    c_type_read(inventory, other->type, other->field_type, &type);
    /* Beside an array, texts end by themselves. */
    bool is_text = type.n_stars == 1 && type.base == C_CHARACTER && own.base != C_CHARACTER;
    n_pointers += type.n_stars > 0 && !is_text;
    if (type.base != C_INTEGER || type.n_stars > 0 || type.is_array) {
      continue;
    }
    if (names_count_of(other->field, field->field)) {
      return other;
    }
    /* Beside a length, a size is the room. */
    if (is_generic_count(other->field) && (!generic || is_called_room(generic->field))) {
      generic = other;
    }
  }
  return n_pointers == 1 ? generic : NULL;
}

static bool is_self_link(const struct fact_field *field, const struct fact_type *type,
                         const struct c_type *c)
{
  return field->is_pointer && field->field_type == type->id && c->n_stars == 1 && !c->is_array;
}

/* How many elements of a fixed array are set is never guessed: those behind them would be lost. */
static void set_number_of_set(struct shape_finder *finder, struct shape *shape, const char *number,
                              const char *where)
{
  if (shape->kind != SHAPE_ARRAY || !number) {
    return;
  }
  if (c_is_identifier(number)) {
    shape->count = g_strdup(number);
  } else {
    shape_finder_refuse_value(finder, where, "the number of a fixed array is no neighbour");
  }
}

static struct shape *member_shape(struct shape_finder *finder, const struct fact_type *type,
                                  const GPtrArray *fields, const struct fact_field *field,
                                  const struct annotation *declared, const char *place)
{
  g_autofree char *where = g_strdup_printf("%s.%s", type->name, field->field);
  g_autofree char *own =
      *field->field ? g_strdup_printf("(%s).%s", place, field->field) : g_strdup(place);
  struct c_type c;
  c_type_read(finder->inventory, field->type, field->field_type, &c);
  const char *number = declared->count ? declared->count : declared->size;
  if (!number && c.n_stars == 1 && !declared->link && !declared->is_terminated) {
    const struct fact_field *count = count_member(finder->inventory, fields, field);
    number = count ? count->field : NULL;
  }
  struct shape *shape = shape_finder_find(finder, &c, declared, number, where, own);
  shape_set_number(shape, number);
  set_number_of_set(finder, shape, declared->count, where);
  if (field->bit_width > 0) {
    shape->is_bit_field = true;
    shape->bits = shape->kind == SHAPE_INTEGER ? (int)field->bit_width : shape->bits;
  }
  bool is_pointer = (c.n_stars > 0 || c.is_to_array) && !(c.is_array && !c.is_to_array);
  shape->is_nullable =
      shape->kind != SHAPE_LIST && is_pointer && annotation_allows_null(declared, true);
  return shape;
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

/* A buffer that grows tells how many elements fit: whoever believed a number from outside would
 * write beyond what has come. */
static void mark_rooms(GPtrArray *members)
{
  struct shape *counted = NULL;
  for (guint i = 0; i < members->len; i++) {
    struct shape *shape = ((struct member *)members->pdata[i])->shape;
    if (shape->count && shape->kind != SHAPE_ARRAY) {
      if (counted) {
        return;
      }
      counted = shape;
    }
  }
  for (guint i = 0; counted && i < members->len; i++) {
    struct member *member = members->pdata[i];
    if (member->shape->kind == SHAPE_INTEGER && is_called_room(member->name) && !counted->room) {
      counted->room = g_strdup(member->name);
      member->shape->kind = SHAPE_COUNT;
    }
  }
}

/* The members of a struct without a name lie in the record around it. */
static void take_up(struct shape_finder *finder, GPtrArray *members, const struct fact_type *type,
                    const char *place)
{
  const GPtrArray *inner = record_members(finder, type, place);
  for (guint i = 0; i < inner->len; i++) {
    struct member *from = inner->pdata[i];
    struct member *member = g_new0(struct member, 1);
    member->name = g_strdup(from->name);
    member->is_anonymous = from->is_anonymous;
    member->shape = from->shape;
    g_ptr_array_add(members, member);
    from->shape = shape_new(SHAPE_OMITTED);
  }
}

static void add_member(struct shape_finder *finder, GPtrArray *members,
                       const struct fact_type *type, const GPtrArray *fields,
                       const struct fact_field *field, const char *place)
{
  const struct fact_type *inner = inventory_type(finder->inventory, field->field_type);
  if (!*field->field && field->bit_width > 0) {
    return; /* padding */
  }
  if (*field->field && !c_is_identifier(field->field)) {
    g_autofree char *why = g_strdup_printf("%s has a member that C has no name for", type->name);
    shape_finder_refuse(finder, type->file, type->line, g_steal_pointer(&why));
    return;
  }
  if (!*field->field && inner && strcmp(inner->kind, "struct") == 0) {
    take_up(finder, members, inner, place);
    return;
  }
  /* A union without a name is called by the one word that no member can have. */
  const char *name = *field->field ? field->field : "union";
  g_autofree char *owner = g_strdup_printf("%s %s", type->kind, type->name);
  g_auto(annotation_owner) declared;
  annotation_read(shape_finder_words(finder, owner, name, field->annotation), &declared);
  struct member *member = g_new0(struct member, 1);
  member->name = g_strdup(name);
  member->is_anonymous = !*field->field;
  struct c_type c;
  c_type_read(finder->inventory, field->type, field->field_type, &c);
  member->is_self_link = is_self_link(field, type, &c) && !*declared.words;
  if (member->is_self_link) {
    member->shape = shape_new(SHAPE_OMITTED);
    member->shape->is_nullable = true;
  } else {
    member->shape = member_shape(finder, type, fields, field, &declared, place);
  }
  g_ptr_array_add(members, member);
}

GPtrArray *record_members(struct shape_finder *finder, const struct fact_type *type,
                          const char *place)
{
  GPtrArray *members = g_hash_table_lookup(finder->records, &type->id);
  if (members) {
    return members;
  }
  members = g_ptr_array_new_with_free_func(member_free);
  g_hash_table_insert(finder->records, (gpointer)&type->id, members);
  const GPtrArray *fields = inventory_list(finder->inventory->fields_by_type, &type->id);
  const GPtrArray *around = finder->siblings;
  finder->siblings = fields;
  g_autofree char *c_type = *type->name ? shape_finder_c_type(finder, type) : NULL;
  g_autofree char *own = c_type ? g_strdup_printf("*(%s *)0", c_type) : g_strdup(place);
  for (guint i = 0; i < fields->len; i++) {
    add_member(finder, members, type, fields, fields->pdata[i], own);
  }
  finder->siblings = around;
  mark_counts(members);
  mark_rooms(members);
  return members;
}
