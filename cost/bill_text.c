/* The bill as JSON and CSV. */
#include <stdlib.h>
#include <string.h>

#include "cost/bill_json.h"

json_t *bill_json_decimal(const struct decimal *value)
{
  g_autofree char *text = decimal_text(value);
  return json_string(text);
}

json_t *bill_json_money(const struct decimal *value)
{
  g_autofree char *text = decimal_fixed(value, 2);
  return json_string(text);
}

json_t *bill_json_line(const struct bill_line *line)
{
  json_t *object = json_object();
  json_object_set_new(object, "section", json_string(section_names[line->section]));
  json_object_set_new(object, "name", json_string(line->name));
  json_object_set_new(object, "plan", json_string(line->plan));
  json_object_set_new(object, "region", json_string(line->region));
  json_object_set_new(object, "item", json_string(line->item));
  json_object_set_new(object, "tier", json_integer((json_int_t)line->tier));
  json_object_set_new(object, "quantity", bill_json_decimal(line->quantity));
  json_object_set_new(object, "free", bill_json_decimal(line->free));
  json_object_set_new(object, "unit", json_string(line->unit));
  json_object_set_new(object, "unit_price", bill_json_decimal(line->unit_price));
  json_object_set_new(object, "exact", bill_json_decimal(line->exact));
  json_object_set_new(object, "rounded", bill_json_money(line->rounded));
  json_object_set_new(object, "source", json_string(line->source));
  json_object_set_new(object, "as_of", json_string(line->as_of));
  json_object_set_new(object, "note", json_string(line->note));
  return object;
}

char *bill_json_text(json_t *root)
{
  char *dumped = json_dumps(root, JSON_COMPACT);
  char *text = g_strconcat(dumped, "\n", NULL);
  free(dumped);
  json_decref(root);
  return text;
}

char *bill_json(const struct bill *bill)
{
  json_t *root = json_object();
  json_t *lines = json_array();
  json_t *totals = json_object();
  json_t *warnings = json_array();
  json_object_set_new(root, "version", json_integer(1));
  json_object_set_new(root, "currency", json_string("USD"));
  json_object_set_new(root, "hours", bill_json_decimal(bill->hours));
  json_object_set_new(root, "free_tier", json_boolean(bill->has_free_tier));
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    json_array_append_new(lines, bill_json_line(bill->lines->pdata[i]));
  }
  json_object_set_new(root, "lines", lines);
  for (int i = 0; i < N_SECTIONS; i++) {
    struct bill_total total = bill_total(bill, (enum section)i);
    json_t *object = json_object();
    json_object_set_new(object, "exact", bill_json_decimal(total.exact));
    json_object_set_new(object, "rounded", bill_json_money(total.rounded));
    json_object_set_new(object, "sum_of_rounded", bill_json_money(total.sum_of_rounded));
    json_object_set_new(totals, section_names[i], object);
  }
  json_object_set_new(root, "totals", totals);
  for (unsigned int i = 0; i < bill->warnings->len; i++) {
    json_array_append_new(warnings, json_string(bill->warnings->pdata[i]));
  }
  json_object_set_new(root, "warnings", warnings);
  return bill_json_text(root);
}

void bill_csv_field(GString *text, const char *value)
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
  bill_csv_field(text, digits);
}

char *bill_csv(const struct bill *bill)
{
  GString *text = g_string_new("section,name,plan,region,item,tier,quantity,free,unit,unit_price,"
                               "exact,rounded,source,as_of,note\n");
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    g_autofree char *tier = g_strdup_printf("%u", line->tier);
    g_autofree char *rounded = decimal_fixed(line->rounded, 2);
    bill_csv_field(text, section_names[line->section]);
    bill_csv_field(text, line->name);
    bill_csv_field(text, line->plan);
    bill_csv_field(text, line->region);
    bill_csv_field(text, line->item);
    bill_csv_field(text, tier);
    csv_decimal(text, line->quantity);
    csv_decimal(text, line->free);
    bill_csv_field(text, line->unit);
    csv_decimal(text, line->unit_price);
    csv_decimal(text, line->exact);
    bill_csv_field(text, rounded);
    bill_csv_field(text, line->source);
    bill_csv_field(text, line->as_of);
    bill_csv_field(text, line->note);
    g_string_append_c(text, '\n');
  }
  return g_string_free(text, FALSE);
}
