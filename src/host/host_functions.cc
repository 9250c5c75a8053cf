// SPDX-License-Identifier: Apache-2.0
#include "bodies.h"

#include <palyra/base/check.h>
#include <palyra/capability/abi_table.h>
#include <palyra/host/host_functions.h>

#include <vector>

namespace palyra::host {
namespace {

using runtime::HostFunction;

void bind(std::vector<HostFunction>& functions, std::string_view module, std::span<const NamedBody> bodies) {
  for (const NamedBody& named : bodies) {
    const capability::AbiFunction* const row = capability::find_abi_function(module, named.name);
    PALYRA_CHECK(row != nullptr);
    functions.push_back({row, named.body});
  }
}

std::vector<HostFunction> bind_all() {
  std::vector<HostFunction> functions;
  bind(functions, capability::kCallModule, call_bodies());
  bind(functions, capability::kAssetsModule, asset_bodies());
  bind(functions, capability::kClockModule, clock_bodies());
  bind(functions, capability::kRandomModule, random_bodies());
  bind(functions, capability::kHttpModule, http_bodies());
  bind(functions, capability::kSecretModule, secret_bodies());
  bind(functions, capability::kStorageModule, storage_bodies());
  bind(functions, capability::kChannelModule, channel_bodies());
  bind(functions, capability::kFilesModule, file_bodies());
  bind(functions, capability::kWasiModule, wasi_io_bodies());
  bind(functions, capability::kWasiModule, wasi_descriptor_bodies());
  bind(functions, capability::kWasiModule, wasi_system_bodies());
  bind(functions, capability::kWasiModule, wasi_path_bodies());
  bind(functions, capability::kLegacyModule, legacy_bodies());
  PALYRA_CHECK(functions.size() == capability::abi_table().size());
  return functions;
}

}  // namespace

std::span<const HostFunction> host_functions() {
  static const std::vector<HostFunction> functions = bind_all();
  return functions;
}

}  // namespace palyra::host
