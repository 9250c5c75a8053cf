// SPDX-License-Identifier: Apache-2.0
// A row that says what no row of ours can is refused for what it says, not only for a digest that does not fit.
#include "sqlite.h"
#include "state_fixture.h"
#include "trust_table.h"
#include "version_table.h"

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

class DamagedRowsTest : public StateTest {
 protected:
  // A store with a skill of acme's, in which an outsider did `sql`.
  [[nodiscard]] Database store_after(const std::string& sql) const {
    std::filesystem::remove_all(root());
    StateStore store = must_init();
    must_install(store, make_artifact());
    Database database = Database::open(root() + "/trust.db").value();
    const std::string free_hand = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";
    EXPECT_THAT(database.script((free_hand + sql).c_str()), IsOk());
    return database;
  }
  [[nodiscard]] std::string trust_after(const std::string& sql) const {
    const auto trust = load_trust_rows(store_after(sql));
    EXPECT_THAT(trust, FailsWith(kStoreDamaged)) << sql;
    return trust ? "" : std::string(trust.error().message());
  }
  [[nodiscard]] std::string versions_after(const std::string& sql) const {
    const auto versions = load_versions(store_after(sql));
    EXPECT_THAT(versions, FailsWith(kStoreDamaged)) << sql;
    return versions ? "" : std::string(versions.error().message());
  }
};

TEST_F(DamagedRowsTest, OfTrustAreRefusedForWhatTheySay) {
  EXPECT_EQ(trust_after("UPDATE skill SET highest_version = 'x'"), "'x' is no version");
  // 1, were it cut to 32 bits.
  EXPECT_EQ(trust_after("UPDATE publisher SET threshold = 4294967297"),
            "publisher 'acme' has the threshold 4294967297");
  EXPECT_THAT(trust_after("UPDATE publisher SET threshold = 2"), ::testing::StartsWith("publisher 'acme': "));
  EXPECT_EQ(trust_after("DELETE FROM skill"), "a content root belongs to no skill");
}

TEST_F(DamagedRowsTest, OfVersionsAreRefusedForWhatTheySay) {
  EXPECT_THAT(versions_after("UPDATE version_tool SET content_root = zeroblob(32)"),
              ::testing::StartsWith("a row belongs to no version: 0000"));
  EXPECT_THAT(versions_after("UPDATE version_grant SET json = '{'"), ::testing::StartsWith("a grant is no JSON: "));
  EXPECT_THAT(versions_after("UPDATE version_grant SET json = '{}'"),
              ::testing::StartsWith("a grant is no capability: "));
  EXPECT_THAT(versions_after("INSERT INTO version_grant SELECT content_root, class, 'twice', "
                             "json_set(json, '$.redirects', 1) FROM version_grant"),
              ::testing::StartsWith("the grants make no set: "));
}

}  // namespace
}  // namespace palyra::state
