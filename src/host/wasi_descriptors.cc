// SPDX-License-Identifier: Apache-2.0
#include <palyra/host/wasi_descriptors.h>

namespace palyra::host {

using capability::CapabilityClass;
using capability::FilesystemRoot;

WasiDescriptors::WasiDescriptors(const capability::CapabilityGrantSet& grants, capability::FilePort* files,
                                 const AssetSource* assets)
    : assets_(assets) {
  for (const Stream stream : {Stream::kInput, Stream::kOutput, Stream::kError}) open(WasiStream{stream});
  const std::size_t roots = files == nullptr ? 0 : grants.count(CapabilityClass::kFilesystem);
  preopens_.reserve(roots + 1);
  for (std::size_t i = 0; i < roots; ++i) {
    const capability::Capability* const grant = grants.at(CapabilityClass::kFilesystem, i);
    const std::string& root = std::get<FilesystemRoot>(*grant).name;
    preopens_.push_back({.name = "/" + root, .root = root, .port = files, .grant = grant, .device = i + 1});
  }
  if (assets != nullptr) {
    preopens_.push_back({.name = "/assets", .root = "", .port = &assets_, .grant = nullptr, .device = roots + 1});
  }
  for (const Preopen& preopen : preopens_) open(WasiDirectory{.below = &preopen, .path = "", .preopened = true});
}

WasiDescriptor* WasiDescriptors::find(std::uint32_t number) {
  const auto found = open_.find(number);
  return found == open_.end() ? nullptr : &found->second;
}

std::uint32_t WasiDescriptors::open(WasiDescriptor descriptor) {
  std::uint32_t number = 0;
  for (const auto& [taken, opened] : open_) {
    if (taken != number) break;
    ++number;
  }
  open_.emplace(number, std::move(descriptor));
  return number;
}

void WasiDescriptors::renumber(std::uint32_t from, std::uint32_t to) {
  if (from == to) return;
  open_.insert_or_assign(to, std::move(open_.at(from)));
  open_.erase(from);
}

}  // namespace palyra::host
