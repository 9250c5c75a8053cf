// SPDX-License-Identifier: Apache-2.0
#include "hosted_files.h"

#include <string>
#include <string_view>
#include <unistd.h>

namespace palyra::host {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Ran;
using testing::to_word;

class FileFunctions : public testing::HostedFiles {
 protected:
  // At 0 "data", at 8 "in", at 16 "a.txt", at 32 "hello", at 48 "b.txt", at 64 "sub", at 72 "sub/c.txt".
  static constexpr std::string_view kData =
      R"((data (i32.const 0) "data") (data (i32.const 8) "in") (data (i32.const 16) "a.txt") (data (i32.const 32) "hello")
         (data (i32.const 48) "b.txt") (data (i32.const 64) "sub") (data (i32.const 72) "sub/c.txt"))";

  // `then` runs with the handles of "data" in $h and of "in" in $in.
  Ran with_roots(std::string_view then) {
    return run(fmt::format("(local $h i32) (local $in i32) (local $f i32) (local $n i32)"
                           "(local.set $h (call $files.root (i32.const 0) (i32.const 4)))"
                           "(local.set $in (call $files.root (i32.const 8) (i32.const 2))) {}",
                           then),
               kData);
  }
  std::string roots_word(std::string_view then) { return to_word(with_roots(then).outcome); }
  // $f is a.txt of "data", opened with `flags`.
  static std::string open_a(int flags) {
    return fmt::format("(local.set $f (call $files.open (local.get $h) (i32.const 16) (i32.const 5) (i32.const {})))",
                       flags);
  }
};

constexpr std::string_view kWriteHello = "(call $files.write (local.get $f) (i32.const 32) (i32.const 5))";
constexpr std::string_view kRead = "(call $files.read (local.get $f) (i32.const 1000) (i32.const 100))";

TEST_F(FileFunctions, ARootIsFoundByItsNameAndNothingElse) {
  EXPECT_EQ(roots_word("(local.get $h)"), "returns 50000");
  EXPECT_EQ(roots_word("(local.get $in)"), "returns 50001");
  for (const std::string_view name : {"dat", "data/", "/data", "data rw", "in ro", "", "notes/", "DATA", "../data"}) {
    EXPECT_EQ(word(fmt::format("(call $files.root (i32.const 0) (i32.const {}))", name.size()),
                   fmt::format("(data (i32.const 0) \"{}\")", name)),
              "returns -3")
        << name;
  }
  EXPECT_EQ(word("(call $files.root (i32.const 0) (i32.const 241))"), "returns -4");
}

TEST_F(FileFunctions, WritesAndReadsAFile) {
  const Ran ran = with_roots(open_a(1 | 2 | 4) + fmt::format("(drop {}) ", kWriteHello) + R"(
    (if (i64.ne (call $files.seek (local.get $f) (i64.const 1) (i32.const 0)) (i64.const 1)) (then unreachable))
    (local.set $n )" + std::string(kRead) +
                             R"()
    (drop (call $call.output-write (i32.const 1000) (local.get $n)))
    (if (i64.ne (call $files.size (local.get $f)) (i64.const 5)) (then unreachable))
    (if (call $files.sync (local.get $f)) (then unreachable))
    (if (call $files.close (local.get $f)) (then unreachable))
    (call $files.close (local.get $f)))");
  EXPECT_EQ(to_word(ran.outcome), "returns -1");
  EXPECT_EQ(as_text(ran.results.output), "ello");
  EXPECT_EQ(content("data/a.txt"), "hello");
  EXPECT_THAT(ran.record.grants_used, ElementsAre("data rw"));
}

TEST_F(FileFunctions, AppendsWhereverThePositionIs) {
  put("data/a.txt", "123");
  EXPECT_EQ(roots_word(open_a(2 | 16) + fmt::format("(drop {0}) (drop (call $files.seek (local.get $f) (i64.const 0) "
                                                    "(i32.const 0))) {0}",
                                                    kWriteHello)),
            "returns 5");
  EXPECT_EQ(content("data/a.txt"), "123hellohello");
}

