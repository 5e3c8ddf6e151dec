/* Exact numbers for money and metered quantities. Values are rationals (GMP), so nothing is lost
 * between a published price and the printed cent; they are immutable and belong to a pool that
 * frees them together. Never converts to binary floating point except in decimal_to_double, which
 * is for statistics, not for money.
 */
#ifndef CLEAVE_COST_DECIMAL_H
#define CLEAVE_COST_DECIMAL_H

#include <glib.h>
#include <stdbool.h>

struct decimal;
struct decimal_pool;

/* Fractional digits that decimal_text prints when a value (1/3) has no finite expansion. */
#define DECIMAL_DIGITS 24

struct decimal_pool *decimal_pool_new(void);
void decimal_pool_free(struct decimal_pool *pool);
typedef struct decimal_pool decimal_pool_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(decimal_pool_t, decimal_pool_free)

/* Reads digits[.digits][e[+-]digits] with an optional sign; nothing may stand before or after.
 * At most 60 characters and an exponent of -30..30, so that no input can ask for a huge number.
 * NULL with COST_ERROR_INPUT otherwise. The value belongs to the pool.
 */
const struct decimal *decimal_parse(struct decimal_pool *pool, const char *text, GError **error);

/* As decimal_parse, for literals of the program; a malformed literal is a defect and aborts. */
const struct decimal *decimal_literal(struct decimal_pool *pool, const char *text);
const struct decimal *decimal_from_int(struct decimal_pool *pool, gint64 value);

/* A copy that belongs to another pool. */
const struct decimal *decimal_copy(struct decimal_pool *pool, const struct decimal *value);

const struct decimal *decimal_add(struct decimal_pool *pool, const struct decimal *a,
                                  const struct decimal *b);
const struct decimal *decimal_subtract(struct decimal_pool *pool, const struct decimal *a,
                                       const struct decimal *b);
const struct decimal *decimal_multiply(struct decimal_pool *pool, const struct decimal *a,
                                       const struct decimal *b);
/* b must not be zero. */
const struct decimal *decimal_divide(struct decimal_pool *pool, const struct decimal *a,
                                     const struct decimal *b);

/* The smallest multiple of step (> 0) that is not below value. */
const struct decimal *decimal_ceil(struct decimal_pool *pool, const struct decimal *value,
                                   const struct decimal *step);

/* Half away from zero, which for bills is half-up. */
const struct decimal *decimal_round(struct decimal_pool *pool, const struct decimal *value,
                                    unsigned int places);

/* The value itself when it has a finite decimal expansion, else rounded to DECIMAL_DIGITS. */
const struct decimal *decimal_finite(struct decimal_pool *pool, const struct decimal *value);

const struct decimal *decimal_min(const struct decimal *a, const struct decimal *b);
const struct decimal *decimal_max(const struct decimal *a, const struct decimal *b);
int decimal_compare(const struct decimal *a, const struct decimal *b);
int decimal_sign(const struct decimal *value); /* -1, 0, 1 */
double decimal_to_double(const struct decimal *value);

/* Shortest exact text without exponent: "0.0000002", "135001.125", "0". Free with g_free. */
char *decimal_text(const struct decimal *value);

/* Half-up with exactly places fractional digits: "0.00". Free with g_free. */
char *decimal_fixed(const struct decimal *value, unsigned int places);

#endif
