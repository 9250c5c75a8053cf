// SPDX-License-Identifier: Apache-2.0
#ifndef PALYRA_SKILL_H_
#define PALYRA_SKILL_H_
// The C SDK for Palyra skills: one header, C11 or C++, no libc, no allocation behind your back.
//
// A tool is an exported function without parameters: it reads its arguments (one JSON object that
// already fits the tool's input schema), writes its output and returns 0. Any other value means the
// tool failed, and its message is what it wrote with palyra_error.
//
//   #define PALYRA_SKILL_IMPLEMENTATION  // in exactly one source file of a module
//   #include "palyra_skill.h"
//
//   PALYRA_TOOL(greet) {
//     palyra_reader in = palyra_read_arguments();
//     palyra_text key, who = palyra_text_of("world");
//     palyra_read_object(&in);
//     while (palyra_read_member(&in, &key)) {
//       if (palyra_text_is(key, "who")) who = palyra_read_string(&in);
//       else palyra_read_skip(&in);
//     }
//     palyra_writer out = palyra_write_output();
//     palyra_write_begin_object(&out);
//     palyra_write_key(&out, "hello");
//     palyra_write_string(&out, who);
//     palyra_write_end_object(&out);
//     return palyra_write_finish(&out);
//   }
//
//   clang-19 --target=wasm32 -mcpu=mvp -mmutable-globals -msign-ext -mbulk-memory -mnontrapping-fptoint
//     -O2 -std=c11 -ffreestanding -nostdlib -Wl,--no-entry -Wl,--stack-first greet.c -o modules/greet.wasm
//
// Pointers and lengths are 32 bits, text is UTF-8 and is never terminated by a NUL unless said so.
// Source: docs/guest-abi.md (version 1), which these declarations repeat name by name.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Results of host functions ----------------------------------------------------------------
// Zero and above is success. A function marked "needed" returns the full length of the value and
// writes at most `cap` bytes of it: a caller that got less asks again with a larger buffer.
// A pointer outside the module's memory ends the run; it is not an error the guest can see.

#define PALYRA_INVALID (-1)      // bad index or argument, closed object
#define PALYRA_DENIED (-2)       // outside what this call was granted
#define PALYRA_NOT_FOUND (-3)    // no such asset, key, setting
#define PALYRA_TOO_LARGE (-4)    // over a stated limit
#define PALYRA_EXHAUSTED (-5)    // a rate, count or byte budget of this call is used up
#define PALYRA_UNAVAILABLE (-6)  // network or backend failed
#define PALYRA_CONFLICT (-7)     // somebody else was first
#define PALYRA_MALFORMED (-8)    // not in the promised form

// ---- Imports and exports ----------------------------------------------------------------------

// Declares a host function by its interface and name.
#define PALYRA_IMPORT(interface, name) \
  __attribute__((import_module("palyra:skill/" interface "@1.0.0"), import_name(name))) extern

// Defines a tool: the manifest names it in `export`. Letters, digits and `_`.
#ifdef __cplusplus
#define PALYRA_TOOL(name) extern "C" __attribute__((export_name(#name))) int32_t name(void)
#else
#define PALYRA_TOOL(name) __attribute__((export_name(#name))) int32_t name(void)
#endif

// ---- palyra:skill/call: arguments, output, messages -------------------------------------------

// Bytes of the arguments: one JSON object, checked against the input schema, no key twice.
PALYRA_IMPORT("call", "input-length") int32_t palyra_input_length(void);
// Copies from byte `offset` of the arguments. Bytes copied, 0 at the end.
PALYRA_IMPORT("call", "input-read") int32_t palyra_input_read(void* buffer, size_t size, size_t offset);
// Appends to the output. 0; PALYRA_TOO_LARGE past its cap (8 MiB unless configured).
PALYRA_IMPORT("call", "output-write") int32_t palyra_output_write(const void* data, size_t size);
// Adds one content part with a media type such as `image/png`. At most 32 parts, same cap.
PALYRA_IMPORT("call", "output-part")
int32_t palyra_output_part(const char* media, size_t media_size, const void* data, size_t size);
// Appends to the message shown when the tool fails. 0; PALYRA_TOO_LARGE past 8 KiB.
PALYRA_IMPORT("call", "error-write") int32_t palyra_error_write(const char* text, size_t size);
// The id of the tool being called. Needed.
PALYRA_IMPORT("call", "tool-id") int32_t palyra_tool_id(char* buffer, size_t cap);
// The id of this run. Needed.
PALYRA_IMPORT("call", "run-id") int32_t palyra_run_id(char* buffer, size_t cap);
// One setting of the skill as JSON text. Needed; PALYRA_NOT_FOUND when it has no value.
PALYRA_IMPORT("call", "config") int32_t palyra_config(const char* key, size_t key_size, char* buffer, size_t cap);
// One line for the operator's log. Level 0 error, 1 warning, 2 info, 3 debug, 4 trace; 4 KiB a line,
// 1,000 lines a call.
PALYRA_IMPORT("call", "log") int32_t palyra_log(int32_t level, const char* text, size_t size);
// How far the tool is: `done` of `total` steps, total 0 = unknown. At most 10 a second are passed on.
PALYRA_IMPORT("call", "progress") int32_t palyra_progress(int64_t done, int64_t total, const char* text, size_t size);
// Milliseconds until the call is ended.
PALYRA_IMPORT("call", "deadline-ms") int64_t palyra_deadline_ms(void);
// 1 once the caller has gone, else 0.
PALYRA_IMPORT("call", "cancelled") int32_t palyra_cancelled(void);

// ---- palyra:skill/assets: files the skill was packaged with -----------------------------------

// Opens an entry by its name below `assets/`. A handle; PALYRA_NOT_FOUND.
PALYRA_IMPORT("assets", "open") int32_t palyra_asset_open(const char* path, size_t path_size);
// Bytes of an open asset.
PALYRA_IMPORT("assets", "size") int64_t palyra_asset_size(int32_t asset);
// Copies from byte `offset`. Bytes copied, 0 at the end.
PALYRA_IMPORT("assets", "read") int32_t palyra_asset_read(int32_t asset, void* buffer, size_t cap, int64_t offset);
// Gives the handle back; it is not used again in this call.
PALYRA_IMPORT("assets", "close") int32_t palyra_asset_close(int32_t asset);

// ---- palyra:skill/clock and palyra:skill/random -----------------------------------------------

// Milliseconds since 1970-01-01 UTC.
PALYRA_IMPORT("clock", "wall-ms") int64_t palyra_clock_wall_ms(void);
// Milliseconds since some fixed moment; never goes back.
PALYRA_IMPORT("clock", "monotonic-ms") int64_t palyra_clock_monotonic_ms(void);
// Fills a buffer of at most 64 KiB with random bytes. 0; PALYRA_TOO_LARGE.
PALYRA_IMPORT("random", "fill") int32_t palyra_random_fill(void* buffer, size_t size);

// ---- palyra:skill/http: requests to the origins that were granted ------------------------------

enum { PALYRA_GET, PALYRA_HEAD, PALYRA_POST, PALYRA_PUT, PALYRA_PATCH, PALYRA_DELETE };

