/* C source that both sides of a typed call need: the function that answers it and the proxy that
 * asks. Where the values of a contract lie in the generated code, and how results are written. */
#ifndef CLEAVE_GENERATE_CALL_VALUES_H
#define CLEAVE_GENERATE_CALL_VALUES_H

#include "splitter/generate/c_writer.h"
#include "splitter/generate/contract.h"

/* Whether the parameter is a member of the input. */
bool call_value_comes_in(const struct contract_param *param);

/* The parameter of that name, or NULL. */
const struct contract_param *call_value_find(const struct contract *contract, const char *name);

/* What stands beside a value of SHAPE, for marshal_source: the lvalue of the neighbour that holds
 * its number, an expression in parentheses where the number follows from neighbours, or a union's
 * tag. PREFIX stands before each parameter's name. NULL when there is none. A new string. */
char *call_value_count(const struct contract *contract, const struct shape *shape,
                       const char *prefix);

/* The room for an out value as a C expression, or NULL when its type says it. A new string. */
char *call_value_room(const struct contract *contract, const struct contract_param *param,
                      const char *prefix);

/* The type of a variable that takes the parameter's value: const of the value itself would forbid
 * to fill it. A new string. */
char *call_value_type(const struct contract_param *param);

/* Whether the routine answers with a value. */
bool call_value_has_result(const struct contract *contract);

/* `struct cleave_SYMBOL_values`: the parameters by their names, cleave_result and cleave_errno. */
void call_values_write_record(struct c_writer *code, const char *symbol,
                              const struct contract *contract);

/* The declaration of the object `output` with result, out parameters and errno. PREFIX stands
 * before each parameter's name ("arguments."); RESULT and SAVED_ERRNO are expressions. */
void call_values_write_output(struct c_writer *code, const struct contract *contract,
                              const char *prefix, const char *result, const char *saved_errno);

#endif
