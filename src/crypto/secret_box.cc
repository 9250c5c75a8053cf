// SPDX-License-Identifier: Apache-2.0
#include "sodium_init.h"

#include <palyra/crypto/secret_box.h>

namespace palyra::crypto {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(kBoxKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kBoxOverheadBytes == kNonceBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES);

// What was deciphered last is still in them, and whoever saves registers puts it on a stack.
void clear_vector_registers() noexcept {
#if defined(__x86_64__)
  // NOLINTNEXTLINE(hicpp-no-assembler)
  if (__builtin_cpu_supports("avx") != 0)
    asm volatile("vzeroall" ::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15");
#endif
}

}  // namespace

LockedBytes make_box_key() {
  ensure_sodium();
  LockedBytes key(kBoxKeyBytes);
  randombytes_buf(key.reveal_writable().data(), key.size());
  return key;
}

LockedBytes derive_subkey(BytesView key, std::string_view purpose) {
  ensure_sodium();
  PALYRA_CHECK(key.size() == kBoxKeyBytes);
  LockedBytes subkey(kBoxKeyBytes);
  const BytesView text = as_bytes(purpose);
  PALYRA_CHECK(crypto_generichash(subkey.reveal_writable().data(), subkey.size(), text.data(), text.size(), key.data(),
                                  key.size()) == 0);
  return subkey;
}

Bytes seal_box(BytesView key, BytesView bytes, BytesView associated) {
  ensure_sodium();
  PALYRA_CHECK(key.size() == kBoxKeyBytes);
  Bytes box(bytes.size() + kBoxOverheadBytes);
  randombytes_buf(box.data(), kNonceBytes);
  PALYRA_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(box.data() + kNonceBytes, nullptr, bytes.data(), bytes.size(),
                                                          associated.data(), associated.size(), nullptr, box.data(),
                                                          key.data()) == 0);
  return box;
}

std::optional<LockedBytes> open_box(BytesView key, BytesView box, BytesView associated) {
  ensure_sodium();
  PALYRA_CHECK(key.size() == kBoxKeyBytes);
  if (box.size() < kBoxOverheadBytes) return std::nullopt;
  LockedBytes bytes(box.size() - kBoxOverheadBytes);
  const BytesView sealed = box.subspan(kNonceBytes);
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(bytes.reveal_writable().data(), nullptr, nullptr,
                                                                sealed.data(), sealed.size(), associated.data(),
                                                                associated.size(), box.data(), key.data());
  clear_vector_registers();
  if (opened != 0) return std::nullopt;  // only 0 is success
  return bytes;
}

}  // namespace palyra::crypto
