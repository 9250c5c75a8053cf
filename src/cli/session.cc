// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <pwd.h>
#include <unistd.h>

namespace palyra::cli {
namespace {

// Empty when it is not set.
std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  return value == nullptr ? "" : value;
}

// `XDG_…`/palyra, or the default below HOME. A relative XDG path is ignored, as the specification says.
Result<std::string> base_directory(const char* name, const char* below_home) {
  const std::string given = variable(name);
  if (given.starts_with('/')) return given + "/palyra";
  const std::string home = variable("HOME");
  if (!home.starts_with('/')) {
    return std::unexpected(Error(kNoHome, fmt::format("neither {} nor HOME is an absolute path", name))
                               .with_next("say --state-root DIR, or set HOME"));
  }
  return home + "/" + below_home + "/palyra";
}

Result<std::string> choose_state_root(const std::string& option) {
  const std::string given = option.empty() ? variable("PALYRA_STATE_ROOT") : option;
  if (given.empty()) return base_directory("XDG_STATE_HOME", ".local/state");
  std::error_code error;
  const auto absolute = std::filesystem::absolute(given, error);
  if (error) return fail(kNoHome, "'{}' cannot be made absolute: {}", given, error.message());
  return absolute.lexically_normal().string();
}

// Empty for a user without one.
std::string user_name() {
  const passwd* user = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): before any thread
  return user == nullptr ? "" : user->pw_name;
}

std::string actor() {
  const std::string name = user_name();
  return name.empty() ? fmt::format("uid {}", ::getuid()) : fmt::format("uid {} ({})", ::getuid(), name);
}

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text(*each);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Result<app::LoadedConfig> load_configuration() {
  app::ConfigSources sources;
  const std::string named = variable("PALYRA_CONFIG");
  if (!named.empty()) {
    sources.file = named;
    sources.file_must_exist = true;
  } else if (const auto directory = base_directory("XDG_CONFIG_HOME", ".config")) {
    sources.file = *directory + "/config.toml";
  }
  const auto variables = environment();
  sources.environment = variables;
  return app::load_config(sources);
}

// Empty without a home: then no compiled code is kept.
std::string code_directory() {
  const auto cache = base_directory("XDG_CACHE_HOME", ".cache");
  return cache ? *cache + "/code" : "";
}

}  // namespace

Result<const app::Services*> Session::services() {
  if (installation_) return &installation_->services();
  loaded_ = PALYRA_TRY(load_configuration());
  for (const std::string& warning : loaded_.warnings) output_.warn(warning);
  std::string state_root = PALYRA_TRY(choose_state_root(options_.state_root));
  vault_.emplace(loaded_.config.secrets_passphrase_file, user_name());
  installation_.emplace(app::InstallationOptions{.state_root = std::move(state_root),
                                                 .actor = actor(),
                                                 .code_directory = code_directory(),
                                                 .config = loaded_.config,
                                                 .activities = &progress_,
                                                 .vault = &*vault_});
  return &installation_->services();
}

}  // namespace palyra::cli
