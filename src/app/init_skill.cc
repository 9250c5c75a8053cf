// SPDX-License-Identifier: Apache-2.0
#include "templates.h"

#include <palyra/app/init_skill.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/skill_names.h>

#include <filesystem>
#include <system_error>

namespace palyra::app {
namespace {

namespace fs = std::filesystem;

struct Names {
  std::string publisher;
  std::string skill_id;
  std::string name;
};

// What the tool `greet` is written in.
struct LanguageTemplates {
  std::string_view language;
  std::string_view source;
  std::string_view sdk;
  std::string_view toolchain;
  std::span<const Template> files;
};

LanguageTemplates templates_of(GuestLanguage language) {
  switch (language) {
    case GuestLanguage::kC:
      return {"C", "src/greet.c", "sdk/palyra_skill.h", "clang-19 and lld-19", c_templates()};
    case GuestLanguage::kCpp:
      return {"C++", "src/greet.cpp", "sdk/palyra_skill.hpp", "clang-19, lld-19 and libc++ for wasm32-wasi",
              cpp_templates()};
    case GuestLanguage::kRust:
      return {"Rust", "src/greet.rs", "sdk/", "cargo with the target wasm32-unknown-unknown", rust_templates()};
    case GuestLanguage::kGo:
      return {"Go", "greet.go", "sdk/", "Go 1.24 or newer", go_templates()};
    case GuestLanguage::kAssemblyScript:
      return {"AssemblyScript", "assembly/greet.ts", "assembly/palyra/", "the compiler that `npm install` brings",
              assemblyscript_templates()};
    case GuestLanguage::kWat:
      return {};
  }
  return {};
}

// The last part of the path, made a segment of a skill id.
std::string name_of(const fs::path& directory) {
  std::string name;
  for (const char c : directory.filename().string()) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    const bool upper = c >= 'A' && c <= 'Z';
    name += allowed ? c : upper ? static_cast<char>(c - 'A' + 'a') : '-';
  }
  return name;
}

Result<Names> choose_names(const InitSkillRequest& request) {
  std::error_code error;
  fs::path directory = fs::absolute(request.directory, error).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  Names names{.publisher = request.publisher, .skill_id = {}, .name = name_of(directory)};
  names.skill_id = names.publisher + "." + names.name;
  if (!skills::is_publisher_name(names.publisher)) {
    return fail(kInitName, "'{}' is no publisher name: 3 to 39 of a-z, 0-9 and single '-' inside",
                printable(names.publisher));
  }
  if (names.name.empty() || !skills::is_skill_id(names.skill_id)) {
    return fail(kInitName, "no skill can be named after the directory '{}'", printable(request.directory));
  }
  return names;
}

std::string filled(std::string_view text, const Names& names, const LanguageTemplates& language) {
  std::string out(text);
  const std::pair<std::string_view, std::string_view> values[] = {
      {"{{publisher}}", names.publisher},   {"{{skill_id}}", names.skill_id}, {"{{name}}", names.name},
      {"{{language}}", language.language},  {"{{source}}", language.source},  {"{{sdk}}", language.sdk},
      {"{{toolchain}}", language.toolchain}};
  for (const auto& [placeholder, value] : values) {
    for (std::size_t at = out.find(placeholder); at != std::string::npos; at = out.find(placeholder, at)) {
      out.replace(at, placeholder.size(), value);
      at += value.size();
    }
  }
  return out;
}

Result<> make_directory_for(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return std::unexpected(file_error(error.value(), "make a directory for", path));
  return {};
}

Result<> check_empty(const std::string& directory) {
  std::error_code error;
  const fs::file_status status = fs::status(directory, error);
  if (!fs::exists(status)) return {};
  const bool empty = fs::is_directory(status) && fs::is_empty(directory, error);
  if (empty && !error) return {};
  return std::unexpected(
      Error(kInitNotEmpty, fmt::format("'{}' exists and is no empty directory", printable(directory)))
          .with_next("name a directory that does not exist yet"));
}

class Writer {
 public:
  Writer(std::string directory, const Names& names, const LanguageTemplates& language)
      : directory_(std::move(directory)), names_(names), language_(language) {}

  Result<> write(const Template& file) {
    constexpr mode_t kPlainMode = 0644;
    constexpr mode_t kScriptMode = 0755;
    const std::string name = filled(file.path, names_, language_);
    const std::string path = directory_ + "/" + name;
    const std::string text = filled(file.text, names_, language_);
    PALYRA_TRY(make_directory_for(path));
    PALYRA_TRY(write_file_atomic(path, as_bytes(text), file.mode == TemplateMode::kScript ? kScriptMode : kPlainMode,
                                 Overwrite::kNo));
    files_.push_back(name);
    return {};
  }
  std::vector<std::string> take_files() { return std::move(files_); }

 private:
  std::string directory_;
  const Names& names_;
  const LanguageTemplates& language_;
  std::vector<std::string> files_;
};

}  // namespace

Result<InitSkillReply> init_skill(const InitSkillRequest& request) {
  const Names names = PALYRA_TRY(choose_names(request));
  PALYRA_TRY(check_empty(request.directory));
  const LanguageTemplates language = templates_of(request.language);
  Writer writer(request.directory, names, language);
  const bool wat = request.language == GuestLanguage::kWat;
  for (const Template& file : wat ? wat_templates() : greet_templates()) PALYRA_TRY(writer.write(file));
  for (const Template& file : language.files) PALYRA_TRY(writer.write(file));
  return InitSkillReply{.skill_id = names.skill_id,
                        .name = names.name,
                        .tool_id = names.skill_id + (wat ? ".echo" : ".greet"),
                        .sample_input = wat ? R"({"text":"hello"})" : R"({"who":"Ada"})",
                        .files = writer.take_files()};
}

}  // namespace palyra::app
