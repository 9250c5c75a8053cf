// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/file.h>
#include <palyra/base/locked_bytes.h>
#include <palyra/base/sanitized.h>
#include <palyra/base/secret.h>
#include <palyra/base/testing.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <ostream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

namespace palyra {
namespace {

// The line of /proc/self/smaps of the mapping that holds `address`, from `key` on.
std::string mapping_line(const void* address, const std::string& key) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    const auto [dash, error] = std::from_chars(line.data(), line.data() + line.size(), begin, 16);
    if (error == std::errc() && *dash == '-' &&
        std::from_chars(dash + 1, line.data() + line.size(), end, 16).ec == std::errc()) {
      inside = wanted >= begin && wanted < end;
    } else if (inside && line.starts_with(key)) {
      return line;
    }
  }
  return "";
}

TEST(LockedBytesTest, HoldsWhatItIsGiven) {
  Bytes bytes(10'000);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const LockedBytes copy = LockedBytes::copy_of(bytes);
  EXPECT_TRUE(std::ranges::equal(copy.reveal(), bytes));
  LockedBytes moved = LockedBytes::copy_of(as_bytes("first"));
  moved = LockedBytes::copy_of(as_bytes("second"));
  EXPECT_EQ(as_text(moved.reveal()), "second");
  const LockedBytes taken = std::move(moved);
  EXPECT_EQ(as_text(taken.reveal()), "second");
  EXPECT_TRUE(LockedBytes().empty());
  EXPECT_TRUE(LockedBytes(0).empty());
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

// S08
TEST(LockedBytesTest, CannotBeCopiedOrPrinted) {
  static_assert(!std::is_copy_constructible_v<LockedBytes> && !std::is_copy_assignable_v<LockedBytes>);
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(!Printable<LockedBytes> && !Printable<Secret>);
  static_assert(!fmt::is_formattable<LockedBytes>::value && !fmt::is_formattable<Secret>::value);
  static_assert(!std::is_convertible_v<LockedBytes, BytesView> && !std::is_convertible_v<LockedBytes, std::string>);
}

// S06
TEST(LockedBytesTest, IsLockedAndLeftOutOfCoreDumpsAndChildren) {
  const LockedBytes secret = LockedBytes::copy_of(as_bytes("a value that nobody else may see"));
  const std::string flags = mapping_line(secret.reveal().data(), "VmFlags:");
  if (flags.empty()) GTEST_SKIP() << "no /proc/self/smaps";
  EXPECT_THAT(flags, ::testing::HasSubstr(" dd"));  // not in a dump
  EXPECT_THAT(flags, ::testing::HasSubstr(" wf"));  // wiped in a child
  if (!kSanitized) {
    EXPECT_THAT(flags, ::testing::HasSubstr(" lo"));  // not swapped out
  }
}

// S06
TEST(LockedBytesTest, DiesAtTheFirstByteBehindIt) {
  LockedBytes secret(100);
  volatile std::uint8_t* const end = secret.reveal_writable().data() + secret.size();
  EXPECT_DEATH(static_cast<void>(*end), "");
}

// S06
TEST(LockedBytesTest, ForbidsDumpsOfTheProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit core{};
    const bool forbidden = forbid_memory_dumps() && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                           ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
    ::_exit(forbidden ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace palyra
