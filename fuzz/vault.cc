// SPDX-License-Identifier: Apache-2.0
// A vault that is read is written again byte for byte: there is one text for what it says.
#include "vault_file.h"

#include <palyra/base/check.h>
#include <palyra/base/hex.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace palyra;  // NOLINT(google-build-using-namespace): one small program
  const std::string_view text = as_text(BytesView(data, size));
  const auto parsed = state::parse_vault(text);
  if (!parsed) {
    PALYRA_CHECK(parsed.error().is(state::kVaultDamaged));
    return 0;
  }
  const std::string written = state::unsealed_text(parsed->file);
  PALYRA_CHECK(text.starts_with(written));
  const std::string_view seal = text.substr(written.size());
  PALYRA_CHECK(seal == "seal: " + to_hex(parsed->seal) + "\n");
  PALYRA_CHECK(parsed->file.kdf.cost.memory_kib >= state::kMinVaultCost.memory_kib);
  PALYRA_CHECK(parsed->file.kdf.cost.memory_kib <= crypto::kMaxKdfCost.memory_kib);
  return 0;
}
