/* AWS credentials of this process: from the environment, else from the shared credentials file.
 *
 * Source: "Configuration and credential file settings" and "Environment variables to configure the
 * AWS CLI" (docs.aws.amazon.com/cli, read 2026-11-27). Never writes a value anywhere. */
#ifndef CLEAVE_PROXY_CREDENTIALS_H
#define CLEAVE_PROXY_CREDENTIALS_H

#include <stddef.h>

#include "arena.h"

struct proxy_credentials {
  const char *id; /* of the access key */
  const char *secret;
  const char *token;   /* or "" */
  const char *problem; /* why there are none; names variables and files, no values */
};

/* AWS_ACCESS_KEY_ID and the others of the environment; else the section AWS_PROFILE (default
 * "default") of AWS_SHARED_CREDENTIALS_FILE (default ~/.aws/credentials). Read anew each time: both
 * may change while the program runs. All strings lie in ARENA. 0, or -1 with PROBLEM set. */
int proxy_credentials_find(struct arena *arena, struct proxy_credentials *found);

/* The section PROFILE of a credentials file's TEXT of N bytes. 0, or -1 when it holds no key. O(N).
 */
int proxy_credentials_parse(struct arena *arena, const char *text, size_t n, const char *profile,
                            struct proxy_credentials *found);

#endif
