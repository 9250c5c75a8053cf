// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/verify_artifact.h>
#include <palyra/app/verify_package.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <map>

namespace palyra::app {
namespace {

struct Trust {
  skills::SkillTrustStore store;
  std::optional<std::uint64_t> generation;
};

Result<Trust> trust_of_arguments(const Services& services, const TrustArguments& arguments) {
  const WallTime now = services.clock.wall_seconds();
  Trust trust;
  if (arguments.trust_store) {
    const Bytes document = PALYRA_TRY(read_file(*arguments.trust_store, skills::kMaxTrustDocumentBytes));
    trust.store = PALYRA_TRY(skills::parse_trust_document(document, now),
                             fmt::format("while reading '{}'", *arguments.trust_store));
    return trust;
  }
  std::map<std::string, std::vector<crypto::PublicKey>> keys;
  for (const auto& [publisher, key] : arguments.publishers) keys[publisher].push_back(key);
  for (auto& [name, its_keys] : keys) {
    PALYRA_TRY(trust.store.add_publisher(name, {.keys = its_keys, .threshold = 1, .first_seen = now, .pinned_by = ""}));
  }
  return trust;
}

Result<Trust> trust_of_installation(const Services& services) {
  const auto store = state::StateStore::open(services.state);
  if (!store) {
    if (store.error().is(state::kNotInitialised)) return Trust{};
    return std::unexpected(store.error());
  }
  Trust trust{.store = PALYRA_TRY(store->trust()), .generation = std::nullopt};
  trust.generation = trust.store.generation();
  return trust;
}

Result<Trust> choose_trust(const Services& services, const TrustArguments& arguments) {
  if (arguments.trust_store && !arguments.publishers.empty()) {
    return fail(kTrustArguments, "--trust-store and --trusted-publisher exclude each other");
  }
  if (arguments.trust_store || !arguments.publishers.empty()) return trust_of_arguments(services, arguments);
  return trust_of_installation(services);
}

}  // namespace

Result<VerifiedPackage> verify_package(const Services& services, const VerifyPackageRequest& request) {
  VerifiedPackage package;
  package.file = PALYRA_TRY(read_file(request.path, skills::kMaxArtifactBytes));
  const Trust trust = PALYRA_TRY(choose_trust(services, request.trust));
  package.trust_generation = trust.generation;
  {
    const Activity activity(services.activities, "verifying " + printable(request.path));
    package.verification = verify_artifact(services, package.file, trust.store, look_only());
  }
  if (request.examples == Examples::kRun && !package.verification.error) {
    package.examples = PALYRA_TRY(run_examples(services, package.verification));
  }
  return package;
}

}  // namespace palyra::app
