// SPDX-License-Identifier: Apache-2.0
// The log: what is in it, and that nobody changes it unseen.
#include "audit_table.h"
#include "schema.h"
#include "state_fixture.h"

#include <palyra/base/json.h>

#include <array>
#include <random>

namespace palyra::state {
namespace {

using testing::FailsWith;
using testing::IsOk;

class AuditTest : public StateTest {
 protected:
  void SetUp() override {
    const InstalledVersion active = must_install(store_, make_artifact());
    must_install(store_, make_artifact({.version = "1.1.0"}));
    ASSERT_THAT(store_.quarantine(active.content_root(), "odd"), IsOk());
    ASSERT_THAT(store_.remove(active.content_root()), IsOk());
  }
  // What the chain looks like to a reader after somebody's edit, which is then undone.
  [[nodiscard]] Result<> check_after(const std::string& sql) const {
    const Database database = Database::open(root() + "/trust.db").value();
    const Head head = load_head(database).value();
    const Transaction undone = Transaction::begin(database, TransactionKind::kWrite).value();
    EXPECT_THAT(database.script(sql.c_str()), IsOk()) << sql;
    return check_audit_chain(database, head);
  }

  StateStore store_ = must_init();
};

TEST_F(AuditTest, EveryChangeIsOneRowInOrder) {
  const std::vector<AuditRow> rows = store_.audit_rows().value();
  std::vector<std::string> events;
  events.reserve(rows.size());
  for (const AuditRow& row : rows) events.push_back(row.event + " " + row.subject);
  EXPECT_EQ(events, (std::vector<std::string>{"trust.initialised ", "trust.publisher_added acme",
                                              "skills.kept acme.demo@1.0.0", "skills.promoted acme.demo@1.0.0",
                                              "skills.kept acme.demo@1.1.0", "skills.promoted acme.demo@1.1.0",
                                              "skills.quarantined acme.demo@1.0.0", "skills.removed acme.demo@1.0.0"}));
  EXPECT_EQ(store_.generation().value(), rows.size());
  for (const AuditRow& row : rows) {
    EXPECT_EQ(row.actor, "uid 1000 (ann)");
    EXPECT_EQ(row.time, clock_.wall_seconds());
    EXPECT_TRUE(parse_json(as_bytes(row.details), {.max_bytes = 65'536, .max_depth = 8}).value().as_object() !=
                nullptr);
  }
  EXPECT_NE(rows.at(3).details.find("api.example.com"), std::string::npos) << rows.at(3).details;
}

TEST_F(AuditTest, AnUntouchedChainVerifies) {
  EXPECT_THAT(store_.verify_audit_chain(), IsOk());
  EXPECT_THAT(must_open().verify_audit_chain(), IsOk());
}

TEST_F(AuditTest, AnEditInAnyFieldOfAnyRowIsFound) {
  for (int row = 1; row <= 8; ++row) {
    for (const char* edit : {"time = time + 1", "actor = actor || 'x'", "event = 'skills.kept2'",
                             "subject = subject || 'x'", "details = details || ' '", "trust_digest = zeroblob(32)",
                             "previous = randomblob(32)", "digest = randomblob(32)", "generation = generation + 100"}) {
      EXPECT_THAT(check_after(fmt::format("UPDATE audit SET {} WHERE generation = {}", edit, row)),
                  FailsWith(kAuditBroken))
          << row << ": " << edit;
    }
  }
}

TEST_F(AuditTest, AnEditWithItsDigestMadeAgainIsFoundInTheNextRow) {
  AuditRow row = store_.audit_rows().value().at(2);
  row.details = "{}";
  EXPECT_THAT(check_after(fmt::format("UPDATE audit SET details = '{{}}', digest = x'{}' WHERE generation = 3",
                                      crypto::to_hex(audit_digest(row)))),
              FailsWith(kAuditBroken));
}

TEST_F(AuditTest, ADeletedRowIsFound) {
  for (int row = 1; row <= 8; ++row) {
    EXPECT_THAT(check_after(fmt::format("DELETE FROM audit WHERE generation = {}", row)), FailsWith(kAuditBroken))
        << row;
  }
}

TEST_F(AuditTest, SwappedAndInsertedRowsAreFound) {
  EXPECT_THAT(check_after("UPDATE audit SET generation = -generation WHERE generation IN (3, 5);"
                          "UPDATE audit SET generation = 8 + generation WHERE generation < 0"),
              FailsWith(kAuditBroken));
  for (const int place : {0, 9}) {
    EXPECT_THAT(check_after(fmt::format("INSERT INTO audit SELECT {}, time, actor, event, subject, details, "
                                        "trust_digest, previous, digest FROM audit WHERE generation = 8",
                                        place)),
                FailsWith(kAuditBroken))
        << place;
  }
  EXPECT_THAT(check_after(""), IsOk());
}

// A chain of its own, with the digests that its rows must have.
Result<> check_chain(std::vector<AuditRow> rows) {
  const Database database = Database::in_memory().value();
  EXPECT_THAT(create_schema(database, current_schema()), IsOk());
  crypto::Sha256Digest previous;
  for (AuditRow& row : rows) {
    row.previous = previous;
    row.digest = audit_digest(row);
    previous = row.digest;
    EXPECT_THAT(insert_audit_row(database, row), IsOk());
  }
  return check_audit_chain(database,
                           {.generation = rows.back().generation, .trust_generation = 1, .audit_digest = previous});
}

AuditRow row_of(std::uint64_t generation, std::string_view event) {
  AuditRow row;
  row.generation = generation;
  row.event = event;
  return row;
}

TEST_F(AuditTest, OnlyARecoveryLeavesNumbersOut) {
  EXPECT_THAT(check_chain({row_of(1, "a"), row_of(2, "b")}), IsOk());
  EXPECT_THAT(check_chain({row_of(1, "a"), row_of(7, kRecovered), row_of(8, "b")}), IsOk());
  EXPECT_THAT(check_chain({row_of(7, kRecovered), row_of(8, "b")}), IsOk());
  EXPECT_THAT(check_chain({row_of(1, "a"), row_of(7, "b")}), FailsWith(kAuditBroken));
  EXPECT_THAT(check_chain({row_of(7, "a")}), FailsWith(kAuditBroken));
  EXPECT_THAT(check_chain({row_of(0, kRecovered), row_of(1, "b")}), FailsWith(kAuditBroken));
}

// What somebody with an editor for databases does to the log of `rows` rows; never nothing.
class LogEditor {
 public:
  explicit LogEditor(int rows) : rows_(rows) {}

  std::string next() {
    switch (below(5)) {
      case 0:
        return edit();
      case 1:
        return fmt::format("DELETE FROM audit WHERE generation BETWEEN {0} AND {0} + {1}", any_row(), below(3));
      case 2:
        return swap();
      case 3:
        return insert();
      default:
        return splice();
    }
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  int any_row() { return 1 + below(rows_); }

  std::string edit() {
    static constexpr std::array kEdits = {"time = time + {}",
                                          "actor = actor || char(32 + {})",
                                          "event = char(32 + {}) || event",
                                          "subject = substr(subject || 'x', 2) || char(32 + {})",
                                          "details = replace(details, '}}', ',\"x\":{}}}')",
                                          "trust_digest = randomblob(32) /* {} */",
                                          "previous = randomblob(32) /* {} */",
                                          "digest = randomblob(32) /* {} */"};
    const auto which = static_cast<std::size_t>(below(static_cast<int>(kEdits.size())));
    return fmt::format("UPDATE audit SET {} WHERE generation = {}",
                       fmt::format(fmt::runtime(kEdits.at(which)), 1 + below(90)), any_row());
  }
  std::string swap() {
    const int a = any_row();
    const int b = 1 + (a - 1 + 1 + below(rows_ - 1)) % rows_;
    return fmt::format(
        "UPDATE audit SET generation = -generation WHERE generation IN ({0}, {1});"
        "UPDATE audit SET generation = {0} + {1} + generation WHERE generation < 0",
        a, b);
  }
  std::string make_room(int place) const {
    return fmt::format(
        "UPDATE audit SET generation = -generation WHERE generation >= {};"
        "UPDATE audit SET generation = 1 - generation WHERE generation < 0;",
        place);
  }
  static std::string copy(std::string_view columns, int from) {
    return fmt::format("INSERT INTO audit SELECT {}, previous, digest FROM audit WHERE generation = {}", columns, from);
  }
  std::string insert() {
    const int place = 1 + below(rows_ + 1);
    const int from = any_row();
    return make_room(place) + copy(fmt::format("{}, time, actor, event, subject, details, trust_digest", place),
                                   from >= place ? from + 1 : from);
  }
  // A row's fields with another's place in the chain.
  std::string splice() {
    const int a = any_row();
    const int b = 1 + (a - 1 + 1 + below(rows_ - 1)) % rows_;
    return fmt::format(
        "UPDATE audit SET (actor, event, subject, details, trust_digest) = "
        "(SELECT actor, event || ' ', subject, details, trust_digest FROM audit WHERE generation = {}) "
        "WHERE generation = {}",
        a, b);
  }

  int rows_;
  std::mt19937 random_{20'261'123};  // NOLINT(cert-msc51-cpp): the same edits each time
};

TEST_F(AuditTest, EveryGeneratedEditIsFound) {
  LogEditor editor(8);
  for (std::size_t round = 0; round < testing::scaled(2'000); ++round) {
    const std::string sql = editor.next();
    EXPECT_THAT(check_after(sql), FailsWith(kAuditBroken)) << sql;
  }
  EXPECT_THAT(check_after(""), IsOk());
}

TEST_F(AuditTest, AStoreWhoseLogLacksItsEndIsRefused) {
  ASSERT_THAT(Database::open(root() + "/trust.db").value().script("DELETE FROM audit WHERE generation > 5"), IsOk());
  EXPECT_THAT(store_.verify_audit_chain(), FailsWith(kAuditBroken));
  EXPECT_THAT(store_.add_publisher("bob", publisher_with_key(2)), FailsWith(kStoreDamaged));
  EXPECT_THAT(StateStore::open(options()), FailsWith(kStoreDamaged));
}

}  // namespace
}  // namespace palyra::state
