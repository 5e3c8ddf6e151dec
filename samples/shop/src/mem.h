/* Allocation that does not fail: running out of memory ends the program. */
#ifndef SHOP_MEM_H
#define SHOP_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);
void *mem_resize(void *block, size_t size);
char *mem_string(const char *text);
char *mem_string_part(const char *text, size_t length);

#endif
