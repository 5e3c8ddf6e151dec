/* Object functions fed from a bucket of Amazon S3 or what speaks like it: the bucket is listed
 * every few seconds, and what was not there before becomes a message of the host's durable queue.
 * What the very first look finds does not count as created. A look costs O(objects): large buckets
 * better send notifications to a queue (source.h). */
#ifndef CLEAVE_HOST_SOURCE_S3_H
#define CLEAVE_HOST_SOURCE_S3_H

#include <event2/event.h>
#include <glib.h>

#include "splitter/host/consumer.h"
#include "splitter/host/watcher.h"

struct bucket_source;

struct bucket_source_options {
  struct event_base *base;
  struct consumer *consumer; /* of the function; must outlive the source */
  const char *function;
  const char *address; /* "s3:http://127.0.0.1:9000/BUCKET" */
  struct host_watcher watcher;
};

/* Starts looking. Sets ERROR and returns NULL when the address or credentials are missing. */
struct bucket_source *bucket_source_new(const struct bucket_source_options *options,
                                        GError **error);
void bucket_source_free(struct bucket_source *source);

#endif