// The rules of one origin, `scheme://host[:port]`; a bare host means https. A handle; PALYRA_NOT_FOUND.
PALYRA_IMPORT("http", "grant") int32_t palyra_http_grant(const char* origin, size_t size);
// A request, not sent yet: one of the methods above, and a path with its query. A handle; PALYRA_DENIED when no
// rule of the origin allows the method below this path.
PALYRA_IMPORT("http", "open")
int32_t palyra_http_open(int32_t origin, int32_t method, const char* path, size_t path_size);
// One header: at most 32, 8 KiB in all (PALYRA_TOO_LARGE), each name once. Those that the host decides about are
// PALYRA_DENIED.
PALYRA_IMPORT("http", "header")
int32_t palyra_http_header(int32_t request, const char* name, size_t name_size, const char* value, size_t value_size);
// The host puts the secret where the rule places it. PALYRA_DENIED unless the rule names that secret.
PALYRA_IMPORT("http", "secret") int32_t palyra_http_secret(int32_t request, int32_t secret);
// Appends to the body. At most 8 MiB a call.
PALYRA_IMPORT("http", "body") int32_t palyra_http_body(int32_t request, const void* data, size_t size);
// Sends and waits. The status, 200 to 599; PALYRA_TOO_LARGE (a reply above the rule's limit), PALYRA_EXHAUSTED (16
// requests a call), or PALYRA_UNAVAILABLE for everything else that went wrong on the way.
PALYRA_IMPORT("http", "send") int32_t palyra_http_send(int32_t request);
// The names of the answer's headers in small letters, each but the last followed by a line feed. Needed.
PALYRA_IMPORT("http", "response-header-names")
int32_t palyra_http_response_header_names(int32_t request, char* buffer, size_t cap);
// Needed; PALYRA_NOT_FOUND.
PALYRA_IMPORT("http", "response-header")
int32_t palyra_http_response_header(int32_t request, const char* name, size_t name_size, char* buffer, size_t cap);
// Bytes of the answer's body.
PALYRA_IMPORT("http", "response-length") int64_t palyra_http_response_length(int32_t request);
// Copies what comes next. Bytes copied, 0 at the end.
PALYRA_IMPORT("http", "response-read") int32_t palyra_http_response_read(int32_t request, void* buffer, size_t cap);
PALYRA_IMPORT("http", "close") int32_t palyra_http_close(int32_t request);

// ---- palyra:skill/secret: used, never seen -----------------------------------------------------

// `<scope>/<key>`, as the manifest declares it. A handle; PALYRA_NOT_FOUND.
PALYRA_IMPORT("secret", "grant") int32_t palyra_secret_grant(const char* name, size_t size);
// 1 when the operator has stored a value, else 0; PALYRA_UNAVAILABLE where there are no secrets.
PALYRA_IMPORT("secret", "present") int32_t palyra_secret_present(int32_t secret);
// Writes 32 bytes: HMAC-SHA256 of the data under the secret, when the manifest asked for that use. At most 64 a call.
PALYRA_IMPORT("secret", "hmac-sha256")
int32_t palyra_secret_hmac_sha256(int32_t secret, const void* data, size_t size, uint8_t* mac);

// ---- palyra:skill/storage: what the skill keeps from call to call ------------------------------
// Keys are 1 to 512 bytes of UTF-8 without control characters, values at most 1 MiB.

#define PALYRA_ANY_VERSION (-1)  // what `expected` may be; 0 means that the key is new

// One prefix, as the manifest declares it. A handle; PALYRA_NOT_FOUND.
PALYRA_IMPORT("storage", "grant") int32_t palyra_storage_grant(const char* prefix, size_t size);
// The value; `version` may be NULL. Needed; PALYRA_NOT_FOUND.
PALYRA_IMPORT("storage", "get")
int32_t palyra_storage_get(int32_t storage, const char* key, size_t key_size, void* buffer, size_t cap,
                           int64_t* version);
// Keeps a value, at once and for good. Its new version; PALYRA_CONFLICT when the present one is not `expected`,
// PALYRA_TOO_LARGE over the quota.
PALYRA_IMPORT("storage", "put")
int64_t palyra_storage_put(int32_t storage, const char* key, size_t key_size, const void* value, size_t value_size,
                           int64_t expected);
// 0; PALYRA_NOT_FOUND, PALYRA_CONFLICT.
PALYRA_IMPORT("storage", "delete")
int32_t palyra_storage_delete(int32_t storage, const char* key, size_t key_size, int64_t expected);
// The keys after one (an empty one: from the first), in the order of their bytes, each as u16le length and bytes; at
// most 1,000. Bytes written, 0 at the end, PALYRA_TOO_LARGE when the first does not fit.
PALYRA_IMPORT("storage", "list")
int32_t palyra_storage_list(int32_t storage, const char* after, size_t after_size, void* buffer, size_t cap);

// ---- palyra:skill/channel: messages between skills ---------------------------------------------

// One channel, as the manifest declares it. A handle; PALYRA_NOT_FOUND.
PALYRA_IMPORT("channel", "grant") int32_t palyra_channel_grant(const char* name, size_t size);
// 0; PALYRA_TOO_LARGE above 64 KiB, PALYRA_EXHAUSTED when the mailbox is full or the skill sends too fast,
// PALYRA_DENIED when the grant is for receiving, PALYRA_UNAVAILABLE in a skill that is not installed.
PALYRA_IMPORT("channel", "send") int32_t palyra_channel_send(int32_t channel, const void* data, size_t size);
// The next message, a JSON object with `body` (or `body_base64`), `sender`, `skill` and more. Needed;
// PALYRA_NOT_FOUND when none waits, PALYRA_DENIED when the grant is for sending, PALYRA_UNAVAILABLE as above. It is
// gone once the tool has returned 0, else it comes again.
PALYRA_IMPORT("channel", "receive") int32_t palyra_channel_receive(int32_t channel, char* buffer, size_t cap);

// ---- palyra:skill/files: folders that the operator granted -------------------------------------
// Paths are relative to a root and never leave it; for stat and list the empty one is the root itself.

enum {
  PALYRA_OPEN_READ = 1,
  PALYRA_OPEN_WRITE = 2,
  PALYRA_OPEN_CREATE = 4,
  PALYRA_OPEN_TRUNCATE = 8,
  PALYRA_OPEN_APPEND = 16,
  PALYRA_OPEN_EXCLUSIVE = 32,
};
enum { PALYRA_FROM_START, PALYRA_FROM_HERE, PALYRA_FROM_END };
enum { PALYRA_KIND_FILE = 1, PALYRA_KIND_DIRECTORY = 2 };

// What palyra_file_stat writes.
typedef struct {
  uint8_t kind;
  uint8_t zero[7];
  uint64_t size;
  uint64_t modified_ms;  // since 1970-01-01 UTC
} palyra_file_facts;

// One root, as the manifest declares it. A handle; PALYRA_NOT_FOUND.
PALYRA_IMPORT("files", "root") int32_t palyra_file_root(const char* name, size_t size);
// `flags` is a sum of PALYRA_OPEN_*. A handle; PALYRA_NOT_FOUND, PALYRA_DENIED, PALYRA_CONFLICT (exclusive, and there
// is one), PALYRA_INVALID (a directory, or flags that contradict each other), PALYRA_TOO_LARGE (a path above 1,024
// bytes), PALYRA_EXHAUSTED (128 open files).
PALYRA_IMPORT("files", "open")
int32_t palyra_file_open(int32_t root, const char* path, size_t path_size, int32_t flags);
// Bytes read, 0 at the end.
PALYRA_IMPORT("files", "read") int32_t palyra_file_read(int32_t file, void* buffer, size_t cap);
// Bytes written; PALYRA_TOO_LARGE over the root's quota, or above 8 MiB at once.
PALYRA_IMPORT("files", "write") int32_t palyra_file_write(int32_t file, const void* data, size_t size);
// The new position.
PALYRA_IMPORT("files", "seek") int64_t palyra_file_seek(int32_t file, int64_t offset, int32_t whence);
PALYRA_IMPORT("files", "size") int64_t palyra_file_size(int32_t file);
PALYRA_IMPORT("files", "sync") int32_t palyra_file_sync(int32_t file);
PALYRA_IMPORT("files", "close") int32_t palyra_file_close(int32_t file);
PALYRA_IMPORT("files", "stat")
int32_t palyra_file_stat(int32_t root, const char* path, size_t path_size, palyra_file_facts* facts);
// The names in a directory after one (an empty one: from the first), laid out as palyra_storage_list does.
PALYRA_IMPORT("files", "list")
int32_t palyra_file_list(int32_t root, const char* path, size_t path_size, const char* after, size_t after_size,
                         void* buffer, size_t cap);
