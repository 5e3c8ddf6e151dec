#include "store/digest.h"

#include <string.h>

/* Part of the name in `info`: other sums are other names. */
#define FORMAT "rows1"
/* Ids are numbers of 53 bits (identity.h). */
enum { PART_SHIFT = 45, HEX = 16 };

/* ---- keys ---- */

/* Asked for every record that is exchanged, so nothing is copied. */
struct record_key record_key(const struct record_table *table)
{
  struct record_key key = {.n = 0};
  const char *at = strstr(table->constraint, "PRIMARY KEY (");
  if (!at) {
    while (key.n < MIN(table->n_columns, G_N_ELEMENTS(key.columns))) {
      key.columns[key.n] = key.n;
      key.n++;
    }
    return key;
  }
  at += strlen("PRIMARY KEY (");
  while (*at != ')' && *at != '\0') {
    size_t length = strcspn(at, ",)");
    for (size_t i = 0; i < table->n_columns && key.n < G_N_ELEMENTS(key.columns); i++) {
      const char *name = table->columns[i].name;
      if (strncmp(name, at, length) == 0 && name[length] == '\0') {
        key.columns[key.n++] = i;
      }
    }
    at += length;
    at += strspn(at, ", ");
  }
  return key;
}

static bool begins_with_number(const struct record_table *table, const struct record_key *key)
{
  enum record_type type = table->columns[key->columns[0]].type;
  return type == RECORD_ID || type == RECORD_INT;
}

static unsigned part_of(int64_t number)
{
  return (unsigned)CLAMP(number >> PART_SHIFT, 0, DIGEST_PARTS - 1);
}

unsigned digest_part(const struct record_table *table, const struct record_key *key,
                     const void *record)
{
  if (!begins_with_number(table, key)) {
    return 0;
  }
  size_t offset = table->columns[key->columns[0]].offset;
  return part_of(*(const int64_t *)(const void *)((const char *)record + offset));
}

bool digest_bounds(const struct record_table *table, const struct record_key *key, unsigned part,
                   int64_t *least, int64_t *largest)
{
  *least = part == 0 ? INT64_MIN : (int64_t)part << PART_SHIFT;
  *largest = part == DIGEST_PARTS - 1 ? INT64_MAX : ((int64_t)(part + 1) << PART_SHIFT) - 1;
  return begins_with_number(table, key);
}

/* ---- sums ---- */

static uint64_t stir(uint64_t sum, uint64_t word)
{
  sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
  return sum ^ sum >> 29;
}

static uint64_t stir_text(uint64_t sum, const char *text)
{
  size_t n = text ? strlen(text) : 0;
  sum = stir(sum, n);
  uint64_t word;
  for (; n >= sizeof word; n -= sizeof word, text += sizeof word) {
    memcpy(&word, text, sizeof word);
    sum = stir(sum, word);
  }
  if (n != 0) {
    word = 0;
    memcpy(&word, text, n);
    sum = stir(sum, word);
  }
  return sum;
}

/* The finaliser of MurmurHash3 behind it, so that sums of rows tell as much as rows do. */
static uint64_t sum_of(const struct record_table *table, const void *record)
{
  uint64_t sum = table->n_columns;
  for (size_t i = 0; i < table->n_columns; i++) {
    const struct record_column *column = &table->columns[i];
    const void *member = (const char *)record + column->offset;
    uint64_t word = 0;
    switch (column->type) {
    case RECORD_ID:
    case RECORD_INT:
    case RECORD_REAL:
      memcpy(&word, member, sizeof word);
      sum = stir(sum, word);
      break;
    case RECORD_BOOL:
      sum = stir(sum, *(const bool *)member);
      break;
    case RECORD_TEXT:
      sum = stir_text(sum, *(const char *const *)member);
      break;
    case RECORD_BLOB:
      break; /* no table with one is kept in sums */
    }
  }
  sum ^= sum >> 33;
  sum *= UINT64_C(0xff51afd7ed558ccd);
  sum ^= sum >> 33;
  sum *= UINT64_C(0xc4ceb9fe1a85ec53);
  return sum ^ sum >> 33;
}

void digest_sum(const struct record_table *table, const struct record_key *key, const void *records,
                size_t n, struct digest *digest)
{
  memset(digest, 0, sizeof *digest);
  digest->key = *key;
  memset(digest->is_known, true, sizeof digest->is_known);
  for (size_t i = 0; i < n; i++) {
    const void *record = (const char *)records + i * table->record_size;
    digest->sums[digest_part(table, key, record)] += sum_of(table, record);
  }
}

/* ---- what is kept ---- */

