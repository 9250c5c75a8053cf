// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/run_limits.h>
#include <palyra/app/sign_package.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>
#include <palyra/skills/artifact.h>

namespace palyra::app {

Result<SignPackageReply> sign_package(const Services& services, const SignPackageRequest& request) {
  const Bytes file = PALYRA_TRY(read_file(request.path, skills::kMaxArtifactBytes));
  const Activity activity(services.activities, "verifying " + printable(request.path));
  skills::CountersignedPackage package =
      PALYRA_TRY(skills::add_signature({.file = file,
                                        .signing_key = request.signing_key,
                                        .schemas = &services.schemas,
                                        .inspector = &services.engine.inspector(),
                                        .now = services.clock.wall_seconds(),
                                        .limits = admission_limits(services.config)}),
                 "while signing '" + request.path + "'");
  const std::string& output = request.output.empty() ? request.path : request.output;
  constexpr mode_t kReadable = 0644;
  PALYRA_TRY(write_file_atomic(output, package.bytes, kReadable, Overwrite::kYes));
  return SignPackageReply{.output = output,
                          .size_bytes = package.bytes.size(),
                          .sha256 = package.sha256,
                          .statement = package.statement,
                          .key_fingerprint = crypto::fingerprint(request.signing_key->public_key()),
                          .signers = std::move(package.signers)};
}

}  // namespace palyra::app