PALYRA_IMPORT("files", "make-directory")
int32_t palyra_file_make_directory(int32_t root, const char* path, size_t path_size);
// A file, or an empty directory.
PALYRA_IMPORT("files", "remove") int32_t palyra_file_remove(int32_t root, const char* path, size_t path_size);
// Within one root; may replace a regular file.
PALYRA_IMPORT("files", "rename")
int32_t palyra_file_rename(int32_t root, const char* from, size_t from_size, const char* to, size_t to_size);

// ---- Text -------------------------------------------------------------------------------------

// A view of bytes that somebody else keeps.
typedef struct {
  const char* data;
  size_t size;
} palyra_text;

// A view of a NUL-terminated literal.
palyra_text palyra_text_of(const char* literal);
bool palyra_text_equal(palyra_text a, palyra_text b);
bool palyra_text_is(palyra_text text, const char* literal);
// Below, at or above 0 as `a` sorts before, with or after `b`, byte by byte (= by code point).
int palyra_text_compare(palyra_text a, palyra_text b);

// ---- Failing ----------------------------------------------------------------------------------
// Build a message from pieces, then return palyra_fail's value from the tool:
//   palyra_error_text(name); return palyra_fail(" is no column");

void palyra_error(const char* literal);
void palyra_error_text(palyra_text text);
void palyra_error_integer(int64_t value);
// Writes the last piece and returns 1.
int32_t palyra_fail(const char* literal);
// The word for a negative result of a host function, such as `denied`.
palyra_text palyra_result_name(int64_t result);
// Writes `<what>: <the word for the result>` and returns 1.
int32_t palyra_fail_result(const char* what, int64_t result);

// ---- Memory -----------------------------------------------------------------------------------
// One stack of blocks that grows upward through memory.grow. The instance serves one call and is
// thrown away, so most tools never release anything. When the budget of the manifest
// (`max_memory_bytes`) is used up these functions trap: the caller sees QuotaExceeded, so no result
// needs a check. Where a libc with `malloc` is linked the blocks come from its heap instead, and
// palyra_release does nothing.

// `size` bytes, zeroed, aligned to 16.
void* palyra_alloc(size_t size);
// Enlarges a block to `size` bytes, new bytes zeroed: in place when it is the newest one, else by a copy.
void* palyra_resize(void* block, size_t old_size, size_t size);
// The current top; palyra_release gives back everything allocated since.
void* palyra_mark(void);
void palyra_release(void* mark);

// ---- Whole values -----------------------------------------------------------------------------
// Each asks the host again with a larger buffer until the value fits, and keeps it in fresh memory. 0, or what the host
// answered; then the text is empty.

// One setting of the skill, as JSON text.
int32_t palyra_config_text(const char* key, palyra_text* value);
// Every byte of an asset.
int32_t palyra_asset_text(const char* path, palyra_text* content);
// What is left of an answer's body.
int32_t palyra_http_response_text(int32_t request, palyra_text* body);
int32_t palyra_http_response_header_text(int32_t request, const char* name, palyra_text* value);
// `version` may be NULL.
int32_t palyra_storage_text(int32_t storage, palyra_text key, palyra_text* value, int64_t* version);
// The envelope of the next message.
int32_t palyra_channel_text(int32_t channel, palyra_text* envelope);
// What is left of an open file.
int32_t palyra_file_text(int32_t file, palyra_text* content);
// Takes the next name off what palyra_storage_list or palyra_file_list wrote. False at its end.
bool palyra_take_name(palyra_text* list, palyra_text* name);

// ---- Numbers ----------------------------------------------------------------------------------

#define PALYRA_NUMBER_SIZE 32  // bytes that any formatted number fits into

// The text must be a number as JSON writes it (RFC 8259 section 6), the whole of it. False otherwise and
// when the value does not fit. Doubles are rounded correctly, to nearest and ties to even.
bool palyra_parse_integer(palyra_text text, int64_t* value);
bool palyra_parse_double(palyra_text text, double* value);
// Write a number as JSON and return its length. A double gets the fewest of 15, 16 or 17 significant
// digits that read back as the same value; zeros at the end are left out. NaN and infinity become `null`.
size_t palyra_format_integer(int64_t value, char out[PALYRA_NUMBER_SIZE]);
size_t palyra_format_double(double value, char out[PALYRA_NUMBER_SIZE]);

// ---- Reading JSON -----------------------------------------------------------------------------
// A cursor over a document that the host has already checked, so it does not diagnose syntax: on
// anything unexpected (a string where a number was asked for) `failed` is set, every later call
// returns nothing, and loops end. Strings are decoded in place: read each value once.

typedef struct {
  char* at;
  char* end;
  bool failed;
} palyra_reader;

typedef enum {
  PALYRA_JSON_NOTHING,  // the end, or no JSON
  PALYRA_JSON_OBJECT,
  PALYRA_JSON_ARRAY,
  PALYRA_JSON_STRING,
  PALYRA_JSON_NUMBER,
  PALYRA_JSON_BOOLEAN,
  PALYRA_JSON_NULL,
} palyra_json_kind;

// The arguments of this call, copied into fresh memory.
palyra_reader palyra_read_arguments(void);
// A reader of `size` bytes that it may change.
palyra_reader palyra_read_json(char* json, size_t size);

// What comes next. Moves over white space only.
palyra_json_kind palyra_read_kind(palyra_reader* in);
// Steps into an object; then palyra_read_member moves to each member and gives its key, and the value
// must be read or skipped. False after the last.
void palyra_read_object(palyra_reader* in);
bool palyra_read_member(palyra_reader* in, palyra_text* key);
// The same for an array.
void palyra_read_array(palyra_reader* in);
bool palyra_read_item(palyra_reader* in);

palyra_text palyra_read_string(palyra_reader* in);
double palyra_read_number(palyra_reader* in);
int64_t palyra_read_integer(palyra_reader* in);
bool palyra_read_boolean(palyra_reader* in);
// Passes over one value of any kind and returns a reader of it, for later.
palyra_reader palyra_read_skip(palyra_reader* in);

// ---- Writing JSON -----------------------------------------------------------------------------
// Goes to the output through a buffer. Commas and escapes are the writer's business; bytes that are
// not UTF-8 become U+FFFD, so that the output is JSON whatever the strings hold.

typedef struct {
  size_t used;
  int32_t status;  // 0, or what the host answered to the first write that failed
  bool comma;      // the next value follows another one
  char buffer[4096];
} palyra_writer;

