/* Reads meters and their price ladders. */
#include <string.h>

#include "cost/catalogue_internal.h"

#define MAX_PRICE "1e9"

static void price_free(gpointer data)
{
  struct price *price = data;
  g_free(price->region);
  g_free(price->note);
  g_ptr_array_unref(price->tiers);
  g_free(price);
}

const struct price_source *reader_find_source(struct reader *reader, const struct node *mapping,
                                              const struct node *key, GError **error)
{
  const struct node *source = node_find(mapping, "source");
  if (source == NULL) {
    document_refuse(reader->document, key, error, "'%s' has no source", key->text);
    return NULL;
  }
  const char *id = document_text(reader->document, source, "source", error);
  const struct price_source *found = id == NULL ? NULL : g_hash_table_lookup(reader->sources, id);
  if (id != NULL && found == NULL) {
    document_refuse(reader->document, source, error, "unknown source '%s'", id);
  }
  return found;
}

/* One step of a price ladder; per is how many units the price is for. */
static bool read_tier(struct reader *reader, const struct node *node, const struct decimal *per,
                      struct price *price, GError **error)
{
  static const char *const keys[] = {"up_to", "price", NULL};
  struct decimal_pool *pool = reader->catalogue->pool;
  const struct document *document = reader->document;
  if (!document_expect(document, node, NODE_MAPPING, "a tier", error) ||
      !document_check_keys(document, node, keys, error)) {
    return false;
  }
  const struct node *up_to = node_find(node, "up_to");
  const struct node *amount = node_find(node, "price");
  if (amount == NULL) {
    return document_refuse(document, node, error, "a tier needs a price");
  }
  const struct decimal *value =
      document_number(document, amount, "price", "0", MAX_PRICE, pool, error);
  if (value == NULL) {
    return false;
  }
  struct price_tier *tier = g_new0(struct price_tier, 1);
  g_ptr_array_add(price->tiers, tier);
  tier->price = decimal_finite(pool, decimal_divide(pool, value, per));
  if (up_to == NULL) {
    return true;
  }
  tier->up_to = document_number(document, up_to, "up_to", "0", MAX_QUANTITY, pool, error);
  return tier->up_to != NULL;
}

static bool check_ladder(struct reader *reader, const struct price *price,
                         const struct node *ladder, GError **error)
{
  const struct decimal *below = NULL;
  for (unsigned int i = 0; i < price->tiers->len; i++) {
    const struct price_tier *tier = price->tiers->pdata[i];
    const struct node *node = ladder->values->pdata[i];
    bool is_last = i + 1 == price->tiers->len;
    if (!is_last && tier->up_to == NULL) {
      return document_refuse(reader->document, node, error,
                             "a gap between tiers: only the last one may lack up_to");
    }
    if (is_last && tier->up_to != NULL) {
      return document_refuse(reader->document, node, error,
                             "a gap above the last tier: it must not have up_to");
    }
    if (tier->up_to != NULL && below != NULL && decimal_compare(tier->up_to, below) <= 0) {
      return document_refuse(reader->document, node, error, "up_to must rise from tier to tier");
    }
    below = tier->up_to;
  }
  return true;
}

static bool read_ladder(struct reader *reader, const struct node *entry, const struct decimal *per,
                        struct price *price, GError **error)
{
  const struct node *ladder = node_find(entry, "tiers");
  const struct node *flat = node_find(entry, "price");
  if ((ladder == NULL) == (flat == NULL)) {
    return document_refuse(reader->document, entry, error, "needs either price or tiers");
  }
  if (flat != NULL) {
    struct price_tier *tier = g_new0(struct price_tier, 1);
    g_ptr_array_add(price->tiers, tier);
    const struct decimal *value = document_number(reader->document, flat, "price", "0", MAX_PRICE,
                                                  reader->catalogue->pool, error);
    if (value == NULL) {
      return false;
    }
    tier->price = decimal_finite(reader->catalogue->pool,
                                 decimal_divide(reader->catalogue->pool, value, per));
    return true;
  }
  if (!document_expect(reader->document, ladder, NODE_SEQUENCE, "tiers", error)) {
    return false;
  }
  if (ladder->values->len == 0) {
    return document_refuse(reader->document, ladder, error, "tiers is empty");
  }
  for (unsigned int i = 0; i < ladder->values->len; i++) {
    if (!read_tier(reader, ladder->values->pdata[i], per, price, error)) {
      return false;
    }
  }
  return check_ladder(reader, price, ladder, error);
}

/* Replaces the price of the same region or adds one. */
static void meter_set_price(struct meter *meter, struct price *price)
{
  for (unsigned int i = 0; i < meter->prices->len; i++) {
    const struct price *old = meter->prices->pdata[i];
    if (strcmp(old->region, price->region) == 0) {
      g_ptr_array_remove_index(meter->prices, i);
      break;
    }
  }
  g_ptr_array_add(meter->prices, price);
}

bool reader_read_price(struct reader *reader, struct meter *meter, const struct node *key,
                       const struct node *entry, const struct decimal *per, GError **error)
{
  static const char *const keys[] = {"price", "tiers", "source", "note", "unverified", NULL};
  const struct document *document = reader->document;
  if (!document_expect(document, entry, NODE_MAPPING, key->text, error) ||
      !document_check_keys(document, entry, keys, error)) {
    return false;
  }
  if (strcmp(key->text, "*") != 0 && !g_hash_table_contains(reader->cloud->regions, key->text) &&
      !g_hash_table_contains(reader->cloud->groups, key->text)) {
    return document_refuse(document, key, error,
                           "'%s' is neither a region nor a group of this file", key->text);
  }
  const struct price_source *source = reader_find_source(reader, entry, key, error);
  const struct node *note = node_find(entry, "note");
  const struct node *unverified = node_find(entry, "unverified");
  if (source == NULL || (note != NULL && document_text(document, note, "note", error) == NULL)) {
    return false;
  }
  struct price *price = g_new0(struct price, 1);
  price->region = g_strdup(key->text);
  price->source = source;
  price->note = g_strdup(note != NULL ? note->text : "");
  price->tiers = g_ptr_array_new_with_free_func(g_free);
  price->line = key->line;
  if ((unverified != NULL &&
       !document_boolean(document, unverified, "unverified", &price->is_unverified, error)) ||
      !read_ladder(reader, entry, per, price, error)) {
    price_free(price);
    return false;
  }
  meter_set_price(meter, price);
  return true;
}

struct meter *reader_find_or_add_meter(struct reader *reader, const struct node *key,
                                       const char *unit, GError **error)
{
  struct meter *meter = g_hash_table_lookup(reader->catalogue->meters, key->text);
  if (meter != NULL) {
    if (strcmp(meter->unit, unit) != 0 || strcmp(meter->cloud, reader->cloud->name) != 0) {
      document_refuse(reader->document, key, error, "'%s' is already a meter of %s in %s",
                      key->text, meter->cloud, meter->unit);
      return NULL;
    }
    return meter;
  }
  meter = g_new0(struct meter, 1);
  meter->id = g_strdup(key->text);
  meter->cloud = g_strdup(reader->cloud->name);
  meter->unit = g_strdup(unit);
  meter->file = g_strdup(reader->document->name);
  meter->line = key->line;
  meter->prices = g_ptr_array_new_with_free_func(price_free);
  g_hash_table_replace(reader->catalogue->meters, meter->id, meter);
  return meter;
}
