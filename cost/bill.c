#include "cost/bill.h"

#include <jansson.h>
#include <string.h>

const char *const section_names[N_SECTIONS] = {"functions", "infrastructure", "baseline"};

struct bill *bill_new(void)
{
  struct bill *bill = g_new0(struct bill, 1);
  bill->pool = decimal_pool_new();
  bill->strings = g_string_chunk_new(1024);
  bill->lines = g_ptr_array_new_with_free_func(g_free);
  bill->warnings = g_ptr_array_new_with_free_func(g_free);
  bill->hours = decimal_from_int(bill->pool, 0);
  return bill;
}

void bill_free(struct bill *bill)
{
  if (bill == NULL) {
    return;
  }
  g_ptr_array_unref(bill->lines);
  g_ptr_array_unref(bill->warnings);
  g_string_chunk_free(bill->strings);
  decimal_pool_free(bill->pool);
  g_free(bill);
}

void bill_add(struct bill *bill, const struct bill_line *line)
{
  struct bill_line *copy = g_memdup2(line, sizeof *line);
  copy->name = g_string_chunk_insert_const(bill->strings, line->name);
  copy->plan = g_string_chunk_insert_const(bill->strings, line->plan);
  copy->region = g_string_chunk_insert_const(bill->strings, line->region);
  copy->item = g_string_chunk_insert_const(bill->strings, line->item);
  copy->unit = g_string_chunk_insert_const(bill->strings, line->unit);
  copy->source = g_string_chunk_insert_const(bill->strings, line->source);
  copy->as_of = g_string_chunk_insert_const(bill->strings, line->as_of);
  copy->note = g_string_chunk_insert_const(bill->strings, line->note);
  copy->quantity = decimal_finite(bill->pool, decimal_copy(bill->pool, line->quantity));
  copy->free = decimal_finite(bill->pool, decimal_copy(bill->pool, line->free));
  copy->unit_price = decimal_copy(bill->pool, line->unit_price);
  copy->exact = decimal_finite(bill->pool, decimal_copy(bill->pool, line->exact));
  copy->rounded = decimal_round(bill->pool, copy->exact, 2);
  g_ptr_array_add(bill->lines, copy);
}

void bill_warn(struct bill *bill, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  if (!g_ptr_array_find_with_equal_func(bill->warnings, text, g_str_equal, NULL)) {
    g_ptr_array_add(bill->warnings, g_steal_pointer(&text));
  }
}

struct bill_total bill_total(const struct bill *bill, enum section section)
{
  struct bill_total total;
  total.exact = decimal_from_int(bill->pool, 0);
  total.sum_of_rounded = total.exact;
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    if (line->section == section) {
      total.exact = decimal_add(bill->pool, total.exact, line->exact);
      total.sum_of_rounded = decimal_add(bill->pool, total.sum_of_rounded, line->rounded);
    }
  }
  total.rounded = decimal_round(bill->pool, total.exact, 2);
  return total;
}

static json_t *json_decimal(const struct decimal *value)
{
  g_autofree char *text = decimal_text(value);
  return json_string(text);
}

static json_t *json_money(const struct decimal *value)
{
  g_autofree char *text = decimal_fixed(value, 2);
  return json_string(text);
}

static json_t *json_line(const struct bill_line *line)
{
  json_t *object = json_object();
  json_object_set_new(object, "section", json_string(section_names[line->section]));
  json_object_set_new(object, "name", json_string(line->name));
  json_object_set_new(object, "plan", json_string(line->plan));
  json_object_set_new(object, "region", json_string(line->region));
  json_object_set_new(object, "item", json_string(line->item));
  json_object_set_new(object, "tier", json_integer((json_int_t)line->tier));
  json_object_set_new(object, "quantity", json_decimal(line->quantity));
  json_object_set_new(object, "free", json_decimal(line->free));
  json_object_set_new(object, "unit", json_string(line->unit));
  json_object_set_new(object, "unit_price", json_decimal(line->unit_price));
  json_object_set_new(object, "exact", json_decimal(line->exact));
  json_object_set_new(object, "rounded", json_money(line->rounded));
  json_object_set_new(object, "source", json_string(line->source));
  json_object_set_new(object, "as_of", json_string(line->as_of));
  json_object_set_new(object, "note", json_string(line->note));
  return object;
}

char *bill_json(const struct bill *bill)
{
  json_t *root = json_object();
  json_t *lines = json_array();
  json_t *totals = json_object();
  json_t *warnings = json_array();
  json_object_set_new(root, "version", json_integer(1));
  json_object_set_new(root, "currency", json_string("USD"));
  json_object_set_new(root, "hours", json_decimal(bill->hours));
  json_object_set_new(root, "free_tier", json_boolean(bill->has_free_tier));
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    json_array_append_new(lines, json_line(bill->lines->pdata[i]));
  }
  json_object_set_new(root, "lines", lines);
  for (int i = 0; i < N_SECTIONS; i++) {
    struct bill_total total = bill_total(bill, (enum section)i);
    json_t *object = json_object();
    json_object_set_new(object, "exact", json_decimal(total.exact));
    json_object_set_new(object, "rounded", json_money(total.rounded));
    json_object_set_new(object, "sum_of_rounded", json_money(total.sum_of_rounded));
    json_object_set_new(totals, section_names[i], object);
  }
  json_object_set_new(root, "totals", totals);
  for (unsigned int i = 0; i < bill->warnings->len; i++) {
    json_array_append_new(warnings, json_string(bill->warnings->pdata[i]));
  }
  json_object_set_new(root, "warnings", warnings);
  char *dumped = json_dumps(root, JSON_COMPACT);
  char *text = g_strconcat(dumped, "\n", NULL);
  free(dumped);
  json_decref(root);
  return text;
}

static void csv_field(GString *text, const char *value)
{
  if (text->len > 0 && text->str[text->len - 1] != '\n') {
    g_string_append_c(text, ',');
  }
  if (value[strcspn(value, ",\"\r\n")] == '\0') {
    g_string_append(text, value);
    return;
  }
  g_string_append_c(text, '"');
  for (; *value != '\0'; value++) {
    g_string_append_len(text, "\"\"", *value == '"' ? 2 : 0);
    if (*value != '"') {
      g_string_append_c(text, *value);
    }
  }
  g_string_append_c(text, '"');
}

static void csv_decimal(GString *text, const struct decimal *value)
{
  g_autofree char *digits = decimal_text(value);
  csv_field(text, digits);
}

char *bill_csv(const struct bill *bill)
{
  GString *text = g_string_new("section,name,plan,region,item,tier,quantity,free,unit,unit_price,"
                               "exact,rounded,source,as_of,note\n");
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    g_autofree char *tier = g_strdup_printf("%u", line->tier);
    g_autofree char *rounded = decimal_fixed(line->rounded, 2);
    csv_field(text, section_names[line->section]);
    csv_field(text, line->name);
    csv_field(text, line->plan);
    csv_field(text, line->region);
    csv_field(text, line->item);
    csv_field(text, tier);
    csv_decimal(text, line->quantity);
    csv_decimal(text, line->free);
    csv_field(text, line->unit);
    csv_decimal(text, line->unit_price);
    csv_decimal(text, line->exact);
    csv_field(text, rounded);
    csv_field(text, line->source);
    csv_field(text, line->as_of);
    csv_field(text, line->note);
    g_string_append_c(text, '\n');
  }
  return g_string_free(text, FALSE);
}
