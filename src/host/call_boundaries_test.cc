// SPDX-License-Identifier: Apache-2.0
// Every function of the ABI table, called with every boundary value at each of its parameters. What is tried comes
// from the table: a function that is added to it is tried too, and may write where its row says and nowhere else.
#include "hosted_files.h"
#include "http_fixture.h"

#include <palyra/capability/abi_table.h>
#include <palyra/host/storage_fakes.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace palyra::host {
namespace {

using capability::AbiFunction;
using capability::AbiRange;
using capability::ValueType;
using runtime::HostCall;
using runtime::HostReturn;
using testing::to_word;

constexpr std::int64_t kMemoryBytes = 65'536;
constexpr std::size_t kMaxParameters = HostCall::kMaxParameters;

// Around the sizes of what is moved, the caps of the table, the end of memory and the borders of signed numbers.
constexpr auto kBoundaries = std::to_array<std::uint32_t>({
    0,          1,          2,          3,          4,          5,          7,          8,
    9,          15,         16,         17,         23,         24,         25,         31,
    32,         33,         63,         64,         65,         127,        128,        129,
    255,        256,        257,        511,        512,        513,        1'023,      1'024,
    1'025,      4'095,      4'096,      4'097,      8'191,      8'192,      8'193,      32'767,
    32'768,     65'472,     65'504,     65'511,     65'512,     65'513,     65'527,     65'528,
    65'532,     65'534,     65'535,     65'536,     65'537,     131'072,    0x7FFFFFF8, 0x7FFFFFFF,
    0x80000000, 0x80000001, 0xFFFF0000, 0xFFFFFFC0, 0xFFFFFFF8, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF,
});
static_assert(kBoundaries.size() == 64);

std::int64_t boundary(ValueType type, std::uint32_t value) {
  if (type == ValueType::kI32) return value;
  if (value == 0x7FFFFFFF) return std::numeric_limits<std::int64_t>::max();
  if (value == 0x80000000) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int32_t>(value);
}

// ---- What a call may write

struct Area {
  std::uint64_t begin;
  std::uint64_t bytes;
};

std::uint32_t word_at(std::span<const std::uint8_t> memory, std::uint64_t at) {
  std::uint32_t word = 0;
  if (at + sizeof word <= memory.size()) std::memcpy(&word, &memory[at], sizeof word);
  return word;
}

// Where a function of WASI writes without saying so in its row.
std::vector<Area> written_indirectly(const AbiFunction& row, const HostCall& call,
                                     std::span<const std::uint8_t> memory) {
  std::vector<Area> areas;
  if (row.module != capability::kWasiModule) return areas;
  if (row.name == "fd_read" || row.name == "fd_pread") {
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(call.u32(2), memory.size() / 8); ++i) {
      const std::uint64_t vector = call.u32(1) + 8 * i;
      areas.push_back({word_at(memory, vector), word_at(memory, vector + 4)});
    }
  } else if (row.name == "args_get") {
    areas = {{call.u32(0), 4}, {call.u32(1), sizeof "demo.tool"}};
  } else if (row.name == "poll_oneoff") {
    areas = {{call.u32(1), std::uint64_t{32} * call.u32(2)}};
  }
  return areas;
}

// What came of the one call that is tried. Of the thread that runs the guest.
struct Watched {
  std::size_t row = 0;  // of the table: only this one's calls are looked at,
  bool armed = false;   // once the guest has made ready
  bool ran = false;
  bool wrote = false;
  std::vector<std::size_t> strays{};  // changed and not to be written
};
thread_local Watched watched;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): bodies have no state

void compare(std::span<const std::uint8_t> before, std::span<const std::uint8_t> after, std::span<const Area> areas) {
  const auto is_allowed = [&](std::size_t at) {
    return std::ranges::any_of(areas,
                               [at](const Area& area) { return at >= area.begin && at - area.begin < area.bytes; });
  };
  for (std::size_t at = 0; at < before.size(); ++at) {
    if (before[at] == after[at]) continue;
    watched.wrote = true;
    if (!is_allowed(at) && watched.strays.size() < 8) watched.strays.push_back(at);
  }
}

