// SPDX-License-Identifier: Apache-2.0
#include "database_file.h"

#include "trust_table.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palyra::state {
namespace {

constexpr const char* kInitAdvice = "palyra trust init";
constexpr const char* kRecoverAdvice = "palyra trust recover";

}  // namespace

std::unexpected<Error> store_damaged(std::string message) {
  return std::unexpected(Error(kStoreDamaged, std::move(message)).with_next(kRecoverAdvice));
}

std::unexpected<Error> not_initialised(const std::string& root) {
  return std::unexpected(
      Error(kNotInitialised, fmt::format("there is no trust store in '{}'", root)).with_next(kInitAdvice));
}

Result<FileForm> form_of(const Directory& root, const char* name) {
  struct stat status{};
  if (::fstatat(root.fd(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return FileForm::kAbsent;
    return std::unexpected(file_error(errno, "inspect", root.path() + "/" + name));
  }
  return S_ISREG(status.st_mode) ? FileForm::kRegular : FileForm::kOther;
}

Result<> check_database_file(const Directory& root) {
  const FileForm form = PALYRA_TRY(form_of(root, kDatabaseFile));
  if (form == FileForm::kRegular) return {};
  if (form == FileForm::kOther) return store_damaged(fmt::format("'{}/trust.db' is not a regular file", root.path()));
  for (const char* companion : {"objects", "keys"}) {
    if (PALYRA_TRY(form_of(root, companion)) != FileForm::kAbsent) {
      return store_damaged(fmt::format("'{}/trust.db' is missing beside '{}'", root.path(), companion));
    }
  }
  return not_initialised(root.path());
}

Result<> fill_new_database(const StateOptions& options, const std::string& path, const FirstRow& first) {
  const Database database = PALYRA_TRY(Database::open(path));
  Transaction transaction = PALYRA_TRY(Transaction::begin(database, TransactionKind::kWrite));
  PALYRA_TRY(create_schema(database, current_schema()));
  AuditRow row{.generation = first.generation,
               .time = options.clock->wall_seconds(),
               .actor = options.actor,
               .event = first.event,
               .subject = "",
               .details = first.details.is_null() ? "{}" : to_text(first.details),
               .trust_sha256 = {},
               .previous = {},
               .digest = {}};
  skills::SkillTrustStore nobody;
  nobody.set_generation(first.generation);
  row.trust_sha256 = trust_digest(nobody);
  row.digest = audit_digest(row);
  PALYRA_TRY(insert_audit_row(database, row));
  PALYRA_TRY(insert_head(
      database, {.generation = first.generation, .trust_generation = first.generation, .audit_digest = row.digest}));
  return transaction.commit();
}

Result<> sync_directory(const Directory& root) {
  const UniqueFd fd(::openat(root.fd(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return std::unexpected(file_error(errno, "sync", root.path()));
  return {};
}

Result<> publish(const Directory& root, const char* finished, const char* name) {
  if (::renameat2(root.fd(), finished, root.fd(), name, RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return fail(kAlreadyInitialised, "'{}/{}' exists", root.path(), name);
    return std::unexpected(file_error(errno, "name", root.path() + "/" + name));
  }
  return sync_directory(root);
}

}  // namespace palyra::state
