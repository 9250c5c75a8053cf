// SPDX-License-Identifier: Apache-2.0
#pragma once
// A guest with two roots of real files: "data" to write, "in" to read.

#include "hosted_guest.h"

#include <palyra/files/skill_files.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace palyra::testing {

class HostedFiles : public HostTest {
 protected:
  HostedFiles() {
    for (const char* name : {"data", "in", "outside"}) std::filesystem::create_directories(dir_.file(name));
    grants = capability::CapabilityGrantSet::create(
                 {capability::FilesystemRoot{.name = "data", .access = capability::FilesystemAccess::kReadWrite},
                  capability::FilesystemRoot{.name = "in"}, capability::StoragePrefix{.prefix = "notes/"},
                  capability::SecretUse{.scope = "global", .key = "key"}})
                 .value();
    setup.files = &files_;
  }
  void put(const std::string& path, std::string_view text) const {
    std::ofstream(dir_.file(path), std::ios::binary) << text;
  }
  [[nodiscard]] std::string content(const std::string& path) const {
    std::ifstream in(dir_.file(path), std::ios::binary);
    if (!in) return "(none)";
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::optional<files::FileRoot> find_root(std::string_view name) {
    using enum capability::FilesystemAccess;
    if (name != "data" && name != "in") return std::nullopt;
    return files::FileRoot{.name = std::string(name),
                           .directory = std::filesystem::canonical(dir_.file(std::string(name))).string(),
                           .access = name == "in" ? kReadOnly : kReadWrite};
  }
  std::string word(std::string_view body, std::string_view data = "") { return to_word(run(body, data).outcome); }

  TempDir dir_;
  SystemClock real_clock_;
  files::SkillFiles files_{{.find_root = [this](auto name) { return find_root(name); },
                            .ledgers = dir_.file("ledgers"),
                            .max_bytes = 1'000,
                            .max_files = 20,
                            .clock = &real_clock_,
                            .deadline = Deadline::after(real_clock_, std::chrono::hours(1))}};
};

}  // namespace palyra::testing
