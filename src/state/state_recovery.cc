// SPDX-License-Identifier: Apache-2.0
// A damaged trust.db gives way to a backup, or to nothing.
#include "backup_parts.h"
#include "database_file.h"
#include "directory_lock.h"
#include "trust_table.h"
#include "version_changes.h"
#include "version_table.h"

#include <palyra/base/check.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr const char* kUnfinished = "trust.db.recover";
constexpr const char* kUnfinishedJournal = "trust.db.recover-journal";
constexpr std::size_t kMaxBackupBytes = std::size_t{1} << 30U;

// What stands in the place of trust.db.
struct Damaged {
  FileForm form = FileForm::kAbsent;
  std::uint64_t seen = 0;  // the highest generation that it, or the file `generation`, tells of
  // Where it can still be read: nobody else writes it while this lives.
  std::optional<Database> held{};
};

// The generation of a database whose last row still fits.
std::uint64_t told_generation(const Database& database) {
  const auto head = load_head(database);
  return head && load_last_audit_row(database, *head) ? head->generation : 0;
}

// Errors: kSchemaNewer, kStateBusy, those of Directory.
Result<Damaged> look_at_damage(const Directory& root, std::uint64_t file_generation) {
  Damaged damaged{.form = PALYRA_TRY(form_of(root, kDatabaseFile)), .seen = file_generation};
  if (damaged.form != FileForm::kRegular) return damaged;
  auto opened = Database::open(root.path() + "/" + kDatabaseFile);
  const Result<> held = opened ? opened->script("BEGIN EXCLUSIVE") : std::unexpected(opened.error());
  if (!held && held.error().is(kStateBusy)) return std::unexpected(held.error());
  if (!held) return damaged;
  const auto version = schema_version(*opened, current_schema());
  if (!version && version.error().is(kSchemaNewer)) return std::unexpected(version.error());
  damaged.seen = std::max(damaged.seen, told_generation(*opened));
  damaged.held = *std::move(opened);
  return damaged;
}

// Of an earlier recovery that died, or of this one.
void remove_unfinished(const Directory& root) {
  std::vector<std::string> unfinished = unfinished_parts();
  unfinished.insert(unfinished.end(), {kUnfinished, kUnfinishedJournal});
  for (const std::string& name : root.list().value_or(std::vector<std::string>{})) {
    const bool ours = std::ranges::any_of(unfinished, [&](const std::string& each) {
      return name == each || (is_temporary_name(name) && name.starts_with("." + each));
    });
    if (!ours) continue;
    [[maybe_unused]] const auto removed = root.remove_file(name);
  }
}

struct Recovery {
  const StateOptions* options = nullptr;
  std::uint64_t seen = 0;
  std::string damaged_copy;

  [[nodiscard]] Json details(const char* from) const {
    Json details;
    details.set("from", from);
    details.set("seen", seen);
    if (!damaged_copy.empty()) details.set("damaged_copy", damaged_copy);
    return details;
  }
};

// The rows of a backup as they may be believed, of the newest schema. Errors: as of StateStore::open.
Result<Snapshot> check_backup(const Database& database) {
  const Schema& schema = current_schema();
  const std::int64_t version = PALYRA_TRY(schema_version(database, schema));
  PALYRA_TRY(check_schema(database, schema.at(version)));
  PALYRA_TRY(check_audit_chain(database, PALYRA_TRY(load_head(database))));
  PALYRA_TRY(upgrade_schema(database, schema));
  return load_rows(database);
}

Result<std::vector<StatusChange>> quarantine_all(const Database& database, const AuditRow& row) {
  std::vector<StatusChange> changes;
  for (InstalledVersion& version : PALYRA_TRY(load_versions(database))) {
    if (!may_run_again(version.status)) continue;
    const VersionStatus was = version.status;
    version.status = VersionStatus::kQuarantined;
    version.status_reason = "recovered";
    version.status_since = row.time;
    version.generation = row.generation;
    PALYRA_TRY(save_version(database, version));
    changes.push_back({.version = std::move(version), .was = was});
  }
  return changes;
}

struct Recovered {
  RecoveryReport report;
  PartsToRestore parts{};
};

