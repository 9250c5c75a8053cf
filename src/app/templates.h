// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of templates/ and the C SDK, as they were when this was built.

#include <cstdint>
#include <span>
#include <string_view>

namespace palyra::app {

enum class TemplateMode : std::uint8_t { kPlain, kScript };

// `{{publisher}}`, `{{skill_id}}` and `{{name}}` stand for what their names say, in path and text.
struct Template {
  std::string_view path;
  std::string_view text;
  TemplateMode mode;
};

std::span<const Template> c_templates();
std::span<const Template> wat_templates();
std::string_view c_sdk_header();

}  // namespace palyra::app
