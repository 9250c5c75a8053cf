// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <palyra/runtime/runtime.h>

namespace palyra::runtime {
namespace {

using WasmConfig = CHandle<wasm_config_t, &wasm_config_delete>;

std::unexpected<Error> bad_settings() { return fail(kEngineFailed, "the engine's settings could not be made"); }

Result<WasmConfig> make_config() {
  WasmConfig config(wasm_config_new());
  const palyra_rust_engine_settings_t settings{.max_wasm_stack_bytes = kMaxStackBytes,
                                               .max_backtrace_frames = std::uint32_t{kMaxFrames},
                                               .parallel_compilation = false};
  if (palyra_rust_config_apply(config.get(), &settings) != PALYRA_RUST_OK) return bad_settings();
  return config;
}

Result<std::unique_ptr<Engine>> make_engine(WasmConfig config, std::uint32_t slots, std::unique_ptr<SwapWatch> watch) {
  wasm_engine_t* engine = nullptr;
  if (const WasmError error(palyra_rust_engine_new(config.release(), &engine)); error) {
    return fail(kEngineFailed, "the engine could not be made: {}", message_of(*error));
  }
  return std::make_unique<Engine>(WasmEngine(engine), slots, std::move(watch));
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::create() { return make_engine(PALYRA_TRY(make_config()), 0, nullptr); }

Result<std::unique_ptr<Engine>> Engine::create_pooled(const PoolOptions& options, std::unique_ptr<SwapWatch> watch) {
  WasmConfig config = PALYRA_TRY(make_config());
  const palyra_rust_pool_settings_t settings{.instances = options.slots,
                                             .max_tables = kMaxTables,
                                             .max_memory_bytes = options.max_memory_bytes,
                                             .max_table_elements = options.max_table_elements,
                                             .keep_resident_bytes = watch != nullptr ? kKeptBytes : 0};
  if (palyra_rust_config_pool(config.get(), &settings) != PALYRA_RUST_OK) return bad_settings();
  return make_engine(std::move(config), options.slots, std::move(watch));
}

}  // namespace palyra::runtime