TEST_F(FileFunctions, FlagsMeanWhatTheySay) {
  EXPECT_EQ(roots_word(open_a(1) + "(local.get $f)"), "returns -3");
  EXPECT_EQ(roots_word(open_a(2 | 4) + "(local.get $f)"), "returns 100000");
  EXPECT_EQ(roots_word(open_a(2 | 4 | 32) + "(local.get $f)"), "returns -7");
  put("data/a.txt", "old");
  EXPECT_EQ(roots_word(open_a(2) + "(local.get $f)"), "returns 100000");
  EXPECT_EQ(content("data/a.txt"), "old");
  EXPECT_EQ(roots_word(open_a(2 | 8) + "(local.get $f)"), "returns 100000");
  EXPECT_EQ(content("data/a.txt"), "");
  for (const int flags : {0, 4, 1 | 4, 1 | 8, 1 | 16, 2 | 32, 64, -1, 16}) {
    EXPECT_EQ(roots_word(open_a(flags) + "(local.get $f)"), "returns -1") << flags;
  }
  EXPECT_EQ(roots_word(open_a(1) + std::string(kWriteHello)), "returns -1");
  EXPECT_EQ(roots_word(open_a(2) + std::string(kRead)), "returns -1");
}

TEST_F(FileFunctions, SeeksFromStartPositionAndEnd) {
  put("data/a.txt", "0123456789");
  const auto sought = [&](std::string_view offset, int whence) {
    return roots_word(open_a(1) + fmt::format("(drop (call $files.seek (local.get $f) (i64.const 4) (i32.const 0)))"
                                              "(i32.wrap_i64 (call $files.seek (local.get $f) (i64.const {}) "
                                              "(i32.const {})))",
                                              offset, whence));
  };
  EXPECT_EQ(sought("2", 0), "returns 2");
  EXPECT_EQ(sought("2", 1), "returns 6");
  EXPECT_EQ(sought("-2", 2), "returns 8");
  EXPECT_EQ(sought("20", 2), "returns 30");
  EXPECT_EQ(sought("-1", 0), "returns -1");
  EXPECT_EQ(sought("-5", 1), "returns -1");
  EXPECT_EQ(sought("0x7fffffffffffffff", 1), "returns -1");
  EXPECT_EQ(sought("0", 3), "returns -1");
}

TEST_F(FileFunctions, SaysWhatIsThere) {
  put("in/a.txt", "123456");
  std::filesystem::create_directories(dir_.file("in/sub"));
  const Ran ran = with_roots(R"(
    (if (call $files.stat (local.get $in) (i32.const 16) (i32.const 5) (i32.const 1000)) (then unreachable))
    (drop (call $call.output-write (i32.const 1000) (i32.const 16)))
    (if (call $files.stat (local.get $in) (i32.const 64) (i32.const 3) (i32.const 1000)) (then unreachable))
    (drop (call $call.output-write (i32.const 1000) (i32.const 16)))
    (if (call $files.stat (local.get $in) (i32.const 0) (i32.const 0) (i32.const 1000)) (then unreachable))
    (drop (call $call.output-write (i32.const 1000) (i32.const 1)))
    (local.set $n (call $files.list (local.get $in) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                        (i32.const 1000) (i32.const 100)))
    (drop (call $call.output-write (i32.const 1000) (local.get $n)))
    (call $files.list (local.get $in) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 1000)
          (i32.const 100)))");
  EXPECT_EQ(to_word(ran.outcome), "returns 0");
  EXPECT_EQ(as_text(ran.results.output),
            std::string_view("\1\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
                             "\5\0a.txt\3\0sub",
                             33 + 12));
  EXPECT_EQ(roots_word("(call $files.list (local.get $in) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) "
                       "(i32.const 1000) (i32.const 6))"),
            "returns -4");
  EXPECT_EQ(roots_word("(call $files.list (local.get $in) (i32.const 0) (i32.const 0) (i32.const 72) (i32.const 9) "
                       "(i32.const 1000) (i32.const 6))"),
            "returns -1");
  EXPECT_EQ(roots_word("(call $files.list (local.get $in) (i32.const 0) (i32.const 0) (i32.const 72) (i32.const 256) "
                       "(i32.const 1000) (i32.const 6))"),
            "returns -4");
}

TEST_F(FileFunctions, AFileIsUsedAsItWasOpened) {
  put("data/a.txt", "12345");
  for (const std::string& use : {open_a(2) + std::string(kRead), open_a(1) + std::string(kWriteHello)}) {
    const Ran ran = with_roots(use);
    EXPECT_EQ(to_word(ran.outcome), "returns -1") << use;
    EXPECT_THAT(ran.record.failures, ::testing::IsEmpty()) << use;  // nobody tried
  }
  EXPECT_EQ(content("data/a.txt"), "12345");
}

