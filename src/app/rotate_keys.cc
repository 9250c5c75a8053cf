// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/rotate_keys.h>
#include <palyra/app/verify_package.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <algorithm>

namespace palyra::app {
namespace {

constexpr mode_t kReadable = 0644;

std::vector<crypto::PublicKey> sorted(std::vector<crypto::PublicKey> keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

Result<std::uint64_t> next_sequence(const Services& services, const std::string& publisher) {
  const auto store = state::StateStore::open(services.state);
  if (!store) {
    if (store.error().is(state::kNotInitialised)) return 1;
    return std::unexpected(store.error());
  }
  const skills::SkillTrustStore trust = PALYRA_TRY(store->trust());
  const auto record = trust.rotations().find(publisher);
  return record == trust.rotations().end() ? 1 : record->second.sequence + 1;
}

Result<skills::RotationDocument> read_rotation(const std::string& path) {
  const Bytes bytes = PALYRA_TRY(read_file(path, skills::kMaxRotationDocumentBytes));
  return PALYRA_TRY(skills::parse_rotation_document(bytes), fmt::format("while reading '{}'", path));
}

std::size_t count_signed(const skills::RotationDocument& document, const std::vector<crypto::PublicKey>& keys) {
  return static_cast<std::size_t>(std::ranges::count_if(keys, [&document](const crypto::PublicKey& key) {
    return std::ranges::any_of(document.signatures, [&key](const skills::ClaimedSignature& signature) {
      return std::ranges::equal(signature.public_key, key.bytes());
    });
  }));
}

// What is written can be read again.
Result<WrittenRotation> write_rotation(skills::RotationDocument document, const std::string& output) {
  const std::string text = skills::format_rotation_document(document);
  static_cast<void>(PALYRA_TRY(skills::parse_rotation_document(as_bytes(text))));
  PALYRA_TRY(write_file_atomic(output, as_bytes(text), kReadable, Overwrite::kYes));
  WrittenRotation written{.output = output, .document = std::move(document)};
  written.old_signatures = count_signed(written.document, written.document.rotation.old_keys);
  written.new_signatures = count_signed(written.document, written.document.rotation.new_keys);
  return written;
}

}  // namespace

Result<WrittenRotation> make_rotation(const Services& services, const MakeRotationRequest& request) {
  const WallTime now = services.clock.wall_seconds();
  skills::RotationDocument document;
  document.rotation = {
      .publisher = request.publisher,
      .sequence = request.sequence ? *request.sequence : PALYRA_TRY(next_sequence(services, request.publisher)),
      .old_keys = sorted(request.old_keys),
      .new_keys = sorted(request.new_keys),
      .new_threshold = request.new_threshold,
      .not_before = request.not_before.value_or(now),
      .created = now};
  return write_rotation(PALYRA_TRY(skills::sign_rotation(std::move(document), request.signing_keys)), request.output);
}

Result<WrittenRotation> sign_rotation_file(const SignStatementRequest& request) {
  skills::RotationDocument document = PALYRA_TRY(read_rotation(request.path));
  return write_rotation(PALYRA_TRY(skills::sign_rotation(std::move(document), request.signing_keys),
                                   fmt::format("while signing '{}'", request.path)),
                        request.output.empty() ? request.path : request.output);
}

Result<RotationPlan> plan_rotation(const Services& services, const std::vector<std::string>& paths) {
  RotationPlan plan;
  for (const std::string& path : paths) plan.chain.push_back(PALYRA_TRY(read_rotation(path)));
  if (plan.chain.empty()) return fail(kTrustArguments, "no rotation statement was named");
  std::ranges::sort(plan.chain, {}, [](const skills::RotationDocument& link) { return link.rotation.sequence; });
  plan.publisher = plan.chain.front().rotation.publisher;
  for (const skills::RotationDocument& link : plan.chain) {
    if (link.rotation.publisher == plan.publisher) continue;
    return fail(kTrustArguments, "the statements are of several publishers, '{}' and '{}': apply them one by one",
                printable(plan.publisher), printable(link.rotation.publisher));
  }
  const state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const skills::Publisher* before = trust.find_publisher(plan.publisher);
  if (before == nullptr) return fail(skills::kPublisherUnknown, "'{}' is not trusted here", printable(plan.publisher));
  plan.before = *before;
  PALYRA_TRY(trust.apply_rotations(plan.chain, services.clock.wall_seconds()));
  plan.after = *trust.find_publisher(plan.publisher);
  return plan;
}

Result<skills::Publisher> rotate_keys(const Services& services, const RotationPlan& plan, ConsentForm consent) {
  PALYRA_TRY(check_consent(services, consent, "taking up new keys"));
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  return store.rotate_keys(plan.chain);
}

}  // namespace palyra::app
