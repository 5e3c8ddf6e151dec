/* The words of contracts: "in", "out", "count(n)", "string", "transfer(full,free=f)" ... as they
 * stand behind "cleave:" in the source. One vocabulary for annotations and contracts.yaml. */
#ifndef CLEAVE_GENERATE_ANNOTATION_H
#define CLEAVE_GENERATE_ANNOTATION_H

#include "splitter/generate/contract.h"

/* Changes what was inferred. WORDS: separated by commas outside parentheses, "" for none. */
void annotation_apply_param(struct contract_param *param, const char *words);
void annotation_apply_member(struct member *member, const char *words);

/* What stands in the parentheses of one of the words, "count(n)" -> "n": a new string; NULL when
 * the word is not there. "" for a word without parentheses. */
char *annotation_argument(const char *words, const char *word);

#endif
