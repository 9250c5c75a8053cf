// SPDX-License-Identifier: Apache-2.0
#include <palyra/capability/abi_table.h>

#include <algorithm>
#include <array>

namespace palyra::capability {
namespace {

constexpr ValueType kI = ValueType::kI32;
constexpr ValueType kL = ValueType::kI64;

// Template arguments become arrays with static storage, which is what the spans of a row need.
template <ValueType... Types>
constexpr std::array<ValueType, sizeof...(Types)> kParameters{Types...};
template <AbiRange... Ranges>
constexpr std::array<AbiRange, sizeof...(Ranges)> kRanges{Ranges...};

struct Shape {
  std::span<const ValueType> parameters;
  std::optional<ValueType> result;
};
template <ValueType... Types>
constexpr Shape kToI32{kParameters<Types...>, kI};
template <ValueType... Types>
constexpr Shape kToI64{kParameters<Types...>, kL};

// The range whose address is parameter `pointer` and whose length is the parameter after it.
consteval AbiRange in(std::uint8_t pointer, std::uint32_t cap = 0) {
  return {pointer, static_cast<std::int8_t>(pointer + 1), 0, cap, Direction::kIn};
}
consteval AbiRange out(std::uint8_t pointer, std::uint32_t cap = 0) {
  return {pointer, static_cast<std::int8_t>(pointer + 1), 0, cap, Direction::kOut};
}
// A value of `bytes` that the host writes at parameter `pointer`.
consteval AbiRange out_value(std::uint8_t pointer, std::uint32_t bytes) {
  return {pointer, -1, bytes, 0, Direction::kOut};
}

// The functions of one import module, which all have one class.
struct Interface {
  std::string_view module;
  AbiClass cls;
  constexpr AbiFunction operator()(std::string_view name, Shape shape, std::span<const AbiRange> ranges = {}) const {
    return {module, name, shape.parameters, shape.result, ranges, cls, kDefaultFuel};
  }
};

constexpr Interface kCall{kCallModule, AbiClass::kAlways};
constexpr Interface kAssets{kAssetsModule, AbiClass::kAlways};
constexpr Interface kClock{kClockModule, AbiClass::kAlways};
constexpr Interface kRandom{kRandomModule, AbiClass::kAlways};
constexpr Interface kHttp{kHttpModule, AbiClass::kHttp};
constexpr Interface kSecret{kSecretModule, AbiClass::kSecret};
constexpr Interface kStorage{kStorageModule, AbiClass::kStorage};
constexpr Interface kChannel{kChannelModule, AbiClass::kChannel};
constexpr Interface kFiles{kFilesModule, AbiClass::kFiles};
constexpr Interface kWasi{kWasiModule, AbiClass::kWasi};
constexpr Interface kLegacy{kLegacyModule, AbiClass::kLegacy};

constexpr std::uint32_t kMediaTypeCap = 255;  // RFC 6838 4.2: 127 each side of the slash
constexpr std::uint32_t kErrorCap = 8 * 1024;
constexpr std::uint32_t kLineCap = 4 * 1024;
constexpr std::uint32_t kRandomCap = 64 * 1024;
constexpr std::uint32_t kOriginCap = 270;  // https:// host :65535
constexpr std::uint32_t kUrlCap = 4 * 1024;
constexpr std::uint32_t kHeadersCap = 8 * 1024;
constexpr std::uint32_t kBodyCap = 8 * 1024 * 1024;
constexpr std::uint32_t kSecretNameCap = 512;
constexpr std::uint32_t kStorageKeyCap = 512;
constexpr std::uint32_t kStorageValueCap = 1024 * 1024;
constexpr std::uint32_t kChannelNameCap = 128;
constexpr std::uint32_t kMessageCap = 64 * 1024;
constexpr std::uint32_t kRootNameCap = 240;
constexpr std::uint32_t kPathCap = 1024;
constexpr std::uint32_t kNameCap = 255;
constexpr std::uint32_t kFileWriteCap = 8 * 1024 * 1024;

constexpr auto kTable = std::to_array<AbiFunction>({
    kCall("input-length", kToI32<>),
    kCall("input-read", kToI32<kI, kI, kI>, kRanges<out(0)>),
    kCall("output-write", kToI32<kI, kI>, kRanges<in(0)>),
    kCall("output-part", kToI32<kI, kI, kI, kI>, kRanges<in(0, kMediaTypeCap), in(2)>),
    kCall("error-write", kToI32<kI, kI>, kRanges<in(0, kErrorCap)>),
    kCall("tool-id", kToI32<kI, kI>, kRanges<out(0)>),
    kCall("run-id", kToI32<kI, kI>, kRanges<out(0)>),
    kCall("config", kToI32<kI, kI, kI, kI>, kRanges<in(0), out(2)>),
    kCall("log", kToI32<kI, kI, kI>, kRanges<in(1, kLineCap)>),
    kCall("progress", kToI32<kL, kL, kI, kI>, kRanges<in(2, kLineCap)>),
    kCall("deadline-ms", kToI64<>),
    kCall("cancelled", kToI32<>),

    kAssets("open", kToI32<kI, kI>, kRanges<in(0)>),
    kAssets("size", kToI64<kI>),
    kAssets("read", kToI32<kI, kI, kI, kL>, kRanges<out(1)>),
    kAssets("close", kToI32<kI>),

    kClock("wall-ms", kToI64<>),
    kClock("monotonic-ms", kToI64<>),

    kRandom("fill", kToI32<kI, kI>, kRanges<out(0, kRandomCap)>),

    kHttp("grant", kToI32<kI, kI>, kRanges<in(0, kOriginCap)>),
    kHttp("open", kToI32<kI, kI, kI, kI>, kRanges<in(2, kUrlCap)>),
    kHttp("header", kToI32<kI, kI, kI, kI, kI>, kRanges<in(1, kHeadersCap), in(3, kHeadersCap)>),
    kHttp("secret", kToI32<kI, kI>),
    kHttp("body", kToI32<kI, kI, kI>, kRanges<in(1, kBodyCap)>),
    kHttp("send", kToI32<kI>),
    kHttp("response-header-names", kToI32<kI, kI, kI>, kRanges<out(1)>),
    kHttp("response-header", kToI32<kI, kI, kI, kI, kI>, kRanges<in(1, kHeadersCap), out(3)>),
    kHttp("response-length", kToI64<kI>),
    kHttp("response-read", kToI32<kI, kI, kI>, kRanges<out(1)>),
    kHttp("close", kToI32<kI>),

    kSecret("grant", kToI32<kI, kI>, kRanges<in(0, kSecretNameCap)>),
    kSecret("present", kToI32<kI>),
    kSecret("hmac-sha256", kToI32<kI, kI, kI, kI>, kRanges<in(1), out_value(3, 32)>),

    kStorage("grant", kToI32<kI, kI>, kRanges<in(0, kStorageKeyCap)>),
    kStorage("get", kToI32<kI, kI, kI, kI, kI, kI>, kRanges<in(1, kStorageKeyCap), out(3), out_value(5, 8)>),
    kStorage("put", kToI64<kI, kI, kI, kI, kI, kL>, kRanges<in(1, kStorageKeyCap), in(3, kStorageValueCap)>),
    kStorage("delete", kToI32<kI, kI, kI, kL>, kRanges<in(1, kStorageKeyCap)>),
    kStorage("list", kToI32<kI, kI, kI, kI, kI>, kRanges<in(1, kStorageKeyCap), out(3)>),

    kChannel("grant", kToI32<kI, kI>, kRanges<in(0, kChannelNameCap)>),
    kChannel("send", kToI32<kI, kI, kI>, kRanges<in(1, kMessageCap)>),
    kChannel("receive", kToI32<kI, kI, kI>, kRanges<out(1)>),

    kFiles("root", kToI32<kI, kI>, kRanges<in(0, kRootNameCap)>),
    kFiles("open", kToI32<kI, kI, kI, kI>, kRanges<in(1, kPathCap)>),
    kFiles("read", kToI32<kI, kI, kI>, kRanges<out(1)>),
    kFiles("write", kToI32<kI, kI, kI>, kRanges<in(1, kFileWriteCap)>),
    kFiles("seek", kToI64<kI, kL, kI>),
    kFiles("size", kToI64<kI>),
    kFiles("sync", kToI32<kI>),
    kFiles("close", kToI32<kI>),
    kFiles("stat", kToI32<kI, kI, kI, kI>, kRanges<in(1, kPathCap), out_value(3, 24)>),
    kFiles("list", kToI32<kI, kI, kI, kI, kI, kI, kI>, kRanges<in(1, kPathCap), in(3, kNameCap), out(5)>),
    kFiles("make-directory", kToI32<kI, kI, kI>, kRanges<in(1, kPathCap)>),
    kFiles("remove", kToI32<kI, kI, kI>, kRanges<in(1, kPathCap)>),
    kFiles("rename", kToI32<kI, kI, kI, kI, kI>, kRanges<in(1, kPathCap), in(3, kPathCap)>),

    kWasi("args_get", kToI32<kI, kI>),
    kWasi("args_sizes_get", kToI32<kI, kI>, kRanges<out_value(0, 4), out_value(1, 4)>),
    kWasi("environ_get", kToI32<kI, kI>),
    kWasi("environ_sizes_get", kToI32<kI, kI>, kRanges<out_value(0, 4), out_value(1, 4)>),
    kWasi("clock_res_get", kToI32<kI, kI>, kRanges<out_value(1, 8)>),
    kWasi("clock_time_get", kToI32<kI, kL, kI>, kRanges<out_value(2, 8)>),
    kWasi("fd_advise", kToI32<kI, kL, kL, kI>),
    kWasi("fd_allocate", kToI32<kI, kL, kL>),
    kWasi("fd_close", kToI32<kI>),
    kWasi("fd_datasync", kToI32<kI>),
    kWasi("fd_fdstat_get", kToI32<kI, kI>, kRanges<out_value(1, 24)>),
    kWasi("fd_fdstat_set_flags", kToI32<kI, kI>),
    kWasi("fd_fdstat_set_rights", kToI32<kI, kL, kL>),
    kWasi("fd_filestat_get", kToI32<kI, kI>, kRanges<out_value(1, 64)>),
    kWasi("fd_filestat_set_size", kToI32<kI, kL>),
    kWasi("fd_filestat_set_times", kToI32<kI, kL, kL, kI>),
    kWasi("fd_pread", kToI32<kI, kI, kI, kL, kI>, kRanges<out_value(4, 4)>),
    kWasi("fd_prestat_get", kToI32<kI, kI>, kRanges<out_value(1, 8)>),
    kWasi("fd_prestat_dir_name", kToI32<kI, kI, kI>, kRanges<out(1)>),
    kWasi("fd_pwrite", kToI32<kI, kI, kI, kL, kI>, kRanges<out_value(4, 4)>),
    kWasi("fd_read", kToI32<kI, kI, kI, kI>, kRanges<out_value(3, 4)>),
    kWasi("fd_readdir", kToI32<kI, kI, kI, kL, kI>, kRanges<out(1), out_value(4, 4)>),
    kWasi("fd_renumber", kToI32<kI, kI>),
    kWasi("fd_seek", kToI32<kI, kL, kI, kI>, kRanges<out_value(3, 8)>),
    kWasi("fd_sync", kToI32<kI>),
    kWasi("fd_tell", kToI32<kI, kI>, kRanges<out_value(1, 8)>),
    kWasi("fd_write", kToI32<kI, kI, kI, kI>, kRanges<out_value(3, 4)>),
    kWasi("path_create_directory", kToI32<kI, kI, kI>, kRanges<in(1)>),
    kWasi("path_filestat_get", kToI32<kI, kI, kI, kI, kI>, kRanges<in(2), out_value(4, 64)>),
    kWasi("path_filestat_set_times", kToI32<kI, kI, kI, kI, kL, kL, kI>, kRanges<in(2)>),
    kWasi("path_link", kToI32<kI, kI, kI, kI, kI, kI, kI>, kRanges<in(2), in(5)>),
    kWasi("path_open", kToI32<kI, kI, kI, kI, kI, kL, kL, kI, kI>, kRanges<in(2), out_value(8, 4)>),
    kWasi("path_readlink", kToI32<kI, kI, kI, kI, kI, kI>, kRanges<in(1), out(3), out_value(5, 4)>),
    kWasi("path_remove_directory", kToI32<kI, kI, kI>, kRanges<in(1)>),
    kWasi("path_rename", kToI32<kI, kI, kI, kI, kI, kI>, kRanges<in(1), in(4)>),
    kWasi("path_symlink", kToI32<kI, kI, kI, kI, kI>, kRanges<in(0), in(3)>),
    kWasi("path_unlink_file", kToI32<kI, kI, kI>, kRanges<in(1)>),
    kWasi("poll_oneoff", kToI32<kI, kI, kI, kI>, kRanges<out_value(3, 4)>),
    kWasi("proc_exit", Shape{kParameters<kI>, std::nullopt}),
    kWasi("proc_raise", kToI32<kI>),
    kWasi("sched_yield", kToI32<>),
    kWasi("random_get", kToI32<kI, kI>, kRanges<out(0, kRandomCap)>),
    kWasi("sock_accept", kToI32<kI, kI, kI>, kRanges<out_value(2, 4)>),
    kWasi("sock_recv", kToI32<kI, kI, kI, kI, kI, kI>, kRanges<out_value(4, 4), out_value(5, 2)>),
    kWasi("sock_send", kToI32<kI, kI, kI, kI, kI>, kRanges<out_value(4, 4)>),
    kWasi("sock_shutdown", kToI32<kI, kI>),

    kLegacy("http-count", kToI32<>),
    kLegacy("secret-count", kToI32<>),
    kLegacy("storage-count", kToI32<>),
    kLegacy("channel-count", kToI32<>),
    kLegacy("http-handle", kToI32<kI>),
    kLegacy("secret-handle", kToI32<kI>),
    kLegacy("storage-handle", kToI32<kI>),
    kLegacy("channel-handle", kToI32<kI>),
});

}  // namespace

std::span<const AbiFunction> abi_table() { return kTable; }

const AbiFunction* find_abi_function(std::string_view module, std::string_view name) {
  const auto row = std::ranges::find_if(
      kTable, [&](const AbiFunction& function) { return function.name == name && function.module == module; });
  return row == kTable.end() ? nullptr : &*row;
}

bool takes_addresses(const AbiFunction& function) {
  const bool fills_lists =
      function.module == kWasiModule && (function.name == "args_get" || function.name == "environ_get");
  return fills_lists || !function.ranges.empty();
}

}  // namespace palyra::capability
