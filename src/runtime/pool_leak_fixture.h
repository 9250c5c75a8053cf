// SPDX-License-Identifier: Apache-2.0
#pragma once
// Modules that leave traces and modules that look for them, called one after the other in the same slot.

#include "engine.h"
#include "guest_fixture.h"
#include "linked_module.h"

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace palyra::runtime {

using Linked = std::shared_ptr<const LinkedModule>;

// ---- Guests

struct Shape {
  int pages = 1;
  int grown = 0;
  int stride = 8;  // of what a writer writes
  int elements = 32;
  bool image = false;   // some of the memory is not zero at the beginning
  bool traps = false;   // at its end
  bool starts = false;  // it writes before it is called
  int lingers = 0;      // rounds of a loop between its writing and its end
  [[nodiscard]] int bytes() const { return (pages + grown) * 65'536; }
  [[nodiscard]] std::string data() const {
    return image ? R"((data (i32.const 4096) "\01\02\03\04\05\06\07\08"))" : "";
  }
};

inline constexpr std::string_view kGlobals = R"((global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0))
    (global $c (mut f64) (f64.const 0)))";

// Leaves something in memory, in what it grew by too, in globals and in tables.
inline std::string writer(const Shape& shape) {
  return fmt::format(
      R"((module (memory {pages}) {data} {globals} (table $t {elements} funcref) (table $u {elements} funcref)
    (elem declare func $write)
    (func $write (local $p i32)
      (drop (memory.grow (i32.const {grown})))
      (loop $on
        (i64.store (local.get $p) (i64.const 0x5EC3E75EC3E75EC3))
        (br_if $on (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const {stride}))) (i32.const {bytes}))))
      (i64.store (i32.const {last}) (i64.const -1))
      (global.set $a (i32.const 1)) (global.set $b (i64.const 2)) (global.set $c (f64.const 3))
      (table.fill $t (i32.const 0) (ref.func $write) (i32.const {elements}))
      (drop (table.grow $u (ref.func $write) (i32.const {elements})))
      (local.set $p (i32.const {lingers}))
      (loop $wait (br_if $wait (i32.gt_s (local.tee $p (i32.sub (local.get $p) (i32.const 1))) (i32.const 0)))))
    {start}
    (func (export "run") (result i32) {call} {end})))",
      fmt::arg("pages", shape.pages), fmt::arg("data", shape.data()), fmt::arg("globals", kGlobals),
      fmt::arg("elements", shape.elements), fmt::arg("grown", shape.grown), fmt::arg("stride", shape.stride),
      fmt::arg("bytes", shape.bytes()), fmt::arg("last", shape.bytes() - 8), fmt::arg("lingers", shape.lingers),
      fmt::arg("start", shape.starts ? "(start $write)" : ""), fmt::arg("call", shape.starts ? "" : "(call $write)"),
      fmt::arg("end", shape.traps ? "(unreachable)" : "(i32.const 0)"));
}

// Sixteen times eight bytes at $p, into $dirty.
inline std::string look() {
  std::string text;
  for (int offset = 0; offset < 128; offset += 8) {
    text += fmt::format("(local.set $dirty (i64.or (local.get $dirty) (i64.load offset={} (local.get $p))))\n", offset);
  }
  return text;
}

// 1 if any byte of the memory, any global or any element is not as the module says that it begins. `dirt` comes first.
inline std::string reader(const Shape& shape, std::string_view dirt = "") {
  const std::string_view image_is_right = R"(
      (local.set $dirty (i64.xor (i64.load (i32.const 4096)) (i64.const 0x0807060504030201)))
      (i64.store (i32.const 4096) (i64.const 0)))";
  return fmt::format(
      R"((module (memory {pages}) {data} {globals} (table $t {elements} funcref) (table $u {elements} funcref)
    (elem declare func $run)
    (func $run (export "run") (result i32) (local $p i32) (local $dirty i64)
      {image}
      (drop (memory.grow (i32.const {grown})))
      {dirt}
      (loop $on
        {look}
        (br_if $on (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 128))) (i32.const {bytes}))))
      (local.set $dirty (i64.or (local.get $dirty) (i64.extend_i32_u (global.get $a))))
      (local.set $dirty (i64.or (local.get $dirty) (global.get $b)))
      (local.set $dirty (i64.or (local.get $dirty) (i64.reinterpret_f64 (global.get $c))))
      (local.set $p (i32.const 0))
      (loop $elements
        (local.set $dirty (i64.or (local.get $dirty) (i64.extend_i32_u (i32.eqz (i32.and
          (ref.is_null (table.get $t (local.get $p))) (ref.is_null (table.get $u (local.get $p))))))))
        (br_if $elements (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const {elements}))))
      (i64.ne (local.get $dirty) (i64.const 0)))))",
      fmt::arg("pages", shape.pages), fmt::arg("data", shape.data()), fmt::arg("globals", kGlobals),
      fmt::arg("elements", 2 * shape.elements), fmt::arg("grown", shape.grown), fmt::arg("bytes", shape.bytes()),
      fmt::arg("look", look()), fmt::arg("dirt", dirt), fmt::arg("image", shape.image ? image_is_right : ""));
}

