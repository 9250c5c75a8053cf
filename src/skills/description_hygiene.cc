// SPDX-License-Identifier: Apache-2.0
#include "description_hygiene.h"

#include <palyra/base/utf8.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

// What injected tool descriptions say, and descriptions of tools hardly ever.
constexpr auto kPhrases = std::to_array<std::string_view>({
    "ignore previous",
    "ignore all previous",
    "ignore any previous",
    "ignore the above",
    "ignore all other",
    "ignore your instructions",
    "disregard previous",
    "disregard all previous",
    "disregard the above",
    "forget previous",
    "forget all previous",
    "forget your instructions",
    "override your instructions",
    "you must",
    "you are now",
    "you are an ai",
    "act as if",
    "always call this tool",
    "call this tool first",
    "call this tool before",
    "use this tool instead of",
    "before using any other tool",
    "do not use any other tool",
    "do not tell the user",
    "don't tell the user",
    "do not inform the user",
    "do not mention this",
    "do not reveal",
    "without telling the user",
    "without asking the user",
    "without the user's knowledge",
    "hide this from the user",
    "system prompt",
    "<system>",
    "</system>",
    "<important>",
    "<instructions>",
    "<|im_start|>",
    "<|system|>",
    "[system]",
    "[inst]",
});

constexpr std::size_t kMaxFindings = 32;  // of either kind; one is enough
// Compiled already, within limits for schemas that are smaller.
constexpr JsonLimits kSchemaLimits{.max_bytes = std::size_t{1} << 20U, .max_depth = 64};

bool is_in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool is_space(char32_t c) {
  return c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == 0xA0 || is_in(c, 0x2000, 0x200A) || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

// Fillers, joiners and selectors: nothing is drawn, and a model reads what people see as other words.
bool is_invisible(char32_t c) {
  return c == 0x34F || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 || is_in(c, 0x180B, 0x180F) ||
         c == 0x2800 || c == 0x3164 || is_in(c, 0xFE00, 0xFE0F) || c == 0xFFA0;
}

bool is_line_break_or_tab(char32_t c) { return c == U'\n' || c == U'\t'; }

bool is_hidden(char32_t c) { return (is_deceptive(c) && !is_line_break_or_tab(c)) || is_invisible(c); }

// Honest texts ask for coloured pictures with it ("⚠️"). Phrases are read without it all the same.
constexpr char32_t kEmojiStyle = 0xFE0F;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// ASCII in lower case, white space as single spaces, without what nobody sees.
std::string normalised(std::string_view text) {
  std::string result;
  while (const auto next = front_code_point(text)) {
    const std::string_view letter = text.substr(0, next->bytes);
    text.remove_prefix(next->bytes);
    if (is_space(next->value)) {
      if (!result.empty() && result.back() != ' ') result += ' ';
    } else if (next->value >= U'A' && next->value <= U'Z') {
      result += static_cast<char>(next->value - U'A' + U'a');
    } else if (!is_hidden(next->value)) {
      result += letter;
    }
  }
  return result;
}

// Not as part of longer words: "you mustard" says nothing.
bool stands_in(std::string_view text, std::string_view phrase) {
  for (std::size_t at = text.find(phrase); at != std::string_view::npos; at = text.find(phrase, at + 1)) {
    const std::size_t end = at + phrase.size();
    const bool begins = at == 0 || !is_letter_or_digit(phrase.front()) || !is_letter_or_digit(text[at - 1]);
    const bool ends = end == text.size() || !is_letter_or_digit(phrase.back()) || !is_letter_or_digit(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

class TextScanner {
 public:
  void scan(const std::string& where, std::string_view text) {
    scan_characters(where, text);
    const std::string plain = normalised(text);
    for (const std::string_view phrase : kPhrases) {
      if (stands_in(plain, phrase)) add(found_.addresses, where, std::string(phrase));
    }
  }

  void scan(const std::string& where, const std::optional<std::string>& text) {
    if (text) scan(where, std::string_view(*text));
  }

  void scan(const std::string& where, const Json& value) {
    if (value.as_string() != nullptr) scan(where, std::string_view(*value.as_string()));
    if (value.as_array() != nullptr) {
      for (const Json& element : *value.as_array()) scan(where, element);
    }
    if (value.as_object() == nullptr) return;
    for (const auto& [key, member] : *value.as_object()) {
      scan(where, std::string_view(key));
      scan(where, member);
    }
  }

  void scan_schema(const std::string& where, std::string_view schema) {
    if (const auto document = parse_json(as_bytes(schema), kSchemaLimits)) scan(where, *document);
  }

  TextFindings take() && { return std::move(found_); }

 private:
  void scan_characters(const std::string& where, std::string_view text) {
    while (const auto next = front_code_point(text)) {
      if (is_hidden(next->value) && next->value != kEmojiStyle) {
        add(found_.hidden, where, fmt::format("U+{:04X}", static_cast<std::uint32_t>(next->value)));
      }
      text.remove_prefix(next->bytes);
    }
  }

  static void add(std::vector<TextFinding>& to, const std::string& where, std::string what) {
    TextFinding finding{.where = where, .what = std::move(what)};
    if (to.size() < kMaxFindings && std::ranges::find(to, finding) == to.end()) to.push_back(std::move(finding));
  }

  TextFindings found_;
};

void scan_tool(const SkillTool& tool, TextScanner& scanner) {
  scanner.scan(tool.id + ": name", std::string_view(tool.name));
  scanner.scan(tool.id + ": description", std::string_view(tool.description));
  scanner.scan_schema(tool.id + ": input_schema", tool.input_schema);
  if (tool.output_schema) scanner.scan_schema(tool.id + ": output_schema", *tool.output_schema);
}

}  // namespace

TextFindings find_in_texts(const SkillManifest& manifest) {
  TextScanner scanner;
  scanner.scan("name", std::string_view(manifest.name));
  scanner.scan("description", manifest.description);
  scanner.scan("operator: display_name", manifest.operator_notes.display_name);
  scanner.scan("operator: summary", manifest.operator_notes.summary);
  scanner.scan("operator: description", manifest.operator_notes.description);
  for (const SkillTool& tool : manifest.tools) scan_tool(tool, scanner);
  for (const ConfigProperty& property : manifest.config) {
    scanner.scan(property.key + ": title", property.title);
    scanner.scan(property.key + ": description", property.description);
  }
  return std::move(scanner).take();
}

std::span<const std::string_view> phrases_to_models() { return kPhrases; }

}  // namespace palyra::skills
