/* AWS events that carry a list "Records" (SQS, SNS, Kinesis, DynamoDB, S3) and schedules.
 * The trigger comes from the descriptor; a payload of another kind is refused, never guessed. */
#ifndef CLEAVE_RECORDS_H
#define CLEAVE_RECORDS_H

#include "work.h"

/* Fills messages from work->json. Returns 0, or -1 with error at 400. */
int records_read_messages(struct work *work, struct cleave_error *error);

/* Fills objects from work->json (S3). */
int records_read_objects(struct work *work, struct cleave_error *error);

/* EventBridge rule or Scheduler input: time, name and payload. */
int records_read_schedule(struct work *work, struct cleave_error *error);

/* {"batchItemFailures":[{"itemIdentifier":…}]} of what has failed; for ordered work everything from
 * the first failure on. */
struct cleave_bytes records_write_failures(struct work *work);

/* Last part of an ARN or resource path: what comes after the last ':' or '/'. */
const char *resource_name(const char *resource);

#endif
