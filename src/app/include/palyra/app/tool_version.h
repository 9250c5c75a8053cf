// SPDX-License-Identifier: Apache-2.0
#pragma once
// A tool of one version, with everything that is the same for each call of it decided once: what it may do, its
// schemas compiled, its module linked. Immutable, and shared by all threads that call it.

#include <palyra/app/module_source.h>
#include <palyra/app/run_error.h>
#include <palyra/app/run_watch.h>
#include <palyra/app/services.h>
#include <palyra/runtime/runtime.h>
#include <palyra/schema/json_schema.h>
#include <palyra/state/run_entry.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace palyra::app {

// The module of a tool where it can be called.
struct LinkedTool {
  const runtime::WasmRuntime* runtime;
  std::shared_ptr<const runtime::LinkedModule> module;
  EntryStyle style;
  std::size_t code_bytes;
};

class ToolVersion {
 public:
  // An installed version is watched from here on; the question whether it may run was asked at `asked`.
  // Errors: those of schema::JsonSchema::compile.
  static Result<std::shared_ptr<const ToolVersion>> create(const Services& services, ModuleSource source,
                                                           SteadyTime asked);
  // Errors: those of resolve_module_source, and of create.
  static Result<std::shared_ptr<const ToolVersion>> resolve(const Services& services, ModuleSelector selector);

  [[nodiscard]] const ModuleSource& source() const { return source_; }
  [[nodiscard]] const SharedTexts& grants_held() const { return grants_held_; }  // canonical texts
  // What the runs log says of it.
  [[nodiscard]] const std::shared_ptr<const state::RunSubject>& subject() const { return subject_; }
  // Null for what is not installed.
  [[nodiscard]] const std::shared_ptr<WatchedVersion>& watched() const { return watched_; }

  // One JSON object of at most `max_bytes` that fits the input schema. Errors: kRunInputTooLarge, kRunArguments, those
  // of schema::check_json and schema::JsonSchema::validate.
  [[nodiscard]] Result<> check_arguments(BytesView arguments, std::size_t max_bytes) const;
  // Errors: kRunOutputInvalid.
  [[nodiscard]] Result<> check_output(BytesView output) const;

  // Compiled and linked by whoever asks first; others wait for him as long as `until` says, and if he fails the next
  // one tries. Valid as long as this. Errors: those of runtime::ModuleCompiler::compile and runtime::WasmRuntime::link.
  [[nodiscard]] Result<const LinkedTool*> link(const Services& services, const runtime::Until& until) const;

  // What keeping it costs: the objects of its version and native code.
  [[nodiscard]] std::size_t bytes() const;

 private:
  explicit ToolVersion(ModuleSource source) : source_(std::move(source)) {}
  [[nodiscard]] Result<LinkedTool> make_linked(const Services& services, const runtime::Until& until) const;

  const ModuleSource source_;
  SharedTexts grants_held_;
  std::shared_ptr<const state::RunSubject> subject_;
  std::optional<schema::JsonSchema> input_schema_;
  std::optional<schema::JsonSchema> output_schema_;
  std::shared_ptr<WatchedVersion> watched_;
  mutable std::timed_mutex linking_;
  mutable std::optional<LinkedTool> linked_;  // written once, under linking_
  mutable std::atomic<const LinkedTool*> ready_{nullptr};
};

}  // namespace palyra::app
