#include "cost/bill.h"

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
