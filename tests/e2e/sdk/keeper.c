// SPDX-License-Identifier: Apache-2.0
// Keeps, sends and signs, with the answers larger than the first buffer. The same in every language.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

PALYRA_TOOL(keeper) {
  enum { kSize = 5000 };
  char* const value = palyra_alloc(kSize);
  for (int i = 0; i < kSize; ++i) value[i] = (char)('a' + i % 26);
  const palyra_text key = palyra_text_of("key 1");
  const int32_t storage = palyra_storage_grant("notes/", 6);
  int64_t version = palyra_storage_put(storage, key.data, key.size, value, kSize, 0);
  if (version < 0) return palyra_fail_result("put", version);
  const int64_t second = palyra_storage_put(storage, "key 2", 5, "", 0, PALYRA_ANY_VERSION);
  if (second < 0) return palyra_fail_result("put 2", second);
  if (palyra_storage_put(storage, key.data, key.size, "", 0, 0) != PALYRA_CONFLICT) return palyra_fail("no conflict");
  palyra_text kept;
  if (palyra_storage_text(storage, key, &kept, &version) != 0 || kept.size != kSize || version != 1) return palyra_fail("get");
  const int32_t channel = palyra_channel_grant("jobs", 4);
  if (palyra_channel_send(channel, kept.data, kept.size) != 0) return palyra_fail("send");
  palyra_text envelope;
  if (palyra_channel_text(channel, &envelope) != 0 || envelope.size <= kSize) return palyra_fail("receive");
  if (palyra_channel_text(channel, &envelope) != PALYRA_NOT_FOUND) return palyra_fail("received twice");
  char page[256];
  const int32_t used = palyra_storage_list(storage, "", 0, page, sizeof page);
  if (used < 0) return palyra_fail_result("list", used);
  palyra_text rest = {page, (size_t)used};
  palyra_text name;
  while (palyra_take_name(&rest, &name)) {
    (void)palyra_output_write(name.data, name.size);
    (void)palyra_output_write("\n", 1);
  }
  if (palyra_storage_delete(storage, "key 2", 5, second) != 0) return palyra_fail("delete");
  palyra_text notes;
  if (palyra_asset_text("notes.txt", &notes) != 0) return palyra_fail("asset");
  (void)palyra_output_write(notes.data, notes.size);
  return palyra_fail_result("the end", palyra_asset_text("none", &notes)) - 1;
}
