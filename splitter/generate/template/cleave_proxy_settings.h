/* Where calls of moved routines go: the file that CLEAVE_PROXIES names, read again when it changes.
 * Knows nothing of HTTP. A file that is wrong is reported and changes nothing. */
#ifndef CLEAVE_PROXY_SETTINGS_H
#define CLEAVE_PROXY_SETTINGS_H

#include <jansson.h>

#include "cleave_proxy.h"

enum proxy_kind {
  PROXY_LAMBDA, /* Lambda's Invoke API, signed; SQS or an Event invocation as queue */
  PROXY_RUN,    /* an HTTP service of its own per function, ID token; Pub/Sub as queue */
  PROXY_AZURE,  /* an http function of a function app, function key; storage queue */
  PROXY_HOST    /* cleave host: the Invoke API without a signature; its queues */
};

/* What counts for one call. All strings belong to it. */
struct cleave_proxy_settings {
  enum cleave_proxy_mode mode;
  enum proxy_kind kind;
  unsigned deadline_ms;
  unsigned attempts;
  char *url;       /* "{function}" replaced */
  char *front;     /* where whole requests go, or "" */
  char *region;    /* AWS; "" elsewhere */
  char *function;  /* deployed name */
  char *qualifier; /* AWS: version or alias, or "" */
  char *key_env;   /* Azure: variable that holds the function key, or "" */
  char *auth;      /* "none": no token is sent; "" otherwise */
  char *queue_url; /* or "" */
};

/* The settings of a routine: a new value, or NULL when CLEAVE_PROXIES is not set or could not be
 * read so far. Release with proxy_settings_free(). Callable from any thread. */
struct cleave_proxy_settings *proxy_settings_get(const struct cleave_proxy *proxy);
/* Whether ROOT is a file of settings; otherwise what is wrong stands in WHY (SIZE bytes). */
int proxy_settings_are_good(const json_t *root, char *why, size_t size);
/* What such a file says of a routine: a new value, or NULL when its calls stay here. */
struct cleave_proxy_settings *proxy_settings_resolve(const json_t *root,
                                                     const struct cleave_proxy *proxy);
void proxy_settings_free(struct cleave_proxy_settings *settings);

#endif
