// SPDX-License-Identifier: Apache-2.0
#include "hosted_guest.h"

#include <palyra/capability/storage_port.h>
#include <palyra/host/storage_fakes.h>

#include <string>
#include <string_view>

namespace palyra::host {
namespace {

using capability::CapabilityGrantSet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Ran;
using testing::to_word;

constexpr ErrorCode kBusy{ErrorKind::kUnavailable, "test.busy"};

class StorageFunctions : public testing::HostTest {
 protected:
  StorageFunctions() {
    grants = CapabilityGrantSet::create({capability::StoragePrefix{.prefix = "a/b/"},
                                         capability::StoragePrefix{.prefix = "notes/", .max_bytes = 10},
                                         capability::ChannelUse{.name = "jobs"}})
                 .value();
    setup.storage = &storage;
  }
  // At 0 the granted prefix, at 16 the key "key" and its value "value", at 40 "\x01" and at 44 "\xff".
  static constexpr std::string_view kData =
      R"((data (i32.const 0) "notes/") (data (i32.const 16) "keyvalue") (data (i32.const 40) "\01") (data (i32.const 44) "\ff"))";

  // `then` runs with the handle of "notes/" in $h.
  Ran with_notes(std::string_view then) {
    return run(
        fmt::format("(local $h i32) (local $n i32) (local.set $h (call $storage.grant (i32.const 0) (i32.const 6))) {}",
                    then),
        kData);
  }
  std::string word(std::string_view then) { return to_word(with_notes(then).outcome); }
  void keep(const std::string& key, std::string_view value, const std::string& prefix = "notes/") {
    storage.values[{prefix, key}] = {.value = to_bytes(value), .version = ++storage.last_version};
  }
  [[nodiscard]] std::string kept(const std::string& key) const {
    const auto found = storage.values.find({"notes/", key});
    return found == storage.values.end() ? "(none)" : std::string(as_text(found->second.value));
  }

