// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>
#include <palyra/host/call_state.h>

#include <fmt/core.h>

#include <algorithm>

namespace palyra::host {

using capability::Capability;
using capability::Denial;

namespace {

// What one opened object may cost besides its bytes, which the skill's image holds anyway.
constexpr std::size_t kObjectBytes = 32;

constexpr std::size_t kMaxShownGrants = 8;  // in one denial
constexpr std::size_t kMaxDenialTextBytes = 512;
constexpr std::size_t kMaxAdviceBytes = 2'048;

// RFC 6838 4.2: type "/" subtype, each a restricted name of 1 to 127 characters.
bool is_restricted_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  return !name.empty() && name.size() <= 127 && is_alphanumeric(name.front()) && std::ranges::all_of(name, [&](char c) {
    return is_alphanumeric(c) || std::string_view("!#$&-^_.+").contains(c);
  });
}

bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_restricted_name(text.substr(0, slash)) &&
         is_restricted_name(text.substr(slash + 1));
}

template <class Entry>
void record(std::vector<Entry>& entries, Entry entry) {
  const bool is_new = std::ranges::find(entries, entry) == entries.end();
  if (entries.size() < kMaxRecorded && is_new) entries.push_back(std::move(entry));
}

std::string grants_text(std::span<const Capability> grants) {
  std::string text;
  for (const Capability& grant : grants.first(std::min(grants.size(), kMaxShownGrants))) {
    text += (text.empty() ? "" : ", ") + canonical_text(grant);
  }
  return grants.size() > kMaxShownGrants ? text + ", ..." : text;
}

std::string_view result_name(std::int32_t result) {
  constexpr std::array<std::string_view, 9> kNames{"",          "invalid",     "denied",   "not_found", "too_large",
                                                   "exhausted", "unavailable", "conflict", "malformed"};
  return kNames[static_cast<std::size_t>(-result)];
}

}  // namespace

CallState::CallState(const CallSetup& setup)
    : setup_(setup),
      started_(setup_.clock.steady()),
      held_bytes_(setup_.arguments.size()),
      streams_(setup_.kind == runtime::EntryKind::kWasi ? setup_.standard_input : BytesView{}, log_),
      leaks_(setup_.secrets, setup_.grants) {}

bool CallState::hold(std::size_t bytes) {
  if (held_bytes_ > kMaxBufferedBytes || bytes > kMaxBufferedBytes - held_bytes_) return false;
  held_bytes_ += bytes;
  return true;
}

void CallState::release(std::size_t bytes) { held_bytes_ -= std::min(bytes, held_bytes_); }

std::size_t CallState::may_hold() const { return kMaxBufferedBytes - std::min(held_bytes_, kMaxBufferedBytes); }

std::int32_t CallState::admit_output(std::size_t bytes) {
  std::int32_t answer = 0;
  if (bytes > setup_.max_output_bytes - output_bytes_) {
    answer = kTooLarge;
  } else if (!hold(bytes)) {
    answer = kExhausted;
  }
  if (answer == 0) {
    output_bytes_ += bytes;
  } else {
    results_.output_over_cap = true;
  }
  return answer;
}

std::int32_t CallState::write_output(BytesView bytes) {
  const std::int32_t admitted = admit_output(bytes.size());
  if (admitted == 0) append_output(bytes);
  return admitted;
}

void CallState::append_output(BytesView bytes) {
  results_.output.insert(results_.output.end(), bytes.begin(), bytes.end());
}

std::int32_t CallState::write_part(std::string_view media_type, BytesView bytes) {
  if (!is_media_type(media_type)) return kInvalid;
  if (results_.parts.size() >= kMaxOutputParts) return kExhausted;
  const std::int32_t admitted = admit_output(bytes.size());
  if (admitted == 0) results_.parts.push_back({std::string(media_type), {bytes.begin(), bytes.end()}});
  return admitted;
}

std::int32_t CallState::write_error(std::string_view text) {
  if (text.size() > kMaxErrorBytes - error_.size()) return kTooLarge;
  error_ += text;
  return 0;
}

std::int32_t CallState::write_log(std::int32_t level, std::string_view text) {
  if (level < 0 || level > static_cast<std::int32_t>(capability::LogLevel::kTrace)) return kInvalid;
  return log_.add(static_cast<capability::LogLevel>(level), text) ? 0 : kExhausted;
}

bool CallState::takes_progress() const {
  if (setup_.progress == nullptr) return false;
  return !last_progress_ || setup_.clock.steady() - *last_progress_ >= kProgressInterval;
}

void CallState::report_progress(const Progress& progress) {
  last_progress_ = setup_.clock.steady();
  const std::string text = printable(progress.text, kMaxLogLineBytes);
  setup_.progress->progress({progress.done, progress.total, text});
}

