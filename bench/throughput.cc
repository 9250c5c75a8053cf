// SPDX-License-Identifier: Apache-2.0
#include "throughput.h"

#include "process.h"
#include "rounds.h"

#include <atomic>
#include <thread>
#include <utility>

namespace palyra::bench {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

constexpr int kRounds = 15;
constexpr std::chrono::milliseconds kSample{150};

struct Tally {
  std::uint64_t calls = 0;
  nanoseconds cpu{};
};

Tally call_until(const std::atomic<bool>& stop, const Throughput::Call& call) {
  Tally tally;
  const nanoseconds before = thread_cpu();
  for (; !stop.load(std::memory_order_relaxed); ++tally.calls) call();
  tally.cpu = thread_cpu() - before;
  return tally;
}

double microseconds(nanoseconds time) { return std::chrono::duration<double, std::micro>(time).count(); }

}  // namespace

void Throughput::add(std::string what, std::string way, std::function<Call()> make, std::function<void()> settle) {
  cases_.push_back(
      {.what = std::move(what), .way = std::move(way), .make = std::move(make), .settle = std::move(settle)});
}

Throughput::Sample Throughput::sample(const Case& each, std::size_t threads) {
  std::atomic<bool> stop{false};
  std::vector<Tally> tallies(threads);
  std::vector<Call> calls(threads);
  for (Call& call : calls) {
    call = each.make();
    call();
  }
  each.settle();
  const nanoseconds cpu_before = process_cpu();
  const auto begun = steady_clock::now();
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < threads; ++i) {
      callers.emplace_back([&, i] { tallies[i] = call_until(stop, calls[i]); });
    }
    std::this_thread::sleep_for(kSample);
    stop.store(true);
  }
  const std::chrono::duration<double> took = steady_clock::now() - begun;
  each.settle();
  const nanoseconds cpu = process_cpu() - cpu_before;
  Tally all;
  for (const Tally& tally : tallies) all = {.calls = all.calls + tally.calls, .cpu = all.cpu + tally.cpu};
  const auto count = static_cast<double>(all.calls);
  return {.calls_a_second = count / took.count(),
          .callers_cpu_us = microseconds(all.cpu) / count,
          .others_cpu_us = microseconds(cpu - all.cpu) / count};
}

void Throughput::run() {
  for (int round = 0; round < kRounds; ++round) {
    for (Case& each : cases_) {
      for (const std::size_t threads : {1UZ, 2UZ}) each.samples[threads - 1].push_back(sample(each, threads));
    }
  }
}

Row Throughput::row_of(const Case& each) {
  const auto median_of = [](const std::vector<Sample>& samples, double Sample::* member) {
    std::vector<double> values;
    for (const Sample& one : samples) values.push_back(one.*member);
    return median(std::move(values));
  };
  const auto& [one, two] = each.samples;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < one.size(); ++i) ratios.push_back(two[i].calls_a_second / one[i].calls_a_second);
  return {{"what", each.what},
          {"way", each.way},
          {"calls_a_second", whole(median_of(one, &Sample::calls_a_second))},
          {"by_two", whole(median_of(two, &Sample::calls_a_second))},
          {"ratio", rounded(median(std::move(ratios)), 2)},
          {"callers_cpu_us", rounded(median_of(one, &Sample::callers_cpu_us), 2)},
          {"others_cpu_us", rounded(median_of(one, &Sample::others_cpu_us), 2)},
          {"others_cpu_us_by_two", rounded(median_of(two, &Sample::others_cpu_us), 2)}};
}

std::vector<Row> Throughput::rows() const {
  std::vector<Row> rows;
  for (const Case& each : cases_) rows.push_back(row_of(each));
  return rows;
}

}  // namespace palyra::bench
