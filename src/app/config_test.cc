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

// Key and origin of what is not at its default.
std::vector<std::pair<std::string, std::string>> changed(const LoadedConfig& loaded) {
  std::vector<std::pair<std::string, std::string>> changed;
  for (const ConfigValue& each : loaded.values) {
    if (each.origin != "default") changed.emplace_back(each.key->name, each.origin);
  }
  return changed;
}

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
  EXPECT_THAT(changed(*loaded), ElementsAre(Pair("limits.fuel_budget", "PALYRA_LIMITS__FUEL_BUDGET"),
                                            Pair("limits.max_instances", loader.dir.file("config.toml:3")),
                                            Pair("policy.noninteractive_promote", loader.dir.file("config.toml:5"))));
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST(ConfigTest, EveryRowOfTheTableHasAValueItAllowsAndTakesItFromFileAndEnvironment) {
  for (const ConfigKey& key : config_keys()) {
    SCOPED_TRACE(key.name);
    const Json value = key.default_value();
    const bool stands_for_another = value.as_string() != nullptr && value.as_string()->starts_with('[');
    const bool number = std::holds_alternative<IntegerRange>(key.allowed);
    const std::string text = !stands_for_another ? to_text(value) : number ? "1" : "\"x\"";
    const Loader loader;
    const auto from_file = loader.load(fmt::format("{} = {}\n", key.name, text));
    ASSERT_THAT(from_file, IsOk());
    EXPECT_THAT(changed(*from_file), ElementsAre(Pair(std::string(key.name), loader.dir.file("config.toml:1"))));
    const std::string bare = text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
    const auto from_environment = loader.load("", {{key.variable(), bare}});
    ASSERT_THAT(from_environment, IsOk());
    EXPECT_THAT(changed(*from_environment), ElementsAre(Pair(std::string(key.name), key.variable())));
    EXPECT_EQ(from_environment->warnings.empty(), key.is_used());
  }
}

TEST(ConfigTest, TheDocumentedTableIsTheTable) {
  const Bytes bytes = testing::must_read(testing::test_file("../docs/cli.md"));
  for (const ConfigKey& key : config_keys()) {
    const Json value = key.default_value();
    const std::string row = fmt::format(
        "| `{}` | {} | {} | {} |{}|\n", key.name, value.as_string() == nullptr ? to_text(value) : *value.as_string(),
        key.allowed_text(), key.applies == Applies::kLive ? "live" : "restart", key.is_used() ? " " : " reserved ");
    EXPECT_THAT(std::string(as_text(bytes)), HasSubstr(row));
  }
}

TEST(ConfigTest, SaysThatAReservedKeyHasNoEffect) {
  const Loader loader;
  const auto loaded = loader.load("[server]\nsocket = 'p.sock'\n");
  ASSERT_THAT(loaded, IsOk());
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("config.toml:2: server.socket has no effect")));
}

// However the key is spelled.
TEST(ConfigTest, NamesTheLineOfTheKeyInEverySpelling) {
  const Loader loader;
  const auto message = [&](std::string_view toml) {
    const auto loaded = loader.load(toml);
    return loaded ? "loaded" : loaded.error().message();
  };
  EXPECT_THAT(message("limits . fuel_budget = 1\n\n'limits'.\"max_instances\" = 0\n"), HasSubstr("config.toml:3: "));
  EXPECT_THAT(message("limits = { fuel_budget = 1, max_instances = 0 }\n"), HasSubstr("config.toml:1: "));
  EXPECT_THAT(message("[ 'limits' ] # max_instances = 1\nfuel_budget = 1\n\tmax_instances = 0\n"),
              HasSubstr("config.toml:3: "));
  EXPECT_THAT(message("[policy]\nupdates = \"\"\"\nmax_instances = 0\"\"\"\n"), HasSubstr("config.toml:2: "));
  EXPECT_THAT(message("\n\"limits.fuel_budget\" = 1\n"),
              HasSubstr("config.toml:2: '\"limits.fuel_budget\"' is no key"));
  EXPECT_THAT(message("[limits]\n[server]\n[http]\n"), "loaded");
  EXPECT_THAT(message("[limits]\n[nothing]\n"), HasSubstr("config.toml:2: 'nothing' is no key"));
  EXPECT_THAT(message("\nlimits = 3\n"), HasSubstr("config.toml:2: 'limits' is no key"));
}

TEST(ConfigTest, RefusesAnUnknownKeyWithItsLine) {
  const Loader loader;
  const auto loaded = loader.load("[limits]\n# a comment\nfuel = 5\n");
  ASSERT_THAT(loaded, FailsWith(kConfigUnknownKey));
  EXPECT_THAT(loaded.error().message(), HasSubstr("config.toml:3: 'limits.fuel'"));
  EXPECT_THAT(loader.load("limits.fuel_buget = 5\n").error().next(), ElementsAre("did you mean 'limits.fuel_budget'?"));
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
  EXPECT_THAT(loader.load("server.socket = 1"), FailsWith(kConfigWrongType));
  EXPECT_THAT(loader.load("policy.updates = 'sometimes'"), FailsWith(kConfigOutOfRange));
  EXPECT_THAT(loader.load("server.socket = ''"), FailsWith(kConfigOutOfRange));
  EXPECT_THAT(loader.load(fmt::format("http.ca_file = '{}'", std::string(4'097, 'x'))), FailsWith(kConfigOutOfRange));
  EXPECT_THAT(loader.load("policy.max_grants_per_class = 1001"), FailsWith(kConfigOutOfRange));
  EXPECT_THAT(loader.load("policy.noninteractive_promote = 1"), FailsWith(kConfigWrongType));
  EXPECT_THAT(loader.load("", {{"PALYRA_POLICY__NONINTERACTIVE_PROMOTE", "yes"}}), FailsWith(kConfigWrongType));
  EXPECT_THAT(loader.load("", {{"PALYRA_LIMITS__FUEL_BUDGET", "-1"}}), FailsWith(kConfigOutOfRange));
}

TEST(ConfigTest, WarnsOfAVariableThatIsNoKey) {
  const Environment environment{{"PALYRA_LIMITS__FUEL", "1"}, {"PALYRA_STATE_ROOT", "/x"}, {"PALYRA_CONFIG", "/y"}};
  const auto loaded = load_config({.file = std::nullopt, .environment = environment});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("PALYRA_LIMITS__FUEL is no setting and was ignored")));
  const Environment near{{"PALYRA_LIMITS__FUEL_BUDGT", "1"}};
  EXPECT_THAT(load_config({.file = std::nullopt, .environment = near})->warnings,
              ElementsAre(HasSubstr("did you mean PALYRA_LIMITS__FUEL_BUDGET?")));
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
