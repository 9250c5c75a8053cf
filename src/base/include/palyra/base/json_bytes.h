// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bytes in JSON, which has only text.

#include <palyra/base/base64.h>
#include <palyra/base/bytes.h>
#include <palyra/base/json.h>
#include <palyra/base/utf8.h>

#include <string>

namespace palyra {

// Under `name` when they are UTF-8, else in base64 under `name`_base64.
inline void set_bytes(Json& json, const std::string& name, BytesView bytes) {
  if (is_utf8(as_text(bytes))) {
    json.set(name, as_text(bytes));
  } else {
    json.set(name + "_base64", to_base64(bytes));
  }
}

}  // namespace palyra
