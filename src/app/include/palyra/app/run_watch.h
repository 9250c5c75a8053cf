// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stops calls in flight whose skill must not run any more, whoever decided it: another thread, or another process.
//
// What is watched is a version, for all calls of it. Two threads watch for the whole process. They are started by the
// first call, sleep while nothing runs, and look every kWatchInterval at what still does; a call that is shorter costs
// them nothing. One asks the state; the other stops what has had no answer for kMostDoubt, also while the first one
// waits for a database that is busy. Calls are stopped through their cancellation, so also while the guest computes.

#include <palyra/base/cancellation.h>
#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/base/guarded.h>
#include <palyra/crypto/sha256.h>
#include <palyra/state/state_store.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace palyra::app {

// The skill was revoked, quarantined or removed while the call ran; or for kMostDoubt nobody could say whether it was.
inline constexpr ErrorCode kRunStopped{ErrorKind::kCancelled, "run.stopped"};

inline constexpr std::chrono::milliseconds kWatchInterval{500};
inline constexpr std::chrono::milliseconds kMostDoubt{4'000};

class RunWatch;

// A version as it was found when somebody asked the state for it: once it is stopped, it never runs again under this
// object. Any thread may use it.
class WatchedVersion {
 public:
  // Found runnable by a question that was asked at `asked`.
  WatchedVersion(const crypto::Sha256Digest& content_root, SteadyTime asked)
      : content_root_(content_root), known_good_(asked.time_since_epoch().count()) {}

  // The same again, later.
  void found_runnable(SteadyTime asked);
  [[nodiscard]] const std::atomic<bool>& stop_flag() const { return stop_; }
  // Why it was stopped (kRunStopped), if it was.
  [[nodiscard]] std::optional<Error> stopped() const;

 private:
  friend class RunWatch;
  void stop(Error because);

  const crypto::Sha256Digest content_root_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> running_{0};
  std::atomic<SteadyTime::rep> known_good_;  // when the question was asked that last found it runnable
  struct Doubt {
    std::string why = "the state does not answer";
    bool at_last_look = false;  // nobody could say for almost kMostDoubt
    std::optional<Error> stopped{};
  };
  Guarded<Doubt> doubt_;
};

class RunWatch {
 public:
  // `state` outlives it; opened, on the asking thread, when a call first lasts.
  explicit RunWatch(const state::StateOptions& state);
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;
  ~RunWatch();  // no call runs any more

  // Watched as long as somebody holds it.
  [[nodiscard]] std::shared_ptr<WatchedVersion> watch(const crypto::Sha256Digest& content_root, SteadyTime asked) const;

  // One call of the version, as long as this lives. Both outlive it.
  class [[nodiscard]] Call {
   public:
    Call(const RunWatch& watch, WatchedVersion& version);
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() { version_.running_.fetch_sub(1); }

   private:
    explicit Call(WatchedVersion& version);
    WatchedVersion& version_;
  };

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace palyra::app