TEST_F(FileFunctions, AByteThatIsReadOrWrittenIsAUnitOfFuel) {
  const auto fuel_of_read = [&](const std::string& text) {
    put("data/a.txt", text);
    return with_roots(open_a(1) + std::string(kRead)).record.fuel_used;
  };
  EXPECT_EQ(fuel_of_read("hello"), fuel_of_read("") + 5);
  // What it says of a file that is there has 24 bytes.
  const auto fuel_of_stat = [&] {
    return with_roots("(call $files.stat (local.get $in) (i32.const 16) (i32.const 5) (i32.const 1000))")
        .record.fuel_used;
  };
  const std::uint64_t of_nothing = fuel_of_stat();
  put("in/a.txt", "hello");
  EXPECT_EQ(fuel_of_stat(), of_nothing + 24);
  const auto fuel_of_write = [&](int bytes) {
    put("data/a.txt", "");
    return with_roots(open_a(2) +
                      fmt::format("(call $files.write (local.get $f) (i32.const 32) (i32.const {}))", bytes))
        .record.fuel_used;
  };
  EXPECT_EQ(fuel_of_write(5), fuel_of_write(1) + 4);
}

TEST_F(FileFunctions, AWriteAndANewNameHaveALimit) {
  const Ran large = with_roots("(drop (memory.grow (i32.const 129)))" + open_a(2 | 4) +
                               "(call $files.write (local.get $f) (i32.const 0) (i32.const 8388609))");
  EXPECT_EQ(to_word(large.outcome), "returns -4");
  EXPECT_THAT(large.record.failures, ::testing::IsEmpty());  // no root's limit
  put("data/a.txt", "12345");
  const auto rename_to = [&](int at, int bytes) {
    return roots_word(
        fmt::format("(call $files.rename (local.get $h) (i32.const 16) (i32.const 5) (i32.const {}) "
                    "(i32.const {}))",
                    at, bytes));
  };
  EXPECT_EQ(rename_to(16, 1'025), "returns -4");
  EXPECT_EQ(rename_to(16, 0), "returns -1");
  EXPECT_EQ(rename_to(100, 2), "returns -1");  // two NULs
  EXPECT_EQ(content("data/a.txt"), "12345");
}

TEST_F(FileFunctions, AByteOfANameIsAUnitOfFuel) {
  const auto fuel_of = [&](const char* call, int bytes) {
    const Ran ran = with_roots(fmt::format(fmt::runtime(call), bytes));
    EXPECT_EQ(to_word(ran.outcome), "returns -3") << call;
    return ran.record.fuel_used;
  };
  // "sub" and "sub/c.txt", which are not there.
  for (const char* call :
       {"(call $files.stat (local.get $in) (i32.const 72) (i32.const {}) (i32.const 1000))",
        "(call $files.list (local.get $in) (i32.const 72) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 1000) "
        "(i32.const 9))",
        "(call $files.rename (local.get $h) (i32.const 16) (i32.const 5) (i32.const 72) (i32.const {}))"}) {
    EXPECT_EQ(fuel_of(call, 9), fuel_of(call, 3) + 6) << call;
  }
  constexpr const char* kAfter =
      "(call $files.list (local.get $in) (i32.const 64) (i32.const 3) (i32.const 16) (i32.const {}) (i32.const 1000) "
      "(i32.const 9))";
  EXPECT_EQ(fuel_of(kAfter, 5), fuel_of(kAfter, 1) + 4);
}

TEST_F(FileFunctions, MakesMovesAndRemoves) {
  put("data/a.txt", "x");
  EXPECT_EQ(roots_word(R"(
    (if (call $files.make-directory (local.get $h) (i32.const 64) (i32.const 3)) (then unreachable))
    (if (call $files.rename (local.get $h) (i32.const 16) (i32.const 5) (i32.const 72) (i32.const 9)) (then unreachable))
    (if (i32.ne (call $files.remove (local.get $h) (i32.const 64) (i32.const 3)) (i32.const -7)) (then unreachable))
    (call $files.make-directory (local.get $h) (i32.const 64) (i32.const 3)))"),
            "returns -7");
  EXPECT_EQ(content("data/sub/c.txt"), "x");
  EXPECT_EQ(roots_word(R"(
    (if (call $files.remove (local.get $h) (i32.const 72) (i32.const 9)) (then unreachable))
    (call $files.remove (local.get $h) (i32.const 64) (i32.const 3)))"),
            "returns 0");
  EXPECT_EQ(content("data/sub/c.txt"), "(none)");
}

// F01
TEST_F(FileFunctions, OtherPathsAreInvalid) {
  for (const std::string_view path :
       {"..", "../outside/x", "/etc/passwd", "a//b", "./a", "a/.", "a/", "a\\\\b", "a\\00b", "\\ff", "a\\0ab"}) {
    const std::string data = fmt::format("(data (i32.const 0) \"data\") (data (i32.const 1000) \"{}\")", path);
    std::size_t bytes = 0;  // without the escapes of the text format
    for (std::size_t i = 0; i < path.size(); ++bytes) i += path[i] != '\\' ? 1U : path[i + 1] == '\\' ? 2U : 3U;
    for (const char* call : {"(call $files.open (local.get 0) (i32.const 1000) (i32.const {}) (i32.const 7))",
                             "(call $files.stat (local.get 0) (i32.const 1000) (i32.const {}) (i32.const 2000))",
                             "(call $files.make-directory (local.get 0) (i32.const 1000) (i32.const {}))",
                             "(call $files.remove (local.get 0) (i32.const 1000) (i32.const {}))"}) {
      EXPECT_EQ(word("(local i32) (local.set 0 (call $files.root (i32.const 0) (i32.const 4)))" +
                         fmt::format(fmt::runtime(call), bytes),
                     data),
                "returns -1")
          << path << call;
    }
  }
  EXPECT_EQ(roots_word("(call $files.open (local.get $h) (i32.const 16) (i32.const 1025) (i32.const 7))"),
            "returns -4");
  EXPECT_EQ(roots_word("(call $files.open (local.get $h) (i32.const 16) (i32.const 0) (i32.const 1))"), "returns -1");
}

TEST_F(FileFunctions, ChangesBelowAReadOnlyRootAreDeniedAndTheRecordSaysHowToAllowThem) {
  put("in/a.txt", "kept");
  for (const std::string_view call :
       {"(call $files.open (local.get $in) (i32.const 16) (i32.const 5) (i32.const 2))",
        "(call $files.open (local.get $in) (i32.const 48) (i32.const 5) (i32.const 6))",
        "(call $files.make-directory (local.get $in) (i32.const 64) (i32.const 3))",
        "(call $files.remove (local.get $in) (i32.const 16) (i32.const 5))",
        "(call $files.rename (local.get $in) (i32.const 16) (i32.const 5) (i32.const 48) (i32.const 5))"}) {
    const Ran ran = with_roots(call);
    EXPECT_EQ(to_word(ran.outcome), "returns -2") << call;
    EXPECT_THAT(denials_of(ran),
                ElementsAre(AllOf(HasSubstr("files.read_only: "), HasSubstr("allowed: in ro; needs in rw"))))
        << call;
  }
  EXPECT_EQ(content("in/a.txt"), "kept");
}

TEST_F(FileFunctions, ALinkIsDeniedAndRecorded) {
  put("outside/canary", "outside");
  ::symlink(dir_.file("outside/canary").c_str(), dir_.file("data/a.txt").c_str());
  const Ran ran = with_roots(open_a(3) + "(local.get $f)");
  EXPECT_EQ(to_word(ran.outcome), "returns -2");
  EXPECT_THAT(denials_of(ran), ElementsAre(HasSubstr("symbolic link")));
  EXPECT_EQ(content("outside/canary"), "outside");
}

TEST_F(FileFunctions, WhatDoesNotFitIsTooLargeAndTheRecordNamesTheLimit) {
  const Ran ran = with_roots(open_a(6) + "(call $files.write (local.get $f) (i32.const 0) (i32.const 1001))");
  EXPECT_EQ(to_word(ran.outcome), "returns -4");
  EXPECT_THAT(ran.record.failures, ElementsAre(HasSubstr("files.max_bytes_per_root")));
  EXPECT_EQ(content("data/a.txt"), "");
}

TEST_F(FileFunctions, ACallOpensABoundedNumberOfFiles) {
  put("in/a.txt", "x");
  const std::string_view open_many = R"((loop $again
    (local.set $f (call $files.open (local.get $in) (i32.const 16) (i32.const 5) (i32.const 1)))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $again (i32.gt_s (local.get $f) (i32.const 0)))))";
  EXPECT_EQ(roots_word(fmt::format("{} (local.get $n)", open_many)), "returns 129");
  EXPECT_EQ(roots_word(fmt::format("{} (local.get $f)", open_many)), "returns -5");
  EXPECT_EQ(roots_word(fmt::format("{} (drop (call $files.close (i32.const 100000))) (call $files.open (local.get $in) "
                                   "(i32.const 16) (i32.const 5) (i32.const 1))",
                                   open_many)),
            "returns 100128");
}

