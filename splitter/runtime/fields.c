#include "fields.h"

#include "encoding.h"

#include <string.h>

void fields_add(struct fields *fields, struct arena *arena, const char *name, const char *value)
{
  if (fields->n_items == fields->room) {
    size_t room = fields->room > 0 ? fields->room * 2 : 16;
    struct cleave_field *items = arena_alloc(arena, room * sizeof(*items));
    if (fields->n_items > 0) {
      memcpy(items, fields->items, fields->n_items * sizeof(*items));
    }
    fields->items = items;
    fields->room = room;
  }
  fields->items[fields->n_items++] = (struct cleave_field){name, value};
}

struct cleave_fields fields_view(const struct fields *fields)
{
  return (struct cleave_fields){fields->items, fields->n_items};
}

static char lower(char letter)
{
  return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

bool name_begins(const char *text, const char *prefix)
{
  for (; *prefix != '\0'; text++, prefix++) {
    if (lower(*text) != lower(*prefix)) {
      return false;
    }
  }
  return true;
}

bool name_equals(const char *left, const char *right)
{
  while (*left != '\0' && lower(*left) == lower(*right)) {
    left++;
    right++;
  }
  return *left == *right;
}

const char *cleave_fields_get(const struct cleave_fields *fields, const char *name,
                              bool ignore_case)
{
  for (size_t i = 0; i < fields->n_items; i++) {
    const struct cleave_field *field = &fields->items[i];
    if (ignore_case ? name_equals(field->name, name) : strcmp(field->name, name) == 0) {
      return field->value;
    }
  }
  return NULL;
}

bool fields_read_query(struct fields *fields, struct arena *arena, const char *query)
{
  while (*query != '\0') {
    size_t n = strcspn(query, "&");
    if (n > 0) {
      size_t n_name = 0;
      while (n_name < n && query[n_name] != '=') {
        n_name++;
      }
      size_t from = n_name < n ? n_name + 1 : n;
      size_t name_length;
      size_t value_length;
      char *name = percent_decode(arena, query, n_name, true, &name_length);
      char *value = percent_decode(arena, query + from, n - from, true, &value_length);
      if (strlen(name) != name_length || strlen(value) != value_length) {
        return false;
      }
      fields_add(fields, arena, name, value);
    }
    query += n;
    query += *query == '&';
  }
  return true;
}

void fields_read_cookies(struct fields *fields, struct arena *arena, const char *header)
{
  while (*header != '\0') {
    header += strspn(header, " \t;");
    size_t n = strcspn(header, ";");
    size_t n_name = strcspn(header, "=;");
    if (n_name < n) {
      size_t n_value = n - n_name - 1;
      const char *value = header + n_name + 1;
      while (n_value > 0 && (value[n_value - 1] == ' ' || value[n_value - 1] == '\t')) {
        n_value--;
      }
      fields_add(fields, arena, arena_copy(arena, header, n_name),
                 arena_copy(arena, value, n_value));
    }
    header += n;
  }
}

const char *cleave_event_header(const struct cleave_event *event, const char *name)
{
  return cleave_fields_get(&event->headers, name, true);
}

const char *cleave_event_query(const struct cleave_event *event, const char *name)
{
  return cleave_fields_get(&event->query, name, false);
}

const char *cleave_event_parameter(const struct cleave_event *event, const char *name)
{
  return cleave_fields_get(&event->parameters, name, false);
}

const char *cleave_event_cookie(const struct cleave_event *event, const char *name)
{
  return cleave_fields_get(&event->cookies, name, false);
}
