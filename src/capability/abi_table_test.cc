// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/capability/abi_table.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace palyra::capability {
namespace {

std::string name_of(const AbiFunction& row) { return std::string(row.module) + " " + std::string(row.name); }

TEST(AbiTableTest, NamesAreUnique) {
  std::set<std::string> names;
  for (const AbiFunction& row : abi_table()) EXPECT_TRUE(names.insert(name_of(row)).second) << name_of(row);
}

TEST(AbiTableTest, HoldsEveryFunctionOfTheInterfaces) {
  std::map<std::string_view, int> counts;
  for (const AbiFunction& row : abi_table()) ++counts[row.module];
  const std::map<std::string_view, int> expected{{kCallModule, 12},   {kAssetsModule, 4}, {kClockModule, 2},
                                                 {kRandomModule, 1},  {kWasiModule, 46},  {kLegacyModule, 8},
                                                 {kHttpModule, 11},   {kSecretModule, 3}, {kStorageModule, 5},
                                                 {kChannelModule, 3}, {kFilesModule, 13}};
  EXPECT_EQ(counts, expected);
}

TEST(AbiTableTest, RangesNameParametersThatAreAddressesAndLengths) {
  for (const AbiFunction& row : abi_table()) {
    const auto is_i32 = [&](std::size_t n) {
      return n < row.parameters.size() && row.parameters[n] == ValueType::kI32;
    };
    for (const AbiRange& range : row.ranges) {
      EXPECT_TRUE(is_i32(range.pointer)) << name_of(row);
      if (range.length == -1) {
        EXPECT_GT(range.fixed_bytes, 0U) << name_of(row);
      } else {
        EXPECT_TRUE(range.length >= 0 && is_i32(static_cast<std::size_t>(range.length))) << name_of(row);
        EXPECT_EQ(range.fixed_bytes, 0U) << name_of(row);
      }
    }
  }
}

TEST(AbiTableTest, EveryCallCostsFuel) {
  for (const AbiFunction& row : abi_table()) EXPECT_EQ(row.fuel, 200U) << name_of(row);
}

TEST(AbiTableTest, ClassesFollowModules) {
  for (const AbiFunction& row : abi_table()) {
    const AbiClass expected = row.module == kWasiModule      ? AbiClass::kWasi
                              : row.module == kLegacyModule  ? AbiClass::kLegacy
                              : row.module == kHttpModule    ? AbiClass::kHttp
                              : row.module == kSecretModule  ? AbiClass::kSecret
                              : row.module == kStorageModule ? AbiClass::kStorage
                              : row.module == kChannelModule ? AbiClass::kChannel
                              : row.module == kFilesModule   ? AbiClass::kFiles
                                                             : AbiClass::kAlways;
    EXPECT_EQ(row.cls, expected) << name_of(row);
  }
}

TEST(AbiTableTest, OnlyTheEndOfAProgramHasNoResult) {
  for (const AbiFunction& row : abi_table()) EXPECT_EQ(row.result.has_value(), row.name != "proc_exit") << name_of(row);
}

TEST(AbiTableTest, FindsARowByModuleAndNameOnly) {
  const AbiFunction* const row = find_abi_function(kCallModule, "output-write");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->name, "output-write");
  EXPECT_EQ(row->module, kCallModule);
  EXPECT_EQ(find_abi_function(kCallModule, "output_write"), nullptr);
  EXPECT_EQ(find_abi_function(kAssetsModule, "output-write"), nullptr);
  EXPECT_EQ(find_abi_function("palyra:skill/call", "output-write"), nullptr);
  EXPECT_EQ(find_abi_function("PALYRA:SKILL/CALL@1.0.0", "output-write"), nullptr);
  EXPECT_EQ(find_abi_function("", ""), nullptr);
}

// ---- The C SDK's header says the same

struct Prototype {
  std::string interface;
  std::string name;
  std::string result;                   // "int32_t"
  std::vector<std::string> parameters;  // "const char* key"
};

std::vector<std::string> split_parameters(const std::string& list) {
  std::vector<std::string> parameters;
  if (list == "void") return parameters;
  const std::regex comma(R"(,\s*)");
  std::copy(std::sregex_token_iterator(list.begin(), list.end(), comma, -1), std::sregex_token_iterator(),
            std::back_inserter(parameters));
  return parameters;
}

std::vector<Prototype> sdk_prototypes() {
  const std::string header(as_text(testing::must_read(palyra::testing::test_file("../sdk/c/palyra_skill.h"))));
  const std::regex declaration(R"re(PALYRA_IMPORT\("([a-z-]+)",\s*"([a-z0-9-]+)"\)\s*(\w+)\s+\w+\(([^)]*)\);)re");
  std::vector<Prototype> prototypes;
  for (std::sregex_iterator it(header.begin(), header.end(), declaration), end; it != end; ++it) {
    prototypes.push_back({(*it)[1], (*it)[2], (*it)[3], split_parameters((*it)[4])});
  }
  return prototypes;
}

bool is_pointer(const std::string& parameter) { return parameter.contains('*'); }

// What a C type is on wasm32.
ValueType wasm_type(const std::string& c_type) {
  return c_type.starts_with("int64_t") && !is_pointer(c_type) ? ValueType::kI64 : ValueType::kI32;
}

const AbiFunction* row_of(const Prototype& prototype) {
  return find_abi_function("palyra:skill/" + prototype.interface + "@1.0.0", prototype.name);
}

TEST(SdkHeaderTest, DeclaresExactlyTheFunctionsOfTheTable) {
  std::set<std::string> declared;
  std::set<std::string_view> modules;
  for (const AbiFunction& row : abi_table()) modules.insert(row.module);
  for (const Prototype& prototype : sdk_prototypes()) {
    const std::string module = "palyra:skill/" + prototype.interface + "@1.0.0";
    if (modules.contains(module)) {
      EXPECT_NE(row_of(prototype), nullptr) << prototype.interface << " " << prototype.name;
    }
    declared.insert(module + " " + prototype.name);
  }
  for (const AbiFunction& row : abi_table()) {
    if (row.cls == AbiClass::kWasi || row.cls == AbiClass::kLegacy) continue;
    EXPECT_TRUE(declared.contains(name_of(row))) << name_of(row);
  }
}

TEST(SdkHeaderTest, DeclaresTheirTypes) {
  for (const Prototype& prototype : sdk_prototypes()) {
    const AbiFunction* const row = row_of(prototype);
    if (row == nullptr) continue;
    EXPECT_EQ(wasm_type(prototype.result), row->result) << prototype.name;
    std::vector<ValueType> types;
    types.reserve(prototype.parameters.size());
    for (const std::string& parameter : prototype.parameters) types.push_back(wasm_type(parameter));
    EXPECT_TRUE(std::ranges::equal(types, row->parameters)) << prototype.name;
  }
}

TEST(SdkHeaderTest, EveryPointerIsARangeOfTheTableAndConstWhenTheHostOnlyReads) {
  for (const Prototype& prototype : sdk_prototypes()) {
    const AbiFunction* const row = row_of(prototype);
    if (row == nullptr) continue;
    for (std::size_t i = 0; i < prototype.parameters.size(); ++i) {
      const auto range = std::ranges::find(row->ranges, i, &AbiRange::pointer);
      EXPECT_EQ(is_pointer(prototype.parameters[i]), range != row->ranges.end()) << prototype.name;
      if (range == row->ranges.end()) continue;
      EXPECT_EQ(prototype.parameters[i].starts_with("const "), range->direction == Direction::kIn) << prototype.name;
    }
  }
}

}  // namespace
}  // namespace palyra::capability
