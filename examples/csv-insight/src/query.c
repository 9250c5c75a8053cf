// SPDX-License-Identifier: Apache-2.0
// Tool demo.csv.query: filter, group, aggregate, sort.

#include "query.h"

#include "arguments.h"
#include "groups.h"
#include "series.h"
#include "sort.h"

// The cells of one group that one aggregate looks at.
typedef struct {
  Series series;
  uint32_t count;  // with a value
  palyra_text first_date;
  palyra_text last_date;
} Tally;

// What is left of the table: rows, or groups of rows.
typedef struct {
  const Table* table;
  const Query* query;
  uint32_t* rows;  // that meet every condition
  uint32_t row_count;
  Groups groups;
  Tally* tallies;  // group after group, one for each aggregate
} Result;

static bool holds(Operator op, int order) {
  switch (op) {
    case kEq:
      return order == 0;
    case kNe:
      return order != 0;
    case kLt:
      return order < 0;
    case kLe:
      return order <= 0;
    case kGt:
      return order > 0;
    default:
      return order >= 0;
  }
}

static bool contains(palyra_text text, palyra_text part) {
  for (size_t at = 0; at + part.size <= text.size; ++at) {
    const palyra_text here = {text.data + at, part.size};
    if (palyra_text_equal(here, part)) return true;
  }
  return false;
}

static bool meets(const Condition* condition, palyra_text cell) {
  if (condition->op == kIsMissing) return cell.size == 0;
  if (cell.size == 0) return false;
  if (condition->op == kNotMissing) return true;
  if (condition->op == kContains) return contains(cell, condition->text);
  if (condition->type == kText) return holds(condition->op, palyra_text_compare(cell, condition->text));
  double number = 0;
  const ValueType type = value_read(cell, &number);
  const bool comparable = condition->type == kBoolean ? type == kBoolean : value_is_numeric(type);
  return comparable && holds(condition->op, (number > condition->number) - (number < condition->number));
}

static void filter(Result* result) {
  const Query* const query = result->query;
  result->rows = palyra_alloc(result->table->rows * sizeof(uint32_t));
  for (uint32_t row = 0; row < result->table->rows; ++row) {
    uint32_t met = 0;
    while (met < query->conditions &&
           meets(&query->where[met], table_cell(result->table, row, query->where[met].column))) {
      ++met;
    }
    if (met == query->conditions) result->rows[result->row_count++] = row;
  }
}

static void tally_add(Tally* tally, palyra_text cell, ValueType column_type) {
  double number = 0;
  if (cell.size == 0) return;
  ++tally->count;
  if (value_is_numeric(column_type) && value_is_numeric(value_read(cell, &number))) series_add(&tally->series, number);
  if (tally->count == 1 || palyra_text_compare(cell, tally->first_date) < 0) tally->first_date = cell;
  if (tally->count == 1 || palyra_text_compare(cell, tally->last_date) > 0) tally->last_date = cell;
}

// Two passes, so that the tallies can be laid out once the number of groups is known.
static void group(Result* result) {
  const Query* const query = result->query;
  const uint32_t width = query->aggregate_count;
  uint32_t* const group_of = palyra_alloc(result->row_count * sizeof(uint32_t));
  result->groups = groups_of(result->table, query->group_by, query->groups);
  for (uint32_t i = 0; i < result->row_count; ++i) group_of[i] = groups_add(&result->groups, result->rows[i]);
  // Without group_by there is one row of figures, even of no rows.
  const uint32_t lines = result->groups.count == 0 ? 1 : result->groups.count;
  result->tallies = palyra_alloc((size_t)lines * width * sizeof(Tally));
  for (uint32_t i = 0; i < result->row_count; ++i) {
    for (uint32_t j = 0; j < width; ++j) {
      const uint32_t column = query->aggregates[j].column;
      Tally* const tally = &result->tallies[(size_t)group_of[i] * width + j];
      tally_add(tally, table_cell(result->table, result->rows[i], column), query->types[column]);
    }
  }
}

static uint32_t line_count(const Result* result) {
  if (!query_is_grouped(result->query)) return result->row_count;
  return result->query->groups == 0 ? 1 : result->groups.count;
}

static Field number_field(double number) {
  const Field field = {.kind = kFieldNumber, .number = number};
  return field;
}

