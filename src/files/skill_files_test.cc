// SPDX-License-Identifier: Apache-2.0
#include "files_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace palyra::files {
namespace {

using namespace capability;  // NOLINT(google-build-using-namespace): everything here is about its files
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

TEST_F(SkillFilesTest, WritesAndReadsWhereItIsTold) {
  SkillFiles files = make();
  auto file = files.open({.at = at("a.txt"), .use = FileUse::kReadWrite, .if_missing = IfMissing::kCreate});
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->write_at(as_bytes("hello"), 0), IsOk());
  EXPECT_THAT((*file)->write_at(as_bytes("J"), 0), IsOk());
  EXPECT_EQ((*file)->append(as_bytes("!")).value(), 6U);
  EXPECT_THAT((*file)->write_at(as_bytes("x"), 8), IsOk());
  EXPECT_EQ(content("a.txt"), std::string("Jello!\0\0x", 9));
  std::array<std::uint8_t, 4> buffer{};
  EXPECT_EQ((*file)->read_at(buffer, 1).value(), 4U);
  EXPECT_EQ(as_text(buffer), "ello");
  EXPECT_EQ((*file)->read_at(buffer, 9).value(), 0U);
  EXPECT_THAT((*file)->resize(2), IsOk());
  EXPECT_THAT((*file)->sync(), IsOk());
  EXPECT_EQ((*file)->facts().value().size_bytes, 2U);
  EXPECT_EQ(content("a.txt"), "Je");
  struct stat status{};
  ASSERT_EQ(::stat(inside("a.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(SkillFilesTest, OpensAsItIsAsked) {
  SkillFiles files = make();
  put("there", "old");
  EXPECT_THAT(files.open({.at = at("missing")}), FailsWith(kFilesNotFound));
  EXPECT_THAT(files.open({.at = at("missing"), .use = FileUse::kWrite}), FailsWith(kFilesNotFound));
  EXPECT_THAT(files.open({.at = at("there"), .use = FileUse::kWrite, .if_missing = IfMissing::kMustCreate}),
              FailsWith(kFilesExists));
  EXPECT_EQ(content("there"), "old");
  EXPECT_THAT(files.open({.at = at("there"), .use = FileUse::kWrite, .if_there = IfThere::kTruncate}), IsOk());
  EXPECT_EQ(content("there"), "");
  EXPECT_THAT(files.open({.at = at("there/x")}), FailsWith(kFilesNotDirectory));
  EXPECT_THAT(files.open({.at = at("no/x"), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate}),
              FailsWith(kFilesNotFound));
  ::mkdir(inside("dir").c_str(), 0700);
  EXPECT_THAT(files.open({.at = at("dir")}), FailsWith(kFilesIsDirectory));
  EXPECT_THAT(files.open({.at = at("dir"), .use = FileUse::kWrite}), FailsWith(kFilesIsDirectory));
  const auto reader = files.open({.at = at("there")});
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT((*reader)->write_at(as_bytes("x"), 0), FailsWith(kFilesInvalid));
  std::array<std::uint8_t, 1> byte{};
  EXPECT_THAT((*reader)->read_at(byte, ~std::uint64_t{0}), FailsWith(kFilesInvalid));
  EXPECT_THAT((*reader)->write_at(as_bytes("x"), ~std::uint64_t{0}), FailsWith(kFilesInvalid));
  EXPECT_THAT((*reader)->resize(~std::uint64_t{0}), FailsWith(kFilesInvalid));
}

// F02
TEST_F(SkillFilesTest, NoPathGoesThroughALink) {
  SkillFiles files = make();
  ::symlink(outside("canary").c_str(), inside("file").c_str());
  ::symlink(outside("").c_str(), inside("dir").c_str());
  ::symlink("/", inside("slash").c_str());
  ::symlink("/proc/self/root", inside("magic").c_str());
  put("real", "inner");
  ::symlink("real", inside("inner").c_str());
  for (const std::string path : {"file", "dir/canary", "slash/etc/passwd", "magic/etc/passwd", "inner"}) {
    EXPECT_THAT(files.open({.at = at(path)}), FailsWith(kFilesDenied)) << path;
    EXPECT_THAT(
        files.open(
            {.at = at(path), .use = FileUse::kWrite, .if_missing = IfMissing::kCreate, .if_there = IfThere::kTruncate}),
        FailsWith(kFilesDenied))
        << path;
    EXPECT_THAT(files.stat(at(path)), FailsWith(kFilesDenied)) << path;
    EXPECT_THAT(files.remove(at(path), Removal::kEither), FailsWith(kFilesDenied)) << path;
    EXPECT_THAT(files.rename(at(path), "moved"), FailsWith(kFilesDenied)) << path;
    EXPECT_THAT(files.rename(at("real"), path), FailsWith(kFilesDenied)) << path;
    EXPECT_THAT(files.set_times(at(path), {}), FailsWith(kFilesDenied)) << path;
  }
  EXPECT_THAT(files.make_directory(at("dir/new")), FailsWith(kFilesDenied));
  EXPECT_THAT(files.list(at("dir"), "", 10), ::testing::AnyOf(FailsWith(kFilesDenied), FailsWith(kFilesNotDirectory)));
  EXPECT_EQ(names("", 10), std::vector<std::string>{"real"});
  EXPECT_EQ(outside_state(), outside_before_);
}

// F01
TEST_F(SkillFilesTest, NoPathLeadsOutOfTheRoot) {
  SkillFiles files = make();
  for (const std::string path : {"..", "../outside/canary", "a/../../outside/canary", "/etc/passwd", "."}) {
    EXPECT_THAT(files.open({.at = at(path), .use = FileUse::kReadWrite}), ::testing::Not(IsOk())) << path;
    EXPECT_FALSE(is_file_path(path)) << path;
  }
  EXPECT_EQ(outside_state(), outside_before_);
}

// F01
TEST_F(SkillFilesTest, APathIsNamesBetweenSlashes) {
  for (const std::string_view path : {"a", "a/b", "A b/ü.txt", "-x", ".hidden", "...", "CON", "a.", "日本/語", "x:y"}) {
    EXPECT_TRUE(is_file_path(path)) << path;
  }
  using std::string_literals::operator""s;
  for (const std::string& path :
       {""s, "/"s, "/a"s, "a/"s, "a//b"s, "./a"s, "a/."s, "a/../b"s, "a\0b"s, "a\\b"s, "a\nb"s, "\x7F"s, "\xC2\x85"s,
        "\xFF"s, "\xC0\xAF"s, "\xED\xA0\x80"s, std::string(256, 'a')}) {
    EXPECT_FALSE(is_file_path(path)) << path;
  }
  const std::string name(255, 'n');
  EXPECT_TRUE(is_file_path(name + "/" + name + "/" + name + "/" + name));
  EXPECT_FALSE(is_file_path(name + "/" + name + "/" + name + "/" + name + "/nn"));
  std::string deep = "d";
  for (int i = 1; i < 32; ++i) deep += "/d";
  EXPECT_TRUE(is_file_path(deep));
  EXPECT_FALSE(is_file_path(deep + "/d"));
}

// F03
TEST_F(SkillFilesTest, AFileWithASecondNameIsNotChanged) {
  SkillFiles files = make();
  ASSERT_EQ(::link(outside("canary").c_str(), inside("hard").c_str()), 0);
  EXPECT_THAT(files.open({.at = at("hard"), .use = FileUse::kWrite}), FailsWith(kFilesDenied));
  EXPECT_THAT(files.open({.at = at("hard"), .use = FileUse::kReadWrite, .if_there = IfThere::kTruncate}),
              FailsWith(kFilesDenied));
  EXPECT_THAT(files.set_times(at("hard"), {.modified = std::chrono::milliseconds(5)}), FailsWith(kFilesDenied));
  EXPECT_THAT(files.open({.at = at("hard")}), IsOk());  // whoever put it there let it be read
  EXPECT_EQ(outside_state(), outside_before_);
  put("other", "x");
  EXPECT_THAT(files.rename(at("other"), "hard"), IsOk());  // takes the name away, and nothing else
  EXPECT_EQ(outside_state(), outside_before_);
}

// F04
TEST_F(SkillFilesTest, SpecialFilesAreRefusedAtOnce) {
  SkillFiles files = make();
  ASSERT_EQ(::mkfifo(inside("fifo").c_str(), 0600), 0);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  inside("sock").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::vector<std::string> special{"fifo", "sock"};
  if (::mknod(inside("null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0) special.emplace_back("null");
  for (const std::string& name : special) {
    for (const FileUse use : {FileUse::kRead, FileUse::kWrite, FileUse::kReadWrite}) {
      EXPECT_THAT(files.open({.at = at(name), .use = use}), FailsWith(kFilesDenied)) << name;
    }
    EXPECT_THAT(files.stat(at(name)), FailsWith(kFilesDenied)) << name;
    EXPECT_THAT(files.remove(at(name), Removal::kEither), FailsWith(kFilesDenied)) << name;
  }
  EXPECT_THAT(names("", 10), IsEmpty());
  ::close(listener);
}

TEST_F(SkillFilesTest, AReadOnlyRootIsNotChanged) {
  SkillFiles files = make(FilesystemAccess::kReadOnly);
  put("a", "x");
  EXPECT_THAT(files.open({.at = at("a")}), IsOk());
  EXPECT_THAT(files.stat(at("a")), IsOk());
  EXPECT_THAT(files.list(at(""), "", 10), IsOk());
  EXPECT_THAT(files.open({.at = at("a"), .use = FileUse::kWrite}), FailsWith(kFilesReadOnly));
  EXPECT_THAT(files.open({.at = at("b"), .use = FileUse::kReadWrite, .if_missing = IfMissing::kCreate}),
              FailsWith(kFilesReadOnly));
  EXPECT_THAT(files.make_directory(at("b")), FailsWith(kFilesReadOnly));
  EXPECT_THAT(files.remove(at("a"), Removal::kFile), FailsWith(kFilesReadOnly));
  EXPECT_THAT(files.rename(at("a"), "b"), FailsWith(kFilesReadOnly));
  EXPECT_THAT(files.set_times(at("a"), {}), FailsWith(kFilesReadOnly));
  EXPECT_EQ(content("a"), "x");
}

TEST_F(SkillFilesTest, ADirectoryThatIsNotThereOrAnothersIsUnavailable) {
  const auto opened = [&](const std::string& directory) {
    return SkillFiles(
               {.find_root = only({.name = "data", .directory = directory, .access = FilesystemAccess::kReadOnly}),
                .ledgers = dir_.file("ledgers"),
                .max_bytes = 1,
                .max_files = 1,
                .clock = &clock_,
                .deadline = deadline_})
        .stat({.root = "data", .path = ""});
  };
  ::symlink(root_.c_str(), dir_.file("link").c_str());
  EXPECT_THAT(opened(root_), IsOk());
  EXPECT_THAT(opened(dir_.file("link")), FailsWith(kFilesUnavailable));
  EXPECT_THAT(opened(dir_.file("gone")), FailsWith(kFilesUnavailable));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(outside("").c_str(), 1234, 1234), 0);
    EXPECT_THAT(opened(outside("")), FailsWith(kFilesUnavailable));
  }
  EXPECT_THAT(make().stat({.root = "other", .path = ""}), FailsWith(kFilesUnavailable));
}

TEST_F(SkillFilesTest, ARootIsAskedForWhenItIsFirstUsedAndOnce) {
  std::vector<std::string> asked;
  SkillFiles files({.find_root =
                        [&](std::string_view name) {
                          asked.emplace_back(name);
                          return only({.name = "data", .directory = root_})(name);
                        },
                    .ledgers = dir_.file("ledgers"),
                    .max_bytes = 1,
                    .max_files = 1,
                    .clock = &clock_,
                    .deadline = deadline_});
  EXPECT_TRUE(asked.empty());
  EXPECT_THAT(files.stat(at("")), IsOk());
  EXPECT_THAT(files.list(at(""), "", 10), IsOk());
  EXPECT_EQ(asked, std::vector<std::string>{"data"});
}

TEST_F(SkillFilesTest, ListsInOrderByPage) {
  SkillFiles files = make();
  for (const char* name : {"b", "a", "c", "Z"}) put(name, "");
  ::mkdir(inside("dir").c_str(), 0700);
  put("bad\nname", "");
  put("back\\slash", "");
  EXPECT_THAT(names("", 10), ElementsAre("Z", "a", "b", "c", "dir"));
  EXPECT_THAT(names("", 2), ElementsAre("Z", "a"));
  EXPECT_THAT(names("a", 2), ElementsAre("b", "c"));
  EXPECT_THAT(names("aa", 10), ElementsAre("b", "c", "dir"));
  EXPECT_THAT(names("dir", 10), IsEmpty());
  EXPECT_THAT(names("", 0), IsEmpty());
  const auto entries = files.list(at(""), "c", 1).value();
  EXPECT_EQ(entries.front().kind, FileKind::kDirectory);
  EXPECT_EQ(entries.front().number, files.stat(at("dir")).value().number);
  EXPECT_THAT(files.list(at("a"), "", 1), FailsWith(kFilesNotDirectory));
}

// F12
TEST_F(SkillFilesTest, ALargeDirectoryIsListedPageByPage) {
  const std::size_t count = 5'000;
  for (std::size_t i = 0; i < count; ++i) {
    ::close(::open(inside(fmt::format("{:06}", i * 7919 % count)).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  SkillFiles files = make();
  std::size_t seen = 0;
  std::string after;
  for (;;) {
    const auto page = files.list(at(""), after, kMaxListedFiles).value();
    if (page.empty()) break;
    EXPECT_LE(page.size(), kMaxListedFiles);
    for (const FileEntry& entry : page) EXPECT_EQ(entry.name, fmt::format("{:06}", seen++));
    after = page.back().name;
  }
  EXPECT_EQ(seen, count);
}

TEST_F(SkillFilesTest, AListingEndsWithTheTimeOfTheCall) {
  for (int i = 0; i < 1'100; ++i) put(fmt::format("{}", i), "");
  deadline_ = Deadline(clock_.steady());
  EXPECT_THAT(make().list(at(""), "", 10), FailsWith(kFilesUnavailable));
  EXPECT_THAT(make().make_directory(at("new")), FailsWith(kFilesUnavailable));  // counts first
}

TEST_F(SkillFilesTest, MakesRemovesAndRenames) {
  SkillFiles files = make();
  EXPECT_THAT(files.make_directory(at("d")), IsOk());
  EXPECT_THAT(files.make_directory(at("d")), FailsWith(kFilesExists));
  put("d/f", "content");
  EXPECT_THAT(files.remove(at("d"), Removal::kEither), FailsWith(kFilesNotEmpty));
  EXPECT_THAT(files.remove(at("d"), Removal::kFile), FailsWith(kFilesIsDirectory));
  EXPECT_THAT(files.remove(at("d/f"), Removal::kDirectory), FailsWith(kFilesNotDirectory));
  EXPECT_THAT(files.rename(at("d/f"), "g"), IsOk());
  EXPECT_EQ(content("g"), "content");
  put("h", "replaced");
  EXPECT_THAT(files.rename(at("g"), "h"), IsOk());
  EXPECT_EQ(content("h"), "content");
  EXPECT_THAT(files.rename(at("h"), "d"), FailsWith(kFilesExists));
  EXPECT_THAT(files.rename(at("d"), "h"), FailsWith(kFilesExists));
  EXPECT_THAT(files.rename(at("d"), "d/e"), FailsWith(kFilesInvalid));
  EXPECT_THAT(files.rename(at("gone"), "x"), FailsWith(kFilesNotFound));
  EXPECT_THAT(files.remove(at("d"), Removal::kDirectory), IsOk());
  EXPECT_THAT(files.remove(at("h"), Removal::kFile), IsOk());
  EXPECT_THAT(files.remove(at("h"), Removal::kEither), FailsWith(kFilesNotFound));
  EXPECT_THAT(names("", 10), IsEmpty());
}

TEST_F(SkillFilesTest, SetsTimes) {
  SkillFiles files = make();
  put("a", "x");
  EXPECT_THAT(files.set_times(at("a"), {.modified = std::chrono::milliseconds(1'234'567)}), IsOk());
  EXPECT_EQ(files.stat(at("a")).value().modified, std::chrono::milliseconds(1'234'567));
  const auto file = files.open({.at = at("a"), .use = FileUse::kWrite});
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->set_times({.accessed = std::chrono::milliseconds(1)}), IsOk());
  EXPECT_EQ((*file)->facts().value().modified, std::chrono::milliseconds(1'234'567));
}

// F05
TEST_F(SkillFilesTest, NothingIsMovedBetweenRoots) {
  // A rename has one root: another's directory can only be named by a path, and none leads there.
  SkillFiles files = make();
  put("a", "x");
  EXPECT_THAT(files.rename(at("a"), "../outside/a"), ::testing::Not(IsOk()));
  EXPECT_THAT(files.rename(at("../outside/canary"), "b"), ::testing::Not(IsOk()));
  EXPECT_THAT(files.remove(at("../outside"), Removal::kEither), ::testing::Not(IsOk()));
  EXPECT_EQ(outside_state(), outside_before_);
}

// F14
TEST_F(SkillFilesTest, WhatIsOpenedIsJudgedAsItselfAndNotByItsName) {
  // On a file system that takes two spellings for one name the kernel answers with the file that is there; what is
  // judged is that file (its kind, its links, its place), so another spelling gains nothing. Here each is its own.
  SkillFiles files = make();
  put("Name", "upper");
  EXPECT_THAT(files.open({.at = at("name")}), FailsWith(kFilesNotFound));
  ASSERT_EQ(::link(outside("canary").c_str(), inside("NAME").c_str()), 0);
  EXPECT_THAT(files.open({.at = at("NAME"), .use = FileUse::kWrite}), FailsWith(kFilesDenied));
  EXPECT_EQ(outside_state(), outside_before_);
}

}  // namespace
}  // namespace palyra::files
