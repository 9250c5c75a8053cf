// SPDX-License-Identifier: Apache-2.0
#include "palyra/crypto/hashed_bytes.h"

namespace palyra::crypto {

Result<HashedBytes::Writer> HashedBytes::Writer::make() { return Writer(PALYRA_TRY(SealedFile::Writer::make())); }

Result<> HashedBytes::Writer::append(BytesView piece) {
  hash_.update(piece);
  return file_.append(piece);
}

Result<HashedBytes> HashedBytes::Writer::finish() && {
  const SealedFile file = PALYRA_TRY(std::move(file_).seal());
  return HashedBytes(PALYRA_TRY(file.map()), hash_.finish());
}

}  // namespace palyra::crypto