TEST_F(FileFunctions, EndsTheRunForAHandleThatIsNotOfThisCall) {
  for (const std::string_view call :
       {"(call $files.open (i32.const 0) (i32.const 16) (i32.const 5) (i32.const 1))",
        "(call $files.open (i32.const 30000) (i32.const 16) (i32.const 5) (i32.const 1))",
        "(call $files.open (i32.const 50002) (i32.const 16) (i32.const 5) (i32.const 1))",
        "(call $files.stat (i32.const -1) (i32.const 16) (i32.const 5) (i32.const 1000))",
        "(call $files.list (i32.const 20000) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 9) "
        "(i32.const 9))",
        "(call $files.make-directory (i32.const 50002) (i32.const 16) (i32.const 5))",
        "(call $files.remove (i32.const 50002) (i32.const 16) (i32.const 5))",
        "(call $files.rename (i32.const 50002) (i32.const 16) (i32.const 5) (i32.const 16) (i32.const 5))",
        "(call $files.read (i32.const 50000) (i32.const 0) (i32.const 0))",
        "(call $files.write (i32.const 100000) (i32.const 0) (i32.const 0))",
        "(i32.wrap_i64 (call $files.seek (i32.const 100000) (i64.const 0) (i32.const 0)))",
        "(i32.wrap_i64 (call $files.size (i32.const 100000)))", "(call $files.sync (i32.const 100000))",
        "(call $files.close (i32.const 100000))"}) {
    EXPECT_EQ(roots_word(call), "denied") << call;
  }
  const Ran ran = with_roots(open_a(1) + std::string(kRead));
  EXPECT_EQ(to_word(ran.outcome), "denied");
  EXPECT_THAT(denials_of(ran), Contains(HasSubstr("files open \"a.txt\" answered it (not_found)")));
}