palyra_writer palyra_write_output(void);
void palyra_write_begin_object(palyra_writer* out);
void palyra_write_end_object(palyra_writer* out);
void palyra_write_begin_array(palyra_writer* out);
void palyra_write_end_array(palyra_writer* out);
void palyra_write_key(palyra_writer* out, const char* literal);
void palyra_write_string(palyra_writer* out, palyra_text text);
void palyra_write_integer(palyra_writer* out, int64_t value);
void palyra_write_double(palyra_writer* out, double value);
void palyra_write_boolean(palyra_writer* out, bool value);
void palyra_write_null(palyra_writer* out);
// Hands what has been written so far to the host; `status` says whether it took it.
void palyra_write_flush(palyra_writer* out);
// Hands the rest to the host. 0, or 1 with the failure message written: return it from the tool.
int32_t palyra_write_finish(palyra_writer* out);

#ifdef PALYRA_SKILL_IMPLEMENTATION

// ---- Implementation: what the compiler calls --------------------------------------------------
// For -ffreestanding, where no libc brings them. Weak, so that one that is linked as well wins. `no_builtin`
// keeps each loop from becoming a call of itself.

#if !__STDC_HOSTED__

#define PALYRA_LIBC(name) __attribute__((weak, no_builtin(name)))

PALYRA_LIBC("memcpy") void* memcpy(void* to, const void* from, size_t size) {
  for (size_t i = 0; i < size; ++i) ((char*)to)[i] = ((const char*)from)[i];
  return to;
}

PALYRA_LIBC("memmove") void* memmove(void* to, const void* from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
  for (size_t i = size; i > 0; --i) ((char*)to)[i - 1] = ((const char*)from)[i - 1];
  return to;
}

PALYRA_LIBC("memset") void* memset(void* to, int byte, size_t size) {
  for (size_t i = 0; i < size; ++i) ((char*)to)[i] = (char)byte;
  return to;
}

PALYRA_LIBC("memcmp") int memcmp(const void* a, const void* b, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const int difference = ((const unsigned char*)a)[i] - ((const unsigned char*)b)[i];
    if (difference != 0) return difference;
  }
  return 0;
}

#endif  // !__STDC_HOSTED__

// ---- Implementation: text and failing ---------------------------------------------------------

palyra_text palyra_text_of(const char* literal) {
  palyra_text text = {literal, 0};
  while (literal[text.size] != '\0') ++text.size;
  return text;
}

bool palyra_text_equal(palyra_text a, palyra_text b) {
  return a.size == b.size && __builtin_memcmp(a.data, b.data, a.size) == 0;
}

bool palyra_text_is(palyra_text text, const char* literal) { return palyra_text_equal(text, palyra_text_of(literal)); }

