#!/usr/bin/env python3
"""Erlang B and C by exact rational arithmetic from their defining sums, printed to 15 digits.

usage: erlang_oracle.py > erlang_oracle.txt
Independent of the recursion that the product uses: sums of a^k/k! as fractions.
"""
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 40

CASES = [(1, "0.5"), (2, "1"), (2, "1.999"), (3, "0.001"), (5, "4"), (10, "8"), (10, "0.3"),
         (12, "11.9"), (20, "12.5"), (33, "30"), (50, "45"), (50, "5"), (64, "63.99"),
         (100, "80"), (100, "99"), (128, "100.25"), (200, "180"), (300, "290.5"), (500, "480"),
         (1000, "950")]


def erlang(n_slots, load):
    term = Fraction(1)
    below = Fraction(1)
    for k in range(1, n_slots + 1):
        term = term * load / k
        if k < n_slots:
            below += term
    top = term * n_slots / (n_slots - load)
    return term / (below + term), top / (below + top)


def digits(value):
    return format(Decimal(value.numerator) / Decimal(value.denominator), ".17e")


print("# slots load B C, by tests/cost/erlang_oracle.py")
for n_slots, text in CASES:
    b, c = erlang(n_slots, Fraction(text))
    print(n_slots, text, digits(b), digits(c))
