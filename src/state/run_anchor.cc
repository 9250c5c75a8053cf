// SPDX-License-Identifier: Apache-2.0
#include "run_anchor.h"

#include "run_segment.h"
#include "store_parts.h"

#include <algorithm>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

// Longer than the change before can have waited for its turn after it had looked, whatever the steps of the clock. What
// is anchored twice does no harm.
constexpr std::chrono::seconds kOverlap{60};

constexpr std::string_view kSelectDetails = "SELECT details FROM audit WHERE instr(details, '\"runs\":') > 0";
constexpr JsonLimits kDetailsLimits{.max_bytes = kMaxRowBytes, .max_depth = 16};

std::optional<std::chrono::seconds> written_at(int directory, const char* name) {
  struct stat status{};
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return std::chrono::seconds(status.st_mtim.tv_sec);
}

// When the last change was made, by its row and by the clock that dates files: whichever is earlier.
std::optional<std::chrono::seconds> last_change(const Directory& root, const Database& database) {
  const auto row = database.number("SELECT time FROM audit ORDER BY generation DESC LIMIT 1");
  const auto file = written_at(root.fd(), kDatabaseFile);
  if (!row || !file) return std::nullopt;
  return std::min(*file, std::chrono::seconds(*row));
}

std::optional<RunAnchor> anchor_of(const Directory& runs, const std::string& name) {
  const UniqueFd fd(::openat(runs.fd(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  const auto bytes = read_segment(runs, name);
  if (!fd.valid() || !bytes) return std::nullopt;
  const auto chains = check_chain(name, split_lines(as_text(*bytes)));
  if (!chains || chains->empty() || ::fdatasync(fd.get()) != 0) return std::nullopt;
  return RunAnchor{.segment = name, .lines = chains->size(), .chain = chains->back()};
}

Result<RunAnchor> anchor_from_json(const Json& json) {
  const Json* segment = json.find("segment");
  const Json* lines = json.find("lines");
  const Json* chain = json.find("chain");
  const bool typed = segment != nullptr && segment->as_string() != nullptr && lines != nullptr &&
                     lines->as_int() != nullptr && *lines->as_int() > 0 && chain != nullptr &&
                     chain->as_string() != nullptr;
  const auto digest = typed ? crypto::parse_sha256(*chain->as_string()) : std::nullopt;
  if (!digest) return fail(kAuditBroken, "a row of the log names a segment of the runs log that cannot be read");
  return RunAnchor{
      .segment = *segment->as_string(), .lines = static_cast<std::uint64_t>(*lines->as_int()), .chain = *digest};
}

}  // namespace

std::vector<RunAnchor> collect_anchors(const Directory& root, const Database& database) {
  std::vector<RunAnchor> anchors;
  if (!root.exists(kRunsDirectory).value_or(false)) return anchors;
  const auto runs = root.make_directory(kRunsDirectory);
  const auto since = last_change(root, database);
  const auto names = runs ? list_segments(*runs) : Result<std::vector<std::string>>();
  if (!runs || !since || !names) return anchors;
  for (auto name = names->rbegin(); name != names->rend() && anchors.size() < kMaxAnchors; ++name) {
    const auto written = written_at(runs->fd(), name->c_str());
    if (!written || *written < *since - kOverlap) continue;
    if (auto anchor = anchor_of(*runs, *name)) anchors.push_back(*std::move(anchor));
  }
  const UniqueFd fd(::openat(runs->fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!anchors.empty() && (!fd.valid() || ::fsync(fd.get()) != 0)) anchors.clear();
  return anchors;
}

Json to_json(const std::vector<RunAnchor>& anchors) {
  Json::Array array;
  for (const RunAnchor& anchor : anchors) {
    array.emplace_back(
        Json::Object{{"segment", anchor.segment}, {"lines", anchor.lines}, {"chain", crypto::to_hex(anchor.chain)}});
  }
  return array;
}

Result<std::vector<RunAnchor>> load_anchors(const Database& database) {
  std::vector<RunAnchor> anchors;
  Statement rows = PALYRA_TRY(database.query(kSelectDetails));
  while (PALYRA_TRY(rows.step())) {
    const auto details = parse_json(as_bytes(PALYRA_TRY(rows.text(0))), kDetailsLimits);
    if (!details) return fail(kAuditBroken, "the details of a row of the log are no JSON");
    const Json* runs = details->find("runs");
    const Json::Array* array = runs == nullptr ? nullptr : runs->as_array();
    if (array == nullptr) continue;  // the text stands elsewhere, such as in a reason
    for (const Json& anchor : *array) anchors.push_back(PALYRA_TRY(anchor_from_json(anchor)));
  }
  return anchors;
}

}  // namespace palyra::state
