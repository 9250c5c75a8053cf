// SPDX-License-Identifier: Apache-2.0
#pragma once
// A set of capabilities, as asked by a manifest, approved by an operator or held by one call. Empty grants nothing.

#include <palyra/capability/capability.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace palyra::capability {

inline constexpr ErrorCode kTooManyGrants{ErrorKind::kLimitExceeded, "policy.too_many_grants"};
// Two capabilities of one canonical text that differ in what the text does not say.
inline constexpr ErrorCode kConflictingGrants{ErrorKind::kInvalidArgument, "policy.conflicting_grants"};

inline constexpr std::size_t kMaxGrantsPerClass = 1'000;

// First handle of a class: http 10000, secret 20000, storage 30000, channel 40000, filesystem 50000.
constexpr std::int32_t handle_base(CapabilityClass cls) { return 10'000 * (static_cast<std::int32_t>(cls) + 1); }

// Ordered in each class bytewise by canonical text, without duplicates. The handle of a grant is base + index.
class CapabilityGrantSet {
 public:
  CapabilityGrantSet() = default;

  // Order of checks: kCapabilityMalformed for one that is not well-formed, kConflictingGrants, kTooManyGrants.
  static Result<CapabilityGrantSet> create(std::vector<Capability> capabilities);

  [[nodiscard]] std::span<const Capability> of(CapabilityClass cls) const { return list(cls); }
  [[nodiscard]] std::vector<Capability> to_list() const;  // in the order of classes
  [[nodiscard]] std::size_t count(CapabilityClass cls) const { return list(cls).size(); }
  [[nodiscard]] bool empty() const;

  // nullptr or nullopt: out of range, not in the set.
  [[nodiscard]] const Capability* at(CapabilityClass cls, std::size_t index) const;
  [[nodiscard]] const Capability* find(std::string_view canonical_text) const;
  [[nodiscard]] const Capability* find_handle(CapabilityClass cls, std::int32_t handle) const;
  [[nodiscard]] std::optional<std::int32_t> handle_at(CapabilityClass cls, std::size_t index) const;
  [[nodiscard]] std::optional<std::int32_t> handle_of(const Capability& capability) const;

  // This very capability, with every field.
  [[nodiscard]] bool contains(const Capability& capability) const;
  // One grant covers all of it.
  [[nodiscard]] bool permits(const Capability& asked) const;

  // What both sets permit: of two grants that overlap, the one that the other covers; nothing where neither does.
  [[nodiscard]] CapabilityGrantSet intersect(const CapabilityGrantSet& other) const;

  friend bool operator==(const CapabilityGrantSet&, const CapabilityGrantSet&) = default;

 private:
  [[nodiscard]] const std::vector<Capability>& list(CapabilityClass cls) const {
    return classes_[static_cast<std::size_t>(cls)];
  }

  std::array<std::vector<Capability>, kCapabilityClasses> classes_;
};

struct GrantDiff {
  std::vector<Capability> added;    // of `after`, not permitted before: an update with any of these widens
  std::vector<Capability> removed;  // of `before`, not permitted any more
};
GrantDiff diff(const CapabilityGrantSet& before, const CapabilityGrantSet& after);

}  // namespace palyra::capability
