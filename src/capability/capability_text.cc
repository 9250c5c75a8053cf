// SPDX-License-Identifier: Apache-2.0
// Capabilities as text: the canonical one, and the one in words.
#include <palyra/base/utf8.h>
#include <palyra/capability/capability.h>

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <vector>

namespace palyra::capability {
namespace {

std::string canonical(const HttpRule& rule) {
  std::string methods;
  for (const HttpMethod method : rule.methods) {
    if (!methods.empty()) methods += ',';
    methods += to_text(method);
  }
  return fmt::format("{}://{}:{}{} {}", to_text(rule.scheme), rule.host, rule.port, rule.path_prefix, methods);
}
std::string canonical(const SecretUse& use) { return use.scope + "/" + use.key; }
std::string canonical(const StoragePrefix& storage) { return storage.prefix; }
std::string canonical(const ChannelUse& channel) {
  return fmt::format("{} {}", channel.name, to_text(channel.direction));
}
std::string canonical(const FilesystemRoot& root) { return fmt::format("{} {}", root.name, to_text(root.access)); }

// The text up to `mark`, which is taken away with it; the whole rest when there is no mark.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const std::size_t end = text.find(mark);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + mark.size());
  return taken;
}

// These read what may be such a text. Whether it is one is decided once, by writing it again.
HttpRule read_http(std::string_view text) {
  HttpRule rule;
  rule.scheme = take_until(text, "://") == "http" ? HttpScheme::kHttp : HttpScheme::kHttps;
  rule.host = take_until(text, ":");
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto parsed = std::from_chars(digits.begin(), digits.end(), rule.port);
  if (parsed.ec != std::errc{}) rule.port = 0;
  text.remove_prefix(digits.size());
  rule.path_prefix = take_until(text, " ");
  rule.methods.clear();
  while (!text.empty()) {
    if (const auto method = parse_http_method(take_until(text, ","))) rule.methods.insert(*method);
  }
  return rule;
}

Capability read(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return read_http(text);
  const std::size_t space = text.rfind(' ');
  if (space != std::string_view::npos) {
    const std::string name(text.substr(0, space));
    const std::string_view word = text.substr(space + 1);
    if (word == "ro") return FilesystemRoot{name, FilesystemAccess::kReadOnly};
    if (word == "rw") return FilesystemRoot{name, FilesystemAccess::kReadWrite};
    if (word == "send") return ChannelUse{name, ChannelDirection::kSend};
    if (word == "receive") return ChannelUse{name, ChannelDirection::kReceive};
    return ChannelUse{name, ChannelDirection::kBoth};
  }
  if (text.ends_with('/')) return StoragePrefix{.prefix = std::string(text)};
  SecretUse use;
  use.scope = take_until(text, "/");
  use.key = text;
  return use;
}

std::string bytes_in_words(std::int64_t bytes) {
  constexpr std::int64_t kKib = 1024;
  constexpr std::pair<std::int64_t, std::string_view> kUnits[] = {
      {kKib * kKib * kKib, "GiB"}, {kKib * kKib, "MiB"}, {kKib, "KiB"}};
  for (const auto& [size, name] : kUnits) {
    if (bytes >= size && bytes % size == 0) return fmt::format("{} {}", bytes / size, name);
  }
  return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
}

std::string methods_in_words(const std::set<HttpMethod>& methods) {
  if (methods.size() == std::size(kHttpMethods)) return "any";
  std::string words;
  std::size_t left = methods.size();
  for (const HttpMethod method : methods) {
    if (!words.empty()) words += left == 1 ? " and " : ", ";
    words += to_text(method);
    --left;
  }
  return words;
}

std::string placement_in_words(std::string_view placement) {
  if (placement == "bearer") return "as bearer token";
  if (placement == "basic") return "as user name and password";
  std::string_view name = placement;
  const std::string_view kind = take_until(name, ":");
  return fmt::format("in the {} {}", kind == "header" ? "header" : "query parameter", name);
}

std::string words(const HttpRule& rule) {
  const bool usual = rule.port == (rule.scheme == HttpScheme::kHttps ? 443 : 80);
  std::string text =
      fmt::format("send {} requests to {}://{}{}{}", methods_in_words(rule.methods), to_text(rule.scheme), rule.host,
                  usual ? "" : fmt::format(":{}", rule.port), rule.path_prefix);
  if (rule.scheme == HttpScheme::kHttp) text += " without encryption";
  text += fmt::format(", answers up to {}", bytes_in_words(rule.max_response_bytes));
  if (rule.redirects > 0)
    text += fmt::format(", following up to {} redirect{}", rule.redirects, rule.redirects == 1 ? "" : "s");
  if (rule.secret)
    text += fmt::format(", with the secret {} {}", rule.secret->secret, placement_in_words(rule.secret->placement));
  return text;
}
std::string words(const SecretUse& use) {
  return use.purpose == SecretPurpose::kHttp
             ? fmt::format("have the secret {} put into HTTP requests whose rule names it", canonical(use))
             : fmt::format("compute HMAC-SHA-256 with the secret {}", canonical(use));
}
std::string words(const StoragePrefix& storage) {
  return fmt::format("keep up to {} of its own data under {}", bytes_in_words(storage.max_bytes), storage.prefix);
}
std::string words(const ChannelUse& channel) {
  switch (channel.direction) {
    case ChannelDirection::kSend:
      return fmt::format("send messages to the channel {}", channel.name);
    case ChannelDirection::kReceive:
      return fmt::format("receive messages from the channel {}", channel.name);
    case ChannelDirection::kBoth:
      break;
  }
  return fmt::format("send messages to the channel {} and receive from it", channel.name);
}
std::string words(const FilesystemRoot& root) {
  return fmt::format("{} files in the directory that you choose for {}",
                     root.access == FilesystemAccess::kReadOnly ? "read" : "read, change and delete", root.name);
}

}  // namespace

std::string canonical_text(const Capability& capability) {
  return std::visit([](const auto& value) { return canonical(value); }, capability);
}

Result<Capability> parse_capability(std::string_view text) {
  Capability capability = read(text);
  if (!is_well_formed(capability) || canonical_text(capability) != text) {
    return fail(
        kCapabilityMalformed,
        "\"{}\" is not a capability; one reads like \"https://host:443/path GET,POST\", \"global/key\", \"prefix/\", "
        "\"channel send\" or \"root ro\"",
        printable(text));
  }
  return capability;
}

std::string describe(const Capability& capability) {
  return std::visit([](const auto& value) { return words(value); }, capability);
}

}  // namespace palyra::capability
