// SPDX-License-Identifier: Apache-2.0
// Reading the runs log, and finding what somebody did to it.
#include "audit_table.h"
#include "run_anchor.h"
#include "run_segment.h"
#include "state_fixture.h"

#include <palyra/state/run_history.h>
#include <palyra/state/run_log.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace palyra::state {
namespace {

namespace fs = std::filesystem;
using testing::FailsWith;
using testing::IsOk;

class RunHistoryTest : public StateTest {
 protected:
  static RunEntry entry_number(std::int64_t number) {
    RunEntry entry;
    entry.run_id = fmt::format("{:032x}", number);
    RunSubject subject{.tool_id = number % 2 == 0 ? "acme.demo.even" : "acme.demo.odd", .actor = "uid 1000 (ann)"};
    entry.started = std::chrono::milliseconds(number);
    if (number % 3 == 0) {
      entry.error_kind = "Disabled";
      entry.error_code = "run.disabled";
    } else {
      subject.skill = RunSkill{.id = "acme.demo", .version = "1.0.0", .content_root = {}};
    }
    entry.subject = std::make_shared<const RunSubject>(std::move(subject));
    return entry;
  }

  static std::string line_of(const RunEntry& entry) { return fmt::format(R"({{"run":{}}})", to_text(to_json(entry))); }

  [[nodiscard]] Directory runs() const { return Directory::open(root()).value().make_directory("runs").value(); }

  // A segment that is named after its first entry.
  std::string write_segment(std::int64_t first, std::int64_t last) const {
    const std::chrono::milliseconds time(first);
    SegmentWriter writer = SegmentWriter::create(runs(), time).value();
    for (std::int64_t number = first; number <= last; ++number) {
      const std::string line = line_of(entry_number(number));
      EXPECT_THAT(writer.write({&line, 1}), IsOk());
    }
    return list_segments(runs()).value().back();
  }

  [[nodiscard]] std::string path(const std::string& segment) const { return root() + "/runs/" + segment; }
  [[nodiscard]] std::string text(const std::string& segment) const {
    return std::string(as_text(testing::must_read(path(segment))));
  }
  void overwrite(const std::string& segment, std::string_view with) const { scribble(path(segment), as_bytes(with)); }

  // Makes the audit log name what is there.
  void anchor() {
    ASSERT_THAT(store_.add_publisher(fmt::format("pub{}", ++publishers_), publisher_with_key(1)), IsOk());
  }

  StateStore store_ = must_init();
  int publishers_ = 0;
};

std::vector<std::string> ids(const RunsFound& found) {
  std::vector<std::string> ids;
  for (const RunEntry& entry : found.entries) ids.push_back(entry.run_id.substr(30));
  return ids;
}

TEST_F(RunHistoryTest, AStoreInWhichNothingRanHasNoRuns) {
  EXPECT_TRUE(find_runs(root(), {}).value().entries.empty());
  EXPECT_EQ(store_.verify_run_log().value().segments, 0U);
}

TEST_F(RunHistoryTest, TheNewestComesFirstOverAllSegments) {
  write_segment(1, 4);
  write_segment(3, 6);
  EXPECT_EQ(ids(find_runs(root(), {}).value()),
            (std::vector<std::string>{"06", "05", "04", "04", "03", "03", "02", "01"}));
  EXPECT_EQ(ids(find_runs(root(), {.limit = 3}).value()), (std::vector<std::string>{"06", "05", "04"}));
}

TEST_F(RunHistoryTest, FiltersByToolSkillOutcomeAndRun) {
  write_segment(1, 9);
  EXPECT_EQ(ids(find_runs(root(), {.tool_id = "acme.demo.even"}).value()),
            (std::vector<std::string>{"08", "06", "04", "02"}));
  EXPECT_EQ(ids(find_runs(root(), {.skill_id = "acme.demo", .limit = 2}).value()),
            (std::vector<std::string>{"08", "07"}));
  EXPECT_EQ(ids(find_runs(root(), {.failed_only = true}).value()), (std::vector<std::string>{"09", "06", "03"}));
  EXPECT_EQ(ids(find_runs(root(), {.run_id_prefix = entry_number(5).run_id}).value()), std::vector<std::string>{"05"});
  EXPECT_TRUE(find_runs(root(), {.run_id_prefix = "ff"}).value().entries.empty());
}

TEST_F(RunHistoryTest, SegmentsThatCannotHoldANewerEntryAreNotRead) {
  const std::string old_segment = write_segment(1, 3);
  fs::last_write_time(path(old_segment),
                      fs::file_time_type(std::chrono::file_clock::from_sys(
                          std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(3)))));
  const std::string new_segment = write_segment(1'000, 1'003);
  overwrite(old_segment, "never read\n");
  fs::last_write_time(path(old_segment),
                      fs::file_time_type(std::chrono::file_clock::from_sys(
                          std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(3)))));
  EXPECT_EQ(find_runs(root(), {.limit = 3}).value().unreadable_lines, 0U);
  EXPECT_EQ(find_runs(root(), {.limit = 5}).value().unreadable_lines, 1U);
}

