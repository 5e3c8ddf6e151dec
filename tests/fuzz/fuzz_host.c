/* What the host and the replay read from others: recordings, schedules, answers of functions. The
 * first byte chooses; whatever follows, an answer or an error, never a crash. */
#include <glib.h>
#include <string.h>

#include "splitter/host/envelope.h"
#include "splitter/host/schedule.h"
#include "splitter/replay/answers.h"
#include "splitter/replay/har.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_har(const char *text, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(har_owner) har = har_parse("fuzz.har", text, n, NULL, &error);
  g_assert_true((har != NULL) == (error == NULL));
  for (guint i = 0; har && i < har->entries->len; i++) {
    g_assert_true(har_at(har, i)->target[0] == '/');
    g_assert_null(strpbrk(har_at(har, i)->target, " \r\n"));
  }
}

static void read_schedule(const char *text)
{
  struct schedule schedule;
  if (schedule_parse(&schedule, text, NULL)) {
    int64_t next = schedule_next(&schedule, 1795418400000);
    g_assert_true(next == 0 || next > 1795418400000);
  }
}

static void read_reply(const char *text, size_t n)
{
  struct http_reply reply;
  http_reply_read(&reply, text, n);
  g_assert_cmpint(reply.status, >=, 100);
  g_assert_cmpint(reply.status, <=, 599);
  for (guint i = 0; i < reply.headers->len; i++) {
    const struct cleave_field *field = &g_array_index(reply.headers, struct cleave_field, i);
    g_assert_null(strpbrk(field->name, "\r\n: "));
    g_assert_null(strpbrk(field->value, "\r\n"));
  }
  http_reply_clear(&reply);
}

static void read_failures(const char *text, size_t n)
{
  static const char *const ids[] = {"id", "1"};
  bool is_processed[2];
  envelope_queue_read(text, n, ids, 2, is_processed);
}

/* The two halves of the input as JSON answers: equal to themselves, and compared alike both ways.
 */
static void compare(const char *text, size_t n)
{
  static const struct cleave_field type = {"Content-Type", "application/json"};
  g_autoptr(replay_rules_owner) rules = replay_rules_default();
  g_autoptr(GBytes) left = g_bytes_new(text, n / 2);
  g_autoptr(GBytes) right = g_bytes_new(text + n / 2, n - n / 2);
  struct answer a = {200, &type, 1, left};
  struct answer b = {200, &type, 1, right};
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  g_assert_cmpint(answers_compare(&a, &a, rules, 4, differences), ==, ANSWERS_IDENTICAL);
  g_assert_cmpint(answers_compare(&a, &b, rules, 4, differences), ==,
                  answers_compare(&b, &a, rules, 4, differences));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0) {
    return 0;
  }
  g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
  g_autofree char *bytes = g_malloc0(size);
  memcpy(bytes, data + 1, size - 1);
  switch (data[0]) {
  case 'h':
    read_har(bytes, size - 1);
    break;
  case 's':
    read_schedule(text);
    break;
  case 'r':
    read_reply(bytes, size - 1);
    read_failures(bytes, size - 1);
    break;
  default:
    compare(bytes, size - 1);
    break;
  }
  return 0;
}
