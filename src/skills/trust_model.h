// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small model of trust as docs/formats has it. It shares nothing with the product: keys, names and contents are
// numbers, versions are places in a list, and no function of the product is called.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace palyra::skills::model {

using Keys = std::set<int>;

inline constexpr std::array<const char*, 4> kNames{"acme", "acrne", "contoso", "palyra"};
inline constexpr int kReserved = 3;
inline constexpr int kOperator = -1;
inline constexpr int kKeyCount = 7;
inline constexpr int kContents = 3;

struct ModelVersion {
  const char* text;
  int major;
  bool development;
};
// By precedence.
inline constexpr std::array<ModelVersion, 7> kVersions{{{"1.0.0-dev.1", 1, true},
                                                        {"1.0.0", 1, false},
                                                        {"1.1.0", 1, false},
                                                        {"2.0.0-rc.1", 2, false},
                                                        {"2.0.0", 2, false},
                                                        {"4.0.0", 4, false},
                                                        {"2147483647.0.0", 2147483647, false}}};

struct ModelArtifact {
  int publisher;
  int skill;  // the number of the name that its id begins with
  int version;
  int content;
  int not_after;
  Keys signers;
};

// kind 0 a key, 1 a content, 2 versions `a` to `b` of `skill`
struct ModelEntry {
  int kind = 0, a = 0, b = 0, skill = 0;
  auto operator<=>(const ModelEntry&) const = default;
};

struct ModelList {
  int version = 0, created = 0, expires = 0;
  std::set<ModelEntry> entries;
};

struct ModelRotation {
  int publisher = 0, sequence = 0;
  Keys old_keys{}, new_keys{};
  int threshold = 1, not_before = 0;
  Keys signers{};
  bool forged = false;
};

struct ModelRevocations {
  int issuer = 0;
  ModelList list;
  Keys signers;
  bool forged = false;
};

struct ModelAnswer {
  std::string verdict;
  int pinned = 0;  // a key; 0: none
};

enum class Consent : std::uint8_t { kReport, kRefuse, kPin };

struct Model {
  struct KnownPublisher {
    Keys keys;
    int threshold = 1;
    bool first_use = false;
  };
  struct Seen {
    int sequence = 0;
    Keys retired;
  };
  struct KnownSkill {
    int publisher = 0;
    int highest = -1;
    std::map<int, int> content;
  };
  std::map<int, KnownPublisher> publishers;
  std::map<int, Seen> rotations;
  std::map<int, ModelList> lists;
  std::map<int, KnownSkill> skills;
  int now = 1'000;

  [[nodiscard]] bool revoked_key(int publisher, int key) const {
    const ModelEntry entry{0, key, 0, 0};
    const auto says = [&](int issuer) { return lists.contains(issuer) && lists.at(issuer).entries.contains(entry); };
    return says(kOperator) || says(publisher);
  }
  [[nodiscard]] bool retired_key(int publisher, int key) const {
    return rotations.contains(publisher) && rotations.at(publisher).retired.contains(key);
  }

  [[nodiscard]] bool revoked(const ModelArtifact& about) const {
    for (const auto& [issuer, list] : lists) {
      if (issuer != kOperator && issuer != about.publisher) continue;
      for (const ModelEntry& e : list.entries) {
        if (e.kind == 1 && e.a == about.content) return true;
        if (e.kind == 2 && e.skill == about.skill && e.a <= about.version && about.version <= e.b) return true;
      }
    }
    int bad = 0;
    int own_good = 0;
    int own_bad = 0;
    for (const int key : about.signers) {
      const bool is_bad = revoked_key(about.publisher, key);
      bad += is_bad ? 1 : 0;
      if (!publishers.contains(about.publisher)) continue;
      if (!publishers.at(about.publisher).keys.contains(key) && !retired_key(about.publisher, key)) continue;
      (is_bad ? own_bad : own_good) += 1;
    }
    if (bad == static_cast<int>(about.signers.size())) return true;
    return own_bad > 0 && own_good < publishers.at(about.publisher).threshold;
  }

  [[nodiscard]] std::string decide_with(const ModelArtifact& about, const KnownPublisher& who, bool downgrade) const {
    int counted = 0;
    for (const int key : about.signers) {
      if (who.keys.contains(key) && !revoked_key(about.publisher, key)) ++counted;
    }
    if (counted == 0) return "key_mismatch";
    if (counted < who.threshold) return "threshold_not_met";
    const auto skill = skills.find(about.skill);
    if (skill != skills.end() && skill->second.publisher != about.publisher) return "publisher_conflict";
    if (about.not_after != 0 && now > about.not_after) return "expired";
    const auto list = lists.find(about.publisher);
    if (list != lists.end() && list->second.expires != 0 && now > list->second.expires + 7 * 86'400) {
      return "revocations_stale";
    }
    if (skill != skills.end()) {
      const auto pinned = skill->second.content.find(about.version);
      const bool development = kVersions.at(static_cast<std::size_t>(about.version)).development;
      if (!development && pinned != skill->second.content.end() && pinned->second != about.content) {
        return "equivocation";
      }
      if (!downgrade && about.version < skill->second.highest) return "rollback";
    }
    return who.first_use ? "tofu_pinned" : "allowlisted";
  }

  [[nodiscard]] bool looks_known(int name) const {
    if (name > 1) return false;  // acme and acrne look alike
    const int other = 1 - name;
    for (const auto& [skill, record] : skills) {
      if (record.publisher == name) return false;  // met before, under its own name
    }
    for (const auto& [skill, record] : skills) {
      if (record.publisher == other) return true;
    }
    return publishers.contains(other);
  }

