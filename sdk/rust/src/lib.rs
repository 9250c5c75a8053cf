// SPDX-License-Identifier: Apache-2.0
//! Write Palyra skills in Rust, with or without std.
//!
//! A tool is a function that reads its arguments (one JSON object that already fits the tool's input schema), writes its
//! output and returns `Ok`. Anything else is a message for the caller:
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//! use palyra_skill::{arguments, json::{Reader, Writer}, output, tool, Outcome};
//!
//! tool!(greet);
//! fn greet() -> Outcome {
//!     let arguments = arguments();
//!     let mut json = Reader::new(&arguments);
//!     let mut who = Default::default();
//!     json.object();
//!     while let Some(key) = json.member() {
//!         if key == "who" { who = json.string() } else { json.skip(); }
//!     }
//!     let mut out = Writer::default();
//!     out.begin_object();
//!     out.key("hello");
//!     out.string(&who);
//!     out.end_object();
//!     Ok(output(out.text().as_bytes())?)
//! }
//! ```
//!
//! Handles of what was granted (`Origin`, `Secret`, `Storage`, `Channel`, `Root`) are looked up by the name that the
//! manifest declares; requests and files close when they are dropped. What each call means is in `docs/guest-abi.md`.
#![no_std]

extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

pub mod abi;
mod handles;
pub mod json;
#[cfg(all(feature = "runtime", target_arch = "wasm32"))]
mod runtime;

pub use handles::*;

/// Why the host refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Bad index or argument, closed object.
    Invalid,
    /// Outside what this call was granted.
    Denied,
    /// No such grant, asset, key, setting, message.
    NotFound,
    /// Over a stated limit.
    TooLarge,
    /// A rate, count or byte budget of this call is used up.
    Exhausted,
    /// Network or backend failed.
    Unavailable,
    /// Somebody else was first.
    Conflict,
    /// Not in the promised form.
    Malformed,
}

impl Error {
    pub fn name(self) -> &'static str {
        match self {
            Error::Invalid => "invalid",
            Error::Denied => "denied",
            Error::NotFound => "not found",
            Error::TooLarge => "too large",
            Error::Exhausted => "exhausted",
            Error::Unavailable => "unavailable",
            Error::Conflict => "conflict",
            Error::Malformed => "malformed",
        }
    }
}

pub type Result<T> = core::result::Result<T, Error>;

/// What a failing tool says; made from text, or from an `Error` by `?`.
pub struct Failure(pub String);
pub type Outcome = core::result::Result<(), Failure>;

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Failure(text.into())
    }
}
impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure(text)
    }
}
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        error.name().into()
    }
}

/// Exports a function `fn() -> Outcome` as a tool of the same name.
#[macro_export]
macro_rules! tool {
    ($name:ident) => {
        const _: () = {
            #[export_name = stringify!($name)]
            extern "C" fn exported() -> i32 {
                $crate::finish($name())
            }
        };
    };
}

/// What a tool returns to the host: 0, or 1 once the message is written.
pub fn finish(outcome: Outcome) -> i32 {
    let Err(Failure(text)) = outcome else { return 0 };
    unsafe { abi::error_write(text.as_ptr(), text.len()) };
    1
}

// ---- Results

fn error_of(result: i64) -> Error {
    match result {
        -2 => Error::Denied,
        -3 => Error::NotFound,
        -4 => Error::TooLarge,
        -5 => Error::Exhausted,
        -6 => Error::Unavailable,
        -7 => Error::Conflict,
        -8 => Error::Malformed,
        _ => Error::Invalid,
    }
}

fn checked(result: i32) -> Result<i32> {
    if result < 0 { Err(error_of(result.into())) } else { Ok(result) }
}

fn checked_long(result: i64) -> Result<i64> {
    if result < 0 { Err(error_of(result)) } else { Ok(result) }
}

fn done(result: i32) -> Result<()> {
    checked(result).map(|_| ())
}

