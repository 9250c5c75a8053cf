// SPDX-License-Identifier: Apache-2.0
#include "hosted_files.h"

#include <palyra/host/asset_files.h>

#include <string>
#include <string_view>
#include <unistd.h>

namespace palyra::host {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::Ran;
using testing::to_word;

// 3 is "/data", 4 is "/in", 5 is "/assets".
class WasiFiles : public testing::HostedFiles {
 protected:
  WasiFiles() {
    assets_.add("top.txt", "asset");
    assets_.add("dir/a", "1");
    assets_.add("dir/b", "2");
    setup.assets = &assets_;
  }
  // A path at 100, what an I/O vector at 0 leads to at 200 (16 bytes), results at 300 and on.
  static std::string with_path(std::string_view path, std::string_view text = "hello") {
    return fmt::format(R"((data (i32.const 0) "\c8\00\00\00\{:02x}\00\00\00") (data (i32.const 100) "{}")
                          (data (i32.const 200) "{}"))",
                       text.size(), path, text);
  }
  // Opens the path below `fd` and leaves the descriptor at 300.
  static std::string open(int fd, std::size_t bytes, int oflags, std::int64_t rights, int fdflags = 0) {
    return fmt::format(
        "(call $wasi.path_open (i32.const {}) (i32.const 1) (i32.const 100) (i32.const {}) (i32.const {}) "
        "(i64.const {}) (i64.const 0) (i32.const {}) (i32.const 300))",
        fd, bytes, oflags, rights, fdflags);
  }
  static constexpr std::int64_t kR = 2;
  static constexpr std::int64_t kW = 64;
  static constexpr std::string_view kFd = "(i32.load (i32.const 300))";

  testing::MapAssets assets_;
};

TEST_F(WasiFiles, RootsAndAssetsArePreopens) {
  const Ran ran = run(R"((local $fd i32) (local.set $fd (i32.const 3))
    (loop $next
      (if (i32.eqz (call $wasi.fd_prestat_get (local.get $fd) (i32.const 0))) (then
        (drop (call $wasi.fd_prestat_dir_name (local.get $fd) (i32.const 16) (i32.load (i32.const 4))))
        (drop (call $call.output-write (i32.const 16) (i32.load (i32.const 4))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1))) (br $next))))
    (call $wasi.fd_prestat_get (local.get $fd) (i32.const 0)))");
  EXPECT_EQ(to_word(ran.outcome), "returns 8");
  EXPECT_EQ(as_text(ran.results.output), "/data/in/assets");
  EXPECT_EQ(word("(call $wasi.fd_prestat_dir_name (i32.const 3) (i32.const 0) (i32.const 4))"), "returns 37");
  EXPECT_EQ(word("(call $wasi.fd_prestat_get (i32.const 1) (i32.const 0))"), "returns 8");
}

TEST_F(WasiFiles, WritesSeeksAndReadsAFile) {
  const std::string body = fmt::format(R"((if {0} (then unreachable))
    (if (call $wasi.fd_write {1} (i32.const 0) (i32.const 1) (i32.const 308)) (then unreachable))
    (if (call $wasi.fd_seek {1} (i64.const 1) (i32.const 0) (i32.const 312)) (then unreachable))
    (if (call $wasi.fd_read {1} (i32.const 0) (i32.const 1) (i32.const 320)) (then unreachable))
    (drop (call $call.output-write (i32.const 200) (i32.load (i32.const 320))))
    (if (call $wasi.fd_tell {1} (i32.const 312)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 312)) (i64.const 5)) (then unreachable))
    (if (call $wasi.fd_pwrite {1} (i32.const 0) (i32.const 1) (i64.const 7) (i32.const 308)) (then unreachable))
    (if (call $wasi.fd_pread {1} (i32.const 0) (i32.const 1) (i64.const 7) (i32.const 308)) (then unreachable))
    (if (call $wasi.fd_filestat_get {1} (i32.const 400)) (then unreachable))
    (if (i64.ne (i64.load (i32.const 432)) (i64.const 12)) (then unreachable))
    (if (i32.ne (i32.load8_u (i32.const 416)) (i32.const 4)) (then unreachable))
    (if (call $wasi.fd_filestat_set_size {1} (i64.const 3)) (then unreachable))
    (if (call $wasi.fd_filestat_set_times {1} (i64.const 0) (i64.const 5000000) (i32.const 4)) (then unreachable))
    (if (call $wasi.fd_sync {1}) (then unreachable))
    (if (call $wasi.fd_advise {1} (i64.const 0) (i64.const 0) (i32.const 0)) (then unreachable))
    (if (call $wasi.fd_close {1}) (then unreachable))
    (call $wasi.fd_close {1}))",
                                       open(3, 5, 1, kR | kW), kFd);
  const Ran ran = run(body, with_path("a.txt"));
  EXPECT_EQ(to_word(ran.outcome), "returns 8");
  EXPECT_EQ(as_text(ran.results.output), "ello");
  EXPECT_EQ(content("data/a.txt"), "hel");
  EXPECT_THAT(ran.record.grants_used, ElementsAre("data rw"));
}

