// SPDX-License-Identifier: Apache-2.0
#include <palyra/app/tool_version.h>
#include <palyra/base/utf8.h>
#include <palyra/capability/abi_table.h>
#include <palyra/host/host_functions.h>

#include <algorithm>

namespace palyra::app {
namespace {

// A module that was written for neither this ABI nor WASI: what it returns is its result, whatever it is.
EntryStyle style_of(const runtime::CompiledModule& module, runtime::EntryKind kind) {
  const bool speaks =
      runtime::imports_from(module, capability::kCallModule) || runtime::imports_from(module, capability::kWasiModule);
  return speaks || kind == runtime::EntryKind::kWasi ? EntryStyle::kTool : EntryStyle::kLegacy;
}

std::vector<std::string> canonical_texts(const capability::CapabilityGrantSet& grants) {
  std::vector<std::string> texts;
  const std::vector<capability::Capability> all = grants.to_list();
  texts.reserve(all.size());
  for (const capability::Capability& grant : all) texts.push_back(capability::canonical_text(grant));
  return texts;
}

std::shared_ptr<const state::RunSubject> subject_of(const ModuleSource& source, const std::string& actor) {
  return std::make_shared<const state::RunSubject>(
      state::RunSubject{.tool_id = printable(source.tool_id),
                        .origin = source.skill ? state::RunOrigin::kInstalled : state::RunOrigin::kDevelopment,
                        .skill = source.skill,
                        .actor = actor});
}

Result<> wait_for(std::unique_lock<std::timed_mutex>& lock, const runtime::Until& until) {
  if (lock.try_lock()) return {};
  while (!until.cancel.requested()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= until.deadline) {
      return fail(runtime::kCompileTimedOut, "the time was over while another call compiled the module");
    }
    if (lock.try_lock_until(std::min(until.deadline, now + kCancelPolling))) return {};
  }
  return fail(runtime::kCompileCancelled, "cancelled while another call compiled the module");
}

}  // namespace

Result<std::shared_ptr<const ToolVersion>> ToolVersion::create(const Services& services, ModuleSource source,
                                                               SteadyTime asked) {
  // Made here and not by make_shared: the constructor is private.
  std::shared_ptr<ToolVersion> version(new ToolVersion(std::move(source)));
  const ModuleSource& of = version->source_;
  if (of.tool) {
    version->input_schema_ =
        PALYRA_TRY(schema::JsonSchema::compile(as_bytes(of.tool->input_schema)), "while compiling the input schema");
  }
  if (of.tool && of.tool->output_schema) {
    version->output_schema_ =
        PALYRA_TRY(schema::JsonSchema::compile(as_bytes(*of.tool->output_schema)), "while compiling the output schema");
  }
  version->grants_held_ = canonical_texts(of.grants);
  version->subject_ = subject_of(of, services.state.actor);
  if (of.skill) version->watched_ = services.watch.watch(of.skill->content_root, asked);
  return version;
}

Result<std::shared_ptr<const ToolVersion>> ToolVersion::resolve(const Services& services, ModuleSelector selector) {
  const SteadyTime asked = services.state.clock->steady();
  return create(services, PALYRA_TRY(resolve_module_source(services, std::move(selector))), asked);
}

Result<> ToolVersion::check_arguments(BytesView arguments, std::size_t max_bytes) const {
  if (arguments.size() > max_bytes) {
    return fail(kRunInputTooLarge, "the arguments are {} bytes, limit {} (ceilings.input_bytes)", arguments.size(),
                max_bytes);
  }
  if (input_schema_) {
    PALYRA_TRY(input_schema_->validate(arguments),
               fmt::format("while checking the arguments of '{}'", printable(source_.tool_id)));
    return {};
  }
  PALYRA_TRY(schema::check_json(arguments), "while checking the arguments");
  const auto first = std::ranges::find_if(
      arguments, [](std::uint8_t byte) { return byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r'; });
  if (first == arguments.end() || *first != '{') return fail(kRunArguments, "the arguments are no JSON object");
  return {};
}

Result<> ToolVersion::check_output(BytesView output) const {
  if (!output_schema_) return {};
  const auto conforms = output_schema_->validate(output);
  if (conforms) return {};
  return fail(kRunOutputInvalid, "the output of '{}' does not fit its output schema: {}", printable(source_.tool_id),
              conforms.error().message());
}

Result<LinkedTool> ToolVersion::make_linked(const Services& services, const runtime::Until& until) const {
  const runtime::WasmRuntime* runtime = PALYRA_TRY(services.engine.runtime());
  const runtime::ModuleCompiler* compiler = PALYRA_TRY(services.engine.compiler());
  std::shared_ptr<const runtime::CompiledModule> compiled;
  {
    const Activity activity(services.activities, "compiling " + printable(source_.tool_id));
    compiled = PALYRA_TRY(compiler->compile(source_.wasm, until));
  }
  const EntryStyle style = style_of(*compiled, source_.entry_kind);
  const std::size_t code_bytes = runtime::code_bytes(*compiled);
  return LinkedTool{.runtime = runtime,
                    .module = PALYRA_TRY(runtime->link(std::move(compiled), host::host_functions())),
                    .style = style,
                    .code_bytes = code_bytes};
}

Result<const LinkedTool*> ToolVersion::link(const Services& services, const runtime::Until& until) const {
  if (const LinkedTool* ready = ready_.load(std::memory_order_acquire)) return ready;
  std::unique_lock lock(linking_, std::defer_lock);
  PALYRA_TRY(wait_for(lock, until));
  if (!linked_) linked_ = PALYRA_TRY(make_linked(services, until));
  ready_.store(&*linked_, std::memory_order_release);
  return &*linked_;
}

std::size_t ToolVersion::bytes() const {
  const LinkedTool* ready = ready_.load(std::memory_order_acquire);
  return source_.kept_bytes + (ready == nullptr ? 0 : ready->code_bytes);
}

}  // namespace palyra::app
