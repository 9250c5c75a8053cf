// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names to addresses, behind an interface: tests decide what a name leads to.

#include <palyra/base/clock.h>
#include <palyra/base/error.h>
#include <palyra/egress/ip_address.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace palyra::egress {

struct LookupWait {
  SteadyTime deadline;
  const std::function<bool()>& cancelled;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Every address of the name, never none. capability's kHttpNameUnresolved, kHttpTimedOut, kHttpCancelled. May be
  // called from several threads.
  [[nodiscard]] virtual Result<std::vector<IpAddress>> resolve(const std::string& host, const LookupWait& wait) = 0;
};

// The system's: /etc/hosts, DNS and whatever else nsswitch.conf names, which can take longer than a caller waits. A
// lookup that was given up goes on in the C library, which then still writes to its request: that is kept, and freed
// when a later call finds it done.
class SystemResolver final : public Resolver {
 public:
  SystemResolver();
  SystemResolver(const SystemResolver&) = delete;
  SystemResolver& operator=(const SystemResolver&) = delete;
  ~SystemResolver() override;
  [[nodiscard]] Result<std::vector<IpAddress>> resolve(const std::string& host, const LookupWait& wait) override;

 private:
  class GivenUp;
  std::unique_ptr<GivenUp> given_up_;
};

}  // namespace palyra::egress
