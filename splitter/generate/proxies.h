/* The proxies of a generated project: what the remaining monolith links in the place of routines
 * that moved out, with its build, a file of settings to start from, and a page that explains them.
 */
#ifndef CLEAVE_GENERATE_PROXIES_H
#define CLEAVE_GENERATE_PROXIES_H

#include "splitter/generate/contract_book.h"
#include "splitter/generate/generate.h"
#include "splitter/generate/inventory.h"
#include "splitter/generate/product.h"
#include "splitter/generate/source_text.h"

/* Adds proxies/ for SPECS (struct function_spec *) to PRODUCT; GROUPS are the units of their
 * programs. What became of each is a row of RESULT->proxies. */
void proxies_add(struct product *product, const struct inventory *inventory,
                 struct source_texts *texts, const GPtrArray *specs, const GPtrArray *groups,
                 const struct contract_book *book, struct generated *result);

#endif
