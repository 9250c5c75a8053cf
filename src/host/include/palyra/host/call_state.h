// SPDX-License-Identifier: Apache-2.0
#pragma once
// What host functions read and write during one call: the state that lives and dies with that call's store.
//
// One CallState serves one invocation, on the thread of that invocation, and is then finished and thrown away. It gives
// a guest nothing that is not in its setup. Sizes and counts are judged here, so that what a guest makes the host hold
// stays within kMaxBufferedBytes whatever it calls.
//
// Source: docs/guest-abi.md 1, 2, 6.

#include <palyra/base/bytes.h>
#include <palyra/base/clock.h>
#include <palyra/capability/grant_set.h>
#include <palyra/capability/http_port.h>
#include <palyra/capability/run_record.h>
#include <palyra/capability/secret_port.h>
#include <palyra/capability/storage_port.h>
#include <palyra/host/asset_files.h>
#include <palyra/host/channel_calls.h>
#include <palyra/host/file_calls.h>
#include <palyra/host/guest_log.h>
#include <palyra/host/http_calls.h>
#include <palyra/host/leak_guard.h>
#include <palyra/host/object_table.h>
#include <palyra/host/random_source.h>
#include <palyra/host/secret_calls.h>
#include <palyra/host/standard_streams.h>
#include <palyra/host/wasi_descriptors.h>
#include <palyra/runtime/runtime.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::host {

inline constexpr std::size_t kDefaultMaxOutputBytes = std::size_t{8} << 20;
inline constexpr std::size_t kMaxBufferedBytes = std::size_t{96} << 20;  // for one call in all
inline constexpr std::size_t kMaxOutputParts = 32;
inline constexpr std::size_t kMaxMediaTypeBytes = 255;
inline constexpr std::size_t kMaxErrorBytes = std::size_t{8} * 1024;
inline constexpr std::chrono::milliseconds kProgressInterval{100};  // at most ten a second are passed on

inline constexpr std::size_t kMaxRecorded = 100;  // denials, and failures, that a run record names

// What guests see for a failure. Zero and above is success. docs/guest-abi.md 1.
inline constexpr std::int32_t kInvalid = -1;
inline constexpr std::int32_t kDenied = -2;
inline constexpr std::int32_t kNotFound = -3;
inline constexpr std::int32_t kTooLarge = -4;
inline constexpr std::int32_t kExhausted = -5;
inline constexpr std::int32_t kUnavailable = -6;
inline constexpr std::int32_t kConflict = -7;

struct Progress {
  std::uint64_t done;
  std::uint64_t total;    // 0: unknown
  std::string_view text;  // printable
};

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void progress(const Progress& progress) = 0;
};

struct ConfigValue {
  std::string key;
  std::string json;
};

// What one call is given. Everything borrowed outlives the CallState.
// NOLINTBEGIN(readability-redundant-member-init): GCC warns of members without one that a call site leaves out
struct CallSetup {
  std::string_view tool_id;  // also argv[0] of a WASI program
  std::string_view run_id;
  BytesView arguments = {};  // one JSON object, checked already
  std::size_t max_output_bytes = kDefaultMaxOutputBytes;
  // Decides where WASI's standard streams lead: kCore: input empty, output and error to the log; kWasi: output is the
  // tool's output, error is the log, and its end the failure message.
  runtime::EntryKind kind = runtime::EntryKind::kCore;
  BytesView standard_input = {};                        // with kWasi; the arguments, unless the manifest maps them
  std::span<const std::string> program_arguments = {};  // argv[1] and on; without NUL
  std::span<const ConfigValue> config = {};
  const AssetSource* assets = nullptr;  // null: the skill has none
  const capability::CapabilityGrantSet& grants;
  const Clock& clock;
  RandomSource& random;
  ProgressSink* progress = nullptr;
  capability::HttpPort* http = nullptr;  // null: requests are unavailable
  std::span<const capability::AddressBinding> http_bindings = {};
  const capability::SecretPort* secrets = nullptr;  // null: secrets are unavailable
  capability::StoragePort* storage = nullptr;       // null: storage is unavailable
  capability::ChannelPort* channels = nullptr;      // null: channels are unavailable
  capability::FilePort* files = nullptr;            // null: files are unavailable
};
// NOLINTEND(readability-redundant-member-init)

struct ContentPart {
  std::string media_type;
  Bytes bytes;
};

