/* A proxy in front of a running monolith that writes down what passes as a HAR file.
 * Changes nothing on the way but the fields that belong to a connection. */
#ifndef CLEAVE_REPLAY_RECORDER_H
#define CLEAVE_REPLAY_RECORDER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorder_options {
  const char *monolith; /* "http://HOST:PORT" */
  const char *path;     /* of the HAR */
  const char *version;  /* of the tool, for the file */
  uint16_t port;        /* on 127.0.0.1; 0: a free one */
  /* Called once it listens. */
  void (*on_start)(uint16_t port, void *data);
  void *data;
};

/* Serves until SIGINT or SIGTERM, then completes the file. *N_ENTRIES tells what was recorded. */
bool recorder_run(const struct recorder_options *options, size_t *n_entries, GError **error);

#endif
