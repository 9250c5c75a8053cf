// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/doctor.h>
#include <palyra/app/module_source.h>
#include <palyra/app/update_skill.h>
#include <palyra/base/directory.h>
#include <palyra/base/sealed_bytes.h>
#include <palyra/base/utf8.h>
#include <palyra/crypto/ed25519.h>
#include <palyra/state/state_store.h>
#include <palyra/state/stored_values.h>
#include <palyra/state/vault.h>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace palyra::app {
namespace {

namespace fs = std::filesystem;

constexpr auto kEmptyModule = std::to_array<std::uint8_t>({0, 'a', 's', 'm', 1, 0, 0, 0});
constexpr mode_t kNotOwner = 077;
constexpr std::int64_t kSecondsOfDay = 24LL * 60 * 60;
constexpr std::uintmax_t kEnoughDiskBytes = std::uintmax_t{256} << 20U;

template <class T>
Finding finding_of(std::string check, const Result<T>& result, std::string fine) {
  if (!result) return Finding::failed(std::move(check), result.error());
  return Finding::ok(std::move(check), std::move(fine));
}

Finding check_engine() {
  const std::string version = runtime::engine_facts().version;
  return finding_of("engine", runtime::check_engine_version(version),
                    fmt::format("{}, the floor is {}", version, runtime::kEngineFloor));
}

Finding check_worker(const Services& services) {
  auto facts = services.engine.inspector().describe(kEmptyModule);
  if (facts) return Finding::ok("worker", "there, and of this build");
  return Finding::failed(
      "worker", std::move(facts).error().with_next("install palyra-worker beside palyra, from the same build"));
}

Finding check_sealed_memory() {
  return finding_of("sealed memory", SealedBytes::copy_of(kEmptyModule), "the kernel seals memory files");
}

Finding check_beneath() {
  const auto root = Directory::open("/");
  if (!root) return Finding::failed("beneath", root.error());
  return finding_of("beneath", root->exists("none"), "the kernel keeps names below a directory (openat2)");
}

void check_configuration(const DoctorRequest& request, std::vector<Finding>& findings) {
  for (const std::string& warning : request.config_warnings) {
    findings.push_back(Finding::warn("configuration", printable(warning), {"palyra config show --origin"}));
  }
  if (request.config_warnings.empty()) findings.push_back(Finding::ok("configuration", "every setting has an effect"));
}

// What is wrong with who may look at `path`; empty when nothing is.
std::string exposure(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return "'" + printable(path.string()) + "' cannot be looked at";
  if (status.st_uid != ::geteuid()) return fmt::format("'{}' is of user {}", printable(path.string()), status.st_uid);
  if ((status.st_mode & kNotOwner) == 0) return {};
  return fmt::format("others may use '{}' (mode {:o})", printable(path.string()), status.st_mode & 07777U);
}

void check_owners(const std::string& root, std::vector<Finding>& findings) {
  std::vector<fs::path> paths{root};
  std::error_code error;
  for (fs::recursive_directory_iterator each(root + "/keys", error), end; !error && each != end;
       each.increment(error)) {
    paths.push_back(each->path());
  }
  for (const char* kept : {"/storage.db", "/vault"}) {
    if (fs::exists(fs::symlink_status(root + kept, error))) paths.emplace_back(root + kept);
  }
  const std::size_t before = findings.size();
  for (const fs::path& path : paths) {
    const std::string wrong = exposure(path);
    if (wrong.empty()) continue;
    Error found(state::kStateNotPrivate, wrong);
    findings.push_back(Finding::failed("owners", std::move(found).with_next("chmod go= '" + path.string() +
                                                                            "', and ask who could read it until now")));
  }
  if (findings.size() == before) findings.push_back(Finding::ok("owners", "the state is for its owner alone"));
}

Finding check_leftovers(const std::string& root) {
  std::size_t count = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator each(root, error), end; !error && each != end; each.increment(error)) {
    if (is_temporary_name(each->path().filename().string())) ++count;
  }
  if (error) return Finding::not_run("leftovers", "the state directory cannot be listed: " + error.message());
  if (count == 0) return Finding::ok("leftovers", "none");
  return Finding::warn("leftovers", fmt::format("{} unfinished files of writers that died", count),
                       {fmt::format("when no palyra runs: find '{}' -name '.*.tmp' -delete", root)});
}

