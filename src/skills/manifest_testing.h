// SPDX-License-Identifier: Apache-2.0
#pragma once
// Manifests that are good, a small one and one that uses every section, to be broken in one place by each test.

#include <palyra/base/testing.h>
#include <palyra/crypto/sha256.h>
#include <palyra/skills/fake_schema_compiler.h>
#include <palyra/skills/skill_manifest.h>

#include <gtest/gtest.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::skills::testing {

// Entries of an artifact that is not there.
class TestEntries {
 public:
  struct Content {
    std::string name;
    std::string text;
  };
  TestEntries(std::initializer_list<Content> content) : content_(content) {
    for (const Content& entry : content_) {
      entries_.push_back({entry.name, as_bytes(entry.text), crypto::sha256(as_bytes(entry.text))});
    }
  }
  TestEntries(const TestEntries&) = delete;
  TestEntries& operator=(const TestEntries&) = delete;
  ~TestEntries() = default;
  [[nodiscard]] std::span<const ArtifactEntry> view() const { return entries_; }

 private:
  std::vector<Content> content_;
  std::vector<ArtifactEntry> entries_;
};

// Together the smallest manifest, for an artifact with one module.
inline constexpr std::string_view kHead = R"(manifest_version = 3
publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"
)";
inline constexpr std::string_view kTool = R"(
[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
[entrypoints.tools.input_schema]
type = "object"
)";

inline constexpr std::string_view kGoodManifest = R"(manifest_version = 3
publisher = "acme"
skill_id = "acme.weather"
version = "1.2.0"
name = "Weather"
description = "Two\nlines."
license = "Apache-2.0 OR MIT"
homepage = "https://example.com/weather?x=1"
repository = "https://git.example.com/a/b"

[[entrypoints.tools]]
id = "acme.weather.now"
name = "Now"
description = "Answers for one place."
output_schema = "assets/out.json"
module = "modules/weather.wasm"
export = "run_now"
abi = "core"
risk = { default_sensitive = true, requires_approval = true }
hints = { read_only = false, idempotent = false, destructive = true }
[entrypoints.tools.input_schema]
type = "object"
[entrypoints.tools.input_schema.properties.t]
type = "number"
minimum = -0.5
[[entrypoints.tools.examples]]
name = "one"
input = { t = 1.5 }
output = "assets/out.json"
[[entrypoints.tools.examples]]
name = "two"
input = { t = 2 }
error = "no"
[[entrypoints.tools.examples.http]]
method = "GET"
url = "https://api.example.com/v1/x?y=1"
status = 404
headers = { Content-Type = "text/plain" }
body = "none"

[[entrypoints.tools]]
id = "acme.weather.scan"
name = "Scan"
description = "Looks\tat files."
abi = "wasi"
wasi = { args = ["--in", "{path}"], stdin = "{text}" }
input_schema = { type = "object" }

[capabilities]
http_egress_allowlist = ["status.example.com"]
[[capabilities.http]]
host = "api.example.com"
scheme = "https"
port = 8443
methods = ["GET", "POST"]
path_prefix = "/v1/"
max_response_bytes = 65536
redirects = 5
secret = "global/api_key"
secret_placement = "header:X-Key"
[[capabilities.http]]
host = "old.example.com"
scheme = "http"
[[capabilities.secrets]]
scope = "global"
key_names = ["api_key", "other"]
[[capabilities.secrets]]
scope = "skill:acme.weather"
key_names = ["mac"]
uses = ["hmac-sha256"]
[capabilities.filesystem]
read_roots = ["data", "both"]
write_roots = ["out/reports", "both"]
[[capabilities.storage]]
prefix = "cache/"
[[capabilities.storage]]
prefix = "a/b/"
max_bytes = 4096
[[capabilities.channels]]
name = "alerts"
[[capabilities.channels]]
name = "inbox"
direction = "receive"
[capabilities.quotas]
wall_clock_timeout_ms = 1000
fuel_budget = 1
max_memory_bytes = 65536

[compat]
required_protocol_major = 1
min_palyra_version = "0.1.0"
max_palyra_version = "0.1.0"

[config.properties.unit]
type = "string"
enum_values = ["C", "F"]
default = "C"
title = "Unit"
description = "Of temperatures."
required = true
[config.properties.factor]
type = "number"
default = 1.5
[config.properties.count]
type = "integer"
default = 2
[config.properties.loud]
type = "boolean"
default = false
[config.properties.places]
type = "string_list"
default = ["Brno"]

[operator]
display_name = "Weather of today"
summary = "Short."
description = "Long."
categories = ["data"]
tags = ["weather.today"]
docs_url = "https://example.com/docs"
[operator.plugin]
default_tool_id = "acme.weather.now"
default_module_path = "modules/weather.wasm"
default_entrypoint = "run"
contracts = [{ kind = "delivery_adapter", version = 1 }]

[builder]
experimental = true
source_kind = "prompt"
source_ref = "x"
rollout_flag = "y"
review_status = "approved"
[builder.checklist]
capability_declaration_path = "builder/capabilities.json"
provenance_path = "provenance.json"
test_harness_path = "tests/harness.json"
review_notes = ""
)";

class ManifestTest : public ::testing::Test {
 protected:
  [[nodiscard]] Result<SkillManifest> parse(std::string_view toml) const {
    return parse_skill_manifest(as_bytes(toml), {.entries = entries_.view(), .schemas = schemas_});
  }

  // The good manifest with the first `from` replaced.
  static std::string edited(std::string_view from, std::string_view to) {
    std::string toml(kGoodManifest);
    const std::size_t at = toml.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? toml : toml.replace(at, from.size(), to);
  }

  struct Edit {
    std::string_view from;
    std::string to;
    ErrorCode code;
  };
  void expect_refused(const std::vector<Edit>& edits) const {
    for (const auto& [from, to, code] : edits) {
      EXPECT_THAT(parse(edited(from, to)), palyra::testing::FailsWith(code)) << from << " -> " << to;
    }
  }
  struct GoodEdit {
    std::string_view from;
    std::string to;
  };
  void expect_accepted(const std::vector<GoodEdit>& edits) const {
    for (const auto& [from, to] : edits)
      EXPECT_THAT(parse(edited(from, to)), palyra::testing::IsOk()) << from << " -> " << to;
  }

  TestEntries entries_{{"assets/array.json", "[]"},
                       {"assets/broken.json", "{"},
                       {"assets/out.json", R"({"type": "object", "maximum": 1.5})"},
                       {"assets/text.txt", "{}"},
                       {"modules/weather.wasm", "wasm"}};
  FakeSchemaCompiler schemas_;
};

}  // namespace palyra::skills::testing
