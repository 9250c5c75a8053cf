// SPDX-License-Identifier: Apache-2.0
#include "denial_advice.h"

#include <palyra/base/shell_quoted.h>
#include <palyra/base/utf8.h>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace palyra::app {
namespace {

using capability::Capability;
using capability::Denial;

constexpr std::size_t kMaxCommandBytes = 2'048;

// By their texts: what a manifest asks for beside them, a size say, decides nothing here.
Capability plain(const Capability& capability) {
  return capability::parse_capability(canonical_text(capability)).value_or(capability);
}

// The lookup of an origin, which names no method and so needs any.
bool is_origin(const capability::HttpRule& rule) { return rule.methods.size() == std::size(capability::kHttpMethods); }

// Granting `withheld` helps who needs `needed`. A lookup says no path, method or direction: a part of it helps too.
bool serves(const Capability& withheld, const Capability& needed) {
  const Capability asked = plain(withheld);
  const auto* const request = std::get_if<capability::HttpRule>(&needed);
  const bool is_lookup = request == nullptr || is_origin(*request);
  return covers(asked, needed) || (is_lookup && covers(needed, asked));
}

std::vector<Capability> withheld(const ModuleSource& source) {
  std::vector<Capability> all = source.asked.to_list();
  std::erase_if(all, [&](const Capability& each) { return source.grants.permits(each); });
  return all;
}

// Grants what is granted now and what serves `needed`, no more. `option` with its space, or empty.
std::string promote_command(const ModuleSource& source, const Capability* needed, const std::string& option) {
  std::string command = fmt::format("palyra skills promote {}@{}", source.skill->id, source.skill->version);
  for (const Capability& each : withheld(source)) {
    if (needed != nullptr && serves(each, *needed)) continue;
    command += " --deny " + shell_quoted(canonical_text(each));
  }
  command += option;
  if (command.size() <= kMaxCommandBytes) return command;
  // Half a command would grant more.
  return fmt::format("palyra skills show {}, and promote it with --only or --deny", source.skill->id);
}

void complete_option(std::string& next, const ModuleSource& source) {
  if (!next.starts_with("--")) return;
  next = source.skill ? promote_command(source, nullptr, " " + next) : fmt::format("the same command with {}", next);
}

// A root that nobody maps is an empty directory of the skill's own.
std::string directory_option(const Capability& needed) {
  const auto* const root = std::get_if<capability::FilesystemRoot>(&needed);
  return root == nullptr ? std::string() : fmt::format(" --map-root {}=DIR", root->name);
}

std::string grant_advice(const ModuleSource& source, const Capability& needed) {
  const bool asked =
      std::ranges::any_of(withheld(source), [&](const Capability& each) { return serves(each, needed); });
  if (asked && source.skill) return promote_command(source, &needed, directory_option(needed));
  if (std::holds_alternative<capability::ChannelUse>(needed) && asked) {
    return "install it and promote it: only then it has mailboxes";
  }
  if (asked) return "the same command on a terminal, and yes to what it asks";
  if (!source.tool) return "a skill of it, with a manifest (palyra init): a module alone is granted nothing";
  return fmt::format(
      "its publisher has to ask for it (and may have to widen what is there) in skill.toml, under [capabilities]: {}",
      manifest_line(needed));
}

// As a TOML string; a path prefix has no backslash.
std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char each : text) quoted += each == '"' ? "\\\"" : std::string(1, each);
  return quoted + "\"";
}

std::string line(const capability::HttpRule& rule) {
  const std::set<capability::HttpMethod> least =
      is_origin(rule) ? std::set{capability::HttpMethod::kGet} : rule.methods;
  std::vector<std::string> methods;
  methods.reserve(least.size());
  for (const capability::HttpMethod each : least) methods.push_back(fmt::format("\"{}\"", to_text(each)));
  const std::uint16_t usual = rule.scheme == capability::HttpScheme::kHttps ? 443 : 80;
  return fmt::format("http = [{{ {}host = \"{}\", {}methods = [{}], path_prefix = {} }}]",
                     rule.scheme == capability::HttpScheme::kHttps ? "" : "scheme = \"http\", ", rule.host,
                     rule.port == usual ? "" : fmt::format("port = {}, ", rule.port), fmt::join(methods, ", "),
                     quoted(rule.path_prefix));
}

std::string line(const capability::SecretUse& secret) {
  return fmt::format("secrets = [{{ scope = \"{}\", key_names = [\"{}\"], uses = [\"{}\"] }}]", secret.scope,
                     secret.key, to_text(secret.purpose));
}

std::string line(const capability::StoragePrefix& storage) {
  return fmt::format("storage = [{{ prefix = \"{}\" }}]", storage.prefix);
}

std::string line(const capability::ChannelUse& channel) {
  return fmt::format("channels = [{{ name = \"{}\", direction = \"{}\" }}]", channel.name, to_text(channel.direction));
}

std::string line(const capability::FilesystemRoot& root) {
  const bool reads = root.access == capability::FilesystemAccess::kReadOnly;
  return fmt::format("filesystem = {{ {} = [\"{}\"] }}", reads ? "read_roots" : "write_roots", root.name);
}

}  // namespace

std::string manifest_line(const Capability& capability) {
  return std::visit([](const auto& each) { return line(each); }, capability);
}

void advise(Denial& denial, const ModuleSource& source) {
  for (std::string& next : denial.next) complete_option(next, source);
  const auto needed = capability::parse_capability(denial.capability);
  if (needed) denial.next.push_back(grant_advice(source, *needed));
}

}  // namespace palyra::app
