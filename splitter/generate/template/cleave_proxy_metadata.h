/* Credentials that a server on this machine or network hands out: AWS' container endpoint and
 * instance metadata, Google's metadata server. Kept until shortly before they expire. Callable from
 * any thread. */
#ifndef CLEAVE_PROXY_METADATA_H
#define CLEAVE_PROXY_METADATA_H

#include "arena.h"
#include "cleave_proxy_credentials.h"

/* What AWS' own libraries would use, in their order: environment, shared file, container endpoint
 * (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI), instance metadata version 2 (unless
 * AWS_EC2_METADATA_DISABLED is "true"). 0, or -1 with PROBLEM set. Sources: "Container credential
 * provider" and "IMDS credential provider" (docs.aws.amazon.com/sdkref, read 2026-11-27). */
int proxy_credentials_get(struct arena *arena, struct proxy_credentials *found);

/* An ID token for AUDIENCE, or with "" an access token, of Google's metadata server
 * (GCE_METADATA_HOST); in ARENA, or NULL when it gives none. */
const char *proxy_google_token(struct arena *arena, const char *audience);

#endif
