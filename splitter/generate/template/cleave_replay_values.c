#include "cleave_replay_values.h"

#include <string.h>

#include "cleave_replay_scalars.h"

#define NESTING 4          /* of what may be NULL */
#define LONGEST 5000       /* bytes of a text or buffer */
#define MOST 400           /* elements */
#define EXTENT_LIMIT 70000 /* elements whose number follows from neighbours */

struct drawing {
  struct choices *choices;
  struct guarded_memory *memory;
  int is_plain; /* pieces are of malloc(): the routine may free them */
  unsigned depth;
};

/* Where a value stands: the record around it, and its field there. */
struct spot {
  void *record;
  const struct cleave_slot *field; /* NULL for elements of arrays */
  uint64_t place;
  const char *name;
};

static void draw(struct drawing *drawing, const struct cleave_type *type, void *target,
                 const struct spot *spot);

void *replay_pointer(const void *place)
{
  void *pointer;
  memcpy(&pointer, place, sizeof pointer);
  return pointer;
}

static void point(void *place, const void *data)
{
  memcpy(place, &data, sizeof data);
}

int64_t replay_integer(const struct cleave_type *type, const struct cleave_slot *field,
                       const void *place, const void *record)
{
  uint64_t bits = 0;
  if (field && field->get) {
    return field->get(record);
  }
  memcpy(&bits, place, type->size); /* little-endian, as every platform of a function is */
  if (type->is_signed && type->size < 8 && bits >> (type->size * 8 - 1)) {
    bits |= ~(uint64_t)0 << (type->size * 8);
  }
  return (int64_t)bits;
}

void replay_set_integer(const struct cleave_type *type, const struct cleave_slot *field,
                        void *place, void *record, int64_t value)
{
  if (field && field->set) {
    field->set(record, value);
  } else {
    memcpy(place, &value, type->size);
  }
}

/* A value that tells which arm of a union there is, or none. */
static int64_t draw_tag(struct choices *choices, const struct cleave_type *type,
                        const struct cleave_type *chooses, uint64_t place)
{
  unsigned n = (unsigned)chooses->n_arms;
  unsigned at = choose(choices, place, n + 1);
  if (at < n) {
    return chooses->arms[at].value;
  }
  return type->kind == CLEAVE_ENUM ? replay_draw_name(choices, type, place + 1)
                                   : replay_draw_integer(choices, type, place + 1);
}

static int64_t draw_number(struct choices *choices, const struct cleave_type *type,
                           const struct spot *spot)
{
  const struct cleave_slot *field = spot->field;
  const struct cleave_type *chooses = field ? field->chooses : NULL;
  while (chooses && chooses->kind == CLEAVE_POINTER) {
    chooses = chooses->element;
  }
  if (chooses) {
    return draw_tag(choices, type, chooses, spot->place);
  }
  if (type->kind == CLEAVE_BOOLEAN) {
    return 1 - (int64_t)choose(choices, spot->place, 2);
  }
  if (type->kind == CLEAVE_ENUM) {
    return replay_draw_name(choices, type, spot->place);
  }
  return field && field->flags & CLEAVE_IS_DIMENSION
             ? replay_draw_dimension(choices, type, spot->place)
             : replay_draw_integer(choices, type, spot->place);
}

static void *room_for(struct drawing *drawing, const struct spot *spot, size_t n, size_t size)
{
  return guarded_alloc(drawing->memory, n * size, drawing->is_plain, spot->name);
}

static int is_null(struct drawing *drawing, const struct cleave_type *type, const struct spot *spot)
{
  if (!type->is_nullable) {
    return 0;
  }
  return drawing->depth > NESTING ||
         choose(drawing->choices, choice_place(spot->place, "?"), 2) == 1;
}

