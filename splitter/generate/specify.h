/* From facts and plan to the specification of one function: program, closure, adapter, contract or
 * mapping, cold start, settings, each with its reason. Writes nothing. */
#ifndef CLEAVE_GENERATE_SPECIFY_H
#define CLEAVE_GENERATE_SPECIFY_H

#include "splitter/generate/contract_book.h"
#include "splitter/generate/inventory.h"
#include "splitter/generate/source_text.h"
#include "splitter/generate/spec.h"
#include "splitter/generate/startup_calls.h"

/* The specification of a planned function. ADAPTER overrides the choice when it is not NULL;
 * BOOK, or NULL, is what people said about contracts; CALLS are kept from function to
 * function.
 * Returns NULL with *REFUSAL set (a new string) when the function cannot be generated. */
struct function_spec *specify(const struct inventory *inventory, struct startup_calls *calls,
                              struct source_texts *texts, const struct plan_function *plan,
                              const char *adapter, const struct contract_book *book,
                              char **refusal);

/* "call", "http" ...: NULL-terminated. */
extern const char *const adapter_names[];

#endif
