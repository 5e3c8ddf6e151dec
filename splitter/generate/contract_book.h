/* contracts.yaml: what people decided about how values travel. Looked up by routine and parameter,
 * or type and member, as the words that stand behind "cleave:" in the source. */
#ifndef CLEAVE_GENERATE_CONTRACT_BOOK_H
#define CLEAVE_GENERATE_CONTRACT_BOOK_H

#include <glib.h>
#include <stdbool.h>

struct contract_book {
  GHashTable *words;  /* "routine|parameter" or "struct type|member" -> char * words */
  GHashTable *errnos; /* routines whose errno travels */
  GHashTable *errors;      /* routine -> char *: the value that means failure */
  GHashTable *idempotents; /* routines that may be run twice */
};

/* Reads PATH. NULL and ERROR with file, line and column. Release with contract_book_free(). */
struct contract_book *contract_book_load(const char *path, GError **error);
/* Accepts NULL. */
void contract_book_free(struct contract_book *book);

/* The words for a parameter ("result" for the result) or a member, or NULL. BOOK may be NULL. */
const char *contract_book_words(const struct contract_book *book, const char *owner,
                                const char *name);
bool contract_book_has_errno(const struct contract_book *book, const char *routine);
/* What the routine answers when it fails, as C; NULL when nobody said. */
const char *contract_book_error(const struct contract_book *book, const char *routine);
bool contract_book_is_idempotent(const struct contract_book *book, const char *routine);

#endif
