#include "analyzer/call_index.h"

static uint32_t key_of(enum call_index_key key, const struct found_call *call)
{
  return key == CALLS_BY_CALLER ? call->caller : call->callee;
}

void call_index_init(struct call_index *index, const struct findings *findings,
                     enum call_index_key key, guint begin, guint end,
                     bool (*takes)(const struct found_call *call))
{
  uint32_t n = findings->linkage->routines->len;
  *index = (struct call_index){.findings = findings,
                               .key = key,
                               .first = g_new0(uint32_t, n + 2),
                               .calls = g_new(uint32_t, MAX(end - begin, 1))};
  for (guint i = begin; i < end; i++) {
    const struct found_call *call = &g_array_index(findings->found_calls, struct found_call, i);
    index->first[key_of(key, call) + 2] += takes == NULL || takes(call);
  }
  for (uint32_t i = 2; i < n + 2; i++)
    index->first[i] += index->first[i - 1];
  for (guint i = begin; i < end; i++) {
    const struct found_call *call = &g_array_index(findings->found_calls, struct found_call, i);
    if (takes == NULL || takes(call))
      index->calls[index->first[key_of(key, call) + 1]++] = i;
  }
}

void call_index_clear(struct call_index *index)
{
  g_clear_pointer(&index->first, g_free);
  g_clear_pointer(&index->calls, g_free);
}

const struct found_call *call_index_at(const struct call_index *index, uint32_t place)
{
  return &g_array_index(index->findings->found_calls, struct found_call, index->calls[place]);
}

void call_index_mark(GArray *stack, bool *is_marked, uint32_t routine)
{
  if (is_marked[routine])
    return;
  is_marked[routine] = true;
  g_array_append_val(stack, routine);
}

void call_index_spread(const struct call_index *index, GArray *stack, bool *is_marked)
{
  while (stack->len != 0) {
    uint32_t routine = g_array_index(stack, uint32_t, stack->len - 1);
    g_array_set_size(stack, stack->len - 1);
    for (uint32_t i = index->first[routine]; i < index->first[routine + 1]; i++) {
      const struct found_call *call = call_index_at(index, i);
      call_index_mark(stack, is_marked,
                      index->key == CALLS_BY_CALLER ? call->callee : call->caller);
    }
  }
}
