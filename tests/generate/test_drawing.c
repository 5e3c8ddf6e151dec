/* What typed replay draws values with, by tables made by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "cleave_replay_draw.h"
#include "cleave_replay_values.h"

struct node {
  int value;
  struct node *next;
};

struct values {
  struct node *list;
  unsigned char *data;
  size_t n;
  double number;
  const char *text;
};

static cleave_wide n_of(const void *record)
{
  return (cleave_wide)((const struct values *)record)->n;
}

static void set_n(void *record, size_t n)
{
  ((struct values *)record)->n = n;
}

static const struct cleave_type int_type = {
    .kind = CLEAVE_INTEGER, .size = sizeof(int), .bits = 32, .is_signed = 1};
static const struct cleave_slot node_slots[] = {
    {.name = "value", .type = &int_type, .offset = offsetof(struct node, value)}};
static const struct cleave_type node_type = {
    .kind = CLEAVE_RECORD, .size = sizeof(struct node), .fields = node_slots, .n_fields = 1};
static const struct cleave_type list_type = {.kind = CLEAVE_LIST,
                                             .size = sizeof(void *),
                                             .element = &node_type,
                                             .link = offsetof(struct node, next)};
static const struct cleave_type bytes_type = {
    .kind = CLEAVE_BYTES, .size = sizeof(void *), .is_nullable = 1};
static const struct cleave_type count_type = {
    .kind = CLEAVE_COUNT, .size = sizeof(size_t), .bits = 64};
static const struct cleave_type double_type = {
    .kind = CLEAVE_FLOAT, .size = sizeof(double), .bits = 64};
static const struct cleave_type text_type = {.kind = CLEAVE_STRING, .size = sizeof(void *)};
static const struct cleave_slot slots[] = {{.name = "list",
                                            .type = &list_type,
                                            .offset = offsetof(struct values, list),
                                            .flags = CLEAVE_COMES_IN | CLEAVE_COMES_OUT},
                                           {.name = "data",
                                            .type = &bytes_type,
                                            .offset = offsetof(struct values, data),
                                            .flags = CLEAVE_COMES_IN,
                                            .number = n_of,
                                            .set_number = set_n},
                                           {.name = "n",
                                            .type = &count_type,
                                            .offset = offsetof(struct values, n),
                                            .flags = CLEAVE_COMES_IN},
                                           {.name = "number",
                                            .type = &double_type,
                                            .offset = offsetof(struct values, number),
                                            .flags = CLEAVE_COMES_IN | CLEAVE_COMES_OUT},
                                           {.name = "text",
                                            .type = &text_type,
                                            .offset = offsetof(struct values, text),
                                            .flags = CLEAVE_COMES_IN}};
static const struct cleave_replay_function function = {
    .name = "f", .size = sizeof(struct values), .fields = slots, .n_fields = G_N_ELEMENTS(slots)};

static char *input_text(const struct values *values)
{
  json_t *input = replay_input_json(&function, values);
  char *text = json_dumps(input, JSON_COMPACT);
  char *copy = g_strdup(text);
  free(text);
  json_decref(input);
  return copy;
}

/* The input that these choices make; *MADE are all that were made. */
static char *drawn(const guint64 *given, size_t n_given, struct choices *made)
{
  struct guarded_memory memory = {0};
  struct values values = {0};
  size_t rooms[G_N_ELEMENTS(slots)];
  choices_init(made, given, n_given);
  replay_draw_values(&function, made, &memory, &values, rooms);
  char *text = input_text(&values);
  g_assert_cmpuint(values.n, <=, 5000);
  guarded_clear(&memory);
  return text;
}

static void test_plain(void)
{
  struct choices made;
  g_autofree char *text = drawn(NULL, 0, &made);
  g_assert_cmpstr(text, ==,
                  "{\"list\":[{\"value\":1}],\"data\":\"AA==\",\"number\":1.5,\"text\":\"text\"}");
  choices_clear(&made);
}

/* Every alternative of every choice is tried by some plan, those of parts that others open too. */
static void test_plans(void)
{
  struct choice_plans plans = {0};
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gboolean has_null = FALSE;
  gboolean has_empty = FALSE;
  choice_plans_add(&plans, NULL, 0, 0);
  for (size_t i = 0; i < plans.n; i++) {
    struct choices made;
    g_autofree char *text = drawn(plans.lists[i], plans.lengths[i], &made);
    has_null = has_null || strstr(text, "\"data\":null");
    has_empty = has_empty || strstr(text, "\"list\":[]");
    choice_plans_learn(&plans, &made);
    for (size_t j = 0; j < made.n_made; j++) {
      const struct choice *choice = &made.made[j];
      g_hash_table_add(seen, g_strdup_printf("%" G_GUINT64_FORMAT "=%" G_GUINT64_FORMAT,
                                             choice->place, choice->value));
      for (unsigned n = 0; n < choice->n; n++) {
        g_hash_table_add(wanted, g_strdup_printf("%" G_GUINT64_FORMAT "=%u", choice->place, n));
      }
    }
    choices_clear(&made);
  }
  g_assert_true(has_null && has_empty);
  g_assert_cmpuint(g_hash_table_size(wanted), >, 60);
  GHashTableIter iterator;
  gpointer key = NULL;
  g_hash_table_iter_init(&iterator, wanted);
  while (g_hash_table_iter_next(&iterator, &key, NULL)) {
    g_assert_true(g_hash_table_contains(seen, key));
  }
  choice_plans_clear(&plans);
}

