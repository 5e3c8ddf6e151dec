#include "cost/decimal.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include "cost/error.h"

#define MAX_TEXT 60
#define MAX_EXPONENT 30

struct decimal {
  mpq_t value;
};

struct decimal_pool {
  GPtrArray *values;
};

static void decimal_free(gpointer data)
{
  struct decimal *value = data;
  mpq_clear(value->value);
  g_free(value);
}

struct decimal_pool *decimal_pool_new(void)
{
  struct decimal_pool *pool = g_new0(struct decimal_pool, 1);
  pool->values = g_ptr_array_new_with_free_func(decimal_free);
  return pool;
}

void decimal_pool_free(struct decimal_pool *pool)
{
  if (pool == NULL) {
    return;
  }
  g_ptr_array_unref(pool->values);
  g_free(pool);
}

static struct decimal *decimal_new(struct decimal_pool *pool)
{
  struct decimal *value = g_new(struct decimal, 1);
  mpq_init(value->value);
  g_ptr_array_add(pool->values, value);
  return value;
}

/* Splits text into sign, digits without the point, and the power of ten. */
static bool decimal_scan(const char *text, bool *is_negative, GString *digits, int *exponent)
{
  const char *at = text;
  int n_fraction = 0;
  *is_negative = *at == '-';
  if (*at == '-' || *at == '+') {
    at++;
  }
  if (!g_ascii_isdigit(*at)) {
    return false;
  }
  for (; g_ascii_isdigit(*at); at++) {
    g_string_append_c(digits, *at);
  }
  if (*at == '.') {
    at++;
    if (!g_ascii_isdigit(*at)) {
      return false;
    }
    for (; g_ascii_isdigit(*at); at++, n_fraction++) {
      g_string_append_c(digits, *at);
    }
  }
  *exponent = -n_fraction;
  if (*at == 'e' || *at == 'E') {
    char *end = NULL;
    at++;
    if (!g_ascii_isdigit(*at) && !((*at == '-' || *at == '+') && g_ascii_isdigit(at[1]))) {
      return false;
    }
    long power = strtol(at, &end, 10);
    if (power > MAX_EXPONENT || power < -MAX_EXPONENT) {
      return false;
    }
    *exponent += (int)power;
    at = end;
  }
  return *at == '\0';
}

const struct decimal *decimal_parse(struct decimal_pool *pool, const char *text, GError **error)
{
  g_autoptr(GString) digits = g_string_new(NULL);
  bool is_negative = false;
  int exponent = 0;
  if (strlen(text) > MAX_TEXT || !decimal_scan(text, &is_negative, digits, &exponent)) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "'%.70s' is not a decimal number", text);
    return NULL;
  }
  struct decimal *value = decimal_new(pool);
  mpz_t power;
  mpz_init(power);
  mpz_ui_pow_ui(power, 10, (unsigned long)abs(exponent));
  mpz_set_str(mpq_numref(value->value), digits->str, 10);
  if (exponent < 0) {
    mpz_set(mpq_denref(value->value), power);
  } else {
    mpz_mul(mpq_numref(value->value), mpq_numref(value->value), power);
  }
  if (is_negative) {
    mpz_neg(mpq_numref(value->value), mpq_numref(value->value));
  }
  mpz_clear(power);
  mpq_canonicalize(value->value);
  return value;
}

const struct decimal *decimal_literal(struct decimal_pool *pool, const char *text)
{
  const struct decimal *value = decimal_parse(pool, text, NULL);
  g_assert(value != NULL);
  return value;
}

const struct decimal *decimal_from_int(struct decimal_pool *pool, gint64 value)
{
  struct decimal *result = decimal_new(pool);
  mpq_set_si(result->value, (long)value, 1);
  return result;
}

const struct decimal *decimal_copy(struct decimal_pool *pool, const struct decimal *value)
{
  struct decimal *result = decimal_new(pool);
  mpq_set(result->value, value->value);
  return result;
}

const struct decimal *decimal_add(struct decimal_pool *pool, const struct decimal *a,
                                  const struct decimal *b)
{
  struct decimal *result = decimal_new(pool);
  mpq_add(result->value, a->value, b->value);
  return result;
}

const struct decimal *decimal_subtract(struct decimal_pool *pool, const struct decimal *a,
                                       const struct decimal *b)
{
  struct decimal *result = decimal_new(pool);
  mpq_sub(result->value, a->value, b->value);
  return result;
}

const struct decimal *decimal_multiply(struct decimal_pool *pool, const struct decimal *a,
                                       const struct decimal *b)
{
  struct decimal *result = decimal_new(pool);
  mpq_mul(result->value, a->value, b->value);
  return result;
}

const struct decimal *decimal_divide(struct decimal_pool *pool, const struct decimal *a,
                                     const struct decimal *b)
{
  g_assert(mpq_sgn(b->value) != 0);
  struct decimal *result = decimal_new(pool);
  mpq_div(result->value, a->value, b->value);
  return result;
}

