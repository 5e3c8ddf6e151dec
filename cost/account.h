/* One cloud account for one billing month: collects what was used of each meter, then settles it:
 * grants come off once for the whole account, price tiers run over the account's sum per meter and
 * region. It never decides what is used: billing does.
 */
#ifndef CLEAVE_COST_ACCOUNT_H
#define CLEAVE_COST_ACCOUNT_H

#include <glib.h>
#include <stdbool.h>

#include "cost/bill.h"
#include "cost/catalogue.h"

struct account;

/* The catalogue must outlive the account. */
struct account *account_new(const struct catalogue *catalogue, bool has_free_tier);
void account_free(struct account *account);
typedef struct account account_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(account_t, account_free)

/* One use of a meter: strings and the quantity must live until account_settle. Refused with
 * COST_ERROR_INPUT (without a place) when the meter has no price in the region.
 */
bool account_use(struct account *account, enum section section, const char *name, const char *plan,
                 const char *item, const struct meter *meter, const char *region,
                 const struct decimal *quantity, const char *note, GError **error);

/* Writes one line per use and tier, in the order of use. A grant counted in units is given to the
 * dearest first tier first, then in the order of use; one counted in money in the order of use.
 * O(uses * (grants + tiers)).
 */
void account_settle(const struct account *account, struct bill *bill);

#endif