TEST_F(WasiFiles, EveryByteOfAFileThatIsReadCostsFuel) {
  for (const std::string_view read :
       {"(call $wasi.fd_read {1} (i32.const 0) (i32.const 1) (i32.const 320))",
        "(call $wasi.fd_pread {1} (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 320))"}) {
    const auto fuel_of = [&](const std::string& text) {
      put("in/a.txt", text);
      const Ran ran =
          run(fmt::format(fmt::runtime("(if {0} (then unreachable)) " + std::string(read)), open(4, 5, 0, kR), kFd),
              with_path("a.txt"));
      EXPECT_EQ(to_word(ran.outcome), "returns 0") << read;
      return ran.record.fuel_used;
    };
    EXPECT_EQ(fuel_of("hello"), fuel_of("") + 5) << read;
  }
}

TEST_F(WasiFiles, EveryByteOfWhatIsSaidOfAPlaceCostsFuel) {
  const auto fuel_of = [&](std::string_view call, int number) {
    return run(fmt::format(fmt::runtime(call), number)).record.fuel_used;
  };
  constexpr std::string_view kPrestat = "(call $wasi.fd_prestat_get (i32.const {}) (i32.const 0))";
  EXPECT_EQ(fuel_of(kPrestat, 3), fuel_of(kPrestat, 99) + 8);
  constexpr std::string_view kFilestat = "(call $wasi.fd_filestat_get (i32.const {}) (i32.const 0))";
  EXPECT_EQ(fuel_of(kFilestat, 3), fuel_of(kFilestat, 99) + 64);
  put("in/a.txt", "");
  constexpr std::string_view kReaddir =
      "(call $wasi.fd_readdir (i32.const 4) (i32.const 400) (i32.const {}) (i64.const 0) (i32.const 300))";
  EXPECT_EQ(fuel_of(kReaddir, 20), fuel_of(kReaddir, 10) + 10);
}

TEST_F(WasiFiles, EveryByteThatIsWrittenCostsFuel) {
  const auto fuel_of = [&](std::string_view text) {
    return run(fmt::format("(if {0} (then unreachable)) (call $wasi.fd_write {1} (i32.const 0) (i32.const 1) "
                           "(i32.const 320))",
                           open(3, 5, 1, kW), kFd),
               with_path("a.txt", text))
        .record.fuel_used;
  };
  EXPECT_EQ(fuel_of("hello"), fuel_of("h") + 4);
}

