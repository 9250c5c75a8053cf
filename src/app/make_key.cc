// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/make_key.h>
#include <palyra/crypto/key_file.h>

namespace palyra::app {

Result<MakeKeyReply> make_key(const MakeKeyRequest& request) {
  const crypto::SigningKey key = crypto::SigningKey::generate();
  const Secret text =
      request.passphrase ? PALYRA_TRY(crypto::format_key_file(key, *request.passphrase)) : crypto::format_key_file(key);
  PALYRA_TRY(crypto::write_key_file(request.path, text));
  return MakeKeyReply{.public_key = key.public_key()};
}

}  // namespace palyra::app
