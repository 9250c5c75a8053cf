// SPDX-License-Identifier: Apache-2.0
//! What was granted to the call, and what it opens.

use crate::{abi, checked, checked_long, done, needed, text, to_end, Error, Result};
use alloc::{string::String, vec, vec::Vec};

/// Names as `storage list` and `files list` write them: u16le length and bytes each.
fn names_after(mut list: impl FnMut(&str, *mut u8, usize) -> i32) -> Result<Vec<String>> {
    let (mut names, mut buffer) = (Vec::<String>::new(), vec![0; 16 * 1024]);
    loop {
        let after = names.last().map_or("", String::as_str);
        let used = checked(list(after, buffer.as_mut_ptr(), buffer.len()))? as usize;
        if used == 0 {
            return Ok(names);
        }
        let mut rest = &buffer[..used];
        while let [low, high, tail @ ..] = rest {
            let size = usize::from(u16::from_le_bytes([*low, *high]));
            let name = tail.get(..size).ok_or(Error::Malformed)?;
            names.push(String::from_utf8_lossy(name).into_owned());
            rest = &tail[size..];
        }
    }
}

// ---- HTTP

#[derive(Clone, Copy)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// The rules of one origin.
#[derive(Clone, Copy)]
pub struct Origin(i32);

impl Origin {
    /// `scheme://host[:port]`; a bare host means https.
    pub fn grant(origin: &str) -> Result<Self> {
        checked(unsafe { abi::http_grant(origin.as_ptr(), origin.len()) }).map(Self)
    }
    /// A request, not sent yet; the path may have a query.
    pub fn open(self, method: Method, path: &str) -> Result<Request> {
        checked(unsafe { abi::http_open(self.0, method as i32, path.as_ptr(), path.len()) }).map(Request)
    }
}

/// Closed when it is dropped.
pub struct Request(i32);