int palyra_text_compare(palyra_text a, palyra_text b) {
  const int order = __builtin_memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

void palyra_error_text(palyra_text text) { (void)palyra_error_write(text.data, text.size); }

void palyra_error(const char* literal) { palyra_error_text(palyra_text_of(literal)); }

void palyra_error_integer(int64_t value) {
  char digits[PALYRA_NUMBER_SIZE];
  const palyra_text text = {digits, palyra_format_integer(value, digits)};
  palyra_error_text(text);
}

int32_t palyra_fail(const char* literal) {
  palyra_error(literal);
  return 1;
}

palyra_text palyra_result_name(int64_t result) {
  static const char* const kNames[] = {"ok",        "invalid",     "denied",   "not found", "too large",
                                       "exhausted", "unavailable", "conflict", "malformed"};
  return palyra_text_of(result > 0 || result < PALYRA_MALFORMED ? "unknown" : kNames[-result]);
}

int32_t palyra_fail_result(const char* what, int64_t result) {
  palyra_error(what);
  palyra_error(": ");
  palyra_error_text(palyra_result_name(result));
  return 1;
}

// ---- Implementation: memory -------------------------------------------------------------------

extern char __heap_base;  // made by the linker: the first byte after data and stack
static uintptr_t palyra_top_;

// A libc's heap begins where this one would. Weak: NULL unless something else needs it.
extern void* palyra_libc_calloc_(size_t count, size_t size) __asm__("calloc") __attribute__((weak));

static uintptr_t palyra_aligned_(uintptr_t at) { return (at + 15) & ~(uintptr_t)15; }

// Makes [block, block + size) usable and the newest block.
static void palyra_reserve_(uintptr_t block, size_t size) {
  const size_t page = 65536;
  const uintptr_t have = __builtin_wasm_memory_size(0) * page;
  if (size > UINTPTR_MAX - page - block) __builtin_trap();
  if (block + size > have && __builtin_wasm_memory_grow(0, (block + size - have + page - 1) / page) == (size_t)-1) {
    __builtin_trap();
  }
  palyra_top_ = block + size;
}

void* palyra_mark(void) {
  if (palyra_top_ == 0) palyra_top_ = (uintptr_t)&__heap_base;
  palyra_top_ = palyra_aligned_(palyra_top_);
  return (void*)palyra_top_;
}

void palyra_release(void* mark) { palyra_top_ = (uintptr_t)mark; }

void* palyra_alloc(size_t size) {
  if (palyra_libc_calloc_ != NULL) {
    void* const cleared = palyra_libc_calloc_(size == 0 ? 1 : size, 1);
    if (cleared == NULL) __builtin_trap();
    return cleared;
  }
  void* block = palyra_mark();
  palyra_reserve_((uintptr_t)block, size);
  return __builtin_memset(block, 0, size);
}

void* palyra_resize(void* block, size_t old_size, size_t size) {
  if (palyra_libc_calloc_ != NULL || (uintptr_t)block + old_size != palyra_top_) {
    return __builtin_memcpy(palyra_alloc(size), block, old_size < size ? old_size : size);
  }
  palyra_reserve_((uintptr_t)block, size);
  __builtin_memset((char*)block + old_size, 0, size - old_size);
  return block;
}

// ---- Implementation: whole values -------------------------------------------------------------

#define PALYRA_FIRST_CAP_ 1024

// `at` grows with what has been read; both are empty before the first piece.
typedef struct {
  char* data;
  size_t used;
  size_t cap;
} palyra_growing_;

static void palyra_grow_(palyra_growing_* text) {
  const size_t cap = text->cap == 0 ? PALYRA_FIRST_CAP_ : text->cap * 2;
  text->data = (char*)(text->cap == 0 ? palyra_alloc(cap) : palyra_resize(text->data, text->cap, cap));
  text->cap = cap;
}

// Reads to the end with one of the functions that answer 0 there.
static int32_t palyra_read_to_end_(int32_t (*read)(int32_t, void*, size_t), int32_t object, palyra_text* out) {
  palyra_growing_ text = {NULL, 0, 0};
  palyra_text empty = {"", 0};
  *out = empty;
  for (;;) {
    if (text.used == text.cap) palyra_grow_(&text);
    const int32_t got = read(object, text.data + text.used, text.cap - text.used);
    if (got < 0) return got;
    if (got == 0) break;
    text.used += (size_t)got;
  }
  out->data = text.data;
  out->size = text.used;
  return 0;
}

// What one of the functions that answer how much is needed is asked about.
typedef struct {
  int32_t object;
  palyra_text key;
  int64_t* version;
  int32_t (*ask)(const void* question, char* buffer, size_t cap);
} palyra_question_;

static int32_t palyra_ask_(const palyra_question_* question, palyra_text* out) {
  palyra_text text = {"", 0};
  size_t cap = PALYRA_FIRST_CAP_;
  *out = text;
  for (;;) {
    char* const buffer = (char*)palyra_alloc(cap);
    const int32_t needed = question->ask(question, buffer, cap);
    if (needed < 0) return needed;
    text.data = buffer;
    text.size = (size_t)needed;
    if (text.size <= cap) break;
    cap = text.size;
  }
  *out = text;
  return 0;
}

static int32_t palyra_ask_config_(const void* question, char* buffer, size_t cap) {
  const palyra_question_* const q = (const palyra_question_*)question;
  return palyra_config(q->key.data, q->key.size, buffer, cap);
}

static int32_t palyra_ask_header_(const void* question, char* buffer, size_t cap) {
  const palyra_question_* const q = (const palyra_question_*)question;
  return palyra_http_response_header(q->object, q->key.data, q->key.size, buffer, cap);
}

static int32_t palyra_ask_storage_(const void* question, char* buffer, size_t cap) {
  const palyra_question_* const q = (const palyra_question_*)question;
  return palyra_storage_get(q->object, q->key.data, q->key.size, buffer, cap, q->version);
}

static int32_t palyra_ask_channel_(const void* question, char* buffer, size_t cap) {
  return palyra_channel_receive(((const palyra_question_*)question)->object, buffer, cap);
}

int32_t palyra_config_text(const char* key, palyra_text* value) {
  const palyra_question_ question = {0, palyra_text_of(key), NULL, palyra_ask_config_};
  return palyra_ask_(&question, value);
}

int32_t palyra_asset_text(const char* path, palyra_text* content) {
  const palyra_text name = palyra_text_of(path);
  const int32_t asset = palyra_asset_open(name.data, name.size);
  content->data = "";
  content->size = 0;
  if (asset < 0) return asset;
  const size_t size = (size_t)palyra_asset_size(asset);
  char* const bytes = (char*)palyra_alloc(size);
  const int32_t got = palyra_asset_read(asset, bytes, size, 0);
  (void)palyra_asset_close(asset);
  if (got < 0) return got;
  content->data = bytes;
  content->size = (size_t)got;
  return 0;
}

int32_t palyra_http_response_text(int32_t request, palyra_text* body) {
  return palyra_read_to_end_(palyra_http_response_read, request, body);
}

int32_t palyra_http_response_header_text(int32_t request, const char* name, palyra_text* value) {
  const palyra_question_ question = {request, palyra_text_of(name), NULL, palyra_ask_header_};
  return palyra_ask_(&question, value);
}

int32_t palyra_storage_text(int32_t storage, palyra_text key, palyra_text* value, int64_t* version) {
  const palyra_question_ question = {storage, key, version, palyra_ask_storage_};
  return palyra_ask_(&question, value);
}

int32_t palyra_channel_text(int32_t channel, palyra_text* envelope) {
  const palyra_text none = {"", 0};
  const palyra_question_ question = {channel, none, NULL, palyra_ask_channel_};
  return palyra_ask_(&question, envelope);
}

int32_t palyra_file_text(int32_t file, palyra_text* content) {
  return palyra_read_to_end_(palyra_file_read, file, content);
}

bool palyra_take_name(palyra_text* list, palyra_text* name) {
  if (list->size < 2) return false;
  const unsigned char* const bytes = (const unsigned char*)list->data;
  const size_t size = (size_t)(bytes[0] | bytes[1] << 8);
  if (size > list->size - 2) return false;
  name->data = list->data + 2;
  name->size = size;
  list->data += 2 + size;
  list->size -= 2 + size;
  return true;
}

// ---- Implementation: natural numbers of up to 4,096 bits --------------------------------------
// Exact arithmetic for the few numbers that the fast paths below cannot round with certainty.

#define PALYRA_LIMBS_ 128

typedef struct {
  uint32_t used;  // limbs in use, least significant first; the last one is not 0
  uint32_t limb[PALYRA_LIMBS_];
} palyra_natural_;

static void palyra_natural_set_(palyra_natural_* n, uint64_t value) {
  n->used = 0;
  for (; value != 0; value >>= 32) n->limb[n->used++] = (uint32_t)value;
}

// n = n * factor + add
static void palyra_natural_multiply_(palyra_natural_* n, uint32_t factor, uint32_t add) {
  uint64_t carry = add;
  for (uint32_t i = 0; i < n->used; ++i) {
    carry += (uint64_t)n->limb[i] * factor;
    n->limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry != 0) n->limb[n->used++] = (uint32_t)carry;
}

static void palyra_natural_scale10_(palyra_natural_* n, int32_t exponent) {
  for (; exponent >= 9; exponent -= 9) palyra_natural_multiply_(n, 1000000000, 0);
  for (; exponent > 0; --exponent) palyra_natural_multiply_(n, 10, 0);
}

static void palyra_natural_shift_(palyra_natural_* n, int32_t bits) {
  const uint32_t limbs = (uint32_t)bits / 32;
  if (limbs > 0 && n->used > 0) {
    for (uint32_t i = n->used; i > 0; --i) n->limb[i - 1 + limbs] = n->limb[i - 1];
    for (uint32_t i = 0; i < limbs; ++i) n->limb[i] = 0;
    n->used += limbs;
  }
  palyra_natural_multiply_(n, (uint32_t)1 << (bits % 32), 0);
}

static int32_t palyra_natural_bits_(const palyra_natural_* n) {
  return n->used == 0 ? 0 : (int32_t)(n->used * 32) - __builtin_clz(n->limb[n->used - 1]);
}

static int palyra_natural_compare_(const palyra_natural_* a, const palyra_natural_* b) {
  if (a->used != b->used) return a->used < b->used ? -1 : 1;
  for (uint32_t i = a->used; i > 0; --i) {
    if (a->limb[i - 1] != b->limb[i - 1]) return a->limb[i - 1] < b->limb[i - 1] ? -1 : 1;
  }
  return 0;
}

// a = a - b, where a is not the smaller one
static void palyra_natural_subtract_(palyra_natural_* a, const palyra_natural_* b) {
  int64_t carry = 0;
  for (uint32_t i = 0; i < a->used; ++i) {
    carry += (int64_t)a->limb[i] - (i < b->used ? (int64_t)b->limb[i] : 0);
    a->limb[i] = (uint32_t)carry;
    carry >>= 32;
  }
  while (a->used > 0 && a->limb[a->used - 1] == 0) --a->used;
}

// ---- Implementation: reading numbers ----------------------------------------------------------

// The parts of a JSON number: value = digits * 10^exponent, where `digits` are those of the text between
// `first` and `last` with the point left out.
typedef struct {
  bool negative;
  const char* first;  // first digit that is not 0
  const char* last;   // after the last digit before the exponent
  int32_t digits;     // how many there are from `first` on
  int32_t exponent;
  uint64_t leading;  // value of the first 19 digits
} palyra_decimal_;

static bool palyra_is_digit_(char c) { return c >= '0' && c <= '9'; }

// Reads digits into `d`; false when there is none.
static bool palyra_scan_digits_(const char** at, const char* end, palyra_decimal_* d) {
  const char* const start = *at;
  for (; *at < end && palyra_is_digit_(**at); ++*at) {
    if (d->digits == 0 && **at == '0') continue;
    if (d->digits == 0) d->first = *at;
    if (d->digits < 19) d->leading = d->leading * 10 + (uint64_t)(**at - '0');
    ++d->digits;
  }
  return *at > start;
}

static bool palyra_scan_exponent_(const char** at, const char* end, palyra_decimal_* d) {
  bool negative = false;
  int32_t exponent = 0;
  ++*at;
  if (*at < end && (**at == '+' || **at == '-')) negative = *(*at)++ == '-';
  if (*at == end || !palyra_is_digit_(**at)) return false;
  for (; *at < end && palyra_is_digit_(**at); ++*at) {
    if (exponent < 100000000) exponent = exponent * 10 + (**at - '0');
  }
  d->exponent += negative ? -exponent : exponent;
  return true;
}

static bool palyra_scan_decimal_(palyra_text text, palyra_decimal_* d) {
  const char* at = text.data;
  const char* const end = text.data + text.size;
  d->negative = at < end && *at == '-';
  if (d->negative) ++at;
  const bool zero = at < end && *at == '0';
  const char* const whole = at;
  if (!palyra_scan_digits_(&at, end, d) || (zero && at - whole > 1)) return false;
  if (at < end && *at == '.') {
    const char* const fraction = ++at;
    if (!palyra_scan_digits_(&at, end, d)) return false;
    d->exponent = -(int32_t)(at - fraction);
  }
  d->last = at;
  if (at < end && (*at == 'e' || *at == 'E') && !palyra_scan_exponent_(&at, end, d)) return false;
  return at == end;
}

static double palyra_power_of_two_(int32_t exponent) {
  union {
    uint64_t bits;
    double value;
  } power;
  power.bits = exponent >= -1022 ? (uint64_t)(exponent + 1023) << 52 : (uint64_t)1 << (exponent + 1074);
  return power.value;
}

// The double nearest to top / bottom * 2^scale. Both numbers are used up.
static double palyra_nearest_quotient_(palyra_natural_* top, palyra_natural_* bottom) {
  int32_t scale = palyra_natural_bits_(top) - palyra_natural_bits_(bottom);
  if (scale > 0) palyra_natural_shift_(bottom, scale);
  if (scale < 0) palyra_natural_shift_(top, -scale);
  if (palyra_natural_compare_(top, bottom) >= 0) {
    palyra_natural_shift_(bottom, 1);
    ++scale;
  }
  // Here 1/2 <= top / bottom < 1. Below the normal range a double has fewer than 53 bits.
  const int32_t bits = scale >= -1021 ? 53 : 53 - (-1021 - scale);
  if (bits < 0) return 0;
  if (scale > 1024) return __builtin_inf();
  uint64_t quotient = 0;
  for (int32_t i = 0; i <= bits; ++i) {
    palyra_natural_shift_(top, 1);
    const int order = palyra_natural_compare_(top, bottom);
    if (i == bits) {
      quotient += order > 0 || (order == 0 && quotient % 2 == 1);
      break;
    }
    quotient *= 2;
    if (order >= 0) {
      palyra_natural_subtract_(top, bottom);
      ++quotient;
    }
  }
  return quotient == 0 ? 0 : (double)quotient * palyra_power_of_two_(scale - bits);
}

// Exact for any decimal: 768 digits decide every rounding, and whether more follow is one digit.
static double palyra_slow_double_(const palyra_decimal_* d) {
  palyra_natural_ top;
  palyra_natural_ bottom;
  const int32_t kept = 768;
  int32_t taken = 0;
  bool more = false;
  if (d->digits + d->exponent > 310) return __builtin_inf();
  if (d->digits + d->exponent < -330) return 0;
  palyra_natural_set_(&top, 0);
  for (const char* at = d->first; at < d->last; ++at) {
    if (*at == '.') continue;
    if (taken < kept) palyra_natural_multiply_(&top, 10, (uint32_t)(*at - '0'));
    if (taken >= kept) more |= *at != '0';
    ++taken;
  }
  int32_t exponent = d->exponent + (taken > kept ? taken - kept : 0);
  if (more) {
    palyra_natural_multiply_(&top, 10, 1);
    --exponent;
  }
  palyra_natural_set_(&bottom, 1);
  palyra_natural_scale10_(exponent < 0 ? &bottom : &top, exponent < 0 ? -exponent : exponent);
  return palyra_nearest_quotient_(&top, &bottom);
}

bool palyra_parse_double(palyra_text text, double* value) {
  static const double kPower[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  palyra_decimal_ d = {false, NULL, NULL, 0, 0, 0};
  if (!palyra_scan_decimal_(text, &d)) return false;
  double magnitude;
  if (d.digits == 0) {
    magnitude = 0;
  } else if (d.digits <= 19 && d.leading <= (uint64_t)1 << 53 && d.exponent >= -22 && d.exponent <= 22) {
    // Both operands are exact, so the one rounding is the right one.
    magnitude = d.exponent < 0 ? (double)d.leading / kPower[-d.exponent] : (double)d.leading * kPower[d.exponent];
  } else {
    magnitude = palyra_slow_double_(&d);
  }
  *value = d.negative ? -magnitude : magnitude;
  return magnitude != __builtin_inf();
}

bool palyra_parse_integer(palyra_text text, int64_t* value) {
  palyra_decimal_ d = {false, NULL, NULL, 0, 0, 0};
  if (!palyra_scan_decimal_(text, &d) || d.digits > 19) return false;
  if (d.last != text.data + text.size || d.exponent != 0) return false;
  if (d.leading > (uint64_t)INT64_MAX + d.negative) return false;
  *value = (int64_t)(d.negative ? 0 - d.leading : d.leading);
  return true;
}

// ---- Implementation: writing numbers ----------------------------------------------------------

size_t palyra_format_integer(int64_t value, char out[PALYRA_NUMBER_SIZE]) {
  char reversed[PALYRA_NUMBER_SIZE];
  size_t digits = 0;
  size_t size = 0;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    reversed[digits++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value < 0) out[size++] = '-';
  while (digits > 0) out[size++] = reversed[--digits];
  return size;
}

// The first `count` significant digits of a positive double, rounded correctly, as characters.
// Returns the power of ten of the first one.
static int32_t palyra_digits_(double value, int32_t count, char* digits) {
  union {
    double value;
    uint64_t bits;
  } parts = {value};
  const int32_t field = (int32_t)(parts.bits >> 52);
  const uint64_t fraction = parts.bits & (((uint64_t)1 << 52) - 1);
  const int32_t exponent = (field == 0 ? 1 : field) - 1075;
  palyra_natural_ top;
  palyra_natural_ bottom;
  palyra_natural_set_(&top, field == 0 ? fraction : fraction | (uint64_t)1 << 52);
  palyra_natural_set_(&bottom, 1);
  palyra_natural_shift_(exponent > 0 ? &top : &bottom, exponent > 0 ? exponent : -exponent);
  // An estimate of log10, then the exact power by comparison.
  int32_t power = (palyra_natural_bits_(&top) - palyra_natural_bits_(&bottom)) * 30103 / 100000;
  palyra_natural_scale10_(power > 0 ? &bottom : &top, power > 0 ? power : -power);
  for (; palyra_natural_compare_(&top, &bottom) >= 0; ++power) palyra_natural_multiply_(&bottom, 10, 0);
  for (; palyra_natural_compare_(&top, &bottom) < 0; --power) palyra_natural_multiply_(&top, 10, 0);
  for (int32_t i = 0; i < count; ++i) {
    digits[i] = '0';
    for (; palyra_natural_compare_(&top, &bottom) >= 0; ++digits[i]) palyra_natural_subtract_(&top, &bottom);
    if (i + 1 < count) palyra_natural_multiply_(&top, 10, 0);
  }
  palyra_natural_shift_(&top, 1);
  const int order = palyra_natural_compare_(&top, &bottom);
  if (order < 0 || (order == 0 && (digits[count - 1] - '0') % 2 == 0)) return power;
  int32_t last = count - 1;
  for (; last >= 0 && digits[last] == '9'; --last) digits[last] = '0';
  if (last >= 0) {
    ++digits[last];
    return power;
  }
  digits[0] = '1';
  return power + 1;
}

// Lays digits out as a JSON number: plain between 1e-6 and 1e16, where every digit of a whole number is a
// true one, else with an exponent.
static size_t palyra_lay_out_(const char* digits, int32_t count, int32_t power, char* out) {
  size_t size = 0;
  while (count > 1 && digits[count - 1] == '0') --count;
  const bool plain = power >= -6 && power < 16;
  const int32_t whole = plain ? power + 1 : 1;  // digits before the point
  if (whole <= 0) out[size++] = '0';
  for (int32_t i = 0; i < whole; ++i) out[size++] = i < count ? digits[i] : '0';
  if (count > whole) out[size++] = '.';
  for (int32_t i = whole; i < 0; ++i) out[size++] = '0';
  for (int32_t i = whole > 0 ? whole : 0; i < count; ++i) out[size++] = digits[i];
  if (!plain) {
    out[size++] = 'e';
    size += palyra_format_integer(power, out + size);
  }
  return size;
}

size_t palyra_format_double(double value, char out[PALYRA_NUMBER_SIZE]) {
  if (value != value || value - value != 0) {
    __builtin_memcpy(out, "null", 4);
    return 4;
  }
  if (value > -9007199254740992.0 && value < 9007199254740992.0 && value == (double)(int64_t)value) {
    return palyra_format_integer((int64_t)value, out);
  }
  const size_t sign = value < 0;
  const double magnitude = value < 0 ? -value : value;
  if (sign) out[0] = '-';
  for (int32_t count = 15;; ++count) {
    char digits[17];
    double back = 0;
    const int32_t power = palyra_digits_(magnitude, count, digits);
    const palyra_text text = {out + sign, palyra_lay_out_(digits, count, power, out + sign)};
    if (count == 17 || (palyra_parse_double(text, &back) && back == magnitude)) return sign + text.size;
  }
}

// ---- Implementation: reading JSON -------------------------------------------------------------

palyra_reader palyra_read_json(char* json, size_t size) {
  const palyra_reader in = {json, json + size, false};
  return in;
}

palyra_reader palyra_read_arguments(void) {
  const size_t size = (size_t)palyra_input_length();
  char* const json = (char*)palyra_alloc(size);
  size_t have = 0;
  while (have < size) {
    const int32_t got = palyra_input_read(json + have, size - have, have);
    if (got <= 0) break;
    have += (size_t)got;
  }
  return palyra_read_json(json, have);
}

static void palyra_read_failed_(palyra_reader* in) {
  in->failed = true;
  in->at = in->end;
}

static char palyra_peek_(palyra_reader* in) {
  while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')) ++in->at;
  return in->at < in->end ? *in->at : '\0';
}

static bool palyra_take_(palyra_reader* in, char expected) {
  if (palyra_peek_(in) != expected) return false;
  ++in->at;
  return true;
}

palyra_json_kind palyra_read_kind(palyra_reader* in) {
  const char c = palyra_peek_(in);
  if (c == '{') return PALYRA_JSON_OBJECT;
  if (c == '[') return PALYRA_JSON_ARRAY;
  if (c == '"') return PALYRA_JSON_STRING;
  if (c == 't' || c == 'f') return PALYRA_JSON_BOOLEAN;
  if (c == 'n') return PALYRA_JSON_NULL;
  return c == '-' || palyra_is_digit_(c) ? PALYRA_JSON_NUMBER : PALYRA_JSON_NOTHING;
}

void palyra_read_object(palyra_reader* in) {
  if (!palyra_take_(in, '{')) palyra_read_failed_(in);
}

void palyra_read_array(palyra_reader* in) {
  if (!palyra_take_(in, '[')) palyra_read_failed_(in);
}

bool palyra_read_item(palyra_reader* in) {
  if (palyra_take_(in, ']')) return false;
  (void)palyra_take_(in, ',');
  if (palyra_read_kind(in) == PALYRA_JSON_NOTHING) palyra_read_failed_(in);
  return !in->failed;
}

bool palyra_read_member(palyra_reader* in, palyra_text* key) {
  if (palyra_take_(in, '}')) return false;
  (void)palyra_take_(in, ',');
  *key = palyra_read_string(in);
  if (!palyra_take_(in, ':')) palyra_read_failed_(in);
  return !in->failed;
}

// Four hexadecimal digits, or 0xFFFFFFFF.
static uint32_t palyra_hex4_(const char* at, const char* end) {
  uint32_t value = 0;
  if (end - at < 4) return UINT32_MAX;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    const char lower = (char)(c | 0x20);
    if (!palyra_is_digit_(c) && (lower < 'a' || lower > 'f')) return UINT32_MAX;
    value = value * 16 + (uint32_t)(palyra_is_digit_(c) ? c - '0' : lower - 'a' + 10);
  }
  return value;
}

static char* palyra_put_utf8_(char* to, uint32_t point) {
  if (point < 0x80) {
    *to++ = (char)point;
    return to;
  }
  if (point < 0x800) {
    *to++ = (char)(0xC0 | point >> 6);
  } else {
    *to++ = (char)(point < 0x10000 ? 0xE0 | point >> 12 : 0xF0 | point >> 18);
    if (point >= 0x10000) *to++ = (char)(0x80 | (point >> 12 & 0x3F));
    *to++ = (char)(0x80 | (point >> 6 & 0x3F));
  }
  *to++ = (char)(0x80 | (point & 0x3F));
  return to;
}

// Decodes the escape after a backslash at in->at into `to`. NULL when it is none.
static char* palyra_read_escape_(palyra_reader* in, char* to) {
  static const char kFrom[] = "\"\\/bfnrt";
  static const char kTo[] = "\"\\/\b\f\n\r\t";
  if (in->at == in->end) return NULL;
  const char c = *in->at++;
  for (int i = 0; kFrom[i] != '\0'; ++i) {
    if (kFrom[i] != c) continue;
    *to = kTo[i];
    return to + 1;
  }
  uint32_t point = c == 'u' ? palyra_hex4_(in->at, in->end) : UINT32_MAX;
  if (point > 0xFFFF || (point >= 0xDC00 && point < 0xE000)) return NULL;
  in->at += 4;
  if (point >= 0xD800 && point < 0xDC00) {
    if (in->end - in->at < 6 || in->at[0] != '\\' || in->at[1] != 'u') return NULL;
    const uint32_t low = palyra_hex4_(in->at + 2, in->end);
    if (low < 0xDC00 || low > 0xDFFF) return NULL;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    in->at += 6;
  }
  return palyra_put_utf8_(to, point);
}

palyra_text palyra_read_string(palyra_reader* in) {
  palyra_text text = {"", 0};
  if (!palyra_take_(in, '"')) {
    palyra_read_failed_(in);
    return text;
  }
  char* const start = in->at;
  char* to = start;
  while (in->at < in->end && *in->at != '"') {
    const char c = *in->at++;
    if (c != '\\') *to++ = c;
    if (c == '\\') to = palyra_read_escape_(in, to);
    if (to == NULL) break;
  }
  if (to == NULL || in->at == in->end) {
    palyra_read_failed_(in);
    return text;
  }
  ++in->at;
  text.data = start;
  text.size = (size_t)(to - start);
  return text;
}

// The characters of a number or a word.
static palyra_text palyra_read_bare_(palyra_reader* in) {
  (void)palyra_peek_(in);
  const char* const start = in->at;
  while (in->at < in->end) {
    const char c = *in->at;
    if (!palyra_is_digit_(c) && (c < 'a' || c > 'z') && c != '-' && c != '+' && c != '.' && c != 'E') break;
    ++in->at;
  }
  const palyra_text text = {start, (size_t)(in->at - start)};
  return text;
}

double palyra_read_number(palyra_reader* in) {
  double value = 0;
  if (!palyra_parse_double(palyra_read_bare_(in), &value)) palyra_read_failed_(in);
  return value;
}

int64_t palyra_read_integer(palyra_reader* in) {
  int64_t value = 0;
  double number = 0;
  const palyra_text text = palyra_read_bare_(in);
  if (palyra_parse_integer(text, &value)) return value;
  // `2.0` and `2e3` are integers too, as JSON Schema counts them.
  if (palyra_parse_double(text, &number) && number >= -9007199254740992.0 && number <= 9007199254740992.0 &&
      number == (double)(int64_t)number) {
    return (int64_t)number;
  }
  palyra_read_failed_(in);
  return 0;
}

bool palyra_read_boolean(palyra_reader* in) {
  const palyra_text word = palyra_read_bare_(in);
  const bool value = palyra_text_is(word, "true");
  if (!value && !palyra_text_is(word, "false")) palyra_read_failed_(in);
  return value;
}

static void palyra_skip_string_(palyra_reader* in) {
  for (++in->at; in->at < in->end && *in->at != '"'; ++in->at) {
    if (*in->at == '\\' && in->end - in->at > 1) ++in->at;
  }
  if (!palyra_take_(in, '"')) palyra_read_failed_(in);
}

palyra_reader palyra_read_skip(palyra_reader* in) {
  (void)palyra_peek_(in);
  palyra_reader value = palyra_read_json(in->at, 0);
  size_t depth = 0;
  do {
    const palyra_json_kind kind = palyra_read_kind(in);
    const char c = palyra_peek_(in);
    if (kind == PALYRA_JSON_STRING) {
      palyra_skip_string_(in);
    } else if (kind == PALYRA_JSON_OBJECT || kind == PALYRA_JSON_ARRAY) {
      ++in->at;
      ++depth;
    } else if (depth > 0 && (c == '}' || c == ']')) {
      ++in->at;
      --depth;
    } else if (depth > 0 && (c == ',' || c == ':')) {
      ++in->at;
    } else if (palyra_read_bare_(in).size == 0) {
      palyra_read_failed_(in);
    }
  } while (depth > 0 && !in->failed);
  value.end = in->at;
  value.failed = in->failed;
  return value;
}

// ---- Implementation: writing JSON -------------------------------------------------------------

palyra_writer palyra_write_output(void) {
  palyra_writer out;
  out.used = 0;
  out.status = 0;
  out.comma = false;
  return out;
}

void palyra_write_flush(palyra_writer* out) {
  if (out->status == 0 && out->used > 0) out->status = palyra_output_write(out->buffer, out->used);
  out->used = 0;
}

static void palyra_put_(palyra_writer* out, const char* data, size_t size) {
  while (size > 0) {
    if (out->used == sizeof out->buffer) palyra_write_flush(out);
    const size_t room = sizeof out->buffer - out->used;
    const size_t part = size < room ? size : room;
    __builtin_memcpy(out->buffer + out->used, data, part);
    out->used += part;
    data += part;
    size -= part;
  }
}

// A value, or the start of one, that a comma may have to go before.
static void palyra_put_value_(palyra_writer* out, const char* data, size_t size, bool comma_after) {
  if (out->comma) palyra_put_(out, ",", 1);
  palyra_put_(out, data, size);
  out->comma = comma_after;
}

void palyra_write_begin_object(palyra_writer* out) { palyra_put_value_(out, "{", 1, false); }

void palyra_write_begin_array(palyra_writer* out) { palyra_put_value_(out, "[", 1, false); }

void palyra_write_end_object(palyra_writer* out) {
  palyra_put_(out, "}", 1);
  out->comma = true;
}

void palyra_write_end_array(palyra_writer* out) {
  palyra_put_(out, "]", 1);
  out->comma = true;
}

// Bytes of the well-formed UTF-8 sequence at `text`, or 0 (Unicode 15, table 3-7).
static size_t palyra_utf8_size_(palyra_text text) {
  const unsigned char* const s = (const unsigned char*)text.data;
  if (s[0] < 0x80) return 1;
  if (s[0] < 0xC2 || s[0] > 0xF4) return 0;
  const size_t size = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
  const unsigned char low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
  if (text.size < size || s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (s[i] < 0x80 || s[i] > 0xBF) return 0;
  }
  return size;
}

static void palyra_put_escaped_(palyra_writer* out, char c) {
  static const char kHex[] = "0123456789abcdef";
  char escape[6] = {'\\', c, '0', '0', '0', '0'};
  if (c == '"' || c == '\\') {
    palyra_put_(out, escape, 2);
    return;
  }
  escape[1] = 'u';
  escape[4] = kHex[c >> 4 & 1];
  escape[5] = kHex[c & 15];
  palyra_put_(out, escape, 6);
}

void palyra_write_string(palyra_writer* out, palyra_text text) {
  palyra_put_value_(out, "\"", 1, true);
  size_t plain = 0;  // bytes at the front of `text` that can go out as they are
  while (plain < text.size) {
    const char c = text.data[plain];
    const palyra_text rest = {text.data + plain, text.size - plain};
    const size_t size = palyra_utf8_size_(rest);
    if (size > 0 && c != '"' && c != '\\' && (unsigned char)c >= 0x20) {
      plain += size;
      continue;
    }
    palyra_put_(out, text.data, plain);
    if (size == 0) palyra_put_(out, "\xEF\xBF\xBD", 3);
    if (size > 0) palyra_put_escaped_(out, c);
    text.data += plain + 1;
    text.size -= plain + 1;
    plain = 0;
  }
  palyra_put_(out, text.data, plain);
  palyra_put_(out, "\"", 1);
}

void palyra_write_key(palyra_writer* out, const char* literal) {
  palyra_write_string(out, palyra_text_of(literal));
  palyra_put_(out, ":", 1);
  out->comma = false;
}

void palyra_write_integer(palyra_writer* out, int64_t value) {
  char digits[PALYRA_NUMBER_SIZE];
  palyra_put_value_(out, digits, palyra_format_integer(value, digits), true);
}

void palyra_write_double(palyra_writer* out, double value) {
  char digits[PALYRA_NUMBER_SIZE];
  palyra_put_value_(out, digits, palyra_format_double(value, digits), true);
}

void palyra_write_boolean(palyra_writer* out, bool value) {
  palyra_put_value_(out, value ? "true" : "false", value ? 4 : 5, true);
}

void palyra_write_null(palyra_writer* out) { palyra_put_value_(out, "null", 4, true); }

int32_t palyra_write_finish(palyra_writer* out) {
  palyra_write_flush(out);
  return out->status == 0 ? 0 : palyra_fail("the result is larger than the output may be");
}

#endif  // PALYRA_SKILL_IMPLEMENTATION

#ifdef __cplusplus
}
#endif

#endif  // PALYRA_SKILL_H_
