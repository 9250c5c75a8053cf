// SPDX-License-Identifier: Apache-2.0
// Files of the code cache that somebody changed, mixed up or made.
#include "build_id.h"
#include "code_cache_fixture.h"
#include "code_file.h"

#include <palyra/crypto/keyed_hash.h>

#include <palyra_rust.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <string>
#include <unistd.h>

namespace palyra::runtime {
namespace {

// One after the other, from one seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(below(256)); }
  Bytes bytes(std::size_t count) {
    Bytes made(count);
    for (std::uint8_t& each : made) each = byte();
    return made;
  }

 private:
  std::mt19937_64 engine_;
};

// As code_file.h has it.
constexpr std::size_t kFormatBytes = 16;
constexpr std::size_t kClaimBytes = kFormatBytes + 32 + 32 + 8;
constexpr std::size_t kLengthAt = kClaimBytes - 8;
constexpr std::size_t kTagBytes = 32;
constexpr std::size_t kHeaderBytes = kClaimBytes + kTagBytes;

// What the cache puts into a header as the maker of the code.
crypto::Sha256Digest maker(std::string_view build, std::string_view engine, std::uint64_t compatibility) {
  return crypto::sha256(as_bytes(fmt::format("{}\n{}\n{:016x}", build, engine, compatibility)));
}

// The two files of a cache and what their writer knew.
struct Stored {
  std::uint64_t compatibility = 0;
  Secret key{Bytes(32, 7)};
  std::array<Bytes, 2> bodies{};
  std::array<Bytes, 2> files{};  // of the modules "a" and "b"

  [[nodiscard]] CodeOrigin origin(std::string_view build = build_id(),
                                  std::string_view engine = palyra_rust_engine_version(),
                                  std::uint64_t differs_by = 0) const {
    return {.module = module("a"), .made_by = maker(build, engine, compatibility + differs_by)};
  }
};

// Writes the length of the body into the header, as who cuts or extends a file would.
void set_length(Bytes& file) {
  const std::size_t length = file.size() - kHeaderBytes;
  for (std::size_t i = 0; i < 8; ++i) file[kLengthAt + i] = static_cast<std::uint8_t>(length >> (8 * i));
}

Bytes first_of(const Bytes& file, std::size_t count) {
  return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(count)};
}

// The first `count` bytes of one file and the rest of the other.
Bytes spliced(const Bytes& head, const Bytes& tail, std::size_t count) {
  Bytes file = first_of(head, count);
  file.insert(file.end(), tail.begin() + static_cast<std::ptrdiff_t>(count), tail.end());
  return file;
}

Bytes with_flipped_bit(const Stored& stored, Dice& dice) {
  Bytes file = stored.files[0];
  const std::size_t at = dice.below(dice.below(2) == 0 ? kHeaderBytes : file.size());
  file[at] = static_cast<std::uint8_t>(file[at] ^ (1U << dice.below(8)));
  return file;
}

Bytes with_other_run(const Stored& stored, Dice& dice) {
  Bytes file = stored.files[0];
  const std::size_t begin = dice.below(file.size());
  const std::size_t end = std::min(file.size(), begin + 1 + dice.below(64));
  for (std::size_t at = begin; at < end; ++at) file[at] = dice.byte();
  return file;
}

Bytes cut(const Stored& stored, Dice& dice) { return first_of(stored.files[0], dice.below(stored.files[0].size())); }

Bytes cut_and_consistent(const Stored& stored, Dice& dice) {
  Bytes file = first_of(stored.files[0], kHeaderBytes + dice.below(stored.bodies[0].size()));
  set_length(file);
  return file;
}

Bytes extended(const Stored& stored, Dice& dice) {
  Bytes file = stored.files[0];
  const Bytes more = dice.below(2) == 0 ? dice.bytes(1 + dice.below(5'000)) : Bytes(1 + dice.below(5'000), 0);
  file.insert(file.end(), more.begin(), more.end());
  if (dice.below(2) == 0) set_length(file);
  return file;
}

