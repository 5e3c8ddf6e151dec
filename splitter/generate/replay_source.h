/* C source of the program that `cleave replay --typed` calls original routines with: per routine a
 * table of its contract and the direct call, without JSON (cleave_replay.h). */
#ifndef CLEAVE_GENERATE_REPLAY_SOURCE_H
#define CLEAVE_GENERATE_REPLAY_SOURCE_H

#include "splitter/generate/glue.h"
#include "splitter/generate/spec.h"

/* Whether the function can be asked with drawn values: it is called directly and answers. */
bool replay_source_can(const struct function_spec *spec);

/* The routine's part, into the file that stands behind its source. It defines
 * cleave_replay_SYMBOL(), which fills a struct cleave_replay_function but for its `init`. */
void replay_source_write(struct glue *glue, struct glue_file *file,
                         const struct function_spec *spec);

/* The list of functions and the way into the program; CODE has the start-up routines start_SYMBOL()
 * already. SPECS: const struct function_spec *. */
void replay_source_main(struct c_writer *code, const GPtrArray *specs);

#endif