HostReturn watch(std::size_t n, HostCall& call) {
  const runtime::HostFunction& function = host_functions()[n];
  if (function.abi->name == "cancelled" && !std::exchange(watched.armed, true)) return function.body(call);
  if (!watched.armed || watched.row != n) return function.body(call);
  const std::span<std::uint8_t> memory = *call.memory().slice(0, call.memory().size());
  const Bytes before(memory.begin(), memory.end());
  std::vector<Area> areas = written_indirectly(*function.abi, call, before);
  for (std::size_t k = 0; k < function.abi->ranges.size(); ++k) {
    if (function.abi->ranges[k].direction != capability::Direction::kOut) continue;
    areas.push_back({static_cast<std::uint64_t>(call.range(k).data() - memory.data()), call.range(k).size()});
  }
  watched.ran = true;
  const HostReturn answer = function.body(call);
  if (std::memcmp(before.data(), memory.data(), before.size()) != 0) compare(before, memory, areas);
  return answer;
}

constexpr std::size_t kMostFunctions = 256;

template <std::size_t N>
HostReturn watched_body(HostCall& call) noexcept {
  return watch(N, call);
}

template <std::size_t... N>
std::vector<runtime::HostFunction> watched_functions(std::index_sequence<N...> /*all*/) {
  using Body = HostReturn (*)(HostCall&) noexcept;
  constexpr std::array<Body, sizeof...(N)> bodies{watched_body<N>...};
  std::vector<runtime::HostFunction> functions(host_functions().begin(), host_functions().end());
  for (std::size_t i = 0; i < functions.size(); ++i) functions[i].body = bodies.at(i);
  return functions;
}

// ---- The guest

constexpr int kName = 512;     // "a.txt"
constexpr int kUrl = 640;      // "/v1"
constexpr int kVector = 1024;  // one I/O vector: 64 bytes at 2048
constexpr int kBuffer = 2048;

// Opens what can be opened, arms the watch by asking whether it was cancelled, and calls the function whose number and
// parameters are its arguments. Nothing that it keeps is in memory.
std::string guest_body() {
  std::string body = R"((local $row i32) (local $p i32)
    (drop (call $call.input-read (i32.const 0) (i32.const 100) (i32.const 0)))
    (local.set $row (i32.load (i32.const 0))))";
  for (std::size_t i = 0; i < kMaxParameters; ++i) {
    body += fmt::format("(global.set $p{} (i64.load (i32.const {})))", i, 4 + 8 * i);
  }
  body += R"(
    (memory.fill (i32.const 0) (i32.const 0xA5) (i32.const 65536))
    (memory.init $names (i32.const 512) (i32.const 0) (i32.const 131))
    (i64.store (i32.const 1024) (i64.const 0x4000000800))
    (drop (call $http.open (call $http.grant (i32.const 528) (i32.const 15)) (i32.const 0) (i32.const 640) (i32.const 3)))
    (drop (call $http.send (call $http.open (i32.const 10000) (i32.const 0) (i32.const 640) (i32.const 3))))
    (drop (call $files.open (call $files.root (i32.const 624) (i32.const 4)) (i32.const 512) (i32.const 5) (i32.const 7)))
    (drop (call $files.write (i32.const 100002) (i32.const 512) (i32.const 100)))
    (drop (call $files.seek (i32.const 100002) (i64.const 0) (i32.const 0)))
    (drop (call $assets.open (i32.const 512) (i32.const 5)))
    (drop (call $wasi.path_open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 5) (i32.const 1)
      (i64.const 0x1fffffff) (i64.const 0x1fffffff) (i32.const 0) (i32.const 3000)))
    (drop (call $secret.grant (i32.const 560) (i32.const 12)))
    (drop (call $storage.grant (i32.const 592) (i32.const 6)))
    (drop (call $channel.grant (i32.const 608) (i32.const 4)))
    (drop (call $call.cancelled)))";
  std::size_t index = 0;
  for (const runtime::HostFunction& function : host_functions()) {
    const AbiFunction& row = *function.abi;
    std::string call = fmt::format("call $f{}", index);
    for (std::size_t i = 0; i < row.parameters.size(); ++i) {
      const std::string parameter = fmt::format("(global.get $p{})", i);
      call += row.parameters[i] == ValueType::kI32 ? " (i32.wrap_i64 " + parameter + ")" : " " + parameter;
    }
    body += fmt::format("(if (i32.eq (local.get $row) (i32.const {})) (then ({}) {}))\n", index++, call,
                        row.result ? "drop" : "");
  }
  return body + "(i32.const 0)";
}

// The same functions again, under their numbers.
std::string numbered_imports() {
  std::string text;
  std::size_t index = 0;
  const auto name_of = [](ValueType type) { return type == ValueType::kI32 ? "i32" : "i64"; };
  for (const runtime::HostFunction& function : host_functions()) {
    text += fmt::format("(import \"{}\" \"{}\" (func $f{}", function.abi->module, function.abi->name, index++);
    for (const ValueType type : function.abi->parameters) text += fmt::format(" (param {})", name_of(type));
    if (function.abi->result) text += fmt::format(" (result {})", name_of(*function.abi->result));
    text += "))\n";
  }
  return text;
}

