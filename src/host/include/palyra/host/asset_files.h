// SPDX-License-Identifier: Apache-2.0
#pragma once
// The assets of a skill as a directory that can only be read: WASI's preopen `/assets`. docs/guest-abi.md 6.

#include <palyra/base/bytes.h>
#include <palyra/capability/file_port.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::host {

// The entries below `assets/` of the skill that runs.
class AssetSource {
 public:
  virtual ~AssetSource() = default;
  // The bytes of `assets/<name>`, which outlive the call; nullopt when there is no such entry.
  [[nodiscard]] virtual std::optional<BytesView> find(std::string_view name) const = 0;
  // Of all entries, in any order: "schemas/input.json".
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
};

// Has one root, whatever it is called.
class AssetFiles final : public capability::FilePort {
 public:
  // `assets` outlives the object; null: there is nothing.
  explicit AssetFiles(const AssetSource* assets) : assets_(assets) {}

  Result<std::unique_ptr<capability::OpenFile>> open(const capability::FileOpen& open) override;
  Result<capability::FileFacts> stat(capability::FilePath at) override;
  Result<std::vector<capability::FileEntry>> list(capability::FilePath at, std::string_view after,
                                                  std::size_t most) override;
  Result<> make_directory(capability::FilePath at) override;
  Result<> remove(capability::FilePath at, capability::Removal what) override;
  Result<> rename(capability::FilePath from, std::string_view to) override;
  Result<> set_times(capability::FilePath at, const capability::FileTimes& times) override;

 private:
  [[nodiscard]] std::optional<BytesView> find(std::string_view name) const;

  const AssetSource* assets_;
};

}  // namespace palyra::host
