// SPDX-License-Identifier: Apache-2.0
#pragma once
// Modules that were made to cost whoever compiles them, by what they are big in.

#include "worker_fixture.h"

#include <palyra/base/bytes.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::runtime::bombs {

// What a module has; an empty section is left out. Every function is of type 0 with the same locals and code.
struct Parts {
  Bytes types{1, 0x60, 1, 0x7F, 1, 0x7F};  // (i32) -> (i32)
  Bytes imports{};
  std::size_t functions = 1;
  Bytes locals = kNoLocals;
  Bytes code{0x20, 0};
  Bytes tables{};
  Bytes memory{1, 0, 1};
  Bytes globals{};
  Bytes exports{};
  Bytes start{};
  Bytes elements{};
  Bytes data_count{};
  Bytes data{};
};

inline Bytes assembled(const Parts& parts) {
  Bytes body = parts.locals;
  append(body, parts.code);
  body.push_back(0x0B);
  Bytes wasm = {0x00, 'a', 's', 'm', 1, 0, 0, 0};
  const auto section = [&wasm](std::uint8_t id, const Bytes& content) {
    if (content.empty()) return;
    wasm.push_back(id);
    append(wasm, sized(content));
  };
  section(1, parts.types);
  section(2, parts.imports);
  section(3, counted(parts.functions, Bytes(parts.functions, 0)));
  section(4, parts.tables);
  section(5, parts.memory);
  section(6, parts.globals);
  section(7, parts.exports);
  section(8, parts.start);
  section(9, parts.elements);
  section(12, parts.data_count);
  section(10, counted(parts.functions, repeated(parts.functions, sized(body))));
  section(11, parts.data);
  return wasm;
}

// ---- Code

inline Bytes join(std::initializer_list<Bytes> pieces) {
  Bytes all;
  for (const Bytes& piece : pieces) append(all, piece);
  return all;
}

// The code begins with one value and ends with one; `step` uses it up and leaves another, `times` times.
inline Bytes chain(const Bytes& first, std::size_t times, const Bytes& step, const Bytes& last = {}) {
  return join({first, repeated(times, step), last});
}

inline Bytes in_one_function(const Bytes& code) { return assembled({.code = code}); }

inline const Bytes kOneTable{1, 0x70, 0, 100};

inline Bytes with_table(const Bytes& code) { return assembled({.code = code, .tables = kOneTable}); }

