// SPDX-License-Identifier: Apache-2.0
#pragma once
// What use cases work with: filled once by a program's main, passed by reference, owned by nobody here.

#include <palyra/app/call_secrets.h>
#include <palyra/app/config.h>
#include <palyra/app/engine.h>
#include <palyra/app/run_watch.h>
#include <palyra/base/clock.h>
#include <palyra/capability/http_port.h>
#include <palyra/host/random_source.h>
#include <palyra/skills/schema_compiler.h>
#include <palyra/state/run_log.h>
#include <palyra/state/state_store.h>

#include <string_view>

namespace palyra::app {

// Told what takes long, as it begins and ends, so that a program can show it: of nested activities the outermost.
class ActivitySink {
 public:
  virtual ~ActivitySink() = default;
  virtual void begin(std::string_view what) = 0;  // "compiling demo.csv.summarize"
  virtual void end() = 0;
};

class Activity {
 public:
  Activity(ActivitySink& sink, std::string_view what) : sink_(sink) { sink_.begin(what); }
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
  ~Activity() { sink_.end(); }

 private:
  ActivitySink& sink_;
};

struct Services {
  const Clock& clock;
  const Config& config;
  const skills::SchemaCompiler& schemas;
  const state::StateOptions& state;  // opened by each use case that needs it
  state::RunLog& runs;               // of that state
  RunWatch& watch;                   // of that state
  LazyEngine& engine;
  host::RandomSource& random;
  ActivitySink& activities;
  capability::HttpPort* http = nullptr;  // null: tools send no requests
  VaultAccess* vault = nullptr;          // null: tools use no secrets
};

}  // namespace palyra::app
