/* The members of records as shapes, each record once per contract. */
#ifndef CLEAVE_GENERATE_RECORD_MEMBERS_H
#define CLEAVE_GENERATE_RECORD_MEMBERS_H

#include "splitter/generate/shape_finder.h"

/* struct member * by position; members of structs without a name are taken up into the record
 * around them. PLACE: a C expression of the record's type. Owned by the finder. */
GPtrArray *record_members(struct shape_finder *finder, const struct fact_type *type,
                          const char *place);

#endif
