/* What Google Cloud calls things and how much it allows: shared by the service files and Terraform.
 */
#ifndef CLEAVE_GENERATE_GOOGLE_H
#define CLEAVE_GENERATE_GOOGLE_H

#include "splitter/generate/requirements.h"

/* The name of a binary's service account: 6 to 30 characters. A new string. */
char *google_account(const char *binary);
/* "128Mi". A new string. */
char *google_memory(const struct requirements *needs);
/* How often Pub/Sub delivers before it gives up: retries and the first time, 5 to 100. */
int google_delivery_attempts(const struct function_spec *spec);

#endif