// A cell in the type of its column.
static Field cell_field(const Result* result, uint32_t row, uint32_t column) {
  const palyra_text cell = table_cell(result->table, row, column);
  const ValueType type = result->query->types[column];
  Field field = {.kind = kFieldMissing, .text = cell};
  if (cell.size == 0) return field;
  field.kind = kFieldText;
  if (type == kBoolean) field.kind = kFieldBoolean;
  if (value_is_numeric(type)) field.kind = kFieldNumber;
  if (field.kind != kFieldText) (void)value_read(cell, &field.number);
  return field;
}

static Field aggregate_field(const Result* result, uint32_t line, uint32_t index) {
  const Query* const query = result->query;
  const Aggregate* const aggregate = &query->aggregates[index];
  const Tally* const tally = &result->tallies[(size_t)line * query->aggregate_count + index];
  const Series* const series = &tally->series;
  const bool dates = query->types[aggregate->column] == kDate;
  const Field missing = {.kind = kFieldMissing};
  if (aggregate->of_rows) return number_field(result->groups.count == 0 ? 0 : result->groups.list[line].count);
  if (aggregate->function == kCount) return number_field(tally->count);
  if (tally->count < (aggregate->function == kStddev ? 2u : 1u)) return missing;
  switch (aggregate->function) {
    case kSum:
      return number_field(series_sum(series));
    case kMean:
      return number_field(series_mean(series));
    case kStddev:
      return number_field(series_deviation(series));
    default:
      break;
  }
  const bool least = aggregate->function == kMin;
  const Field date = {.kind = kFieldText, .text = least ? tally->first_date : tally->last_date};
  return dates ? date : number_field(least ? series->min : series->max);
}

static Field result_field(const Result* result, uint32_t line, uint32_t column) {
  const Query* const query = result->query;
  if (!query_is_grouped(query)) return cell_field(result, result->rows[line], query->select[column]);
  if (column >= query->groups) return aggregate_field(result, line, column - query->groups);
  return cell_field(result, result->groups.list[line].row, query->group_by[column]);
}

// The lines of the result in the order asked for.
static const uint32_t* arrange(const Result* result) {
  const uint32_t count = line_count(result);
  uint32_t* const lines = palyra_alloc(count * sizeof(uint32_t));
  for (uint32_t i = 0; i < count; ++i) lines[i] = i;
  if (!result->query->ordered) return lines;
  Field* const keys = palyra_alloc(count * sizeof(Field));
  for (uint32_t i = 0; i < count; ++i) keys[i] = result_field(result, i, result->query->order_by);
  sort_by_field(lines, count, keys, result->query->descending);
  return lines;
}

static void write_field(palyra_writer* out, const Field* field) {
  switch (field->kind) {
    case kFieldMissing:
      palyra_write_null(out);
      break;
    case kFieldNumber:
      palyra_write_double(out, field->number);
      break;
    case kFieldBoolean:
      palyra_write_boolean(out, field->number != 0);
      break;
    case kFieldText:
      palyra_write_string(out, field->text);
      break;
  }
}

static void write_result(palyra_writer* out, const Result* result) {
  const Query* const query = result->query;
  const uint32_t count = line_count(result);
  const uint32_t* const lines = arrange(result);
  palyra_write_begin_object(out);
  palyra_write_key(out, "columns");
  palyra_write_begin_array(out);
  for (uint32_t i = 0; i < query_width(query); ++i) palyra_write_string(out, query->names[i]);
  palyra_write_end_array(out);
  palyra_write_key(out, "rows");
  palyra_write_begin_array(out);
  for (uint32_t i = 0; i < count && i < query->limit; ++i) {
    palyra_write_begin_array(out);
    for (uint32_t j = 0; j < query_width(query); ++j) {
      const Field field = result_field(result, lines[i], j);
      write_field(out, &field);
    }
    palyra_write_end_array(out);
  }
  palyra_write_end_array(out);
  palyra_write_key(out, "matched_rows");
  palyra_write_integer(out, result->row_count);
  palyra_write_end_object(out);
}

PALYRA_TOOL(query) {
  Arguments arguments;
  Query query = {.conditions = 0};
  if (!arguments_read(&arguments) || !query_read(arguments.query, &arguments.table, &query)) return 1;
  Result result = {.table = &arguments.table, .query = &query};
  filter(&result);
  if (query_is_grouped(&query)) group(&result);
  palyra_writer out = palyra_write_output();
  write_result(&out, &result);
  return palyra_write_finish(&out);
}
