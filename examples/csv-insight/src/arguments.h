// SPDX-License-Identifier: Apache-2.0
#pragma once
// What both tools are given: a table and how to read it.

#include "palyra_skill.h"
#include "table.h"

#define MAX_MISSING 16  // as `missing` in the input schemas

typedef struct {
  Table table;
  uint32_t top;         // values listed for each column; 5 unless given
  palyra_reader query;  // the query, unread
  palyra_text missing[MAX_MISSING];
} Arguments;

// Reads the arguments and the CSV text or asset they name. False with the failure message written.
bool arguments_read(Arguments* arguments);
