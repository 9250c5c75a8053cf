// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rows that agree in some columns, counted: the distinct values of one column, or the groups of a
// query. Exact, whatever the number of groups.

#include "table.h"

typedef struct {
  uint32_t hash;
  uint32_t row;  // the first of the group
  uint32_t count;
} Group;

typedef struct {
  const Table* table;
  const uint32_t* columns;
  uint32_t width;  // of `columns`; with 0 all rows form one group
  Group* list;     // in order of first appearance
  uint32_t count;
  uint32_t* slots;  // hash table of 1 + index into `list`, 0 = free
  uint32_t slot_count;
} Groups;

// Columns must outlive the groups.
Groups groups_of(const Table* table, const uint32_t* columns, uint32_t width);

// Counts a row and returns the index of its group.
uint32_t groups_add(Groups* groups, uint32_t row);
