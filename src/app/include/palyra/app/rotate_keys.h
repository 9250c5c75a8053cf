// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: a publisher's keys become others. He makes the statement and whoever holds a key signs it; an installation
// takes it up. Source: docs/formats/key-rotation.md.

#include <palyra/app/consent.h>
#include <palyra/app/services.h>
#include <palyra/skills/rotation.h>
#include <palyra/skills/trust_store.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace palyra::app {

struct MakeRotationRequest {
  std::string publisher;
  std::vector<crypto::PublicKey> old_keys;
  std::vector<crypto::PublicKey> new_keys;
  std::uint32_t new_threshold = 1;
  std::optional<std::uint64_t> sequence;  // one more than this installation has seen, 1 where there is none
  std::optional<WallTime> not_before{};   // now
  std::span<const crypto::SigningKey> signing_keys{};
  std::string output;
};

// A statement that was written, and how many of the keys it names have signed it by now.
struct WrittenRotation {
  std::string output;
  skills::RotationDocument document;
  std::size_t old_signatures = 0;
  std::size_t new_signatures = 0;
};

// Errors: those of skills::sign_rotation, skills::parse_rotation_document, and of writing.
Result<WrittenRotation> make_rotation(const Services& services, const MakeRotationRequest& request);

struct SignStatementRequest {
  std::string path;
  std::span<const crypto::SigningKey> signing_keys;
  std::string output;  // empty: the file itself is replaced
};

// Errors: those of reading and writing, skills::parse_rotation_document and skills::sign_rotation.
Result<WrittenRotation> sign_rotation_file(const SignStatementRequest& request);

// What a person is shown before.
struct RotationPlan {
  std::vector<skills::RotationDocument> chain;  // by sequence
  std::string publisher;
  skills::Publisher before;
  skills::Publisher after;
};

// Of one publisher, in any order. Errors: kTrustArguments (of several, or none), skills::kPublisherUnknown, those of
// reading and of skills::SkillTrustStore::apply_rotations.
Result<RotationPlan> plan_rotation(const Services& services, const std::vector<std::string>& paths);
// Errors: those of check_consent and state::StateStore::rotate_keys.
Result<skills::Publisher> rotate_keys(const Services& services, const RotationPlan& plan, ConsentForm consent);

}  // namespace palyra::app
