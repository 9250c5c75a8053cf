// SPDX-License-Identifier: Apache-2.0
// Tool demo.csv.summarize: what is in each column of a table.

#include "arguments.h"
#include "groups.h"
#include "series.h"
#include "value.h"

#define MAX_TOP 20  // as `top` in the input schema

typedef struct {
  ValueType type;
  uint32_t count;  // cells with a value
  Series series;   // of the numeric ones
  palyra_text first_date;
  palyra_text last_date;
} ColumnFacts;

static ColumnFacts study(const Table* table, uint32_t column) {
  ColumnFacts facts = {.type = kEmpty};
  for (uint32_t row = 0; row < table->rows; ++row) {
    const palyra_text cell = table_cell(table, row, column);
    double number = 0;
    const ValueType type = value_read(cell, &number);
    if (type == kEmpty) continue;
    ++facts.count;
    facts.type = value_join(facts.type, type);
    if (value_is_numeric(type)) series_add(&facts.series, number);
    if (facts.type != kDate) continue;
    if (facts.count == 1 || palyra_text_compare(cell, facts.first_date) < 0) facts.first_date = cell;
    if (facts.count == 1 || palyra_text_compare(cell, facts.last_date) > 0) facts.last_date = cell;
  }
  return facts;
}

static Groups distinct_values(const Table* table, const uint32_t* column) {
  Groups groups = groups_of(table, column, 1);
  for (uint32_t row = 0; row < table->rows; ++row) {
    if (table_cell(table, row, *column).size > 0) (void)groups_add(&groups, row);
  }
  return groups;
}

static palyra_text group_value(const Groups* groups, uint32_t group) {
  return table_cell(groups->table, groups->list[group].row, groups->columns[0]);
}

// More frequent values come first, equally frequent ones in the order of their bytes.
static bool goes_before(const Groups* groups, uint32_t a, uint32_t b) {
  const uint32_t count_a = groups->list[a].count;
  const uint32_t count_b = groups->list[b].count;
  if (count_a != count_b) return count_a > count_b;
  return palyra_text_compare(group_value(groups, a), group_value(groups, b)) < 0;
}

// Fills `best` with the first `limit` groups in that order; returns how many there are.
static uint32_t find_top(const Groups* groups, uint32_t limit, uint32_t best[MAX_TOP]) {
  uint32_t count = 0;
  for (uint32_t group = 0; group < groups->count; ++group) {
    if (count == limit && !goes_before(groups, group, best[count - 1])) continue;
    if (count < limit) ++count;
    uint32_t at = count - 1;
    for (; at > 0 && goes_before(groups, group, best[at - 1]); --at) best[at] = best[at - 1];
    best[at] = group;
  }
  return count;
}

static void write_top(palyra_writer* out, const Groups* groups, uint32_t limit) {
  uint32_t best[MAX_TOP];
  const uint32_t count = find_top(groups, limit, best);
  palyra_write_key(out, "top");
  palyra_write_begin_array(out);
  for (uint32_t i = 0; i < count; ++i) {
    palyra_write_begin_object(out);
    palyra_write_key(out, "value");
    palyra_write_string(out, group_value(groups, best[i]));
    palyra_write_key(out, "count");
    palyra_write_integer(out, groups->list[best[i]].count);
    palyra_write_end_object(out);
  }
  palyra_write_end_array(out);
}

static void write_range(palyra_writer* out, const ColumnFacts* facts) {
  if (facts->type == kDate) {
    palyra_write_key(out, "min");
    palyra_write_string(out, facts->first_date);
    palyra_write_key(out, "max");
    palyra_write_string(out, facts->last_date);
  }
  if (!value_is_numeric(facts->type)) return;
  palyra_write_key(out, "min");
  palyra_write_double(out, facts->series.min);
  palyra_write_key(out, "max");
  palyra_write_double(out, facts->series.max);
  palyra_write_key(out, "mean");
  palyra_write_double(out, series_mean(&facts->series));
  if (facts->count < 2) return;
  palyra_write_key(out, "stddev");
  palyra_write_double(out, series_deviation(&facts->series));
}

static void write_column(palyra_writer* out, const Arguments* arguments, uint32_t column) {
  const Table* const table = &arguments->table;
  const ColumnFacts facts = study(table, column);
  void* const mark = palyra_mark();
  const Groups values = distinct_values(table, &column);
  palyra_write_begin_object(out);
  palyra_write_key(out, "name");
  palyra_write_string(out, table->names[column]);
  palyra_write_key(out, "type");
  palyra_write_string(out, palyra_text_of(value_type_name(facts.type)));
  palyra_write_key(out, "count");
  palyra_write_integer(out, facts.count);
  palyra_write_key(out, "missing");
  palyra_write_integer(out, table->rows - facts.count);
  palyra_write_key(out, "distinct");
  palyra_write_integer(out, values.count);
  write_range(out, &facts);
  write_top(out, &values, arguments->top);
  palyra_write_end_object(out);
  palyra_release(mark);
}

PALYRA_TOOL(summarize) {
  Arguments arguments;
  if (!arguments_read(&arguments)) return 1;
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "rows");
  palyra_write_integer(&out, arguments.table.rows);
  palyra_write_key(&out, "columns");
  palyra_write_begin_array(&out);
  for (uint32_t column = 0; column < arguments.table.columns; ++column) write_column(&out, &arguments, column);
  palyra_write_end_array(&out);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
