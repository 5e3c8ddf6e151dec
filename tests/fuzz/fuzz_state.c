/* A stored state, as any other process may have left it in the store: variables that fit their
 * types or an error of the store's, never a crash; what fits comes back the same. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cleave_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
  int64_t number;
  char text[16];
  double ratio;
  unsigned char bytes[4];
  int items[3];
  int has_run;
} now;

static char *stored;  /* what the store holds */
static char *swapped; /* what was stored instead, or NULL */

static void expect(int condition)
{
  if (!condition) {
    abort();
  }
}

static int read_variables(struct cleave_marshal *marshal, const cleave_value *record)
{
  size_t n = 0;
  const cleave_value *items = cleave_member(record, "items");
  if (cleave_read_signed(marshal, cleave_member(record, "number"), 64, &now.number) != 0 ||
      cleave_read_text_array(marshal, cleave_member(record, "text"), now.text, sizeof now.text) !=
          0 ||
      cleave_read_float(marshal, cleave_member(record, "ratio"), sizeof now.ratio, &now.ratio) !=
          0 ||
      cleave_read_byte_array(marshal, cleave_member(record, "bytes"), now.bytes,
                             sizeof now.bytes) != 0 ||
      cleave_read_array(marshal, items, 3, &n) != 0) {
    return -1;
  }
  for (size_t i = 0; i < n; i++) {
    int64_t item = 0;
    if (cleave_read_signed(marshal, cleave_element(items, i), 32, &item) != 0) {
      return -1;
    }
    now.items[i] = (int)item;
  }
  return 0;
}

static void write_variables(struct cleave_marshal *marshal, cleave_value *record)
{
  (void)marshal;
  cleave_value *items = cleave_write_array();
  for (size_t i = 0; i < 3; i++) {
    cleave_append(items, cleave_write_signed(now.items[i], 32));
  }
  cleave_put(record, "number", cleave_write_signed(now.number, 64));
  cleave_put(record, "text", cleave_write_text(now.text, strnlen(now.text, sizeof now.text)));
  cleave_put(record, "ratio", cleave_write_float(&now.ratio, sizeof now.ratio));
  cleave_put(record, "bytes", cleave_write_bytes(now.bytes, sizeof now.bytes));
  cleave_put(record, "items", items);
}

static int load(void *self, const char *key, char **text, int64_t *version,
                struct cleave_error *error)
{
  (void)self, (void)key, (void)error;
  *text = strdup(stored);
  *version = 7;
  return 0;
}

static int swap(void *self, const char *key, int64_t version, const char *text,
                struct cleave_error *error)
{
  (void)self, (void)key, (void)error;
  expect(version == 7);
  free(swapped);
  swapped = strdup(text);
  return 0;
}

int cleave_store_open_sqlite(struct cleave_store *store, const char *file,
                             struct cleave_error *error)
{
  (void)file, (void)error;
  *store = (struct cleave_store){.load = load, .swap = swap};
  return 0;
}

int cleave_store_open_redis(struct cleave_store *store, const char *address,
                            struct cleave_error *error)
{
  return cleave_store_open_sqlite(store, address, error);
}

static int invoke(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  (void)event, (void)reply, (void)error;
  now.has_run = 1;
  now.number ^= 1;
  return 0;
}

static struct cleave_state state = {"fuzz/state", read_variables, write_variables, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct cleave_error error = {0};
  now.has_run = 0;
  if (!state.initial) {
    memset(&now, 0, sizeof now);
  }
  stored = malloc(size + 1);
  expect(stored != NULL);
  memcpy(stored, data, size);
  stored[size] = '\0';
  int result = cleave_state_invoke(&state, invoke, NULL, NULL, &error);
  if (result != 0) {
    expect(error.status == 500 && error.message[0] && !now.has_run && !swapped);
  } else {
    /* What was stored is read back as the same variables. */
    int64_t number = now.number;
    uint64_t bits = 0;
    memcpy(&bits, &now.ratio, sizeof bits);
    expect(now.has_run && swapped);
    free(stored);
    stored = swapped;
    swapped = NULL;
    expect(cleave_state_invoke(&state, invoke, NULL, NULL, &error) == 0);
    expect(now.number == (number ^ 1) && memcmp(&bits, &now.ratio, sizeof bits) == 0);
  }
  free(stored);
  free(swapped);
  swapped = NULL;
  return 0;
}