void check_skills(const state::StateStore& store, std::vector<Finding>& findings) {
  const auto versions = store.versions();
  if (!versions) {
    findings.push_back(Finding::failed("skills", versions.error()));
    return;
  }
  std::size_t good = 0;
  for (const state::InstalledVersion& version : *versions) {
    if (version.status != state::VersionStatus::kActive) continue;
    auto objects = SkillObjects::load(store, version);
    if (objects) {
      ++good;
      continue;
    }
    findings.push_back(Finding::failed(
        "skills",
        std::move(objects).error().with_context("of " + version.artifact.skill_id + "@" + version.artifact.version)));
  }
  findings.push_back(Finding::ok("skills", fmt::format("active, with every object as it was promoted: {}", good)));
}

Finding check_quarantine(const Services& services, const state::StateStore& store) {
  const auto versions = store.versions();
  if (!versions) return Finding::failed("quarantine", versions.error());
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const state::InstalledVersion& version : *versions) {
    if (version.status != state::VersionStatus::kQuarantined) continue;
    bytes += version.artifact.size_bytes;
    ++count;
  }
  const std::string message = fmt::format("{} versions of {} bytes, quarantine.max_bytes is {}", count, bytes,
                                          services.config.max_quarantine_bytes);
  if (std::cmp_less_equal(bytes, services.config.max_quarantine_bytes)) return Finding::ok("quarantine", message);
  return Finding::warn("quarantine", message, {"palyra skills list --quarantined", "palyra skills gc"});
}

void check_storage(const Services& services, std::vector<Finding>& findings) {
  const auto skills = state::list_stored_skills(services.state.root);
  if (!skills) {
    findings.push_back(Finding::failed("storage", skills.error()));
    return;
  }
  std::int64_t bytes = 0;
  const std::size_t before = findings.size();
  for (const state::StoredSkill& skill : *skills) {
    std::int64_t used = 0;
    for (const state::StoredPrefix& prefix : skill.prefixes) used += prefix.used_bytes;
    bytes += used;
    if (used <= services.config.max_storage_bytes) continue;
    const std::string name = printable(name_of(skill));
    findings.push_back(Finding::warn("storage",
                                     fmt::format("{} keeps {} bytes, storage.max_bytes_per_skill is {}", name, used,
                                                 services.config.max_storage_bytes),
                                     {"palyra storage list " + name, "palyra storage clear " + name}));
  }
  if (findings.size() > before) return;
  findings.push_back(
      Finding::ok("storage", fmt::format("every page is sound; {} skills keep {} bytes", skills->size(), bytes)));
}

// Whether its values are whole only its passphrase shows.
Finding check_vault(const Services& services) {
  const auto secrets = state::check_vault(services.state);
  if (!secrets) return Finding::failed("vault", secrets.error());
  if (!*secrets) return Finding::ok("vault", "no secret was ever set");
  return Finding::ok(
      "vault", fmt::format("is the one that the log knows, with {} secrets, limit {}", **secrets, state::kMaxSecrets));
}

void check_revocations(const Services& services, const state::StateStore& store, std::vector<Finding>& findings) {
  const auto trust = store.trust();
  if (!trust) {
    findings.push_back(Finding::failed("revocations", trust.error()));
    return;
  }
  const WallTime now = services.clock.wall_seconds();
  const std::size_t before = findings.size();
  for (const auto& [issuer, list] : trust->revocations()) {
    if (list.expires.seconds == 0 || now.seconds <= list.expires.seconds) continue;
    findings.push_back(Finding::warn(
        "revocations",
        fmt::format("the list of {} expired at {}; {} days later nothing new of his is believed", printable(issuer),
                    to_text(list.expires), skills::kRevocationGraceSeconds / kSecondsOfDay),
        {"ask him for a newer list, then: palyra trust revoke --apply LIST"}));
  }
  if (findings.size() == before) {
    findings.push_back(
        Finding::ok("revocations", fmt::format("lists, none of them expired: {}", trust->revocations().size())));
  }
}