  testing::MapStorage storage;
};

// The put of "value" under "key", expecting any version.
constexpr std::string_view kPut =
    "(call $storage.put (local.get $h) (i32.const 16) (i32.const 3) (i32.const 19) (i32.const 5) (i64.const -1))";

TEST_F(StorageFunctions, AHandleIsTheNumberOfTheGrant) {
  EXPECT_EQ(word("(local.get $h)"), "returns 30001");
  EXPECT_EQ(to_word(run("(call $storage.grant (i32.const 0) (i32.const 4))", "(data (i32.const 0) \"a/b/\")").outcome),
            "returns 30000");
}

// F09
TEST_F(StorageFunctions, APrefixIsFoundByAllOfItAndNothingElse) {
  for (const std::string_view prefix : {"a/b", "a/bc/", "a//b/", "a/", "a/b/c/", "", "/", "A/B/", "../notes/", "notes",
                                        "notes/ ", "jobs", "jobs send"}) {
    const Ran ran = run(fmt::format("(call $storage.grant (i32.const 0) (i32.const {}))", prefix.size()),
                        fmt::format("(data (i32.const 0) \"{}\")", prefix));
    EXPECT_EQ(to_word(ran.outcome), "returns -3") << prefix;
  }
  EXPECT_EQ(to_word(run("(call $storage.grant (i32.const 0) (i32.const 513))").outcome), "returns -4");
}

TEST_F(StorageFunctions, PutsAValueAndAnswersItsVersion) {
  EXPECT_EQ(word(fmt::format("(i32.wrap_i64 {})", kPut)), "returns 1");
  EXPECT_EQ(kept("key"), "value");
  EXPECT_EQ(word(fmt::format("(i32.wrap_i64 {})", kPut)), "returns 2");
  // Any bytes are a value, and so are none.
  EXPECT_EQ(word("(i32.wrap_i64 (call $storage.put (local.get $h) (i32.const 16) (i32.const 3) (i32.const 44) "
                 "(i32.const 1) (i64.const 2)))"),
            "returns 3");
  EXPECT_EQ(kept("key"), "\xFF");
  EXPECT_EQ(word("(i32.wrap_i64 (call $storage.put (local.get $h) (i32.const 16) (i32.const 3) (i32.const 0) "
                 "(i32.const 0) (i64.const 3)))"),
            "returns 4");
  EXPECT_EQ(kept("key"), "");
}

TEST_F(StorageFunctions, APutOfAnotherVersionIsAConflict) {
  const auto put_expecting = [&](std::string_view version) {
    return word(
        fmt::format("(i32.wrap_i64 (call $storage.put (local.get $h) (i32.const 16) (i32.const 3) (i32.const "
                    "19) (i32.const 5) (i64.const {})))",
                    version));
  };
  EXPECT_EQ(put_expecting("1"), "returns -7");
  EXPECT_EQ(put_expecting("0"), "returns 1");
  EXPECT_EQ(put_expecting("0"), "returns -7");
  EXPECT_EQ(put_expecting("2"), "returns -7");
  EXPECT_EQ(put_expecting("0x7fffffffffffffff"), "returns -7");
  EXPECT_EQ(put_expecting("-2"), "returns -1");
  EXPECT_EQ(put_expecting("0x8000000000000000"), "returns -1");
  EXPECT_EQ(put_expecting("1"), "returns 2");
}

TEST_F(StorageFunctions, GetsAValueItsLengthAndItsVersion) {
  keep("other", "x");
  keep("key", "hello");
  const Ran ran = with_notes(R"(
    (if (i32.ne (call $storage.get (local.get $h) (i32.const 16) (i32.const 3) (i32.const 100) (i32.const 50)
                 (i32.const 200)) (i32.const 5)) (then unreachable))
    (drop (call $call.output-write (i32.const 100) (i32.const 6)))
    (i32.wrap_i64 (i64.load (i32.const 200))))");
  EXPECT_EQ(to_word(ran.outcome), "returns 2");
  EXPECT_EQ(as_text(ran.results.output), std::string_view("hello\0", 6));
  EXPECT_THAT(ran.record.grants_used, ElementsAre("notes/"));
}

TEST_F(StorageFunctions, GetsWhatFitsAndTheWholeLength) {
  keep("key", "hello");
  const Ran ran = with_notes(R"(
    (if (i32.ne (call $storage.get (local.get $h) (i32.const 16) (i32.const 3) (i32.const 100) (i32.const 2)
                 (i32.const 0)) (i32.const 5)) (then unreachable))
    (drop (call $call.output-write (i32.const 100) (i32.const 3)))
    (i32.load (i32.const 0)))");  // without a version asked for nothing is written at 0
  EXPECT_EQ(to_word(ran.outcome), fmt::format("returns {}", 0x65746F6E));
  EXPECT_EQ(as_text(ran.results.output), std::string_view("he\0", 3));
}

TEST_F(StorageFunctions, DoesNotFindWhatWasNeverPut) {
  keep("key", "x", "a/b/");
  const std::string_view get =
      "(call $storage.get (local.get $h) (i32.const 16) (i32.const 3) (i32.const 100) (i32.const 9) (i32.const 0))";
  EXPECT_EQ(word(get), "returns -3");
}

TEST_F(StorageFunctions, DeletesAValue) {
  const auto remove = [&](std::string_view version) {
    return word(
        fmt::format("(call $storage.delete (local.get $h) (i32.const 16) (i32.const 3) (i64.const {}))", version));
  };
  EXPECT_EQ(remove("-1"), "returns -3");
  keep("key", "x");
  EXPECT_EQ(remove("2"), "returns -7");
  EXPECT_EQ(remove("-2"), "returns -1");
  EXPECT_EQ(kept("key"), "x");
  EXPECT_EQ(remove("1"), "returns 0");
  EXPECT_EQ(kept("key"), "(none)");
}

// Each function with a key of so many bytes at an address.
std::vector<std::string> with_key(std::string_view at, std::size_t bytes) {
  return {
      fmt::format("(call $storage.get (local.get $h) (i32.const {}) (i32.const {}) (i32.const 0) (i32.const 0) "
                  "(i32.const 0))",
                  at, bytes),
      fmt::format("(i32.wrap_i64 (call $storage.put (local.get $h) (i32.const {}) (i32.const {}) (i32.const 0) "
                  "(i32.const 0) (i64.const -1)))",
                  at, bytes),
      fmt::format("(call $storage.delete (local.get $h) (i32.const {}) (i32.const {}) (i64.const -1))", at, bytes),
      fmt::format("(call $storage.list (local.get $h) (i32.const {}) (i32.const {}) (i32.const 0) (i32.const 9))", at,
                  bytes),
  };
}

// F01, F06
TEST_F(StorageFunctions, AKeyIsTextOfBoundedLengthWithoutControlCharacters) {
  for (const std::string& call : with_key("40", 1)) EXPECT_EQ(word(call), "returns -1") << call;  // U+0001
  for (const std::string& call : with_key("44", 1)) EXPECT_EQ(word(call), "returns -1") << call;  // no UTF-8
  for (const std::string& call : with_key("48", 1)) EXPECT_EQ(word(call), "returns -1") << call;  // NUL
  for (const std::string& call : with_key("100", 513)) EXPECT_EQ(word(call), "returns -4") << call;
  std::vector<std::string> empty = with_key("16", 0);
  EXPECT_EQ(word(empty.back()), "returns 0");  // list from the beginning
  empty.pop_back();
  for (const std::string& call : empty) EXPECT_EQ(word(call), "returns -1") << call;
  EXPECT_THAT(storage.values, IsEmpty());
}

// F12
TEST_F(StorageFunctions, AValueHasAMebibyteAtMost) {
  grants = CapabilityGrantSet::create({capability::StoragePrefix{.prefix = "notes/", .max_bytes = 1 << 22}}).value();
  limits.fuel_budget = 10'000'000;
  const auto put_bytes = [&](std::size_t bytes) {
    return word(
        fmt::format("(drop (memory.grow (i32.const 20))) (i32.wrap_i64 (call $storage.put (local.get $h) "
                    "(i32.const 16) (i32.const 3) (i32.const 1024) (i32.const {}) (i64.const -1)))",
                    bytes));
  };
  EXPECT_EQ(put_bytes((std::size_t{1} << 20U) + 1), "returns -4");
  EXPECT_EQ(put_bytes(std::size_t{1} << 20U), "returns 1");
}

TEST_F(StorageFunctions, OverItsLimitIsTooLargeAndTheRecordSaysWhichLimit) {
  const Ran ran = with_notes(
      "(i32.wrap_i64 (call $storage.put (local.get $h) (i32.const 16) (i32.const 3) (i32.const 0) (i32.const 11) "
      "(i64.const -1)))");
  EXPECT_EQ(to_word(ran.outcome), "returns -4");
  ASSERT_EQ(ran.record.failures.size(), 1U);
  EXPECT_THAT(ran.record.failures.front(), HasSubstr("\"notes/\" may hold 10 bytes"));
  EXPECT_THAT(ran.record.failures.front(), HasSubstr("storage.max_bytes_per_skill"));
}

TEST_F(StorageFunctions, ListsWholeKeysThatFit) {
  for (const char* key : {"aa", "b", "ccc"}) keep(key, "x");
  const auto list = [&](std::size_t cap, std::string_view after = "(i32.const 0) (i32.const 0)") {
    const Ran ran = with_notes(fmt::format(R"(
      (local.set $n (call $storage.list (local.get $h) {} (i32.const 100) (i32.const {})))
      (if (i32.gt_s (local.get $n) (i32.const 0))
        (then (drop (call $call.output-write (i32.const 100) (local.get $n))))) (local.get $n))",
                                           after, cap));
    return std::pair(to_word(ran.outcome), std::string(as_text(ran.results.output)));
  };
  const std::string all("\2\0aa\1\0b\3\0ccc", 12);
  EXPECT_EQ(list(12), std::pair(std::string("returns 12"), all));
  EXPECT_EQ(list(1'000), std::pair(std::string("returns 12"), all));
  EXPECT_EQ(list(11), std::pair(std::string("returns 7"), all.substr(0, 7)));
  EXPECT_EQ(list(4), std::pair(std::string("returns 4"), all.substr(0, 4)));
  EXPECT_EQ(list(3).first, "returns -4");
  EXPECT_EQ(list(0).first, "returns -4");
  EXPECT_EQ(list(100, "(i32.const 16) (i32.const 1)").first, "returns 0");  // after "k" there is nothing
  EXPECT_EQ(storage.asked_for, 34U);
  storage.values.clear();
  EXPECT_EQ(list(0).first, "returns 0");
}

TEST_F(StorageFunctions, ANumberThatIsNoStorageGrantEndsTheRun) {
  for (const std::string_view number : {"30002", "29999", "40000", "100000", "0", "-1", "-3", "0x80000000"}) {
    std::vector<std::string> calls = with_key("16", 3);
    for (const std::string& call : calls) {
      const Ran ran = with_notes(fmt::format("(local.set $h (i32.const {})) {}", number, call));
      EXPECT_EQ(to_word(ran.outcome), "denied") << number << call;
      EXPECT_EQ(ran.record.denials.size(), 1U);
    }
  }
  EXPECT_THAT(storage.values, IsEmpty());
}

TEST_F(StorageFunctions, TheMessageSaysWhichPrefixWasNotGranted) {
  const Ran ran =
      run("(call $storage.delete (call $storage.grant (i32.const 0) (i32.const 5)) (i32.const 0) (i32.const 1) "
          "(i64.const 0))",
          "(data (i32.const 0) \"evil/\")");
  ASSERT_EQ(to_word(ran.outcome), "denied");
  EXPECT_THAT(std::get<runtime::Denied>(ran.outcome).message, HasSubstr("storage grant \"evil/\""));
}

TEST_F(StorageFunctions, RangesOutsideMemoryTrapBeforeAnythingElse) {
  const std::string page = "65536";
  for (const std::string& call : with_key("65534", 3)) EXPECT_EQ(word(call), "trapped:guest_out_of_bounds") << call;
  for (const std::string& call : with_key("65537", 0)) EXPECT_EQ(word(call), "trapped:guest_out_of_bounds") << call;
  EXPECT_EQ(word("(call $storage.get (local.get $h) (i32.const 16) (i32.const 3) (i32.const 65530) (i32.const 7) "
                 "(i32.const 0))"),
            "trapped:guest_out_of_bounds");
  EXPECT_EQ(word("(call $storage.get (local.get $h) (i32.const 16) (i32.const 3) (i32.const 0) (i32.const 0) "
                 "(i32.const 65529))"),
            "trapped:guest_out_of_bounds");
  EXPECT_EQ(word("(i32.wrap_i64 (call $storage.put (local.get $h) (i32.const 16) (i32.const 3) (i32.const 1) "
                 "(i32.const 0xffffffff) (i64.const -1)))"),
            "trapped:guest_out_of_bounds");
}

TEST_F(StorageFunctions, WithoutABackendItIsUnavailable) {
  setup.storage = nullptr;
  for (const std::string& call : with_key("16", 3)) EXPECT_EQ(word(call), "returns -6") << call;
}

TEST_F(StorageFunctions, AFailureThatMayPassIsUnavailableAndTheRecordNamesIt) {
  storage.broken = Error(kBusy, "somebody else writes");
  for (const std::string& call : with_key("16", 3)) {
    const Ran ran = with_notes(call);
    EXPECT_EQ(to_word(ran.outcome), "returns -6") << call;
    EXPECT_THAT(ran.record.failures, ElementsAre(HasSubstr("somebody else writes")));
  }
}

TEST_F(StorageFunctions, EveryByteOfAKeyCostsFuel) {
  const std::vector<std::string> longer = with_key("16", 3);
  const std::vector<std::string> shorter = with_key("16", 1);
  for (std::size_t i = 0; i < longer.size(); ++i) {
    const auto fuel_of = [&](const std::string& call) {
      storage.values.clear();
      return with_notes(call).record.fuel_used;
    };
    EXPECT_EQ(fuel_of(longer[i]), fuel_of(shorter[i]) + 2) << longer[i];
  }
}

TEST_F(StorageFunctions, EveryByteOfAValueThatIsReadCostsFuel) {
  const std::string_view get =
      "(call $storage.get (local.get $h) (i32.const 16) (i32.const 3) (i32.const 100) (i32.const 2) (i32.const 0))";
  keep("key", "");
  const std::uint64_t nothing = with_notes(get).record.fuel_used;
  keep("key", std::string(1'000, 'x'));
  EXPECT_EQ(with_notes(get).record.fuel_used, nothing + 1'000);
}

}  // namespace
}  // namespace palyra::host
