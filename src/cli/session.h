// SPDX-License-Identifier: Apache-2.0
#pragma once
// One run of the program: what was said for every command, and the services that commands share, made when first asked
// for.

#include "output.h"
#include "vault_access.h"

#include <palyra/app/config.h>
#include <palyra/app/installation.h>

#include <optional>
#include <string>

namespace palyra::cli {

inline constexpr ErrorCode kNoHome{ErrorKind::kInvalidArgument, "cli.no_home"};

// Options of every command.
struct GlobalOptions {
  std::string state_root;  // empty: from the environment
  bool verbose = false;
};

class Session {
 public:
  Session(GlobalOptions options, Output& output) : options_(std::move(options)), output_(output) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() = default;

  [[nodiscard]] const GlobalOptions& options() const { return options_; }
  [[nodiscard]] Output& output() { return output_; }

  // Reads the configuration the first time. Errors: those of app::load_config, kNoHome.
  Result<const app::Services*> services();
  // What services() read. Only after it, like all below.
  [[nodiscard]] const app::LoadedConfig& loaded_config() const { return loaded_; }
  [[nodiscard]] Progress& progress() { return progress_; }
  // Where they keep state.
  [[nodiscard]] const std::string& state_root() const { return installation_->state_root(); }

 private:
  GlobalOptions options_;
  Output& output_;
  app::LoadedConfig loaded_;
  std::optional<CliVaultAccess> vault_;
  Progress progress_{output_.style()};
  std::optional<app::Installation> installation_;
};

}  // namespace palyra::cli
