// SPDX-License-Identifier: Apache-2.0
#include "manifest_sections.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>

#include <algorithm>
#include <array>

namespace palyra::skills {
namespace {

using capability::Capability;
using capability::HttpMethod;
using capability::HttpRule;
using capability::HttpScheme;

// Versions 1 and 2 take a name in any case and with final dots for the same host.
std::string older_host(std::string_view text) {
  std::string host(text.substr(0, text.find_last_not_of('.') + 1));
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return host;
}

bool is_host_pattern(std::string_view text) {
  constexpr std::size_t kMaxHostBytes = 253;
  return text.size() <= kMaxHostBytes && text.find('*') != std::string_view::npos &&
         text.find_first_not_of("*.-0123456789abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

Result<> check_host(const std::string& name, std::string_view host) {
  if (capability::is_host_name(host)) return {};
  return fail(kManifestHost, "\"{}\" is \"{}\", not an exact lower-case host name", name, printable(host));
}

Result<std::set<HttpMethod>> read_methods(TableReader& table) {
  if (std::ranges::find(table.members(), "methods", &Json::Member::first) == table.members().end()) {
    PALYRA_TRY(table.texts("methods"));
    return std::set{HttpMethod::kGet};
  }
  std::set<HttpMethod> methods;
  for (const std::string& word : PALYRA_TRY(table.texts("methods"))) {
    const auto method = capability::parse_http_method(word);
    if (!method) {
      return fail(kManifestHttpMethod, "\"{}\" holds \"{}\", not one of GET HEAD POST PUT PATCH DELETE",
                  table.name("methods"), printable(word));
    }
    methods.insert(*method);
  }
  if (methods.empty()) return fail(kManifestHttpMethod, "\"{}\" is empty", table.name("methods"));
  return methods;
}

// secret and secret_placement. That the secret is declared is judged when all secrets are known.
Result<std::optional<capability::HttpSecret>> read_secret(TableReader& table) {
  auto secret = PALYRA_TRY(table.text("secret"));
  auto placement = PALYRA_TRY(table.text("secret_placement"));
  if (!secret && !placement) return std::nullopt;
  if (!secret || !placement) {
    return fail(kManifestHttpSecret, "\"{}\" is given without the other of secret and secret_placement",
                table.name(secret ? "secret" : "secret_placement"));
  }
  if (!capability::is_secret_placement(*placement)) {
    return fail(kManifestHttpSecret, "\"{}\" is \"{}\", not bearer, basic, header:<Name> or query:<name>",
                table.name("secret_placement"), printable(*placement));
  }
  return capability::HttpSecret{*std::move(secret), *std::move(placement)};
}

Result<HttpRule> read_rule(TableReader& table) {
  HttpRule rule;
  rule.host = PALYRA_TRY(table.required_text("host"));
  PALYRA_TRY(check_host(table.name("host"), rule.host));
  if (const auto scheme = PALYRA_TRY(table.text("scheme"))) {
    constexpr std::array<std::string_view, 2> kSchemes = {"https", "http"};
    PALYRA_TRY(check_choice(table.name("scheme"), *scheme, kSchemes));
    rule.scheme = *scheme == "https" ? HttpScheme::kHttps : HttpScheme::kHttp;
  }
  const std::int64_t usual_port = rule.scheme == HttpScheme::kHttps ? 443 : 80;
  rule.port = static_cast<std::uint16_t>(PALYRA_TRY(table.integer("port", {1, 65'535})).value_or(usual_port));
  rule.methods = PALYRA_TRY(read_methods(table));
  rule.path_prefix = PALYRA_TRY(table.text("path_prefix")).value_or(rule.path_prefix);
  if (!capability::is_path_prefix(rule.path_prefix)) {
    return fail(kManifestPath, "\"{}\" is \"{}\", not a plain path that begins with /", table.name("path_prefix"),
                printable(rule.path_prefix));
  }
  rule.max_response_bytes = PALYRA_TRY(table.integer("max_response_bytes", {1, capability::kMaxHttpResponseBytes}))
                                .value_or(rule.max_response_bytes);
  rule.redirects = PALYRA_TRY(table.integer("redirects", {0, capability::kMaxHttpRedirects})).value_or(rule.redirects);
  rule.secret = PALYRA_TRY(read_secret(table));
  PALYRA_TRY(table.finish());
  return rule;
}

}  // namespace

Result<std::vector<Capability>> read_http_rules(TableReader& capabilities, OlderAsks& older) {
  std::vector<Capability> rules;
  for (std::string& host : PALYRA_TRY(capabilities.texts("http_egress_allowlist"))) {
    if (!capabilities.is_version_3()) host = older_host(host);
    if (is_host_pattern(host) && older.take_wildcard(OlderCapability::kHttpEgress, host)) continue;
    PALYRA_TRY(check_host(capabilities.name("http_egress_allowlist"), host));
    HttpRule rule{.host = std::move(host)};
    rule.methods.insert(std::begin(capability::kHttpMethods), std::end(capability::kHttpMethods));
    rules.emplace_back(std::move(rule));
  }
  if (!capabilities.is_version_3()) return rules;
  for (TableReader& table : PALYRA_TRY(capabilities.tables("http"))) {
    rules.emplace_back(PALYRA_TRY(read_rule(table)));
  }
  return rules;
}

}  // namespace palyra::skills
