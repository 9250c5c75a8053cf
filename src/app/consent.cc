// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/consent.h>

namespace palyra::app {

Result<> check_consent(const Services& services, ConsentForm form, std::string_view doing) {
  if (form == ConsentForm::kTyped || services.config.noninteractive_promote) return {};
  return std::unexpected(
      Error(kPromoteNotInteractive, fmt::format("{} without a person at a terminal is not allowed here", doing))
          .with_next("run the command on a terminal and type the name that it asks for")
          .with_next("or set policy.noninteractive_promote = true in config.toml"));
}

}  // namespace palyra::app
