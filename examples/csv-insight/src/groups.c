// SPDX-License-Identifier: Apache-2.0
#include "groups.h"

Groups groups_of(const Table* table, const uint32_t* columns, uint32_t width) {
  const uint32_t slots = 64;
  const Groups groups = {
      .table = table,
      .columns = columns,
      .width = width,
      .list = palyra_alloc(slots / 2 * sizeof(Group)),
      .slots = palyra_alloc(slots * sizeof(uint32_t)),
      .slot_count = slots,
  };
  return groups;
}

// FNV-1a over the cells and their lengths.
static uint32_t hash_row(const Groups* groups, uint32_t row) {
  uint32_t hash = 2166136261u;
  for (uint32_t i = 0; i < groups->width; ++i) {
    const palyra_text cell = table_cell(groups->table, row, groups->columns[i]);
    for (size_t j = 0; j < cell.size; ++j) hash = (hash ^ (unsigned char)cell.data[j]) * 16777619u;
    hash = (hash ^ (uint32_t)cell.size) * 16777619u;
  }
  return hash;
}

static bool same_cells(const Groups* groups, uint32_t a, uint32_t b) {
  for (uint32_t i = 0; i < groups->width; ++i) {
    const uint32_t column = groups->columns[i];
    if (!palyra_text_equal(table_cell(groups->table, a, column), table_cell(groups->table, b, column))) return false;
  }
  return true;
}

// The slot that holds the row's group, or the free one where it belongs.
static uint32_t* find_slot(const Groups* groups, uint32_t hash, uint32_t row) {
  const uint32_t mask = groups->slot_count - 1;
  for (uint32_t at = hash & mask;; at = (at + 1) & mask) {
    uint32_t* const slot = &groups->slots[at];
    if (*slot == 0) return slot;
    const Group* const group = &groups->list[*slot - 1];
    if (group->hash == hash && same_cells(groups, group->row, row)) return slot;
  }
}

// At most half of the slots are taken, and the list has room for exactly that many.
static void grow(Groups* groups) {
  const uint32_t slots = groups->slot_count * 2;
  groups->slots = palyra_alloc(slots * sizeof(uint32_t));
  groups->slot_count = slots;
  groups->list = palyra_resize(groups->list, groups->count * sizeof(Group), slots / 2 * sizeof(Group));
  for (uint32_t i = 0; i < groups->count; ++i) {
    *find_slot(groups, groups->list[i].hash, groups->list[i].row) = i + 1;
  }
}

uint32_t groups_add(Groups* groups, uint32_t row) {
  const uint32_t hash = hash_row(groups, row);
  uint32_t* slot = find_slot(groups, hash, row);
  if (*slot == 0) {
    if (groups->count == groups->slot_count / 2) {
      grow(groups);
      slot = find_slot(groups, hash, row);
    }
    const Group group = {hash, row, 0};
    groups->list[groups->count++] = group;
    *slot = groups->count;
  }
  ++groups->list[*slot - 1].count;
  return *slot - 1;
}
