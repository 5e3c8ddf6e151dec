/* What functions, queues, topics, buckets and secrets are called where they are deployed: within
 * the characters and the length that each place allows, and never two alike because of its length.
 * Knows limits, no function. */
#ifndef CLEAVE_GENERATE_CLOUD_NAME_H
#define CLEAVE_GENERATE_CLOUD_NAME_H

#include <glib.h>
#include <stdbool.h>

enum cloud_place {
  CLOUD_ANYWHERE, /* no limit of length: what places shorten themselves */
  AWS_FUNCTION,
  AWS_QUEUE,
  AWS_STREAM,
  AWS_BUCKET,        /* with "-ACCOUNT-REGION" behind it */
  AWS_BUCKET_PREFIX, /* with "-" and Terraform's own digits behind it */
  GOOGLE_SERVICE,
  GOOGLE_ACCOUNT,
  GOOGLE_TOPIC,  /* and subscriptions, jobs of the scheduler */
  GOOGLE_BUCKET, /* with "PROJECT-" before it */
  GOOGLE_SECRET,
  AZURE_APP,   /* with "PREFIX-" before it */
  AZURE_QUEUE, /* with "-poison" behind it */
  AZURE_CONTAINER,
  AZURE_HUB,
  AZURE_SECRET,
  KUBERNETES_OBJECT, /* what becomes a DNS label: services, functions, triggers, brokers */
  KUBERNETES_SECRET,
  KAFKA_TOPIC,
  IMAGE, /* the last part of a container image's name */
  N_CLOUD_PLACES
};

/* NAME as PLACE allows it: lower case, digits, dashes, a letter first (a Lambda function keeps its
 * letters). What is too long (or, of an account, too short) gets eight digits of its SHA-256 at the
 * end; all other names are NAME's own. A new string. */
char *cloud_name(const char *name, enum cloud_place place);

/* Whether NAME can be a folder, a target of CMake and what clouds' names are made of: letters,
 * digits,
 * '-', '_' and '.' (never two in a row), a letter, digit or '_' first, at most 200 characters. */
bool cloud_name_can_be(const char *name);

/* NAME where it can be one; else what is left of it, and eight digits of its SHA-256. A new string.
 */
char *folder_name(const char *name);

/* NAME as a logical id of CloudFormation: letters and digits, each word with a capital; shortened
 * likewise. A new string. */
char *camel_name(const char *name);

#endif
