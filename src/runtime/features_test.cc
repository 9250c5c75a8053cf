// SPDX-License-Identifier: Apache-2.0
// docs/runtime.md, "Engine": every switch, with a module that needs it.
#include "guest_fixture.h"

namespace palyra::runtime {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

struct FeatureCase {
  std::string_view feature;
  std::string_view wat;
};

std::string case_name(const ::testing::TestParamInfo<FeatureCase>& info) { return std::string(info.param.feature); }

class FeatureOnTest : public GuestTest, public ::testing::WithParamInterface<FeatureCase> {};
class FeatureOffTest : public GuestTest, public ::testing::WithParamInterface<FeatureCase> {};

TEST_P(FeatureOnTest, RunsAModuleThatNeedsIt) { EXPECT_EQ(returned(run(GetParam().wat)), 42); }

TEST_P(FeatureOffTest, RefusesAModuleThatNeedsIt) {
  const auto wasm = parse_wat(GetParam().wat);
  ASSERT_THAT(wasm, IsOk());
  const auto compiled = compile(GetParam().wat);
  ASSERT_THAT(compiled, FailsWith(kFeatureDisabled));
  EXPECT_THAT(compiled.error().message(), HasSubstr(std::string(GetParam().feature)));
  EXPECT_THAT(describe_module(*wasm, DescribeInThisProcess{}), FailsWith(kFeatureDisabled));
}

constexpr FeatureCase kOn[] = {
    {"mutable_global", R"((module (global $g (export "g") (mut i32) (i32.const 41))
        (func (export "run") (result i32)
          (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))))"},
    {"sign_extension", R"((module (func (export "run") (result i32)
        (i32.add (i32.extend8_s (i32.const 0xff)) (i32.const 43)))))"},
    {"saturating_float_to_int", R"((module (func (export "run") (result i32)
        (i32.add (i32.trunc_sat_f64_s (f64.const nan)) (i32.const 42)))))"},
    {"multi_value", R"((module (func $two (result i32 i32) (i32.const 40) (i32.const 2))
        (func (export "run") (result i32) (call $two) (i32.add))))"},
    {"bulk_memory", R"((module (memory 1) (data $d "\2a")
        (func (export "run") (result i32)
          (memory.init $d (i32.const 8) (i32.const 0) (i32.const 1))
          (memory.copy (i32.const 0) (i32.const 8) (i32.const 1))
          (memory.fill (i32.const 1) (i32.const 0) (i32.const 3))
          (i32.load (i32.const 0)))))"},
    {"reference_types", R"((module (type $t (func (result i32))) (table $a 1 funcref) (table $b 1 funcref)
        (func $answer (result i32) (i32.const 42)) (elem declare func $answer)
        (func (export "run") (result i32)
          (table.set $b (i32.const 0) (ref.func $answer))
          (drop (table.grow $a (ref.null func) (i32.const 1)))
          (call_indirect $b (type $t) (i32.const 0)))))"},
    {"extended_const", R"((module (global $g i32 (i32.add (i32.const 40) (i32.const 2)))
        (func (export "run") (result i32) (global.get $g))))"},
};

constexpr FeatureCase kOff[] = {
    {"simd", R"((module (func (export "run") (result i32)
        (i32x4.extract_lane 0 (v128.const i32x4 42 0 0 0)))))"},
    {"relaxed_simd", R"((module (func (drop (i32x4.relaxed_trunc_f32x4_s (unreachable))))))"},
    {"threads", R"((module (memory 1 1 shared) (func (export "run") (result i32) (i32.const 42))))"},
    {"memory64", R"((module (memory i64 1) (func (export "run") (result i32) (i32.load (i64.const 0)))))"},
    {"multi_memory", R"((module (memory 1) (memory 1) (func (export "run") (result i32) (i32.const 42))))"},
    {"tail_call", R"((module (func $f (result i32) (i32.const 42))
        (func (export "run") (result i32) (return_call $f))))"},
    {"function_references", R"((module (type $t (func (result i32)))
        (func (param (ref $t)) (result i32) (call_ref $t (local.get 0)))))"},
    {"gc", R"((module (type $s (struct (field i32)))
        (func (export "run") (result i32) (struct.get $s 0 (struct.new $s (i32.const 42))))))"},
    {"gc_types", R"((module (func (export "run") (param externref) (result i32) (i32.const 42))))"},
    {"exceptions", R"((module (tag $e) (func (export "run") (result i32) (throw $e))))"},
    {"stack_switching", R"((module (type $f (func)) (type $c (cont $f))
        (func (param (ref null $c)))))"},
    {"custom_page_sizes", R"((module (memory 1 (pagesize 1)) (func (export "run") (result i32) (i32.const 42))))"},
    {"wide_arithmetic", R"((module (func (param i64 i64 i64 i64) (result i64 i64)
        (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))"},
};

INSTANTIATE_TEST_SUITE_P(Features, FeatureOnTest, ::testing::ValuesIn(kOn), case_name);
INSTANTIATE_TEST_SUITE_P(Features, FeatureOffTest, ::testing::ValuesIn(kOff), case_name);

class EngineTest : public GuestTest {};

TEST_F(EngineTest, ListsTheFeaturesThatAreOnAndNoOther) {
  const std::string features = " " + engine_facts().features + " ";
  for (const FeatureCase& each : kOn) EXPECT_THAT(features, HasSubstr(fmt::format(" {} ", each.feature)));
  for (const FeatureCase& each : kOff) {
    EXPECT_THAT(features, ::testing::Not(HasSubstr(fmt::format(" {} ", each.feature))));
  }
}

TEST_F(EngineTest, RefusesAnotherAtomicThanThoseOfSharedMemory) {
  EXPECT_THAT(compile(R"((module (memory 1) (func (export "run") (result i32) (i32.atomic.load (i32.const 0)))))"),
              FailsWith(kFeatureDisabled));
}

TEST_F(EngineTest, RefusesAComponentAndText) {
  EXPECT_THAT(compile("(component)"), FailsWith(kInvalidModule));
  const InProcessCompiler compiler(runtime(), CompileInThisProcess{});
  EXPECT_THAT(compiler.compile(as_bytes("(module)")), FailsWith(kInvalidModule));
  EXPECT_THAT(compiler.compile(BytesView()), FailsWith(kInvalidModule));
}

TEST_F(EngineTest, GivesEveryNanTheSameBits) {
  EXPECT_EQ(static_cast<std::uint32_t>(returned(run(R"((module (func (export "run") (result i32)
      (i32.reinterpret_f32 (f32.add (f32.reinterpret_i32 (i32.const 0x7fa00001)) (f32.const 1))))))"))),
            0x7fc00000U);
}

TEST_F(EngineTest, RefusesAVersionBelowTheFloorOrOfAnotherSeries) {
  EXPECT_THAT(check_engine_version(engine_facts().version), IsOk());
  EXPECT_THAT(check_engine_version(kEngineFloor), IsOk());
  EXPECT_THAT(check_engine_version("48.0.10"), IsOk());
  EXPECT_THAT(check_engine_version("48.1.0"), IsOk());
  for (const std::string_view version : {"48.0.7", "47.9.9", "49.0.0", "48.0", "48.0.8-rc1", "48.0.8.1", "", "x"}) {
    EXPECT_THAT(check_engine_version(version), FailsWith(kEngineTooOld)) << version;
  }
}

}  // namespace
}  // namespace palyra::runtime
