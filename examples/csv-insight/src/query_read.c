// SPDX-License-Identifier: Apache-2.0
#include "query.h"

static const char* const kOperators[] = {"eq", "ne", "lt", "le", "gt", "ge", "contains", "is_missing", "not_missing"};
static const char* const kFunctions[] = {"count", "sum", "mean", "min", "max", "stddev"};

// The index of a word that the input schema lets through.
static uint32_t word_of(palyra_text word, const char* const* words, uint32_t count) {
  uint32_t at = 0;
  while (at + 1 < count && !palyra_text_is(word, words[at])) ++at;
  return at;
}

static bool read_operand(palyra_reader* in, Condition* condition) {
  switch (palyra_read_kind(in)) {
    case PALYRA_JSON_NUMBER:
      condition->type = kNumber;
      condition->number = palyra_read_number(in);
      return true;
    case PALYRA_JSON_BOOLEAN:
      condition->type = kBoolean;
      condition->number = palyra_read_boolean(in);
      return true;
    default:
      condition->type = kText;
      condition->text = palyra_read_string(in);
      return true;
  }
}

static bool check_operand(const Condition* condition, bool given) {
  const char* why = NULL;
  if (condition->op >= kIsMissing) return true;
  if (!given) why = " needs a value";
  if (given && condition->op == kContains && condition->type != kText) why = " needs a text value";
  if (given && condition->op >= kLt && condition->type == kBoolean) why = " does not compare with true or false";
  if (why == NULL) return true;
  palyra_error("where: ");
  palyra_error(kOperators[condition->op]);
  palyra_error(why);
  return false;
}

static bool read_condition(palyra_reader* in, const Table* table, Condition* condition) {
  palyra_text key;
  palyra_text column = {"", 0};
  bool has_operand = false;
  palyra_read_object(in);
  while (palyra_read_member(in, &key)) {
    if (palyra_text_is(key, "column")) column = palyra_read_string(in);
    if (palyra_text_is(key, "op")) condition->op = (Operator)word_of(palyra_read_string(in), kOperators, 9);
    if (palyra_text_is(key, "value")) has_operand = read_operand(in, condition);
  }
  return check_operand(condition, has_operand) && table_find_column(table, column, &condition->column);
}

// The input schema allows no more items than there is room for.
static bool has_room(uint32_t count, uint32_t room) {
  if (count < room) return true;
  palyra_error("the query does not fit the schema");
  return false;
}

static bool read_where(palyra_reader* in, const Table* table, Query* query) {
  palyra_read_array(in);
  while (palyra_read_item(in)) {
    if (!has_room(query->conditions, MAX_CONDITIONS)) return false;
    if (!read_condition(in, table, &query->where[query->conditions++])) return false;
  }
  return true;
}

// Column names; at most `room` of them.
static bool read_columns(palyra_reader* in, const Table* table, uint32_t* columns, uint32_t room, uint32_t* count) {
  palyra_read_array(in);
  for (*count = 0; palyra_read_item(in); ++*count) {
    if (!has_room(*count, room)) return false;
    if (!table_find_column(table, palyra_read_string(in), &columns[*count])) return false;
  }
  return true;
}

static bool check_aggregate(const Aggregate* aggregate, bool has_column, palyra_text column, ValueType type) {
  const bool ordered = aggregate->function == kMin || aggregate->function == kMax;
  if (aggregate->function == kCount) return true;
  if (has_column && (value_is_numeric(type) || type == kEmpty || (ordered && type == kDate))) return true;
  palyra_error(kFunctions[aggregate->function]);
  palyra_error(ordered ? " needs a column of numbers or dates" : " needs a column of numbers");
  if (!has_column) return false;
  palyra_error(", and '");
  palyra_error_text(column);
  palyra_error("' is of type ");
  palyra_error(value_type_name(type));
  return false;
}

static bool read_aggregate(palyra_reader* in, const Table* table, Query* query) {
  Aggregate* const aggregate = &query->aggregates[query->aggregate_count++];
  palyra_text key;
  palyra_text column = {"", 0};
  aggregate->of_rows = true;
  palyra_read_object(in);
  while (palyra_read_member(in, &key)) {
    const palyra_text word = palyra_read_string(in);
    if (palyra_text_is(key, "fn")) {
      aggregate->function = (Function)word_of(word, kFunctions, 6);
    } else {
      column = word;
      aggregate->of_rows = false;
    }
  }
  if (!aggregate->of_rows && !table_find_column(table, column, &aggregate->column)) return false;
  return check_aggregate(aggregate, !aggregate->of_rows, column, query->types[aggregate->column]);
}

