#include "splitter/generate/cloud_name.h"

#include <stdint.h>
#include <string.h>

#define N_DIGITS 8
/* A logical id has at most 255 characters, and SAM puts those of a function and its event, and a
 * word of its own, into one (CloudFormation user guide, "Resources"). */
#define MOST_OF_ID 100

#define MOST_OF_FOLDER 200 /* of 255: files are called NAME.PLATFORM.json */

struct limit {
  size_t least, most;
};

static const struct limit limits[N_CLOUD_PLACES] = {
    [CLOUD_ANYWHERE] = {1, SIZE_MAX},
    /* Lambda API, CreateFunction, FunctionName. */
    [AWS_FUNCTION] = {1, 64},
    /* SQS API, CreateQueue, QueueName. */
    [AWS_QUEUE] = {1, 80},
    /* Kinesis API, CreateStream, StreamName. */
    [AWS_STREAM] = {1, 128},
    /* S3 user guide, "Bucket naming rules": 63; an account has 12 digits, a region up to 14
     * characters. */
    [AWS_BUCKET] = {1, 63 - 13 - 15},
    /* Provider aws, aws_s3_bucket, bucket_prefix: 37. */
    [AWS_BUCKET_PREFIX] = {1, 36},
    /* Cloud Run, "Deploying": 49 characters or less. */
    [GOOGLE_SERVICE] = {1, 49},
    /* IAM API, projects.serviceAccounts.create, accountId. */
    [GOOGLE_ACCOUNT] = {6, 30},
    /* Pub/Sub, "Resource names": 3 to 255; a job of the scheduler 500. */
    [GOOGLE_TOPIC] = {3, 255},
    /* Cloud Storage, "Bucket names": 63; a project id has up to 30 characters. */
    [GOOGLE_BUCKET] = {1, 63 - 31},
    /* Secret Manager API, projects.secrets.create, secretId. */
    [GOOGLE_SECRET] = {1, 255},
    /* "Naming rules and restrictions for Azure resources", Microsoft.Web/sites: 60. The prefix also
     * begins the storage account's name of 24, before "functions". */
    [AZURE_APP] = {1, 60 - 16},
    /* The same page: queues and containers of a storage account 3 to 63, event hubs 256, secrets of
     * a key vault 127. */
    [AZURE_QUEUE] = {3, 63 - 7},
    [AZURE_CONTAINER] = {3, 63},
    [AZURE_HUB] = {1, 256},
    [AZURE_SECRET] = {1, 127},
    /* Kubernetes, "Object Names and IDs": a label 63, a subdomain 253. */
    [KUBERNETES_OBJECT] = {1, 63},
    [KUBERNETES_SECRET] = {1, 253},
    /* Kafka, org.apache.kafka.common.internals.Topic, MAX_NAME_LENGTH. */
    [KAFKA_TOPIC] = {1, 249},
    /* distribution/reference: the whole name 255; registries' folders come before it. */
    [IMAGE] = {1, 128},
};

static GString *plain(const char *name)
{
  GString *out = g_string_new(NULL);
  for (const char *c = name; *c; c++) {
    if (g_ascii_isalnum(*c)) {
      g_string_append_c(out, g_ascii_tolower(*c));
    } else if (out->len > 0 && out->str[out->len - 1] != '-') {
      g_string_append_c(out, '-');
    }
  }
  while (out->len > 0 && out->str[out->len - 1] == '-') {
    g_string_truncate(out, out->len - 1);
  }
  if (out->len == 0 || !g_ascii_isalpha(out->str[0])) {
    g_string_prepend(out, "f-");
  }
  return out;
}

/* OUT with digits of what it was made of, where it does not fit. */
static void fit(GString *out, const struct limit *limit, const char *name, const char *dash)
{
  if (out->len >= limit->least && out->len <= limit->most) {
    return;
  }
  g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
  size_t n_kept = limit->most - N_DIGITS - strlen(dash);
  g_string_truncate(out, MIN(out->len, n_kept));
  while (out->len > 1 && !g_ascii_isalnum(out->str[out->len - 1])) {
    g_string_truncate(out, out->len - 1);
  }
  g_string_append_printf(out, "%s%.*s", dash, N_DIGITS, sum);
}

bool cloud_name_can_be(const char *name)
{
  if (!g_ascii_isalnum(*name) && *name != '_') {
    return false;
  }
  size_t n = strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.");
  return name[n] == '\0' && n <= MOST_OF_FOLDER && !strstr(name, "..");
}

char *folder_name(const char *name)
{
  static const struct limit limit = {MOST_OF_FOLDER, MOST_OF_FOLDER};
  if (cloud_name_can_be(name)) {
    return g_strdup(name);
  }
  GString *out = g_string_new(NULL);
  for (const char *c = name; *c; c++) {
    bool is_kept = g_ascii_isalnum(*c) || (*c == '_' && out->len > 0);
    if (is_kept) {
      g_string_append_c(out, *c);
    } else if (out->len > 0 && out->str[out->len - 1] != '-') {
      g_string_append_c(out, '-');
    }
  }
  g_string_append(out, out->len == 0 ? "f" : "");
  fit(out, &limit, name, "-");
  return g_string_free(out, FALSE);
}

char *cloud_name(const char *name, enum cloud_place place)
{
  GString *out = place == AWS_FUNCTION ? g_string_new(name) : plain(name);
  fit(out, &limits[place], name, "-");
  return g_string_free(out, FALSE);
}

char *camel_name(const char *name)
{
  static const struct limit limit = {1, MOST_OF_ID};
  GString *out = g_string_new(NULL);
  bool is_start = true;
  for (const char *c = name; *c; c++) {
    if (!g_ascii_isalnum(*c)) {
      is_start = true;
    } else {
      g_string_append_c(out, is_start ? g_ascii_toupper(*c) : *c);
      is_start = false;
    }
  }
  if (out->len == 0 || g_ascii_isdigit(out->str[0])) {
    g_string_prepend_c(out, 'F');
  }
  fit(out, &limit, name, "");
  return g_string_free(out, FALSE);
}