Bytes of_the_other_module(const Stored& stored, Dice& /*dice*/) { return stored.files[1]; }
Bytes with_the_other_body(const Stored& stored, Dice& /*dice*/) {
  return spliced(stored.files[0], stored.files[1], kHeaderBytes);
}
Bytes with_the_other_tag_and_body(const Stored& stored, Dice& /*dice*/) {
  return spliced(stored.files[0], stored.files[1], kClaimBytes);
}
Bytes with_the_other_tag(const Stored& stored, Dice& /*dice*/) {
  return spliced(spliced(stored.files[0], stored.files[1], kClaimBytes), stored.files[0], kHeaderBytes);
}

// Whole and authentic from here on, but not this cache's, or not of this program.
Bytes of_another_compatibility(const Stored& stored, Dice& dice) {
  const std::uint64_t other = std::uint64_t{1} << dice.below(64);
  return make_code_file(stored.origin(build_id(), palyra_rust_engine_version(), other), stored.bodies[0], stored.key);
}
Bytes of_another_build(const Stored& stored, Dice& dice) {
  const std::string build = fmt::format("{}{}", build_id(), dice.below(1'000));
  return make_code_file(stored.origin(build), stored.bodies[0], stored.key);
}
Bytes of_another_engine(const Stored& stored, Dice& dice) {
  const std::string engine = fmt::format("48.0.{}", 100 + dice.below(1'000));
  return make_code_file(stored.origin(build_id(), engine), stored.bodies[0], stored.key);
}
Bytes of_another_key(const Stored& stored, Dice& dice) {
  Bytes key(32, 7);
  key[dice.below(key.size())] ^= static_cast<std::uint8_t>(1U << dice.below(8));
  const Bytes body = dice.below(2) == 0 ? stored.bodies[0] : dice.bytes(1 + dice.below(4'000));
  return make_code_file(stored.origin(), body, Secret(std::move(key)));
}
Bytes of_another_format(const Stored& stored, Dice& dice) {
  Bytes claim = first_of(stored.files[0], kClaimBytes);
  claim[dice.below(kFormatBytes)] ^= static_cast<std::uint8_t>(1U << dice.below(8));
  const crypto::KeyedHashTag tag = crypto::keyed_hash(stored.key, {claim, stored.bodies[0]});
  Bytes file = claim;
  file.insert(file.end(), tag.begin(), tag.end());
  file.insert(file.end(), stored.bodies[0].begin(), stored.bodies[0].end());
  return file;
}

struct Forgery {
  const char* name;
  Bytes (*make)(const Stored&, Dice&);
  std::size_t weight;
};

constexpr Forgery kForgeries[] = {
    {"a flipped bit", with_flipped_bit, 30},
    {"another run of bytes", with_other_run, 15},
    {"cut", cut, 15},
    {"cut, with the right length", cut_and_consistent, 5},
    {"extended", extended, 10},
    {"of the other module", of_the_other_module, 2},
    {"with the other body", with_the_other_body, 1},
    {"with the other tag", with_the_other_tag, 1},
    {"with the other tag and body", with_the_other_tag_and_body, 1},
    {"of another compatibility", of_another_compatibility, 5},
    {"of another build", of_another_build, 5},
    {"of another engine", of_another_engine, 2},
    {"of another key", of_another_key, 6},
    {"of another format", of_another_format, 2},
};

// By weight, of which all together have 100.
const Forgery& pick(Dice& dice) {
  std::size_t left = dice.below(100);
  for (const Forgery& each : kForgeries) {
    if (left < each.weight) return each;
    left -= each.weight;
  }
  return kForgeries[0];
}

// The files of two modules, and whoever may write into their directory.
class Forger {
 public:
  explicit Forger(CodeCache cache, std::string directory) : cache_(std::move(cache)), directory_(std::move(directory)) {
    Dice dice(1);
    stored_.compatibility = kEngine;
    for (const std::size_t i : {0U, 1U}) {
      stored_.bodies[i] = dice.bytes(3'000);  // of one length, so that only their content tells them apart
      store(cache_, kNames[i], as_text(stored_.bodies[i]));
      stored_.files[i] = testing::must_read(path(i));
    }
  }
  [[nodiscard]] const Stored& stored() const { return stored_; }
  [[nodiscard]] std::string path(std::size_t i) const {
    return fmt::format("{}/{}-{}.code", directory_, crypto::to_hex(module(kNames[i])),
                       crypto::to_hex(stored_.origin().made_by).substr(0, 32));
  }
  // In place: ten thousand files that are replaced and synced would be minutes of waiting for the disk.
  void put(std::size_t i, const Bytes& bytes) const {
    const UniqueFd fd(::open(path(i).c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(fd.valid());
    ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(bytes.size())), 0);
  }
  void put_back(std::size_t i) const { put(i, stored_.files[i]); }
  [[nodiscard]] bool loads(std::size_t i) const { return holds(cache_, kNames[i], as_text(stored_.bodies[i])); }
  [[nodiscard]] bool is_taken(std::size_t i) const { return cache_.load(module(kNames[i]), kEngine).has_value(); }

 private:
  static constexpr std::array<std::string_view, 2> kNames{"a", "b"};
  CodeCache cache_;
  std::string directory_;
  Stored stored_;
};

// Otherwise the forgeries above would be of some other format, and missed for that alone.
TEST_F(CodeCacheTest, TheTestsKnowTheFormatOfItsFiles) {
  const Forger forger(open(), directory());
  const Stored& stored = forger.stored();
  EXPECT_EQ(make_code_file(stored.origin(), stored.bodies[0], stored.key), stored.files[0]);
  EXPECT_EQ(stored.files[0].size(), kHeaderBytes + stored.bodies[0].size());
  Bytes file = stored.files[0];
  set_length(file);
  EXPECT_EQ(file, stored.files[0]);
  std::size_t weights = 0;
  for (const Forgery& each : kForgeries) weights += each.weight;
  EXPECT_EQ(weights, 100U);
}

TEST_F(CodeCacheTest, NoMutationIsEverTaken) {
  const Forger forger(open(), directory());
  const std::uint64_t seed = std::random_device{}();
  Dice dice(seed);
  const std::size_t rounds = testing::scaled(10'000);
  std::size_t tried = 0;
  ASSERT_TRUE(forger.loads(0));
  for (std::size_t i = 0; i < rounds; ++i) {
    const Forgery& forgery = pick(dice);
    const Bytes file = forgery.make(forger.stored(), dice);
    if (file == forger.stored().files[0]) continue;  // a run of bytes may be what it was
    forger.put(0, file);
    ASSERT_FALSE(forger.is_taken(0)) << forgery.name << ", round " << i << ", seed " << seed;
    ++tried;
    if (i % 100 == 0) {  // a cache that takes nothing at all would pass
      forger.put_back(0);
      ASSERT_TRUE(forger.loads(0)) << "round " << i << ", seed " << seed;
    }
  }
  forger.put_back(0);
  EXPECT_TRUE(forger.loads(0));
  EXPECT_TRUE(forger.loads(1));
  EXPECT_GE(tried * 100, rounds * 98);
  RecordProperty("mutations", static_cast<int>(tried));
}

TEST_F(CodeCacheTest, TwoFilesThatChangedPlacesAreBothMisses) {
  const Forger forger(open(), directory());
  std::filesystem::rename(forger.path(0), directory() + "/between");
  std::filesystem::rename(forger.path(1), forger.path(0));
  std::filesystem::rename(directory() + "/between", forger.path(1));
  EXPECT_FALSE(forger.is_taken(0));
  EXPECT_FALSE(forger.is_taken(1));
  for (const std::size_t i : {0U, 1U}) {
    forger.put_back(i);
    EXPECT_TRUE(forger.loads(i));
  }
}

}  // namespace
}  // namespace palyra::runtime
