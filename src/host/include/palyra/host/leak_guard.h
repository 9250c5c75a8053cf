// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps the secrets of one call inside: everything that a guest writes anywhere passes `check` first, everything that
// comes to it from outside passes `redact`. Source: docs/guest-abi.md 3, "Leak scanning".

#include <palyra/capability/denial.h>
#include <palyra/capability/grant_set.h>
#include <palyra/capability/secret_port.h>
#include <palyra/host/leak_scanner.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::host {

// A guest wrote a secret, in some spelling, to where people or other programs read it; it ends the run.
inline constexpr ErrorCode kSecretInOutput{ErrorKind::kDenied, "secret.in_output"};
// An answer from outside, or a name that the guest asked for, held a secret, which was struck out of it.
inline constexpr ErrorCode kSecretStruckOut{ErrorKind::kDenied, "secret.struck_out"};

// Where a guest's bytes go. Each is one stream: a secret in two writes to one of them is found.
enum class Sink : std::uint8_t {
  kOutput,          // output-write, and standard output of a WASI program
  kPart,            // bytes of output-part
  kMediaType,       // the types that it is given
  kError,           // error-write
  kLog,             // log
  kProgress,        // progress
  kStandardOutput,  // where that is logged
  kStandardError,
  kStorage,     // values
  kStorageKey,  // by a stream of their own, or they would stand between the pieces of a secret in the values
  kChannel,
  kFile,  // contents
  kFileName,
};
inline constexpr std::size_t kSinks = 13;
std::string_view to_text(Sink sink);  // "output", "output part", "log", ...

class LeakGuard {
 public:
  // So many redactions are recorded one by one; of all others there is the number.
  static constexpr std::size_t kMaxRecords = 16;

  // Of every secret granted that has a value; of one that a rule sends as `user:password` also of the password alone,
  // which its server knows. No port: no secret, nothing is looked for.
  LeakGuard(const capability::SecretPort* secrets, const capability::CapabilityGrantSet& grants);

  // nullopt: `bytes` may go to `sink`. Otherwise nothing of them may, and the run ends with this denial (through
  // stop_leak of bodies.h).
  std::optional<capability::Denial> check(Sink sink, BytesView bytes);
  // An answer from outside, as a whole: secrets in it become '*' of the same length. `what` says what it is, for the
  // run record: "the response of https://api.example.com:443". True: one of them is not the secret named `expected`.
  bool redact(std::string_view what, std::span<std::uint8_t> bytes, std::string_view expected = {});

  // A check has failed: nothing that the guest wrote in this call may be shown.
  [[nodiscard]] bool leaked() const { return leaked_; }
  // What `redact` found, for the run record.
  [[nodiscard]] std::vector<capability::Denial> records() const;

 private:
  LeakScanner scanner_;
  std::array<std::optional<LeakStream>, kSinks> streams_;  // made at the first write
  bool leaked_ = false;
  std::vector<capability::Denial> records_;
  std::uint64_t found_ = 0;
};

}  // namespace palyra::host
