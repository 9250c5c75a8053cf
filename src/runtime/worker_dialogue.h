// SPDX-License-Identifier: Apache-2.0
#pragma once
// One job with one worker, as this side sees it: wait for its hello, send the module, take the answer; all under one
// clock.

#include "worker_process.h"

#include <palyra/runtime/worker_client.h>
#include <palyra/runtime/worker_protocol.h>

#include <array>
#include <optional>
#include <string>

namespace palyra::runtime {

struct WorkerReply {
  MessageKind kind;
  Bytes body;
  std::optional<SealedFile> code;  // of a kCode, instead of the body: it never counts as memory of this process
};

struct JobOrder {
  std::string identity;  // what the worker must say it is
  BytesView wasm;
  JobLimits limits;
  Until until;
};

class WorkerDialogue {
 public:
  WorkerDialogue(WorkerProcess process, JobOrder order);
  // Once. Errors: those of WorkerClient::compile.
  Result<WorkerReply> run();

 private:
  enum class Stage : std::uint8_t { kHello, kAnswer, kDone };

  [[nodiscard]] Result<> check_clock() const;
  [[nodiscard]] Result<> wait();
  Result<> exchange(short socket_events, short diagnostics_events);
  Result<> receive();
  Result<> take(BytesView bytes);
  Result<> begin_body();
  Result<> take_body(BytesView bytes);
  Result<> end_body();
  Result<> send();
  void note_diagnostics();
  Error died();

  [[nodiscard]] bool sending() const {
    return stage_ == Stage::kAnswer && sent_ < kMessageHeaderBytes + order_.wasm.size();
  }

  WorkerProcess process_;
  JobOrder order_;
  SteadyTime wall_end_;
  Stage stage_ = Stage::kHello;
  std::size_t sent_ = 0;  // header included
  std::array<std::uint8_t, kMessageHeaderBytes> header_bytes_{};
  std::size_t header_have_ = 0;
  MessageHeader header_{};
  std::uint64_t body_have_ = 0;
  Bytes body_;
  std::optional<SealedFile::Writer> code_;
  std::optional<WorkerReply> reply_;
  std::string diagnostics_;  // the beginning
  bool speaks_ = true;       // its diagnostics are open
  bool ended_ = false;       // the worker has closed its side
};

}  // namespace palyra::runtime
