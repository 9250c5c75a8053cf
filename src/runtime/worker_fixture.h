// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of the worker share: the real one, limits that end soon, and modules made byte by byte.

#include <palyra/base/testing.h>
#include <palyra/runtime/worker_client.h>

#include <string>
#include <string_view>

namespace palyra::runtime {

// The program of this build, which lies beside the tests.
inline std::string real_worker() {
  auto found = find_worker();
  EXPECT_THAT(found, testing::IsOk());
  return found.value_or("");
}

// For tests of which no limit is a part.
inline WorkerLimits ample_limits() {
  WorkerLimits limits;
  limits.admit.wall = std::chrono::minutes(5);
  limits.compile.wall = std::chrono::minutes(5);
  return limits;
}

inline Bytes leb(std::uint64_t value) {
  Bytes bytes;
  do {
    const auto low = static_cast<std::uint8_t>(value & 0x7F);
    value >>= 7;
    bytes.push_back(value == 0 ? low : static_cast<std::uint8_t>(low | 0x80));
  } while (value != 0);
  return bytes;
}

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

inline Bytes counted(std::uint64_t count, const Bytes& content) {
  Bytes bytes = leb(count);
  append(bytes, content);
  return bytes;
}

inline Bytes sized(const Bytes& content) { return counted(content.size(), content); }

inline Bytes repeated(std::size_t times, const Bytes& what) {
  Bytes bytes;
  bytes.reserve(times * what.size());
  for (std::size_t i = 0; i < times; ++i) append(bytes, what);
  return bytes;
}

// `functions` functions of type (i32) -> (i32), all with these locals and this code (without its end), behind a memory
// of one page.
inline Bytes module_of(std::size_t functions, const Bytes& locals, const Bytes& code) {
  Bytes body = locals;
  append(body, code);
  body.push_back(0x0B);
  Bytes wasm = {0x00, 'a', 's', 'm', 1, 0, 0, 0};
  const auto section = [&wasm](std::uint8_t id, const Bytes& content) {
    wasm.push_back(id);
    append(wasm, sized(content));
  };
  section(1, {1, 0x60, 1, 0x7F, 1, 0x7F});
  section(3, counted(functions, Bytes(functions, 0)));
  section(5, {1, 0, 1});
  section(10, counted(functions, repeated(functions, sized(body))));
  return wasm;
}

inline const Bytes kNoLocals{0};
inline Bytes i32_locals(std::uint64_t count) {
  Bytes locals{1};
  append(locals, leb(count));
  locals.push_back(0x7F);
  return locals;
}

}  // namespace palyra::runtime
