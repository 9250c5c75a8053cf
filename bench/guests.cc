// SPDX-License-Identifier: Apache-2.0
#include "guests.h"

#include "must.h"

#include <palyra/runtime/module_description.h>

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>

namespace palyra::bench::guests {
namespace {

void append(Bytes& to, const Bytes& what) { to.insert(to.end(), what.begin(), what.end()); }

Bytes leb(std::size_t value) {
  Bytes bytes;
  for (; value >= 0x80; value >>= 7U) bytes.push_back(static_cast<std::uint8_t>((value & 0x7FU) | 0x80U));
  bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

Bytes repeated(std::size_t times, std::initializer_list<std::uint8_t> what) {
  Bytes all;
  all.reserve(times * what.size());
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), what);
  return all;
}

void add_section(Bytes& wasm, std::uint8_t id, const Bytes& content) {
  wasm.push_back(id);
  append(wasm, leb(content.size()));
  append(wasm, content);
}

// So many functions (i32) -> i32 of that code, which is given without its end.
Bytes module_of(std::size_t functions, const Bytes& code) {
  Bytes body = leb(code.size() + 2);
  body.push_back(0);  // no locals
  append(body, code);
  body.push_back(0x0B);
  Bytes bodies = leb(functions);
  bodies.reserve(functions * body.size() + bodies.size());
  for (std::size_t i = 0; i < functions; ++i) append(bodies, body);
  Bytes types_of_functions = leb(functions);
  append(types_of_functions, Bytes(functions, 0));
  Bytes wasm{0x00, 'a', 's', 'm', 1, 0, 0, 0};
  add_section(wasm, 1, {1, 0x60, 1, 0x7F, 1, 0x7F});
  add_section(wasm, 3, types_of_functions);
  add_section(wasm, 10, bodies);
  return wasm;
}

}  // namespace

Bytes large(std::size_t bytes, std::size_t seed) {
  constexpr std::size_t kBytesOfStep = 22;
  constexpr std::size_t kSteps = 20;
  std::string text = "(module (memory (export \"memory\") 1) (func (export \"run\") (result i32) (i32.const 0))\n";
  for (std::size_t i = 0; i < std::max<std::size_t>(1, bytes / (kBytesOfStep * kSteps)); ++i) {
    text += "(func (param i32) (result i32)";
    for (std::size_t step = 0; step < kSteps; ++step) {
      fmt::format_to(std::back_inserter(text),
                     "(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const {})) (i32.load (i32.and (local.get 0) "
                     "(i32.const 65532)))))",
                     1'000'000'007 + 2 * (i * kSteps + step) + 1'000'000 * seed);
    }
    text += "(local.get 0))\n";
  }
  return must(runtime::parse_wat(text + ")"));
}

Bytes selects(std::size_t count) {
  Bytes code{0x20, 0};
  append(code, repeated(count, {0x20, 0, 0x20, 0, 0x1B}));
  return module_of(1, code);
}

Bytes nested_loops(std::size_t depth) {
  Bytes code = repeated(depth, {0x03, 0x40, 0x20, 0, 0x41, 1, 0x6A, 0x21, 0});
  append(code, repeated(depth, {0x20, 0, 0x0D, 0, 0x0B}));
  append(code, {0x20, 0});
  return module_of(1, code);
}

Bytes small_functions(std::size_t count) { return module_of(count, {0x20, 0, 0x41, 1, 0x6A}); }

}  // namespace palyra::bench::guests
