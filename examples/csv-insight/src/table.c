// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include "csv.h"

// A growing array of cells, always the newest block of memory so that it grows where it is.
typedef struct {
  palyra_text* data;
  size_t count;
  size_t room;
} Cells;

static void append(Cells* cells, palyra_text cell) {
  if (cells->count == cells->room) {
    const size_t more = 8192;
    const size_t bytes = cells->room * sizeof cell;
    cells->data = palyra_resize(cells->data, bytes, bytes + more * sizeof cell);
    cells->room += more;
  }
  cells->data[cells->count++] = cell;
}

static bool is_missing(const TableSource* source, palyra_text cell) {
  for (uint32_t i = 0; i < source->missing_count; ++i) {
    if (palyra_text_equal(cell, source->missing[i])) return true;
  }
  return false;
}

static bool read_header(CsvReader* csv, Cells* names) {
  CsvStep step = kCsvField;
  while (step == kCsvField) {
    palyra_text name = {"", 0};
    step = csv_next(csv, &name);
    if (step == kCsvBroken) return false;
    if (step == kCsvEnd) {
      palyra_error("the CSV is empty");
      return false;
    }
    append(names, name);
  }
  return true;
}

static bool check_names(const Cells* names) {
  for (size_t i = 0; i < names->count; ++i) {
    if (names->data[i].size == 0) {
      palyra_error("column ");
      palyra_error_integer((int64_t)i + 1);
      palyra_error(" of the header has no name");
      return false;
    }
    for (size_t j = 0; j < i; ++j) {
      if (!palyra_text_equal(names->data[i], names->data[j])) continue;
      palyra_error("two columns are named '");
      palyra_error_text(names->data[i]);
      palyra_error("'");
      return false;
    }
  }
  return true;
}

static bool ragged(uint32_t line, uint32_t fields, uint32_t columns) {
  palyra_error("line ");
  palyra_error_integer(line);
  palyra_error(": ");
  palyra_error_integer(fields);
  palyra_error(fields == 1 ? " field, but the header has " : " fields, but the header has ");
  palyra_error_integer(columns);
  return false;
}

// Appends one row, if there is one more.
static bool read_row(CsvReader* csv, const TableSource* source, uint32_t columns, Cells* cells) {
  uint32_t fields = 0;
  CsvStep step = kCsvField;
  while (step == kCsvField) {
    palyra_text cell = {"", 0};
    step = csv_next(csv, &cell);
    if (step == kCsvBroken) return false;
    if (step == kCsvEnd) return true;
    if (is_missing(source, cell)) cell.size = 0;
    if (++fields <= columns) append(cells, cell);
  }
  return fields == columns || ragged(csv->record_line, fields, columns);
}

bool table_read(const TableSource* source, Table* table) {
  CsvReader csv = csv_open(source->text, source->size, source->delimiter);
  Cells names = {NULL, 0, 0};
  Cells cells = {NULL, 0, 0};
  if (!read_header(&csv, &names) || !check_names(&names)) return false;
  const uint32_t columns = (uint32_t)names.count;
  while (csv.at < csv.end) {
    if (!read_row(&csv, source, columns, &cells)) return false;
  }
  table->names = names.data;
  table->columns = columns;
  table->cells = cells.data;
  table->rows = (uint32_t)(cells.count / columns);
  return true;
}

bool table_find_column(const Table* table, palyra_text name, uint32_t* column) {
  for (*column = 0; *column < table->columns; ++*column) {
    if (palyra_text_equal(table->names[*column], name)) return true;
  }
  palyra_error("there is no column '");
  palyra_error_text(name);
  palyra_error("'; the columns are");
  for (uint32_t i = 0; i < table->columns; ++i) {
    palyra_error(i == 0 ? " " : ", ");
    palyra_error_text(table->names[i]);
  }
  return false;
}