/* How many elements there are, and the neighbour that says so. */
static size_t draw_count(struct drawing *drawing, const struct spot *spot, size_t limit)
{
  const struct cleave_slot *field = spot->field;
  if (field && field->number && !field->set_number) {
    cleave_wide number = field->number(spot->record);
    if (number < 0 || number > EXTENT_LIMIT) {
      drawing->choices->is_unfit = 1;
      return 0;
    }
    return (size_t)number;
  }
  size_t n = choose_length(drawing->choices, choice_place(spot->place, "#"), limit);
  if (field && field->set_number) {
    field->set_number(spot->record, n);
    if (field->number(spot->record) != (cleave_wide)n) { /* it has no room for so large a number */
      n = n < 100 ? n : 100;
      field->set_number(spot->record, n);
    }
    if (field->number(spot->record) != (cleave_wide)n) {
      field->set_number(spot->record, n = 1);
    }
  } else if (!field || !field->number) {
    n = 0; /* nothing tells the routine how many there are */
  }
  return n;
}

static void no_elements(const struct spot *spot)
{
  if (spot->field && spot->field->set_number) {
    spot->field->set_number(spot->record, 0);
  }
}

static void draw_elements(struct drawing *drawing, const struct cleave_type *element, char *data,
                          size_t n, const struct spot *spot)
{
  struct spot inner = {NULL, NULL, choice_place(spot->place, "[]"), spot->name};
  drawing->depth++;
  for (size_t i = 0; i < n; i++) {
    draw(drawing, element, data + i * element->size, &inner);
  }
  drawing->depth--;
}

/* Whether the field waits for its neighbours. */
static int is_late(const struct cleave_slot *field)
{
  return field->number && !field->set_number;
}

static void draw_counted(struct drawing *drawing, const struct cleave_type *type, void *target,
                         const struct spot *spot)
{
  char scratch[LONGEST + 1];
  /* NULL goes with no elements alone. */
  int may_be_null = !spot->field || !is_late(spot->field) || spot->field->number(spot->record) == 0;
  if (may_be_null && is_null(drawing, type, spot)) {
    no_elements(spot);
    return;
  }
  size_t n = draw_count(drawing, spot, type->kind == CLEAVE_COUNTED ? MOST : LONGEST);
  if (type->kind == CLEAVE_COUNTED) {
    char *data = room_for(drawing, spot, n, type->element->size);
    point(target, data);
    draw_elements(drawing, type->element, data, n, spot);
    return;
  }
  char *data = room_for(drawing, spot, n, 1);
  point(target, data);
  if (type->kind == CLEAVE_BYTES) {
    replay_draw_bytes(drawing->choices, spot->place, (unsigned char *)data, n);
    return;
  }
  size_t drawn =
      replay_draw_text(drawing->choices, spot->place, scratch, n < LONGEST ? n : LONGEST);
  memset(data, 'x', n);
  memcpy(data, scratch, drawn);
}

/* Of a fixed array with a number the first elements; the others are zero. */
static void draw_array(struct drawing *drawing, const struct cleave_type *type, void *target,
                       const struct spot *spot)
{
  size_t n = type->length;
  if (spot->field && spot->field->number) {
    n = draw_count(drawing, spot, n < MOST ? n : MOST);
  }
  draw_elements(drawing, type->element, target, n < type->length ? n : type->length, spot);
}

static void draw_string(struct drawing *drawing, void *target, const struct spot *spot)
{
  char scratch[LONGEST + 1];
  size_t n = replay_draw_text(drawing->choices, spot->place, scratch, LONGEST);
  char *data = room_for(drawing, spot, n + 1, 1);
  memcpy(data, scratch, n);
  point(target, data);
}

static void draw_text_array(struct drawing *drawing, const struct cleave_type *type, char *target,
                            const struct spot *spot)
{
  char scratch[LONGEST + 1];
  size_t limit = type->size - 1 < LONGEST ? type->size - 1 : LONGEST;
  size_t n = replay_draw_text(drawing->choices, spot->place, scratch, limit);
  /* What stands behind the NUL means nothing: once there is something. */
  int has_rest = choose(drawing->choices, choice_place(spot->place, "rest"), 2) == 1;
  memset(target, has_rest ? 0x5a : 0, type->size);
  memcpy(target, scratch, n);
  target[n] = '\0';
}

static const struct cleave_slot *arm_of(const struct cleave_type *type, cleave_wide tag)
{
  for (size_t i = 0; i < type->n_arms; i++) {
    if (type->arms[i].value == tag) {
      return &type->fields[type->arms[i].field];
    }
  }
  return NULL;
}