/// A value of one of the functions that answer how much is needed.
fn needed(mut ask: impl FnMut(*mut u8, usize) -> i32) -> Result<Vec<u8>> {
    let mut buffer = vec![0; 1024];
    loop {
        let size = checked(ask(buffer.as_mut_ptr(), buffer.len()))? as usize;
        let fits = size <= buffer.len();
        buffer.resize(size, 0);
        if fits {
            return Ok(buffer);
        }
    }
}

/// Everything that one of the functions gives which answer 0 at the end.
fn to_end(mut read: impl FnMut(*mut u8, usize) -> i32) -> Result<Vec<u8>> {
    let (mut bytes, mut used) = (vec![0; 1024], 0);
    loop {
        if used == bytes.len() {
            bytes.resize(used * 2, 0);
        }
        let got = checked(read(bytes[used..].as_mut_ptr(), bytes.len() - used))? as usize;
        used += got;
        if got == 0 {
            bytes.truncate(used);
            return Ok(bytes);
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

// ---- The call

/// One JSON object, checked against the input schema, no key twice.
pub fn arguments() -> Vec<u8> {
    let mut bytes = vec![0; unsafe { abi::input_length() } as usize];
    let got = unsafe { abi::input_read(bytes.as_mut_ptr(), bytes.len(), 0) };
    bytes.truncate(got.max(0) as usize);
    bytes
}

/// Appends to the output.
pub fn output(data: &[u8]) -> Result<()> {
    done(unsafe { abi::output_write(data.as_ptr(), data.len()) })
}

/// Adds one content part with a media type such as `image/png`.
pub fn output_part(media: &str, data: &[u8]) -> Result<()> {
    done(unsafe { abi::output_part(media.as_ptr(), media.len(), data.as_ptr(), data.len()) })
}

pub fn tool_id() -> String {
    text(needed(|buffer, cap| unsafe { abi::tool_id(buffer, cap) }).unwrap_or_default())
}

pub fn run_id() -> String {
    text(needed(|buffer, cap| unsafe { abi::run_id(buffer, cap) }).unwrap_or_default())
}

/// One setting of the skill as JSON text.
pub fn config(key: &str) -> Result<String> {
    needed(|buffer, cap| unsafe { abi::config(key.as_ptr(), key.len(), buffer, cap) }).map(text)
}

#[derive(Clone, Copy)]
pub enum Level {
    Error,
    Warning,
    Info,
    Debug,
    Trace,
}

/// One line for the operator's log.
pub fn log(level: Level, line: &str) {
    unsafe { abi::log(level as i32, line.as_ptr(), line.len()) };
}

/// `done` of `total` steps, total 0 = unknown.
pub fn progress(done: i64, total: i64, message: &str) {
    unsafe { abi::progress(done, total, message.as_ptr(), message.len()) };
}

/// Milliseconds until the call is ended.
pub fn deadline_ms() -> i64 {
    unsafe { abi::deadline_ms() }
}

/// Whether the caller has gone.
pub fn cancelled() -> bool {
    unsafe { abi::cancelled() != 0 }
}

// ---- Assets, clock, random

/// Every byte of the asset with that name below `assets/`.
pub fn asset(path: &str) -> Result<Vec<u8>> {
    let asset = checked(unsafe { abi::asset_open(path.as_ptr(), path.len()) })?;
    let mut bytes = vec![0; unsafe { abi::asset_size(asset) } as usize];
    let got = unsafe { abi::asset_read(asset, bytes.as_mut_ptr(), bytes.len(), 0) };
    unsafe { abi::asset_close(asset) };
    bytes.truncate(checked(got)? as usize);
    Ok(bytes)
}

/// Milliseconds since 1970-01-01 UTC.
pub fn clock_wall_ms() -> i64 {
    unsafe { abi::clock_wall_ms() }
}

/// Milliseconds since some fixed moment; never goes back.
pub fn clock_monotonic_ms() -> i64 {
    unsafe { abi::clock_monotonic_ms() }
}

/// Fills at most 64 KiB with random bytes.
pub fn random_fill(bytes: &mut [u8]) -> Result<()> {
    done(unsafe { abi::random_fill(bytes.as_mut_ptr(), bytes.len()) })
}