TEST_F(WasiFiles, APositionAndTheFactsOfAPathCostFuel) {
  put("in/a.txt", "hello");
  const auto fuel_of = [&](std::string_view call, int number) {
    return run(fmt::format(fmt::runtime("(drop {0}) " + std::string(call)), open(4, 5, 0, kR), number),
               with_path("a.txt"))
        .record.fuel_used;
  };
  // The first descriptor that a program opens is 6.
  constexpr std::string_view kTell = "(call $wasi.fd_tell (i32.const {1}) (i32.const 320))";
  EXPECT_EQ(fuel_of(kTell, 6), fuel_of(kTell, 99) + 8);
  // a.txt and a.txz, which is not there.
  constexpr std::string_view kStat =
      "(i32.store8 (i32.const 104) (i32.const {1})) (call $wasi.path_filestat_get (i32.const 4) (i32.const 1) "
      "(i32.const 100) (i32.const 5) (i32.const 400))";
  EXPECT_EQ(fuel_of(kStat, 't'), fuel_of(kStat, 'z') + 64);
}

TEST_F(WasiFiles, AppendsWithTheFlag) {
  put("data/a.txt", "123");
  EXPECT_EQ(
      word(fmt::format("(if {} (then unreachable)) (call $wasi.fd_write {} (i32.const 0) (i32.const 1) (i32.const "
                       "308))",
                       open(3, 5, 0, kW, 1), kFd),
           with_path("a.txt")),
      "returns 0");
  EXPECT_EQ(content("data/a.txt"), "123hello");
}

TEST_F(WasiFiles, OpensAsItIsAsked) {
  put("data/a.txt", "old");
  std::filesystem::create_directories(dir_.file("data/sub"));
  const auto opened = [&](std::string_view path, int oflags, std::int64_t rights, int fd = 3) {
    return word(open(fd, path.size(), oflags, rights), with_path(path));
  };
  EXPECT_EQ(opened("none", 0, kR), "returns 44");
  EXPECT_EQ(opened("a.txt", 1 | 4, kR | kW), "returns 20");
  EXPECT_EQ(opened("a.txt", 2, kR), "returns 54");
  EXPECT_EQ(opened("sub", 2, kR), "returns 0");
  EXPECT_EQ(opened("sub", 0, kR), "returns 0");
  EXPECT_EQ(opened("sub", 0, kW), "returns 31");
  EXPECT_EQ(opened(".", 0, kR), "returns 0");
  EXPECT_EQ(opened(".", 0, kW), "returns 31");
  EXPECT_EQ(opened("sub/../a.txt", 0, kR), "returns 0");
  EXPECT_EQ(opened(".//a.txt", 0, kR), "returns 0");
  EXPECT_EQ(opened("a.txt", 16, kR), "returns 28");
  EXPECT_EQ(opened("", 0, kR), "returns 44");
  EXPECT_EQ(opened("a.txt", 0, kR, 1), "returns 54");
  EXPECT_EQ(opened("a.txt", 0, kR, 99), "returns 8");
  EXPECT_EQ(opened("a\\\\b", 0, kR), "returns 25");
  EXPECT_EQ(word(open(3, 5, 0, kR, 16), with_path("a.txt")), "returns 58");
  EXPECT_EQ(content("data/a.txt"), "old");
  EXPECT_EQ(opened("a.txt", 8, kR | kW), "returns 0");
  EXPECT_EQ(content("data/a.txt"), "");
}

// F01, F02
TEST_F(WasiFiles, NoPathLeadsOutOfAPreopen) {
  put("outside/canary", "outside");
  ::symlink(dir_.file("outside").c_str(), dir_.file("data/link").c_str());
  for (const std::string_view path : {"..", "../outside/canary", "a/../../outside/canary", "/etc/passwd", "//"}) {
    const Ran ran = run(open(3, path.size(), 1, kR | kW), with_path(path));
    EXPECT_EQ(to_word(ran.outcome), "returns 76") << path;
    EXPECT_THAT(denials_of(ran), ElementsAre(AllOf(HasSubstr("files.denied: the path "), HasSubstr(" of /data; "))))
        << path;
  }
  EXPECT_EQ(word(open(3, 11, 0, kR), with_path("link/canary")), "returns 76");
  EXPECT_EQ(word(open(3, 11, 8, kR | kW), with_path("link/canary")), "returns 76");
  EXPECT_EQ(content("outside/canary"), "outside");
}

