// SPDX-License-Identifier: Apache-2.0
//! Why an input was refused: a stable reason for programs and a text for people.

#[derive(Debug)]
pub struct Refused {
    pub reason: &'static str,
    pub text: String,
}

pub fn refuse<T>(reason: &'static str, text: impl Into<String>) -> Result<T, Refused> {
    Err(Refused {
        reason,
        text: text.into(),
    })
}

/// At most `n` bytes of `s`, cut at a character.
pub fn clip(s: &str, n: usize) -> &str {
    &s[..s.floor_char_boundary(n)]
}