static void test_seed(void)
{
  guint64 first[40];
  for (int round = 0; round < 3; round++) {
    struct choices choices;
    guint64 n_same = 0;
    choices_init(&choices, NULL, 0);
    choices_seed(&choices, "f", round == 2 ? 2 : 1, 7);
    for (size_t i = 0; i < G_N_ELEMENTS(first); i++) {
      guint64 bits = choose_bits(&choices, 1);
      n_same += bits == first[i];
      first[i] = round == 0 ? bits : first[i];
    }
    g_assert_true(round == 0 || n_same == (round == 1 ? G_N_ELEMENTS(first) : 0));
    choices_clear(&choices);
  }
}

/* What C values are as JSON, as docs/functions.md has it. */
static void test_json(void)
{
  static const struct {
    guint64 bits;
    const char *text;
  } rows[] = {{0x8000000000000000, "-0.0"},
              {0x7ff8000000000000, "\"NaN\""},
              {0xfff8000000000000, "\"-NaN\""},
              {0x7ff4000000000001, "\"NaN(0x4000000000001)\""},
              {0xfff8000000001234, "\"-NaN(0x8000000001234)\""},
              {0xfff0000000000000, "\"-Infinity\""},
              {0x3fb999999999999a, "0.1"}};
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct node second = {-2, NULL};
    struct node first = {1, &second};
    unsigned char data[] = {0, 255};
    struct values values = {.list = &first, .data = data, .n = 2, .text = "\xff"};
    memcpy(&values.number, &rows[i].bits, sizeof values.number);
    g_autofree char *expected =
        g_strdup_printf("{\"list\":[{\"value\":1},{\"value\":-2}],\"data\":\"AP8=\",\"number\":%s,"
                        "\"text\":{\"base64\":\"/w==\"}}",
                        rows[i].text);
    json_t *wanted = json_loads(expected, 0, NULL);
    g_autofree char *text = input_text(&values);
    json_t *got = json_loads(text, 0, NULL);
    g_assert_true(json_equal(wanted, got));
    g_assert_cmpint(signbit(json_real_value(json_object_get(got, "number"))) != 0, ==,
                    rows[i].text[0] == '-');
    json_decref(wanted);
    json_decref(got);
  }
}

/* A list that leads back to itself has no end. */
static void test_endless(void)
{
  struct node first = {1, NULL};
  struct values values = {.list = &first, .text = ""};
  size_t rooms[G_N_ELEMENTS(slots)] = {0};
  const char *failure = NULL;
  first.next = &first;
  json_t *output = replay_output_json(&function, &values, rooms, &failure);
  g_assert_cmpstr(failure, ==, "Function.EndlessResult");
  json_decref(output);
}

static void test_guards(void)
{
  struct guarded_memory memory = {0};
  size_t behind = 0;
  size_t size = 0;
  char *data = guarded_alloc(&memory, 10, 0, "data");
  char *plain = guarded_alloc(&memory, 10, 1, "plain");
  memset(data, 1, 10);
  memset(plain, 1, 10);
  g_assert_cmpstr(guarded_find(&memory, data + 12, &behind, &size), ==, "data");
  g_assert_cmpuint(behind, ==, 2);
  g_assert_cmpuint(size, ==, 10);
  g_assert_null(guarded_find(&memory, data + 9, &behind, &size));
  g_assert_null(guarded_find(&memory, plain + 12, &behind, &size));
  if (g_test_subprocess()) {
    volatile char *beyond = data + 10;
    *beyond = 1;
  }
  guarded_clear(&memory);
  g_test_trap_subprocess(NULL, 0, 0);
  g_test_trap_assert_failed();
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/drawing/plain", test_plain);
  g_test_add_func("/drawing/plans", test_plans);
  g_test_add_func("/drawing/seed", test_seed);
  g_test_add_func("/drawing/json", test_json);
  g_test_add_func("/drawing/endless", test_endless);
  g_test_add_func("/drawing/guards", test_guards);
  return g_test_run();
}
