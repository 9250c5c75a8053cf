// SPDX-License-Identifier: Apache-2.0
// Every byte that a host function moves costs the guest a unit of fuel: two calls that differ in nothing else differ in
// fuel by the bytes. docs/guest-abi.md, "Rules for every function".
#include "hosted_guest.h"

#include <ostream>
#include <string>
#include <string_view>

namespace palyra::host {
namespace {

struct Charge {
  std::string_view name;
  std::string_view moves;
  std::string_view moves_nothing;  // as many instructions, and the same price in the table
  std::uint64_t bytes;
};
void PrintTo(const Charge& charge, std::ostream* out) { *out << charge.name; }

class FuelCharges : public testing::HostTest {
 protected:
  FuelCharges() {
    assets.add("data", "Ada Grace");
    setup.assets = &assets;
    setup.program_arguments = words_;
  }
  std::vector<std::string> words_{"-v"};
  // Memory holds the name of an asset, and at 64 an I/O vector of 16 bytes at 80.
  std::uint64_t fuel_of(std::string_view body) {
    return run(body, R"((data (i32.const 0) "data") (data (i32.const 64) "\50\00\00\00\10\00\00\00"))")
        .record.fuel_used;
  }
  testing::MapAssets assets;
};

TEST_F(FuelCharges, AByteOfInputIsAUnitOfFuel) {
  setup.kind = runtime::EntryKind::kWasi;  // only a program has input
  const auto fuel_of_input = [&](std::string_view input) {
    setup.standard_input = as_bytes(input);
    const auto wasm = runtime::parse_wat(testing::guest_text("(i32.const 0)", R"(
      (data (i32.const 64) "\50\00\00\00\10\00\00\00") (func (export "_start")
        (drop (call $wasi.fd_read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"));
    EXPECT_THAT(wasm, testing::IsOk());
    return wasm ? run_module(*wasm, "_start").record.fuel_used : 0;
  };
  EXPECT_EQ(fuel_of_input("hello"), fuel_of_input("") + 5);
}

class EachFuelCharge : public FuelCharges, public ::testing::WithParamInterface<Charge> {};

TEST_P(EachFuelCharge, AByteMovedIsAUnitOfFuel) {
  EXPECT_EQ(fuel_of(GetParam().moves), fuel_of(GetParam().moves_nothing) + GetParam().bytes);
}

constexpr Charge kCharges[] = {
    {"asset_name", "(call $assets.open (i32.const 0) (i32.const 4))", "(call $assets.open (i32.const 0) (i32.const 0))",
     4},
    {"output_part", "(call $call.output-part (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 30))",
     "(call $call.output-part (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))", 34},
    {"error_write", "(call $call.error-write (i32.const 0) (i32.const 4))",
     "(call $call.error-write (i32.const 0) (i32.const 0))", 4},
    {"config_key", "(call $call.config (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 0))",
     "(call $call.config (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 0))", 4},
    {"log", "(call $call.log (i32.const 1) (i32.const 0) (i32.const 4))",
     "(call $call.log (i32.const 1) (i32.const 0) (i32.const 0))", 4},
    {"progress", "(call $call.progress (i64.const 1) (i64.const 2) (i32.const 0) (i32.const 4))",
     "(call $call.progress (i64.const 1) (i64.const 2) (i32.const 0) (i32.const 0))", 4},
    {"channel", "(call $channel.grant (i32.const 0) (i32.const 4))",
     "(call $channel.grant (i32.const 0) (i32.const 0))", 4},
    {"storage", "(call $storage.grant (i32.const 0) (i32.const 4))",
     "(call $storage.grant (i32.const 0) (i32.const 0))", 4},
    {"origin", "(call $http.grant (i32.const 0) (i32.const 4))", "(call $http.grant (i32.const 0) (i32.const 0))", 4},
    {"secret", "(call $secret.grant (i32.const 0) (i32.const 4))", "(call $secret.grant (i32.const 0) (i32.const 0))",
     4},
    {"root", "(call $files.root (i32.const 0) (i32.const 4))", "(call $files.root (i32.const 0) (i32.const 0))", 4},
    {"random", "(call $random.fill (i32.const 0) (i32.const 100))", "(call $random.fill (i32.const 0) (i32.const 0))",
     100},
    {"random_get", "(call $wasi.random_get (i32.const 0) (i32.const 100))",
     "(call $wasi.random_get (i32.const 0) (i32.const 0))", 100},
    // A pointer and its text: "demo.tool" and "-v", each with a NUL.
    {"args_get", "(call $wasi.args_get (i32.const 0) (i32.const 100))",
     "(call $wasi.environ_get (i32.const 0) (i32.const 100))", 2 * 4 + 10 + 3},
    {"args_sizes_get", "(call $wasi.args_sizes_get (i32.const 0) (i32.const 4))",
     "(call $wasi.environ_get (i32.const 0) (i32.const 4))", 8},
    {"clock_res_get", "(call $wasi.clock_res_get (i32.const 0) (i32.const 8))",
     "(call $wasi.clock_res_get (i32.const 99) (i32.const 8))", 8},
    {"clock_time_get", "(call $wasi.clock_time_get (i32.const 0) (i64.const 1) (i32.const 8))",
     "(call $wasi.clock_time_get (i32.const 99) (i64.const 1) (i32.const 8))", 8},
    {"poll_oneoff", "(call $wasi.poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 8))",
     "(call $wasi.poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 0) (i32.const 8))", 48 + 32},
    {"fd_fdstat_get", "(call $wasi.fd_fdstat_get (i32.const 1) (i32.const 128))",
     "(call $wasi.fd_fdstat_get (i32.const 99) (i32.const 128))", 24},
    {"fd_filestat_get", "(call $wasi.fd_filestat_get (i32.const 1) (i32.const 128))",
     "(call $wasi.fd_filestat_get (i32.const 99) (i32.const 128))", 64},
    {"fd_write", "(call $wasi.fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 128))",
     "(call $wasi.fd_write (i32.const 99) (i32.const 64) (i32.const 1) (i32.const 128))", 16},
};
INSTANTIATE_TEST_SUITE_P(, EachFuelCharge, ::testing::ValuesIn(kCharges),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace palyra::host
