// SPDX-License-Identifier: Apache-2.0
#include "allow_addresses.h"

#include <palyra/app/promote_skill.h>
#include <palyra/base/utf8.h>
#include <palyra/egress/ip_address.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace palyra::app {
namespace {

using capability::AddressBinding;
using capability::CapabilityGrantSet;
using capability::HttpRule;

std::unexpected<Error> refused(std::string_view text) {
  return fail(kPromoteAddress, "--allow-address takes HOST[:PORT]=ADDRESS[:PORT], not '{}'", printable(text));
}

struct Place {
  std::string_view name;
  std::optional<std::uint16_t> port;
};

// `name`, `name:port`, `[name]` or `[name]:port`.
std::optional<Place> parse_place(std::string_view text) {
  Place place;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    place.name = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    place.name = text.substr(0, text.find(':'));
    rest = text.substr(place.name.size());
  }
  if (rest.empty()) return place;
  const std::string_view digits = rest.substr(1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (rest.front() != ':' || error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    return std::nullopt;
  }
  place.port = port;
  return place;
}

const HttpRule* find_rule(const CapabilityGrantSet& grants, std::string_view host, std::optional<std::uint16_t> port) {
  for (const capability::Capability& grant : grants.of(capability::CapabilityClass::kHttp)) {
    const auto& rule = std::get<HttpRule>(grant);
    if (rule.host == host && (!port || rule.port == *port)) return &rule;
  }
  return nullptr;
}

std::unexpected<Error> no_such_origin(const CapabilityGrantSet& grants, std::string_view text) {
  Error error(kPromoteAddress, fmt::format("no requests to '{}' are granted", printable(text)));
  for (const capability::Capability& grant : grants.of(capability::CapabilityClass::kHttp)) {
    const auto& rule = std::get<HttpRule>(grant);
    error = std::move(error).with_next(fmt::format("'{}:{}' is", rule.host, rule.port));
  }
  return std::unexpected(std::move(error));
}

Result<AddressBinding> parse_binding(const CapabilityGrantSet& grants, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return refused(text);
  const auto origin = parse_place(text.substr(0, equals));
  const auto place = parse_place(text.substr(equals + 1));
  if (!origin || !place) return refused(text);
  const auto address = egress::parse_ip(place->name);
  if (!address) return refused(text);
  const HttpRule* const rule = find_rule(grants, origin->name, origin->port);
  if (rule == nullptr) {
    return no_such_origin(grants, text.substr(0, equals));
  }
  return AddressBinding{.host = rule->host,
                        .port = rule->port,
                        .address = egress::to_text(*address),
                        .address_port = place->port.value_or(rule->port)};
}

AddressBinding* find(std::vector<AddressBinding>& bindings, const AddressBinding& origin) {
  const auto found = std::ranges::find_if(
      bindings, [&](const AddressBinding& bound) { return bound.host == origin.host && bound.port == origin.port; });
  return found == bindings.end() ? nullptr : &*found;
}

}  // namespace

Result<std::vector<AddressBinding>> allow_addresses(const CapabilityGrantSet& grants,
                                                    const std::vector<AddressBinding>& before,
                                                    const std::vector<std::string>& texts) {
  std::vector<AddressBinding> bindings;
  for (const std::string& text : texts) {
    AddressBinding binding = PALYRA_TRY(parse_binding(grants, text));
    if (find(bindings, binding) != nullptr) {
      return fail(kPromoteAddress, "'{}:{}' is given two addresses", binding.host, binding.port);
    }
    bindings.push_back(std::move(binding));
  }
  for (const AddressBinding& bound : before) {
    const bool granted = find_rule(grants, bound.host, bound.port) != nullptr;
    if (granted && find(bindings, bound) == nullptr) bindings.push_back(bound);
  }
  std::ranges::sort(bindings, {}, [](const AddressBinding& bound) { return std::tie(bound.host, bound.port); });
  return bindings;
}

}  // namespace palyra::app