using Parameters = std::array<std::int64_t, kMaxParameters>;

bool leaves_memory(const AbiFunction& row, const Parameters& parameters) {
  return std::ranges::any_of(row.ranges, [&](const AbiRange& range) {
    const std::int64_t length =
        range.length < 0 ? range.fixed_bytes : parameters.at(static_cast<std::size_t>(range.length));
    return parameters.at(range.pointer) + length > kMemoryBytes;
  });
}

// Numbers that a first parameter may be, of grants and of what the guest opened; of an interface that nobody has said
// anything about, all of them.
std::vector<std::int64_t> handles_of(std::string_view module) {
  static const std::map<std::string_view, std::vector<std::int64_t>> all{
      {capability::kHttpModule, {10'000, 100'000, 100'001}},
      {capability::kSecretModule, {20'000}},
      {capability::kStorageModule, {30'000}},
      {capability::kChannelModule, {40'000}},
      {capability::kFilesModule, {50'000, 100'002}},
      {capability::kAssetsModule, {100'003}},
      {capability::kWasiModule, {0, 1, 3, 6}}};
  if (const auto found = all.find(module); found != all.end()) return found->second;
  std::vector<std::int64_t> every;
  for (const auto& [name, handles] : all) every.insert(every.end(), handles.begin(), handles.end());
  return every;
}

// Parameters that are within memory and mean something, with `handle` first where that is no address.
Parameters harmless(const AbiFunction& row, std::int64_t handle) {
  Parameters parameters{};
  if (row.module == capability::kWasiModule) parameters = {0, kVector, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  if (row.name.starts_with("path_")) parameters = {};
  parameters[0] = handle;
  for (const AbiRange& range : row.ranges) {
    const bool is_in = range.direction == capability::Direction::kIn;
    const bool is_url = row.module == capability::kHttpModule;
    parameters.at(range.pointer) = is_in ? (is_url ? kUrl : kName) : kBuffer * (1 + range.pointer);
    if (range.length >= 0) parameters.at(static_cast<std::size_t>(range.length)) = is_in ? (is_url ? 3 : 5) : 1'024;
  }
  return parameters;
}

class CallBoundaries : public testing::HostedFiles {
 protected:
  CallBoundaries() {
    grants = capability::CapabilityGrantSet::create(
                 {capability::FilesystemRoot{.name = "data", .access = capability::FilesystemAccess::kReadWrite},
                  capability::StoragePrefix{.prefix = "notes/"}, capability::ChannelUse{.name = "jobs"},
                  capability::SecretUse{
                      .scope = "global", .key = "token", .purpose = capability::SecretPurpose::kHmacSha256},
                  capability::HttpRule{.host = "api.example.com",
                                       .methods = {capability::HttpMethod::kGet, capability::HttpMethod::kPost},
                                       .path_prefix = "/v1"}})
                 .value();
    assets_.add("a.txt", "an asset of more than a few bytes");
    setup.assets = &assets_;
    setup.config = config_;
    setup.storage = &storage_;
    setup.channels = &channels_;
    setup.secrets = &secrets_;
    setup.http = &http_;
    limits.wall_clock_timeout = std::chrono::seconds(2);
    link();
  }

  void link() {
    ASSERT_LE(functions_.size(), kMostFunctions);
    std::string text =
        testing::guest_text(guest_body(), R"((data $names "a.txt           api.example.com                 )"
                                          R"(global/token                    notes/          jobs            )"
                                          R"(data            /v1"))");
    for (std::size_t i = 0; i < kMaxParameters; ++i) {
      text.insert(text.find("(memory"), fmt::format("(global $p{} (mut i64) (i64.const 0))\n", i));
    }
    text.insert(text.find("(import"), numbered_imports());
    const auto wasm = runtime::parse_wat(text);
    ASSERT_THAT(wasm, testing::IsOk());
    const runtime::InProcessCompiler compiler(testing::shared_runtime(), runtime::CompileInThisProcess());
    const auto module = compiler.compile(*wasm);
    ASSERT_THAT(module, testing::IsOk());
    const auto linked = testing::shared_runtime().link(*module, functions_);
    ASSERT_THAT(linked, testing::IsOk());
    module_ = *linked;
  }

  // The word of how the run ended; `watched` has the rest.
  std::string call(std::size_t row, const Parameters& parameters) {
    Bytes script(4 + 8 * kMaxParameters);
    const auto number = static_cast<std::uint32_t>(row);
    std::memcpy(script.data(), &number, sizeof number);
    std::memcpy(script.data() + 4, parameters.data(), 8 * kMaxParameters);
    setup.arguments = script;
    storage_.values[{"notes/", "a.txt"}] = {.value = to_bytes("a value"), .version = 1};
    channels_.waiting["jobs"] = {{.id = 1, .body = to_bytes("a message")}};
    http_ = {};
    http_.answer(200, {{.name = "server", .value = "one"}}, "a reply");
    watched = {.row = row};
    CallState state(setup);
    const auto run = testing::shared_runtime().invoke(
        {.module = *module_, .entry = "run", .limits = limits, .host_state = &state, .cancel = &cancel});
    EXPECT_THAT(run, testing::IsOk());
    return run ? to_word(run->outcome) : "";
  }

  void try_call(std::size_t row, const Parameters& parameters) {
    const AbiFunction& function = *functions_[row].abi;
    const std::string ended = call(row, parameters);
    const std::string what =
        fmt::format("{} {} ({}): {}", function.module, function.name,
                    fmt::join(std::span(parameters).first(function.parameters.size()), ", "), ended);
    ++tried_;
    if (watched.wrote) ++wrote_;
    const bool leaves = leaves_memory(function, parameters);
    EXPECT_EQ(watched.ran, !leaves) << what;
    EXPECT_TRUE(!leaves || ended == "trapped:guest_out_of_bounds") << what;
    EXPECT_THAT(watched.strays, ::testing::IsEmpty()) << what;
  }

  std::vector<runtime::HostFunction> functions_ = watched_functions(std::make_index_sequence<kMostFunctions>());
  std::shared_ptr<const runtime::LinkedModule> module_;
  testing::MapAssets assets_;
  const std::array<ConfigValue, 1> config_{{{.key = "a.txt", .json = "\"a setting\""}}};
  testing::MapStorage storage_;
  testing::QueueChannels channels_;
  testing::OneSecret secrets_{testing::kSecretValue};
  testing::FakeHttp http_;
  std::size_t tried_ = 0;
  std::size_t wrote_ = 0;
};

TEST_F(CallBoundaries, NoFunctionWritesOutsideWhatItsRowNames) {
  const std::size_t step = kBoundaries.size() / std::min(kBoundaries.size(), testing::scaled(kBoundaries.size()));
  for (std::size_t row = 0; row < functions_.size(); ++row) {
    const AbiFunction& function = *functions_[row].abi;
    const bool first_is_address =
        std::ranges::any_of(function.ranges, [](const AbiRange& range) { return range.pointer == 0; });
    const auto firsts = first_is_address ? std::vector<std::int64_t>{0} : handles_of(function.module);
    for (const std::int64_t first : firsts) {
      try_call(row, harmless(function, first));
      for (std::size_t at = 0; at < function.parameters.size(); ++at) {
        for (std::size_t n = tried_ % step; n < kBoundaries.size(); n += step) {
          Parameters parameters = harmless(function, first);
          parameters.at(at) = boundary(function.parameters[at], kBoundaries.at(n));
          try_call(row, parameters);
        }
      }
    }
  }
  fmt::print("{} calls of {} functions, {} of them wrote\n", tried_, functions_.size(), wrote_);
  EXPECT_GT(wrote_, tried_ / 20);
}

// Of two parameters at once: a length that only just fits what its address leaves, and one byte more.
TEST_F(CallBoundaries, ARangeEndsWithMemoryToTheByte) {
  for (std::size_t row = 0; row < functions_.size(); ++row) {
    const AbiFunction& function = *functions_[row].abi;
    for (const AbiRange& range : function.ranges) {
      for (const std::int64_t size : {0, 1, 5, 64, 4'096}) {
        Parameters parameters = harmless(function, handles_of(function.module).front());
        const bool has_length = range.length >= 0;
        if (has_length) parameters.at(static_cast<std::size_t>(range.length)) = size;
        parameters.at(range.pointer) = kMemoryBytes - (has_length ? size : range.fixed_bytes);
        try_call(row, parameters);
        EXPECT_FALSE(leaves_memory(function, parameters));
        ++parameters.at(range.pointer);
        try_call(row, parameters);
        EXPECT_TRUE(leaves_memory(function, parameters));
      }
    }
  }
}

}  // namespace
}  // namespace palyra::host
