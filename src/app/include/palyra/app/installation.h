// SPDX-License-Identifier: Apache-2.0
#pragma once
// One state directory and all that use cases work with, made from it: for a program's main to own. Making it touches
// no file; each part is opened when somebody first needs it. docs/embedding.md.

#include <palyra/app/schema_compiler.h>
#include <palyra/app/services.h>
#include <palyra/egress/http_egress.h>
#include <palyra/host/random_source.h>
#include <palyra/runtime/pool.h>

#include <optional>
#include <string>

namespace palyra::app {

struct InstallationOptions {
  std::string state_root;        // absolute
  std::string actor;             // who calls and decides, for the logs: "uid 1000 (ann)"
  std::string code_directory{};  // where compiled code is kept; empty: it is not
  std::string worker{};          // the program palyra-worker; empty: beside this program, or where it was installed
  // For programs that call often: calls take their memories from one where this machine has room for it.
  std::optional<runtime::PoolOptions> pool{};
  Config config{};
  ActivitySink* activities = nullptr;  // null: nobody is told
  VaultAccess* vault = nullptr;        // null: tools use no secrets
};

// Any thread may use what services() gives, except activities and vault that are not made for it.
class Installation {
 public:
  explicit Installation(InstallationOptions options);
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;
  ~Installation() = default;  // no call runs any more; writes what is left of the runs log

  [[nodiscard]] const Services& services() const { return services_; }
  [[nodiscard]] const std::string& state_root() const { return state_.root; }

 private:
  class Nobody final : public ActivitySink {
    void begin(std::string_view /*what*/) override {}
    void end() override {}
  };

  const Config config_;
  SystemClock clock_;
  JsonSchemaCompiler schemas_;
  const state::StateOptions state_;
  state::RunLog runs_;
  RunWatch watch_;
  LazyEngine engine_;
  host::SystemRandom random_;
  egress::SystemResolver resolver_;
  egress::HttpEgress http_;
  Nobody nobody_;
  const Services services_;
};

}  // namespace palyra::app