Finding check_updates(const Services& services) {
  const auto waiting = skills_with_updates(services, std::nullopt);
  if (!waiting && waiting.error().is(kUpdatesOff)) return Finding::ok("updates", "policy.updates is off");
  if (!waiting) return Finding::failed("updates", waiting.error());
  if (waiting->empty()) return Finding::ok("updates", "none waits");
  return Finding::warn("updates", fmt::format("newer versions wait in quarantine: {}", fmt::join(*waiting, ", ")),
                       {"palyra skills update"});
}

Finding check_disk(const std::string& root) {
  std::error_code error;
  const fs::space_info space = fs::space(root, error);
  if (error) return Finding::not_run("disk", "the free space cannot be read: " + error.message());
  if (space.available >= kEnoughDiskBytes) {
    return Finding::ok("disk", fmt::format("at least {} MiB are free for the state", kEnoughDiskBytes >> 20U));
  }
  return Finding::warn("disk", fmt::format("{} bytes are free for the state", space.available),
                       {"palyra skills gc", "palyra doctor --clean"});
}

Finding check_code(const Services& services, Cleaning cleaning) {
  const auto runtime = services.engine.runtime();
  const runtime::CodeCache* cache = services.engine.code_cache();
  if (!runtime) return Finding::failed("code", runtime.error());
  if (cache == nullptr) return Finding::not_run("code", "no compiled code is kept here");
  const std::uint64_t compatibility = (*runtime)->compatibility();
  const auto facts = cleaning == Cleaning::kYes ? cache->remove_stale(compatibility) : cache->facts(compatibility);
  if (!facts) return Finding::failed("code", facts.error());
  if (cleaning == Cleaning::kYes) {
    return Finding::ok("code",
                       fmt::format("removed {} stale files of {} bytes", facts->stale_files, facts->stale_bytes));
  }
  if (facts->stale_files == 0) return Finding::ok("code", fmt::format("{} files, none stale", facts->files));
  return Finding::warn("code", fmt::format("{} stale files of {} bytes", facts->stale_files, facts->stale_bytes),
                       {"palyra doctor --clean"});
}

void check_state(const Services& services, std::vector<Finding>& findings) {
  const auto store = state::StateStore::open(services.state);
  const std::string& root = services.state.root;
  if (!store && store.error().is(state::kNotInitialised)) {
    findings.push_back(Finding::warn("state", "there is none at '" + printable(root) + "'", {"palyra trust init"}));
    return;
  }
  if (!store) {
    findings.push_back(Finding::failed("state", store.error()));
    return;
  }
  findings.push_back(Finding::ok("state", "'" + printable(root) + "' opens"));
  findings.push_back(finding_of("audit", store->verify_audit_chain(), "the chain of the log holds"));
  check_owners(root, findings);
  findings.push_back(check_leftovers(root));
  check_skills(*store, findings);
  findings.push_back(check_quarantine(services, *store));
  check_storage(services, findings);
  findings.push_back(check_vault(services));
  check_revocations(services, *store, findings);
  findings.push_back(check_updates(services));
  findings.push_back(check_disk(root));
}

}  // namespace

std::vector<Finding> examine(const Services& services, const DoctorRequest& request) {
  std::vector<Finding> findings{check_engine(), finding_of("libsodium", crypto::self_test(), "refuses what it should"),
                                check_worker(services), check_sealed_memory(), check_beneath()};
  check_configuration(request, findings);
  check_state(services, findings);
  findings.push_back(check_code(services, request.cleaning));
  return findings;
}

}  // namespace palyra::app
