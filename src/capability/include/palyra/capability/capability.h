// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a skill may be allowed to do: a closed set of values, each with one canonical text.
//
// A manifest asks for capabilities, an operator grants them, a guest holds handles of them. The canonical text is what
// people type and read, and what handles are ordered by; the JSON form holds every field and is what state keeps.
// Source: docs/guest-abi.md, "Rules for every function"; docs/formats/skill-manifest.md, "Capabilities".

#include <palyra/base/error.h>
#include <palyra/base/json.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace palyra::capability {

// Not the text or JSON of a capability, or one whose names break their grammar.
inline constexpr ErrorCode kCapabilityMalformed{ErrorKind::kInvalidArgument, "policy.capability_malformed"};

enum class CapabilityClass : std::uint8_t { kHttp, kSecret, kStorage, kChannel, kFilesystem };
inline constexpr std::size_t kCapabilityClasses = 5;
std::string_view to_text(CapabilityClass cls);  // "http", "secret", "storage", "channel", "filesystem"

enum class HttpScheme : std::uint8_t { kHttps, kHttp };
std::string_view to_text(HttpScheme scheme);  // "https", "http"

// The numbers are those of the guest ABI.
enum class HttpMethod : std::uint8_t { kGet = 0, kHead = 1, kPost = 2, kPut = 3, kPatch = 4, kDelete = 5 };
inline constexpr HttpMethod kHttpMethods[] = {HttpMethod::kGet, HttpMethod::kHead,  HttpMethod::kPost,
                                              HttpMethod::kPut, HttpMethod::kPatch, HttpMethod::kDelete};
std::string_view to_text(HttpMethod method);  // "GET"
std::optional<HttpMethod> parse_http_method(std::string_view text);

inline constexpr std::int64_t kDefaultHttpResponseBytes = std::int64_t{4} << 20U;
inline constexpr std::int64_t kMaxHttpResponseBytes = std::int64_t{64} << 20U;
inline constexpr std::int64_t kMaxHttpRedirects = 5;
inline constexpr std::int64_t kDefaultStorageBytes = std::int64_t{1} << 20U;
inline constexpr std::int64_t kMaxStorageBytes = std::int64_t{1} << 40;

// The secret that the host inserts into requests under a rule, and where.
struct HttpSecret {
  std::string secret;     // "<scope>/<key>"
  std::string placement;  // "bearer", "basic", "header:<Name>" or "query:<name>"
  friend bool operator==(const HttpSecret&, const HttpSecret&) = default;
};

// Requests to one origin below one path. Text: `https://host:443/prefix GET,POST`.
struct HttpRule {
  std::string host;
  HttpScheme scheme = HttpScheme::kHttps;
  std::uint16_t port = 443;
  std::set<HttpMethod> methods = {HttpMethod::kGet};  // never empty
  std::string path_prefix = "/";
  std::int64_t max_response_bytes = kDefaultHttpResponseBytes;  // 1 to kMaxHttpResponseBytes
  std::int64_t redirects = 0;                                   // hops followed, at most kMaxHttpRedirects
  std::optional<HttpSecret> secret = std::nullopt;
  friend bool operator==(const HttpRule&, const HttpRule&) = default;
};

enum class SecretPurpose : std::uint8_t { kHttp, kHmacSha256 };
std::string_view to_text(SecretPurpose purpose);  // "http", "hmac-sha256"

// Use, never sight, of one secret. Text: `<scope>/<key>`.
struct SecretUse {
  std::string scope;
  std::string key;
  SecretPurpose purpose = SecretPurpose::kHttp;
  friend bool operator==(const SecretUse&, const SecretUse&) = default;
};

// A name space of the key-value store. Text: `<prefix>/`.
struct StoragePrefix {
  std::string prefix;                             // ends in "/"
  std::int64_t max_bytes = kDefaultStorageBytes;  // 1 to kMaxStorageBytes
  friend bool operator==(const StoragePrefix&, const StoragePrefix&) = default;
};

enum class ChannelDirection : std::uint8_t { kSend, kReceive, kBoth };
std::string_view to_text(ChannelDirection direction);  // "send", "receive", "both"

// Text: `<name> send`, `<name> receive` or `<name> both`.
struct ChannelUse {
  std::string name;
  ChannelDirection direction = ChannelDirection::kSend;
  friend bool operator==(const ChannelUse&, const ChannelUse&) = default;
};

enum class FilesystemAccess : std::uint8_t { kReadOnly, kReadWrite };
std::string_view to_text(FilesystemAccess access);  // "ro", "rw"

// A directory that the operator chooses, under the name the skill gave it. Text: `<root> ro` or `<root> rw`.
struct FilesystemRoot {
  std::string name;
  FilesystemAccess access = FilesystemAccess::kReadOnly;
  friend bool operator==(const FilesystemRoot&, const FilesystemRoot&) = default;
};

// Alternatives stand in the order of CapabilityClass.
using Capability = std::variant<HttpRule, SecretUse, StoragePrefix, ChannelUse, FilesystemRoot>;

CapabilityClass class_of(const Capability& capability);

std::string canonical_text(const Capability& capability);

// The capability of a canonical text; what the text does not say has its default. kCapabilityMalformed for any text
// that canonical_text would not write.
Result<Capability> parse_capability(std::string_view text);

// Every field, with the key "class" first.
Json to_json(const Capability& capability);

// Exactly the documents that to_json writes for well-formed capabilities (members in any order); else
// kCapabilityMalformed.
Result<Capability> capability_from_json(const Json& json);

// Names obey their grammars and numbers their ranges.
bool is_well_formed(const Capability& capability);

// Whoever holds `granted` may do everything that `asked` allows.
bool covers(const Capability& granted, const Capability& asked);

// What it allows, in words for the person who decides: "send GET requests to https://api.example.com/v1/ …".
std::string describe(const Capability& capability);

}  // namespace palyra::capability
