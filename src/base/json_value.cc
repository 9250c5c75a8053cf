// SPDX-License-Identifier: Apache-2.0
#include <palyra/base/check.h>
#include <palyra/base/json.h>

#include <algorithm>
#include <optional>

namespace palyra {
namespace {

bool same_number(const Json& a, const Json& b) {
  const auto equal = [](const Json& integer, double number) {
    // Exact: both directions of the conversion must agree, so 2^53+1 is not 2^53.
    if (const auto* i = integer.as_int()) {
      return number >= -0x1p63 && number < 0x1p63 && static_cast<std::int64_t>(number) == *i &&
             static_cast<double>(*i) == number;
    }
    const auto* u = integer.as_uint();
    return u != nullptr && number >= 0 && number < 0x1p64 && static_cast<std::uint64_t>(number) == *u &&
           static_cast<double>(*u) == number;
  };
  if (const auto* number = b.as_double()) return equal(a, *number);
  if (const auto* number = a.as_double()) return equal(b, *number);
  return false;
}

std::vector<const Json::Member*> by_key(const Json::Object& members) {
  std::vector<const Json::Member*> sorted;
  sorted.reserve(members.size());
  for (const Json::Member& member : members) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, [](const Json::Member* member) { return std::string_view(member->first); });
  return sorted;
}

// Sorted first: one by one it would take the square of the number of members.
bool same_members(const Json::Object& a, const Json::Object& b) {
  if (a.size() != b.size()) return false;
  const auto left = by_key(a);
  const auto right = by_key(b);
  return std::ranges::equal(left, right, [](const Json::Member* x, const Json::Member* y) { return *x == *y; });
}

}  // namespace

const Json* Json::find(std::string_view key) const {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  const auto at = std::ranges::find(*object, key, &Member::first);
  return at == object->end() ? nullptr : &at->second;
}

Json& Json::set(std::string key, Json value) {
  if (is_null()) value_ = Object{};
  auto* object = std::get_if<Object>(&value_);
  PALYRA_CHECK(object != nullptr && find(key) == nullptr);
  return object->emplace_back(std::move(key), std::move(value)).second;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  auto* array = std::get_if<Array>(&value_);
  PALYRA_CHECK(array != nullptr);
  return array->emplace_back(std::move(value));
}

std::string_view Json::type_name() const {
  constexpr std::string_view kNames[] = {"null",   "boolean", "integer", "integer",
                                         "number", "string",  "array",   "object"};
  return kNames[value_.index()];
}

bool operator==(const Json& a, const Json& b) {
  if (a.value_.index() != b.value_.index()) return same_number(a, b);
  if (const auto* object = a.as_object()) return same_members(*object, *b.as_object());
  return a.value_ == b.value_;
}

}  // namespace palyra
