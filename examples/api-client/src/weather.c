// SPDX-License-Identifier: Apache-2.0
// One request to a service that wants a key.
#define PALYRA_SKILL_IMPLEMENTATION
#include "palyra_skill.h"

static palyra_text read_city(void) {
  palyra_reader in = palyra_read_arguments();
  palyra_text key;
  palyra_text city = palyra_text_of("");
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) city = palyra_read_string(&in);
  return city;
}

// `/v1/now?city=` and the city, percent-encoded (RFC 3986 2.3).
static palyra_text path_of(palyra_text city) {
  static const char kHex[] = "0123456789ABCDEF";
  const palyra_text start = palyra_text_of("/v1/now?city=");
  char* const path = palyra_alloc(start.size + 3 * city.size);
  size_t size = 0;
  for (size_t i = 0; i < start.size; ++i) path[size++] = start.data[i];
  for (size_t i = 0; i < city.size; ++i) {
    const char c = city.data[i];
    const char lower = (char)(c | 0x20);
    if ((c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || c == '-' || c == '.' || c == '_' || c == '~') {
      path[size++] = c;
      continue;
    }
    path[size++] = '%';
    path[size++] = kHex[c >> 4 & 15];
    path[size++] = kHex[c & 15];
  }
  const palyra_text whole = {path, size};
  return whole;
}

// Sends it and gives the status, or what the host answered.
static int32_t ask(palyra_text path, palyra_text* body) {
  const palyra_text origin = palyra_text_of("http://weather.example.com");
  const palyra_text secret = palyra_text_of("global/weather");
  const int32_t request = palyra_http_open(palyra_http_grant(origin.data, origin.size), PALYRA_GET, path.data, path.size);
  if (request < 0) return request;
  const int32_t key = palyra_http_secret(request, palyra_secret_grant(secret.data, secret.size));
  if (key < 0) return key;
  const int32_t status = palyra_http_send(request);
  if (status < 0) return status;
  const int32_t got = palyra_http_response_text(request, body);
  (void)palyra_http_close(request);
  return got < 0 ? got : status;
}

PALYRA_TOOL(now) {
  const palyra_text city = read_city();
  palyra_text body = palyra_text_of("");
  const int32_t status = ask(path_of(city), &body);
  if (status < 0) return palyra_fail_result("the service was not asked", status);
  if (status == 404) {
    palyra_error("the service knows no '");
    palyra_error_text(city);
    return palyra_fail("'");
  }
  if (status != 200) {
    palyra_error("the service answered with status ");
    palyra_error_integer(status);
    return 1;
  }
  palyra_reader in = palyra_read_json((char*)body.data, body.size);
  palyra_text key;
  double celsius = 0;
  bool found = false;
  palyra_read_object(&in);
  while (palyra_read_member(&in, &key)) {
    if (palyra_text_is(key, "celsius")) {
      celsius = palyra_read_number(&in);
      found = true;
    } else {
      (void)palyra_read_skip(&in);
    }
  }
  if (in.failed || !found) return palyra_fail("the service's answer names no temperature");
  palyra_writer out = palyra_write_output();
  palyra_write_begin_object(&out);
  palyra_write_key(&out, "city");
  palyra_write_string(&out, city);
  palyra_write_key(&out, "celsius");
  palyra_write_double(&out, celsius);
  palyra_write_end_object(&out);
  return palyra_write_finish(&out);
}
