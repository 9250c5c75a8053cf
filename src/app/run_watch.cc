// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_watch.h>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <utility>
#include <vector>

namespace palyra::app {

void WatchedVersion::found_runnable(SteadyTime asked) {
  const SteadyTime::rep at = asked.time_since_epoch().count();
  SteadyTime::rep known = known_good_.load();
  while (known < at && !known_good_.compare_exchange_weak(known, at)) {
  }
}

std::optional<Error> WatchedVersion::stopped() const { return doubt_.lock()->stopped; }

void WatchedVersion::stop(Error because) {
  const auto doubt = doubt_.lock();
  if (doubt->stopped) return;
  doubt->stopped = std::move(because);
  stop_.store(true);
}

struct RunWatch::Parts {
  explicit Parts(const state::StateOptions& with_options) : options(with_options) {}

  using Versions = std::vector<std::shared_ptr<WatchedVersion>>;
  struct Watched {
    std::vector<std::weak_ptr<WatchedVersion>> versions;
    std::uint64_t wakes = 0;
  };

  void wake();
  // Those that run, an interval after the last look or after a call began.
  Versions next_look(const std::stop_token& stop);
  Versions running(Watched& watched);
  void ask_on(const std::stop_token& stop);
  void ask(WatchedVersion& version);
  void doubt_on(const std::stop_token& stop);
  void doubt(WatchedVersion& version) const;
  Result<bool> is_runnable(const crypto::Sha256Digest& content_root);

  const state::StateOptions& options;
  std::optional<state::StateStore> store;  // of the asking thread
  Guarded<Watched> watched;
  std::condition_variable_any changed;
  std::atomic<std::uint32_t> asleep{2};  // threads that wait for a call, or are not there yet
  // Last: they use the others. Guarded by the lock of `watched`.
  std::jthread asking;
  std::jthread doubting;
};

// A call began while a thread slept, or before there was one.
void RunWatch::Parts::wake() {
  const auto locked = watched.lock();
  if (!asking.joinable()) asking = std::jthread([this](const std::stop_token& stop) { ask_on(stop); });
  if (!doubting.joinable()) doubting = std::jthread([this](const std::stop_token& stop) { doubt_on(stop); });
  ++locked->wakes;
  changed.notify_all();
}

RunWatch::Parts::Versions RunWatch::Parts::running(Watched& among) {
  Versions found;
  std::erase_if(among.versions, [&found](const std::weak_ptr<WatchedVersion>& each) {
    auto version = each.lock();
    if (version == nullptr) return true;
    if (version->running_.load() != 0) found.push_back(std::move(version));
    return false;
  });
  return found;
}

// Sequentially consistent against Call: either it sees somebody asleep, or the last look here sees the call. Who was
// woken stays awake for an interval, so that many short calls wake it once.
RunWatch::Parts::Versions RunWatch::Parts::next_look(const std::stop_token& stop) {
  auto locked = watched.lock();
  if (running(*locked).empty()) {
    const std::uint64_t seen = locked->wakes;
    asleep.fetch_add(1);
    const bool still_none = running(*locked).empty();
    if (still_none) changed.wait(locked.lock(), stop, [&] { return locked->wakes != seen; });
    asleep.fetch_sub(1);
  }
  changed.wait_for(locked.lock(), stop, kWatchInterval, [] { return false; });
  return running(*locked);
}

Result<bool> RunWatch::Parts::is_runnable(const crypto::Sha256Digest& content_root) {
  if (store && !store->is_in_place()) store.reset();
  if (!store) store.emplace(PALYRA_TRY(state::StateStore::open(options)));
  return store->is_runnable(content_root);
}

// Without a lock: a question may wait for a disk, or for whoever writes.
void RunWatch::Parts::ask(WatchedVersion& version) {
  const SteadyTime asked = options.clock->steady();
  const Result<bool> runnable = is_runnable(version.content_root_);
  if (!runnable) {
    store.reset();  // the next question opens what is there by then
    version.doubt_.lock()->why = runnable.error().describe();
  } else if (*runnable) {
    version.found_runnable(asked);
  } else {
    version.stop(Error(kRunStopped, "its skill was revoked, quarantined or removed while it ran"));
  }
}

void RunWatch::Parts::ask_on(const std::stop_token& stop) {
  asleep.fetch_sub(1);
  while (!stop.stop_requested()) {
    for (const std::shared_ptr<WatchedVersion>& version : next_look(stop)) {
      if (stop.stop_requested()) return;
      ask(*version);
    }
  }
}

// Two looks, so that a process that stood still asks once more before it stops anything.
void RunWatch::Parts::doubt(WatchedVersion& version) const {
  const SteadyTime known_good{SteadyTime::duration(version.known_good_.load())};
  const auto unknown_for = options.clock->steady() - known_good;
  std::string why;
  {
    const auto doubt = version.doubt_.lock();
    const bool was_doubted = std::exchange(doubt->at_last_look, unknown_for >= kMostDoubt - kWatchInterval);
    if (!was_doubted || unknown_for < kMostDoubt) return;
    why = doubt->why;
  }
  version.stop(Error(kRunStopped, fmt::format("for {} ms nobody could say whether its skill may still run: {}",
                                              kMostDoubt.count(), why)));
}

// A thread of its own: the asking one may be waiting.
void RunWatch::Parts::doubt_on(const std::stop_token& stop) {
  asleep.fetch_sub(1);
  while (!stop.stop_requested()) {
    for (const std::shared_ptr<WatchedVersion>& version : next_look(stop)) doubt(*version);
  }
}

RunWatch::RunWatch(const state::StateOptions& state) : parts_(std::make_unique<Parts>(state)) {}
RunWatch::~RunWatch() = default;

std::shared_ptr<WatchedVersion> RunWatch::watch(const crypto::Sha256Digest& content_root, SteadyTime asked) const {
  auto version = std::make_shared<WatchedVersion>(content_root, asked);
  const auto watched = parts_->watched.lock();
  std::erase_if(watched->versions, [](const auto& each) { return each.expired(); });
  watched->versions.emplace_back(version);
  return version;
}

RunWatch::Call::Call(WatchedVersion& version) : version_(version) { version_.running_.fetch_add(1); }

RunWatch::Call::Call(const RunWatch& watch, WatchedVersion& version) : Call(version) {
  if (watch.parts_->asleep.load() != 0) watch.parts_->wake();
}

}  // namespace palyra::app
