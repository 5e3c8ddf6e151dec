/* AWS Signature Version 4 of one request.
 *
 * Source: "Signature Version 4 signing process" (docs.aws.amazon.com/IAM, read 2026-11-23). Signed
 * are host, payload and all X-Amz- headers: what proxies on the way may change (trace headers)
 * stays out. */
#ifndef CLEAVE_PROXY_SIGN_H
#define CLEAVE_PROXY_SIGN_H

#include <stddef.h>
#include <time.h>

#include "arena.h"
#include "fields.h"

struct proxy_signing {
  const char *method;
  const char *host;  /* as in the Host header: with the port unless it is the scheme's own */
  const char *path;  /* as it travels: percent-encoded once */
  const char *query; /* as it travels, or "" */
  const void *body;
  size_t n_body;
  struct cleave_fields headers; /* to be sent; those that begin with X-Amz- are signed */
  const char *region;
  const char *service;
  const char *id; /* of the access key */
  const char *secret;
  const char *token; /* or "" */
  time_t now;
};

/* Adds to ADDED, in ARENA, the headers that make the request a signed one: X-Amz-Date,
 * X-Amz-Security-Token when there is a token, X-Amz-Content-Sha256 for S3, Authorization last.
 * Returns -1 when the cryptography library fails. */
int proxy_sign(struct arena *arena, const struct proxy_signing *signing, struct fields *added);

#endif
