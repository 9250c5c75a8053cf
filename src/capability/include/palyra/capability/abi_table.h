// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every function a guest may import, as data. The linker's definitions and the check of a guest's pointers are made
// from it, and the SDK's header is compared with it: a function that is not here cannot be called.
//
// Source: docs/guest-abi.md 1, 2, 6, 7; WASI preview 1: `witx/wasi_snapshot_preview1.witx`.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace palyra::capability {

inline constexpr std::string_view kCallModule = "palyra:skill/call@1.0.0";
inline constexpr std::string_view kAssetsModule = "palyra:skill/assets@1.0.0";
inline constexpr std::string_view kClockModule = "palyra:skill/clock@1.0.0";
inline constexpr std::string_view kRandomModule = "palyra:skill/random@1.0.0";
inline constexpr std::string_view kHttpModule = "palyra:skill/http@1.0.0";
inline constexpr std::string_view kSecretModule = "palyra:skill/secret@1.0.0";
inline constexpr std::string_view kStorageModule = "palyra:skill/storage@1.0.0";
inline constexpr std::string_view kChannelModule = "palyra:skill/channel@1.0.0";
inline constexpr std::string_view kFilesModule = "palyra:skill/files@1.0.0";
inline constexpr std::string_view kWasiModule = "wasi_snapshot_preview1";
inline constexpr std::string_view kLegacyModule = "palyra:plugins/host-capabilities@0.1.0";

// Fuel of a host call before the bytes it moves, which cost 1 each.
inline constexpr std::uint32_t kDefaultFuel = 200;

enum class ValueType : std::uint8_t { kI32, kI64 };

// Guest memory that the host reads (in) or writes (out).
enum class Direction : std::uint8_t { kIn, kOut };

// A range of guest memory that a call names. It must lie within the memory even when it is empty, and that is judged
// before any cap. Ranges that a call names indirectly (WASI's I/O vectors, argument tables, subscriptions) are not
// here; the function's body puts each of them through the same bounds check.
struct AbiRange {
  std::uint8_t pointer;       // index of the parameter that holds the address
  std::int8_t length;         // index of the parameter that holds the bytes, or -1: `fixed_bytes`
  std::uint32_t fixed_bytes;  // 0 unless `length` is -1
  std::uint32_t cap_bytes;    // more is refused by the function's body as too large; 0: no cap of its own
  Direction direction;
  friend constexpr bool operator==(const AbiRange&, const AbiRange&) = default;
};

// What a guest needs to have been given before it may import the function.
enum class AbiClass : std::uint8_t {
  kAlways,
  kWasi,    // always; the capabilities behind its files are checked by its functions
  kLegacy,  // counts and handles of the older interface; always
  kHttp,    // a rule for requests
  kSecret,  // use of a secret
  kStorage,
  kChannel,
  kFiles,  // a directory of the operator
};

struct AbiFunction {
  std::string_view module;
  std::string_view name;
  std::span<const ValueType> parameters;
  std::optional<ValueType> result;
  std::span<const AbiRange> ranges;
  AbiClass cls;
  std::uint32_t fuel;
};

// Ordered by module as above, then as the interface's documentation lists them. (module, name) is unique.
std::span<const AbiFunction> abi_table();

// The row of that import, or nullptr.
const AbiFunction* find_abi_function(std::string_view module, std::string_view name);

// Whether a call passes addresses of the guest's memory, in a range of its row or in structures the host fills.
bool takes_addresses(const AbiFunction& function);

}  // namespace palyra::capability
