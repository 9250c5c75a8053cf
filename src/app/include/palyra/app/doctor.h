// SPDX-License-Identifier: Apache-2.0
#pragma once
// Use case: whether this machine, this build and this installation are in order. Changes nothing, unless told to clean.

#include <palyra/app/finding.h>
#include <palyra/app/services.h>

#include <span>
#include <string>
#include <vector>

namespace palyra::app {

enum class Cleaning : std::uint8_t { kNo, kYes };

struct DoctorRequest {
  std::span<const std::string> config_warnings;
  // Stale compiled code, which costs nothing but disk, goes.
  Cleaning cleaning = Cleaning::kNo;
};

// In this order: "engine" and "libsodium" (against the floor), "worker" (there, and of this build), "sealed memory" and
// "beneath" (what the kernel must have), "configuration", "state", "audit" (the chain of the log), "owners" (of the
// state directory, its keys, what skills keep and the vault), "leftovers" (unfinished files of writers that died),
// "skills" (each active one's objects hash to what was promoted), "quarantine" (its size against quarantine.max_bytes),
// "storage" (every page, and what each skill keeps against storage.max_bytes_per_skill), "vault" (its form, and whether
// it is the one that the log knows), "revocations" (lists that have expired), "updates" (newer versions that wait),
// "disk" (room for the state), "code" (stale files of the cache). What needs the state is not run without it.
std::vector<Finding> examine(const Services& services, const DoctorRequest& request);

}  // namespace palyra::app
