// SPDX-License-Identifier: Apache-2.0
//! The custom section `producers`: what a module's tools say of themselves. Nothing depends on it, so a section that is
//! malformed or too long is no error: it says nothing.
use serde_json::{Value, json};
use wasmparser::{BinaryReaderError, CustomSectionReader, KnownCustom};

const MAX_LINES: usize = 64;
const MAX_BYTES: usize = 256; // of a field's name, a tool's name and its version, each

/// The lines of the section, or none when it breaks a rule.
pub fn lines(section: &CustomSectionReader<'_>) -> Vec<Value> {
    read(section).ok().flatten().unwrap_or_default()
}

fn read(section: &CustomSectionReader<'_>) -> Result<Option<Vec<Value>>, BinaryReaderError> {
    let KnownCustom::Producers(fields) = section.as_known() else {
        return Ok(None);
    };
    let mut lines = Vec::new();
    for field in fields {
        let field = field?;
        for value in field.values {
            let value = value?;
            let longest = value.name.len().max(value.version.len());
            if lines.len() == MAX_LINES || longest > MAX_BYTES {
                return Ok(None);
            }
            lines.push(json!({"field": field.name, "name": value.name, "version": value.version}));
        }
    }
    Ok(Some(lines))
}
