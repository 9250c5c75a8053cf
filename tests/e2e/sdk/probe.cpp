// SPDX-License-Identifier: Apache-2.0
// Calls everything of palyra_skill.hpp once.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.hpp"

static palyra::outcome call() {
  const std::string json = palyra::arguments();
  (void)palyra::output(json);
  (void)palyra::output_part("text/plain", json);
  const auto setting = palyra::config(palyra::tool_id() + palyra::run_id());
  if (!setting) return setting.error();
  palyra::log(palyra::level::info, "line");
  palyra::progress(1, palyra::deadline_ms(), "step");
  if (palyra::cancelled()) return "cancelled";
  std::string content = palyra::asset("a").value_or("");
  (void)palyra::random_fill(content.data(), content.size());
  palyra::json_writer out;
  out.begin_array().integer(palyra::clock_wall_ms()).number(1.5).boolean(true).null().end_array();
  (void)out.begin_object().key("at").integer(palyra::clock_monotonic_ms()).end_object().finish();
  return {};
}

static palyra::outcome http() {
  const auto origin = palyra::origin::grant("api.example.com");
  if (!origin) return origin.error();
  auto granted = palyra::secret::grant("global/key");
  if (!granted || !granted->present()) return granted.error();
  (void)granted->hmac_sha256("data");
  auto opened = palyra::result<palyra::origin>(origin)->open(palyra::method::post, "/");
  if (!opened) return opened.error();
  palyra::request request = *std::move(opened);
  (void)request.header("accept", "*/*");
  (void)request.secret(*granted);
  (void)request.body("{}");
  const auto status = request.send();
  if (!status) return status.error();
  (void)request.response_header_names();
  (void)request.response_header("etag");
  (void)request.response_length();
  (void)request.response();
  return {};
}

static palyra::outcome kept() {
  auto storage = palyra::storage::grant("notes/");
  if (!storage) return storage.error();
  const auto version = storage->put("key", "value");
  (void)storage->get("key");
  (void)storage->list();
  (void)storage->remove("key", palyra::result<int64_t>(version).value_or(0));
  auto channel = palyra::channel::grant("jobs");
  if (!channel) return channel.error();
  (void)channel->send("job");
  (void)channel->receive();
  return {};
}

static palyra::outcome files() {
  auto root = palyra::root::grant("logs");
  if (!root) return root.error();
  (void)root->make_directory("a");
  (void)root->stat("a");
  (void)root->list("a");
  (void)root->rename("a/b", "a/c");
  (void)root->remove("a/c");
  auto file = root->open("a/b", PALYRA_OPEN_READ | PALYRA_OPEN_WRITE);
  if (!file) return file.error();
  (void)file->write("x");
  (void)file->seek(0, PALYRA_FROM_START);
  (void)file->size();
  (void)file->content();
  (void)file->sync();
  return {};
}

PALYRA_CPP_TOOL(probe) {
  for (const auto part : {call, http, kept, files}) {
    if (part().finish() != 0) return "failed";
  }
  return {};
}
