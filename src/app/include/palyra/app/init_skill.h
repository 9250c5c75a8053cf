// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: a new skill that builds, tests and packages as it stands.

#include <palyra/base/error.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::app {

inline constexpr ErrorCode kInitNotEmpty{ErrorKind::kAlreadyExists, "package.directory_not_empty"};
inline constexpr ErrorCode kInitName{ErrorKind::kInvalidArgument, "package.init_name"};

enum class GuestLanguage : std::uint8_t { kC, kCpp, kRust, kGo, kAssemblyScript, kWat };

struct GuestLanguageName {
  std::string_view name;  // as a person types it
  GuestLanguage language;
};
inline constexpr GuestLanguageName kGuestLanguages[] = {{"c", GuestLanguage::kC},
                                                        {"cpp", GuestLanguage::kCpp},
                                                        {"rust", GuestLanguage::kRust},
                                                        {"go", GuestLanguage::kGo},
                                                        {"assemblyscript", GuestLanguage::kAssemblyScript},
                                                        {"wat", GuestLanguage::kWat}};

struct InitSkillRequest {
  std::string directory;  // made, or empty; its last part becomes the skill's name
  GuestLanguage language = GuestLanguage::kC;
  std::string publisher;
};

struct InitSkillReply {
  std::string skill_id;
  std::string name;
  std::string tool_id;
  std::string sample_input;        // JSON that the tool takes
  std::vector<std::string> files;  // written, relative to the directory
};

// Errors: kInitName (no publisher or skill could be called so), kInitNotEmpty, and those of writing.
Result<InitSkillReply> init_skill(const InitSkillRequest& request);

}  // namespace palyra::app
