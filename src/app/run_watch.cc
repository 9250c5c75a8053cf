// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_watch.h>
#include <palyra/base/guarded.h>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <utility>
#include <vector>

namespace palyra::app {

struct RunWatch::Entry {
  crypto::Sha256Digest content_root;
  std::atomic<bool>* cancel = nullptr;  // there as long as this is one of the entries
  // The rest is under the lock of the entries.
  SteadyTime known_good;  // when it began, or when the question was asked that last found it runnable
  std::string doubt = "the state does not answer";
  bool doubted = false;  // nobody could say for almost kMostDoubt, at the last look
  std::optional<Error> why{};

  void stop(Error because);
};

void RunWatch::Entry::stop(Error because) {
  if (why) return;
  why = std::move(because);
  cancel->store(true);
}

struct RunWatch::Parts {
  explicit Parts(const state::StateOptions& with_options) : options(with_options) {}

  using Entries = std::vector<std::shared_ptr<Entry>>;
  using Locked = Guarded<Entries>::Locked;

  void start();
  // While something runs, an interval later.
  Locked next_look(const std::stop_token& stop);
  // Asks without the lock: a question may wait for a disk, or for whoever writes.
  void ask_on(const std::stop_token& stop);
  void ask(const crypto::Sha256Digest& content_root);
  void doubt_on(const std::stop_token& stop);
  void doubt(Entry& entry) const;
  Result<bool> is_runnable(const crypto::Sha256Digest& content_root);

  const state::StateOptions& options;
  std::optional<state::StateStore> store;  // of the asking thread
  Guarded<Entries> entries;                // of the calls that run
  std::condition_variable_any changed;
  // Last: they use the others. Guarded by the lock of `entries`.
  std::jthread asking;
  std::jthread doubting;
};

void RunWatch::Parts::start() {
  if (asking.joinable()) return;
  asking = std::jthread([this](const std::stop_token& stop) { ask_on(stop); });
  doubting = std::jthread([this](const std::stop_token& stop) { doubt_on(stop); });
}

Result<bool> RunWatch::Parts::is_runnable(const crypto::Sha256Digest& content_root) {
  if (!store) store.emplace(PALYRA_TRY(state::StateStore::open(options)));
  return store->is_runnable(content_root);
}

void RunWatch::Parts::ask(const crypto::Sha256Digest& content_root) {
  const SteadyTime asked = options.clock->steady();
  const Result<bool> runnable = is_runnable(content_root);
  if (!runnable) store.reset();  // the next question opens what is there by then
  const auto locked = entries.lock();
  for (const std::shared_ptr<Entry>& entry : *locked) {
    if (entry->content_root != content_root) continue;
    if (!runnable) {
      entry->doubt = runnable.error().describe();
    } else if (*runnable) {
      entry->known_good = std::max(entry->known_good, asked);
    } else {
      entry->stop(Error(kRunStopped, "its skill was revoked, quarantined or removed while it ran"));
    }
  }
}

RunWatch::Parts::Locked RunWatch::Parts::next_look(const std::stop_token& stop) {
  auto locked = entries.lock();
  changed.wait(locked.lock(), stop, [&] { return !locked->empty(); });
  changed.wait_for(locked.lock(), stop, kWatchInterval, [] { return false; });
  return locked;
}

void RunWatch::Parts::ask_on(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<crypto::Sha256Digest> running;  // each once, in the order in which their calls began
    {
      const auto locked = next_look(stop);
      for (const std::shared_ptr<Entry>& entry : *locked) {
        if (std::ranges::find(running, entry->content_root) == running.end()) running.push_back(entry->content_root);
      }
    }
    for (const crypto::Sha256Digest& content_root : running) {
      if (stop.stop_requested()) return;
      ask(content_root);
    }
  }
}

// Two looks, so that a process that stood still asks once more before it stops anything.
void RunWatch::Parts::doubt(Entry& entry) const {
  const auto unknown_for = options.clock->steady() - entry.known_good;
  const bool was_doubted = std::exchange(entry.doubted, unknown_for >= kMostDoubt - kWatchInterval);
  if (!was_doubted || unknown_for < kMostDoubt) return;
  entry.stop(Error(kRunStopped, fmt::format("for {} ms nobody could say whether its skill may still run: {}",
                                            kMostDoubt.count(), entry.doubt)));
}

// A thread of its own: the asking one may be waiting.
void RunWatch::Parts::doubt_on(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto locked = next_look(stop);
    for (const std::shared_ptr<Entry>& entry : *locked) doubt(*entry);
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
    parts_->start();
  }
  parts_->changed.notify_all();
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
