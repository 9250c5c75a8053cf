// SPDX-License-Identifier: Apache-2.0
// usage: palyra_validate_json < LINES
// Two lines at a time, a JSON Schema and a document: prints one line for each pair, empty when the document conforms.
#include <palyra/schema/json_schema.h>

#include <iostream>
#include <string>

int main() {
  std::string schema;
  std::string document;
  while (std::getline(std::cin, schema) && std::getline(std::cin, document)) {
    const auto compiled = palyra::schema::JsonSchema::compile(palyra::as_bytes(schema));
    const auto valid = compiled ? compiled->validate(palyra::as_bytes(document)) : std::unexpected(compiled.error());
    std::string line = valid ? std::string() : valid.error().describe();
    for (char& c : line) {
      if (c == '\n') c = ' ';
    }
    std::cout << line << '\n';
  }
  return 0;
}
