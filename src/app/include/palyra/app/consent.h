// SPDX-License-Identifier: Apache-2.0
#pragma once
// A person's word for what only a person decides: a promotion, whom this installation trusts, what it revokes.

#include <palyra/app/services.h>

#include <string_view>

namespace palyra::app {

// Without a person at a terminal, such a change needs `policy.noninteractive_promote`.
inline constexpr ErrorCode kPromoteNotInteractive{ErrorKind::kDenied, "policy.noninteractive_promote"};

enum class ConsentForm : std::uint8_t {
  kTyped,  // a person at a terminal was shown what it means and typed the name of what it is about
  kFlag,   // --yes
};

// `doing` begins the message: "promoting". Errors: kPromoteNotInteractive.
Result<> check_consent(const Services& services, ConsentForm form, std::string_view doing);

}  // namespace palyra::app
