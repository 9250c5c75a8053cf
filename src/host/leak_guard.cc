// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>
#include <palyra/host/leak_guard.h>

#include <fmt/core.h>

#include <algorithm>

namespace palyra::host {
namespace {

using capability::Denial;
using capability::SecretUse;

bool is_sent_as_basic(const capability::CapabilityGrantSet& grants, std::string_view secret) {
  return std::ranges::any_of(grants.of(capability::CapabilityClass::kHttp), [&](const capability::Capability& grant) {
    const auto& placed = std::get<capability::HttpRule>(grant).secret;
    return placed && placed->secret == secret && placed->placement == "basic";
  });
}

// Behind the first colon.
std::optional<BytesView> password_in(BytesView value) {
  const auto colon = std::ranges::find(value, std::uint8_t{':'});
  if (colon == value.end()) return std::nullopt;
  return value.subspan(static_cast<std::size_t>(colon - value.begin()) + 1);
}

std::vector<WatchedSecret> watched(const capability::SecretPort* secrets,
                                   const capability::CapabilityGrantSet& grants) {
  std::vector<WatchedSecret> all;
  if (secrets == nullptr) return all;
  for (const capability::Capability& grant : grants.of(capability::CapabilityClass::kSecret)) {
    const capability::SecretValue* const value = secrets->find(std::get<SecretUse>(grant));
    if (value == nullptr || value->scanning != capability::Scanning::kScanned) continue;
    all.push_back({.name = canonical_text(grant), .value = value->bytes.reveal()});
    const auto password = password_in(value->bytes.reveal());
    if (password && is_sent_as_basic(grants, all.back().name)) {
      all.push_back({.name = all.back().name, .value = *password});
    }
  }
  return all;
}

Denial struck_out(std::string asked) { return {.code = std::string(kSecretStruckOut.id), .asked = std::move(asked)}; }

}  // namespace

std::string_view to_text(Sink sink) {
  switch (sink) {
    case Sink::kOutput:
      return "output";
    case Sink::kPart:
      return "output part";
    case Sink::kMediaType:
      return "output part's type";
    case Sink::kError:
      return "failure message";
    case Sink::kLog:
      return "log";
    case Sink::kProgress:
      return "progress";
    case Sink::kStandardOutput:
      return "standard output";
    case Sink::kStandardError:
      return "standard error";
    case Sink::kStorage:
      return "storage";
    case Sink::kStorageKey:
      return "storage keys";
    case Sink::kChannel:
      return "channel";
    case Sink::kFile:
      return "file";
    case Sink::kFileName:
      return "file names";
  }
  PALYRA_CHECK(false);
}

LeakGuard::LeakGuard(const capability::SecretPort* secrets, const capability::CapabilityGrantSet& grants)
    : scanner_(watched(secrets, grants)) {}

std::optional<Denial> LeakGuard::check(Sink sink, BytesView bytes) {
  if (scanner_.empty()) return std::nullopt;
  std::optional<LeakStream>& stream = streams_.at(static_cast<std::size_t>(sink));
  if (!stream) stream.emplace(scanner_);
  const auto leak = stream->next(bytes);
  if (!leak) return std::nullopt;
  leaked_ = true;
  return Denial{.code = std::string(kSecretInOutput.id),
                .asked = fmt::format("the tool wrote the secret {} to its {} ({})", scanner_.name_of(*leak),
                                     to_text(sink), to_text(leak->form)),
                .allowed = "to use it in requests and for hmac-sha256, as its grant says, and never to show it"};
}

bool LeakGuard::redact(std::string_view what, std::span<std::uint8_t> bytes, std::string_view expected) {
  const Redacted redacted = scanner_.redact(bytes);
  const bool foreign =
      redacted.found > redacted.first.size() ||
      std::ranges::any_of(redacted.first, [&](const Leak& leak) { return scanner_.name_of(leak) != expected; });
  for (const Leak& leak : redacted.first) {
    if (records_.size() >= kMaxRecords) break;
    records_.push_back(struck_out(fmt::format("the secret {} was in {} ({}) and was struck out of it",
                                              scanner_.name_of(leak), what, to_text(leak.form))));
  }
  found_ += redacted.found;
  return foreign;
}

std::vector<Denial> LeakGuard::records() const {
  std::vector<Denial> all = records_;
  if (found_ > all.size()) all.push_back(struck_out(fmt::format("{} secrets were struck out in all", found_)));
  return all;
}

}  // namespace palyra::host
