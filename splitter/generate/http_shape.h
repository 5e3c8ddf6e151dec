/* What members of request and response structs are called, and how lists of names and values lie in
 * them. Looks at types alone; knows no routine. */
#ifndef CLEAVE_GENERATE_HTTP_SHAPE_H
#define CLEAVE_GENERATE_HTTP_SHAPE_H

#include "splitter/generate/inventory.h"

/* Words that a member's name is made of, by what it holds; NULL-terminated, likeliest first. */
extern const char *const http_method_words[];
extern const char *const http_path_words[];
extern const char *const http_query_words[];
extern const char *const http_header_words[];
extern const char *const http_parameter_words[];
extern const char *const http_capture_words[];
extern const char *const http_query_list_words[];
extern const char *const http_body_words[];
extern const char *const http_length_words[];
extern const char *const http_status_words[];
extern const char *const http_type_words[];
extern const char *const http_data_words[];
extern const char *const http_count_words[];
extern const char *const http_name_words[];
extern const char *const http_value_words[];

/* The record of an id, or NULL. */
const struct fact_type *http_record_of(const struct inventory *inventory, int64_t id);

/* The first member whose name is one of WORDS, in their order; NULL when there is none. */
const struct fact_field *http_field_find(const struct inventory *inventory, int64_t type,
                                         const char *const *words);

bool http_type_is_text(const char *type);
/* A pointer to one record, say: neither to a pointer nor to a routine. */
bool http_type_is_single_pointer(const char *type);
/* Both accept NULL. */
bool http_field_is_text(const struct fact_field *field);
bool http_field_is_number(const struct fact_field *field);

/* Bytes with their number: a record with one pointer to (or array of) bytes and its lengths. */
struct http_buffer {
  const struct fact_field *data;
  const struct fact_field *length; /* NULL: a text that ends with its NUL */
  const struct fact_field *room;   /* how much was allocated, or NULL */
};

/* Whether the record is such a buffer, whatever its members are called. False, too, when it is not
 * clear which of its integers is the length. */
bool http_buffer_read(const struct inventory *inventory, int64_t type, struct http_buffer *buffer);

/* The member that holds a body: by its name, else the only one that is a buffer; or NULL. */
const struct fact_field *http_body_find(const struct inventory *inventory, int64_t type);

/* The text member that holds a content type, or NULL. */
const struct fact_field *http_content_type_find(const struct inventory *inventory, int64_t type);

/* Texts in a row without names, as a router leaves what a pattern matched: the array, its length
 * and the number beside it (or NULL). */
struct http_captures {
  const struct fact_field *texts;
  const struct fact_field *count;
};
bool http_captures_read(const struct inventory *inventory, int64_t type,
                        struct http_captures *captures);

/* A list of names and values: its items, their number and the members of an item. */
struct http_list {
  char *items;
  char *count;
  const char *name;
  const char *value;
  int64_t limit; /* of a fixed array, else 0 */
};

/* The list that a member is: a record of items and number, or an array with a number beside it.
 * PATH stands before the member ("request->"). Release with http_list_clear() when true. */
bool http_list_read(const struct inventory *inventory, int64_t owner,
                    const struct fact_field *field, const char *path, struct http_list *shape);
void http_list_clear(struct http_list *shape);

#endif