static char *name_of(const struct record_table *table)
{
  return g_strdup_printf(FORMAT ":%s:%zu", table->name, table->n_columns);
}

/* False where the text is none of ours. */
static bool read_text(const char *text, struct digest *digest)
{
  if (strlen(text) != (size_t)DIGEST_PARTS * HEX) {
    return false;
  }
  for (unsigned part = 0; part < DIGEST_PARTS; part++) {
    for (unsigned i = 0; i < HEX; i++) {
      int digit = g_ascii_xdigit_value(text[part * HEX + i]);
      digest->is_known[part] = digit >= 0;
      if (digit < 0) {
        break;
      }
      digest->sums[part] = digest->sums[part] << 4 | (uint64_t)digit;
    }
  }
  return true;
}

static char *write_text(const struct digest *digest)
{
  char *text = g_malloc((gsize)DIGEST_PARTS * HEX + 1);
  for (unsigned part = 0; part < DIGEST_PARTS; part++) {
    for (unsigned i = 0; i < HEX; i++) {
      unsigned digit = digest->sums[part] >> (60 - 4 * i) & 15;
      text[part * HEX + i] = digest->is_known[part] ? "0123456789abcdef"[digit] : '-';
    }
  }
  text[DIGEST_PARTS * HEX] = '\0';
  return text;
}

static struct digest *load(struct store *store, const struct record_table *table)
{
  g_autofree char *name = name_of(table);
  g_autofree char *text = store_info(store, name, NULL);
  struct digest *digest = g_new0(struct digest, 1);
  if (!text || !read_text(text, digest)) {
    g_free(digest);
    return NULL;
  }
  digest->key = record_key(table);
  digest->is_stored = true;
  return digest;
}

struct digest *digest_find(struct store *store, const struct record_table *table)
{
  gpointer known = NULL;
  if (!g_hash_table_lookup_extended(store->digests, table, NULL, &known)) {
    known = load(store, table);
    g_hash_table_insert(store->digests, (gpointer)table, known);
  }
  return known;
}

void digest_set(struct store *store, const struct record_table *table, const struct digest *digest)
{
  const struct digest *known = digest_find(store, table);
  if (known && known->is_stored && memcmp(known->sums, digest->sums, sizeof known->sums) == 0 &&
      memcmp(known->is_known, digest->is_known, sizeof known->is_known) == 0) {
    return;
  }
  struct digest *fresh = g_memdup2(digest, sizeof *digest);
  fresh->is_stored = false;
  g_hash_table_insert(store->digests, (gpointer)table, fresh);
}

static void change(struct store *store, const struct record_table *table, const void *record,
                   bool is_added)
{
  struct digest *digest = digest_find(store, table);
  if (!digest) {
    return;
  }
  unsigned part = digest_part(table, &digest->key, record);
  uint64_t sum = sum_of(table, record);
  digest->sums[part] += is_added ? sum : -sum;
  digest->is_stored = false;
}

void digest_add(struct store *store, const struct record_table *table, const void *record)
{
  change(store, table, record, true);
}

void digest_remove(struct store *store, const struct record_table *table, const void *record)
{
  change(store, table, record, false);
}

void digest_forget(struct store *store, const struct record_table *table)
{
  struct digest *digest = digest_find(store, table);
  if (digest) {
    digest->is_stored = false;
    memset(digest->is_known, 0, sizeof digest->is_known);
  }
}

void digest_forget_record(struct store *store, const struct record_table *table, const void *record)
{
  struct digest *digest = digest_find(store, table);
  if (digest) {
    digest->is_stored = false;
    digest->is_known[digest_part(table, &digest->key, record)] = false;
  }
}

void digest_forget_id(struct store *store, const struct record_table *table, const char *column,
                      int64_t id)
{
  struct digest *digest = digest_find(store, table);
  if (!digest || strcmp(table->columns[digest->key.columns[0]].name, column) != 0) {
    digest_forget(store, table);
    return;
  }
  digest->is_stored = false;
  digest->is_known[part_of(id)] = false;
}

bool digest_store(struct store *store, GError **error)
{
  GHashTableIter iterator;
  gpointer table, value;
  g_hash_table_iter_init(&iterator, store->digests);
  while (g_hash_table_iter_next(&iterator, &table, &value)) {
    struct digest *digest = value;
    if (!digest || digest->is_stored) {
      continue;
    }
    g_autofree char *name = name_of(table);
    g_autofree char *text = write_text(digest);
    if (!store_set_info(store, name, text, error)) {
      return false;
    }
    digest->is_stored = true;
  }
  return true;
}

void digest_drop(struct store *store)
{
  g_hash_table_remove_all(store->digests);
}
