/* Prices for the calculator of the page: billing plans of the catalogue as plain strings. Whoever
 * calls fills them in; reports know no catalogue. */
#ifndef CLEAVE_REPORTS_PRICES_H
#define CLEAVE_REPORTS_PRICES_H

#include <glib.h>
#include <stdbool.h>

struct prices_tier {
  char *up_to; /* exact decimal, NULL: no end */
  char *price; /* exact decimal, USD for one unit */
};

/* What a plan pays for in one role ("compute", "requests"). */
struct prices_meter {
  char *role;
  char *unit;
  GPtrArray *tiers; /* struct prices_tier * */
  char *grant;      /* exact decimal, NULL: none */
  bool grant_is_money;
  char *source;
  char *as_of;
};

struct prices_rule {
  char *name;
  char *value; /* exact decimal */
};

struct prices_plan {
  char *name;
  char *cloud;
  char *billing;     /* which arithmetic: "lambda", "flex" ... */
  GPtrArray *rules;  /* struct prices_rule *, by name */
  GPtrArray *sizes;  /* char *: memory sizes in MB, rising */
  GPtrArray *meters; /* struct prices_meter *, by role */
};

/* An empty list of plans that frees them. */
GPtrArray *prices_new(void);

/* Adds an empty plan, meter ...; the caller fills the strings in, which then belong to the list. */
struct prices_plan *prices_add_plan(GPtrArray *plans);
struct prices_meter *prices_add_meter(struct prices_plan *plan);
void prices_add_tier(struct prices_meter *meter, char *up_to, char *price);
void prices_add_rule(struct prices_plan *plan, char *name, char *value);

#endif
