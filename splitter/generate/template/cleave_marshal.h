/* C values from JSON and back, for generated wrappers.
 *
 * What arrives is hostile: every read checks type, range, encoding and size, and says in the error
 * which member was wrong. Memory that was read into lives until cleave_marshal_end(). The names of
 * the JSON library do not appear here, so that an application may have the same ones. */
#ifndef CLEAVE_MARSHAL_H
#define CLEAVE_MARSHAL_H

#include "cleave_runtime.h"

typedef struct cleave_value cleave_value; /* a JSON value */

__extension__ typedef __int128 cleave_wide; /* room for products of numbers */

struct cleave_marshal_block;

struct cleave_marshal {
  struct cleave_error *error;
  struct cleave_marshal_block *blocks;
  cleave_value *input;
  size_t room;    /* bytes that may still be allocated */
  int is_endless; /* a written value has no end */
  unsigned level; /* records around what is written */
  int is_kept;    /* what is read now will belong to the routine */
  int is_flat;    /* holds no pointers: what realloc() makes of nothing is never its own */
  unsigned depth; /* of path */
  char path[512]; /* "items[3].name" */
  size_t lengths[64];
};

struct cleave_enumerator {
  const char *name;
  int64_t value;
};

void cleave_marshal_begin(struct cleave_marshal *marshal, struct cleave_error *error);
void cleave_marshal_end(struct cleave_marshal *marshal);

/* Zeroed memory for n elements; NULL with the error set when it would be too much. */
void *cleave_marshal_alloc(struct cleave_marshal *marshal, size_t n, size_t size);
/* PLACE is the pointer that leads to what was allocated last. */
void cleave_marshal_place(struct cleave_marshal *marshal, const void *place);
/* From here to cleave_marshal_settle() this thread's realloc() and free() are followed: what a
 * piece becomes is freed at the end where values still lead to it, and what is gone is not freed
 * again. */
void cleave_marshal_watch(struct cleave_marshal *marshal);
/* What cleave_memory.c saw: FROM (NULL: nothing) became size bytes at TO; OLD is gone. */
void cleave_marshal_moved(uintptr_t from, void *to, size_t size);
void cleave_marshal_freed(const void *old);
/* After a routine that may write where values lie: what no pointer leads to any more was taken,
 * freed or made larger by it, and is not freed again. */
void cleave_marshal_settle(struct cleave_marshal *marshal);

/* After a routine that may take what members of the record lead to: what they lead to no more is
 * not freed again. Does not end the watch. */
void cleave_marshal_part(struct cleave_marshal *marshal, const void *record, size_t size);

/* What is read until the next call will belong to the routine, which frees it with free(). */
void cleave_marshal_keep(struct cleave_marshal *marshal, int is_kept);
/* It belongs to the routine from here on. */
void cleave_marshal_release(struct cleave_marshal *marshal);
/* From here on everything allocated belongs to somebody else, who frees each piece with free(). */
void cleave_marshal_give(struct cleave_marshal *marshal);

/* Sets error to status 400 with the place and the message; returns -1. */
int cleave_marshal_refuse(struct cleave_marshal *marshal, const char *message);

/* Reading. 0, or -1 with the error set. */
const cleave_value *cleave_marshal_parse(struct cleave_marshal *marshal, struct cleave_bytes text);
int cleave_enter(struct cleave_marshal *marshal, const char *member);
int cleave_enter_element(struct cleave_marshal *marshal, size_t index);
void cleave_leave(struct cleave_marshal *marshal);
/* An object without members that are not in the list (ended by NULL). */
int cleave_read_object(struct cleave_marshal *marshal, const cleave_value *value,
                       const char *const *members);