TEST_F(WasiFiles, AReadOnlyRootIsNotChanged) {
  put("in/a.txt", "kept");
  EXPECT_EQ(word(open(4, 5, 0, kR), with_path("a.txt")), "returns 0");
  for (const std::string& call :
       {open(4, 5, 8, kR | kW), open(4, 5, 0, kW),
        std::string("(call $wasi.path_unlink_file (i32.const 4) (i32.const 100) (i32.const 5))"),
        std::string("(call $wasi.path_rename (i32.const 4) (i32.const 100) (i32.const 5) (i32.const 4) (i32.const 100) "
                    "(i32.const 1))"),
        std::string("(call $wasi.path_filestat_set_times (i32.const 4) (i32.const 0) (i32.const 100) (i32.const 5) "
                    "(i64.const 0) (i64.const 0) (i32.const 4))")}) {
    EXPECT_EQ(word(call, with_path("a.txt")), "returns 69") << call;
  }
  EXPECT_EQ(word("(call $wasi.path_create_directory (i32.const 4) (i32.const 100) (i32.const 3))", with_path("new")),
            "returns 69");
  EXPECT_EQ(content("in/a.txt"), "kept");
}

TEST_F(WasiFiles, MakesMovesAndRemoves) {
  const auto on = [&](std::string_view function, std::string_view path) {
    return word(fmt::format("(call $wasi.{} (i32.const 3) (i32.const 100) (i32.const {}))", function, path.size()),
                with_path(path));
  };
  EXPECT_EQ(on("path_create_directory", "sub"), "returns 0");
  EXPECT_EQ(on("path_create_directory", "sub"), "returns 20");
  EXPECT_EQ(on("path_create_directory", "."), "returns 20");
  put("data/sub/f", "x");
  EXPECT_EQ(on("path_remove_directory", "sub"), "returns 55");
  EXPECT_EQ(on("path_remove_directory", "sub/f"), "returns 54");
  EXPECT_EQ(on("path_unlink_file", "sub"), "returns 31");
  // "sub/f" becomes "f": the last byte of the same text.
  EXPECT_EQ(word("(call $wasi.path_rename (i32.const 3) (i32.const 100) (i32.const 5) (i32.const 3) (i32.const 104) "
                 "(i32.const 1))",
                 with_path("sub/f")),
            "returns 0");
  EXPECT_EQ(content("data/f"), "x");
  // F05
  EXPECT_EQ(word("(call $wasi.path_rename (i32.const 3) (i32.const 100) (i32.const 1) (i32.const 4) (i32.const 100) "
                 "(i32.const 1))",
                 with_path("f")),
            "returns 75");
  EXPECT_EQ(on("path_unlink_file", "f"), "returns 0");
  EXPECT_EQ(on("path_remove_directory", "sub"), "returns 0");
  EXPECT_EQ(on("path_remove_directory", "."), "returns 28");
}

TEST_F(WasiFiles, StatsAndReadsNoLinks) {
  put("data/a.txt", "12345");
  const Ran ran = run(
      "(drop (call $wasi.path_filestat_get (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 400)))"
      "(i32.add (i32.mul (i32.load8_u (i32.const 416)) (i32.const 100)) (i32.load (i32.const 432)))",
      with_path("a.txt"));
  EXPECT_EQ(to_word(ran.outcome), "returns 405");
  const std::string_view readlink =
      "(call $wasi.path_readlink (i32.const 3) (i32.const 100) (i32.const 5) (i32.const 0) (i32.const 9) (i32.const "
      "300))";
  EXPECT_EQ(word(readlink, with_path("a.txt")), "returns 28");
  EXPECT_EQ(word(readlink, with_path("b.txt")), "returns 44");
}

