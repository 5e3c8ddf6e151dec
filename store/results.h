/* Results: what running and pricing the functions gave. */
#ifndef CLEAVE_STORE_RESULTS_H
#define CLEAVE_STORE_RESULTS_H

#include "store/record.h"

#define RESULT_INVOCATION_FIELDS(F, N)                                                             \
  F(N, TEXT, id, "request id")                                                                     \
  F(N, TEXT, function, "function")                                                                 \
  F(N, TEXT, trigger, "what woke it")                                                              \
  F(N, REAL, started, "seconds since 1970 UTC")                                                    \
  F(N, REAL, duration, "seconds, without the cold start")                                          \
  F(N, REAL, init, "seconds of the cold start, 0 when warm")                                       \
  F(N, BOOL, is_cold, "the first of its instance")                                                 \
  F(N, INT, max_rss, "bytes")                                                                      \
  F(N, TEXT, status, "ok, error, timeout, crash ...")                                              \
  F(N, TEXT, trace, "W3C trace id, or ''")
RECORD_STRUCT(result_invocation, RESULT_INVOCATION_FIELDS);

#define RESULT_BILL_FIELDS(F, N)                                                                   \
  F(N, INT, position, "order of the line in the bill")                                             \
  F(N, TEXT, stage, "monolith, services or functions")                                             \
  F(N, TEXT, cloud, "aws, gcp or azure")                                                           \
  F(N, TEXT, name, "what is billed")                                                               \
  F(N, TEXT, billing_plan, "price model")                                                          \
  F(N, TEXT, item, "compute, requests ...")                                                        \
  F(N, TEXT, quantity, "exact decimal")                                                            \
  F(N, TEXT, unit, "of the quantity")                                                              \
  F(N, TEXT, unit_price, "exact decimal, USD")                                                     \
  F(N, TEXT, amount, "exact decimal, USD")                                                         \
  F(N, TEXT, source, "where the price is from, with its date")
RECORD_STRUCT(result_bill, RESULT_BILL_FIELDS);

#define RESULT_RANGE_FIELDS(F, N)                                                                  \
  F(N, INT, position, "order: by cloud, the whole bill first, then by how much each moves it")     \
  F(N, TEXT, cloud, "aws, gcp or azure")                                                           \
  F(N, TEXT, billing_plan, "price model of the functions")                                         \
  F(N, TEXT, name, "what is moved, '' for all at once")                                            \
  F(N, TEXT, input, "rate, duration, memory ..., '' for all at once")                              \
  F(N, REAL, low, "USD of the functions' bill with the input at its 5 % point")                    \
  F(N, REAL, likely, "USD with everything likely; the 50 % point for all at once")                 \
  F(N, REAL, high, "USD with the input at its 95 % point")
RECORD_STRUCT(result_range, RESULT_RANGE_FIELDS);

extern const struct record_table *const result_tables[];

#endif
