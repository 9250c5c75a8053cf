// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: what is to be thought of an artifact. Changes nothing, whatever the verdict.

#include <palyra/app/run_examples.h>
#include <palyra/skills/verify.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace palyra::app {

// Two ways to say whom to trust were given at once, or one makes no sense.
inline constexpr ErrorCode kTrustArguments{ErrorKind::kInvalidArgument, "trust.arguments"};

// Whose word counts. With neither: the installation's own trust, or nobody's when it has no state.
struct TrustArguments {
  std::vector<std::pair<std::string, crypto::PublicKey>> publishers;  // each with threshold 1
  std::optional<std::string> trust_store;                             // a `palyra/trust/1` file
};

enum class Examples : std::uint8_t { kLeave, kRun };

struct VerifyPackageRequest {
  std::string path;
  TrustArguments trust;
  Examples examples = Examples::kLeave;
};

// Movable; the verification's views point into `file`.
struct VerifiedPackage {
  Bytes file;
  skills::Verification verification;
  std::optional<std::uint64_t> trust_generation;  // of the installation's own trust, when that judged
  std::optional<ExampleReport> examples;          // when asked for, of a file that verifies or is a first use
};

// An error only when the file or the trust could not be read, or run_examples failed; a bad artifact is a verification
// that says so, and a bad example a report.
Result<VerifiedPackage> verify_package(const Services& services, const VerifyPackageRequest& request);

}  // namespace palyra::app