// In the file of the backup's bytes.
Result<Recovered> restore_rows(const Directory& root, const Recovery& recovery, const std::string& from) {
  const Database database = PALYRA_TRY(Database::open(root.path() + "/" + kUnfinished));
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  Snapshot backup = PALYRA_TRY(check_backup(database), fmt::format("while reading the backup '{}'", from));
  PartsToRestore parts = PALYRA_TRY(PartsToRestore::prepare(root, from, PALYRA_TRY(last_mark(database))));
  AuditRow row{.generation = std::max(recovery.seen, backup.head.generation) + 1,
               .time = recovery.options->clock->wall_seconds(),
               .actor = recovery.options->actor,
               .event = std::string(kRecovered),
               .subject = kDatabaseFile,
               .details = {},
               .trust_sha256 = {},
               .previous = backup.head.audit_digest,
               .digest = {}};
  const std::vector<StatusChange> changes = PALYRA_TRY(quarantine_all(database, row));
  Json details = recovery.details("backup");
  details.set("backup_generation", backup.head.generation);
  details.set("quarantined", to_json(changes));
  if (!parts.names().empty()) details.set("restored", parts.details());
  row.details = to_text(details);
  backup.trust.set_generation(row.generation);
  row.trust_sha256 = trust_digest(backup.trust);
  row.digest = audit_digest(row);
  PALYRA_TRY(insert_audit_row(database, row));
  PALYRA_TRY(update_head(
      database, {.generation = row.generation, .trust_generation = row.generation, .audit_digest = row.digest}));
  PALYRA_TRY(transaction.commit());
  return Recovered{.report = {.generation = row.generation,
                              .quarantined = changes.size(),
                              .damaged_copy = recovery.damaged_copy,
                              .restored = parts.names()},
                   .parts = std::move(parts)};
}

// Under the name kUnfinished.
Result<Recovered> make_recovered(const Directory& root, const Recovery& recovery,
                                 const std::optional<std::string>& backup) {
  if (backup) {
    const Bytes bytes = PALYRA_TRY(read_file(*backup, kMaxBackupBytes));
    PALYRA_TRY(root.write_file(kUnfinished, bytes, 0600, Overwrite::kYes));
    return restore_rows(root, recovery, *backup);
  }
  PALYRA_TRY(root.write_file(kUnfinished, {}, 0600, Overwrite::kYes));
  const std::uint64_t generation = recovery.seen + 1;
  PALYRA_TRY(fill_new_database(
      *recovery.options, root.path() + "/" + kUnfinished,
      {.generation = generation, .event = std::string(kRecovered), .details = recovery.details("nothing")}));
  return Recovered{
      .report = {.generation = generation, .quarantined = 0, .damaged_copy = recovery.damaged_copy, .restored = {}}};
}

}  // namespace

Result<RecoveryReport> StateStore::recover(const StateOptions& options, const std::optional<std::string>& backup) {
  PALYRA_CHECK(options.clock != nullptr);
  Result<Directory> found = Directory::open(options.root);
  if (!found && found.error().is(kFileNotFound)) return not_initialised(options.root);
  const Directory root = PALYRA_TRY(std::move(found));
  PALYRA_TRY(check_private(root));
  const DirectoryLock lock = PALYRA_TRY(DirectoryLock::take(root, LockKind::kExclusive));
  const Result<> there = check_database_file(root);
  if (!there && there.error().is(kNotInitialised)) return std::unexpected(there.error());
  const GenerationFile generation_file = PALYRA_TRY(GenerationFile::open(root, WrongContent::kReset));
  const Damaged damaged = PALYRA_TRY(look_at_damage(root, PALYRA_TRY(generation_file.value())));
  Recovery recovery{.options = &options, .seen = damaged.seen, .damaged_copy = {}};
  const std::string copy = PALYRA_TRY(free_name(root, kDatabaseFile));
  if (damaged.form != FileForm::kAbsent) recovery.damaged_copy = copy;
  remove_unfinished(root);
  Result<Recovered> recovered = make_recovered(root, recovery, backup);
  if (!recovered) {
    remove_unfinished(root);
    return std::unexpected(std::move(recovered).error());
  }
  PALYRA_TRY(recovered->parts.publish(root));
  PALYRA_TRY(put_aside(root, kDatabaseFile, copy));
  PALYRA_TRY(publish(root, kUnfinished));
  generation_file.raise_to(recovered->report.generation);
  PALYRA_TRY(open(options));
  return std::move(recovered->report);
}

}  // namespace palyra::state
