// SPDX-License-Identifier: Apache-2.0
#pragma once
// Owners of OpenSSL's handles; this layer is the only one that includes OpenSSL.

#include <palyra/base/c_handle.h>

#include <openssl/evp.h>

namespace palyra::crypto {

using EvpDigest = CHandle<EVP_MD, &EVP_MD_free>;
using EvpDigestContext = CHandle<EVP_MD_CTX, &EVP_MD_CTX_free>;
using EvpMacContext = CHandle<EVP_MAC_CTX, &EVP_MAC_CTX_free>;

}  // namespace palyra::crypto
