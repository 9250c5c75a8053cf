// SPDX-License-Identifier: Apache-2.0
// Capabilities as JSON, with every field.
#include <palyra/base/utf8.h>
#include <palyra/capability/capability.h>

#include <limits>
#include <utility>

namespace palyra::capability {
namespace {

Json json_of(const HttpRule& rule) {
  Json::Array methods;
  for (const HttpMethod method : rule.methods) methods.emplace_back(to_text(method));
  Json::Object json = {{"class", to_text(CapabilityClass::kHttp)},
                       {"host", rule.host},
                       {"scheme", to_text(rule.scheme)},
                       {"port", rule.port},
                       {"methods", std::move(methods)},
                       {"path_prefix", rule.path_prefix},
                       {"max_response_bytes", rule.max_response_bytes},
                       {"redirects", rule.redirects}};
  if (rule.secret) {
    json.emplace_back("secret", rule.secret->secret);
    json.emplace_back("secret_placement", rule.secret->placement);
  }
  return json;
}
Json json_of(const SecretUse& use) {
  return Json::Object{{"class", to_text(CapabilityClass::kSecret)},
                      {"scope", use.scope},
                      {"key", use.key},
                      {"use", to_text(use.purpose)}};
}
Json json_of(const StoragePrefix& storage) {
  return Json::Object{
      {"class", to_text(CapabilityClass::kStorage)}, {"prefix", storage.prefix}, {"max_bytes", storage.max_bytes}};
}
Json json_of(const ChannelUse& channel) {
  return Json::Object{
      {"class", to_text(CapabilityClass::kChannel)}, {"name", channel.name}, {"direction", to_text(channel.direction)}};
}
Json json_of(const FilesystemRoot& root) {
  return Json::Object{
      {"class", to_text(CapabilityClass::kFilesystem)}, {"root", root.name}, {"access", to_text(root.access)}};
}

// The member, or an empty value when it is absent or of another type: the comparison at the end tells the difference.
std::string text(const Json& json, std::string_view key) {
  const Json* member = json.find(key);
  const std::string* value = member == nullptr ? nullptr : member->as_string();
  return value == nullptr ? std::string() : *value;
}
std::int64_t number(const Json& json, std::string_view key) {
  const Json* member = json.find(key);
  const std::int64_t* value = member == nullptr ? nullptr : member->as_int();
  return value == nullptr ? 0 : *value;
}

HttpRule read_http(const Json& json) {
  HttpRule rule;
  rule.host = text(json, "host");
  rule.scheme = text(json, "scheme") == "http" ? HttpScheme::kHttp : HttpScheme::kHttps;
  const std::int64_t port = number(json, "port");
  rule.port = std::in_range<std::uint16_t>(port) ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
  rule.methods.clear();
  const Json* methods = json.find("methods");
  if (methods != nullptr && methods->as_array() != nullptr) {
    for (const Json& name : *methods->as_array()) {
      const std::string* word = name.as_string();
      const auto method = word == nullptr ? std::nullopt : parse_http_method(*word);
      if (method) rule.methods.insert(*method);
    }
  }
  rule.path_prefix = text(json, "path_prefix");
  rule.max_response_bytes = number(json, "max_response_bytes");
  rule.redirects = number(json, "redirects");
  if (json.find("secret") != nullptr) rule.secret = HttpSecret{text(json, "secret"), text(json, "secret_placement")};
  return rule;
}

ChannelDirection read_direction(std::string_view word) {
  if (word == "send") return ChannelDirection::kSend;
  return word == "receive" ? ChannelDirection::kReceive : ChannelDirection::kBoth;
}

std::optional<Capability> read(const Json& json) {
  if (json.as_object() == nullptr) return std::nullopt;
  const std::string cls = text(json, "class");
  if (cls == "http") return read_http(json);
  if (cls == "secret") {
    return SecretUse{text(json, "scope"), text(json, "key"),
                     text(json, "use") == "http" ? SecretPurpose::kHttp : SecretPurpose::kHmacSha256};
  }
  if (cls == "storage") return StoragePrefix{text(json, "prefix"), number(json, "max_bytes")};
  if (cls == "channel") return ChannelUse{text(json, "name"), read_direction(text(json, "direction"))};
  if (cls == "filesystem") {
    return FilesystemRoot{text(json, "root"),
                          text(json, "access") == "ro" ? FilesystemAccess::kReadOnly : FilesystemAccess::kReadWrite};
  }
  return std::nullopt;
}

}  // namespace

Json to_json(const Capability& capability) {
  return std::visit([](const auto& value) { return json_of(value); }, capability);
}

Result<Capability> capability_from_json(const Json& json) {
  std::optional<Capability> capability = read(json);
  if (!capability || !is_well_formed(*capability) || to_json(*capability) != json) {
    return fail(kCapabilityMalformed, "not a capability: {}", printable(palyra::to_text(json)));
  }
  return *std::move(capability);
}

}  // namespace palyra::capability
