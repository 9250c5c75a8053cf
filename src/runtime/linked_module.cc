// SPDX-License-Identifier: Apache-2.0
#include "linked_module.h"

#include "call_context.h"

#include <palyra/base/check.h>

#include <algorithm>

namespace palyra::runtime {
namespace {

using capability::AbiFunction;
using capability::ValueType;

wasm_valkind_t engine_kind(ValueType type) { return type == ValueType::kI32 ? WASM_I32 : WASM_I64; }

WasmFunctionType type_of(const AbiFunction& row) {
  wasm_valtype_vec_t parameters;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new_uninitialized(&parameters, row.parameters.size());
  for (std::size_t i = 0; i < row.parameters.size(); ++i) {
    parameters.data[i] = wasm_valtype_new(engine_kind(row.parameters[i]));
  }
  wasm_valtype_vec_new_uninitialized(&results, row.result ? 1 : 0);
  if (row.result) results.data[0] = wasm_valtype_new(engine_kind(*row.result));
  return WasmFunctionType(wasm_functype_new(&parameters, &results));
}

bool same_types(const wasm_valtype_vec_t& have, std::span<const ValueType> want) {
  if (have.size != want.size()) return false;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (wasm_valtype_kind(have.data[i]) != engine_kind(want[i])) return false;
  }
  return true;
}

bool has_type_of(const wasm_functype_t& type, const AbiFunction& row) {
  const std::span<const ValueType> result =
      row.result ? std::span<const ValueType>(&*row.result, 1) : std::span<const ValueType>();
  return same_types(*wasm_functype_params(&type), row.parameters) && same_types(*wasm_functype_results(&type), result);
}

FunctionShape shape_of(const wasm_functype_t& type) {
  const wasm_valtype_vec_t& results = *wasm_functype_results(&type);
  if (wasm_functype_params(&type)->size != 0 || results.size > 1) return FunctionShape::kOther;
  if (results.size == 0) return FunctionShape::kReturnsNothing;
  return wasm_valtype_kind(results.data[0]) == WASM_I32 ? FunctionShape::kReturnsI32 : FunctionShape::kOther;
}

// Rows wider than a HostCall has room for are a bug in the table.
void check_row(const HostFunction& function) {
  PALYRA_CHECK(function.abi != nullptr && function.body != nullptr);
  PALYRA_CHECK(function.abi->parameters.size() <= HostCall::kMaxParameters);
  PALYRA_CHECK(function.abi->ranges.size() <= HostCall::kMaxRanges);
}

}  // namespace

bool imports_from(const CompiledModule& module, std::string_view import_module) {
  wasm_importtype_vec_t imports;
  wasmtime_module_imports(&module.get(), &imports);
  const bool found = std::any_of(imports.data, imports.data + imports.size, [&](const wasm_importtype_t* each) {
    return as_view(*wasm_importtype_module(each)) == import_module;
  });
  wasm_importtype_vec_delete(&imports);
  return found;
}

bool exports_function(const CompiledModule& module, std::string_view name) {
  wasm_exporttype_vec_t exports;
  wasmtime_module_exports(&module.get(), &exports);
  const bool found = std::any_of(exports.data, exports.data + exports.size, [&](const wasm_exporttype_t* each) {
    return as_view(*wasm_exporttype_name(each)) == name &&
           wasm_externtype_kind(wasm_exporttype_type(each)) == WASM_EXTERN_FUNC;
  });
  wasm_exporttype_vec_delete(&exports);
  return found;
}

std::size_t code_bytes(const CompiledModule& module) {
  void* begin = nullptr;
  void* end = nullptr;
  wasmtime_module_image_range(&module.get(), &begin, &end);
  return static_cast<std::size_t>(static_cast<const char*>(end) - static_cast<const char*>(begin));
}

Result<std::shared_ptr<const CompiledModule>> CompiledModule::copy_to(const Engine& engine) const {
  wasm_byte_vec_t code{};
  if (const WasmError error(wasmtime_module_serialize(module_.get(), &code)); error) {
    return fail(kEngineFailed, "the module's code cannot be copied: {}", message_of(*error));
  }
  wasmtime_module_t* copy = nullptr;
  const WasmError error(wasmtime_module_deserialize(&engine.get(), as_bytes(as_view(code)).data(), code.size, &copy));
  wasm_byte_vec_delete(&code);
  if (error) return fail(kEngineFailed, "the engine does not take its own code: {}", message_of(*error));
  return std::make_shared<const CompiledModule>(WasmModule(copy), engine);
}

