// SPDX-License-Identifier: Apache-2.0
#include "sort.h"

static int compare(const Field* a, const Field* b, bool descending) {
  if (a->kind == kFieldMissing || b->kind == kFieldMissing)
    return (a->kind == kFieldMissing) - (b->kind == kFieldMissing);
  const int order =
      a->kind == kFieldText ? palyra_text_compare(a->text, b->text) : (a->number > b->number) - (a->number < b->number);
  return descending ? -order : order;
}

// Merge sort from runs of one line upwards.
void sort_by_field(uint32_t* lines, uint32_t count, const Field* keys, bool descending) {
  uint32_t* from = lines;
  uint32_t* to = palyra_alloc(count * sizeof(uint32_t));
  for (size_t run = 1; run < count; run *= 2) {
    for (size_t start = 0; start < count; start += 2 * run) {
      const size_t middle = start + run < count ? start + run : count;
      const size_t end = start + 2 * run < count ? start + 2 * run : count;
      size_t left = start;
      size_t right = middle;
      for (size_t i = start; i < end; ++i) {
        const bool take_left =
            left < middle && (right == end || compare(&keys[from[left]], &keys[from[right]], descending) <= 0);
        to[i] = from[take_left ? left++ : right++];
      }
    }
    uint32_t* const sorted = to;
    to = from;
    from = sorted;
  }
  if (from != lines) __builtin_memcpy(lines, from, count * sizeof(uint32_t));
}