TEST_F(FileFunctions, AClosedFileIsInvalid) {
  put("data/a.txt", "x");
  const std::string closed = open_a(3) + "(drop (call $files.close (local.get $f)))";
  EXPECT_EQ(roots_word(closed + std::string(kRead)), "returns -1");
  EXPECT_EQ(roots_word(closed + std::string(kWriteHello)), "returns -1");
  EXPECT_EQ(roots_word(closed + "(i32.wrap_i64 (call $files.size (local.get $f)))"), "returns -1");
}

TEST_F(FileFunctions, WithoutDirectoriesFilesAreUnavailable) {
  setup.files = nullptr;
  EXPECT_EQ(roots_word(open_a(1) + "(local.get $f)"), "returns -6");
}

TEST_F(FileFunctions, ASecretIsNotWrittenIntoAFileOrAName) {
  testing::MapSecrets secrets;
  secrets.set("global/key", "hello-sixteen-bytes");
  setup.secrets = &secrets;
  const std::string_view data = R"((data (i32.const 0) "data") (data (i32.const 16) "a.txt")
                                   (data (i32.const 32) "hello-sixteen-bytes"))";
  const std::string head =
      "(local $f i32) (local.set $f (call $files.open (call $files.root (i32.const 0) (i32.const "
      "4)) (i32.const 16) (i32.const 5) (i32.const 6)))";
  EXPECT_EQ(word(head + "(drop (call $files.write (local.get $f) (i32.const 32) (i32.const 9)))"
                        "(call $files.write (local.get $f) (i32.const 41) (i32.const 10))",
                 data),
            "denied");
  EXPECT_EQ(content("data/a.txt"), "hello-six");
  const std::string root = "(call $files.root (i32.const 0) (i32.const 4))";
  for (const std::string& call :
       {fmt::format("(call $files.open {} (i32.const 32) (i32.const 19) (i32.const 6))", root),
        fmt::format("(call $files.make-directory {} (i32.const 32) (i32.const 19))", root),
        fmt::format("(call $files.rename {} (i32.const 16) (i32.const 5) (i32.const 32) (i32.const 19))", root)}) {
    EXPECT_EQ(word(call, data), "denied") << call;
  }
  EXPECT_EQ(content("data/hello-sixteen-bytes"), "(none)");
}

}  // namespace
}  // namespace palyra::host
