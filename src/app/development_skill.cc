// SPDX-License-Identifier: Apache-2.0
#include "allow_addresses.h"
#include "map_roots.h"

#include <palyra/app/build_package.h>
#include <palyra/app/development_skill.h>
#include <palyra/app/verify_artifact.h>
#include <palyra/base/file.h>
#include <palyra/base/utf8.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::app {
namespace {

namespace fs = std::filesystem;

struct Times {
  bool any_module = false;                          // .wasm or .wat
  std::optional<fs::file_time_type> oldest_wasm{};  // of modules/*.wasm
  std::optional<fs::file_time_type> newest_source{};
};

void count_file(const fs::path& relative, fs::file_time_type time, Times& times) {
  if (*relative.begin() != "modules") {
    if (!times.newest_source || time > *times.newest_source) times.newest_source = time;
    return;
  }
  const bool wasm = relative.extension() == ".wasm";
  times.any_module = times.any_module || wasm || relative.extension() == ".wat";
  if (wasm && (!times.oldest_wasm || time < *times.oldest_wasm)) times.oldest_wasm = time;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// What cannot be looked at is left for the build itself to complain about.
Times times_of(const std::string& directory) {
  Times times;
  std::error_code error;
  fs::recursive_directory_iterator each(directory, error);
  for (const fs::recursive_directory_iterator end; !error && each != end; each.increment(error)) {
    if (is_hidden(each->path())) {
      each.disable_recursion_pending();
      continue;
    }
    const bool package = each->path().extension() == ".palyra-skill";
    if (package || !each->is_regular_file(error) || error) continue;
    const fs::file_time_type time = each->last_write_time(error);
    if (!error) count_file(each->path().lexically_relative(directory), time, times);
  }
  return times;
}

// As an artifact under a key that is thrown away: then everything that judges artifacts judges it.
Result<DevelopmentSkill> load_directory(const Services& services, const std::string& path) {
  const crypto::SigningKey nobodys = crypto::SigningKey::generate();
  BuildPackageRequest request;
  request.directory = path;
  request.signing_key = &nobodys;
  skills::Package package = PALYRA_TRY(assemble_package(services, request));
  return DevelopmentSkill{.file = std::move(package.bytes), .verification = std::move(package.verification)};
}

Result<DevelopmentSkill> load_artifact(const Services& services, const std::string& path) {
  DevelopmentSkill skill;
  skill.file = PALYRA_TRY(read_file(path, skills::kMaxArtifactBytes));
  const skills::SkillTrustStore nobody;
  skill.verification = verify_artifact(services, skill.file, nobody, look_only());
  if (skill.verification.error) return std::unexpected(*skill.verification.error);
  return skill;
}

}  // namespace

std::optional<std::string> needed_build(const std::string& directory) {
  std::string script = directory + "/build.sh";
  if (::access(script.c_str(), X_OK) != 0) return std::nullopt;
  const Times times = times_of(directory);
  const bool stale = times.oldest_wasm && times.newest_source && *times.newest_source > *times.oldest_wasm;
  if (times.any_module && !stale) return std::nullopt;
  return script;
}

Result<> run_build(const std::string& script) {
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) return fail(kFileFailed, "no memory to start a program");
  static_cast<void>(::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO));
  std::string program = fs::absolute(script).string();
  char* arguments[] = {program.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
  static_cast<void>(::posix_spawn_file_actions_destroy(&actions));
  if (error != 0) return std::unexpected(file_error(error, "run", script));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return std::unexpected(file_error(errno, "wait for", script));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(kDevelopmentBuild, "'{}' ended with {} {}", printable(script), WIFEXITED(status) ? "status" : "signal",
              WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

Result<DevelopmentGrants> grant_for_development(const Services& services, capability::CapabilityGrantSet granted,
                                                const DevelopmentPlaces& places) {
  DevelopmentGrants grants;
  grants.roots = PALYRA_TRY(map_roots(services, granted, {}, places.map_root));
  grants.addresses = PALYRA_TRY(allow_addresses(granted, {}, places.allow_address));
  grants.granted = std::move(granted);
  return grants;
}

Result<DevelopmentSkill> load_development_skill(const Services& services, const std::string& path) {
  std::error_code error;
  const bool directory = fs::is_directory(path, error);
  auto skill = directory ? load_directory(services, path) : load_artifact(services, path);
  if (!skill) return std::unexpected(std::move(skill).error().with_context("while reading the skill '" + path + "'"));
  return skill;
}

}  // namespace palyra::app
