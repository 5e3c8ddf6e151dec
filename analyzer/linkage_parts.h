/* What the files of linkage.h share: linkage.c joins units, linkage_names.c tells what a name means
 * inside a program, linkage_layout.c what lies where in a record. Nobody else includes this. */
#ifndef CLEAVE_ANALYZER_LINKAGE_PARTS_H
#define CLEAVE_ANALYZER_LINKAGE_PARTS_H

#include "analyzer/linkage.h"

enum link_home { LINK_HOME_OUTSIDE, LINK_HOME_C, LINK_HOME_ASSEMBLY };

/* The path of a unit's file relative to the root; "" outside it and for UNIT_NONE. */
const char *linkage_file_path(const struct unit *unit, uint32_t file);

/* The routine or variable that a row is, new or known. */
uint32_t linkage_add_routine(struct linkage *linkage, uint32_t unit, uint32_t row, const char *file,
                             enum link_home kind);
uint32_t linkage_add_object(struct linkage *linkage, uint32_t unit, uint32_t row, const char *file,
                            bool is_defined);

#endif