  [[nodiscard]] ModelAnswer decide(const ModelArtifact& about, Consent consent, int named, bool downgrade) const {
    if (revoked(about)) return {"revoked"};
    const auto who = publishers.find(about.publisher);
    if (who != publishers.end()) return {decide_with(about, who->second, downgrade)};
    if (about.publisher == kReserved || looks_known(about.publisher)) return {"untrusted"};
    if (consent == Consent::kReport) return {"first_use"};
    if (consent == Consent::kRefuse) return {"untrusted"};
    if (named == 0 && about.signers.size() > 1) return {"untrusted"};
    const int key = named == 0 ? *about.signers.begin() : named;
    if (!about.signers.contains(key)) return {"untrusted"};
    if (revoked_key(about.publisher, key) || retired_key(about.publisher, key)) return {"untrusted"};
    const std::string verdict = decide_with(about, {.keys = {key}, .threshold = 1, .first_use = true}, downgrade);
    return {verdict, verdict == "tofu_pinned" ? key : 0};
  }

  [[nodiscard]] bool fast_forward(const ModelArtifact& about) const {
    const auto skill = skills.find(about.skill);
    if (skill == skills.end() || skill->second.highest < 0) return false;
    const int highest = kVersions.at(static_cast<std::size_t>(skill->second.highest)).major;
    return kVersions.at(static_cast<std::size_t>(about.version)).major - highest > 1;
  }

  void record(const ModelArtifact& about, bool promote) {
    KnownSkill& skill =
        skills.try_emplace(about.skill, KnownSkill{.publisher = about.publisher, .highest = -1, .content = {}})
            .first->second;
    if (!kVersions.at(static_cast<std::size_t>(about.version)).development) {
      skill.content.emplace(about.version, about.content);
    }
    if (promote) skill.highest = std::max(skill.highest, about.version);
  }

  [[nodiscard]] int signed_by(int publisher, const Keys& keys, const Keys& signers) const {
    int counted = 0;
    for (const int key : signers) counted += keys.contains(key) && !revoked_key(publisher, key) ? 1 : 0;
    return counted;
  }

  std::string rotate(const ModelRotation& link) {
    const auto known = publishers.find(link.publisher);
    if (known == publishers.end()) return "trust.publisher_unknown";
    KnownPublisher& who = known->second;
    const int seen = rotations.contains(link.publisher) ? rotations.at(link.publisher).sequence : 0;
    const bool here = who.keys == link.new_keys && who.threshold == link.threshold;
    const bool teaches = here && link.sequence > seen && link.sequence <= 1'000'000;
    Keys replaced;
    for (const int key : link.old_keys) {
      if (!link.new_keys.contains(key)) replaced.insert(key);
    }
    if (!teaches) {
      if (link.sequence == seen && !here) return "trust.rotation_fork";
      if (link.sequence <= seen) return "trust.rotation_replay";
      if (link.sequence > seen + 1) return "trust.rotation_gap";
      if (link.old_keys != who.keys) return "trust.rotation_old_keys";
    }
    if (link.forged) return "signature.equation_cofactorless";
    if (signed_by(link.publisher, teaches ? replaced : link.old_keys, link.signers) < (teaches ? 1 : who.threshold)) {
      return "trust.rotation_old_threshold";
    }
    if (signed_by(link.publisher, link.new_keys, link.signers) < link.threshold) return "trust.rotation_new_threshold";
    for (const int key : link.new_keys) {
      if (retired_key(link.publisher, key)) return "trust.rotation_retired_key";
    }
    for (const int key : link.new_keys) {
      if (revoked_key(link.publisher, key)) return "trust.revoked";
    }
    if (now < link.not_before) return "trust.rotation_not_before";
    Seen& record = rotations[link.publisher];
    record.sequence = link.sequence;
    record.retired.insert(replaced.begin(), replaced.end());
    if (teaches) return "";
    if (!replaced.empty() && lists.contains(link.publisher)) {
      lists.at(link.publisher).version = 0;
      lists.at(link.publisher).expires = 0;
    }
    who.keys = link.new_keys;
    who.threshold = link.threshold;
    return "";
  }

  std::string take_list(const ModelRevocations& offered) {
    const auto who = publishers.find(offered.issuer);
    if (who == publishers.end()) return "trust.publisher_unknown";
    const ModelList& list = offered.list;
    ModelList merged = list;
    bool again = false;
    if (const auto kept = lists.find(offered.issuer); kept != lists.end()) {
      merged.entries.insert(kept->second.entries.begin(), kept->second.entries.end());
      again = list.version == kept->second.version && list.created == kept->second.created &&
              list.expires == kept->second.expires && list.entries == kept->second.entries;
      if (list.version <= kept->second.version && !again) return "trust.revocation_older";
    }
    if (offered.forged) return "signature.equation_cofactorless";
    if (signed_by(offered.issuer, who->second.keys, offered.signers) < who->second.threshold) {
      return "trust.revocation_threshold";
    }
    if (again) return "";
    for (const ModelEntry& e : list.entries) {
      const bool said_before = lists.contains(offered.issuer) && lists.at(offered.issuer).entries.contains(e);
      const bool own =
          e.skill == offered.issuer || (skills.contains(e.skill) && skills.at(e.skill).publisher == offered.issuer);
      if (e.kind == 2 && !own && !said_before) return "trust.revocation_scope";
    }
    lists[offered.issuer] = merged;
    return "";
  }
};

}  // namespace palyra::skills::model
