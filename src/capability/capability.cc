// SPDX-License-Identifier: Apache-2.0
// The values: their words, their ranges, and which covers which.
#include <palyra/capability/capability.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>

namespace palyra::capability {
namespace {

constexpr std::array<std::string_view, kCapabilityClasses> kClassNames = {"http", "secret", "storage", "channel",
                                                                          "filesystem"};
constexpr std::array<std::string_view, 6> kMethodNames = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

bool in(std::int64_t value, std::int64_t lowest, std::int64_t highest) { return value >= lowest && value <= highest; }

bool is_secret_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_secret_scope(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool well_formed(const HttpRule& rule) {
  const bool secret =
      !rule.secret || (is_secret_name(rule.secret->secret) && is_secret_placement(rule.secret->placement));
  return secret && is_host_name(rule.host) && rule.port != 0 && !rule.methods.empty() &&
         is_path_prefix(rule.path_prefix) && in(rule.max_response_bytes, 1, kMaxHttpResponseBytes) &&
         in(rule.redirects, 0, kMaxHttpRedirects);
}
bool well_formed(const SecretUse& use) { return is_secret_scope(use.scope) && is_name(use.key); }
bool well_formed(const StoragePrefix& storage) {
  return is_storage_prefix(storage.prefix) && in(storage.max_bytes, 1, kMaxStorageBytes);
}
bool well_formed(const ChannelUse& channel) { return is_name(channel.name); }
bool well_formed(const FilesystemRoot& root) { return is_portable_name(root.name); }

bool covers_same(const HttpRule& granted, const HttpRule& asked) {
  return granted.host == asked.host && granted.scheme == asked.scheme && granted.port == asked.port &&
         std::ranges::includes(granted.methods, asked.methods) && path_holds(granted.path_prefix, asked.path_prefix) &&
         asked.max_response_bytes <= granted.max_response_bytes && asked.redirects <= granted.redirects &&
         (!asked.secret || asked.secret == granted.secret);
}
bool covers_same(const SecretUse& granted, const SecretUse& asked) { return granted == asked; }
// Prefixes are name spaces of their own: one never holds another.
bool covers_same(const StoragePrefix& granted, const StoragePrefix& asked) {
  return granted.prefix == asked.prefix && asked.max_bytes <= granted.max_bytes;
}
bool covers_same(const ChannelUse& granted, const ChannelUse& asked) {
  return granted.name == asked.name &&
         (granted.direction == asked.direction || granted.direction == ChannelDirection::kBoth);
}
bool covers_same(const FilesystemRoot& granted, const FilesystemRoot& asked) {
  return granted.name == asked.name &&
         (granted.access == asked.access || granted.access == FilesystemAccess::kReadWrite);
}

}  // namespace

std::string_view to_text(CapabilityClass cls) { return kClassNames.at(static_cast<std::size_t>(cls)); }
std::string_view to_text(HttpScheme scheme) { return scheme == HttpScheme::kHttps ? "https" : "http"; }
std::string_view to_text(HttpMethod method) { return kMethodNames.at(static_cast<std::size_t>(method)); }
std::string_view to_text(SecretPurpose purpose) { return purpose == SecretPurpose::kHttp ? "http" : "hmac-sha256"; }
std::string_view to_text(FilesystemAccess access) { return access == FilesystemAccess::kReadOnly ? "ro" : "rw"; }

std::string_view to_text(ChannelDirection direction) {
  switch (direction) {
    case ChannelDirection::kSend:
      return "send";
    case ChannelDirection::kReceive:
      return "receive";
    case ChannelDirection::kBoth:
      break;
  }
  return "both";
}

std::optional<HttpMethod> parse_http_method(std::string_view text) {
  const auto found = std::ranges::find(kMethodNames, text);
  if (found == kMethodNames.end()) return std::nullopt;
  return static_cast<HttpMethod>(found - kMethodNames.begin());
}

CapabilityClass class_of(const Capability& capability) { return static_cast<CapabilityClass>(capability.index()); }

bool is_well_formed(const Capability& capability) {
  return std::visit([](const auto& value) { return well_formed(value); }, capability);
}

bool covers(const Capability& granted, const Capability& asked) {
  return std::visit(
      [&asked](const auto& grant) {
        const auto* same = std::get_if<std::decay_t<decltype(grant)>>(&asked);
        return same != nullptr && covers_same(grant, *same);
      },
      granted);
}

}  // namespace palyra::capability
