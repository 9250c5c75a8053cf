// The tools of this skill. palyra_skill.hpp and palyra_skill.h explain everything that a tool can call.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.hpp"

PALYRA_CPP_TOOL(greet) {
  palyra::json_reader in(palyra::arguments());
  std::string who;
  in.object();
  while (const auto key = in.member()) {
    if (*key == "who") {
      who = in.string();
    } else {
      in.skip();
    }
  }
  palyra::json_writer out;
  out.begin_object().key("greeting").string("Hello, " + who + "!").end_object();
  return out.finish();
}
