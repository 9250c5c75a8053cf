// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds secrets in bytes that leave a call, or that come to it from outside, however they are spelled: as they are,
// reversed, in base64 and base64url at all three alignments, in hexadecimal of either case, percent-encoded, with JSON
// or HTML escapes (any part of the value, any case), across the borders of chunks.
//
// A value that was changed in any other way is not found: the threat model says so. Costs a few nanoseconds a byte for
// any number of secrets; nothing of a secret is copied.
//
// Source: docs/guest-abi.md 3, "Leak scanning".

#include <palyra/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::host {

enum class LeakForm : std::uint8_t { kPlain, kReversed, kBase64, kHex, kPercent, kJson, kHtml };
std::string_view to_text(LeakForm form);  // "plain", "reversed", "base64", ...

struct WatchedSecret {
  std::string name;  // "<scope>/<key>"
  BytesView value;   // outlives the scanner; one under capability::kMinScannedSecretBytes is not looked for
};

struct Leak {
  std::size_t secret = 0;  // index of the WatchedSecret
  LeakForm form = LeakForm::kPlain;
  std::uint64_t begin = 0;  // of the bytes that spell it, in all bytes of the stream; known only to redact
  std::uint64_t end = 0;
};

struct Redacted {
  static constexpr std::size_t kMaxReported = 16;
  std::uint64_t found = 0;
  std::vector<Leak> first;  // at most kMaxReported, in the order of their ends
};

class LeakPatterns;

// Immutable: any number of streams, on any thread.
class LeakScanner {
 public:
  LeakScanner();  // finds nothing
  explicit LeakScanner(std::vector<WatchedSecret> secrets);
  LeakScanner(LeakScanner&&) noexcept;
  LeakScanner& operator=(LeakScanner&&) noexcept;
  LeakScanner(const LeakScanner&) = delete;
  LeakScanner& operator=(const LeakScanner&) = delete;
  ~LeakScanner();

  [[nodiscard]] bool empty() const { return patterns_ == nullptr; }
  [[nodiscard]] const std::string& name_of(const Leak& leak) const { return secrets_[leak.secret].name; }

  // For an answer from outside, which must be there as a whole: each byte that spells a secret becomes '*', so the
  // length stays.
  Redacted redact(std::span<std::uint8_t> bytes) const;

 private:
  friend class LeakStream;
  std::vector<WatchedSecret> secrets_;
  std::unique_ptr<const LeakPatterns> patterns_;  // null when there is nothing to find
};

// Bytes that go to one sink in pieces.
class LeakStream {
 public:
  explicit LeakStream(const LeakScanner& scanner);  // which outlives it
  LeakStream(LeakStream&&) noexcept;
  LeakStream& operator=(LeakStream&&) noexcept;
  LeakStream(const LeakStream&) = delete;
  LeakStream& operator=(const LeakStream&) = delete;
  ~LeakStream();

  // The first secret that ends in `bytes`, which follow those of earlier calls. After one the stream is at its end.
  std::optional<Leak> next(BytesView bytes);

 private:
  friend class LeakScanner;
  class State;
  std::unique_ptr<State> state_;  // null when the scanner finds nothing
};

}  // namespace palyra::host
