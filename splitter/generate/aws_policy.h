/* What AWS is told to allow a function, in the words of IAM. Where a resource is found is the
 * descriptor's affair: SAM and Terraform refer to it each in their own way. */
#ifndef CLEAVE_GENERATE_AWS_POLICY_H
#define CLEAVE_GENERATE_AWS_POLICY_H

#include <jansson.h>

#include "splitter/generate/requirements.h"

/* The Resource of a statement: a new reference. GRANT: NULL for the binary's log. */
typedef json_t *aws_resource(const char *binary, const struct grant *grant);

/* The statements of a binary's role, its log first. A new reference. */
json_t *aws_statements(const char *binary, const struct requirements *needs,
                       aws_resource *resource);
/* The statements of the role that a scheduler takes on: RESOURCES are what it may invoke and where
 * it may send. DEAD_LETTER may be NULL. Takes the references. */
json_t *aws_schedule_statements(json_t *function, json_t *dead_letter);
/* {Version, Statement}. Takes the reference. */
json_t *aws_document(json_t *statements);
/* Who may take on a role. A new reference. */
json_t *aws_trust(const char *service);
/* What a scheduled function gets: its name, and the time as the scheduler puts it in. New string.
 */
char *aws_schedule_input(const struct function_spec *spec);
/* Tries after the first one that Lambda makes of what nobody waits for: at most two. */
int aws_async_retries(const struct function_spec *spec);

#endif
