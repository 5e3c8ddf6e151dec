/* The words of contracts: "in", "out", "count(n)", "string", "transfer(full,free=f)" ... as they
 * stand behind "cleave:" in the source. One vocabulary for annotations and contracts.yaml. */
#ifndef CLEAVE_GENERATE_ANNOTATION_H
#define CLEAVE_GENERATE_ANNOTATION_H

#include <glib.h>
#include <stdbool.h>

/* What was declared about one parameter, result or member. */
struct annotation {
  char *words; /* as they stand there; "" when nothing is declared */
  bool is_in, is_out;
  bool is_nullable, is_nonnull; /* neither: what was found decides */
  bool is_text, is_bytes, is_skipped, is_terminated, has_errno;
  char *count;     /* number of elements: a sibling or an expression */
  char *size;      /* number of bytes */
  char *capacity;  /* the caller's room */
  char *sentinel;  /* member that is zero at the end, "" when elements themselves are */
  char *link;      /* of a list */
  char *back;      /* of a list linked both ways */
  char *tag;       /* of a union */
  GPtrArray *arms; /* struct arm *: of a union, where they were named */
  bool has_transfer;
  char *free; /* routine that frees it; NULL with has_transfer: nobody does */
};

/* Takes WORDS apart: commas outside parentheses separate them. Unknown words are left alone: they
 * may be meant for another reader. */
void annotation_read(const char *words, struct annotation *out);
void annotation_clear(struct annotation *annotation);
typedef struct annotation annotation_owner;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(annotation_owner, annotation_clear)

/* Whether NULL may come: as declared, else as was FOUND. */
bool annotation_allows_null(const struct annotation *annotation, bool found);

/* What stands in the parentheses of one of the words, "count(n)" -> "n": a new string; NULL when
 * the word is not there. "" for a word without parentheses. */
char *annotation_argument(const char *words, const char *word);

#endif
