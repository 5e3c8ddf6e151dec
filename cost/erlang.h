/* Waiting times of an always-on fleet: Erlang's formulas for M/M/c. Pure numbers; knows no prices.
 * Source: A. K. Erlang 1917; the recursions as in docs/cost.md.
 */
#ifndef CLEAVE_COST_ERLANG_H
#define CLEAVE_COST_ERLANG_H

/* Share of calls that find all slots busy when none may wait. load = rate * service time, in
 * Erlang. O(n_slots). */
double erlang_b(unsigned int n_slots, double load);

/* Share of calls that must wait; 1 when the load is not below n_slots. O(n_slots). */
double erlang_c(unsigned int n_slots, double load);

/* P(wait > seconds) at rate calls/s of service_s seconds each. O(n_slots). */
double erlang_wait_above(unsigned int n_slots, double rate, double service_s, double seconds);

/* The fewest slots whose P(wait > seconds) is at most 1 - quantile; 0 when more than limit. One
 * pass: O(result). */
unsigned int erlang_slots(double rate, double service_s, double seconds, double quantile,
                          unsigned int limit);

#endif
