// SPDX-License-Identifier: Apache-2.0
#pragma once
// Installed tools called over and over, by many threads: what an embedder and the daemon work with. A call asks the
// state with one load; whatever anybody changes there is seen by the next call. docs/embedding.md.

#include <palyra/app/run_tool.h>
#include <palyra/app/tool_version.h>
#include <palyra/base/guarded.h>
#include <palyra/state/state_store.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace palyra::app {

// Random ids in the time of a system call for many of them. For one thread.
class RunIds {
 public:
  RunIds() = default;
  RunIds(RunIds&& other) noexcept : bytes_(other.bytes_), left_(std::exchange(other.left_, 0)) {}
  RunIds& operator=(RunIds&& other) noexcept {
    bytes_ = other.bytes_;
    left_ = std::exchange(other.left_, 0);
    return *this;
  }
  RunIds(const RunIds&) = delete;  // nobody else hands out the same
  RunIds& operator=(const RunIds&) = delete;
  ~RunIds() = default;

  // 32 hex digits. Errors: kRunNoRandomness.
  Result<std::string> next(host::RandomSource& random);

 private:
  static constexpr std::size_t kIdBytes = 16;
  std::array<std::uint8_t, 32 * kIdBytes> bytes_{};
  std::size_t left_ = 0;
};

// The state as the host saw it last: what it says of tools holds as long as the generation does not move.
struct StateBasis {
  std::shared_ptr<const state::StateStore> store;  // of whoever holds the host's lock; others only peek
  std::uint64_t generation = 0;
  SteadyTime asked;

  [[nodiscard]] bool holds(SteadyTime now) const;
};

class ToolHost {
 public:
  // Of versions that were called last so many bytes of modules and native code are kept for the next who asks.
  static constexpr std::size_t kKeptBytes = std::size_t{256} << 20;

  // `services` outlive it; the installation, pool and engine are theirs.
  explicit ToolHost(const Services& services, std::size_t kept_bytes = kKeptBytes);
  ToolHost(const ToolHost&) = delete;
  ToolHost& operator=(const ToolHost&) = delete;
  ~ToolHost() = default;  // no Tool of it is left

  // A tool by its id, for one thread and one call at a time; each thread makes its own. It need not exist yet, and may
  // come, go and change its version between two calls.
  class Tool {
   public:
    [[nodiscard]] const std::string& id() const { return id_; }
    // Never fails otherwise than in Execution::error, and leaves one entry in the runs log. Order of checks: that of
    // run_tool. What it opens, resolves and compiles is kept for the next call.
    Execution call(const ToolCall& call);

   private:
    friend class ToolHost;
    Tool(ToolHost& host, std::string id) : host_(&host), id_(std::move(id)) {}
    Result<> confirm(SteadyTime now);

    ToolHost* host_;
    std::string id_;
    StateBasis basis_;
    std::shared_ptr<const ToolVersion> version_;
    RunIds run_ids_;
  };
  [[nodiscard]] Tool tool(std::string id) { return {*this, std::move(id)}; }

  // Of the versions that are kept: modules and native code.
  [[nodiscard]] std::size_t kept_bytes() const;

 private:
  struct Kept {
    state::InstalledVersion installed;
    std::uint64_t generation = 0;  // at which it was resolved
    std::shared_ptr<const ToolVersion> version;
    std::uint64_t used = 0;  // the higher, the later
  };
  // The state did not answer: nobody asks it before this moment.
  struct Silence {
    Error why;
    SteadyTime until;
  };
  struct Shared {
    StateBasis basis;
    std::map<std::string, Kept, std::less<>> kept;
    std::uint64_t uses = 0;
    std::map<std::string, Error, std::less<>> refused;  // why these cannot be called, as long as the basis holds
    std::optional<Silence> silence{};
  };
  struct Found {
    StateBasis basis;
    std::shared_ptr<const ToolVersion> version;
  };

  // Errors: those of resolve_module_source.
  Result<Found> find(const std::string& id, SteadyTime now);
  // Looks at the state again, unless nothing can have changed.
  Result<> renew(Shared& shared, SteadyTime now) const;
  Result<std::shared_ptr<const ToolVersion>> ask(Shared& shared, const std::string& id, SteadyTime now) const;
  Result<std::shared_ptr<const ToolVersion>> version_of(Shared& shared, const std::string& id) const;
  static Result<bool> still_holds(const Shared& shared, const Kept& kept, const state::InstalledVersion& now);
  Result<std::shared_ptr<const ToolVersion>> look_up(Shared& shared, const std::string& id) const;
  void make_room(Shared& shared) const;

  const Services& services_;
  const std::size_t max_kept_bytes_;
  Guarded<Shared> shared_;
};

}  // namespace palyra::app
