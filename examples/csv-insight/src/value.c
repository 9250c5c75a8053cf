// SPDX-License-Identifier: Apache-2.0
#include "value.h"

const char* value_type_name(ValueType type) {
  static const char* const kNames[] = {"empty", "integer", "number", "boolean", "date", "text"};
  return kNames[type];
}

static bool read_digits(const char* digits, int count, int* value) {
  *value = 0;
  for (int i = 0; i < count; ++i) {
    if (digits[i] < '0' || digits[i] > '9') return false;
    *value = *value * 10 + (digits[i] - '0');
  }
  return true;
}

static bool is_date(palyra_text cell) {
  static const char kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year, month, day;
  if (cell.size != 10 || cell.data[4] != '-' || cell.data[7] != '-') return false;
  if (!read_digits(cell.data, 4, &year) || !read_digits(cell.data + 5, 2, &month) ||
      !read_digits(cell.data + 8, 2, &day) || year < 1 || month < 1 || month > 12) {
    return false;
  }
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day >= 1 && day <= kDays[month - 1] + (month == 2 && leap);
}

static bool is_word(palyra_text cell, const char* word) {
  size_t i = 0;
  for (; i < cell.size && word[i] != '\0'; ++i) {
    if ((cell.data[i] | 0x20) != word[i]) return false;
  }
  return i == cell.size && word[i] == '\0';
}

static bool read_boolean(palyra_text cell, double* number) {
  *number = is_word(cell, "true") ? 1 : 0;
  return *number != 0 || is_word(cell, "false");
}

ValueType value_read(palyra_text cell, double* number) {
  const int64_t exact = (int64_t)1 << 53;
  int64_t integer;
  if (cell.size == 0) return kEmpty;
  if (cell.data[0] != '-' && (cell.data[0] < '0' || cell.data[0] > '9')) {
    return read_boolean(cell, number) ? kBoolean : kText;
  }
  if (palyra_parse_integer(cell, &integer) && integer >= -exact && integer <= exact) {
    *number = (double)integer;
    return kInteger;
  }
  if (palyra_parse_double(cell, number)) return kNumber;
  return is_date(cell) ? kDate : kText;
}

ValueType value_join(ValueType a, ValueType b) {
  if (a == b || b == kEmpty) return a;
  if (a == kEmpty) return b;
  return value_is_numeric(a) && value_is_numeric(b) ? kNumber : kText;
}
