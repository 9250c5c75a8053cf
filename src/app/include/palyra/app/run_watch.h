// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stops calls in flight whose skill must not run any more, whoever decided it: another thread, or another process.
//
// Two threads watch for the whole process. They are started by the first call, sleep while nothing runs, and look every
// kWatchInterval at what still does; a call that is shorter costs them nothing. One asks the state; the other stops
// what has had no answer for kMostDoubt, also while the first one waits for a database that is busy. A call is stopped
// through its own `cancel`, so also while the guest computes.

#include <palyra/base/error.h>
#include <palyra/crypto/sha256.h>
#include <palyra/state/state_store.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace palyra::app {

// The skill was revoked, quarantined or removed while the call ran; or for kMostDoubt nobody could say whether it was.
inline constexpr ErrorCode kRunStopped{ErrorKind::kCancelled, "run.stopped"};

inline constexpr std::chrono::milliseconds kWatchInterval{500};
inline constexpr std::chrono::milliseconds kMostDoubt{4'000};

class RunWatch {
 public:
  // `state` outlives it; opened, on the asking thread, when a call first lasts.
  explicit RunWatch(const state::StateOptions& state);
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;
  ~RunWatch();  // no call is watched any more

  struct Entry;
  // One call, watched as long as this lives.
  class Call {
   public:
    Call(const RunWatch& watch, std::shared_ptr<Entry> entry);
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call();
    // Why it was stopped (kRunStopped), if it was.
    [[nodiscard]] std::optional<Error> stopped() const;

   private:
    const RunWatch& watch_;
    std::shared_ptr<Entry> entry_;
  };

  // `cancel` is set to true when the version with this content root must stop; it outlives the Call.
  [[nodiscard]] Call watch(const crypto::Sha256Digest& content_root, std::atomic<bool>& cancel) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace palyra::app
