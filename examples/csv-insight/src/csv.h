// SPDX-License-Identifier: Apache-2.0
#pragma once
// Comma-separated values as RFC 4180 describes them, one field at a time.
//
// More lenient than the RFC where files in the wild are: a line ends with CRLF, LF or CR, blank lines
// are skipped, a byte order mark at the start is passed over, and a quote inside a field that does
// not begin with one is an ordinary character.

#include "palyra_skill.h"

typedef struct {
  char* at;
  char* end;
  char delimiter;
  bool inside;           // the next field belongs to the record of the one before
  uint32_t line;         // of `at`, counted from 1; a field with line breaks spans several
  uint32_t record_line;  // where the record of the last field began
} CsvReader;

typedef enum {
  kCsvField,      // a field; more follow in this record
  kCsvLastField,  // the last field of a record
  kCsvEnd,        // no more records
  kCsvBroken,     // the failure message says where and why
} CsvStep;

CsvReader csv_open(char* text, size_t size, char delimiter);

// Moves to the next field. Quoted fields are decoded where they stand, so the text can be read once
// only and `field` stays valid as long as it.
CsvStep csv_next(CsvReader* csv, palyra_text* field);