inline Bytes selects(std::size_t n) { return in_one_function(chain({0x20, 0}, n, {0x20, 0, 0x20, 0, 0x1B})); }
inline Bytes indirect_calls(std::size_t n) { return with_table(chain({0x20, 0}, n, {0x41, 0, 0x11, 0, 0})); }
inline Bytes i64_divisions(std::size_t n) {
  return in_one_function(chain({0x20, 0, 0xAC}, n, {0x20, 0, 0xAC, 0x7F, 0x20, 0, 0xAC, 0x82}, {0xA7}));
}
inline Bytes f64_divisions(std::size_t n) {
  return in_one_function(chain({0x20, 0, 0xB7}, n, {0x20, 0, 0xB7, 0xA3, 0x9F}, {0xAA}));
}
inline Bytes f64_extremes(std::size_t n) {
  return in_one_function(chain({0x20, 0, 0xB7}, n, {0x20, 0, 0xB7, 0xA4, 0x9B, 0x20, 0, 0xB7, 0xA5, 0x9D}, {0xAA}));
}
inline Bytes conversions(std::size_t n) { return in_one_function(chain({0x20, 0}, n, {0xB7, 0xAA, 0xB2, 0xFC, 0})); }
inline Bytes bit_counts(std::size_t n) {
  return in_one_function(chain({0x20, 0}, n, {0x69, 0x20, 0, 0x77, 0x67, 0x20, 0, 0x78, 0x68}));
}
// Masks and shifts, which the optimiser has many rules for.
inline Bytes masks(std::size_t n) {
  return in_one_function(chain(
      {0x20, 0}, n, {0x41, 15, 0x71, 0x20, 0, 0x41, 60, 0x71, 0x72, 0x41, 3, 0x74, 0x41, 3, 0x76, 0x20, 0, 0x73}));
}
inline Bytes one_huge_block(std::size_t n) {
  return in_one_function(chain({}, n, {0x20, 0, 0x41, 7, 0x73, 0x21, 0}, {0x20, 0}));
}
inline Bytes memory_copies(std::size_t n) {
  return in_one_function(chain({}, n, {0x20, 0, 0x20, 0, 0x20, 0, 0xFC, 0x0A, 0, 0}, {0x20, 0}));
}
inline Bytes memory_fills(std::size_t n) {
  return in_one_function(chain({}, n, {0x20, 0, 0x20, 0, 0x20, 0, 0xFC, 0x0B, 0}, {0x20, 0}));
}
inline Bytes memory_grows(std::size_t n) { return in_one_function(chain({0x20, 0}, n, {0x40, 0})); }
inline Bytes loads_of_loads(std::size_t n) { return in_one_function(chain({0x20, 0}, n, {0x28, 2, 0xFF, 0x7F})); }
inline Bytes table_moves(std::size_t n) {
  return with_table(chain({}, n, {0x20, 0, 0x20, 0, 0x25, 0, 0x26, 0}, {0x20, 0}));
}
inline Bytes table_grows(std::size_t n) {
  return with_table(chain({0x20, 0}, n, {0x21, 0, 0xD0, 0x70, 0x20, 0, 0xFC, 0x0F, 0}));
}
inline Bytes dead_code(std::size_t n) {
  return in_one_function(chain({0x00}, n, {0x41, 1, 0x41, 2, 0x6A, 0x1A}, {0x20, 0}));
}
// Right until its last instruction.
inline Bytes wrong_at_its_end(std::size_t n) {
  return in_one_function(chain({0x20, 0}, n, {0x20, 0, 0x6A, 0x20, 0, 0x6C}, {0xAC}));
}

// ---- Blocks

inline Bytes nested(std::size_t depth, const Bytes& open, const Bytes& close) {
  return join({repeated(depth, open), repeated(depth, close), {0x20, 0}});
}

inline Bytes if_nests(std::size_t depth) {
  return in_one_function(nested(depth, {0x20, 0, 0x04, 0x40}, {0x05, 0x20, 0, 0x41, 1, 0x6A, 0x21, 0, 0x0B}));
}
inline Bytes loop_nests(std::size_t depth) {
  return in_one_function(nested(depth, {0x03, 0x40, 0x20, 0, 0x41, 1, 0x6A, 0x21, 0}, {0x20, 0, 0x0D, 0, 0x0B}));
}

// Loops within each other, each of which writes every local: as many values to join as there are of both together.
inline Bytes loops_over_locals(std::size_t locals) {
  constexpr std::size_t kDepth = 60;
  Bytes all;
  for (std::size_t i = 1; i <= locals; ++i) {
    append(all, join({{0x20}, leb(i), {0x20}, leb(i % locals + 1), {0x6A, 0x21}, leb(i)}));
  }
  Bytes open{0x03, 0x40};
  append(open, all);
  return assembled({.locals = i32_locals(locals), .code = nested(kDepth, open, {0x20, 0, 0x0D, 0, 0x0B})});
}

// One br_table within many blocks, to all of them in turn.
inline Bytes branch_to_everywhere(std::size_t targets) {
  constexpr std::size_t kDepth = 5'000;
  Bytes depths;
  for (std::size_t i = 0; i < targets; ++i) append(depths, leb(i * 7 % kDepth));
  Bytes inner{0x20, 0, 0x0E};
  append(inner, counted(targets, depths));
  inner.push_back(0);
  return in_one_function(join({repeated(kDepth, {0x02, 0x40}), inner, repeated(kDepth, {0x0B}), {0x20, 0}}));
}

// ---- A thousand values at once

inline constexpr std::size_t kMany = 1'000;  // the most that a type may have

inline Bytes many_to_many() {
  const Bytes each = counted(kMany, Bytes(kMany, 0x7F));
  return join({{1, 0x60}, each, each});
}