// Lists the directory of descriptor `fd` with a buffer of `bytes`, asking on as programs do, and outputs the names.
std::string list_all(std::string_view fd, int bytes) {
  return fmt::format(R"((local $used i32) (local $at i32) (local $length i32) (local $cookie i64)
    (block $done (loop $page
      (if (call $wasi.fd_readdir {0} (i32.const 1000) (i32.const {1}) (local.get $cookie) (i32.const 900)) (then unreachable))
      (local.set $used (i32.load (i32.const 900))) (local.set $at (i32.const 0))
      (loop $entry
        (br_if $done (i32.eqz (local.get $used)))
        (if (i32.le_u (i32.add (local.get $at) (i32.const 24)) (local.get $used)) (then
          (local.set $length (i32.load offset=1016 (local.get $at)))
          (if (i32.le_u (i32.add (i32.add (local.get $at) (i32.const 24)) (local.get $length)) (local.get $used)) (then
            (drop (call $call.output-write (i32.add (local.get $at) (i32.const 1024)) (local.get $length)))
            (local.set $cookie (i64.load offset=1000 (local.get $at)))
            (local.set $at (i32.add (i32.add (local.get $at) (i32.const 24)) (local.get $length)))
            (br $entry)))))
        )
      (br_if $page (i32.eq (local.get $used) (i32.const {1})))))
    (i32.const 0))",
                     fd, bytes);
}

TEST_F(WasiFiles, ListsADirectoryInPiecesOfAnySize) {
  std::string all;
  for (int i = 0; i < 300; ++i) {
    const std::string name = fmt::format("n{:03}", i);
    put("in/" + name, "");
    all += name;
  }
  for (const int bytes : {28, 40, 100, 4'096, 30'000}) {
    const Ran ran = run(list_all("(i32.const 4)", bytes));
    EXPECT_EQ(to_word(ran.outcome), "returns 0") << bytes;
    EXPECT_EQ(as_text(ran.results.output), all) << bytes;
  }
  EXPECT_EQ(word("(call $wasi.fd_readdir (i32.const 4) (i32.const 0) (i32.const 99) (i64.const 299) (i32.const 900))"
                 "drop (i32.load8_u (i32.const 24))"),
            fmt::format("returns {}", int{'n'}));
  EXPECT_EQ(word("(drop (call $wasi.fd_readdir (i32.const 4) (i32.const 0) (i32.const 99) (i64.const 300) (i32.const "
                 "900))) (i32.load (i32.const 900))"),
            "returns 0");
  EXPECT_EQ(word("(drop (call $wasi.fd_readdir (i32.const 4) (i32.const 0) (i32.const 99) (i64.const -1) (i32.const "
                 "900))) (i32.load (i32.const 900))"),
            "returns 0");
}

TEST_F(WasiFiles, AssetsAreADirectoryThatIsNotChanged) {
  const Ran listed = run(list_all("(i32.const 5)", 1'000));
  EXPECT_EQ(as_text(listed.results.output), "dirtop.txt");
  const Ran ran = run(fmt::format(R"((if {0} (then unreachable)) (if (call $wasi.fd_read {1} (i32.const 0) (i32.const 1)
                                     (i32.const 308)) (then unreachable))
                                     (call $call.output-write (i32.const 200) (i32.load (i32.const 308))))",
                                  open(5, 7, 0, kR), kFd),
                      with_path("top.txt", "................"));
  EXPECT_EQ(as_text(ran.results.output), "asset");
  EXPECT_TRUE(ran.record.grants_used.empty());
  EXPECT_EQ(word(open(5, 3, 0, kR), with_path("dir")), "returns 0");
  EXPECT_EQ(word(open(5, 5, 0, kR), with_path("dir/c")), "returns 44");
  EXPECT_EQ(word(open(5, 7, 0, kR | kW), with_path("top.txt")), "returns 69");
  EXPECT_EQ(word(open(5, 3, 1, kR | kW), with_path("new")), "returns 69");
  EXPECT_EQ(word("(call $wasi.path_unlink_file (i32.const 5) (i32.const 100) (i32.const 7))", with_path("top.txt")),
            "returns 69");
  EXPECT_EQ(word("(call $wasi.path_rename (i32.const 5) (i32.const 100) (i32.const 7) (i32.const 5) (i32.const 100) "
                 "(i32.const 3))",
                 with_path("top.txt")),
            "returns 69");
  EXPECT_EQ(word("(call $wasi.path_create_directory (i32.const 5) (i32.const 100) (i32.const 3))", with_path("new")),
            "returns 69");
}

