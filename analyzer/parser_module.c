/* The parser as a module: all that workers.c looks up in it. */
#include "analyzer/parse.h"

const struct parser_calls cleave_parser_calls = {
    .version = UNIT_VERSION,
    .create = parser_new,
    .parse_unit = parser_unit,
    .parse_prefix = parser_prefix,
    .add = parser_add,
};
