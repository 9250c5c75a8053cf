// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/shell_quoted.h>
#include <palyra/base/testing.h>

namespace palyra {
namespace {

TEST(ShellQuotedTest, AStrangersTextStaysOneWordOfAShell) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("https://a.example:443/ GET"), "'https://a.example:443/ GET'");
  EXPECT_EQ(shell_quoted("/$(id)'; touch x"), R"('/$(id)'\''; touch x')");
}

}  // namespace
}  // namespace palyra
