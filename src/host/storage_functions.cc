// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/storage@1.0.0`: the values that a skill keeps. docs/guest-abi.md 4.

#include "bodies.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/storage_port.h>

#include <fmt/core.h>

#include <array>

namespace palyra::host {
namespace {

using capability::Capability;
using capability::CapabilityClass;
using capability::is_storage_key;
using capability::kMaxStorageKeyBytes;
using capability::kMaxStorageValueBytes;
using capability::StorageChange;
using capability::StoragePrefix;
using runtime::HostCall;
using runtime::HostReturn;

HostReturn grant(HostCall& call) noexcept {
  CallState& state = state_of(call);
  const std::string_view prefix = as_text(call.range(0));
  if (prefix.size() > kMaxStorageKeyBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(prefix.size())) return call.out_of_fuel();
  const Capability* const found = state.setup().grants.find(prefix);
  if (found != nullptr && std::holds_alternative<StoragePrefix>(*found)) {
    return HostReturn::i32(*state.setup().grants.handle_of(*found));
  }
  return HostReturn::i32(
      state.missing_grant(capability::kStorageNotGranted, prefix, StoragePrefix{.prefix = std::string(prefix)}));
}

// A failure in the type of the function's result.
using Answer = HostReturn (*)(std::int32_t);
HostReturn as_i32(std::int32_t value) { return HostReturn::i32(value); }
HostReturn as_i64(std::int32_t value) { return HostReturn::i64(value); }

struct Granted {
  const Capability& capability;
  const StoragePrefix& prefix;
  capability::StoragePort& port;
};

// What `use` answers for the grant whose handle is parameter 0.
template <class Use>
HostReturn with_storage(HostCall& call, Answer answer, Use use) {
  CallState& state = state_of(call);
  const std::int32_t handle = call.i32(0);
  const Capability* const found = state.setup().grants.find_handle(CapabilityClass::kStorage, handle);
  if (found == nullptr) return call.deny(state.deny_handle("a storage grant", handle));
  if (state.setup().storage == nullptr) return answer(kUnavailable);
  state.use_grant(*found);
  return use(Granted{*found, std::get<StoragePrefix>(*found), *state.setup().storage});
}

// 0, or why the bytes are no key. Their price was paid.
std::int32_t check_key(BytesView key) {
  if (key.size() > kMaxStorageKeyBytes) return kTooLarge;
  return is_storage_key(as_text(key)) ? 0 : kInvalid;
}

void write_version(std::span<std::uint8_t> to, std::int64_t version) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(version) >> (8 * i));
  }
}

// All of a value is paid for, because all of it is read.
HostReturn answer_value(HostCall& call, const capability::StoredValue& found) {
  const std::size_t copied = std::min(call.range(1).size(), found.value.size());
  if (!call.charge(found.value.size() - copied)) return call.out_of_fuel();
  if (call.u32(5) != 0) write_version(call.range(2), found.version);
  return answer_needed(call, 1, found.value);
}

HostReturn get(HostCall& call) noexcept {
  return with_storage(call, as_i32, [&](const Granted& granted) {
    const BytesView key = call.range(0);
    if (!call.charge(key.size())) return call.out_of_fuel();
    if (const std::int32_t why = check_key(key); why != 0) return HostReturn::i32(why);
    auto found = granted.port.get({.prefix = granted.prefix.prefix, .key = as_text(key)});
    if (!found) return backend_failed(call, std::move(found).error(), HostReturn::i32(kUnavailable));
    return *found ? answer_value(call, **found) : HostReturn::i32(kNotFound);
  });
}

std::int32_t failure_of(StorageChange change) {
  switch (change) {
    case StorageChange::kDone:
      return 0;
    case StorageChange::kConflict:
      return kConflict;
    case StorageChange::kNotFound:
      return kNotFound;
    case StorageChange::kOverQuota:
      return kTooLarge;
  }
  return kInvalid;
}

