// SPDX-License-Identifier: Apache-2.0
// A store with ten thousand versions. The time that this process computed is printed, not judged.
#include "state_fixture.h"
#include "store_parts.h"
#include "version_table.h"

#include <algorithm>
#include <ctime>
#include <limits>
#include <map>

namespace palyra::state {
namespace {

using testing::IsOk;

constexpr std::size_t kVersionsOfASkill = 10;

// As promotions would have left it: the last version of each skill is active.
InstalledVersion made_up_version(std::size_t number, std::uint64_t generation) {
  const std::size_t skill = number / kVersionsOfASkill;
  const std::size_t minor = number % kVersionsOfASkill;
  const std::string id = fmt::format("acme.skill{}", skill);
  InstalledVersion version;
  version.artifact = {.sha256 = crypto::sha256(as_bytes(fmt::format("file {}", number))),
                      .content_root = crypto::sha256(as_bytes(fmt::format("content {}", number))),
                      .size_bytes = 100'000,
                      .proof = NameProof::kProven,
                      .publisher = "acme",
                      .skill_id = id,
                      .version = fmt::format("1.{}.0", minor),
                      .decision = "allowlisted",
                      .stage = "",
                      .code = "",
                      .message = "",
                      .first_seen = {1'795'305'600}};
  version.status = minor + 1 == kVersionsOfASkill ? VersionStatus::kActive : VersionStatus::kSuperseded;
  version.status_reason = "promoted by uid 1000 (ann)";
  version.generation = generation;
  version.tools = {id + ".run"};
  version.entries = {{.name = "assets/data.txt", .sha256 = {}, .size_bytes = 10},
                     {.name = "modules/demo.wasm", .sha256 = {}, .size_bytes = 90'000},
                     {.name = "skill.toml", .sha256 = {}, .size_bytes = 500}};
  version.grants = one_grant();
  return version;
}

class ManyVersionsTest : public StateTest {
 protected:
  void fill(std::size_t versions) const {
    const auto parts = open_parts(options(), current_schema()).value();
    Change change = Change::begin(*parts).value();
    std::map<std::string, skills::SkillRecord> skills;
    for (std::size_t number = 0; number < versions; ++number) {
      const InstalledVersion version = made_up_version(number, change.generation());
      ASSERT_THAT(save_version(parts->database, version), IsOk());
      const skills::Version of = skills::Version::parse(version.artifact.version).value();
      skills::SkillRecord& record = skills[version.artifact.skill_id];
      record.publisher = "acme";
      record.highest_version = of;
      record.content.emplace(of, version.content_root());
    }
    for (auto& [skill_id, record] : skills) change.trust().restore_skill(skill_id, std::move(record));
    ASSERT_THAT(change.commit("test.filled", "", Json::Object{}), IsOk());
  }
  // The fastest of three.
  template <class Work>
  void time(const char* what, const Work& work) const {
    std::clock_t best = std::numeric_limits<std::clock_t>::max();
    for (int round = 0; round < 3; ++round) {
      const std::clock_t begun = std::clock();
      work();
      best = std::min(best, std::clock() - begun);
    }
    fmt::print("{:<24} {:>8.1f} ms\n", what, 1'000.0 * static_cast<double>(best) / CLOCKS_PER_SEC);
  }
};

TEST_F(ManyVersionsTest, AreReadAsFewAre) {
  must_init();
  const std::size_t versions = testing::scaled(10'000);
  fill(versions);
  const StateStore store = must_open();
  EXPECT_EQ(store.versions().value().size(), versions);
  EXPECT_EQ(store.versions_of("acme.skill7").value().size(), kVersionsOfASkill);
  EXPECT_EQ(store.find_active("acme.skill7.run").value().artifact.version, "1.9.0");

  time("open", [&] { must_open(); });
  time("versions", [&] { EXPECT_THAT(store.versions(), IsOk()); });
  time("versions_of", [&] { EXPECT_THAT(store.versions_of("acme.skill7"), IsOk()); });
  time("trust", [&] { EXPECT_THAT(store.trust(), IsOk()); });
  time("open and find_active", [&] { EXPECT_THAT(must_open().find_active("acme.skill7.run"), IsOk()); });
  time("find_active again", [&] { EXPECT_THAT(store.find_active("acme.skill7.run"), IsOk()); });
}

}  // namespace
}  // namespace palyra::state
