// SPDX-License-Identifier: Apache-2.0
#include "engine_handles.h"
#include "guest_fixture.h"

#include <palyra/runtime/module_description.h>

#include <filesystem>
#include <string>
#include <vector>

namespace palyra::runtime {
namespace {

using capability::ExternKind;
using capability::ModuleFacts;
using testing::FailsWith;
using ::testing::Gt;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::SizeIs;

ModuleFacts described(std::string_view wat) {
  const auto wasm = parse_wat(wat);
  EXPECT_THAT(wasm, IsOk());
  if (!wasm) return {};
  auto module = describe_module(*wasm, DescribeInThisProcess{});
  EXPECT_THAT(module, IsOk());
  return module ? *std::move(module) : ModuleFacts{};
}

TEST(ModuleDescriptionTest, GivesImportsExportsMemoriesAndTables) {
  const auto module = described(R"((module
      (import "a" "f" (func (param i32 i64) (result i32))) (import "a" "m" (memory 1 3)) (import "b" "g" (global (mut i32)))
      (table (export "t") 5 funcref) (global (export "k") i64 (i64.const 1)) (export "m" (memory 0))
      (func $s (export "run") (result f64) (f64.const 0)) (func $start) (start $start)))");
  ASSERT_THAT(module.imports, SizeIs(3));
  EXPECT_EQ(module.imports[0].module, "a");
  EXPECT_EQ(module.imports[0].name, "f");
  EXPECT_EQ(module.imports[0].kind, ExternKind::kFunction);
  EXPECT_EQ(module.imports[0].type, "(i32 i64)->(i32)");
  EXPECT_EQ(module.imports[1].kind, ExternKind::kMemory);
  EXPECT_EQ(module.imports[2].kind, ExternKind::kGlobal);
  EXPECT_EQ(module.imports[2].type, "mut i32");
  ASSERT_NE(module.find_export("run"), nullptr);
  EXPECT_EQ(module.find_export("run")->type, "()->(f64)");
  EXPECT_EQ(module.find_export("t")->kind, ExternKind::kTable);
  EXPECT_EQ(module.find_export("k")->type, "i64");
  EXPECT_EQ(module.find_export("absent"), nullptr);
  ASSERT_THAT(module.memories, SizeIs(1));
  EXPECT_EQ(module.memories[0].minimum, 1U);
  EXPECT_EQ(module.memories[0].maximum, 3U);
  ASSERT_THAT(module.tables, SizeIs(1));
  EXPECT_EQ(module.tables[0].minimum, 5U);
  EXPECT_EQ(module.tables[0].maximum, std::nullopt);
  EXPECT_TRUE(module.has_start_function);
  EXPECT_EQ(module.functions_imported, 1U);
  EXPECT_EQ(module.functions_defined, 2U);
  EXPECT_FALSE(described("(module)").has_start_function);
}

// `(@custom "producers" ...)` with these bytes.
ModuleFacts with_producers(std::string_view bytes) {
  return described(fmt::format(R"((module (@custom "producers" "{}")))", bytes));
}

TEST(ModuleDescriptionTest, GivesTheLinesOfTheProducersSection) {
  const auto module = with_producers(R"(\02\08language\01\01C\0299\0cprocessed-by\02\05clang\0419.1\03ld.\00)");
  ASSERT_THAT(module.producers, SizeIs(3));
  EXPECT_EQ(module.producers[0].field, "language");
  EXPECT_EQ(module.producers[0].name, "C");
  EXPECT_EQ(module.producers[0].version, "99");
  EXPECT_EQ(module.producers[1].field, "processed-by");
  EXPECT_EQ(module.producers[1].name, "clang");
  EXPECT_EQ(module.producers[1].version, "19.1");
  EXPECT_EQ(module.producers[2].version, "");
  EXPECT_THAT(described("(module)").producers, SizeIs(0));
}

TEST(ModuleDescriptionTest, TakesAMalformedProducersSectionAsAnEmptyOne) {
  for (const std::string_view bytes :
       {R"()", R"(\01)", R"(\01\08language)", R"(\01\08language\01\01C)", R"(\01\05other\01\01C\01x)",
        R"(\01\08language\01\01C\01x\00)", R"(\01\08language\ff\ff\ff\ff\0f)", R"(\01\08language\01\01\ff\01x)"}) {
    EXPECT_THAT(with_producers(bytes).producers, SizeIs(0)) << bytes;
  }
}

TEST(ModuleDescriptionTest, TakesAProducersSectionAboveItsBoundsAsAnEmptyOne) {
  std::string lines;
  for (int i = 0; i < 64; ++i) lines += R"(\01a\01b)";
  EXPECT_THAT(with_producers(R"(\01\08language\40)" + lines).producers, SizeIs(64));
  EXPECT_THAT(with_producers(R"(\01\08language\41)" + lines + R"(\01a\01b)").producers, SizeIs(0));
  EXPECT_THAT(with_producers(R"(\01\08language\01\80\02)" + std::string(256, 'x') + R"(\00)").producers, SizeIs(1));
  EXPECT_THAT(with_producers(R"(\01\08language\01\81\02)" + std::string(257, 'x') + R"(\00)").producers, SizeIs(0));
}

TEST(ModuleDescriptionTest, RefusesWhatIsNoValidModule) {
  EXPECT_THAT(describe_module({}, DescribeInThisProcess{}), FailsWith(kInvalidModule));
  EXPECT_THAT(describe_module(as_bytes("(module)"), DescribeInThisProcess{}), FailsWith(kInvalidModule));
  EXPECT_THAT(describe_module(parse_wat("(component)").value_or(Bytes{}), DescribeInThisProcess{}),
              FailsWith(kComponent));
  EXPECT_THAT(describe_module(parse_wat("(module (func (result i32)))").value_or(Bytes{}), DescribeInThisProcess{}),
              FailsWith(kInvalidModule));
}

TEST(ModuleDescriptionTest, RefusesMoreThanACapAllows) {
  std::string wat = "(module";
  for (int i = 0; i < 4'097; ++i) wat += fmt::format(R"( (func (export "e{}")))", i);
  const auto module = describe_module(parse_wat(wat + ")").value_or(Bytes{}), DescribeInThisProcess{});
  ASSERT_THAT(module, FailsWith(kModuleOverCap));
  EXPECT_THAT(module.error().message(), HasSubstr("4097"));
}

TEST(ParseWatTest, RefusesWhatIsNoText) {
  EXPECT_THAT(parse_wat("(module"), FailsWith(kInvalidWat));
  EXPECT_THAT(parse_wat("(module (func (i32.nonsense)))"), FailsWith(kInvalidWat));
  EXPECT_THAT(parse_wat("\xff"), FailsWith(kInvalidWat));
  EXPECT_THAT(parse_wat(std::string(kMaxWatBytes + 1, ' ')), FailsWith(kWatTooLarge));
}

TEST(ParseWatTest, SaysWhereTheTextIsWrongOnOneLine) {
  const auto wasm = parse_wat("(module\n  (func (i32.nonsense)))");
  ASSERT_THAT(wasm, FailsWith(kInvalidWat));
  EXPECT_THAT(wasm.error().message(), HasSubstr(":2:"));
  EXPECT_THAT(wasm.error().message(), ::testing::Not(HasSubstr("\\u{a}")));
}

// Every module in the text format or binary that the tests hold.
std::vector<std::string> module_files() {
  std::vector<std::string> files;
  for (const char* directory : {"corpora/wat", "guests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(palyra::testing::test_file(directory))) {
      const auto extension = entry.path().extension();
      if (extension == ".wat" || extension == ".wasm") files.push_back(entry.path().string());
    }
  }
  return files;
}

TEST(ModuleDescriptionTest, AgreesWithTheEngineOnEveryModuleAtHand) {
  wasm_config_t* config = wasm_config_new();
  const palyra_rust_engine_settings_t settings{
      .max_wasm_stack_bytes = kMaxStackBytes, .max_backtrace_frames = 1, .parallel_compilation = false};
  ASSERT_EQ(palyra_rust_config_apply(config, &settings), PALYRA_RUST_OK);
  wasm_engine_t* made = nullptr;
  ASSERT_EQ(palyra_rust_engine_new(config, &made), nullptr);
  const WasmEngine engine(made);

  std::size_t compared = 0;
  for (const std::string& file : module_files()) {
    const Bytes bytes = testing::must_read(file);
    const auto wasm = file.ends_with(".wat") ? parse_wat(as_text(bytes)) : Result<Bytes>(bytes);
    if (!wasm) continue;  // invalid on purpose, in a way that the text format cannot say
    const auto module = describe_module(*wasm, DescribeInThisProcess{});
    if (!module && module.error().is(kModuleOverCap)) continue;  // the engine has no such caps
    const WasmError error(wasmtime_module_validate(engine.get(), wasm->data(), wasm->size()));
    EXPECT_EQ(module.has_value(), error == nullptr)
        << file << ": " << (module ? message_of(*error) : module.error().describe());
    ++compared;
  }
  EXPECT_THAT(compared, Gt(200U));
}

}  // namespace
}  // namespace palyra::runtime
