// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/testing.h>
#include <palyra/capability/run_record.h>

namespace palyra::capability {
namespace {

RunRecord full_record() {
  RunRecord record;
  record.duration = std::chrono::nanoseconds(12'345'678);
  record.fuel_used = 0xFFFF'FFFF'FFFF'FFFF;
  record.peak_memory_bytes = 65'536;
  record.host_calls = {{.module = "palyra:skill/call@1.0.0", .name = "log", .calls = 3}};
  record.bytes_in = 1;
  record.bytes_out = 2;
  record.grants_held = std::vector<std::string>{"http:https://api.example.com:443/"};
  record.grants_used = {"a", "b"};
  record.denials = {{.code = "http.not_granted",
                     .asked = "GET https://a.example:443/",
                     .allowed = "no http",
                     .capability = "https://a.example:443/ GET",
                     .next = {"palyra skills promote acme.a@1.0.0"}}};
  record.failures = {"GET https://a.example/: connection refused"};
  record.log = {{.level = LogLevel::kTrace, .text = "quote \" line"}, {.level = LogLevel::kError, .text = ""}};
  record.log_lines_dropped = 7;
  return record;
}

TEST(RunRecordJsonTest, GivesBackEveryField) {
  const std::string text = to_text(to_json(full_record()));
  const Json json = parse_json(as_bytes(text), {.max_bytes = text.size(), .max_depth = 4}).value();
  EXPECT_EQ(run_record_from_json(json), full_record());
  EXPECT_EQ(run_record_from_json(to_json(RunRecord{})), RunRecord{});
}

TEST(RunRecordJsonTest, EveryDurationComesBackToTheNanosecondAndIsNoInteger) {
  const auto written = [](std::int64_t nanoseconds) {
    RunRecord record;
    record.duration = std::chrono::nanoseconds(nanoseconds);
    const Json json = to_json(record);
    EXPECT_EQ(run_record_from_json(json)->duration, record.duration);
    EXPECT_NE(json.find("duration_ms")->as_double(), nullptr) << nanoseconds;
    std::string text;
    append_json(text, record);
    return text.substr(0, text.find(','));
  };
  EXPECT_EQ(written(0), R"({"duration_ms":0.0)");
  EXPECT_EQ(written(1), R"({"duration_ms":0.000001)");
  EXPECT_EQ(written(2'340), R"({"duration_ms":0.00234)");
  EXPECT_EQ(written(12'000'000), R"({"duration_ms":12.0)");
  EXPECT_EQ(written(86'400'000'000'001), R"({"duration_ms":86400000.000001)");
}

TEST(RunRecordJsonTest, RefusesARecordThatLacksAMemberOrHasOneOfAnotherType) {
  const Json whole = to_json(full_record());
  for (const Json::Member& left_out : *whole.as_object()) {
    if (left_out.first == "failures") continue;  // below
    Json without;
    Json other;
    for (const auto& [key, value] : *whole.as_object()) {
      if (key != left_out.first) without.set(key, value);
      other.set(key, key == left_out.first ? Json(true) : value);
    }
    EXPECT_EQ(run_record_from_json(without), std::nullopt) << left_out.first;
    EXPECT_EQ(run_record_from_json(other), std::nullopt) << left_out.first;
  }
}

TEST(RunRecordJsonTest, ReadsARecordFromBeforeFailuresWereRecorded) {
  Json without;
  const Json whole = to_json(full_record());
  for (const auto& [key, value] : *whole.as_object()) {
    if (key != "failures") without.set(key, value);
  }
  RunRecord expected = full_record();
  expected.failures.clear();
  EXPECT_EQ(run_record_from_json(without), expected);
}

TEST(RunRecordJsonTest, ReadsADenialFromBeforeDenialsHadFields) {
  const auto denial = denial_from_json(Json("'x' is not granted"));
  ASSERT_TRUE(denial.has_value());
  EXPECT_EQ(to_text(*denial), "denied: 'x' is not granted");
}

TEST(RunRecordJsonTest, RefusesElementsOfAnotherForm) {
  for (const char* changed : {R"("host_calls":[{"module":"m","name":"n"}])", R"("grants_used":[1])", R"("denials":[1])",
                              R"("denials":[{"code":"a","asked":"b","allowed":"","capability":""}])",
                              R"("denials":[{"code":"a","asked":"b","allowed":"","capability":"","next":[1]}])",
                              R"("failures":[1])", R"("failures":true)", R"("log":[{"level":"loud","text":""}])",
                              R"("duration_ms":-1)", R"("duration_ms":1e300)", R"("fuel_used":-1)"}) {
    const Json member =
        parse_json(as_bytes(fmt::format("{{{}}}", changed)), {.max_bytes = 1000, .max_depth = 8}).value();
    Json record;
    const Json whole = to_json(full_record());
    for (const auto& [key, value] : *whole.as_object()) {
      const Json* replaced = member.find(key);
      record.set(key, replaced == nullptr ? value : *replaced);
    }
    EXPECT_EQ(run_record_from_json(record), std::nullopt) << changed;
  }
}

}  // namespace
}  // namespace palyra::capability