HostReturn put_checked(HostCall& call, const Granted& granted, BytesView key, BytesView value) {
  CallState& state = state_of(call);
  auto put = granted.port.put({.at = {.prefix = granted.prefix.prefix, .key = as_text(key)},
                               .value = value,
                               .expected = call.i64(5),
                               .max_bytes = granted.prefix.max_bytes});
  if (!put) return backend_failed(call, std::move(put).error(), HostReturn::i64(kUnavailable));
  if (put->change == StorageChange::kDone) return HostReturn::i64(put->version);
  if (put->change == StorageChange::kOverQuota) {
    state.record_failure(
        fmt::format("storage put of {} bytes: \"{}\" may hold {} bytes (max_bytes in the manifest), and the skill what "
                    "storage.max_bytes_per_skill says",
                    value.size(), printable(granted.prefix.prefix), granted.prefix.max_bytes));
  }
  return HostReturn::i64(failure_of(put->change));
}

HostReturn put(HostCall& call) noexcept {
  return with_storage(call, as_i64, [&](const Granted& granted) {
    const BytesView key = call.range(0);
    const BytesView value = call.range(1);
    if (key.size() > kMaxStorageKeyBytes || value.size() > kMaxStorageValueBytes) return HostReturn::i64(kTooLarge);
    if (!call.charge(key.size() + value.size())) return call.out_of_fuel();
    const bool valid = is_storage_key(as_text(key)) && call.i64(5) >= capability::kAnyVersion;
    if (!valid) return HostReturn::i64(kInvalid);
    if (const auto stop = stop_leak(call, Sink::kStorageKey, key)) return *stop;
    if (const auto stop = stop_leak(call, Sink::kStorage, value)) return *stop;
    return put_checked(call, granted, key, value);
  });
}

HostReturn remove(HostCall& call) noexcept {
  return with_storage(call, as_i32, [&](const Granted& granted) {
    const BytesView key = call.range(0);
    if (!call.charge(key.size())) return call.out_of_fuel();
    if (const std::int32_t why = check_key(key); why != 0) return HostReturn::i32(why);
    if (call.i64(3) < capability::kAnyVersion) return HostReturn::i32(kInvalid);
    auto removed = granted.port.remove({.prefix = granted.prefix.prefix, .key = as_text(key)}, call.i64(3));
    if (!removed) return backend_failed(call, std::move(removed).error(), HostReturn::i32(kUnavailable));
    return HostReturn::i32(failure_of(*removed));
  });
}

// Whole keys only, each as u16le length and bytes.
Bytes page_of(const std::vector<std::string>& keys, std::size_t cap) {
  Bytes page;
  for (const std::string& key : keys) {
    if (page.size() + 2 + key.size() > cap) break;
    page.push_back(static_cast<std::uint8_t>(key.size()));
    page.push_back(static_cast<std::uint8_t>(key.size() >> 8U));
    page.insert(page.end(), key.begin(), key.end());
  }
  return page;
}

HostReturn list(HostCall& call) noexcept {
  return with_storage(call, as_i32, [&](const Granted& granted) {
    const BytesView after = call.range(0);
    if (!call.charge(after.size())) return call.out_of_fuel();
    const std::int32_t why = after.empty() ? 0 : check_key(after);
    if (why != 0) return HostReturn::i32(why);
    constexpr std::size_t kShortest = 3;
    const std::size_t cap = call.range(1).size();
    auto keys = granted.port.list({.prefix = granted.prefix.prefix, .key = as_text(after)},
                                  std::min(capability::kMaxListedKeys, cap / kShortest + 1));
    if (!keys) return backend_failed(call, std::move(keys).error(), HostReturn::i32(kUnavailable));
    const Bytes page = page_of(*keys, cap);
    if (page.empty() && !keys->empty()) return HostReturn::i32(kTooLarge);
    return answer_copied(call, 1, page);
  });
}

constexpr auto kBodies =
    std::to_array<NamedBody>({{"grant", grant}, {"get", get}, {"put", put}, {"delete", remove}, {"list", list}});

}  // namespace

std::span<const NamedBody> storage_bodies() { return kBodies; }

}  // namespace palyra::host
