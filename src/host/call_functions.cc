// SPDX-License-Identifier: Apache-2.0
// `palyra:skill/call@1.0.0`: arguments, output, messages. docs/guest-abi.md 2.

#include "bodies.h"

#include <palyra/base/clock.h>

#include <array>

namespace palyra::host {
namespace {

using runtime::HostCall;
using runtime::HostReturn;

std::string_view text_of(const HostCall& call, std::size_t range) { return as_text(call.range(range)); }

HostReturn input_length(HostCall& call) noexcept {
  return HostReturn::i32(static_cast<std::int32_t>(state_of(call).setup().arguments.size()));
}

HostReturn input_read(HostCall& call) noexcept {
  return answer_copied(call, 0, from(state_of(call).setup().arguments, call.u32(2)));
}

HostReturn output_write(HostCall& call) noexcept {
  const BytesView bytes = call.range(0);
  if (!call.charge(bytes.size())) return call.out_of_fuel();
  if (const auto stop = stop_leak(call, Sink::kOutput, bytes)) return *stop;
  return HostReturn::i32(state_of(call).write_output(bytes));
}

HostReturn output_part(HostCall& call) noexcept {
  const BytesView bytes = call.range(1);
  if (call.range(0).size() > kMaxMediaTypeBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(call.range(0).size() + bytes.size())) return call.out_of_fuel();
  const std::int32_t answer = state_of(call).write_part(text_of(call, 0), bytes);
  if (answer != 0) return HostReturn::i32(answer);
  if (const auto stop = stop_leak(call, Sink::kMediaType, call.range(0))) return *stop;
  if (const auto stop = stop_leak(call, Sink::kPart, bytes)) return *stop;
  return HostReturn::i32(0);
}

HostReturn error_write(HostCall& call) noexcept {
  if (!call.charge(call.range(0).size())) return call.out_of_fuel();
  const std::int32_t answer = state_of(call).write_error(text_of(call, 0));
  if (answer != 0) return HostReturn::i32(answer);
  if (const auto stop = stop_leak(call, Sink::kError, call.range(0))) return *stop;
  return HostReturn::i32(0);
}

HostReturn tool_id(HostCall& call) noexcept { return answer_needed(call, 0, as_bytes(state_of(call).setup().tool_id)); }

HostReturn run_id(HostCall& call) noexcept { return answer_needed(call, 0, as_bytes(state_of(call).setup().run_id)); }

HostReturn config(HostCall& call) noexcept {
  if (!call.charge(call.range(0).size())) return call.out_of_fuel();
  const std::string* const json = state_of(call).config(text_of(call, 0));
  return json == nullptr ? HostReturn::i32(kNotFound) : answer_needed(call, 1, as_bytes(*json));
}

HostReturn log(HostCall& call) noexcept {
  const std::string_view line = text_of(call, 0);
  if (line.size() > kMaxLogLineBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(line.size())) return call.out_of_fuel();
  const std::int32_t answer = state_of(call).write_log(call.i32(0), line);
  if (answer != 0) return HostReturn::i32(answer);
  if (const auto stop = stop_leak(call, Sink::kLog, as_bytes(line))) return *stop;
  return HostReturn::i32(0);
}

HostReturn progress(HostCall& call) noexcept {
  const std::string_view text = text_of(call, 0);
  if (text.size() > kMaxLogLineBytes) return HostReturn::i32(kTooLarge);
  if (!call.charge(text.size())) return call.out_of_fuel();
  if (!state_of(call).takes_progress()) return HostReturn::i32(0);
  if (const auto stop = stop_leak(call, Sink::kProgress, as_bytes(text))) return *stop;
  const auto count = [&](std::size_t n) { return static_cast<std::uint64_t>(call.i64(n)); };
  state_of(call).report_progress({count(0), count(1), text});
  return HostReturn::i32(0);
}

// Real time, whatever the clock that the guest is shown.
HostReturn deadline_ms(HostCall& call) noexcept {
  return HostReturn::i64(call.deadline().left(state_of(call).setup().clock).count());
}

HostReturn cancelled(HostCall& call) noexcept { return HostReturn::i32(call.cancelled() ? 1 : 0); }

constexpr auto kBodies = std::to_array<NamedBody>({
    {"input-length", input_length},
    {"input-read", input_read},
    {"output-write", output_write},
    {"output-part", output_part},
    {"error-write", error_write},
    {"tool-id", tool_id},
    {"run-id", run_id},
    {"config", config},
    {"log", log},
    {"progress", progress},
    {"deadline-ms", deadline_ms},
    {"cancelled", cancelled},
});

}  // namespace

std::span<const NamedBody> call_bodies() { return kBodies; }

}  // namespace palyra::host
