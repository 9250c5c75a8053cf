// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: one more signature on an artifact.

#include <palyra/app/services.h>
#include <palyra/skills/package_signer.h>

#include <cstdint>
#include <string>
#include <vector>

namespace palyra::app {

struct SignPackageRequest {
  std::string path;
  const crypto::SigningKey* signing_key = nullptr;
  std::string output;  // empty: the file itself is replaced
};

struct SignPackageReply {
  std::string output;
  std::uint64_t size_bytes = 0;
  crypto::Sha256Digest sha256;
  skills::Statement statement;
  std::string key_fingerprint;
  std::vector<crypto::PublicKey> signers;  // all of them now
};

// Whoever reads the file meanwhile sees the old one or the new one. Errors: those of reading and writing, and of
// skills::add_signature.
Result<SignPackageReply> sign_package(const Services& services, const SignPackageRequest& request);

}  // namespace palyra::app
