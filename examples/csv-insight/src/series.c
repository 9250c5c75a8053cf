// SPDX-License-Identifier: Apache-2.0
#include "series.h"

static void add_to_sum(Series* series, double value) {
  const double sum = series->sum + value;
  const bool sum_is_larger = __builtin_fabs(series->sum) >= __builtin_fabs(value);
  series->carry += sum_is_larger ? (series->sum - sum) + value : (value - sum) + series->sum;
  series->sum = sum;
}

void series_add(Series* series, double value) {
  if (series->count == 0 || value < series->min) series->min = value;
  if (series->count == 0 || value > series->max) series->max = value;
  ++series->count;
  const double distance = value - series->centre;
  series->centre += distance / series->count;
  series->squares += distance * (value - series->centre);
  add_to_sum(series, value);
}

double series_sum(const Series* series) { return series->sum + series->carry; }

double series_mean(const Series* series) { return series_sum(series) / series->count; }

double series_deviation(const Series* series) { return __builtin_sqrt(series->squares / (series->count - 1)); }
