// SPDX-License-Identifier: Apache-2.0
#include "http_policy.h"

#include <palyra/base/utf8.h>
#include <palyra/capability/capability_names.h>
#include <palyra/host/call_state.h>
#include <palyra/host/http_calls.h>
#include <palyra/host/secret_placement.h>

#include <fmt/core.h>

#include <algorithm>

namespace palyra::host {
namespace {

using capability::CapabilityClass;
using capability::HttpMethod;
using capability::HttpReply;
using capability::HttpReplyField;
using capability::HttpRule;
using capability::is_host_header;
using capability::lower_case;

// What one opened request may cost besides its text and bodies; it stays counted when the request is closed.
constexpr std::size_t kRequestBytes = 512;
constexpr int kPartialContent = 206;

std::string text_of(const HttpOrigin& origin) {
  return fmt::format("{}://{}:{}", to_text(origin.scheme), origin.host, origin.port);
}

std::string name_of(const HttpRequest& request) {
  return fmt::format("{} {}{}", to_text(request.asked_method), text_of(origin_of(*request.rule)),
                     printable(path_of(request.asked_target)));
}

// What an operator reads of a request that failed: the stable code, what was asked, and why.
std::string failure(ErrorCode code, std::string_view asked, std::string_view why) {
  return fmt::format("{}: {}: {}", code.id, asked, why);
}

HttpRule rule_for(const HttpOrigin& origin) {
  return {.host = origin.host, .scheme = origin.scheme, .port = origin.port};
}

// The text of a rule that allows no more than this; empty: no rule can, the path is none of a rule's.
std::string narrowest_rule(const HttpOrigin& origin, HttpMethod method, std::string_view path) {
  HttpRule rule = rule_for(origin);
  rule.methods = {method};
  rule.path_prefix = path;
  return is_well_formed(rule) ? canonical_text(rule) : std::string();
}

std::string granted_at(const capability::CapabilityGrantSet& grants, const HttpOrigin& origin) {
  std::string text;
  for (const capability::Capability& grant : grants.of(CapabilityClass::kHttp)) {
    if (origin_of(std::get<HttpRule>(grant)) != origin) continue;
    text += (text.empty() ? "" : ", ") + canonical_text(grant);
  }
  return text;
}

std::span<std::uint8_t> writable(std::string& text) {
  return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

const std::string* find_field(const std::vector<HttpReplyField>& fields, std::string_view lower_name) {
  const auto found =
      std::ranges::find_if(fields, [&](const HttpReplyField& field) { return lower_case(field.name) == lower_name; });
  return found == fields.end() ? nullptr : &found->value;
}

// The one value of Location; a reply with two has none.
const std::string* location_of(const HttpReply& reply) {
  const auto is_location = [](const HttpReplyField& field) { return lower_case(field.name) == "location"; };
  return std::ranges::count_if(reply.fields, is_location) == 1 ? find_field(reply.fields, "location") : nullptr;
}

// Why the scan for secrets cannot look at a reply; empty when it can.
std::string_view unscannable(const HttpReply& reply) {
  if (reply.status == kPartialContent) return "the reply to a request with a secret is a part (206)";
  const bool plain = std::ranges::all_of(reply.fields, [](const HttpReplyField& field) {
    const std::string name = lower_case(field.name);
    if (name == "content-encoding") return lower_case(field.value) == "identity";
    return name != "transfer-encoding" || lower_case(field.value) == "chunked";
  });
  return plain ? std::string_view() : "the reply to a request with a secret is encoded";
}

LockedBytes with_parameter(std::string_view target, std::string_view name, BytesView value) {
  const std::string before =
      fmt::format("{}{}{}=", target, target.find('?') == std::string_view::npos ? '?' : '&', name);
  LockedBytes whole(before.size() + value.size());
  const auto end = std::ranges::copy(as_bytes(before), whole.reveal_writable().begin()).out;
  std::ranges::copy(value, end);
  return whole;
}

// Without the parameter that the host puts the secret into: a server that repeats it must not get it twice.
std::string without_placed(std::string_view target, const HttpRule& rule) {
  const PlacementTarget place = placement_target(rule.secret->placement);
  const std::size_t mark = target.find('?');
  if (place.place != SecretPlace::kQuery || mark == std::string_view::npos) return std::string(target);
  std::string kept;
  kept.reserve(target.size());  // nothing that it outgrows stays behind
  kept.append(target.substr(0, mark));
  char separator = '?';
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    if (parameter.substr(0, parameter.find('=')) == place.name) continue;
    kept.append(1, separator).append(parameter);
    separator = '&';
  }
  return kept;
}

std::size_t bytes_of(const HttpReply& reply) {
  std::size_t bytes = reply.body.size();
  for (const HttpReplyField& field : reply.fields) bytes += field.name.size() + field.value.size();
  return bytes;
}

}  // namespace

std::int32_t HttpCalls::find_grant(std::string_view text) {
  const auto origin = parse_origin(text);
  const capability::CapabilityGrantSet& grants = call_.setup().grants;
  for (const capability::Capability& grant : grants.of(CapabilityClass::kHttp)) {
    if (origin && origin_of(std::get<HttpRule>(grant)) == *origin) return grants.handle_of(grant).value();
  }
  HttpRule missing = origin ? rule_for(*origin) : HttpRule();
  missing.methods = {std::begin(capability::kHttpMethods), std::end(capability::kHttpMethods)};
  return call_.missing_grant(kHttpNotGranted, text, missing);
}

std::int32_t HttpCalls::open(const HttpRule& of_origin, std::int32_t method, std::string_view text) {
  const auto failed = [&](std::int32_t result) {
    return call_.failed_lookup(result, fmt::format("http open \"{}\"", printable(text)));
  };
  if (text.size() > kMaxHttpTargetBytes) return failed(kTooLarge);
  if (method < 0 || method >= static_cast<std::int32_t>(std::size(capability::kHttpMethods))) return failed(kInvalid);
  auto target = normalise_target(text);
  if (!target) return failed(kInvalid);
  const auto which = static_cast<HttpMethod>(method);
  const HttpOrigin origin = origin_of(of_origin);
  const HttpRule* const rule = choose_rule(call_.setup().grants, origin, which, path_of(*target));
  if (rule == nullptr) {
    call_.record_denial({.code = std::string(kHttpNotGranted.id),
                         .asked = fmt::format("{} {}{}", to_text(which), text_of(origin), printable(path_of(*target))),
                         .allowed = granted_at(call_.setup().grants, origin),
                         .capability = narrowest_rule(origin, which, path_of(*target))});
    return failed(kDenied);
  }
  if (!call_.hold(kRequestBytes + target->size())) return failed(kExhausted);
  call_.use_grant(*rule);
  return requests_.open({.rule = rule,
                         .method = which,
                         .target = *target,
                         .asked_method = which,
                         .asked_target = *target,
                         .held = target->size()});
}

std::int32_t HttpCalls::add_header(HttpRequest& request, std::string_view name, std::string_view value) {
  if (request.stage != HttpRequest::Stage::kOpen) return kInvalid;
  const std::size_t bytes = name.size() + value.size();
  if (request.fields.size() >= kMaxHttpHeaders || bytes > kMaxHttpHeaderBytes - request.field_bytes) return kTooLarge;
  if (!capability::is_header_name(name) || !is_header_value(value)) return kInvalid;
  const std::string lower = lower_case(name);
  if (is_host_header(lower) || lower == secret_header(*request.rule)) {
    call_.record_denial({.code = std::string(kHttpHeaderRefused.id),
                         .asked = fmt::format("the header {} in {}", lower, name_of(request)),
                         .allowed = "headers that the host does not set itself"});
    return kDenied;
  }
  if (find_field(request.fields, lower) != nullptr) return kInvalid;
  if (!call_.hold(bytes)) return kExhausted;
  request.held += bytes;
  request.field_bytes += bytes;
  request.fields.push_back({.name = std::string(name), .value = std::string(value)});
  return 0;
}

std::int32_t HttpCalls::use_secret(HttpRequest& request, const capability::SecretUse& secret) {
  if (request.stage != HttpRequest::Stage::kOpen) return kInvalid;
  const std::string name = canonical_text(secret);
  const bool named = request.rule->secret && request.rule->secret->secret == name;
  if (!named || secret.purpose != capability::SecretPurpose::kHttp) {
    call_.record_denial(
        {.code = std::string(kHttpNotGranted.id),
         .asked = fmt::format("the secret {} in {}", name, name_of(request)),
         .allowed = request.rule->secret ? fmt::format("the secret {}", request.rule->secret->secret) : "no secret",
         .next = {fmt::format("its publisher has to name it in the rule {} of skill.toml: secret = \"{}\", "
                              "secret_placement = \"bearer\"",
                              canonical_text(*request.rule), name)}});
    return kDenied;
  }
  request.with_secret = true;
  call_.use_grant(secret);
  return 0;
}

std::int32_t HttpCalls::append_body(HttpRequest& request, BytesView bytes) {
  const bool bodiless = request.method == HttpMethod::kGet || request.method == HttpMethod::kHead;
  if (request.stage != HttpRequest::Stage::kOpen || bodiless) return kInvalid;
  if (bytes.size() > kMaxHttpBodyBytes - body_bytes_ || !call_.hold(bytes.size())) return kExhausted;
  body_bytes_ += bytes.size();
  request.held += bytes.size();
  request.body.insert(request.body.end(), bytes.begin(), bytes.end());
  return 0;
}

Result<std::int32_t> HttpCalls::send(HttpRequest& request, const HttpWait& wait) {
  if (request.stage != HttpRequest::Stage::kOpen) return kInvalid;
  request.stage = HttpRequest::Stage::kFailed;
  for (std::int64_t hops = 0;; ++hops) {
    if (sent_ >= kMaxHttpRequests || guessed_) return kExhausted;
    ++sent_;
    auto reply = exchange(request, wait);
    if (!reply) return answer_failure(request, std::move(reply).error());
    if (follow(request, *reply, hops)) {
      wipe(*reply);
      continue;
    }
    return keep_reply(request, *std::move(reply));
  }
}

Result<HttpReply> HttpCalls::exchange(const HttpRequest& request, const HttpWait& wait) {
  const CallSetup& setup = call_.setup();
  if (setup.http == nullptr) return fail(capability::kHttpUnusable, "this host sends no requests");
  std::string_view target = request.target;
  std::vector<capability::HttpField> fields;
  fields.reserve(request.fields.size() + 1);
  for (const HttpReplyField& field : request.fields) fields.push_back({.name = field.name, .value = field.value});
  // These hold what is inserted, for as long as the exchange.
  PlacementTarget place;
  LockedBytes inserted;
  if (request.with_secret) {
    inserted = PALYRA_TRY(placed_secret(*request.rule->secret));
    place = placement_target(request.rule->secret->placement);
    if (place.place == SecretPlace::kQuery) {
      inserted = with_parameter(request.target, place.name, inserted.reveal());
      target = as_text(inserted.reveal());
    } else {
      fields.push_back({.name = place.name, .value = as_text(inserted.reveal())});
    }
  }
  const HttpRule& rule = *request.rule;
  const auto binding = std::ranges::find_if(setup.http_bindings, [&](const capability::AddressBinding& bound) {
    return bound.host == rule.host && bound.port == rule.port;
  });
  return setup.http->exchange(
      {.method = request.method,
       .scheme = rule.scheme,
       .host = rule.host,
       .port = rule.port,
       .target = target,
       .fields = fields,
       .body = request.body,
       .max_reply_bytes = std::min(static_cast<std::size_t>(rule.max_response_bytes), call_.may_hold()),
       .binding = binding == setup.http_bindings.end() ? nullptr : &*binding,
       .deadline = wait.deadline,
       .cancelled = wait.cancelled});
}

Result<LockedBytes> HttpCalls::placed_secret(const capability::HttpSecret& wanted) const {
  const CallSetup& setup = call_.setup();
  const capability::Capability* const grant = setup.grants.find(wanted.secret);
  const auto* const use = grant == nullptr ? nullptr : std::get_if<capability::SecretUse>(grant);
  const capability::SecretValue* const value =
      use == nullptr || setup.secrets == nullptr ? nullptr : setup.secrets->find(*use);
  if (value == nullptr) {
    return fail(kHttpSecretUnusable, "the secret {} has no value; palyra secrets set {} gives it one", wanted.secret,
                wanted.secret);
  }
  auto placed = place_secret(wanted.placement, value->bytes.reveal());
  if (!placed) {
    return fail(kHttpSecretUnusable, "the value of the secret {} does not fit its place, {}", wanted.secret,
                wanted.placement);
  }
  return *std::move(placed);
}

bool HttpCalls::follow(HttpRequest& request, const HttpReply& reply, std::int64_t hops) {
  const HttpRule& rule = *request.rule;
  const std::string* const location = is_redirect(reply.status) ? location_of(reply) : nullptr;
  if (location == nullptr || hops >= rule.redirects) return false;
  // A server may have repeated a secret in it.
  std::string place = request.with_secret ? without_placed(*location, rule) : *location;
  const std::string carried = request.with_secret ? rule.secret->secret : std::string();
  if (call_.leaks().redact("a redirect of " + text_of(origin_of(rule)), writable(place), carried)) return false;
  const HttpOrigin origin = origin_of(rule);
  auto target = redirect_target(origin, request.target, place);
  const HttpMethod method = redirect_method(request.method, reply.status);
  const bool allowed = target && choose_rule(call_.setup().grants, origin, method, path_of(*target)) == &rule;
  if (!allowed) {
    call_.record_denial({.code = std::string(kHttpNotGranted.id),
                         .asked = fmt::format("the redirect of {} to {}", name_of(request), printable(place)),
                         .allowed = canonical_text(rule)});
    return false;
  }
  request.target = request.with_secret ? without_placed(*target, rule) : *target;
  if (method != request.method) {
    request.body.clear();
    std::erase_if(request.fields,
                  [](const HttpReplyField& field) { return lower_case(field.name).starts_with("content-"); });
  }
  request.method = method;
  return true;
}

std::int32_t HttpCalls::keep_reply(HttpRequest& request, HttpReply reply) {
  const std::string_view reason = request.with_secret ? unscannable(reply) : std::string_view();
  if (!reason.empty()) {
    wipe(reply);
    call_.record_failure(failure(capability::kHttpReplyBroken, name_of(request), reason));
    return kUnavailable;
  }
  const std::size_t bytes = bytes_of(reply);
  if (!call_.hold(bytes)) {
    wipe(reply);
    return kExhausted;
  }
  request.held += bytes;
  const std::string what = "the response of " + text_of(origin_of(*request.rule));
  const std::string carried = request.with_secret ? request.rule->secret->secret : std::string();
  bool foreign = false;
  const auto redact = [&](std::span<std::uint8_t> part) {
    foreign = call_.leaks().redact(what, part, carried) || foreign;
  };
  for (HttpReplyField& field : reply.fields) {
    redact(writable(field.name));
    redact(writable(field.value));
    field.name = lower_case(field.name);
    redact(writable(field.name));
  }
  redact(reply.body);
  if (foreign) {
    // A server that was never told the secret has guessed it, or was told it elsewhere: it learns nothing more.
    guessed_ = true;
    call_.record_failure(failure(capability::kHttpReplyBroken, name_of(request),
                                 "the reply holds a secret that the request did not carry; the call sends no more"));
    return kUnavailable;
  }
  request.reply = std::move(reply);
  request.stage = HttpRequest::Stage::kReplied;
  return request.reply.status;
}

Result<std::int32_t> HttpCalls::answer_failure(const HttpRequest& request, Error error) {
  if (error.is(capability::kHttpTimedOut) || error.is(capability::kHttpCancelled)) {
    return std::unexpected(std::move(error));
  }
  if (error.is(capability::kHttpAddressRefused)) {
    call_.record_denial({.code = std::string(error.code().id),
                         .asked = fmt::format("{}: {}", name_of(request), error.message()),
                         .allowed = "public addresses, and those that an operator names",
                         .next = {error.next().begin(), error.next().end()}});
  } else {
    call_.record_failure(failure(error.code(), name_of(request), error.message()));
  }
  return error.is(capability::kHttpReplyTooLarge) ? kTooLarge : kUnavailable;
}

void HttpCalls::close(std::int32_t handle) {
  call_.release(requests_.find(handle)->held);
  requests_.close(handle);
}

}  // namespace palyra::host
