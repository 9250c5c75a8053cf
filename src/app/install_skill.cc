// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/install_skill.h>
#include <palyra/app/module_source.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace palyra::app {
Result<InstallSkillReply> install_skill_artifact(const Services& services, const InstallSkillRequest& request) {
  state::StateStore store = PALYRA_TRY(state::StateStore::open(services.state));
  InstallSkillReply reply;
  reply.file = PALYRA_TRY(read_file(request.path, skills::kMaxArtifactBytes));
  const skills::SkillTrustStore trust = PALYRA_TRY(store.trust());
  const Activity activity(services.activities, "verifying " + printable(request.path));
  reply.verification =
      verify_artifact(services, reply.file, trust,
                      {.unknown_publisher =
                           request.pin_fingerprint ? skills::UnknownPublisher::kPin : skills::UnknownPublisher::kReport,
                       .pin_fingerprint = request.pin_fingerprint,
                       .downgrade = request.downgrade});
  if (!reply.verification.artifact) return reply;
  if (is_unjudged(reply.verification)) return std::unexpected(*reply.verification.error);
  if (request.wanted && !request.wanted(reply.verification)) return reply;
  reply.kept = PALYRA_TRY(store.keep_in_quarantine(
      {.verification = &reply.verification,
       .trust_generation = trust.generation(),
       .max_quarantine_bytes = static_cast<std::uint64_t>(services.config.max_quarantine_bytes)}));
  if (reply.verification.manifest) {
    auto compatible = check_host_compatibility(*reply.verification.manifest);
    if (!compatible) reply.incompatible = std::move(compatible).error();
  }
  reply.pinned = reply.verification.skill && reply.verification.skill->pin();
  return reply;
}

Result<std::vector<std::string>> discover_artifacts(const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator each(directory, error);
  for (const fs::directory_iterator end; !error && each != end; each.increment(error)) {
    if (each->path().extension() == ".palyra-skill") found.push_back(each->path().string());
  }
  if (error) return std::unexpected(file_error(error.value(), "read", directory));
  if (found.empty()) return fail(kInstallNothingFound, "no *.palyra-skill file in '{}'", printable(directory));
  std::ranges::sort(found);
  return found;
}

}  // namespace palyra::app