const std::string* CallState::config(std::string_view key) const {
  const auto found = std::ranges::find(setup_.config, key, &ConfigValue::key);
  return found == setup_.config.end() ? nullptr : &found->json;
}

std::int32_t CallState::open_asset(std::string_view name) {
  const std::optional<BytesView> bytes = setup_.assets == nullptr ? std::nullopt : setup_.assets->find(name);
  if (!bytes) return failed_lookup(kNotFound, fmt::format("assets open \"{}\"", printable(name)));
  if (!hold(kObjectBytes)) return failed_lookup(kExhausted, fmt::format("assets open \"{}\"", printable(name)));
  return assets_.open(*bytes);
}

std::chrono::milliseconds CallState::monotonic() const {
  // Not from zero: programs take a zero for a clock that was never set.
  using std::chrono::milliseconds;
  return milliseconds(1'000) + std::chrono::duration_cast<milliseconds>(setup_.clock.steady() - started_);
}

std::int32_t CallState::failed_lookup(std::int32_t result, std::string lookup) {
  failed_lookups_[static_cast<std::size_t>(-result)] = std::move(lookup);
  return result;
}

std::string CallState::deny_handle(std::string_view kind, std::int32_t handle) {
  std::string message = fmt::format("{} is not a handle of {} that this call opened", handle, kind);
  const bool may_be_result = handle < 0 && -static_cast<std::int64_t>(handle) < std::ssize(failed_lookups_);
  const std::string& lookup = may_be_result ? failed_lookups_[static_cast<std::size_t>(-handle)] : std::string();
  if (!lookup.empty()) message += fmt::format("; {} answered it ({})", lookup, result_name(handle));
  strike_out_secrets(message);
  record_denial({.code = std::string(capability::kHandleNotOpened.id), .asked = message});
  return message;
}

std::int32_t CallState::missing_grant(ErrorCode code, std::string_view name, const Capability& missing) {
  const std::string_view cls = to_text(class_of(missing));
  const std::string asked = fmt::format("{} grant \"{}\"", cls, printable(name));
  const std::span<const Capability> held = setup_.grants.of(class_of(missing));
  record_denial({.code = std::string(code.id),
                 .asked = asked,
                 .allowed = held.empty() ? fmt::format("no {}", cls) : grants_text(held),
                 .capability = is_well_formed(missing) ? canonical_text(missing) : std::string()});
  return failed_lookup(kNotFound, asked);
}

void CallState::strike_out_secrets(std::string& text) {
  leaks_.redact("a name that the tool asked for", {reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

void CallState::record_denial(Denial denial) {
  // No guest makes a record too large to be kept; half the text of a capability would be another's.
  if (denial.capability.size() > kMaxDenialTextBytes) denial.capability.clear();
  for (std::string* const text : {&denial.asked, &denial.allowed, &denial.capability}) {
    strike_out_secrets(*text);
    *text = printable(*text, kMaxDenialTextBytes);
  }
  std::erase_if(denial.next, [](const std::string& text) { return text.size() > kMaxAdviceBytes; });
  for (std::string& text : denial.next) strike_out_secrets(text);
  record(denials_, std::move(denial));
}

void CallState::record_failure(std::string text) {
  strike_out_secrets(text);
  record(failures_, std::move(text));
}

void CallState::use_grant(const capability::Capability& grant) {
  std::string text = canonical_text(grant);
  if (std::ranges::find(grants_used_, text) == grants_used_.end()) grants_used_.push_back(std::move(text));
}

WasiDescriptors& CallState::descriptors() {
  if (!descriptors_) descriptors_.emplace(setup_.grants, setup_.files, setup_.assets);
  return *descriptors_;
}

// What a guest wrote before it wrote the rest of a secret may be the beginning of it.
void CallState::forget_writings() {
  results_ = {};
  error_.clear();
  log_.forget();
}

CallResults CallState::finish(capability::RunRecord& record) && {
  streams_.finish();
  results_.failure_message =
      error_.empty() && setup_.kind == runtime::EntryKind::kWasi ? streams_.error_tail() : std::move(error_);
  if (leaks_.leaked()) forget_writings();
  results_.messages_read = channels_.finish();
  record.bytes_in = setup_.arguments.size();
  record.bytes_out = output_bytes_;
  record.grants_used = std::move(grants_used_);
  std::ranges::sort(record.grants_used);
  // First, and beyond the limit of the others: no guest makes these go away.
  record.denials = leaks_.records();
  record.denials.insert(record.denials.end(), std::make_move_iterator(denials_.begin()),
                        std::make_move_iterator(denials_.end()));
  record.failures = std::move(failures_);
  record.log = log_.take_lines();
  record.log_lines_dropped = log_.dropped();
  return std::move(results_);
}

}  // namespace palyra::host