Result<std::shared_ptr<const LinkedModule>> LinkedModule::create(std::shared_ptr<const CompiledModule> module,
                                                                 std::span<const HostFunction> functions) {
  const WasmLinker linker(wasmtime_linker_new(&module->engine().get()));
  // Made here and not by make_shared: the constructor is private.
  std::shared_ptr<LinkedModule> linked(new LinkedModule(std::move(module), functions.size()));
  PALYRA_TRY(linked->bind_imports(*linker, functions));
  wasmtime_instance_pre_t* pre = nullptr;
  const WasmError error(wasmtime_linker_instantiate_pre(linker.get(), &linked->module_->get(), &pre));
  if (error) return fail(kImportType, "{}", message_of(*error));
  linked->pre_.reset(pre);
  linked->note_exports();
  return linked;
}

Result<> LinkedModule::bind_imports(wasmtime_linker_t& linker, std::span<const HostFunction> functions) {
  wasm_importtype_vec_t imports;
  wasmtime_module_imports(&module_->get(), &imports);
  Result<> bound;
  for (std::size_t i = 0; bound && i < imports.size; ++i) bound = bind(linker, *imports.data[i], functions);
  wasm_importtype_vec_delete(&imports);
  return bound;
}

Result<> LinkedModule::bind(wasmtime_linker_t& linker, const wasm_importtype_t& import,
                            std::span<const HostFunction> functions) {
  const std::string_view module = as_view(*wasm_importtype_module(&import));
  const std::string_view name = as_view(*wasm_importtype_name(&import));
  const auto found = std::ranges::find_if(
      functions, [&](const HostFunction& each) { return each.abi->name == name && each.abi->module == module; });
  if (found == functions.end()) {
    return fail(kUnknownImport, "the module imports {}.{}, which the host does not offer", printable(module),
                printable(name));
  }
  const wasm_functype_t* type = wasm_externtype_as_functype_const(wasm_importtype_type(&import));
  if (type == nullptr || !has_type_of(*type, *found->abi)) {
    return fail(kImportType, "the module imports {}.{} with another type than the host's", module, name);
  }
  const auto known =
      std::ranges::find_if(bound_, [&](const BoundFunction& each) { return each.function.abi == found->abi; });
  if (known != bound_.end()) return {};  // imported twice

  check_row(*found);
  BoundFunction& bound = bound_.emplace_back(BoundFunction{.function = *found, .index = bound_.size()});
  const WasmError error(wasmtime_linker_define_func_unchecked(&linker, module.data(), module.size(), name.data(),
                                                              name.size(), type_of(*found->abi).get(),
                                                              &CallDispatcher::trampoline, &bound, nullptr));
  if (error) return fail(kEngineFailed, "cannot define {}.{}: {}", module, name, message_of(*error));
  return {};
}

Result<const LinkedModule*> LinkedModule::in(const Engine& engine) const {
  if (const LinkedModule* ready = ready_copy_.load(std::memory_order_acquire)) return ready;
  const std::scoped_lock lock(copying_);
  if (!copy_) {
    std::vector<HostFunction> functions;
    functions.reserve(bound_.size());
    for (const BoundFunction& bound : bound_) functions.push_back(bound.function);
    copy_ = PALYRA_TRY(create(PALYRA_TRY(module_->copy_to(engine)), functions));
    ready_copy_.store(copy_.get(), std::memory_order_release);
  }
  return copy_.get();
}

void LinkedModule::note_exports() {
  wasm_exporttype_vec_t exports;
  wasmtime_module_exports(&module_->get(), &exports);
  for (std::size_t i = 0; i < exports.size; ++i) {
    const wasm_functype_t* type = wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[i]));
    if (type == nullptr) continue;
    entries_.emplace(as_view(*wasm_exporttype_name(exports.data[i])), shape_of(*type));
  }
  wasm_exporttype_vec_delete(&exports);
  const auto initialize = entries_.find("_initialize");
  has_initialize_ = initialize != entries_.end() && initialize->second == FunctionShape::kReturnsNothing;
}

Result<> LinkedModule::check_entry(std::string_view entry, EntryKind kind) const {
  const auto found = entries_.find(entry);
  if (found == entries_.end()) return fail(kNoEntry, "the module exports no function '{}'", printable(entry));
  const FunctionShape wanted = kind == EntryKind::kCore ? FunctionShape::kReturnsI32 : FunctionShape::kReturnsNothing;
  if (found->second != wanted) {
    return fail(kEntryType, "the entry '{}' is not of type {}", printable(entry),
                kind == EntryKind::kCore ? "() -> i32" : "() -> ()");
  }
  return {};
}

}  // namespace palyra::runtime
