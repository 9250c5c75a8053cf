// SPDX-License-Identifier: Apache-2.0
//! The host functions as they are imported, name by name as in `palyra_skill.h`, which says what each does. The safe
//! functions and types of the crate's root call them; a module imports those that it uses.

#![allow(clippy::too_many_arguments)]

/// What `file_stat` writes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct FileFacts {
    /// 1 file, 2 directory.
    pub kind: u8,
    pub zero: [u8; 7],
    pub size: u64,
    /// Since 1970-01-01 UTC.
    pub modified_ms: u64,
}

#[link(wasm_import_module = "palyra:skill/call@1.0.0")]
extern "C" {
    #[link_name = "input-length"]
    pub fn input_length() -> i32;
    #[link_name = "input-read"]
    pub fn input_read(buffer: *mut u8, size: usize, offset: usize) -> i32;
    #[link_name = "output-write"]
    pub fn output_write(data: *const u8, size: usize) -> i32;
    #[link_name = "output-part"]
    pub fn output_part(media: *const u8, media_size: usize, data: *const u8, size: usize) -> i32;
    #[link_name = "error-write"]
    pub fn error_write(text: *const u8, size: usize) -> i32;
    #[link_name = "tool-id"]
    pub fn tool_id(buffer: *mut u8, cap: usize) -> i32;
    #[link_name = "run-id"]
    pub fn run_id(buffer: *mut u8, cap: usize) -> i32;
    #[link_name = "config"]
    pub fn config(key: *const u8, key_size: usize, buffer: *mut u8, cap: usize) -> i32;
    #[link_name = "log"]
    pub fn log(level: i32, text: *const u8, size: usize) -> i32;
    #[link_name = "progress"]
    pub fn progress(done: i64, total: i64, text: *const u8, size: usize) -> i32;
    #[link_name = "deadline-ms"]
    pub fn deadline_ms() -> i64;
    #[link_name = "cancelled"]
    pub fn cancelled() -> i32;
}

#[link(wasm_import_module = "palyra:skill/assets@1.0.0")]
extern "C" {
    #[link_name = "open"]
    pub fn asset_open(path: *const u8, path_size: usize) -> i32;
    #[link_name = "size"]
    pub fn asset_size(asset: i32) -> i64;
    #[link_name = "read"]
    pub fn asset_read(asset: i32, buffer: *mut u8, cap: usize, offset: i64) -> i32;
    #[link_name = "close"]
    pub fn asset_close(asset: i32) -> i32;
}

#[link(wasm_import_module = "palyra:skill/clock@1.0.0")]
extern "C" {
    #[link_name = "wall-ms"]
    pub fn clock_wall_ms() -> i64;
    #[link_name = "monotonic-ms"]
    pub fn clock_monotonic_ms() -> i64;
}

#[link(wasm_import_module = "palyra:skill/random@1.0.0")]
extern "C" {
    #[link_name = "fill"]
    pub fn random_fill(buffer: *mut u8, size: usize) -> i32;
}

