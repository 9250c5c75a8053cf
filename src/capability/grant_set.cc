// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>
#include <palyra/capability/grant_set.h>

#include <algorithm>
#include <utility>

namespace palyra::capability {
namespace {

// One class, put in order.
Result<> arrange(std::vector<Capability>& list, CapabilityClass cls) {
  std::ranges::sort(list, {}, &canonical_text);
  list.erase(std::ranges::unique(list).begin(), list.end());
  const auto same_text = [](const Capability& a, const Capability& b) {
    return canonical_text(a) == canonical_text(b);
  };
  if (const auto twice = std::ranges::adjacent_find(list, same_text); twice != list.end()) {
    return fail(kConflictingGrants, "\"{}\" is there twice, with different details", canonical_text(*twice));
  }
  if (list.size() > kMaxGrantsPerClass) {
    return fail(kTooManyGrants, "{} capabilities of the class {}, limit {}", list.size(), to_text(cls),
                kMaxGrantsPerClass);
  }
  return {};
}

}  // namespace

Result<CapabilityGrantSet> CapabilityGrantSet::create(std::vector<Capability> capabilities) {
  CapabilityGrantSet set;
  for (Capability& capability : capabilities) {
    if (!is_well_formed(capability)) {
      return fail(kCapabilityMalformed, "\"{}\" breaks the rules of its class", printable(canonical_text(capability)));
    }
    set.classes_[capability.index()].push_back(std::move(capability));
  }
  for (std::size_t cls = 0; cls < kCapabilityClasses; ++cls) {
    PALYRA_TRY(arrange(set.classes_[cls], static_cast<CapabilityClass>(cls)));
  }
  return set;
}

std::vector<Capability> CapabilityGrantSet::to_list() const {
  std::vector<Capability> all;
  for (const auto& cls : classes_) all.insert(all.end(), cls.begin(), cls.end());
  return all;
}

bool CapabilityGrantSet::empty() const {
  return std::ranges::all_of(classes_, [](const auto& cls) { return cls.empty(); });
}

const Capability* CapabilityGrantSet::at(CapabilityClass cls, std::size_t index) const {
  return index < list(cls).size() ? &list(cls)[index] : nullptr;
}

const Capability* CapabilityGrantSet::find(std::string_view text) const {
  for (const auto& cls : classes_) {
    const auto place = std::ranges::lower_bound(cls, text, {}, &canonical_text);
    if (place != cls.end() && canonical_text(*place) == text) return &*place;
  }
  return nullptr;
}

const Capability* CapabilityGrantSet::find_handle(CapabilityClass cls, std::int32_t handle) const {
  const std::int32_t base = handle_base(cls);
  return handle < base ? nullptr : at(cls, static_cast<std::size_t>(handle) - static_cast<std::size_t>(base));
}

std::optional<std::int32_t> CapabilityGrantSet::handle_at(CapabilityClass cls, std::size_t index) const {
  if (index >= list(cls).size()) return std::nullopt;
  return handle_base(cls) + static_cast<std::int32_t>(index);
}

std::optional<std::int32_t> CapabilityGrantSet::handle_of(const Capability& capability) const {
  const auto& grants = list(class_of(capability));
  const auto place = std::ranges::find(grants, capability);
  return handle_at(class_of(capability), static_cast<std::size_t>(place - grants.begin()));
}

bool CapabilityGrantSet::contains(const Capability& capability) const { return handle_of(capability).has_value(); }

bool CapabilityGrantSet::permits(const Capability& asked) const {
  return std::ranges::any_of(list(class_of(asked)), [&asked](const Capability& grant) { return covers(grant, asked); });
}

CapabilityGrantSet CapabilityGrantSet::intersect(const CapabilityGrantSet& other) const {
  CapabilityGrantSet both;
  for (std::size_t cls = 0; cls < kCapabilityClasses; ++cls) {
    auto& kept = both.classes_[cls];
    std::ranges::copy_if(classes_[cls], std::back_inserter(kept), [&other](const auto& c) { return other.permits(c); });
    const auto is_new = [this, &kept](const Capability& theirs) {
      return permits(theirs) && std::ranges::find(kept, canonical_text(theirs), &canonical_text) == kept.end();
    };
    std::vector<Capability> narrower;
    std::ranges::copy_if(other.classes_[cls], std::back_inserter(narrower), is_new);
    kept.insert(kept.end(), narrower.begin(), narrower.end());
    std::ranges::sort(kept, {}, &canonical_text);
    if (kept.size() > kMaxGrantsPerClass) kept.resize(kMaxGrantsPerClass);
  }
  return both;
}

GrantDiff diff(const CapabilityGrantSet& before, const CapabilityGrantSet& after) {
  GrantDiff changes;
  for (const Capability& capability : after.to_list()) {
    if (!before.permits(capability)) changes.added.push_back(capability);
  }
  for (const Capability& capability : before.to_list()) {
    if (!after.permits(capability)) changes.removed.push_back(capability);
  }
  return changes;
}

}  // namespace palyra::capability
