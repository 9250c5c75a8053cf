// The tools of this skill. palyra_skill.h explains everything that a tool can call.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

PALYRA_TOOL(greet) {
  palyra_reader in = palyra_read_arguments();
  palyra_text key, who = palyra_text_of("");
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "who")) {
      who = palyra_read_string(&in);
    } else {
      palyra_read_skip(&in);
    }
  }
  const palyra_text hello = palyra_text_of("Hello, ");
  char* greeting = palyra_alloc(hello.size + who.size + 1);
  size_t size = 0;
  for (size_t i = 0; i < hello.size; ++i) greeting[size++] = hello.data[i];
  for (size_t i = 0; i < who.size; ++i) greeting[size++] = who.data[i];
  greeting[size++] = '!';

  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "greeting");
  palyra_write_string(&out, (palyra_text){greeting, size});
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