#[link(wasm_import_module = "palyra:skill/http@1.0.0")]
extern "C" {
    #[link_name = "grant"]
    pub fn http_grant(origin: *const u8, size: usize) -> i32;
    #[link_name = "open"]
    pub fn http_open(origin: i32, method: i32, path: *const u8, path_size: usize) -> i32;
    #[link_name = "header"]
    pub fn http_header(
        request: i32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> i32;
    #[link_name = "secret"]
    pub fn http_secret(request: i32, secret: i32) -> i32;
    #[link_name = "body"]
    pub fn http_body(request: i32, data: *const u8, size: usize) -> i32;
    #[link_name = "send"]
    pub fn http_send(request: i32) -> i32;
    #[link_name = "response-header-names"]
    pub fn http_response_header_names(request: i32, buffer: *mut u8, cap: usize) -> i32;
    #[link_name = "response-header"]
    pub fn http_response_header(
        request: i32,
        name: *const u8,
        name_size: usize,
        buffer: *mut u8,
        cap: usize,
    ) -> i32;
    #[link_name = "response-length"]
    pub fn http_response_length(request: i32) -> i64;
    #[link_name = "response-read"]
    pub fn http_response_read(request: i32, buffer: *mut u8, cap: usize) -> i32;
    #[link_name = "close"]
    pub fn http_close(request: i32) -> i32;
}

#[link(wasm_import_module = "palyra:skill/secret@1.0.0")]
extern "C" {
    #[link_name = "grant"]
    pub fn secret_grant(name: *const u8, size: usize) -> i32;
    #[link_name = "present"]
    pub fn secret_present(secret: i32) -> i32;
    #[link_name = "hmac-sha256"]
    pub fn secret_hmac_sha256(secret: i32, data: *const u8, size: usize, mac: *mut u8) -> i32;
}

#[link(wasm_import_module = "palyra:skill/storage@1.0.0")]
extern "C" {
    #[link_name = "grant"]
    pub fn storage_grant(prefix: *const u8, size: usize) -> i32;
    #[link_name = "get"]
    pub fn storage_get(
        storage: i32,
        key: *const u8,
        key_size: usize,
        buffer: *mut u8,
        cap: usize,
        version: *mut i64,
    ) -> i32;
    #[link_name = "put"]
    pub fn storage_put(
        storage: i32,
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        expected: i64,
    ) -> i64;
    #[link_name = "delete"]
    pub fn storage_delete(storage: i32, key: *const u8, key_size: usize, expected: i64) -> i32;
    #[link_name = "list"]
    pub fn storage_list(
        storage: i32,
        after: *const u8,
        after_size: usize,
        buffer: *mut u8,
        cap: usize,
    ) -> i32;
}

#[link(wasm_import_module = "palyra:skill/channel@1.0.0")]
extern "C" {
    #[link_name = "grant"]
    pub fn channel_grant(name: *const u8, size: usize) -> i32;
    #[link_name = "send"]
    pub fn channel_send(channel: i32, data: *const u8, size: usize) -> i32;
    #[link_name = "receive"]
    pub fn channel_receive(channel: i32, buffer: *mut u8, cap: usize) -> i32;
}

#[link(wasm_import_module = "palyra:skill/files@1.0.0")]
extern "C" {
    #[link_name = "root"]
    pub fn file_root(name: *const u8, size: usize) -> i32;
    #[link_name = "open"]
    pub fn file_open(root: i32, path: *const u8, path_size: usize, flags: i32) -> i32;
    #[link_name = "read"]
    pub fn file_read(file: i32, buffer: *mut u8, cap: usize) -> i32;
    #[link_name = "write"]
    pub fn file_write(file: i32, data: *const u8, size: usize) -> i32;
    #[link_name = "seek"]
    pub fn file_seek(file: i32, offset: i64, whence: i32) -> i64;
    #[link_name = "size"]
    pub fn file_size(file: i32) -> i64;
    #[link_name = "sync"]
    pub fn file_sync(file: i32) -> i32;
    #[link_name = "close"]
    pub fn file_close(file: i32) -> i32;
    #[link_name = "stat"]
    pub fn file_stat(root: i32, path: *const u8, path_size: usize, facts: *mut FileFacts) -> i32;
    #[link_name = "list"]
    pub fn file_list(
        root: i32,
        path: *const u8,
        path_size: usize,
        after: *const u8,
        after_size: usize,
        buffer: *mut u8,
        cap: usize,
    ) -> i32;
    #[link_name = "make-directory"]
    pub fn file_make_directory(root: i32, path: *const u8, path_size: usize) -> i32;
    #[link_name = "remove"]
    pub fn file_remove(root: i32, path: *const u8, path_size: usize) -> i32;
    #[link_name = "rename"]
    pub fn file_rename(
        root: i32,
        from: *const u8,
        from_size: usize,
        to: *const u8,
        to_size: usize,
    ) -> i32;
}
