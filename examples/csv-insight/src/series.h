// SPDX-License-Identifier: Apache-2.0
#pragma once
// Figures of a series of numbers, taken one at a time without losing digits on the way.

#include "palyra_skill.h"

typedef struct {
  uint32_t count;
  double sum;
  double carry;    // what rounding took from `sum`
  double centre;   // running mean, good enough to measure distances from
  double squares;  // sum of squared distances from the mean
  double min;
  double max;
} Series;

// Neumaier's compensated sum, Welford's update of the squares (Knuth, TAOCP 2, 4.2.2).
void series_add(Series* series, double value);

// For at least one number. Sums, means and deviations too large for a double are not finite.
double series_sum(const Series* series);
double series_mean(const Series* series);

// The sample standard deviation (divisor count - 1); for at least two numbers.
double series_deviation(const Series* series);
