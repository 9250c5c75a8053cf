// SPDX-License-Identifier: Apache-2.0
#pragma once
// A CSV text as a table: named columns, every row as wide as the header.

#include "palyra_skill.h"

typedef struct {
  char* text;  // changed by reading and kept: the cells point into it
  size_t size;
  char delimiter;
  const palyra_text* missing;  // cells that say "no value here", besides empty ones
  uint32_t missing_count;
} TableSource;

typedef struct {
  palyra_text* names;
  uint32_t columns;
  palyra_text* cells;  // row after row
  uint32_t rows;
} Table;

// False, with the failure message written: the text is empty, a column has no name or the name of
// another one, a row is shorter or longer than the header, a quote is not closed.
bool table_read(const TableSource* source, Table* table);

// An empty cell has no value.
static inline palyra_text table_cell(const Table* table, uint32_t row, uint32_t column) {
  return table->cells[(size_t)row * table->columns + column];
}

// False, with the failure message written, when no column has that name.
bool table_find_column(const Table* table, palyra_text name, uint32_t* column);