static void draw_union(struct drawing *drawing, const struct cleave_type *type, char *target,
                       const struct spot *spot)
{
  const struct cleave_slot *arm =
      spot->field && spot->field->number ? arm_of(type, spot->field->number(spot->record)) : NULL;
  if (arm) {
    struct spot inner = {target, arm, choice_place(spot->place, arm->name), arm->name};
    draw(drawing, arm->type, target + arm->offset, &inner);
  }
}

static void draw_fields(struct drawing *drawing, const struct cleave_slot *fields, size_t n,
                        char *record, uint64_t place)
{
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < n; i++) {
      if (is_late(&fields[i]) == pass) {
        struct spot inner = {record, &fields[i], choice_place(place, fields[i].name),
                             fields[i].name};
        draw(drawing, fields[i].type, record + fields[i].offset, &inner);
      }
    }
  }
}

static int is_zero(const char *data, size_t n)
{
  size_t i = 0;
  while (i < n && data[i] == 0) {
    i++;
  }
  return i == n;
}

/* Whether the element is not one that ends its array. */
static int is_present(const struct cleave_type *type, const char *element)
{
  if (!type->has_sentinel) {
    return !is_zero(element, type->element->size);
  }
  const struct cleave_slot *field = &type->element->fields[type->sentinel];
  return field->get ? field->get(element) != 0
                    : !is_zero(element + field->offset, field->type->size);
}

static void draw_terminated(struct drawing *drawing, const struct cleave_type *type, void *target,
                            const struct spot *spot)
{
  if (is_null(drawing, type, spot)) {
    return;
  }
  size_t n = choose_length(drawing->choices, choice_place(spot->place, "#"), MOST);
  size_t size = type->element->size;
  char *data = room_for(drawing, spot, n + 1, size);
  point(target, data);
  struct spot inner = {NULL, NULL, choice_place(spot->place, "[]"), spot->name};
  drawing->depth++;
  for (size_t i = 0; i < n; i++) {
    draw(drawing, type->element, data + i * size, &inner);
    if (!is_present(type, data + i * size)) { /* the end comes earlier */
      memset(data + i * size, 0, size);
      break;
    }
  }
  drawing->depth--;
}

static void draw_list(struct drawing *drawing, const struct cleave_type *type, void *target,
                      const struct spot *spot)
{
  size_t n = drawing->depth > NESTING
                 ? 0
                 : choose_length(drawing->choices, choice_place(spot->place, "#"), MOST);
  struct spot inner = {NULL, NULL, choice_place(spot->place, "[]"), spot->name};
  char *last = NULL;
  drawing->depth++;
  for (size_t i = 0; i < n; i++) {
    char *element = room_for(drawing, spot, 1, type->element->size);
    draw(drawing, type->element, element, &inner);
    point(last ? last + type->link : target, element);
    if (type->has_back) {
      point(element + type->back, last);
    }
    last = element;
  }
  drawing->depth--;
}

static void draw_pointer(struct drawing *drawing, const struct cleave_type *type, void *target,
                         const struct spot *spot)
{
  if (is_null(drawing, type, spot)) {
    return;
  }
  char *data = room_for(drawing, spot, 1, type->element->size);
  point(target, data);
  drawing->depth++;
  draw(drawing, type->element, data, spot);
  drawing->depth--;
}

