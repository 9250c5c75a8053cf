// SPDX-License-Identifier: Apache-2.0
#pragma once
// One field of a result, and putting lines into the order of such fields.

#include "palyra_skill.h"

typedef enum { kFieldMissing, kFieldNumber, kFieldBoolean, kFieldText } FieldKind;

typedef struct {
  FieldKind kind;
  double number;  // 1 or 0 of a boolean
  palyra_text text;
} Field;

// Sorts `lines` by the key of each: `keys[line]`. Numbers and booleans by value, text by its bytes,
// missing values last in either direction; equal keys keep their order.
void sort_by_field(uint32_t* lines, uint32_t count, const Field* keys, bool descending);
