// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

// How the CSV arrives: as text in the arguments, or by the name of an asset of this skill.
typedef struct {
  palyra_text csv;
  palyra_text asset;
  bool has_csv;
  bool has_asset;
} Origin;

static uint32_t read_missing(palyra_reader* in, palyra_text missing[MAX_MISSING]) {
  uint32_t count = 0;
  palyra_read_array(in);
  while (palyra_read_item(in)) {
    const palyra_text text = palyra_read_string(in);
    if (count < MAX_MISSING) missing[count++] = text;
  }
  return count;
}

static bool load_asset(palyra_text name, TableSource* source) {
  const int32_t asset = palyra_asset_open(name.data, name.size);
  if (asset < 0) {
    palyra_error("this skill has no asset '");
    palyra_error_text(name);
    palyra_error("'");
    return false;
  }
  const size_t size = (size_t)palyra_asset_size(asset);
  source->text = palyra_alloc(size);
  const int32_t got = palyra_asset_read(asset, source->text, size, 0);
  source->size = got > 0 ? (size_t)got : 0;
  (void)palyra_asset_close(asset);
  return true;
}

static bool find_text(const Origin* origin, TableSource* source) {
  if (origin->has_csv == origin->has_asset) {
    palyra_error("give either csv or asset");
    return false;
  }
  if (origin->has_asset) return load_asset(origin->asset, source);
  source->text = (char*)origin->csv.data;  // the arguments are this call's own memory
  source->size = origin->csv.size;
  return true;
}

bool arguments_read(Arguments* arguments) {
  palyra_reader in = palyra_read_arguments();
  palyra_text key;
  Origin origin = {{"", 0}, {"", 0}, false, false};
  TableSource source = {NULL, 0, ',', arguments->missing, 1};
  arguments->missing[0] = palyra_text_of("NA");
  arguments->top = 5;
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "csv")) {
      origin.csv = palyra_read_string(&in);
      origin.has_csv = true;
    } else if (palyra_text_is(key, "asset")) {
      origin.asset = palyra_read_string(&in);
      origin.has_asset = true;
    } else if (palyra_text_is(key, "delimiter")) {
      source.delimiter = *palyra_read_string(&in).data;
    } else if (palyra_text_is(key, "missing")) {
      source.missing_count = read_missing(&in, arguments->missing);
    } else if (palyra_text_is(key, "top")) {
      arguments->top = (uint32_t)palyra_read_integer(&in);
    } else {
      arguments->query = palyra_read_skip(&in);
    }
  }
  if (in.failed) {
    palyra_error("the arguments do not fit the schema");
    return false;
  }
  return find_text(&origin, &source) && table_read(&source, &arguments->table);
}
