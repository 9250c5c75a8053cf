// SPDX-License-Identifier: Apache-2.0
#include <palyra/runtime/outcome.h>

namespace palyra::runtime {

std::string_view to_text(Resource resource) {
  switch (resource) {
    case Resource::kFuel:
      return "fuel";
    case Resource::kMemory:
      return "memory";
    case Resource::kTable:
      return "table";
    case Resource::kInstances:
      return "instances";
    case Resource::kStack:
      return "stack";
  }
  return "";
}

}  // namespace palyra::runtime
