// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/config.h>
#include <palyra/base/testing.h>
#include <palyra/base/toml.h>

namespace palyra::app {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Pair;
using testing::TempDir;

using Environment = std::vector<std::pair<std::string, std::string>>;

struct Loader {
  TempDir dir;
  Result<LoadedConfig> load(std::string_view toml, const Environment& environment = {}) const {
    const std::string path = dir.file("config.toml");
    EXPECT_THAT(write_file_atomic(path, as_bytes(toml), 0600, Overwrite::kYes), IsOk());
    return load_config({.file = path, .file_must_exist = true, .environment = environment});
  }
};

TEST(ConfigTest, HasTheDocumentedDefaultsWithoutAFile) {
  const auto loaded = load_config({});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->config.limits.fuel_budget, 10'000'000);
  EXPECT_EQ(loaded->config.limits.wall_clock_timeout_ms, 30'000);
  EXPECT_EQ(loaded->config.limits.max_memory_bytes, 67'108'864);
  EXPECT_EQ(loaded->config.limits.max_table_elements, 100'000);
  EXPECT_EQ(loaded->config.limits.max_instances, 256);
  EXPECT_EQ(loaded->config.ceilings.fuel_budget, 100'000'000'000);
  EXPECT_EQ(loaded->config.ceilings.wall_clock_timeout_ms, 120'000);
  EXPECT_EQ(loaded->config.ceilings.max_memory_bytes, 536'870'912);
  EXPECT_EQ(loaded->config.ceilings.input_bytes, 8'388'608);
  EXPECT_EQ(loaded->config.ceilings.output_bytes, 8'388'608);
  EXPECT_FALSE(loaded->config.noninteractive_promote);
}

TEST(ConfigTest, AnEnvironmentVariableBeatsTheFile) {
  const Loader loader;
  const auto loaded =
      loader.load("[limits]\nfuel_budget = 5\nmax_instances = 7\n[policy]\nnoninteractive_promote = true\n",
                  {{"PALYRA_LIMITS__FUEL_BUDGET", "6"}, {"HOME", "/root"}});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->config.limits.fuel_budget, 6);
  EXPECT_EQ(loaded->config.limits.max_instances, 7);
  EXPECT_TRUE(loaded->config.noninteractive_promote);
  EXPECT_THAT(loaded->config.origins,
              ElementsAre(Pair("limits.fuel_budget", "PALYRA_LIMITS__FUEL_BUDGET"),
                          Pair("limits.max_instances", loader.dir.file("config.toml")),
                          Pair("policy.noninteractive_promote", loader.dir.file("config.toml"))));
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(ConfigTest, RefusesAnUnknownKeyWithItsLine) {
  const Loader loader;
  const auto loaded = loader.load("[limits]\n# a comment\nfuel = 5\n");
  ASSERT_THAT(loaded, FailsWith(kConfigUnknownKey));
  EXPECT_THAT(loaded.error().message(), HasSubstr("config.toml:3: 'limits.fuel'"));
  EXPECT_THAT(loader.load("fuel_budget = 5\n"), FailsWith(kConfigUnknownKey));
  EXPECT_THAT(loader.load("[limits.more]\nx = 5\n"), FailsWith(kConfigUnknownKey));
}

TEST(ConfigTest, RefusesAValueOutOfRangeOrOfAnotherType) {
  const Loader loader;
  const auto range = loader.load("\nlimits.fuel_budget = 0\n");
  ASSERT_THAT(range, FailsWith(kConfigOutOfRange));
  EXPECT_THAT(range.error().message(), HasSubstr("config.toml:2: limits.fuel_budget = 0"));
  EXPECT_THAT(loader.load("ceilings.max_memory_bytes = 65535"), FailsWith(kConfigOutOfRange));
  EXPECT_THAT(loader.load("limits.fuel_budget = \"many\""), FailsWith(kConfigWrongType));
  EXPECT_THAT(loader.load("policy.noninteractive_promote = 1"), FailsWith(kConfigWrongType));
  EXPECT_THAT(loader.load("", {{"PALYRA_POLICY__NONINTERACTIVE_PROMOTE", "yes"}}), FailsWith(kConfigWrongType));
  EXPECT_THAT(loader.load("", {{"PALYRA_LIMITS__FUEL_BUDGET", "-1"}}), FailsWith(kConfigOutOfRange));
}

TEST(ConfigTest, WarnsOfAVariableThatIsNoKey) {
  const Environment environment{{"PALYRA_LIMITS__FUEL", "1"}, {"PALYRA_STATE_ROOT", "/x"}, {"PALYRA_CONFIG", "/y"}};
  const auto loaded = load_config({.file = std::nullopt, .environment = environment});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("PALYRA_LIMITS__FUEL")));
}

TEST(ConfigTest, AMissingFileIsAnErrorOnlyWhenSomebodyNamedIt) {
  const TempDir dir;
  EXPECT_THAT(load_config({.file = dir.file("none"), .environment = {}}), IsOk());
  EXPECT_THAT(load_config({.file = dir.file("none"), .file_must_exist = true, .environment = {}}),
              FailsWith(kFileNotFound));
  EXPECT_THAT(Loader{}.load("= 1"), FailsWith(kTomlSyntax));
}

}  // namespace
}  // namespace palyra::app
