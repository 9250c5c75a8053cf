// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of templates/ and sdk/, as they were when this was built.

#include <palyra/app/init_skill.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace palyra::app {

enum class TemplateMode : std::uint8_t { kPlain, kScript };

// `{{publisher}}`, `{{skill_id}}` and `{{name}}` stand for what their names say, in path and text; so do
// `{{language}}`,
// `{{source}}`, `{{sdk}}` and `{{toolchain}}` of a LanguageTemplates.
struct Template {
  std::string_view path;
  std::string_view text;
  TemplateMode mode;
};

// The skill with the tool `greet`, but for what depends on its language.
std::span<const Template> greet_templates();
std::span<const Template> c_templates();
std::span<const Template> cpp_templates();
std::span<const Template> rust_templates();
std::span<const Template> go_templates();
std::span<const Template> assemblyscript_templates();
// A whole skill with the tool `echo`.
std::span<const Template> wat_templates();

}  // namespace palyra::app
