// SPDX-License-Identifier: Apache-2.0
#pragma once
// Memories and tables that are made once and used by one call after the other, wiped in between. docs/runtime.md, "The
// pool".

#include <cstddef>
#include <cstdint>
#include <string>

namespace palyra::runtime {

// Address space is reserved for all slots at once: 4 GiB and guards each, of which nothing is resident before it is
// touched.
struct PoolOptions {
  std::uint32_t slots = 64;                                   // calls at one time, 1 to 10,000; one more has to wait
  std::uint64_t max_memory_bytes = std::uint64_t{512} << 20;  // of one call
  std::uint64_t max_table_elements = 100'000;                 // of one table
};

// Whether a slot keeps the pages that its last call had touched, zeroed, for the next: it saves page faults, and is
// safe only where the kernel tells which pages were written and cannot have swapped one of them out unseen.
enum class KeptPages : std::uint8_t { kNone, kFew };
inline constexpr std::size_t kKeptBytes = std::size_t{256} * 1024;  // of a memory, with kFew

// Whether calls of a runtime take their memories from a pool. One that keeps pages is used by no call that begins after
// swap was added to the machine.
struct PoolFacts {
  bool pooled = false;
  KeptPages kept = KeptPages::kNone;
  std::string why_not;  // of a pool that was wanted; empty when there is one, or nobody wanted it
};

struct SwapFacts {
  std::string swaps;         // content of /proc/swaps
  std::string cgroup_limit;  // content of memory.swap.max of the process's cgroup; empty: there is none
  bool scan_available;
};
// kFew where `facts` prove that it is safe.
KeptPages kept_pages(const SwapFacts& facts);
// The same when swap was added or removed before `facts` were read. That there is none now proves nothing then: some
// may have come and gone.
KeptPages kept_pages_after_change(const SwapFacts& facts);
bool has_no_swap(const SwapFacts& facts);
// Of this process, now.
SwapFacts swap_facts();

}  // namespace palyra::runtime
