#include "store/facts.h"

RECORD_TABLE(fact_unit, FACT_UNIT_FIELDS, "PRIMARY KEY (id)",
             "a translation unit with its command, and what was read from it");
RECORD_TABLE(fact_file, FACT_FILE_FIELDS, "PRIMARY KEY (file)", "a file that was read");
RECORD_TABLE(fact_diagnostic, FACT_DIAGNOSTIC_FIELDS, "", "what the parser said");
RECORD_TABLE(fact_program, FACT_PROGRAM_FIELDS, "PRIMARY KEY (program, file, unit)",
             "a translation unit of a program");
RECORD_TABLE(fact_routine, FACT_ROUTINE_FIELDS, "PRIMARY KEY (id)",
             "a routine, defined in the tree or only used by it");
RECORD_TABLE(fact_word, FACT_WORD_FIELDS, "PRIMARY KEY (routine, word)",
             "words of identifiers in a routine");
RECORD_TABLE(fact_type, FACT_TYPE_FIELDS, "PRIMARY KEY (id)", "a record, enum or typedef");
RECORD_TABLE(fact_field, FACT_FIELD_FIELDS, "PRIMARY KEY (type_id, position)",
             "a member of a record");
RECORD_TABLE(fact_enumerator, FACT_ENUMERATOR_FIELDS, "PRIMARY KEY (type_id, name)",
             "a constant of an enum");
RECORD_TABLE(fact_param, FACT_PARAM_FIELDS, "PRIMARY KEY (routine, position)",
             "a parameter or result and how it is used");
RECORD_TABLE(fact_site, FACT_SITE_FIELDS, "PRIMARY KEY (id)", "a place where a call is made");
RECORD_TABLE(fact_call, FACT_CALL_FIELDS, "PRIMARY KEY (site, callee, kind)",
             "a possible callee of a site");
RECORD_TABLE(fact_argument, FACT_ARGUMENT_FIELDS, "PRIMARY KEY (site, position)",
             "an argument of a call");
RECORD_TABLE(fact_state, FACT_STATE_FIELDS, "PRIMARY KEY (id)", "what outlives a call");
RECORD_TABLE(fact_access, FACT_ACCESS_FIELDS,
             "PRIMARY KEY (routine, state, mode, how, file, line, column, is_startup)",
             "a routine reads, writes or takes the address of state");
RECORD_TABLE(fact_effect, FACT_EFFECT_FIELDS, "", "a routine does something to the outside");
RECORD_TABLE(fact_effect_path, FACT_EFFECT_PATH_FIELDS, "PRIMARY KEY (routine, effect)",
             "a routine does something to the outside through others");
RECORD_TABLE(fact_entry, FACT_ENTRY_FIELDS, "PRIMARY KEY (id)",
             "a routine that the outside world reaches");
RECORD_TABLE(fact_span, FACT_SPAN_FIELDS, "",
             "lines that run under one lock or in one transaction");

const struct record_table *const fact_tables[] = {&fact_file_table,
                                                  &fact_diagnostic_table,
                                                  &fact_program_table,
                                                  &fact_routine_table,
                                                  &fact_word_table,
                                                  &fact_type_table,
                                                  &fact_field_table,
                                                  &fact_enumerator_table,
                                                  &fact_param_table,
                                                  &fact_site_table,
                                                  &fact_call_table,
                                                  &fact_argument_table,
                                                  &fact_state_table,
                                                  &fact_access_table,
                                                  &fact_effect_table,
                                                  &fact_effect_path_table,
                                                  &fact_entry_table,
                                                  &fact_span_table,
                                                  NULL};

const char fact_index_sql[] =
    "CREATE INDEX fact_call_witness ON fact_call (witness_file) WHERE " FACT_NOT_DIRECT;
