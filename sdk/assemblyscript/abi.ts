// SPDX-License-Identifier: Apache-2.0
// The host functions as they are imported, name by name as in palyra_skill.h, which says what each does. A module imports
// those that it uses.

// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "input-length")
export declare function input_length(): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "input-read")
export declare function input_read(buffer: usize, size: usize, offset: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "output-write")
export declare function output_write(data: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "output-part")
export declare function output_part(media: usize, media_size: usize, data: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "error-write")
export declare function error_write(text: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "tool-id")
export declare function tool_id(buffer: usize, cap: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "run-id")
export declare function run_id(buffer: usize, cap: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "config")
export declare function config(key: usize, key_size: usize, buffer: usize, cap: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "log")
export declare function log(level: i32, text: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "progress")
export declare function progress(done: i64, total: i64, text: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "deadline-ms")
export declare function deadline_ms(): i64;
// @ts-ignore: decorator
@external("palyra:skill/call@1.0.0", "cancelled")
export declare function cancelled(): i32;

// @ts-ignore: decorator
@external("palyra:skill/assets@1.0.0", "open")
export declare function asset_open(path: usize, path_size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/assets@1.0.0", "size")
export declare function asset_size(asset: i32): i64;
// @ts-ignore: decorator
@external("palyra:skill/assets@1.0.0", "read")
export declare function asset_read(asset: i32, buffer: usize, cap: usize, offset: i64): i32;
// @ts-ignore: decorator
@external("palyra:skill/assets@1.0.0", "close")
export declare function asset_close(asset: i32): i32;

// @ts-ignore: decorator
@external("palyra:skill/clock@1.0.0", "wall-ms")
export declare function clock_wall_ms(): i64;
// @ts-ignore: decorator
@external("palyra:skill/clock@1.0.0", "monotonic-ms")
export declare function clock_monotonic_ms(): i64;

// @ts-ignore: decorator
@external("palyra:skill/random@1.0.0", "fill")
export declare function random_fill(buffer: usize, size: usize): i32;

// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "grant")
export declare function http_grant(origin: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "open")
export declare function http_open(origin: i32, method: i32, path: usize, path_size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "header")
export declare function http_header(
  request: i32, name: usize, name_size: usize, value: usize, value_size: usize,
): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "secret")
export declare function http_secret(request: i32, secret: i32): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "body")
export declare function http_body(request: i32, data: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "send")
export declare function http_send(request: i32): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "response-header-names")
export declare function http_response_header_names(request: i32, buffer: usize, cap: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "response-header")
export declare function http_response_header(
  request: i32, name: usize, name_size: usize, buffer: usize, cap: usize,
): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "response-length")
export declare function http_response_length(request: i32): i64;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "response-read")
export declare function http_response_read(request: i32, buffer: usize, cap: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/http@1.0.0", "close")
export declare function http_close(request: i32): i32;

// @ts-ignore: decorator
@external("palyra:skill/secret@1.0.0", "grant")
export declare function secret_grant(name: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/secret@1.0.0", "present")
export declare function secret_present(secret: i32): i32;
// @ts-ignore: decorator
@external("palyra:skill/secret@1.0.0", "hmac-sha256")
export declare function secret_hmac_sha256(secret: i32, data: usize, size: usize, mac: usize): i32;

// @ts-ignore: decorator
@external("palyra:skill/storage@1.0.0", "grant")
export declare function storage_grant(prefix: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/storage@1.0.0", "get")
export declare function storage_get(
  storage: i32, key: usize, key_size: usize, buffer: usize, cap: usize, version: usize,
): i32;
// @ts-ignore: decorator
@external("palyra:skill/storage@1.0.0", "put")
export declare function storage_put(
  storage: i32, key: usize, key_size: usize, value: usize, value_size: usize, expected: i64,
): i64;
// @ts-ignore: decorator
@external("palyra:skill/storage@1.0.0", "delete")
export declare function storage_delete(storage: i32, key: usize, key_size: usize, expected: i64): i32;
// @ts-ignore: decorator
@external("palyra:skill/storage@1.0.0", "list")
export declare function storage_list(storage: i32, after: usize, after_size: usize, buffer: usize, cap: usize): i32;

// @ts-ignore: decorator
@external("palyra:skill/channel@1.0.0", "grant")
export declare function channel_grant(name: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/channel@1.0.0", "send")
export declare function channel_send(channel: i32, data: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/channel@1.0.0", "receive")
export declare function channel_receive(channel: i32, buffer: usize, cap: usize): i32;

// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "root")
export declare function file_root(name: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "open")
export declare function file_open(root: i32, path: usize, path_size: usize, flags: i32): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "read")
export declare function file_read(file: i32, buffer: usize, cap: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "write")
export declare function file_write(file: i32, data: usize, size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "seek")
export declare function file_seek(file: i32, offset: i64, whence: i32): i64;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "size")
export declare function file_size(file: i32): i64;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "sync")
export declare function file_sync(file: i32): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "close")
export declare function file_close(file: i32): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "stat")
export declare function file_stat(root: i32, path: usize, path_size: usize, facts: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "list")
export declare function file_list(
  root: i32, path: usize, path_size: usize, after: usize, after_size: usize, buffer: usize, cap: usize,
): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "make-directory")
export declare function file_make_directory(root: i32, path: usize, path_size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "remove")
export declare function file_remove(root: i32, path: usize, path_size: usize): i32;
// @ts-ignore: decorator
@external("palyra:skill/files@1.0.0", "rename")
export declare function file_rename(root: i32, from: usize, from_size: usize, to: usize, to_size: usize): i32;
