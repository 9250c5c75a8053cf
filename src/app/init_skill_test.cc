// SPDX-License-Identifier: Apache-2.0
#include "app_fixture.h"

#include <palyra/skills/verify.h>

#include <map>

namespace palyra::app {
namespace {

using testing::FailsWith;
using testing::IsOk;

class InitSkillTest : public AppTest {};

TEST_F(InitSkillTest, ASkillInTextRunsAndPackagesAsItStands) {
  const std::string directory = dir_.file("My Skill");
  const auto reply = init_skill({.directory = directory, .language = GuestLanguage::kWat, .publisher = "acme"});
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->skill_id, "acme.my-skill");
  const Bytes wat = testing::must_read(directory + "/modules/my-skill.wat");
  const Execution execution =
      run_tool(services_, InlineModule{.bytes = wat, .name = "echo", .export_name = "echo"},
               {.arguments = as_bytes(reply->sample_input), .limits = {}, .started = clock_.steady()});
  ASSERT_FALSE(execution.error) << execution.error->error.describe();
  EXPECT_EQ(as_text(execution.output.bytes), R"({"echo":{"text":"hello"}})");

  const crypto::SigningKey key = signing_key();
  BuildPackageRequest request;
  request.directory = directory;
  request.signing_key = &key;
  request.output = dir_.file("out.palyra-skill");
  request.created = 1'795'305'600;
  ASSERT_THAT(build_package(services_, request), IsOk());
  const Bytes first = testing::must_read(request.output);
  ASSERT_THAT(build_package(services_, request), IsOk());
  EXPECT_EQ(testing::must_read(request.output), first);
}

TEST_F(InitSkillTest, ASkillOfEveryLanguageCarriesItsSdkAndScriptsThatCanBeStarted) {
  const std::map<std::string_view, std::string> sdks{{"c", "sdk/palyra_skill.h"},
                                                     {"cpp", "sdk/palyra_skill.hpp"},
                                                     {"rust", "sdk/src/lib.rs"},
                                                     {"go", "sdk/palyra.go"},
                                                     {"assemblyscript", "assembly/palyra/palyra.ts"},
                                                     {"wat", "modules/wat.wat"}};
  for (const auto& [name, language] : kGuestLanguages) {
    const std::string directory = dir_.file(std::string(name));
    const auto reply = init_skill({.directory = directory, .language = language, .publisher = "acme"});
    ASSERT_THAT(reply, IsOk()) << name;
    EXPECT_THAT(reply->files, ::testing::IsSupersetOf({"skill.toml", "README.md", "build.sh", "test.sh"})) << name;
    EXPECT_THAT(reply->files, ::testing::Contains(sdks.at(name))) << name;
    for (const std::string& file : reply->files) {
      const Bytes text = testing::must_read(directory + "/" + file);
      EXPECT_FALSE(text.empty()) << name << " " << file;
      EXPECT_EQ(as_text(text).find("{{"), std::string::npos) << name << " " << file;
    }
    for (const char* script : {"build.sh", "test.sh"}) {
      const auto mode = std::filesystem::status(directory + "/" + script).permissions();
      EXPECT_NE(mode & std::filesystem::perms::owner_exec, std::filesystem::perms::none) << name << " " << script;
    }
  }
}

TEST_F(InitSkillTest, RefusesADirectoryWithSomethingInItAndNamesThatCannotBe) {
  write(dir_.file("file"), "x");
  EXPECT_THAT(init_skill({.directory = dir_.path(), .publisher = "acme"}), FailsWith(kInitNotEmpty));
  EXPECT_THAT(init_skill({.directory = dir_.file("file"), .publisher = "acme"}), FailsWith(kInitNotEmpty));
  EXPECT_THAT(init_skill({.directory = dir_.file("new"), .publisher = "A!"}), FailsWith(kInitName));
  EXPECT_THAT(init_skill({.directory = "/", .publisher = "acme"}), FailsWith(kInitName));
  EXPECT_FALSE(std::filesystem::exists(dir_.file("new")));
}

TEST_F(InitSkillTest, BuildRefusesLinksAndModulesWithoutAModulesName) {
  const std::string directory = dir_.file("skill");
  ASSERT_THAT(init_skill({.directory = directory, .language = GuestLanguage::kWat, .publisher = "acme"}), IsOk());
  const crypto::SigningKey key = signing_key();
  BuildPackageRequest request;
  request.directory = directory;
  request.signing_key = &key;
  request.output = dir_.file("out.palyra-skill");
  std::filesystem::create_directories(directory + "/assets");
  std::filesystem::create_symlink("/etc/passwd", directory + "/assets/data.txt");
  EXPECT_THAT(build_package(services_, request), FailsWith(kPackageNotAFile));
  std::filesystem::remove(directory + "/assets/data.txt");
  write(directory + "/modules/notes.txt", "x");
  EXPECT_THAT(build_package(services_, request), FailsWith(kPackageModuleName));
  std::filesystem::remove_all(directory + "/modules");
  EXPECT_THAT(build_package(services_, request), FailsWith(kPackageNoModule));
  EXPECT_FALSE(std::filesystem::exists(request.output));
}

}  // namespace
}  // namespace palyra::app
