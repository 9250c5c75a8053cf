// SPDX-License-Identifier: Apache-2.0
// Keeps, sends and reads, with the answers larger than the first buffer. The same in every language.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.hpp"

PALYRA_CPP_TOOL(keeper) {
  std::string value(5000, 'a');
  auto storage = palyra::storage::grant("notes/");
  if (!storage) return storage.error();
  const auto put = storage->put("key 1", value, 0);
  if (!put) return put.error();
  auto second = storage->put("key 2", "");
  if (!second) return "put 2";
  if (storage->put("key 1", "", 0).error().code != PALYRA_CONFLICT) return "no conflict";
  auto kept = storage->get("key 1");
  if (!kept || kept->value != value || kept->version != 1) return "get";
  auto channel = palyra::channel::grant("jobs");
  if (!channel || !channel->send(kept->value)) return "send";
  auto envelope = channel->receive();
  if (!envelope || envelope->size() <= value.size()) return "receive";
  if (channel->receive().error().code != PALYRA_NOT_FOUND) return "received twice";
  auto names = storage->list();
  if (!names) return names.error();
  for (const std::string& name : *names) (void)palyra::output(name + "\n");
  if (!storage->remove("key 2", *second)) return "delete";
  auto notes = palyra::asset("notes.txt");
  if (!notes) return notes.error();
  (void)palyra::output(*notes);
  palyra_error("the end: ");
  palyra_error_text(palyra_result_name(palyra::asset("none").error().code));
  return {};
}
