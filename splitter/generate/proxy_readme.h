/* What people read and edit beside the proxies: the page and the first settings. */
#ifndef CLEAVE_GENERATE_PROXY_README_H
#define CLEAVE_GENERATE_PROXY_README_H

#include <jansson.h>

#include "splitter/generate/generate.h"
#include "splitter/generate/proxy_plan.h"

/* PLANS: struct proxy_plan * of the proxies that there are. Both are new. */
char *proxy_readme_text(const GPtrArray *plans, const struct generated *result);
json_t *proxy_settings_document(const GPtrArray *plans);

#endif