// All parameters, then `code`, which takes and leaves as many.
inline Bytes with_many(const Bytes& code, std::size_t functions = 1) {
  Bytes all;
  for (std::size_t i = 0; i < kMany; ++i) append(all, join({{0x20}, leb(i)}));
  append(all, code);
  return assembled({.types = many_to_many(), .functions = functions, .code = all});
}

inline Bytes calls_of_many(std::size_t n) { return with_many(repeated(n, {0x10, 0})); }
inline Bytes blocks_of_many(std::size_t n) { return with_many(repeated(n, {0x02, 0, 0x0B})); }
inline Bytes loops_of_many(std::size_t n) { return with_many(repeated(n, {0x03, 0, 0x20, 0, 0x0D, 0, 0x0B})); }
inline Bytes ifs_of_many(std::size_t n) { return with_many(repeated(n, {0x20, 0, 0x04, 0, 0x05, 0x0B})); }
inline Bytes branches_of_many(std::size_t n) {
  return with_many(join({{0x02, 0}, repeated(n, {0x20, 0, 0x0D, 0}), {0x0B}}));
}
inline Bytes table_of_many(std::size_t targets) {
  return with_many(join({{0x02, 0, 0x20, 0, 0x0E}, counted(targets, Bytes(targets, 0)), {0, 0x0B}}));
}
inline Bytes functions_of_many(std::size_t n) { return with_many({}, n); }

// ---- Everything that is not code

// The i-th of up to a million function types, all different.
inline Bytes type_of_number(std::size_t i) {
  constexpr std::size_t kDigits = 10;
  Bytes type{0x60, kDigits};
  for (std::size_t digit = 0; digit < kDigits; ++digit, i /= 4) {
    type.push_back(static_cast<std::uint8_t>(0x7F - i % 4));
  }
  type.push_back(0);
  return type;
}

inline Bytes numbered(std::size_t n, Bytes (*make)(std::size_t)) {
  Bytes all = leb(n);
  for (std::size_t i = 0; i < n; ++i) append(all, make(i));
  return all;
}

inline Bytes name_of_number(std::size_t i) {
  const std::string text = std::to_string(i);
  return sized(Bytes(text.begin(), text.end()));
}