struct CallResults {
  Bytes output;
  std::vector<ContentPart> parts;
  // What the tool said about its failure, as it wrote it: perhaps empty, perhaps not UTF-8.
  std::string failure_message;
  // A write was refused because the output would have passed max_output_bytes, or the host all it may hold: what is
  // there is not all.
  bool output_over_cap = false;
  // Messages of channels that it read to the end, by id: delivered, when the tool has succeeded.
  std::vector<std::int64_t> messages_read{};
};

class CallState {
 public:
  explicit CallState(const CallSetup& setup);
  CallState(const CallState&) = delete;
  CallState& operator=(const CallState&) = delete;
  ~CallState() = default;

  [[nodiscard]] const CallSetup& setup() const { return setup_; }

  // 0 or a failure. Nothing is kept of a refused write.
  std::int32_t write_output(BytesView bytes);
  // The two halves of write_output, for output in pieces: admits their sum, then appends each.
  std::int32_t admit_output(std::size_t bytes);
  void append_output(BytesView bytes);
  std::int32_t write_part(std::string_view media_type, BytesView bytes);
  std::int32_t write_error(std::string_view text);
  std::int32_t write_log(std::int32_t level, std::string_view text);
  // Whether anybody is shown the next progress.
  [[nodiscard]] bool takes_progress() const;
  void report_progress(const Progress& progress);

  // The JSON text of one setting, or nullptr.
  [[nodiscard]] const std::string* config(std::string_view key) const;

  // A handle, kNotFound or kExhausted.
  std::int32_t open_asset(std::string_view name);
  ObjectTable<BytesView>& assets() { return assets_; }
  HttpCalls& http() { return http_; }
  SecretCalls& secrets() { return secrets_; }
  ChannelCalls& channels() { return channels_; }
  FileCalls& files() { return files_; }
  WasiDescriptors& descriptors();

  // What passes everything that the guest writes anywhere, and every answer from outside.
  LeakGuard& leaks() { return leaks_; }

  // Milliseconds that only grow, from a start that says nothing of the machine.
  [[nodiscard]] std::chrono::milliseconds monotonic() const;

  StandardStreams& streams() { return streams_; }

  // For the run record: what was refused and how to allow it, what failed for a reason that the guest is not told,
  // and a grant that was made use of. Each is kept once, and kMaxRecorded of a kind.
  // Secrets in the texts, which may quote the guest, are struck out.
  void record_denial(capability::Denial denial);
  void record_failure(std::string text);
  void use_grant(const capability::Capability& grant);

  // The message that ends a run which used a number as a handle of `kind` ("an asset") that this call never got. Kept
  // for the run record.
  std::string deny_handle(std::string_view kind, std::int32_t handle);
  // Remembers which lookup answered the negative `result`, for the message above.
  std::int32_t failed_lookup(std::int32_t result, std::string lookup);
  // kNotFound, for the lookup of a grant that the call does not hold: recorded as a denial. `name` is the guest's, and
  // `missing` what would have answered it, when the name is one that a grant can have.
  std::int32_t missing_grant(ErrorCode code, std::string_view name, const capability::Capability& missing);

  // Bytes that the host is to hold for this call; false when that would pass kMaxBufferedBytes.
  [[nodiscard]] bool hold(std::size_t bytes);
  void release(std::size_t bytes);  // that were held
  [[nodiscard]] std::size_t may_hold() const;

  // The end: what the call produced, and the host's part of the run record.
  CallResults finish(capability::RunRecord& record) &&;

 private:
  void forget_writings();
  void strike_out_secrets(std::string& text);

  CallSetup setup_;
  SteadyTime started_;
  CallResults results_;
  std::size_t output_bytes_ = 0;  // of output and parts
  std::size_t held_bytes_ = 0;
  std::string error_;
  GuestLog log_;
  StandardStreams streams_;
  std::optional<SteadyTime> last_progress_;
  ObjectNumbers numbers_;  // before the tables that use it
  ObjectTable<BytesView> assets_{numbers_};
  HttpCalls http_{*this, numbers_};
  SecretCalls secrets_;
  ChannelCalls channels_;
  FileCalls files_{numbers_};
  std::optional<WasiDescriptors> descriptors_;  // made for the first call that asks
  LeakGuard leaks_;
  std::array<std::string, 9> failed_lookups_;  // by the negated result
  std::vector<capability::Denial> denials_;
  std::vector<std::string> failures_;
  std::vector<std::string> grants_used_;
};

}  // namespace palyra::host
