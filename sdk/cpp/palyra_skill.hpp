// SPDX-License-Identifier: Apache-2.0
#ifndef PALYRA_SKILL_HPP_
#define PALYRA_SKILL_HPP_
// The C++ SDK for Palyra skills: a wrapper around palyra_skill.h, for C++17 and newer without exceptions, on libc++.
//
// A tool is a function that gives an `outcome`: nothing, or the message of its failure.
//
//   #define PALYRA_SKILL_IMPLEMENTATION  // in exactly one source file of a module
//   #include "palyra_skill.hpp"
//
//   PALYRA_CPP_TOOL(greet) {
//     palyra::json_reader in(palyra::arguments());
//     std::string who;
//     in.object();
//     while (const auto key = in.member()) {
//       if (*key == "who") who = in.string();
//       else in.skip();
//     }
//     palyra::json_writer out;
//     out.begin_object().key("hello").string(who).end_object();
//     return out.finish();
//   }
//
//   clang++-19 --target=wasm32-wasi -mexec-model=reactor -std=c++20 -Os -fno-exceptions -fno-rtti greet.cpp -o
//   greet.wasm
//
// What can fail gives a `result<T>`, which holds a value or the host's answer. Handles of what was granted (origin,
// secret, storage, channel, root) are looked up by the name that the manifest declares; requests and files close when
// they go out of scope. What each call means is in palyra_skill.h.

#include "palyra_skill.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace palyra {

// Why the host refused: one of PALYRA_INVALID to PALYRA_MALFORMED.
struct error {
  int64_t code;
  std::string_view name() const {
    const palyra_text word = palyra_result_name(code);
    return {word.data, word.size};
  }
};

// A value, or why there is none. Reading the value of a failure ends the run.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : value_(std::move(value)) {}
  result(error why) : error_(why) {}

  explicit operator bool() const { return value_.has_value(); }
  T& operator*() & { return checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  T value_or(T other) const { return value_ ? *value_ : std::move(other); }
  palyra::error error() const { return error_; }

 private:
  T& checked() {
    if (!value_) __builtin_trap();
    return *value_;
  }
  std::optional<T> value_;
  palyra::error error_{0};
};

struct done {};  // the value of what only succeeds

// What a tool gives back: success, or a message for the caller.
class [[nodiscard]] outcome {
 public:
  outcome() = default;
  outcome(std::string message) : message_(std::move(message)) {}
  outcome(const char* message) : message_(message) {}
  outcome(error why) : message_(std::string(why.name())) {}

  int32_t finish() const {
    if (!message_) return 0;
    (void)palyra_error_write(message_->data(), message_->size());
    return 1;
  }

 private:
  std::optional<std::string> message_;
};