inline Bytes types(std::size_t n) {
  Bytes all = numbered(n, type_of_number);
  return assembled({.types = all, .functions = 0});
}
inline Bytes globals(std::size_t n) {
  return assembled({.globals = counted(n, repeated(n, {0x7F, 1, 0x41, 7, 0x0B}))});
}
inline Bytes constant_sum(std::size_t n) {
  return assembled({.globals = join({{1, 0x7F, 0}, chain({0x41, 1}, n, {0x41, 1, 0x6A}), {0x0B}})});
}
inline Bytes deep_constant_sum(std::size_t n) {
  return assembled({.globals = join({{1, 0x7F, 0}, repeated(n, {0x41, 1}), Bytes(n - 1, 0x6A), {0x0B}})});
}
inline Bytes one_data_segment(std::size_t n) {
  return assembled({.data = join({{1, 0, 0x41, 0, 0x0B}, sized(Bytes(n, 'x'))})});
}
inline Bytes data_segments(std::size_t n) {
  return assembled({.data_count = leb(n), .data = counted(n, repeated(n, {0, 0x41, 0, 0x0B, 1, 'x'}))});
}
// At both ends of 4 GiB: nothing of that size may be made of it.
inline Bytes data_far_apart(std::size_t n) {
  const Bytes near{0, 0x41, 0, 0x0B, 1, 'x'};
  const Bytes far{0, 0x41, 0x70, 0x0B, 1, 'x'};
  return assembled({.memory = {1, 0, 0x80, 0x80, 0x04}, .data = counted(2 * n, repeated(n, join({near, far})))});
}
inline Bytes element_segments(std::size_t n) {
  return assembled({.tables = kOneTable, .elements = counted(n, repeated(n, {0, 0x41, 0, 0x0B, 1, 0}))});
}
inline Bytes one_element_segment(std::size_t n) {
  return assembled({.tables = {1, 0x70, 0, 0x80, 0xAD, 0xE2, 0x04},  // ten million
                    .elements = join({{1, 0, 0x41, 0, 0x0B}, counted(n, Bytes(n, 0))})});
}
inline Bytes element_expressions(std::size_t n) {
  return assembled({.tables = kOneTable, .elements = join({{1, 5, 0x70}, counted(n, repeated(n, {0xD2, 0, 0x0B}))})});
}
inline Bytes exports(std::size_t n) {
  return assembled({.exports = numbered(n, [](std::size_t i) { return join({name_of_number(i), {0, 0}}); })});
}
inline Bytes exports_of_long_names(std::size_t n) {
  return assembled({.exports = numbered(n, [](std::size_t i) {
                      Bytes name = name_of_number(i);
                      name.resize(100'000, 'n');
                      name.erase(name.begin());
                      return join({sized(name), {0, 0}});
                    })});
}
inline Bytes imports(std::size_t n) {
  return assembled({.imports = numbered(n, [](std::size_t i) { return join({{1, 'm'}, name_of_number(i), {0, 0}}); })});
}
inline Bytes functions(std::size_t n) { return assembled({.functions = n}); }
inline constexpr std::size_t kMostLocals = 49'999;  // beside the parameter
inline Bytes functions_of_all_locals(std::size_t n) {
  return assembled({.functions = n, .locals = i32_locals(kMostLocals)});
}
inline Bytes locals_one_by_one(std::size_t functions) {
  return assembled(
      {.functions = functions, .locals = counted(kMostLocals - 1, repeated(kMostLocals / 2, {1, 0x7F, 1, 0x7C}))});
}
// As many types as functions, each called from outside: each needs a trampoline of its own.
inline Bytes trampolines(std::size_t n) {
  Bytes wasm{0x00, 'a', 's', 'm', 1, 0, 0, 0};
  const auto section = [&wasm](std::uint8_t id, const Bytes& content) { append(wasm, join({{id}, sized(content)})); };
  section(1, numbered(n, type_of_number));
  section(3, numbered(n, [](std::size_t i) { return leb(i); }));
  section(7, numbered(n, [](std::size_t i) { return join({name_of_number(i), {0}, leb(i)}); }));
  section(10, counted(n, repeated(n, {2, 0, 0x0B})));
  return wasm;
}
inline Bytes huge_start(std::size_t n) {
  return assembled(
      {.types = {1, 0x60, 0, 0}, .code = chain({}, n, {0x41, 0, 0x41, 0, 0x28, 2, 0, 0x36, 2, 4}), .start = {0}});
}
inline Bytes endless_start(std::size_t n) {
  return assembled({.types = {1, 0x60, 0, 0}, .code = chain({}, n, {0x03, 0x40, 0x0C, 0, 0x0B}), .start = {0}});
}
inline Bytes with_custom_sections(std::size_t n, const Bytes& content) {
  Bytes wasm = assembled({});
  append(wasm, repeated(n, join({{0}, sized(content)})));
  return wasm;
}
inline Bytes custom_sections(std::size_t n) { return with_custom_sections(n, {1, 'x'}); }
inline Bytes one_custom_section(std::size_t n) { return with_custom_sections(1, join({{1, 'x'}, Bytes(n, 'y')})); }
// A count that nothing follows.
inline Bytes a_lie_about_types(std::size_t n) {
  Bytes wasm{0x00, 'a', 's', 'm', 1, 0, 0, 0, 1};
  append(wasm, sized(leb(n)));
  return wasm;
}
inline Bytes a_lie_about_bodies(std::size_t n) {
  Parts parts;
  Bytes wasm{0x00, 'a', 's', 'm', 1, 0, 0, 0, 1};
  append(wasm, sized(parts.types));
  append(wasm, join({{3}, sized(counted(n, Bytes(n, 0))), {10}, sized(leb(n))}));
  return wasm;
}

// ---- All of them
//
// None is above a limit of the parser's unless it says so: on a machine where it is not the clock that ends it, it must
// still be a module. Those that compile leave less than 16 MiB of descriptions (of globals, names of exports) here.

enum class Valid : std::uint8_t { kNo, kYes };

struct Family {
  const char* name;
  Bytes (*make)(std::size_t);
  std::vector<std::size_t> sizes;
  Valid valid = Valid::kYes;
};

inline const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"selects", selects, {50'000, 1'400'000}},
      {"indirect calls", indirect_calls, {30'000, 1'400'000}},
      {"i64 divisions", i64_divisions, {50'000, 900'000}},
      {"f64 divisions", f64_divisions, {50'000, 1'500'000}},
      {"f64 minima and maxima", f64_extremes, {20'000, 700'000}},
      {"conversions", conversions, {50'000, 1'400'000}},
      {"bit counts", bit_counts, {50'000, 800'000}},
      {"masks", masks, {20'000, 400'000}},
      {"instructions in one block", one_huge_block, {50'000, 1'000'000}},
      {"memory.copy", memory_copies, {30'000, 700'000}},
      {"memory.fill", memory_fills, {30'000, 800'000}},
      {"memory.grow", memory_grows, {50'000, 3'000'000}},
      {"loads of loads", loads_of_loads, {50'000, 1'500'000}},
      {"table.get and table.set", table_moves, {20'000, 900'000}},
      {"table.grow", table_grows, {20'000, 800'000}},
      {"dead instructions", dead_code, {1'200'000}},
      {"additions and a mistake", wrong_at_its_end, {1'200'000}, Valid::kNo},
      {"if within else", if_nests, {2'000, 500'000}},
      {"loops within loops", loop_nests, {1'000, 400'000}},
      {"locals in 60 loops", loops_over_locals, {500, 10'000}},
      {"branches to everywhere", branch_to_everywhere, {50'000, 3'000'000}},
      {"calls of 1,000 values", calls_of_many, {200, 20'000, 3'000'000}},
      {"blocks of 1,000 values", blocks_of_many, {2'000, 2'000'000}},
      {"loops of 1,000 values", loops_of_many, {500, 20'000, 1'000'000}},
      {"ifs of 1,000 values", ifs_of_many, {500, 20'000, 1'000'000}},
      {"branches with 1,000 values", branches_of_many, {500, 20'000, 1'500'000}},
      {"targets with 1,000 values", table_of_many, {2'000, 5'000'000}},
      {"functions of 1,000 values", functions_of_many, {500, 10'000}},
      {"types", types, {100'000, 1'000'000}},
      {"types, one too many", types, {1'000'001}, Valid::kNo},
      {"globals", globals, {50'000, 200'000}},
      {"a constant sum", constant_sum, {1'000'000, 15'000'000}},
      {"a deep constant sum", deep_constant_sum, {1'000'000, 15'000'000}},
      {"bytes of data", one_data_segment, {20'000'000, 60'000'000}},
      {"data segments", data_segments, {100'000}},
      {"data far apart", data_far_apart, {50'000}},
      {"element segments", element_segments, {100'000}},
      {"elements", one_element_segment, {1'000'000, 10'000'000}},
      {"elements by expression", element_expressions, {1'000'000, 9'000'000}},
      {"exports", exports, {100'000, 240'000}},
      {"exports of 100 KB", exports_of_long_names, {100}},
      {"imports", imports, {100'000, 240'000}},
      {"functions", functions, {300'000, 1'000'000}},
      {"functions, one too many", functions, {1'000'001}, Valid::kNo},
      {"functions of all locals", functions_of_all_locals, {1'000, 20'000}},
      {"functions of all locals one by one", locals_one_by_one, {10, 300}},
      {"trampolines", trampolines, {2'000, 50'000}},
      {"a huge start function", huge_start, {500'000}},
      {"endless loops at the start", endless_start, {1'000'000}},
      {"custom sections", custom_sections, {10'000'000}},
      {"bytes of one custom section", one_custom_section, {60'000'000}},
      {"types that are not there", a_lie_about_types, {1'000'000, 0xFFFFFFFF}, Valid::kNo},
      {"bodies that are not there", a_lie_about_bodies, {1'000'000}, Valid::kNo},
  };
  return all;
}

}  // namespace palyra::runtime::bombs