impl Request {
    pub fn header(&mut self, name: &str, value: &str) -> Result<()> {
        done(unsafe { abi::http_header(self.0, name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
    }
    /// The host puts the secret where the rule places it.
    pub fn secret(&mut self, secret: Secret) -> Result<()> {
        done(unsafe { abi::http_secret(self.0, secret.0) })
    }
    pub fn body(&mut self, data: &[u8]) -> Result<()> {
        done(unsafe { abi::http_body(self.0, data.as_ptr(), data.len()) })
    }
    /// Sends and waits for the status.
    pub fn send(&mut self) -> Result<i32> {
        checked(unsafe { abi::http_send(self.0) })
    }
    /// In small letters.
    pub fn response_header_names(&self) -> Result<Vec<String>> {
        let names = text(needed(|to, cap| unsafe { abi::http_response_header_names(self.0, to, cap) })?);
        Ok(names.split('\n').filter(|name| !name.is_empty()).map(String::from).collect())
    }
    pub fn response_header(&self, name: &str) -> Result<String> {
        needed(|to, cap| unsafe { abi::http_response_header(self.0, name.as_ptr(), name.len(), to, cap) }).map(text)
    }
    pub fn response_length(&self) -> Result<i64> {
        checked_long(unsafe { abi::http_response_length(self.0) })
    }
    /// Bytes read, 0 at the end.
    pub fn response_read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        checked(unsafe { abi::http_response_read(self.0, buffer.as_mut_ptr(), buffer.len()) }).map(|got| got as usize)
    }
    /// What is left of the body.
    pub fn response(&mut self) -> Result<Vec<u8>> {
        to_end(|to, cap| unsafe { abi::http_response_read(self.0, to, cap) })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        unsafe { abi::http_close(self.0) };
    }
}

// ---- Secrets: used, never seen

#[derive(Clone, Copy)]
pub struct Secret(i32);

impl Secret {
    /// `<scope>/<key>`.
    pub fn grant(name: &str) -> Result<Self> {
        checked(unsafe { abi::secret_grant(name.as_ptr(), name.len()) }).map(Self)
    }
    /// Whether the operator has stored a value.
    pub fn present(self) -> Result<bool> {
        checked(unsafe { abi::secret_present(self.0) }).map(|present| present == 1)
    }
    pub fn hmac_sha256(self, data: &[u8]) -> Result<[u8; 32]> {
        let mut mac = [0; 32];
        done(unsafe { abi::secret_hmac_sha256(self.0, data.as_ptr(), data.len(), mac.as_mut_ptr()) })?;
        Ok(mac)
    }
}

// ---- Storage

/// Which version a change expects to find.
#[derive(Clone, Copy)]
pub enum Expected {
    Any,
    New,
    Version(i64),
}

impl Expected {
    fn number(self) -> i64 {
        match self {
            Expected::Any => -1,
            Expected::New => 0,
            Expected::Version(version) => version,
        }
    }
}

#[derive(Clone, Copy)]
pub struct Storage(i32);

impl Storage {
    pub fn grant(prefix: &str) -> Result<Self> {
        checked(unsafe { abi::storage_grant(prefix.as_ptr(), prefix.len()) }).map(Self)
    }
    /// The value and its version.
    pub fn get(self, key: &str) -> Result<(Vec<u8>, i64)> {
        let mut version = 0;
        let value = needed(|to, cap| unsafe {
            abi::storage_get(self.0, key.as_ptr(), key.len(), to, cap, &mut version)
        })?;
        Ok((value, version))
    }
    /// Keeps a value, at once and for good; its new version.
    pub fn put(self, key: &str, value: &[u8], expected: Expected) -> Result<i64> {
        let (key, size) = (key.as_ptr(), key.len());
        checked_long(unsafe {
            abi::storage_put(self.0, key, size, value.as_ptr(), value.len(), expected.number())
        })
    }
    pub fn delete(self, key: &str, expected: Expected) -> Result<()> {
        done(unsafe { abi::storage_delete(self.0, key.as_ptr(), key.len(), expected.number()) })
    }
    /// Every key, in the order of their bytes.
    pub fn list(self) -> Result<Vec<String>> {
        names_after(|after, to, cap| unsafe { abi::storage_list(self.0, after.as_ptr(), after.len(), to, cap) })
    }
}

// ---- Channels

#[derive(Clone, Copy)]
pub struct Channel(i32);

impl Channel {
    pub fn grant(name: &str) -> Result<Self> {
        checked(unsafe { abi::channel_grant(name.as_ptr(), name.len()) }).map(Self)
    }
    pub fn send(self, data: &[u8]) -> Result<()> {
        done(unsafe { abi::channel_send(self.0, data.as_ptr(), data.len()) })
    }
    /// The envelope of the next message, a JSON object; `NotFound` when none waits. It is gone once the tool has
    /// succeeded, else it comes again.
    pub fn receive(self) -> Result<Vec<u8>> {
        needed(|to, cap| unsafe { abi::channel_receive(self.0, to, cap) })
    }
}

// ---- Files

pub const OPEN_READ: i32 = 1;
pub const OPEN_WRITE: i32 = 2;
pub const OPEN_CREATE: i32 = 4;
pub const OPEN_TRUNCATE: i32 = 8;
pub const OPEN_APPEND: i32 = 16;
pub const OPEN_EXCLUSIVE: i32 = 32;

/// A folder that the operator granted; paths are relative to it and never leave it.
#[derive(Clone, Copy)]
pub struct Root(i32);

impl Root {
    pub fn grant(name: &str) -> Result<Self> {
        checked(unsafe { abi::file_root(name.as_ptr(), name.len()) }).map(Self)
    }
    /// `flags` is a sum of the `OPEN_` constants.
    pub fn open(self, path: &str, flags: i32) -> Result<File> {
        checked(unsafe { abi::file_open(self.0, path.as_ptr(), path.len(), flags) }).map(File)
    }
    pub fn stat(self, path: &str) -> Result<abi::FileFacts> {
        let mut facts = abi::FileFacts::default();
        done(unsafe { abi::file_stat(self.0, path.as_ptr(), path.len(), &mut facts) })?;
        Ok(facts)
    }
    /// Every name in a directory.
    pub fn list(self, path: &str) -> Result<Vec<String>> {
        names_after(|after, to, cap| unsafe {
            abi::file_list(self.0, path.as_ptr(), path.len(), after.as_ptr(), after.len(), to, cap)
        })
    }
    pub fn make_directory(self, path: &str) -> Result<()> {
        done(unsafe { abi::file_make_directory(self.0, path.as_ptr(), path.len()) })
    }
    /// A file, or an empty directory.
    pub fn remove(self, path: &str) -> Result<()> {
        done(unsafe { abi::file_remove(self.0, path.as_ptr(), path.len()) })
    }
    pub fn rename(self, from: &str, to: &str) -> Result<()> {
        done(unsafe { abi::file_rename(self.0, from.as_ptr(), from.len(), to.as_ptr(), to.len()) })
    }
}

#[derive(Clone, Copy)]
pub enum Whence {
    Start,
    Here,
    End,
}

/// Closed when it is dropped.
pub struct File(i32);

impl File {
    /// Bytes read, 0 at the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        checked(unsafe { abi::file_read(self.0, buffer.as_mut_ptr(), buffer.len()) }).map(|got| got as usize)
    }
    /// What is left of the file.
    pub fn content(&mut self) -> Result<Vec<u8>> {
        to_end(|to, cap| unsafe { abi::file_read(self.0, to, cap) })
    }
    /// Bytes written.
    pub fn write(&mut self, data: &[u8]) -> Result<usize> {
        checked(unsafe { abi::file_write(self.0, data.as_ptr(), data.len()) }).map(|put| put as usize)
    }
    /// The new position.
    pub fn seek(&mut self, offset: i64, whence: Whence) -> Result<i64> {
        checked_long(unsafe { abi::file_seek(self.0, offset, whence as i32) })
    }
    pub fn size(&self) -> Result<i64> {
        checked_long(unsafe { abi::file_size(self.0) })
    }
    pub fn sync(&mut self) -> Result<()> {
        done(unsafe { abi::file_sync(self.0) })
    }
}

impl Drop for File {
    fn drop(&mut self) {
        unsafe { abi::file_close(self.0) };
    }
}
