/* Small helps for the generated C files that stand between the runtime and the application. */
#ifndef CLEAVE_GLUE_H
#define CLEAVE_GLUE_H

#include "cleave_marshal.h"
#include "cleave_runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLEAVE_USE(name) ((void)(name))

/* What a pointer points to, without const. */
#define CLEAVE_ELEMENT(pointer)                                                                    \
  __typeof__(({                                                                                    \
    __auto_type element = *(pointer);                                                              \
    element;                                                                                       \
  }))

/* Hands a text to a member of the application's struct: arrays get a copy, pointers get one from
 * malloc(), which the application may free, realloc() and keep; what it leaves in place is freed
 * behind the call. Outside of a call pointers point to the text itself, and arrays cut it.
 *
 * A text that does not fit into the array is refused with status 413, a body that holds a NUL with
 * 400: the application would take it for a shorter one. */
#define CLEAVE_SET(member, text)                                                                   \
  (cleave_glue_is_array(&(member), member)                                                         \
       ? cleave_glue_copy((void *)&(member), sizeof(member), (text))                               \
       : cleave_glue_point((void *)&(member), (text)))
/* The same with n bytes, NULs among them, for members whose length stands beside them. */
#define CLEAVE_SET_BYTES(member, data, n)                                                          \
  (cleave_glue_is_array(&(member), member)                                                         \
       ? cleave_glue_copy_bytes((void *)&(member), sizeof(member), (data), (n))                    \
       : cleave_glue_point_bytes((void *)&(member), (data), (n)))
#define cleave_glue_is_array(address, member)                                                      \
  (!__builtin_types_compatible_p(__typeof__(member), char *) &&                                    \
   !__builtin_types_compatible_p(__typeof__(member), const char *) &&                              \
   !__builtin_types_compatible_p(__typeof__(member), unsigned char *) &&                           \
   !__builtin_types_compatible_p(__typeof__(member), const unsigned char *) &&                     \
   !__builtin_types_compatible_p(__typeof__(member), void *) &&                                    \
   !__builtin_types_compatible_p(__typeof__(member), const void *))
void cleave_glue_copy(void *array, size_t size, const char *text);
void cleave_glue_point(void *pointer, const char *text);
void cleave_glue_copy_bytes(void *array, size_t size, const char *data, size_t n);
void cleave_glue_point_bytes(void *pointer, const char *data, size_t n);

/* A copy of the text for a routine that keeps or frees what it is handed: as with CLEAVE_SET. */
#define CLEAVE_OWN(text) cleave_glue_own(text)
char *cleave_glue_own(const char *text);

/* The copies that one call's request is made of; one set per thread at a time. */
struct cleave_glue_texts {
  struct cleave_marshal memory;
  const struct cleave_event *event;
  int failed; /* the request cannot be made: the error says why */
};
void cleave_glue_begin(struct cleave_glue_texts *texts, const struct cleave_event *event,
                       struct cleave_error *error);
/* Behind the call: copies that members of the request no longer lead to were taken. */
void cleave_glue_leave(struct cleave_glue_texts *texts, const void *request, size_t size);
/* Frees what nobody has freed or taken. */
void cleave_glue_end(struct cleave_glue_texts *texts);

/* Path and query as they were sent: a new string. */
char *cleave_glue_target(const struct cleave_event *event);

/* A header of the reply; cookies are told apart, absent and invalid values are left out. */
void cleave_glue_header(struct cleave_reply *reply, const char *name, const char *value);

/* The reply's body. Returns 0, or -1 with error set when it is too large. */
int cleave_glue_body(struct cleave_reply *reply, const void *data, size_t length,
                     struct cleave_error *error);

#endif
