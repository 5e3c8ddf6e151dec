#include "splitter/generate/aws_policy.h"

#define MOST_ASYNC_RETRIES 2

struct rule {
  enum grant_kind kind;
  const char *actions[6];
};

/* Source: the developer guide's pages on event sources ("permissions of the execution role"). */
static const struct rule rules[] = {
    {GRANT_QUEUE, {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}},
    {GRANT_STREAM,
     {"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
      "kinesis:GetShardIterator", "kinesis:ListShards"}},
    {GRANT_OBJECT, {"s3:GetObject"}},
    {GRANT_DEAD_LETTER, {"sqs:SendMessage"}},
};

static json_t *statement(const char *const *actions, json_t *resource)
{
  json_t *list = json_array();
  for (size_t i = 0; actions[i]; i++) {
    json_array_append_new(list, json_string(actions[i]));
  }
  return json_pack("{s:s, s:o, s:o}", "Effect", "Allow", "Action", list, "Resource", resource);
}

json_t *aws_statements(const char *binary, const struct requirements *needs, aws_resource *resource)
{
  static const char *const log[] = {"logs:CreateLogStream", "logs:PutLogEvents", NULL};
  json_t *statements = json_array();
  json_array_append_new(statements, statement(log, resource(binary, NULL)));
  /* Secrets are put in when the function is deployed: it needs no right to read them itself. */
  for (guint i = 0; i < needs->grants->len; i++) {
    const struct grant *grant = needs->grants->pdata[i];
    for (size_t j = 0; j < G_N_ELEMENTS(rules); j++) {
      if (rules[j].kind == grant->kind) {
        json_array_append_new(statements, statement(rules[j].actions, resource(binary, grant)));
      }
    }
  }
  return statements;
}

json_t *aws_schedule_statements(json_t *function, json_t *dead_letter)
{
  static const char *const invoke[] = {"lambda:InvokeFunction", NULL};
  static const char *const send[] = {"sqs:SendMessage", NULL};
  json_t *statements = json_array();
  json_array_append_new(statements, statement(invoke, function));
  if (dead_letter) {
    json_array_append_new(statements, statement(send, dead_letter));
  }
  return statements;
}

json_t *aws_document(json_t *statements)
{
  return json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", statements);
}

json_t *aws_trust(const char *service)
{
  return aws_document(json_pack("[{s:s, s:{s:s}, s:s}]", "Effect", "Allow", "Principal", "Service",
                                service, "Action", "sts:AssumeRole"));
}

char *aws_schedule_input(const struct function_spec *spec)
{
  return g_strdup_printf("{\"job\":\"%s\",\"at\":\"<aws.scheduler.scheduled-time>\"}", spec->name);
}

int aws_async_retries(const struct function_spec *spec)
{
  return (int)CLAMP(spec->retries, 0, MOST_ASYNC_RETRIES);
}
