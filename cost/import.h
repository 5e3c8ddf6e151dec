/* Turns the clouds' own price files into a catalogue file of ours: the AWS price list's offer
 * files, the answers of the Azure retail prices API and the SKU lists of Google's billing API, from
 * disk. Only meters that the catalogue knows are taken. The result is JSON, which is YAML; it holds
 * meters and instances, no grants and no plans of functions, so that it extends the shipped files.
 */
#ifndef CLEAVE_COST_IMPORT_H
#define CLEAVE_COST_IMPORT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct import {
  json_t *root;          /* the catalogue file */
  char *cloud;           /* "aws", "gcp" or "azure" */
  unsigned int n_prices; /* taken */
  unsigned int n_passed; /* entries that no meter of ours stands for */
};

/* Tells the kind of the file by its content. title names it as the prices' source. COST_ERROR_FILE,
 * or COST_ERROR_INPUT when it is not JSON, of no known kind, or damaged. Free with import_free. */
struct import *import_read(const char *path, const char *title, GError **error);
void import_free(struct import *import);
typedef struct import import_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(import_t, import_free)

/* The catalogue file's text; free with g_free. */
char *import_text(const struct import *import);

/* For the readers of each cloud. The price ladder of a meter in a region, made when it is not
 * there; text of a price is an exact decimal. */
void import_price(struct import *import, const char *meter, const char *unit, const char *region,
                  const char *up_to, const char *price, const char *as_of);
void import_instance(struct import *import, const char *plan, double vcpu, double memory_mb,
                     bool is_arm, const char *region, const char *price, const char *as_of);
/* price / divisor as decimal text, or NULL when price is no number. Free with g_free. */
char *import_divide(const char *price, const char *divisor);
/* A JSON number or numeric string as decimal text; NULL for others. Free with g_free. */
char *import_number(const json_t *value);

bool import_aws(struct import *import, const json_t *file, GError **error);
bool import_azure(struct import *import, const json_t *file, GError **error);
bool import_google(struct import *import, const json_t *file, GError **error);

#endif
