/* What one set-up of functions costs and how long its callers wait. Between setup.c, which looks
 * for set-ups, and nobody else: others call setup_price(). */
#ifndef CLEAVE_SPLITTER_SETUP_PRICING_H
#define CLEAVE_SPLITTER_SETUP_PRICING_H

#include "splitter/setup.h"

struct setup_pricing;

/* Room for pricing set-ups of PROBLEM (borrowed) one after the other. */
struct setup_pricing *setup_pricing_new(const struct setup_problem *problem);
/* As setup_price(), which does nothing else. O(n * calls). */
void setup_pricing_run(struct setup_pricing *pricing, struct setup *setup);
/* Accepts NULL. */
void setup_pricing_free(struct setup_pricing *pricing);

#endif
