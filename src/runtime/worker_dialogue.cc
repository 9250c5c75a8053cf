// SPDX-License-Identifier: Apache-2.0
#include "worker_dialogue.h"

#include <palyra/base/utf8.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace palyra::runtime {
namespace {

constexpr std::size_t kMaxDiagnostics = 1024;

std::string in_words(std::chrono::milliseconds time) { return fmt::format("{} ms", time.count()); }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

std::string_view name_of(int signal) {
  const char* name = ::sigdescr_np(signal);  // null for those without a name
  return name == nullptr ? "?" : name;
}

// What an allocator says that was refused memory: Rust's, C++'s (through the worker's own words), a mapping.
bool speaks_of_memory(std::string_view diagnostics) {
  return std::ranges::any_of(std::array{"memory allocation of", "out of memory", "Cannot allocate memory"},
                             [&](const char* words) { return diagnostics.find(words) != std::string_view::npos; });
}

}  // namespace

WorkerDialogue::WorkerDialogue(WorkerProcess process, JobOrder order)
    : process_(std::move(process)),
      order_(std::move(order)),
      wall_end_(std::chrono::steady_clock::now() + order_.limits.wall) {}

Result<WorkerReply> WorkerDialogue::run() {
  while (stage_ != Stage::kDone) {
    PALYRA_TRY(check_clock());
    PALYRA_TRY(wait());
    if (ended_ && stage_ != Stage::kDone) return std::unexpected(died());
  }
  return *std::move(reply_);
}

Result<> WorkerDialogue::check_clock() const {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (order_.until.cancel.requested()) {
    return fail(kCompileCancelled, "cancelled while a worker had the module");
  }
  if (now >= order_.until.deadline) return fail(kCompileTimedOut, "the deadline came while a worker had the module");
  if (now < wall_end_) return {};
  return fail(kCompileLimit, "the worker used more than its wall clock limit of {} on this module",
              in_words(order_.limits.wall));
}

Result<> WorkerDialogue::wait() {
  const auto left = std::min(wall_end_, order_.until.deadline) - std::chrono::steady_clock::now();
  auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left);
  if (order_.until.cancel.possible()) timeout = std::min(timeout, kCancelPolling);
  timeout = std::clamp(timeout, std::chrono::milliseconds(0), std::chrono::milliseconds(std::chrono::hours(1)));

  const short wanted = sending() ? POLLIN | POLLOUT : POLLIN;
  std::array<pollfd, 2> polled{pollfd{.fd = process_.socket(), .events = wanted, .revents = 0},
                               pollfd{.fd = speaks_ ? process_.diagnostics() : -1, .events = POLLIN, .revents = 0}};
  if (::poll(polled.data(), polled.size(), static_cast<int>(timeout.count())) < 0) {
    if (errno == EINTR) return {};
    return std::unexpected(file_error(errno, "wait for", "the worker"));
  }
  return exchange(polled[0].revents, polled[1].revents);
}

Result<> WorkerDialogue::exchange(short socket_events, short diagnostics_events) {
  if (diagnostics_events != 0) note_diagnostics();
  if ((socket_events & POLLOUT) != 0 && sending()) PALYRA_TRY(send());
  if ((socket_events & (POLLIN | POLLHUP | POLLERR)) != 0) PALYRA_TRY(receive());
  return {};
}

void WorkerDialogue::note_diagnostics() {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(process_.diagnostics(), buffer.data(), buffer.size());
  if (got == 0) speaks_ = false;
  if (got <= 0) return;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  diagnostics_.append(text.substr(0, kMaxDiagnostics - diagnostics_.size()));
}

