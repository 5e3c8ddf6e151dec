/* AWS Signature Version 4 of one request.
 *
 * Source: "Signature Version 4 signing process" (docs.aws.amazon.com/IAM, read 2026-11-23). Signed
 * are host, date, payload and, with temporary credentials, the token: what proxies on the way may
 * change (trace headers) stays out. */
#ifndef CLEAVE_PROXY_SIGN_H
#define CLEAVE_PROXY_SIGN_H

#include <stddef.h>
#include <time.h>

#include "arena.h"

struct proxy_signing {
  const char *method;
  const char *host;  /* as in the Host header: with the port unless it is the scheme's own */
  const char *path;  /* as it travels: percent-encoded once */
  const char *query; /* as it travels, or "" */
  const void *body;
  size_t n_body;
  const char *region;
  const char *service;
  const char *id; /* of the access key */
  const char *secret;
  const char *token; /* or "" */
  time_t now;
};

/* Room for the value of X-Amz-Date. */
#define PROXY_SIGN_DATE 17

/* The values of the headers Authorization and X-Amz-Date (into DATE); in ARENA. NULL when the
 * cryptography library fails. */
const char *proxy_sign(struct arena *arena, const struct proxy_signing *signing,
                       char date[PROXY_SIGN_DATE]);

#endif
