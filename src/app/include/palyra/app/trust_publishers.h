// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use cases: the state directory, and whom its owner trusts.

#include <palyra/app/consent.h>
#include <palyra/app/services.h>
#include <palyra/skills/trust_store.h>

#include <string>
#include <vector>

namespace palyra::app {

inline constexpr ErrorCode kKeyArgument{ErrorKind::kInvalidArgument, "key.argument"};

// A new state directory that trusts nobody. Errors: those of state::StateStore::init.
Result<> init_trust(const Services& services);

// A public key as people give it: 64 hex digits, 44 characters of base64, or the name of a file that holds one of these
// or is a key file. Errors: kKeyArgument, those of reading the file and of crypto::parse_public_key.
Result<crypto::PublicKey> read_public_key(const std::string& argument);
// Each of them.
Result<std::vector<crypto::PublicKey>> read_public_keys(const std::vector<std::string>& arguments);

struct AddPublisherRequest {
  std::string publisher;
  std::vector<crypto::PublicKey> keys;
  std::uint32_t threshold = 1;
};

// Errors: those of state::StateStore::add_publisher.
Result<skills::Publisher> add_publisher(const Services& services, const AddPublisherRequest& request);

Result<skills::SkillTrustStore> list_trust(const Services& services);

// What a person is shown before.
struct RemovalPlan {
  std::string publisher;
  skills::Publisher record;
  std::vector<state::InstalledVersion> stopped;  // his versions that may run now
};
// Errors: skills::kPublisherUnknown.
Result<RemovalPlan> plan_removal(const Services& services, const std::string& publisher);
// His versions are quarantined; what is remembered of him stays. Errors: those of check_consent and
// state::StateStore::remove_publisher.
Result<> remove_publisher(const Services& services, const RemovalPlan& plan, ConsentForm consent);

}  // namespace palyra::app