TEST_F(RunHistoryTest, WhatCannotBeReadIsCountedAndHidesNothingElse) {
  const std::string segment = write_segment(1, 3);
  overwrite(segment, "{}\nnot json\n{\"run\":{}}\n" + text(segment) + "{\"run\":{\"run_id\":\"");
  fs::create_directory(root() + "/runs/0000000000009-1.ndjson");
  std::ofstream(root() + "/runs/notes.txt") << "not a segment";
  const RunsFound found = find_runs(root(), {}).value();
  EXPECT_EQ(ids(found), (std::vector<std::string>{"03", "02", "01"}));
  EXPECT_EQ(found.unreadable_lines, 3U);
  EXPECT_EQ(found.unreadable_segments, 1U);
}

TEST_F(RunHistoryTest, SegmentsAreKnownByTheirNames) {
  EXPECT_TRUE(is_segment_name("1795305600123-77.ndjson"));
  for (const char* name : {"", ".ndjson", "1795305600123-.ndjson", "1795305600123.ndjson", "179530560012-77.ndjson",
                           "1795305600123-7x.ndjson", "1795305600123-77.ndjson.bak", "179530560012x-77.ndjson"}) {
    EXPECT_FALSE(is_segment_name(name)) << name;
  }
}

TEST_F(RunHistoryTest, AnEditOfAnyByteOfAnyLineIsFound) {
  const std::string segment = write_segment(1, 3);
  const std::string good = text(segment);
  ASSERT_THAT(store_.verify_run_log(), IsOk());
  const std::size_t step = std::max<std::size_t>(1, 23 / testing::scaled(23));
  for (std::size_t at = 0; at + 1 < good.size(); at += step) {  // without the last line end, which makes a torn line
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    overwrite(segment, bad);
    EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken)) << at;
  }
}

TEST_F(RunHistoryTest, DeletedSwappedAndRepeatedLinesAreFound) {
  const std::string segment = write_segment(1, 3);
  const std::string good = text(segment);
  const SegmentLines split = split_lines(good);
  const std::string one = std::string(split.lines[0]) + "\n";
  const std::string two = std::string(split.lines[1]) + "\n";
  const std::string three = std::string(split.lines[2]) + "\n";
  for (const std::string& bad : {two + three, one + three, one + three + two, two + one + three,
                                 one + one + two + three, one + "\n" + two + three, one + two + two + three}) {
    overwrite(segment, bad);
    EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken)) << bad;
  }
  overwrite(segment, good);
  EXPECT_THAT(store_.verify_run_log(), IsOk());
}

TEST_F(RunHistoryTest, ALineThatIsWellChainedButNoEntryIsFound) {
  SegmentWriter writer = SegmentWriter::create(runs(), std::chrono::milliseconds(1)).value();
  const std::string line = R"({"run":{}})";
  ASSERT_THAT(writer.write({&line, 1}), IsOk());
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
}

TEST_F(RunHistoryTest, ASegmentUnderAnothersNameIsFound) {
  const std::string one = write_segment(1, 2);
  const std::string two = write_segment(3, 4);
  fs::rename(path(one), root() + "/runs/swap");
  fs::rename(path(two), path(one));
  fs::rename(root() + "/runs/swap", path(two));
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
}

TEST_F(RunHistoryTest, AnchoredSegmentsCannotBeDeletedCutOrWrittenAnew) {
  const std::string segment = write_segment(1, 3);
  anchor();
  EXPECT_EQ(store_.verify_run_log().value().unanchored_segments, 0U);
  const std::string good = text(segment);
  const SegmentLines split = split_lines(good);

  fs::remove(path(segment));
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
  overwrite(segment, std::string(split.lines[0]) + "\n" + std::string(split.lines[1]) + "\n");
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
  overwrite(segment, good.substr(0, good.size() - 1));  // the last line torn, below its anchor
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
  overwrite(segment, "");
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));

  // Other runs with a chain that is right in itself.
  fs::remove(path(segment));
  SegmentWriter forged = SegmentWriter::create(runs(), std::chrono::milliseconds(1)).value();
  for (const std::int64_t number : {7, 8, 9}) {
    const std::string line = line_of(entry_number(number));
    ASSERT_THAT(forged.write({&line, 1}), IsOk());
  }
  ASSERT_TRUE(fs::exists(path(segment)));
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));

  fs::remove_all(root() + "/runs");
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
}

