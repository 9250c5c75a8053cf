// SPDX-License-Identifier: Apache-2.0
#pragma once
// Schemas and documents that are written to cost as much as they can: one family for each way to do that.

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace palyra::schema {

struct Bomb {
  std::string schema;
  std::string document;
};

struct BombFamily {
  std::string_view name;
  std::function<Bomb(std::size_t size)> make;  // deterministic
  std::vector<std::size_t> sizes;              // from one that is answered up to the limits and past them
};

// The families that all `parts` make.
inline std::vector<BombFamily> together(std::initializer_list<std::vector<BombFamily> (*)()> parts) {
  std::vector<BombFamily> out;
  for (const auto part : parts) {
    std::vector<BombFamily> some = part();
    out.insert(out.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return out;
}

std::vector<BombFamily> schema_bombs();    // the schema does it
std::vector<BombFamily> pattern_bombs();   // regular expressions
std::vector<BombFamily> document_bombs();  // the document does it, under a small schema

}  // namespace palyra::schema
