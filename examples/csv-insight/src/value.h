// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a cell says: its type and, for numbers, its value.

#include "palyra_skill.h"

typedef enum {
  kEmpty,    // no value
  kInteger,  // digits with an optional minus, no leading zero, at most 2^53 in size
  kNumber,   // any other number as JSON writes it
  kBoolean,  // true or false, in any case
  kDate,     // a day of the calendar as YYYY-MM-DD, from the year 1 on
  kText,
} ValueType;

const char* value_type_name(ValueType type);

static inline bool value_is_numeric(ValueType type) { return type == kInteger || type == kNumber; }

// The type of a cell. `number` becomes its value when it is numeric and 1 or 0 when it is boolean.
ValueType value_read(palyra_text cell, double* number);

// The type of a column that holds values of both types.
ValueType value_join(ValueType a, ValueType b);