/* NULL when it is absent. */
const cleave_value *cleave_member(const cleave_value *object, const char *member);
const cleave_value *cleave_element(const cleave_value *array, size_t index);
int cleave_is_null(const cleave_value *value); /* absent counts as null */
int cleave_read_boolean(struct cleave_marshal *marshal, const cleave_value *value, int *out);
int cleave_read_signed(struct cleave_marshal *marshal, const cleave_value *value, int bits,
                       int64_t *out);
int cleave_read_unsigned(struct cleave_marshal *marshal, const cleave_value *value, int bits,
                         uint64_t *out);
/* OUT: a float, double or long double of SIZE bytes, bit for bit: a NaN keeps sign and payload. */
int cleave_read_float(struct cleave_marshal *marshal, const cleave_value *value, size_t size,
                      void *out);
int cleave_read_enum(struct cleave_marshal *marshal, const cleave_value *value,
                     const struct cleave_enumerator *names, size_t n, int64_t *out);
/* The value of a union's arm: the only member of the object. NULL with the error set. */
const cleave_value *cleave_read_arm(struct cleave_marshal *marshal, const cleave_value *value,
                                    const char *arm);
int cleave_read_text_array(struct cleave_marshal *marshal, const cleave_value *value, char *out,
                           size_t size);
int cleave_read_byte_array(struct cleave_marshal *marshal, const cleave_value *value, void *out,
                           size_t size);
/* OUT: address of a pointer. Null gives NULL where is_nullable. N may be NULL; a text
 * without a number holds no NUL. */
int cleave_read_text(struct cleave_marshal *marshal, const cleave_value *value, int is_nullable,
                     void *out, size_t *n);
int cleave_read_bytes(struct cleave_marshal *marshal, const cleave_value *value, int is_nullable,
                      void *out, size_t *n);
/* An array; n elements, at most as many as fit into bits. Exactly length when length > 0. */
int cleave_read_array(struct cleave_marshal *marshal, const cleave_value *value, size_t length,
                      size_t *n);

/* One record deeper and back. -1 when there is no end to it: the reply is then refused. */
int cleave_descend(struct cleave_marshal *marshal);
void cleave_ascend(struct cleave_marshal *marshal);

/* A neighbour's value in the expression of a number: one that is out of all reason becomes one that
 * no array has. */
cleave_wide cleave_extent(struct cleave_marshal *marshal, cleave_wide value);
/* A number of elements of a result; 0 when it cannot be one: the reply is then refused. */
size_t cleave_number(struct cleave_marshal *marshal, cleave_wide number);
/* The same for the room of an out array: 0 with the error set for what is too large. */
int cleave_room(struct cleave_marshal *marshal, cleave_wide number, size_t *room);
/* Whether element n of a list or of an array with a terminator may still follow. */
int cleave_may_follow(struct cleave_marshal *marshal, size_t n);

/* Writing. Every value belongs to the one that it is put into; NULL becomes null. */
cleave_value *cleave_write_object(void);
cleave_value *cleave_write_array(void);
void cleave_put(cleave_value *object, const char *member, cleave_value *value);
void cleave_append(cleave_value *array, cleave_value *value);
cleave_value *cleave_write_null(void);
cleave_value *cleave_write_boolean(int value);
cleave_value *cleave_write_signed(int64_t value, int bits);
cleave_value *cleave_write_unsigned(uint64_t value, int bits);
/* Of the float, double or long double at PLACE. */
cleave_value *cleave_write_float(const void *place, size_t size);
cleave_value *cleave_write_enum(int64_t value, const struct cleave_enumerator *names, size_t n);
/* Text up to its NUL, or up to n bytes. What is not UTF-8 is no text: {"base64": ...}. */
cleave_value *cleave_write_string(const char *text);
cleave_value *cleave_write_text(const char *text, size_t n);
cleave_value *cleave_write_bytes(const void *data, size_t n);
/* The reply. Takes the value; status 500 when it has no end or is too large. */
int cleave_marshal_reply(struct cleave_marshal *marshal, struct cleave_reply *reply,
                         cleave_value *value);

#endif
