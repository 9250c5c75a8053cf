// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_watch.h>
#include <palyra/base/guarded.h>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <vector>

namespace palyra::app {

struct RunWatch::Entry {
  crypto::Sha256Digest content_root;
  std::atomic<bool>* cancel = nullptr;  // there as long as this is one of the entries
  SteadyTime known_good;                // when it began, or was last known to be runnable; of the watching thread
  std::optional<Error> why{};           // under the lock of the entries
};

namespace {

// nullopt: it goes on.
std::optional<Error> judge(const Result<bool>& runnable, RunWatch::Entry& entry, SteadyTime now) {
  if (runnable && *runnable) {
    entry.known_good = now;
    return std::nullopt;
  }
  if (runnable) return Error(kRunStopped, "its skill was revoked, quarantined or removed while it ran");
  if (now - entry.known_good < kMostDoubt) return std::nullopt;
  return Error(kRunStopped, fmt::format("for {} ms nobody could say whether its skill may still run: {}",
                                        kMostDoubt.count(), runnable.error().describe()));
}

}  // namespace

struct RunWatch::Parts {
  explicit Parts(const state::StateOptions& with_options) : options(with_options) {}

  using Entries = std::vector<std::shared_ptr<Entry>>;

  void watch(const std::stop_token& stop);
  // Asks without the lock: a question may wait for a disk.
  void look(const Entries& running);
  void stop_call(const std::shared_ptr<Entry>& entry, Error why);
  Result<bool> is_runnable(const crypto::Sha256Digest& content_root);

  const state::StateOptions& options;
  std::optional<state::StateStore> store;  // of the watching thread
  Guarded<Entries> entries;                // of the calls that run
  std::condition_variable_any changed;
  std::jthread thread;  // last: it uses the others. Guarded by the lock of `entries`
};

Result<bool> RunWatch::Parts::is_runnable(const crypto::Sha256Digest& content_root) {
  if (!store) store.emplace(PALYRA_TRY(state::StateStore::open(options)));
  return store->is_runnable(content_root);
}

void RunWatch::Parts::look(const Entries& running) {
  for (const std::shared_ptr<Entry>& entry : running) {
    auto why = judge(is_runnable(entry->content_root), *entry, options.clock->steady());
    if (why) stop_call(entry, *std::move(why));
  }
}

void RunWatch::Parts::stop_call(const std::shared_ptr<Entry>& entry, Error why) {
  const auto locked = entries.lock();
  const bool runs_still = std::ranges::find(*locked, entry) != locked->end();
  if (!runs_still || entry->why) return;
  entry->why = std::move(why);
  entry->cancel->store(true);
}

void RunWatch::Parts::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Entries running;
    {
      auto locked = entries.lock();
      changed.wait(locked.lock(), stop, [&] { return !locked->empty(); });
      changed.wait_for(locked.lock(), stop, kWatchInterval, [] { return false; });
      running = *locked;
    }
    if (!stop.stop_requested()) look(running);
  }
}

RunWatch::RunWatch(const state::StateOptions& state) : parts_(std::make_unique<Parts>(state)) {}
RunWatch::~RunWatch() = default;

RunWatch::Call RunWatch::watch(const crypto::Sha256Digest& content_root, std::atomic<bool>& cancel) const {
  auto entry = std::make_shared<Entry>();
  entry->content_root = content_root;
  entry->cancel = &cancel;
  entry->known_good = parts_->options.clock->steady();
  {
    const auto locked = parts_->entries.lock();
    locked->push_back(entry);
    if (!parts_->thread.joinable()) {
      parts_->thread = std::jthread([parts = parts_.get()](const std::stop_token& stop) { parts->watch(stop); });
    }
  }
  parts_->changed.notify_one();
  return {*this, std::move(entry)};
}

RunWatch::Call::Call(const RunWatch& watch, std::shared_ptr<Entry> entry) : watch_(watch), entry_(std::move(entry)) {}

RunWatch::Call::~Call() {
  const auto locked = watch_.parts_->entries.lock();
  std::erase(*locked, entry_);
}

std::optional<Error> RunWatch::Call::stopped() const {
  const auto locked = watch_.parts_->entries.lock();
  return entry_->why;
}

}  // namespace palyra::app
