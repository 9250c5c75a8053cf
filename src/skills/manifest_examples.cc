// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>

namespace palyra::skills {
namespace {

constexpr std::size_t kMaxReplies = 16;  // as many requests as one call may send
constexpr std::size_t kMaxReplyUrlBytes = 2'048;
constexpr std::size_t kMaxOutputDepth = 64;

// A string that looks like the name of a JSON asset is one.
// `left`: bytes that further assets may have.
Result<std::string> read_output(const std::string& name, const Json& value, const ManifestContext& context,
                                std::size_t& left) {
  const std::string* entry_name = value.as_string();
  if (entry_name == nullptr || !is_json_asset(*entry_name)) return to_text(value);
  const ArtifactEntry* entry = find_entry(context.entries, *entry_name);
  if (entry == nullptr) {
    return fail(kManifestExample, "\"{}\" names {}, which is not in the artifact", name, *entry_name);
  }
  if (entry->bytes.size() > left) {
    return fail(kManifestExample, "\"{}\": the assets named by one tool's examples are more than {} bytes", name,
                kMaxExampleAssetBytes);
  }
  left -= entry->bytes.size();
  const auto output = parse_json(entry->bytes, {.max_bytes = entry->bytes.size(), .max_depth = kMaxOutputDepth});
  if (!output) return fail(kManifestExample, "{}: {}", *entry_name, output.error().describe());
  return to_text(*output);
}

Result<> check_reply_url(const std::string& name, std::string_view url) {
  const bool web = url.starts_with("https://") || url.starts_with("http://");
  const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7F'; });
  if (!web || !plain || url.size() > kMaxReplyUrlBytes) {
    return fail(kManifestUrl, "\"{}\" is \"{}\", not a URL of at most {} visible ASCII characters", name,
                printable(url), kMaxReplyUrlBytes);
  }
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> read_headers(TableReader& reply) {
  std::vector<std::pair<std::string, std::string>> headers;
  auto table = PALYRA_TRY(reply.table("headers"));
  if (!table) return headers;
  for (const auto& [header, ignored] : table->members()) {
    std::string value = PALYRA_TRY(table->required_text(header));
    const bool plain = std::ranges::all_of(value, [](char c) { return c >= ' ' && c < '\x7F'; });
    if (!capability::is_header_name(header) || !plain) {
      return fail(kManifestExample, "\"{}\" is not a header with a value of visible ASCII", table->name(header));
    }
    headers.emplace_back(header, std::move(value));
  }
  return headers;
}

Result<RecordedReply> read_reply(TableReader& table) {
  RecordedReply reply;
  const std::string method = PALYRA_TRY(table.required_text("method"));
  const auto known = capability::parse_http_method(method);
  if (!known) return fail(kManifestHttpMethod, "\"{}\" is \"{}\"", table.name("method"), printable(method));
  reply.method = *known;
  reply.url = PALYRA_TRY(table.required_text("url"));
  PALYRA_TRY(check_reply_url(table.name("url"), reply.url));
  reply.status = PALYRA_TRY(table.integer("status", {200, 599})).value_or(reply.status);
  reply.headers = PALYRA_TRY(read_headers(table));
  reply.body = PALYRA_TRY(table.text("body")).value_or("");
  PALYRA_TRY(table.finish());
  return reply;
}

Result<ToolExample> read_example(TableReader& table, const ManifestContext& context, std::size_t& left) {
  ToolExample example;
  example.name = PALYRA_TRY(table.required_display("name", kNameText));
  const Json* input = table.take("input");
  if (input == nullptr) return missing_key(table.name("input"));
  if (input->as_object() == nullptr) return wrong_type(table.name("input"), "a table", *input);
  example.input = to_text(*input);
  if (const Json* output = table.take("output")) {
    example.output = PALYRA_TRY(read_output(table.name("output"), *output, context, left));
  }
  example.error = PALYRA_TRY(table.text("error"));
  if (example.output && example.error) {
    return fail(kManifestExample, "\"{}\" has both output and error", table.name("name"));
  }
  auto replies = PALYRA_TRY(table.tables("http"));
  if (replies.size() > kMaxReplies) {
    return fail(kManifestCount, "\"{}\" has {} replies, limit {}", table.name("http"), replies.size(), kMaxReplies);
  }
  for (TableReader& reply : replies) example.http.push_back(PALYRA_TRY(read_reply(reply)));
  PALYRA_TRY(table.finish());
  return example;
}

}  // namespace

Result<std::vector<ToolExample>> read_examples(TableReader& tool, const ManifestContext& context) {
  auto tables = PALYRA_TRY(tool.tables("examples"));
  if (tables.size() > kMaxExamples) {
    return fail(kManifestCount, "\"{}\" has {} examples, limit {}", tool.name("examples"), tables.size(), kMaxExamples);
  }
  std::vector<ToolExample> examples;
  std::size_t left = kMaxExampleAssetBytes;
  for (TableReader& table : tables) {
    ToolExample example = PALYRA_TRY(read_example(table, context, left));
    if (std::ranges::find(examples, example.name, &ToolExample::name) != examples.end()) {
      return fail(kManifestExample, "\"{}\" is \"{}\", which another example has", table.name("name"),
                  printable(example.name));
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace palyra::skills
