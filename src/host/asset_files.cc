// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/utf8.h>
#include <palyra/host/asset_files.h>

#include <algorithm>
#include <functional>
#include <map>

namespace palyra::host {

using capability::FileEntry;
using capability::FileFacts;
using capability::FileKind;
using capability::FilePath;
using capability::kFilesIsDirectory;
using capability::kFilesNotDirectory;
using capability::kFilesNotFound;
using capability::kFilesReadOnly;

namespace {

std::unexpected<Error> unchangeable() { return fail(kFilesReadOnly, "the assets of a skill cannot be changed"); }

std::uint64_t number_of(std::string_view path) { return std::hash<std::string_view>()(path) | 1U; }

class AssetFile final : public capability::OpenFile {
 public:
  AssetFile(BytesView bytes, std::uint64_t number) : bytes_(bytes), number_(number) {}

  Result<std::size_t> read_at(std::span<std::uint8_t> into, std::uint64_t offset) override {
    const BytesView rest = bytes_.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size())));
    const BytesView read = rest.first(std::min(rest.size(), into.size()));
    std::ranges::copy(read, into.begin());
    return read.size();
  }
  Result<FileFacts> facts() override {
    return FileFacts{.kind = FileKind::kFile, .size_bytes = bytes_.size(), .number = number_};
  }
  Result<> write_at(BytesView /*bytes*/, std::uint64_t /*offset*/) override { return unchangeable(); }
  Result<std::uint64_t> append(BytesView /*bytes*/) override { return unchangeable(); }
  Result<> resize(std::uint64_t /*bytes*/) override { return unchangeable(); }
  Result<> sync() override { return {}; }
  Result<> set_times(const capability::FileTimes& /*times*/) override { return unchangeable(); }

 private:
  BytesView bytes_;
  std::uint64_t number_;
};

}  // namespace

std::optional<BytesView> AssetFiles::find(std::string_view name) const {
  return assets_ == nullptr ? std::nullopt : assets_->find(name);
}

Result<std::unique_ptr<capability::OpenFile>> AssetFiles::open(const capability::FileOpen& open) {
  if (open.use != capability::FileUse::kRead) return unchangeable();
  const FileFacts facts = PALYRA_TRY(stat(open.at));
  if (facts.kind == FileKind::kDirectory) {
    return fail(kFilesIsDirectory, "'{}' is a directory of assets", printable(open.at.path));
  }
  return std::make_unique<AssetFile>(*find(open.at.path), facts.number);
}

Result<FileFacts> AssetFiles::stat(FilePath at) {
  const auto bytes = find(at.path);
  if (bytes) return FileFacts{.kind = FileKind::kFile, .size_bytes = bytes->size(), .number = number_of(at.path)};
  if (!at.path.empty() && PALYRA_TRY(list(at, "", 1)).empty()) {
    return fail(kFilesNotFound, "there is no asset '{}'", printable(at.path));
  }
  return FileFacts{.kind = FileKind::kDirectory, .number = number_of(at.path)};
}

Result<std::vector<FileEntry>> AssetFiles::list(FilePath at, std::string_view after, std::size_t most) {
  if (find(at.path)) return fail(kFilesNotDirectory, "'{}' is an asset", printable(at.path));
  const std::string below = at.path.empty() ? "" : std::string(at.path) + "/";
  std::map<std::string, FileKind, std::less<>> entries;
  for (const std::string& name : assets_ == nullptr ? std::vector<std::string>() : assets_->names()) {
    if (!name.starts_with(below)) continue;
    const std::size_t slash = name.find('/', below.size());
    entries.emplace(name.substr(below.size(), slash - below.size()),
                    slash == std::string::npos ? FileKind::kFile : FileKind::kDirectory);
  }
  std::vector<FileEntry> page;
  for (auto it = entries.upper_bound(after); it != entries.end() && page.size() < most; ++it) {
    page.push_back({.name = it->first, .kind = it->second, .number = number_of(below + it->first)});
  }
  return page;
}

Result<> AssetFiles::make_directory(FilePath /*at*/) { return unchangeable(); }
Result<> AssetFiles::remove(FilePath /*at*/, capability::Removal /*what*/) { return unchangeable(); }
Result<> AssetFiles::rename(FilePath /*from*/, std::string_view /*to*/) { return unchangeable(); }
Result<> AssetFiles::set_times(FilePath /*at*/, const capability::FileTimes& /*times*/) { return unchangeable(); }

}  // namespace palyra::host
