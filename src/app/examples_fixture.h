// SPDX-License-Identifier: Apache-2.0
#pragma once
// Skills with golden examples, good and wrong ones: packages that no build would write.

#include "app_fixture.h"

#include <palyra/app/run_examples.h>
#include <palyra/skills/package_builder.h>

#include <string>
#include <string_view>

namespace palyra::app {

inline constexpr std::int64_t kCreated = 1'795'305'600;

// Writes `text` as its output, or as its failure and then returns `status`.
inline std::string guest_that_says(std::string_view function, std::string_view text, int status, std::size_t length) {
  return fmt::format(R"((module
    (import "palyra:skill/call@1.0.0" "{}" (func $say (param i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 0) "{}")
    (func (export "run") (result i32) (drop (call $say (i32.const 0) (i32.const {}))) (i32.const {}))))",
                     function, text, length, status);
}
inline std::string answering(std::string_view text) { return guest_that_says("output-write", text, 0, text.size()); }
inline std::string failing(std::string_view text) { return guest_that_says("error-write", text, 1, text.size()); }

inline std::string example(std::string_view name, std::string_view keys = "") {
  return fmt::format("[[entrypoints.tools.examples]]\nname = \"{}\"\n{}{}\n", name,
                     keys.find("input") == std::string_view::npos ? "input = {}\n" : "", keys);
}

class ExamplesTest : public AppTest {
 protected:
  struct Golden {
    std::string wat = kEcho;
    std::string examples;
    std::string tool{};   // TOML of the tool, ahead of the examples
    std::string rest{};   // TOML behind the tools
    std::string asset{};  // of assets/out.json; empty: none
  };

  static std::string manifest_of(const Golden& golden) {
    return "manifest_version = 3\npublisher = \"acme\"\nskill_id = \"acme.demo\"\nversion = \"1.0.0\"\n"
           "name = \"Demo\"\n[[entrypoints.tools]]\nid = \"acme.demo.echo\"\nname = \"Echo\"\n"
           "description = \"Answers with its arguments.\"\n"
           "input_schema = { type = \"object\", properties = { s = { type = \"string\" } } }\n" +
           golden.tool + "\n" + golden.examples + "\n" + golden.rest;
  }

  // Good in everything but perhaps its examples.
  [[nodiscard]] skills::Package package(const Golden& golden) const {
    const std::string manifest = manifest_of(golden);
    const auto wasm = runtime::parse_wat(golden.wat);
    EXPECT_THAT(wasm, testing::IsOk());
    const skills::EntryContent modules[] = {{.name = "modules/demo.wasm", .bytes = *wasm}};
    const skills::EntryContent assets[] = {{.name = "assets/out.json", .bytes = as_bytes(golden.asset)}};
    const crypto::SigningKey key = signing_key();
    auto package = skills::build_signed_skill_artifact({
        .manifest = as_bytes(manifest),
        .modules = modules,
        .assets = golden.asset.empty() ? std::span<const skills::EntryContent>() : assets,
        .sbom = {},
        .provenance = {},
        .signing_key = &key,
        .created = {kCreated},
        .not_after = {},
        .schemas = &services_.schemas,
        .inspector = &services_.engine.inspector(),
        .palyra_version = "0.0.0",
    });
    EXPECT_THAT(package, testing::IsOk());
    return package ? *std::move(package) : skills::Package{};
  }

  [[nodiscard]] ExampleReport report(const Golden& golden, std::chrono::milliseconds time = kExamplesTime) const {
    const skills::Package built = package(golden);
    auto report = run_examples(services_, built.verification, time);
    EXPECT_THAT(report, testing::IsOk());
    return report ? *std::move(report) : ExampleReport{};
  }

  // Of the one example that there is.
  [[nodiscard]] ExampleResult result(const Golden& golden) const {
    const ExampleReport all = report(golden);
    EXPECT_EQ(all.results.size(), 1U);
    return all.results.empty() ? ExampleResult{} : all.results.front();
  }

  [[nodiscard]] std::string status(const Golden& golden) const { return std::string(to_text(result(golden).status)); }

  // A file of a skill, whatever its examples do.
  [[nodiscard]] std::string file(const Golden& golden) const {
    const std::string path = dir_.file("golden.palyra-skill");
    const skills::Package built = package(golden);
    EXPECT_THAT(write_file_atomic(path, built.bytes, 0600, Overwrite::kYes), testing::IsOk());
    return path;
  }

  [[nodiscard]] bool ran_examples() const {
    return std::ranges::any_of(activities_.seen, [](const auto& what) { return what.starts_with("running"); });
  }

  const Golden wrong_{.examples = example("wrong", "input = { s = \"a\" }\noutput = { s = \"b\" }")};
};

}  // namespace palyra::app
