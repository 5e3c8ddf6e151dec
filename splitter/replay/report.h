/* What a replay found, as text for people and as JSON. Prints nothing. */
#ifndef CLEAVE_REPLAY_REPORT_H
#define CLEAVE_REPLAY_REPORT_H

#include "splitter/replay/replay.h"

/* Figures, rules and the first N_SHOWN findings. A new string; may hold control characters of the
 * answers: escape before printing. */
char *replay_report_text(const struct replay_result *result, const struct replay_options *options,
                         size_t n_shown);

/* Everything, in one object; a new string that ends with a line feed. */
char *replay_report_json(const struct replay_result *result, const struct replay_options *options);

#endif