const struct decimal *decimal_ceil(struct decimal_pool *pool, const struct decimal *value,
                                   const struct decimal *step)
{
  g_assert(mpq_sgn(step->value) > 0);
  struct decimal *result = decimal_new(pool);
  mpq_div(result->value, value->value, step->value);
  mpz_cdiv_q(mpq_numref(result->value), mpq_numref(result->value), mpq_denref(result->value));
  mpz_set_ui(mpq_denref(result->value), 1);
  mpq_mul(result->value, result->value, step->value);
  return result;
}

/* round(|value| * 10^places), half up. The caller clears scaled. */
static void decimal_scale(const struct decimal *value, unsigned int places, mpz_t scaled)
{
  mpz_t numerator;
  mpz_init(numerator);
  mpz_init(scaled);
  mpz_ui_pow_ui(scaled, 10, places);
  mpz_abs(numerator, mpq_numref(value->value));
  mpz_mul(numerator, numerator, scaled);
  mpz_mul_2exp(numerator, numerator, 1);
  mpz_add(numerator, numerator, mpq_denref(value->value));
  mpz_fdiv_q(scaled, numerator, mpq_denref(value->value));
  mpz_fdiv_q_2exp(scaled, scaled, 1);
  mpz_clear(numerator);
}

const struct decimal *decimal_round(struct decimal_pool *pool, const struct decimal *value,
                                    unsigned int places)
{
  struct decimal *result = decimal_new(pool);
  mpz_t scaled;
  decimal_scale(value, places, scaled);
  if (mpq_sgn(value->value) < 0) {
    mpz_neg(scaled, scaled);
  }
  mpz_set(mpq_numref(result->value), scaled);
  mpz_ui_pow_ui(mpq_denref(result->value), 10, places);
  mpq_canonicalize(result->value);
  mpz_clear(scaled);
  return result;
}

/* Digits after the point that an exact text needs; false when it would never end. */
static bool decimal_places(const struct decimal *value, unsigned int *places)
{
  mpz_t rest;
  mpz_t five;
  mpz_init(rest);
  mpz_init_set_ui(five, 5);
  mp_bitcnt_t twos = mpz_scan1(mpq_denref(value->value), 0);
  mpz_fdiv_q_2exp(rest, mpq_denref(value->value), twos);
  mp_bitcnt_t fives = mpz_remove(rest, rest, five);
  bool is_finite = mpz_cmp_ui(rest, 1) == 0;
  *places = (unsigned int)MAX(twos, fives);
  mpz_clear(rest);
  mpz_clear(five);
  return is_finite;
}

const struct decimal *decimal_finite(struct decimal_pool *pool, const struct decimal *value)
{
  unsigned int places = 0;
  return decimal_places(value, &places) ? value : decimal_round(pool, value, DECIMAL_DIGITS);
}

const struct decimal *decimal_min(const struct decimal *a, const struct decimal *b)
{
  return decimal_compare(a, b) <= 0 ? a : b;
}

const struct decimal *decimal_max(const struct decimal *a, const struct decimal *b)
{
  return decimal_compare(a, b) >= 0 ? a : b;
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
  int order = mpq_cmp(a->value, b->value);
  return (order > 0) - (order < 0);
}

int decimal_sign(const struct decimal *value)
{
  return mpq_sgn(value->value);
}

double decimal_to_double(const struct decimal *value)
{
  return mpq_get_d(value->value);
}

char *decimal_fixed(const struct decimal *value, unsigned int places)
{
  mpz_t scaled;
  decimal_scale(value, places, scaled);
  bool is_negative = mpq_sgn(value->value) < 0 && mpz_sgn(scaled) != 0;
  void (*gmp_release)(void *, size_t) = NULL;
  char *raw = mpz_get_str(NULL, 10, scaled);
  GString *text = g_string_new(raw);
  mp_get_memory_functions(NULL, NULL, &gmp_release);
  gmp_release(raw, strlen(raw) + 1);
  mpz_clear(scaled);
  while (text->len <= places) {
    g_string_prepend_c(text, '0');
  }
  if (places > 0) {
    g_string_insert_c(text, (gssize)(text->len - places), '.');
  }
  if (is_negative) {
    g_string_prepend_c(text, '-');
  }
  return g_string_free(text, FALSE);
}

char *decimal_text(const struct decimal *value)
{
  unsigned int places = 0;
  bool is_finite = decimal_places(value, &places);
  char *text = decimal_fixed(value, is_finite ? places : DECIMAL_DIGITS);
  if (!is_finite) {
    size_t length = strlen(text);
    while (text[length - 1] == '0') {
      text[--length] = '\0';
    }
    if (text[length - 1] == '.') {
      text[length - 1] = '\0';
    }
  }
  return text;
}