TEST_F(RunHistoryTest, AGrownSegmentIsAnchoredAgain) {
  const std::chrono::milliseconds time(1);
  SegmentWriter writer = SegmentWriter::create(runs(), time).value();
  const std::string line = line_of(entry_number(1));
  ASSERT_THAT(writer.write({&line, 1}), IsOk());
  anchor();
  ASSERT_THAT(writer.write({&line, 1}), IsOk());
  EXPECT_EQ(store_.verify_run_log().value().unanchored_segments, 1U);
  anchor();
  EXPECT_EQ(store_.verify_run_log().value().unanchored_segments, 0U);
  const Database database = Database::open(root() + "/trust.db").value();
  const std::vector<RunAnchor> anchors = load_anchors(database).value();
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_EQ(anchors[0].lines, 1U);
  EXPECT_EQ(anchors[1].lines, 2U);
}

TEST_F(RunHistoryTest, ASegmentOfLongBeforeTheLastChangeIsNotAnchoredAgain) {
  const std::string segment = write_segment(1, 3);
  anchor();
  fs::last_write_time(path(segment), fs::file_time_type::clock::now() - std::chrono::hours(24 * 365 * 30));
  anchor();
  const Database database = Database::open(root() + "/trust.db").value();
  EXPECT_EQ(load_anchors(database).value().size(), 1U);
  EXPECT_THAT(store_.verify_run_log(), IsOk());
}

TEST_F(RunHistoryTest, ATornLineIsNoDamageAndIsNotAnchored) {
  const std::string segment = write_segment(1, 2);
  overwrite(segment, text(segment) + "{\"run\":{\"run_id\":\"00");
  anchor();
  const RunLogFacts facts = store_.verify_run_log().value();
  EXPECT_EQ(facts.torn_segments, 1U);
  EXPECT_EQ(facts.runs, 2U);
  EXPECT_EQ(facts.unanchored_segments, 0U);
}

TEST_F(RunHistoryTest, ABrokenSegmentStandsInNobodysWayAndIsFound) {
  const std::string segment = write_segment(1, 2);
  overwrite(segment, "edited\n" + text(segment));
  anchor();
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kRunLogBroken));
}

TEST_F(RunHistoryTest, AnchorsAreInTheAuditLogAndUnderItsChain) {
  write_segment(1, 2);
  anchor();
  EXPECT_NE(store_.audit_rows().value().back().details.find("\"runs\":[{\"segment\":"), std::string::npos);
  EXPECT_THAT(store_.verify_audit_chain(), IsOk());
  const Database database = Database::open(root() + "/trust.db").value();
  ASSERT_THAT(database.script("UPDATE audit SET details = '{}' WHERE generation = 2"), IsOk());
  EXPECT_THAT(store_.verify_run_log(), FailsWith(kAuditBroken));
}

TEST_F(RunHistoryTest, DetailsThatNobodyHereWroteAreRefused) {
  const Database database = Database::open(root() + "/trust.db").value();
  for (const char* details : {R"({"runs":[{}]})", R"({"runs":[1]})", R"({"runs": x)",
                              R"({"runs":[{"segment":"a","lines":0,"chain":"00"}]})"}) {
    ASSERT_THAT(database.run("UPDATE audit SET details = ?1", details), IsOk());
    EXPECT_THAT(load_anchors(database), FailsWith(kAuditBroken)) << details;
  }
  ASSERT_THAT(database.run("UPDATE audit SET details = ?1", R"({"reason":"\"runs\":"})"), IsOk());
  EXPECT_TRUE(load_anchors(database).value().empty());
}

TEST_F(RunHistoryTest, ADamagedSegmentIsFoundOrReadsAsBefore) {
  const std::string segment = write_segment(1, 12);
  anchor();
  const Bytes good = testing::must_read(path(segment));
  const std::vector<RunEntry> truth = find_runs(root(), {}).value().entries;
  std::mt19937 random(20'261'124);  // NOLINT(cert-msc51-cpp): the same damage each time
  for (std::size_t round = 0; round < testing::scaled(4'000); ++round) {
    Bytes bad = good;
    if (round % 8 == 0) {
      bad.resize(random() % bad.size());
    } else {
      bad[random() % bad.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    }
    overwrite(segment, as_text(bad));
    const auto facts = store_.verify_run_log();
    if (!facts) {
      ASSERT_THAT(facts, FailsWith(kRunLogBroken)) << round;
      continue;
    }
    ASSERT_EQ(find_runs(root(), {}).value().entries, truth) << round;
  }
}

}  // namespace
}  // namespace palyra::state