struct Guests {
  std::vector<Linked> writers;
  std::vector<Linked> readers;
};

using Link = std::function<Result<Linked>(std::string_view)>;

inline Guests make_guests(const Link& link, const std::vector<Shape>& writers, const std::vector<Shape>& readers) {
  Guests guests;
  const auto add = [&](std::vector<Linked>& to, const std::string& wat) {
    auto linked = link(wat);
    ASSERT_THAT(linked, testing::IsOk());
    to.push_back(*std::move(linked));
  };
  for (const Shape& shape : writers) add(guests.writers, writer(shape));
  for (const Shape& shape : readers) add(guests.readers, reader(shape));
  return guests;
}

inline Guests small_guests(const Link& link, int lingers = 0) {
  return make_guests(link,
                     {{.pages = 1, .grown = 1, .stride = 512, .lingers = lingers},
                      {.pages = 2, .stride = 8, .lingers = lingers},
                      {.pages = 1, .stride = 4096, .image = true, .lingers = lingers},
                      {.pages = 1, .grown = 2, .stride = 4096, .traps = true, .lingers = lingers},
                      {.pages = 2, .stride = 1024, .starts = true, .lingers = lingers}},
                     {{.pages = 1, .grown = 1}, {.pages = 2}, {.pages = 1, .image = true}, {.pages = 3}});
}

// Above what is kept; in more pieces than one scan tells, too.
inline Guests large_guests(const Link& link) {
  return make_guests(
      link, {{.pages = 8, .grown = 16, .stride = 8192, .elements = 2'000}, {.pages = 20, .stride = 4096}},
      {{.pages = 8, .grown = 16, .elements = 2'000}, {.pages = 20, .grown = 4}, {.pages = 4, .image = true}});
}

// ---- Rounds

class PoolLeakTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = WasmRuntime::create();
    ASSERT_THAT(made, testing::IsOk());
    caller_ = *std::move(made);
  }

  // A pool of one slot, so that each call has the slot of the one before, that keeps what the test says.
  static Link links_into(const Engine& engine) {
    return [&engine](std::string_view wat) -> Result<Linked> {
      const Bytes wasm = PALYRA_TRY(parse_wat(wat));
      wasmtime_module_t* module = nullptr;
      if (const WasmError error(wasmtime_module_new(&engine.get(), wasm.data(), wasm.size(), &module)); error) {
        return fail(kEngineFailed, "{}", message_of(*error));
      }
      return LinkedModule::create(std::make_shared<const CompiledModule>(WasmModule(module), engine), {});
    };
  }
  static Link links_into(const WasmRuntime& runtime) {
    return [&runtime](std::string_view wat) -> Result<Linked> {
      const Bytes wasm = PALYRA_TRY(parse_wat(wat));
      return runtime.link(PALYRA_TRY(InProcessCompiler(runtime, CompileInThisProcess{}).compile(wasm)), {});
    };
  }

  // What the call returned; nullopt: it trapped, as some writers do.
  std::optional<std::int32_t> call(const LinkedModule& module) const {
    const auto run = caller_->invoke(
        {.module = module, .entry = "run", .limits = {.fuel_budget = kUnlimitedFuel, .wall_clock_timeout = kAmple}});
    EXPECT_THAT(run, testing::IsOk());
    if (!run) return std::nullopt;
    if (const auto* returned = std::get_if<Returned>(&run->outcome)) return returned->value;
    const auto* trapped = std::get_if<Trapped>(&run->outcome);
    EXPECT_TRUE(trapped != nullptr && trapped->code == "unreachable") << "alternative " << run->outcome.index();
    return std::nullopt;
  }

  // A writer, a reader, a writer, a reader, while `more` of the number of calls. One pair of 100 is large.
  void use_while(const std::function<bool(std::size_t)>& more, const Link& link, int lingers) {
    const Guests small = small_guests(link, lingers);
    const Guests large = large_guests(link);
    if (HasFatalFailure()) return;
    const std::uint64_t seed = std::random_device{}();
    std::mt19937_64 random(seed);
    const auto one_of = [&](const std::vector<Linked>& guests) -> const LinkedModule& {
      return *guests[random() % guests.size()];
    };
    std::size_t reuses = 0;
    for (; more(reuses); reuses += 2) {
      const Guests& now = reuses % 200 == 0 ? large : small;
      call(one_of(now.writers));
      // A small writer's traces are looked for by large readers too.
      const Guests& then = reuses % 200 == 100 ? large : now;
      ASSERT_EQ(call(one_of(then.readers)), 0) << "reuse " << reuses << ", seed " << seed;
    }
    RecordProperty("reuses", static_cast<int>(reuses));
  }
  void use_again_and_again(const Link& link, std::size_t reuses, int lingers = 0) {
    use_while([reuses](std::size_t done) { return done < reuses; }, link, lingers);
  }

  // A module runs in the engine that it is of; once that is retired, in the caller's own.
  std::unique_ptr<WasmRuntime> caller_;
};

inline constexpr PoolOptions kOneSlot{
    .slots = 1, .max_memory_bytes = std::uint64_t{8} << 20, .max_table_elements = 10'000};
inline constexpr int kLingering = 20'000;  // some hundred microseconds

}  // namespace palyra::runtime
