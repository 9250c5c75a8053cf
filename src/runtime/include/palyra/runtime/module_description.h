// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a module says about itself, by the engine's own parser and validator, without compiling it. Modules of strangers
// are described by WorkerClient, in another process.

#include <palyra/base/bytes.h>
#include <palyra/base/error.h>
#include <palyra/capability/module_facts.h>
#include <palyra/runtime/dangerous.h>

#include <string_view>

namespace palyra::runtime {

// Not a valid core module under our feature set.
inline constexpr ErrorCode kInvalidModule{ErrorKind::kMalformed, "run.invalid_module"};
// A component, which this version does not run.
inline constexpr ErrorCode kComponent{ErrorKind::kMalformed, "run.component"};
// It uses a WebAssembly proposal that is switched off; the message names it. docs/runtime.md, "Engine".
inline constexpr ErrorCode kFeatureDisabled{ErrorKind::kMalformed, "run.feature_disabled"};
// It declares more of something than any skill may; docs/formats/skill-artifact.md, "Module admission".
inline constexpr ErrorCode kModuleOverCap{ErrorKind::kLimitExceeded, "run.module_over_cap"};
// The text is not a module in the WebAssembly text format.
inline constexpr ErrorCode kInvalidWat{ErrorKind::kMalformed, "run.invalid_wat"};
inline constexpr ErrorCode kWatTooLarge{ErrorKind::kLimitExceeded, "run.wat_too_large"};

// Errors: kModuleOverCap (judged on declared counts, before the validator allocates for them), kFeatureDisabled,
// kComponent, kInvalidModule.
Result<capability::ModuleFacts> describe_module(BytesView wasm, DescribeInThisProcess token);

// The binary form of a text module of at most kMaxWatBytes. Not validated. Errors: kWatTooLarge, kInvalidWat.
Result<Bytes> parse_wat(std::string_view text);

}  // namespace palyra::runtime
