/* A bill: lines with quantity, unit price, exact and rounded amount and source, and totals per
 * section. It holds and renders them; it never computes a quantity.
 */
#ifndef CLEAVE_COST_BILL_H
#define CLEAVE_COST_BILL_H

#include <glib.h>
#include <stdbool.h>

#include "cost/catalogue.h"
#include "cost/decimal.h"

enum section { SECTION_FUNCTIONS, SECTION_INFRASTRUCTURE, SECTION_BASELINE, N_SECTIONS };

extern const char *const section_names[N_SECTIONS];

/* Every string and number belongs to the bill. */
struct bill_line {
  enum section section;
  const char *name;
  const char *plan;
  const char *region;
  const char *item;
  unsigned int tier;              /* from 1 */
  const struct decimal *quantity; /* billed: after the grant, within this tier */
  const struct decimal *free;     /* what the grant took off, in the unit; on the first tier */
  const char *unit;
  const struct decimal *unit_price; /* USD for one unit */
  const struct decimal *exact;      /* USD */
  const struct decimal *rounded;    /* USD, half-up to the cent */
  const char *source;
  const char *as_of;
  const char *note; /* "" when there is nothing to say */
};

struct bill_total {
  const struct decimal *exact;          /* the sum of the lines' exact amounts */
  const struct decimal *rounded;        /* that sum, half-up to the cent */
  const struct decimal *sum_of_rounded; /* what a page that rounds line by line would print */
};

struct bill {
  struct decimal_pool *pool;
  GStringChunk *strings;
  GPtrArray *lines;    /* struct bill_line * */
  GPtrArray *warnings; /* char * */
  const struct decimal *hours;
  bool has_free_tier;
};

struct bill *bill_new(void);
void bill_free(struct bill *bill);
typedef struct bill bill_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(bill_t, bill_free)

/* Adds a line whose strings and numbers are copied; exact is made finite (24 digits) and rounded is
 * computed. */
void bill_add(struct bill *bill, const struct bill_line *line);
void bill_warn(struct bill *bill, const char *format, ...) G_GNUC_PRINTF(2, 3);

struct bill_total bill_total(const struct bill *bill, enum section section);

/* The document of `cleave cost --json`, one line with a newline at the end. Free with g_free. */
char *bill_json(const struct bill *bill);

/* RFC 4180, with a header line. Free with g_free. */
char *bill_csv(const struct bill *bill);

/* Appends one CSV field, quoted where needed, after a comma unless it begins the line. */
void bill_csv_field(GString *text, const char *value);

/* A table that reads like a bill, for people. Free with g_free. */
char *bill_table(const struct bill *bill);

#endif
