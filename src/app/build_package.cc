// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/audit_skill.h>
#include <palyra/app/build_package.h>
#include <palyra/app/version_info.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>
#include <palyra/runtime/limits.h>
#include <palyra/skills/package_builder.h>
#include <palyra/skills/skill_manifest.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace palyra::app {
namespace {

namespace fs = std::filesystem;

// Of a document that goes into the artifact beside the modules; its own stage has the smaller limit.
constexpr std::size_t kMaxDocumentBytes = skills::kMaxEntryBytes;

struct LoadedEntry {
  std::string name;
  Bytes bytes;
  std::optional<skills::SourceFile> source{};
};

struct Inputs {
  Bytes manifest;
  std::vector<LoadedEntry> modules;
  std::vector<LoadedEntry> assets;
};

Result<LoadedEntry> load_module(const std::string& path) {
  const fs::path file(path);
  if (file.extension() != ".wasm" && file.extension() != ".wat") {
    return fail(kPackageModuleName, "'{}' is no module: it ends in neither .wasm nor .wat", printable(path));
  }
  LoadedEntry module{.name = "modules/" + file.stem().string() + ".wasm", .bytes = {}};
  if (file.extension() == ".wasm") {
    module.bytes = PALYRA_TRY(read_file(path, skills::kMaxEntryBytes));
    return module;
  }
  const Bytes text = PALYRA_TRY(read_file(path, runtime::kMaxWatBytes));
  module.bytes = PALYRA_TRY(runtime::parse_wat(as_text(text)), fmt::format("while assembling '{}'", path));
  module.source = {.name = "modules/" + file.filename().string(), .sha256 = crypto::sha256(text)};
  return module;
}

// FILE, or NAME=FILE.
Result<LoadedEntry> load_asset(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals != std::string::npos) {
    return LoadedEntry{.name = argument.substr(0, equals),
                       .bytes = PALYRA_TRY(read_file(argument.substr(equals + 1), skills::kMaxEntryBytes))};
  }
  return LoadedEntry{.name = "assets/" + fs::path(argument).filename().string(),
                     .bytes = PALYRA_TRY(read_file(argument, skills::kMaxEntryBytes))};
}

// The regular files below `directory`, as names relative to it, sorted; nothing when it does not exist. Links are
// refused: what is signed is what lies here.
Result<std::vector<std::string>> list_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  if (!fs::exists(directory, error)) return files;
  fs::recursive_directory_iterator each(directory, error);
  for (const fs::recursive_directory_iterator end; !error && each != end; each.increment(error)) {
    const fs::file_status status = each->symlink_status(error);
    if (error) break;
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) {
      return fail(kPackageNotAFile, "'{}' is neither a file nor a directory", printable(each->path().string()));
    }
    if (files.size() == skills::kMaxEntries) {
      return fail(skills::kContainerC1, "more than {} files below '{}'", skills::kMaxEntries, printable(directory));
    }
    files.push_back(each->path().lexically_relative(directory).string());
  }
  if (error) return std::unexpected(file_error(error.value(), "read", directory));
  std::ranges::sort(files);
  return files;
}

Result<> load_tree(const std::string& root, const std::string& name, std::vector<LoadedEntry>& into) {
  const std::string directory = root + "/" + name;
  for (const std::string& file : PALYRA_TRY(list_files(directory))) {
    into.push_back(
        {.name = name + "/" + file, .bytes = PALYRA_TRY(read_file(directory + "/" + file, skills::kMaxEntryBytes))});
  }
  return {};
}

Result<Inputs> load_directory(const std::string& root) {
  Inputs inputs;
  inputs.manifest = PALYRA_TRY(read_file(root + "/skill.toml", skills::kMaxManifestBytes));
  for (const std::string& file : PALYRA_TRY(list_files(root + "/modules"))) {
    inputs.modules.push_back(PALYRA_TRY(load_module(root + "/modules/" + file)));
  }
  PALYRA_TRY(load_tree(root, "assets", inputs.assets));
  PALYRA_TRY(load_tree(root, "skill", inputs.assets));
  return inputs;
}

Result<Inputs> load_named(const BuildPackageRequest& request) {
  Inputs inputs;
  inputs.manifest = PALYRA_TRY(read_file(*request.manifest, skills::kMaxManifestBytes));
  for (const std::string& path : request.modules) inputs.modules.push_back(PALYRA_TRY(load_module(path)));
  for (const std::string& argument : request.assets) inputs.assets.push_back(PALYRA_TRY(load_asset(argument)));
  return inputs;
}

std::vector<skills::EntryContent> contents_of(const std::vector<LoadedEntry>& entries) {
  std::vector<skills::EntryContent> contents;
  contents.reserve(entries.size());
  for (const LoadedEntry& entry : entries) {
    contents.push_back({.name = entry.name, .bytes = entry.bytes, .source = entry.source});
  }
  return contents;
}

Result<std::optional<Bytes>> read_optional(const std::optional<std::string>& path) {
  if (!path) return std::nullopt;
  return PALYRA_TRY(read_file(*path, kMaxDocumentBytes));
}

std::optional<BytesView> view_of(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return BytesView(*bytes);
}

}  // namespace

Result<skills::Package> assemble_package(const Services& services, const BuildPackageRequest& request) {
  const Inputs inputs =
      request.manifest ? PALYRA_TRY(load_named(request)) : PALYRA_TRY(load_directory(request.directory));
  if (inputs.modules.empty()) {
    return std::unexpected(Error(kPackageNoModule, "there is no module to package")
                               .with_next("put modules/NAME.wasm or .wat beside skill.toml, or name it with --module"));
  }
  const auto modules = contents_of(inputs.modules);
  const auto assets = contents_of(inputs.assets);
  const auto sbom = PALYRA_TRY(read_optional(request.sbom));
  const auto provenance = PALYRA_TRY(read_optional(request.provenance));
  return skills::build_signed_skill_artifact({
      .manifest = inputs.manifest,
      .modules = modules,
      .assets = assets,
      .sbom = view_of(sbom),
      .provenance = view_of(provenance),
      .signing_key = request.signing_key,
      .created = {request.created.value_or(services.clock.wall_seconds().seconds)},
      .not_after = {request.not_after},
      .schemas = &services.schemas,
      .inspector = &services.engine.inspector(),
      .palyra_version = std::string(palyra_version()),
  });
}

Result<BuildPackageReply> build_package(const Services& services, const BuildPackageRequest& request) {
  const skills::Package package = PALYRA_TRY(assemble_package(services, request));
  ExampleReport examples = PALYRA_TRY(run_examples(services, package.verification));
  PALYRA_TRY(check_examples(examples));
  skills::AuditReport audit = PALYRA_TRY(
      audit_verified(services, nullptr, {.verification = &package.verification, .version = {}, .examples = &examples},
                     PALYRA_TRY(load_audit_policy(services, std::nullopt))));
  constexpr mode_t kReadable = 0644;
  PALYRA_TRY(write_file_atomic(request.output, package.bytes, kReadable, Overwrite::kYes));
  return BuildPackageReply{.output = request.output,
                           .size_bytes = package.bytes.size(),
                           .sha256 = package.sha256,
                           .statement = package.statement,
                           .key_fingerprint = crypto::fingerprint(request.signing_key->public_key()),
                           .admission = package.verification.status(skills::Stage::kAdmission),
                           .examples = std::move(examples),
                           .audit = std::move(audit)};
}

}  // namespace palyra::app