Result<> WorkerDialogue::send() {
  const auto header = encode({.kind = MessageKind::kModule, .length = order_.wasm.size()});
  const BytesView rest =
      sent_ < header.size() ? BytesView(header).subspan(sent_) : order_.wasm.subspan(sent_ - header.size());
  // No signal when the worker is gone: what it left to read says more.
  const ssize_t wrote = ::send(process_.socket(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (wrote > 0) sent_ += static_cast<std::size_t>(wrote);
  return {};
}

Result<> WorkerDialogue::receive() {
  std::array<std::uint8_t, std::size_t{64} * 1024> buffer;
  const ssize_t got = ::recv(process_.socket(), buffer.data(), buffer.size(), 0);
  if (got < 0 && would_block(errno)) return {};
  if (got > 0) return take(BytesView(buffer).first(static_cast<std::size_t>(got)));
  ended_ = true;  // also when it was reset
  return {};
}

Result<> WorkerDialogue::take(BytesView bytes) {
  while (!bytes.empty() && stage_ != Stage::kDone) {
    if (header_have_ < header_bytes_.size()) {
      header_bytes_.at(header_have_++) = bytes.front();
      bytes = bytes.subspan(1);
      if (header_have_ == header_bytes_.size()) PALYRA_TRY(begin_body());
    } else {
      const std::uint64_t wanted = std::min<std::uint64_t>(bytes.size(), header_.length - body_have_);
      PALYRA_TRY(take_body(bytes.first(static_cast<std::size_t>(wanted))));
      bytes = bytes.subspan(static_cast<std::size_t>(wanted));
    }
  }
  return {};
}

Result<> WorkerDialogue::begin_body() {
  const auto header = decode(header_bytes_);
  const bool hello = header && header->kind == MessageKind::kHello;
  const bool answer = header && !hello && header->kind != MessageKind::kModule;
  if (stage_ == Stage::kHello ? !hello : !answer) {
    return fail(kWorkerFailed, "the worker does not speak as a worker does: '{}'", printable(as_text(header_bytes_)));
  }
  header_ = *header;
  if (hello && header_.length > kMaxHelloBytes) {
    return fail(kWorkerFailed, "the worker's greeting has {} bytes, limit {}", header_.length, kMaxHelloBytes);
  }
  if (header_.length > order_.limits.answer_bytes) {
    return fail(kCompileLimit, "the worker's answer on this module has {} bytes, limit {}", header_.length,
                order_.limits.answer_bytes);
  }
  if (header_.kind == MessageKind::kCode) code_ = PALYRA_TRY(SealedFile::Writer::make());
  return header_.length == 0 ? end_body() : Result<>();
}

Result<> WorkerDialogue::take_body(BytesView bytes) {
  if (code_) {
    PALYRA_TRY(code_->append(bytes));
  } else {
    body_.insert(body_.end(), bytes.begin(), bytes.end());
  }
  body_have_ += bytes.size();
  return body_have_ == header_.length ? end_body() : Result<>();
}

Result<> WorkerDialogue::end_body() {
  if (stage_ == Stage::kHello) {
    if (as_text(body_) != order_.identity) {
      return fail(kWorkerMismatch, "the worker is '{}', this program needs '{}'", printable(as_text(body_)),
                  order_.identity);
    }
    stage_ = Stage::kAnswer;
    header_have_ = 0;
    body_have_ = 0;
    body_.clear();
    return {};
  }
  reply_ = WorkerReply{.kind = header_.kind, .body = std::move(body_), .code = {}};
  if (code_) reply_->code = PALYRA_TRY(std::move(*code_).seal());
  stage_ = Stage::kDone;
  return {};
}

Error WorkerDialogue::died() {
  note_diagnostics();
  const WorkerEnd end = process_.finish();
  const std::string said = diagnostics_.empty() ? "" : fmt::format(", saying '{}'", printable(diagnostics_));
  const int signal = WIFSIGNALED(end.status) ? WTERMSIG(end.status) : 0;
  if (signal == SIGXCPU || (signal == SIGKILL && end.cpu >= order_.limits.cpu)) {
    return fail(kCompileLimit, "the worker used more than its CPU time limit of {} on this module",
                in_words(order_.limits.cpu))
        .error();
  }
  if (speaks_of_memory(diagnostics_)) {
    return fail(kCompileLimit, "the worker used more than its memory limit of {} bytes on this module",
                order_.limits.address_space_bytes)
        .error();
  }
  if (signal != 0) {
    return fail(kWorkerFailed, "the worker was killed by signal {} ({}){}", signal, name_of(signal), said).error();
  }
  return fail(kWorkerFailed, "the worker ended with status {} and no answer{}", WEXITSTATUS(end.status), said).error();
}

}  // namespace palyra::runtime
