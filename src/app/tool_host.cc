// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/tool_host.h>
#include <palyra/base/hex.h>

#include <algorithm>
#include <span>

namespace palyra::app {
namespace {

// A writer may die between its commit and the file `generation`, and a state directory may be put in the place of
// another: this often somebody looks.
constexpr std::chrono::seconds kLookInterval{1};
// How long all calls wait for whoever has locked the state.
constexpr std::chrono::milliseconds kPatience{1'000};
constexpr std::size_t kMostRefused = 1'024;

std::size_t bytes_of(const auto& kept) {
  std::size_t bytes = 0;
  for (const auto& [id, each] : kept) bytes += each.version->bytes();
  return bytes;
}

// Not a word about the tool.
bool is_silence(const Error& error) {
  return error.is(state::kStateBusy) || error.is(state::kStateUnavailable) || error.is(state::kStateDenied);
}

}  // namespace

Result<std::string> RunIds::next(host::RandomSource& random) {
  if (left_ == 0) {
    if (!random.fill(bytes_)) return fail(kRunNoRandomness, "the system gives no random bytes");
    left_ = bytes_.size() / kIdBytes;
  }
  --left_;
  return to_hex(std::span(bytes_).subspan(left_ * kIdBytes, kIdBytes));
}

bool StateBasis::holds(SteadyTime now) const {
  return store != nullptr && now - asked < kLookInterval && store->peek_generation() == generation;
}

ToolHost::ToolHost(const Services& services, std::size_t kept_bytes)
    : services_(services), max_kept_bytes_(kept_bytes) {}

std::size_t ToolHost::kept_bytes() const { return bytes_of(shared_.lock()->kept); }

Result<> ToolHost::renew(Shared& shared, SteadyTime now) const {
  StateBasis& basis = shared.basis;
  if (basis.holds(now)) return {};
  shared.refused.clear();
  basis.asked = now;
  if (basis.store == nullptr || !basis.store->is_in_place()) {
    basis.store.reset();
    state::StateOptions options = services_.state;
    options.wait = kPatience;
    basis.store = std::make_shared<const state::StateStore>(PALYRA_TRY(state::StateStore::open(options)));
  }
  basis.generation = basis.store->peek_generation();  // before anything is asked, so that no later change is missed
  return {};
}

// What was resolved from the same row stays, unless a change of the trust made another the owner of its values.
Result<bool> ToolHost::still_holds(const Shared& shared, const Kept& kept, const state::InstalledVersion& now) {
  if (kept.installed != now || kept.version->watched()->stop_flag().load()) return false;
  const ModuleSource& source = kept.version->source();
  if (kept.generation == shared.basis.generation || !source.owner) return true;
  return PALYRA_TRY(owner_of_values(*shared.basis.store, now.artifact, source.grants)) == source.owner;
}

Result<std::shared_ptr<const ToolVersion>> ToolHost::look_up(Shared& shared, const std::string& id) const {
  const StateBasis& basis = shared.basis;
  auto installed = find_installed_tool(services_, *basis.store, id);
  if (!installed) {
    if (!is_silence(installed.error())) shared.kept.erase(id);
    return std::unexpected(std::move(installed).error());
  }
  if (const auto known = shared.kept.find(id);
      known != shared.kept.end() && PALYRA_TRY(still_holds(shared, known->second, *installed))) {
    Kept& kept = known->second;
    kept.version->watched()->found_runnable(basis.asked);
    kept.generation = basis.generation;
    kept.used = ++shared.uses;
    return kept.version;
  }
  ModuleSource source = PALYRA_TRY(resolve_installed_tool(services_, *basis.store, *installed, id));
  auto version = PALYRA_TRY(ToolVersion::create(services_, std::move(source), basis.asked));
  shared.kept[id] = {
      .installed = *std::move(installed), .generation = basis.generation, .version = version, .used = ++shared.uses};
  return version;
}

Result<std::shared_ptr<const ToolVersion>> ToolHost::version_of(Shared& shared, const std::string& id) const {
  if (const auto known = shared.refused.find(id); known != shared.refused.end()) {
    return std::unexpected(known->second);
  }
  auto version = look_up(shared, id);
  if (!version) {
    if (shared.refused.size() >= kMostRefused) shared.refused.clear();
    shared.refused.emplace(id, version.error());
  }
  make_room(shared);
  return version;
}

void ToolHost::make_room(Shared& shared) const {
  while (shared.kept.size() > 1 && bytes_of(shared.kept) > max_kept_bytes_) {
    shared.kept.erase(std::ranges::min_element(shared.kept, {}, [](const auto& entry) { return entry.second.used; }));
  }
}

Result<std::shared_ptr<const ToolVersion>> ToolHost::ask(Shared& shared, const std::string& id, SteadyTime now) const {
  PALYRA_TRY(renew(shared, now));
  return version_of(shared, id);
}

Result<ToolHost::Found> ToolHost::find(const std::string& id, SteadyTime now) {
  const auto shared = shared_.lock();
  if (shared->silence && now < shared->silence->until) return std::unexpected(shared->silence->why);
  shared->silence.reset();
  auto version = ask(*shared, id, now);
  if (version) return Found{.basis = shared->basis, .version = *std::move(version)};
  if (is_silence(version.error()) || shared->basis.store == nullptr) {
    shared->basis = {};
    shared->silence = {.why = version.error(), .until = services_.clock.steady() + kLookInterval};
  }
  return std::unexpected(std::move(version).error());
}

Result<> ToolHost::Tool::confirm(SteadyTime now) {
  if (version_ != nullptr && basis_.holds(now) && !version_->watched()->stop_flag().load(std::memory_order_relaxed)) {
    return {};
  }
  auto found = host_->find(id_, now);
  if (!found) {
    version_.reset();
    return std::unexpected(std::move(found).error());
  }
  basis_ = std::move(found->basis);
  version_ = std::move(found->version);
  return {};
}

Execution ToolHost::Tool::call(const ToolCall& call) {
  const Services& services = host_->services_;
  auto run_id = run_ids_.next(services.random);
  if (!run_id) return refuse_call(services, id_, call, "", std::move(run_id).error());
  if (auto confirmed = confirm(services.clock.steady()); !confirmed) {
    return refuse_call(services, id_, call, *std::move(run_id), std::move(confirmed).error());
  }
  return call_tool(services, *version_, call, *std::move(run_id));
}

}  // namespace palyra::app
