// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/installation.h>

#include <utility>

namespace palyra::app {

Installation::Installation(InstallationOptions options)
    : config_(std::move(options.config)),
      state_{.root = std::move(options.state_root), .actor = std::move(options.actor), .clock = &clock_},
      runs_(state_.root),
      watch_(state_),
      engine_(EngineOptions{.worker = std::move(options.worker),
                            .code_directory = std::move(options.code_directory),
                            .state_root = state_.root,
                            .max_code_bytes = static_cast<std::uint64_t>(config_.max_code_bytes),
                            .pool = options.pool}),
      http_(egress::HttpSettings{.proxy = config_.http_proxy,
                                 .ca_file = config_.http_ca_file,
                                 .max_concurrent = static_cast<std::size_t>(config_.http_max_concurrent)},
            resolver_),
      services_{.clock = clock_,
                .config = config_,
                .schemas = schemas_,
                .state = state_,
                .runs = runs_,
                .watch = watch_,
                .engine = engine_,
                .random = random_,
                .activities = options.activities == nullptr ? nobody_ : *options.activities,
                .http = &http_,
                .vault = options.vault} {}

}  // namespace palyra::app
