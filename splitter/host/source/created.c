#include "splitter/host/source/created.h"

#include <string.h>

#include "splitter/runtime/encoding.h"

void created_free(void *pointer)
{
  struct created *created = pointer;
  if (created) {
    g_free(created->bucket);
    g_free(created->key);
    g_free(created->etag);
    g_free(created);
  }
}

static const char *text_of(const json_t *object, const char *key)
{
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static struct created *created_new(const char *bucket, const char *key, const char *etag,
                                   uint64_t size)
{
  struct created *created = g_new0(struct created, 1);
  created->bucket = g_strdup(bucket);
  created->key = g_strdup(key);
  created->etag = g_strdup(etag);
  created->size = size;
  return created;
}

/* The keys of S3's events are encoded as in forms. NULL when one holds a NUL or is no UTF-8. */
static char *decoded_key(const char *key)
{
  struct arena arena;
  size_t n = 0;
  arena_init(&arena);
  const char *text = percent_decode(&arena, key, strlen(key), true, &n);
  char *copy = strlen(text) == n && n > 0 && utf8_is_valid(text, n) ? g_strdup(text) : NULL;
  arena_clear(&arena);
  return copy;
}

static bool read_record(const json_t *record, GPtrArray *list)
{
  const json_t *s3 = json_object_get(record, "s3");
  const json_t *object = json_object_get(s3, "object");
  const char *bucket = text_of(json_object_get(s3, "bucket"), "name");
  const char *event = text_of(record, "eventName");
  g_autofree char *key = decoded_key(text_of(object, "key"));
  json_int_t size = json_integer_value(json_object_get(object, "size"));
  if (!key || *bucket == '\0' || *event == '\0') {
    return false;
  }
  event += g_str_has_prefix(event, "s3:") ? 3 : 0;
  if (g_str_has_prefix(event, "ObjectCreated:")) {
    g_ptr_array_add(
        list, created_new(bucket, key, text_of(object, "eTag"), size > 0 ? (uint64_t)size : 0));
  }
  return true;
}

/* Cloud Storage tells bucket, name and what happened in attributes; the object stands in the body.
 */
static bool read_storage(const json_t *root, const json_t *attributes, GPtrArray *list)
{
  const char *event = text_of(attributes, "eventType");
  const char *bucket = text_of(attributes, "bucketId");
  const char *key = text_of(attributes, "objectId");
  if (*event == '\0' || *bucket == '\0' || *key == '\0') {
    return false;
  }
  if (strcmp(event, "OBJECT_FINALIZE") == 0) {
    uint64_t size = g_ascii_strtoull(text_of(root, "size"), NULL, 10);
    g_ptr_array_add(list, created_new(bucket, key, text_of(root, "etag"), size));
  }
  return true;
}

GPtrArray *created_read(const char *body, size_t n_body, const json_t *attributes)
{
  GPtrArray *list = g_ptr_array_new_with_free_func(created_free);
  json_t *root = json_loadb(body, n_body, 0, NULL);
  json_t *inner = json_object_get(root, "Message");
  if (json_is_string(inner) && json_object_get(root, "TopicArn")) { /* through SNS */
    inner = json_loads(json_string_value(inner), 0, NULL);
    json_decref(root);
    root = inner;
  }
  json_t *records = json_object_get(root, "Records");
  bool is_good = json_is_array(records) && json_array_size(records) > 0;
  for (size_t i = 0; is_good && i < json_array_size(records); i++) {
    is_good = read_record(json_array_get(records, i), list);
  }
  is_good = is_good || strcmp(text_of(root, "Event"), "s3:TestEvent") == 0 ||
            read_storage(root, attributes, list);
  json_decref(root);
  if (!is_good) {
    g_ptr_array_unref(list);
    return NULL;
  }
  return list;
}

char *created_write(const struct created *created)
{
  json_t *root = json_pack("{s:s,s:s,s:s,s:I}", "bucket", created->bucket, "key", created->key,
                           "etag", created->etag, "size", (json_int_t)created->size);
  char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
  json_decref(root);
  char *copy = g_strdup(text);
  free(text);
  return copy;
}

struct created *created_parse(const char *text, size_t n_text)
{
  json_t *root = json_loadb(text, n_text, 0, NULL);
  json_int_t size = json_integer_value(json_object_get(root, "size"));
  struct created *created = *text_of(root, "bucket") && *text_of(root, "key")
                                ? created_new(text_of(root, "bucket"), text_of(root, "key"),
                                              text_of(root, "etag"), size > 0 ? (uint64_t)size : 0)
                                : NULL;
  json_decref(root);
  return created;
}
