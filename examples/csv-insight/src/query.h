// SPDX-License-Identifier: Apache-2.0
#pragma once
// A query over one table, with every name resolved and every combination checked.

#include "table.h"
#include "value.h"

// As in the input schema.
#define MAX_CONDITIONS 16
#define MAX_GROUP_BY 8
#define MAX_AGGREGATES 16
#define MAX_SELECTED 256

typedef enum { kEq, kNe, kLt, kLe, kGt, kGe, kContains, kIsMissing, kNotMissing } Operator;

// A cell without a value meets kIsMissing and nothing else; a cell that is no number meets no
// comparison with a number, one that is no boolean none with a boolean.
typedef struct {
  uint32_t column;
  Operator op;
  ValueType type;  // of the operand: kNumber, kBoolean or kText
  double number;   // as value_read gives it
  palyra_text text;
} Condition;

typedef enum { kCount, kSum, kMean, kMin, kMax, kStddev } Function;

typedef struct {
  Function function;
  bool of_rows;  // count of rows: no column
  uint32_t column;
} Aggregate;

typedef struct {
  Condition where[MAX_CONDITIONS];  // all of them
  uint32_t conditions;
  uint32_t group_by[MAX_GROUP_BY];
  uint32_t groups;
  Aggregate aggregates[MAX_AGGREGATES];
  uint32_t aggregate_count;
  uint32_t* select;  // columns of a result that is not grouped
  uint32_t selected;
  ValueType* types;    // of every column of the table
  palyra_text* names;  // of the result's columns, in order
  bool ordered;        // else in order of first appearance
  uint32_t order_by;   // column of the result
  bool descending;
  uint32_t limit;  // rows of the result, 1 to 1,000; 100 unless given
} Query;

static inline bool query_is_grouped(const Query* query) { return query->groups + query->aggregate_count > 0; }

static inline uint32_t query_width(const Query* query) {
  return query_is_grouped(query) ? query->groups + query->aggregate_count : query->selected;
}

// Reads the `query` argument. False with the failure message written.
bool query_read(palyra_reader in, const Table* table, Query* query);
