/* Headers of libraries that live in a folder of their own below the system's (what pkg-config would
 * name), found by looking for them.
 *
 * Reads folders below /usr/include and the like; runs nothing. */
#ifndef CLEAVE_ANALYZER_SYSTEM_HEADERS_H
#define CLEAVE_ANALYZER_SYSTEM_HEADERS_H

#include <glib.h>
#include <stdbool.h>

struct system_headers;

/* With NULL, the folders of this machine; a list ends with NULL. */
struct system_headers *system_headers_new(const char *const *folders);
void system_headers_free(struct system_headers *headers);
typedef struct system_headers system_headers_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(system_headers_owner, system_headers_free)

/* Whether the compiler finds a name by itself. */
bool system_headers_has(const struct system_headers *headers, const char *name);

/* The folder that makes an included name findable: the only one, up to two steps below the system's
 * folders, of the fewest steps, whose own name is no part of what headers there include (<sys/...>);
 * NULL where there is none or where several say something different. Owned by `headers`. Reads the
 * headers of a folder and of its parent, once. */
const char *system_headers_folder(const struct system_headers *headers, const char *name);

#endif
