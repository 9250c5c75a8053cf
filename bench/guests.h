// SPDX-License-Identifier: Apache-2.0
#pragma once
// Guests that do one thing each. All export `run: () -> i32` and return 0.

#include <palyra/base/bytes.h>

#include <cstddef>
#include <string_view>

namespace palyra::bench::guests {

inline constexpr std::string_view kEmpty =
    R"((module (memory (export "memory") 1) (func (export "run") (result i32) (i32.const 0))))";

inline constexpr std::string_view kOnePage = R"((module (memory (export "memory") 1)
  (func (export "run") (result i32) (i32.store (i32.const 64) (i32.const 1)) (i32.const 0))))";

// Its arguments are its output, up to 64 KiB.
inline constexpr std::string_view kEcho = R"((module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (call $write (i32.const 0) (call $read (i32.const 0) (call $length) (i32.const 0))))))";

// The same, up to 1 MiB. Another module, because a slot of the pool that has held a large memory is slower to wipe.
inline constexpr std::string_view kWideEcho = R"((module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (import "palyra:skill/call@1.0.0" "input-read" (func $read (param i32 i32 i32) (result i32)))
  (import "palyra:skill/call@1.0.0" "output-write" (func $write (param i32 i32) (result i32)))
  (memory (export "memory") 16)
  (func (export "run") (result i32)
    (call $write (i32.const 0) (call $read (i32.const 0) (call $length) (i32.const 0))))))";

// So many calls of a function that does nothing but answer.
inline constexpr int kHostCalls = 10'000;
inline constexpr std::string_view kAsk = R"((module
  (import "palyra:skill/call@1.0.0" "input-length" (func $length (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32) (local i32)
    (loop (drop (call $length)) (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 10000))))
    (i32.const 0))))";

// Three instructions, 100,000 times: what interruption costs at worst.
inline constexpr std::string_view kTightLoop = R"((module (memory (export "memory") 1)
  (func (export "run") (result i32) (local i32)
    (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 100000))))
    (i32.const 0))))";

// Multiplies two matrices of 64 by 64 integers.
inline constexpr std::string_view kMatrix = R"((module (memory (export "memory") 1)
  (func (export "run") (result i32) (local $row i32) (local $column i32) (local $k i32) (local $sum i32)
    (loop $rows
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $k (i32.const 0))
        (local.set $sum (i32.const 0))
        (loop $products
          (local.set $sum (i32.add (local.get $sum) (i32.mul
            (i32.load (i32.shl (i32.add (i32.shl (local.get $row) (i32.const 6)) (local.get $k)) (i32.const 2)))
            (i32.load offset=16384
              (i32.shl (i32.add (i32.shl (local.get $k) (i32.const 6)) (local.get $column)) (i32.const 2))))))
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (br_if $products (i32.lt_u (local.get $k) (i32.const 64))))
        (i32.store offset=32768
          (i32.shl (i32.add (i32.shl (local.get $row) (i32.const 6)) (local.get $column)) (i32.const 2))
          (local.get $sum))
        (local.set $column (i32.add (local.get $column) (i32.const 1)))
        (br_if $columns (i32.lt_u (local.get $column) (i32.const 64))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $row) (i32.const 64))))
    (i32.const 0))))";

inline constexpr std::string_view kSpin =
    R"((module (memory (export "memory") 1) (func (export "run") (result i32) (loop (br 0)) (i32.const 0))))";

// Waits a minute in a host call.
inline constexpr std::string_view kWait = R"((module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\01")
  (func (export "run") (result i32)
    (i64.store (i32.const 24) (i64.const 60000000000))
    (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))";

// About `bytes` of honest code. Modules of another `seed` are other modules.
Bytes large(std::size_t bytes, std::size_t seed = 0);

// Modules that were made to cost whoever compiles them.
Bytes selects(std::size_t count);
Bytes nested_loops(std::size_t depth);
Bytes small_functions(std::size_t count);

}  // namespace palyra::bench::guests