static bool read_aggregates(palyra_reader* in, const Table* table, Query* query) {
  palyra_read_array(in);
  while (palyra_read_item(in)) {
    if (!has_room(query->aggregate_count, MAX_AGGREGATES)) return false;
    if (!read_aggregate(in, table, query)) return false;
  }
  return true;
}

static palyra_text read_order(palyra_reader* in, Query* query) {
  palyra_text key;
  palyra_text column = {"", 0};
  query->ordered = true;
  palyra_read_object(in);
  while (palyra_read_member(in, &key)) {
    if (palyra_text_is(key, "column")) column = palyra_read_string(in);
    if (palyra_text_is(key, "descending")) query->descending = palyra_read_boolean(in);
  }
  return column;
}

static ValueType* types_of(const Table* table) {
  ValueType* const types = palyra_alloc(table->columns * sizeof(ValueType));
  double number;
  for (uint32_t row = 0; row < table->rows; ++row) {
    for (uint32_t column = 0; column < table->columns; ++column) {
      if (types[column] == kText) continue;
      types[column] = value_join(types[column], value_read(table_cell(table, row, column), &number));
    }
  }
  return types;
}

// `mean(minutes)`, or `count` for a count of rows.
static palyra_text aggregate_name(const Aggregate* aggregate, const Table* table) {
  const palyra_text function = palyra_text_of(kFunctions[aggregate->function]);
  if (aggregate->of_rows) return function;
  const palyra_text column = table->names[aggregate->column];
  char* const name = palyra_alloc(function.size + column.size + 2);
  __builtin_memcpy(name, function.data, function.size);
  name[function.size] = '(';
  __builtin_memcpy(name + function.size + 1, column.data, column.size);
  name[function.size + 1 + column.size] = ')';
  const palyra_text text = {name, function.size + column.size + 2};
  return text;
}

static void name_result(const Table* table, Query* query) {
  const uint32_t width = query_width(query);
  const uint32_t* const columns = query_is_grouped(query) ? query->group_by : query->select;
  const uint32_t plain = query_is_grouped(query) ? query->groups : width;
  query->names = palyra_alloc(width * sizeof(palyra_text));
  for (uint32_t i = 0; i < plain; ++i) query->names[i] = table->names[columns[i]];
  for (uint32_t i = plain; i < width; ++i) query->names[i] = aggregate_name(&query->aggregates[i - plain], table);
}

static bool find_order(const Query* query, palyra_text name, uint32_t* column) {
  for (*column = 0; *column < query_width(query); ++*column) {
    if (palyra_text_equal(query->names[*column], name)) return true;
  }
  palyra_error("order_by: '");
  palyra_error_text(name);
  palyra_error("' is no column of the result");
  return false;
}

static bool read_select(palyra_reader* in, const Table* table, Query* query) {
  query->select = palyra_alloc(MAX_SELECTED * sizeof(uint32_t));
  return read_columns(in, table, query->select, MAX_SELECTED, &query->selected);
}

static void select_all(const Table* table, Query* query) {
  query->selected = table->columns;
  query->select = palyra_alloc(table->columns * sizeof(uint32_t));
  for (uint32_t i = 0; i < table->columns; ++i) query->select[i] = i;
}

static bool read_part(palyra_reader* in, palyra_text key, const Table* table, Query* query) {
  if (palyra_text_is(key, "where")) return read_where(in, table, query);
  if (palyra_text_is(key, "group_by")) return read_columns(in, table, query->group_by, MAX_GROUP_BY, &query->groups);
  if (palyra_text_is(key, "aggregate")) return read_aggregates(in, table, query);
  if (palyra_text_is(key, "select")) return read_select(in, table, query);
  query->limit = (uint32_t)palyra_read_integer(in);
  return true;
}

bool query_read(palyra_reader in, const Table* table, Query* query) {
  palyra_text key;
  palyra_text order = {"", 0};
  query->types = types_of(table);
  query->limit = 100;
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "order_by")) {
      order = read_order(&in, query);
    } else if (!read_part(&in, key, table, query)) {
      return false;
    }
  }
  if (in.failed) {
    palyra_error("the query does not fit the schema");
    return false;
  }
  if (query->select != NULL && query_is_grouped(query)) {
    palyra_error("select does not go with group_by or aggregate");
    return false;
  }
  if (query->select == NULL) select_all(table, query);
  name_result(table, query);
  return !query->ordered || find_order(query, order, &query->order_by);
}
