// SPDX-License-Identifier: Apache-2.0
#pragma once
// How every section of a manifest reads its tables: by known key and type, and nothing may be left over.

#include "display_text.h"

#include <palyra/base/error.h>
#include <palyra/base/json.h>
#include <palyra/skills/manifest_codes.h>
#include <palyra/skills/skill_manifest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills {

struct IntegerRange {
  std::int64_t lowest;
  std::int64_t highest;
};

// Borrows the document. A key is known once it was asked for, whether it is there or not.
// Errors of the typed readers: kManifestWrongType, kManifestFloat (a float where none is listed) and what they name.
class TableReader {
 public:
  // `path` is how messages call the table: "capabilities.http[2]"; "" for the document.
  TableReader(const Json::Object& table, std::string path, ManifestVersion version)
      : table_(&table), path_(std::move(path)), version_(version) {}

  // The value as it stands, or nullptr when absent. Every `key` outlives the reader.
  const Json* take(std::string_view key);

  Result<std::optional<std::string>> text(std::string_view key);
  Result<std::string> required_text(std::string_view key);  // kManifestMissingKey
  Result<std::optional<std::string>> display(std::string_view key, const DisplayRule& rule);
  Result<std::string> required_display(std::string_view key, const DisplayRule& rule);
  Result<std::optional<bool>> boolean(std::string_view key);
  Result<std::optional<std::int64_t>> integer(std::string_view key, IntegerRange range);  // kManifestIntegerRange
  Result<std::vector<std::string>> texts(std::string_view key);                           // absent is empty
  Result<std::optional<TableReader>> table(std::string_view key);
  Result<std::vector<TableReader>> tables(std::string_view key);  // absent is empty

  // kManifestUnknownKey when a key of the table was never asked for.
  [[nodiscard]] Result<> finish() const;

  // "capabilities.http[2].host", printable.
  [[nodiscard]] std::string name(std::string_view key) const;
  [[nodiscard]] const Json::Object& members() const { return *table_; }
  // Of the document; it decides which keys a section asks for.
  [[nodiscard]] ManifestVersion version() const { return version_; }
  [[nodiscard]] bool is_version_3() const { return version_ == ManifestVersion::k3; }

 private:
  const Json::Object* table_;
  std::string path_;
  ManifestVersion version_;
  std::vector<std::string_view> known_;
};

// kManifestFloat for a float, else kManifestWrongType.
std::unexpected<Error> wrong_type(std::string_view name, std::string_view expected, const Json& value);
// kManifestMissingKey.
std::unexpected<Error> missing_key(std::string_view name);
// kManifestChoice unless `word` is one of `choices`.
Result<> check_choice(std::string_view name, std::string_view word, std::span<const std::string_view> choices);

}  // namespace palyra::skills
