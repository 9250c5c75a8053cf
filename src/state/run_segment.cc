// SPDX-License-Identifier: Apache-2.0
#include "run_segment.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace palyra::state {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kSuffix = ".ndjson";
constexpr std::size_t kTimeDigits = 13;
// Every line ends in `,"chain":"<64 hex digits>"}`.
constexpr std::string_view kBeforeChain = R"(,"chain":")";
constexpr std::string_view kAfterChain = R"("})";
constexpr std::size_t kChainHex = 64;
constexpr std::size_t kTailBytes = kBeforeChain.size() + kChainHex + kAfterChain.size();

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

crypto::Sha256Digest next_chain(const crypto::Sha256Digest& previous, std::string_view body) {
  crypto::Sha256 hash;
  hash.update(BytesView(previous.bytes));
  hash.update(body);
  return hash.finish();
}

// The chain that a line names, and the text that it covers.
struct ChainedLine {
  std::string_view body;
  crypto::Sha256Digest chain;
};
std::optional<ChainedLine> take_apart(std::string_view line) {
  if (line.size() <= kTailBytes || !line.ends_with(kAfterChain)) return std::nullopt;
  const std::string_view tail = line.substr(line.size() - kTailBytes);
  const auto chain = crypto::parse_sha256(tail.substr(kBeforeChain.size(), kChainHex));
  if (!tail.starts_with(kBeforeChain) || !chain) return std::nullopt;
  return ChainedLine{.body = line.substr(0, line.size() - kTailBytes), .chain = *chain};
}

}  // namespace

bool is_segment_name(std::string_view name) {
  if (!name.ends_with(kSuffix)) return false;
  name.remove_suffix(kSuffix.size());
  return name.size() > kTimeDigits + 1 && name[kTimeDigits] == '-' && is_number(name.substr(0, kTimeDigits)) &&
         is_number(name.substr(kTimeDigits + 1));
}

Result<std::vector<std::string>> list_segments(const Directory& runs) {
  std::vector<std::string> names = PALYRA_TRY(runs.list());
  std::erase_if(names, [](const std::string& name) { return !is_segment_name(name); });
  return names;
}

Result<Bytes> read_segment(const Directory& runs, std::string_view name) {
  // One batch beyond its end at most.
  return runs.read_file(name, 8 * kSegmentBytes);
}

crypto::Sha256Digest first_chain(std::string_view segment) {
  crypto::Sha256 hash;
  hash.update("palyra/runs/1\0"sv);
  hash.update(segment);
  return hash.finish();
}

SegmentLines split_lines(std::string_view text) {
  SegmentLines split;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      split.torn = true;
      break;
    }
    split.lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return split;
}

Result<std::vector<crypto::Sha256Digest>> check_chain(std::string_view segment, const SegmentLines& text) {
  std::vector<crypto::Sha256Digest> chains;
  crypto::Sha256Digest expected = first_chain(segment);
  for (const std::string_view line : text.lines) {
    const auto parts = take_apart(line);
    if (parts) expected = next_chain(expected, parts->body);
    if (!parts || parts->chain != expected) {
      return fail(kRunLogBroken, "line {} of '{}' was changed, or does not follow the one before it", chains.size() + 1,
                  segment);
    }
    chains.push_back(expected);
  }
  return chains;
}

Result<SegmentWriter> SegmentWriter::create(const Directory& runs, std::chrono::milliseconds now) {
  for (auto time = now;; ++time) {
    const std::string name = fmt::format("{:013}-{}{}", std::max<std::int64_t>(time.count(), 0), ::getpid(), kSuffix);
    const std::string path = runs.path() + "/" + name;
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    UniqueFd fd(::openat(runs.fd(), name.c_str(), kFlags, 0600));
    if (fd.valid()) return SegmentWriter(std::move(fd), path, name);
    // A process of an earlier time or of another namespace had our number.
    if (errno != EEXIST) return std::unexpected(file_error(errno, "make", path));
  }
}

Result<std::size_t> SegmentWriter::write(std::span<const std::string> objects) {
  std::size_t bytes = 0;
  for (const std::string& object : objects) bytes += object.size() + kTailBytes;
  std::string text;
  text.reserve(bytes);
  std::size_t left_out = 0;
  crypto::Sha256Digest chain = chain_;
  for (const std::string& object : objects) {
    const std::string_view line(object.data(), object.size() - 1);  // the brace comes again behind the chain
    if (line.size() > kMaxLineBytes - kTailBytes) {
      ++left_out;
      continue;
    }
    chain = next_chain(chain, line);
    text.append(line).append(kBeforeChain).append(crypto::to_hex(chain)).append(kAfterChain).append("\n");
  }
  Result<> written = write_all(fd_.get(), as_bytes(text), path_);
  if (!written) {
    damaged_ = ::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0;
    return std::unexpected(std::move(written).error());
  }
  chain_ = chain;
  size_ += text.size();
  return left_out;
}

}  // namespace palyra::state
