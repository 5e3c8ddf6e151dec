/* Notifications about objects: S3's events (also wrapped by SNS) and Cloud Storage's. Pure. */
#ifndef CLEAVE_HOST_SOURCE_CREATED_H
#define CLEAVE_HOST_SOURCE_CREATED_H

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

struct created {
  char *bucket;
  char *key; /* decoded */
  char *etag;
  uint64_t size;
};
void created_free(void *created);

/* What was created by the notification BODY with these ATTRIBUTES (of a message; may be NULL): a
 * list of struct created, empty when it is about something else (a deleted object, S3's test of the
 * connection). NULL when it is no notification. Release with g_ptr_array_unref().
 *
 * Source: "Event message structure" (Amazon S3), "Pub/Sub notifications for Cloud Storage", read
 * 2026-11-27. */
GPtrArray *created_read(const char *body, size_t n_body, const json_t *attributes);

/* One created object as a message of the host's own queues, and back (NULL when it is none). */
char *created_write(const struct created *created);
struct created *created_parse(const char *text, size_t n_text);

#endif