// Defines and exports a tool whose body gives an `outcome`.
#define PALYRA_CPP_TOOL(name)                                 \
  static palyra::outcome palyra_tool_##name();                \
  PALYRA_TOOL(name) { return palyra_tool_##name().finish(); } \
  static palyra::outcome palyra_tool_##name()

namespace detail {

inline result<int32_t> number(int32_t answer) {
  if (answer < 0) return error{answer};
  return answer;
}
inline result<int64_t> number(int64_t answer) {
  if (answer < 0) return error{answer};
  return answer;
}
inline result<done> nothing(int32_t answer) {
  if (answer < 0) return error{answer};
  return done{};
}
template <class Handle>
result<Handle> handle(int32_t answer) {
  if (answer < 0) return error{answer};
  return Handle(answer);
}

constexpr std::size_t kFirstCap = 1024;

// A value of one of the functions that answer how much is needed.
template <class Ask>
result<std::string> needed(Ask ask) {
  std::string text(kFirstCap, '\0');
  for (;;) {
    const int32_t size = ask(text.data(), text.size());
    if (size < 0) return error{size};
    const bool fits = static_cast<std::size_t>(size) <= text.size();
    text.resize(static_cast<std::size_t>(size));
    if (fits) return text;
  }
}

// Everything that one of the functions gives which answer 0 at the end.
template <class Read>
result<std::string> to_end(Read read) {
  std::string text(kFirstCap, '\0');
  for (std::size_t used = 0;;) {
    if (used == text.size()) text.resize(used * 2);
    const int32_t got = read(text.data() + used, text.size() - used);
    if (got < 0) return error{got};
    used += static_cast<std::size_t>(got);
    if (got > 0) continue;
    text.resize(used);
    return text;
  }
}

// Every name of palyra_storage_list and palyra_file_list.
template <class List>
result<std::vector<std::string>> names(List list) {
  std::vector<std::string> found;
  std::string buffer(std::size_t{16} * 1024, '\0');
  for (;;) {
    const std::string after = found.empty() ? std::string() : found.back();
    const int32_t used = list(after, buffer.data(), buffer.size());
    if (used < 0) return error{used};
    if (used == 0) return found;
    palyra_text rest{buffer.data(), static_cast<std::size_t>(used)};
    palyra_text name{};
    while (palyra_take_name(&rest, &name)) found.emplace_back(name.data, name.size);
  }
}

// An object of this call that is closed once.
template <int32_t (*Close)(int32_t)>
class closing {
 public:
  explicit closing(int32_t object) : object_(object) {}
  closing(closing&& other) noexcept : object_(std::exchange(other.object_, -1)) {}
  closing& operator=(closing&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  closing(const closing&) = delete;
  closing& operator=(const closing&) = delete;
  ~closing() {
    if (object_ >= 0) (void)Close(object_);
  }
  int32_t operator*() const { return object_; }

 private:
  int32_t object_;
};

}  // namespace detail

// ---- The call

inline std::string arguments() {
  std::string json(static_cast<std::size_t>(palyra_input_length()), '\0');
  (void)palyra_input_read(json.data(), json.size(), 0);
  return json;
}
inline result<done> output(std::string_view data) {
  return detail::nothing(palyra_output_write(data.data(), data.size()));
}
inline result<done> output_part(std::string_view media, std::string_view data) {
  return detail::nothing(palyra_output_part(media.data(), media.size(), data.data(), data.size()));
}
inline std::string tool_id() { return *detail::needed(palyra_tool_id); }
inline std::string run_id() { return *detail::needed(palyra_run_id); }
// JSON text.
inline result<std::string> config(std::string_view key) {
  return detail::needed([&](char* to, std::size_t cap) { return palyra_config(key.data(), key.size(), to, cap); });
}
enum class level : int32_t { error, warning, info, debug, trace };
inline void log(level importance, std::string_view line) {
  (void)palyra_log(static_cast<int32_t>(importance), line.data(), line.size());
}
inline void progress(int64_t steps, int64_t total, std::string_view message) {
  (void)palyra_progress(steps, total, message.data(), message.size());
}
inline int64_t deadline_ms() { return palyra_deadline_ms(); }
inline bool cancelled() { return palyra_cancelled() != 0; }

// ---- Assets, clock, random

inline result<std::string> asset(std::string_view path) {
  const int32_t handle = palyra_asset_open(path.data(), path.size());
  if (handle < 0) return error{handle};
  std::string content(static_cast<std::size_t>(palyra_asset_size(handle)), '\0');
  const int32_t got = palyra_asset_read(handle, content.data(), content.size(), 0);
  (void)palyra_asset_close(handle);
  if (got < 0) return error{got};
  return content;
}
inline int64_t clock_wall_ms() { return palyra_clock_wall_ms(); }
inline int64_t clock_monotonic_ms() { return palyra_clock_monotonic_ms(); }
inline result<done> random_fill(void* buffer, std::size_t size) {
  return detail::nothing(palyra_random_fill(buffer, size));
}

// ---- Secrets

class secret {
 public:
  explicit secret(int32_t handle) : handle_(handle) {}
  static result<secret> grant(std::string_view name) {
    return detail::handle<secret>(palyra_secret_grant(name.data(), name.size()));
  }
  result<bool> present() const {
    const int32_t answer = palyra_secret_present(handle_);
    if (answer < 0) return error{answer};
    return answer == 1;
  }
  result<std::array<uint8_t, 32>> hmac_sha256(std::string_view data) const {
    std::array<uint8_t, 32> mac{};
    const int32_t answer = palyra_secret_hmac_sha256(handle_, data.data(), data.size(), mac.data());
    if (answer < 0) return error{answer};
    return mac;
  }
  int32_t handle() const { return handle_; }

 private:
  int32_t handle_;
};

// ---- HTTP

enum class method : int32_t { get, head, post, put, patch, del };

class request {
 public:
  explicit request(int32_t object) : object_(object) {}
  result<done> header(std::string_view name, std::string_view value) {
    return detail::nothing(palyra_http_header(*object_, name.data(), name.size(), value.data(), value.size()));
  }
  result<done> secret(const palyra::secret& secret) {
    return detail::nothing(palyra_http_secret(*object_, secret.handle()));
  }
  result<done> body(std::string_view data) {
    return detail::nothing(palyra_http_body(*object_, data.data(), data.size()));
  }
  // The status.
  result<int32_t> send() { return detail::number(palyra_http_send(*object_)); }
  // Each but the last followed by a line feed.
  result<std::string> response_header_names() const {
    return detail::needed(
        [&](char* to, std::size_t cap) { return palyra_http_response_header_names(*object_, to, cap); });
  }
  result<std::string> response_header(std::string_view name) const {
    return detail::needed([&](char* to, std::size_t cap) {
      return palyra_http_response_header(*object_, name.data(), name.size(), to, cap);
    });
  }
  result<int64_t> response_length() const { return detail::number(palyra_http_response_length(*object_)); }
  // What is left of the body.
  result<std::string> response() {
    return detail::to_end([&](char* to, std::size_t cap) { return palyra_http_response_read(*object_, to, cap); });
  }

 private:
  detail::closing<palyra_http_close> object_;
};

// The rules of one origin.
class origin {
 public:
  explicit origin(int32_t handle) : handle_(handle) {}
  static result<origin> grant(std::string_view name) {
    return detail::handle<origin>(palyra_http_grant(name.data(), name.size()));
  }
  result<request> open(method how, std::string_view path) const {
    return detail::handle<request>(palyra_http_open(handle_, static_cast<int32_t>(how), path.data(), path.size()));
  }

 private:
  int32_t handle_;
};

// ---- Storage

struct stored {
  std::string value;
  int64_t version;
};

class storage {
 public:
  explicit storage(int32_t handle) : handle_(handle) {}
  static result<storage> grant(std::string_view prefix) {
    return detail::handle<storage>(palyra_storage_grant(prefix.data(), prefix.size()));
  }
  result<stored> get(std::string_view key) const {
    int64_t version = 0;
    auto value = detail::needed([&](char* to, std::size_t cap) {
      return palyra_storage_get(handle_, key.data(), key.size(), to, cap, &version);
    });
    if (!value) return value.error();
    return stored{*std::move(value), version};
  }
  // The new version. `expected` is a version, 0 for a new key, or PALYRA_ANY_VERSION.
  result<int64_t> put(std::string_view key, std::string_view value, int64_t expected = PALYRA_ANY_VERSION) const {
    return detail::number(palyra_storage_put(handle_, key.data(), key.size(), value.data(), value.size(), expected));
  }
  result<done> remove(std::string_view key, int64_t expected = PALYRA_ANY_VERSION) const {
    return detail::nothing(palyra_storage_delete(handle_, key.data(), key.size(), expected));
  }
  // Every key, in the order of their bytes.
  result<std::vector<std::string>> list() const {
    return detail::names([&](std::string_view after, char* to, std::size_t cap) {
      return palyra_storage_list(handle_, after.data(), after.size(), to, cap);
    });
  }

 private:
  int32_t handle_;
};

// ---- Channels

class channel {
 public:
  explicit channel(int32_t handle) : handle_(handle) {}
  static result<channel> grant(std::string_view name) {
    return detail::handle<channel>(palyra_channel_grant(name.data(), name.size()));
  }
  result<done> send(std::string_view data) const {
    return detail::nothing(palyra_channel_send(handle_, data.data(), data.size()));
  }
  // The envelope of the next message; PALYRA_NOT_FOUND when none waits.
  result<std::string> receive() const {
    return detail::needed([&](char* to, std::size_t cap) { return palyra_channel_receive(handle_, to, cap); });
  }

 private:
  int32_t handle_;
};

// ---- Files

class file {
 public:
  explicit file(int32_t object) : object_(object) {}
  // What is left of it.
  result<std::string> content() {
    return detail::to_end([&](char* to, std::size_t cap) { return palyra_file_read(*object_, to, cap); });
  }
  result<int32_t> write(std::string_view data) {
    return detail::number(palyra_file_write(*object_, data.data(), data.size()));
  }
  result<int64_t> seek(int64_t offset, int32_t whence) {
    return detail::number(palyra_file_seek(*object_, offset, whence));
  }
  result<int64_t> size() const { return detail::number(palyra_file_size(*object_)); }
  result<done> sync() { return detail::nothing(palyra_file_sync(*object_)); }

 private:
  detail::closing<palyra_file_close> object_;
};

// A folder that the operator granted; paths are relative to it and never leave it.
class root {
 public:
  explicit root(int32_t handle) : handle_(handle) {}
  static result<root> grant(std::string_view name) {
    return detail::handle<root>(palyra_file_root(name.data(), name.size()));
  }
  // `flags` is a sum of PALYRA_OPEN_*.
  result<file> open(std::string_view path, int32_t flags) const {
    return detail::handle<file>(palyra_file_open(handle_, path.data(), path.size(), flags));
  }
  result<palyra_file_facts> stat(std::string_view path) const {
    palyra_file_facts facts{};
    const int32_t answer = palyra_file_stat(handle_, path.data(), path.size(), &facts);
    if (answer < 0) return error{answer};
    return facts;
  }
  // Every name in a directory.
  result<std::vector<std::string>> list(std::string_view path) const {
    return detail::names([&](std::string_view after, char* to, std::size_t cap) {
      return palyra_file_list(handle_, path.data(), path.size(), after.data(), after.size(), to, cap);
    });
  }
  result<done> make_directory(std::string_view path) const {
    return detail::nothing(palyra_file_make_directory(handle_, path.data(), path.size()));
  }
  result<done> remove(std::string_view path) const {
    return detail::nothing(palyra_file_remove(handle_, path.data(), path.size()));
  }
  result<done> rename(std::string_view from, std::string_view to) const {
    return detail::nothing(palyra_file_rename(handle_, from.data(), from.size(), to.data(), to.size()));
  }

 private:
  int32_t handle_;
};

// ---- JSON

// palyra_reader with its own document. On anything unexpected every later call returns nothing, and loops end.
class json_reader {
 public:
  explicit json_reader(std::string json) : json_(std::move(json)), in_(palyra_read_json(json_.data(), json_.size())) {}
  json_reader(const json_reader&) = delete;
  json_reader& operator=(const json_reader&) = delete;

  bool failed() const { return in_.failed; }
  palyra_json_kind kind() { return palyra_read_kind(&in_); }
  void object() { palyra_read_object(&in_); }
  std::optional<std::string_view> member() {
    palyra_text key{};
    if (!palyra_read_member(&in_, &key)) return std::nullopt;
    return std::string_view(key.data, key.size);
  }
  void array() { palyra_read_array(&in_); }
  bool item() { return palyra_read_item(&in_); }
  std::string string() {
    const palyra_text text = palyra_read_string(&in_);
    return {text.data, text.size};
  }
  double number() { return palyra_read_number(&in_); }
  int64_t integer() { return palyra_read_integer(&in_); }
  bool boolean() { return palyra_read_boolean(&in_); }
  // Passes over one value and gives its text.
  std::string_view skip() {
    const palyra_reader value = palyra_read_skip(&in_);
    return {value.at, static_cast<std::size_t>(value.end - value.at)};
  }

 private:
  std::string json_;
  palyra_reader in_;
};

// palyra_writer: what it is told goes to the output.
class json_writer {
 public:
  json_writer& begin_object() { return palyra_write_begin_object(&out_), *this; }
  json_writer& end_object() { return palyra_write_end_object(&out_), *this; }
  json_writer& begin_array() { return palyra_write_begin_array(&out_), *this; }
  json_writer& end_array() { return palyra_write_end_array(&out_), *this; }
  json_writer& key(const char* name) { return palyra_write_key(&out_, name), *this; }
  json_writer& string(std::string_view text) {
    return palyra_write_string(&out_, palyra_text{text.data(), text.size()}), *this;
  }
  json_writer& integer(int64_t value) { return palyra_write_integer(&out_, value), *this; }
  json_writer& number(double value) { return palyra_write_double(&out_, value), *this; }
  json_writer& boolean(bool value) { return palyra_write_boolean(&out_, value), *this; }
  json_writer& null() { return palyra_write_null(&out_), *this; }
  // The last call: return what it gives from the tool.
  outcome finish() {
    palyra_write_flush(&out_);
    if (out_.status == 0) return {};
    return error{out_.status};
  }

 private:
  palyra_writer out_ = palyra_write_output();
};

}  // namespace palyra

#endif  // PALYRA_SKILL_HPP_