TEST(AssetFilesTest, AnAssetIsNoDirectory) {
  testing::MapAssets assets;
  assets.add("data/a.json", "{}");
  AssetFiles files(&assets);
  EXPECT_THAT(files.list({.root = "assets", .path = "data/a.json"}, "", 10), FailsWith(capability::kFilesNotDirectory));
  EXPECT_THAT(files.list({.root = "assets", .path = "data"}, "", 10), IsOk());
  EXPECT_THAT(files.open({.at = {.root = "assets", .path = "data"}}), FailsWith(capability::kFilesIsDirectory));
}

TEST_F(WasiFiles, LimitsAreToldAsAFullQuota) {
  const Ran ran = run(fmt::format("(if {} (then unreachable)) (call $wasi.fd_filestat_set_size {} (i64.const 1001))",
                                  open(3, 5, 1, kW), kFd),
                      with_path("a.txt"));
  EXPECT_EQ(to_word(ran.outcome), "returns 19");
  EXPECT_THAT(ran.record.failures, ElementsAre(HasSubstr("files.max_bytes_per_root")));
}

TEST_F(WasiFiles, ADescriptorIsOfItsKind) {
  EXPECT_EQ(word("(drop (call $wasi.fd_fdstat_get (i32.const 3) (i32.const 0))) (i32.load8_u (i32.const 0))"),
            "returns 3");
  EXPECT_EQ(word("(call $wasi.fd_read (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 308))", with_path("a")),
            "returns 31");
  EXPECT_EQ(word("(call $wasi.fd_write (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 308))", with_path("a")),
            "returns 31");
  EXPECT_EQ(word("(call $wasi.fd_seek (i32.const 3) (i64.const 0) (i32.const 0) (i32.const 312))"), "returns 31");
  put("data/a.txt", "x");
  const std::string opened = fmt::format("(if {} (then unreachable))", open(3, 5, 0, kR));
  EXPECT_EQ(word(opened + fmt::format("(call $wasi.fd_write {} (i32.const 0) (i32.const 1) (i32.const 308))", kFd),
                 with_path("a.txt")),
            "returns 8");
  EXPECT_EQ(word(opened + fmt::format("(call $wasi.fd_readdir {} (i32.const 0) (i32.const 9) (i64.const 0) (i32.const "
                                      "308))",
                                      kFd),
                 with_path("a.txt")),
            "returns 54");
  EXPECT_EQ(word(opened + fmt::format("(call $wasi.fd_renumber {} (i32.const 1))", kFd), with_path("a.txt")),
            "returns 0");
}

TEST_F(WasiFiles, ACallOpensABoundedNumberOfFiles) {
  put("data/a.txt", "x");
  EXPECT_EQ(word(fmt::format("(local $n i32) (loop $again (local.set $n (i32.add (local.get $n) (i32.const 1)))"
                             "(br_if $again (i32.eqz {}))) (local.get $n)",
                             open(3, 5, 0, kR)),
                 with_path("a.txt")),
            "returns 129");
}

TEST_F(WasiFiles, ASecretIsNotWrittenIntoAFileOrAName) {
  testing::MapSecrets secrets;
  secrets.set("global/key", "sixteen-bytes-16");
  setup.secrets = &secrets;
  EXPECT_EQ(
      word(fmt::format("(if {} (then unreachable)) (call $wasi.fd_write {} (i32.const 0) (i32.const 1) (i32.const "
                       "308))",
                       open(3, 5, 1, kW), kFd),
           with_path("a.txt", "sixteen-bytes-16")),
      "denied");
  EXPECT_EQ(content("data/a.txt"), "");
  EXPECT_EQ(word(open(3, 16, 1, kW), with_path("sixteen-bytes-16")), "denied");
  EXPECT_EQ(word("(call $wasi.path_create_directory (i32.const 3) (i32.const 100) (i32.const 16))",
                 with_path("sixteen-bytes-16")),
            "denied");
}

}  // namespace
}  // namespace palyra::host