static void draw(struct drawing *drawing, const struct cleave_type *type, void *target,
                 const struct spot *spot)
{
  switch (type->kind) {
  case CLEAVE_BOOLEAN:
  case CLEAVE_INTEGER:
  case CLEAVE_ENUM:
    replay_set_integer(type, spot->field, target, spot->record,
                       draw_number(drawing->choices, type, spot));
    break;
  case CLEAVE_FLOAT:
    replay_draw_float(drawing->choices, type->size, target, spot->place);
    break;
  case CLEAVE_STRING:
    if (!is_null(drawing, type, spot)) {
      draw_string(drawing, target, spot);
    }
    break;
  case CLEAVE_TEXT_ARRAY:
    draw_text_array(drawing, type, target, spot);
    break;
  case CLEAVE_BYTE_ARRAY:
    replay_draw_bytes(drawing->choices, spot->place, target, type->size);
    break;
  case CLEAVE_TEXT:
  case CLEAVE_BYTES:
  case CLEAVE_COUNTED:
    draw_counted(drawing, type, target, spot);
    break;
  case CLEAVE_RECORD:
    drawing->depth++;
    draw_fields(drawing, type->fields, type->n_fields, target, spot->place);
    drawing->depth--;
    break;
  case CLEAVE_POINTER:
    draw_pointer(drawing, type, target, spot);
    break;
  case CLEAVE_ARRAY:
    draw_array(drawing, type, target, spot);
    break;
  case CLEAVE_TERMINATED:
    draw_terminated(drawing, type, target, spot);
    break;
  case CLEAVE_LIST:
    draw_list(drawing, type, target, spot);
    break;
  case CLEAVE_UNION:
    draw_union(drawing, type, target, spot);
    break;
  case CLEAVE_OMITTED:
  case CLEAVE_COUNT:
    break;
  }
}

/* Whether values of this type hold pointers, in which anything at all would be a wild one. */
static int holds_pointers(const struct cleave_type *type)
{
  switch (type->kind) {
  case CLEAVE_OMITTED:
  case CLEAVE_STRING:
  case CLEAVE_TEXT:
  case CLEAVE_BYTES:
  case CLEAVE_POINTER:
  case CLEAVE_COUNTED:
  case CLEAVE_TERMINATED:
  case CLEAVE_LIST:
    return 1;
  case CLEAVE_ARRAY:
    return holds_pointers(type->element);
  case CLEAVE_RECORD:
  case CLEAVE_UNION:
    for (size_t i = 0; i < type->n_fields; i++) {
      if (holds_pointers(type->fields[i].type)) {
        return 1;
      }
    }
    return 0;
  default:
    return 0;
  }
}

/* Room for what only comes out. Once there is something in it, which the routine must not read. */
static void draw_room(struct drawing *drawing, const struct cleave_slot *field, char *values,
                      size_t *n_room)
{
  const struct cleave_type *type = field->type;
  int is_pointer = type->kind == CLEAVE_POINTER || type->kind == CLEAVE_COUNTED;
  if (!field->room) {
    return;
  }
  cleave_wide room = field->room(values);
  if (room < 0 || room > EXTENT_LIMIT) {
    drawing->choices->is_unfit = 1;
    return;
  }
  size_t size = is_pointer ? type->element->size : 1;
  *n_room = (size_t)room;
  char *data = guarded_alloc(drawing->memory, *n_room * size, 0, field->name);
  point(values + field->offset, data);
  if ((!is_pointer || !holds_pointers(type->element)) &&
      choose(drawing->choices, choice_place(0, field->name), 2) == 1) {
    memset(data, 0xa5, *n_room * size);
  }
}

static int is_input(const struct cleave_slot *field)
{
  return field->flags & CLEAVE_COMES_IN && field->type->kind != CLEAVE_OMITTED &&
         field->type->kind != CLEAVE_COUNT;
}

void replay_draw_values(const struct cleave_replay_function *function, struct choices *choices,
                        struct guarded_memory *memory, void *values, size_t *rooms)
{
  struct drawing drawing = {choices, memory, 0, 0};
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < function->n_fields; i++) {
      const struct cleave_slot *field = &function->fields[i];
      if (is_input(field) && is_late(field) == pass) {
        struct spot spot = {values, field, choice_place(1, field->name), field->name};
        drawing.is_plain = (field->flags & CLEAVE_IS_KEPT) != 0;
        draw(&drawing, field->type, (char *)values + field->offset, &spot);
      }
    }
  }
  drawing.is_plain = 0;
  for (size_t i = 0; i < function->n_fields; i++) {
    const struct cleave_slot *field = &function->fields[i];
    rooms[i] = 0;
    if (field->flags & CLEAVE_COMES_OUT && !(field->flags & CLEAVE_COMES_IN)) {
      draw_room(&drawing, field, values, &rooms[i]);
    }
  }
}
