// SPDX-License-Identifier: Apache-2.0
//! Static facts of a core module, by the engine's own parser and validator, under our features.
use serde_json::{Value, json};
use wasmparser::{
    CompositeInnerType, DataKind, ElementKind, Encoding, Error, Export, ExternalKind,
    FuncValidatorAllocations, Import, Imports, Parser, Payload, TypeRef, ValidPayload, Validator,
    WasmFeatures, types::TypesRef,
};

use crate::features::{FEATURES, names};
use crate::producers;
use crate::refused::{Refused, refuse};

#[repr(C)]
pub struct Caps {
    pub functions: u32,
    pub locals_per_function: u32,
    pub imports: u32,
    pub exports: u32,
    pub data_segments: u32,
    pub element_segments: u32,
    pub tables: u32,
    pub custom_bytes: u64,
}

impl From<Error> for Refused {
    fn from(e: Error) -> Self {
        Refused {
            reason: "invalid",
            text: e.to_string(),
        }
    }
}

fn within(what: &'static str, have: u64, cap: impl Into<u64>) -> Result<(), Refused> {
    let cap = cap.into();
    if have > cap {
        return refuse("over_cap", format!("{what}: {have}, cap {cap}"));
    }
    Ok(())
}

#[derive(Default)]
pub struct Facts {
    imports: Vec<Value>,
    exports: Vec<Value>,
    memories: Vec<Value>,
    tables: Vec<Value>,
    start: Option<u32>,
    types: u64,
    functions_imported: u64,
    functions_defined: u64,
    globals: u64,
    locals_max: u64,
    body_max: u64,
    code_bytes: u64,
    data_segments: u64,
    data_passive: u64,
    data_bytes: u64,
    element_segments: u64,
    element_passive: u64,
    custom_sections: u64,
    custom_bytes: u64,
    producers: Vec<Value>,
}

const UNKNOWN: &str = "?";

fn signature(inner: &CompositeInnerType) -> String {
    let CompositeInnerType::Func(f) = inner else {
        return UNKNOWN.into();
    };
    let list = |v: &[wasmparser::ValType]| {
        let names: Vec<String> = v.iter().map(ToString::to_string).collect();
        names.join(" ")
    };
    format!("({})->({})", list(f.params()), list(f.results()))
}

/// The module was validated up to here, so the index is in range; checked all the same.
fn function_type(types: Option<&TypesRef<'_>>, index: u32) -> String {
    match types {
        Some(t) if index < t.core_type_count_in_module() => {
            signature(&t[t.core_type_at_in_module(index)].composite_type.inner)
        }
        _ => UNKNOWN.into(),
    }
}

fn memory(m: &wasmparser::MemoryType) -> Value {
    json!({"min": m.initial, "max": m.maximum, "shared": m.shared, "memory64": m.memory64})
}

fn table(t: &wasmparser::TableType) -> Value {
    let element = t.element_type.to_string();
    json!({"min": t.initial, "max": t.maximum, "element": element, "table64": t.table64})
}

fn global(g: &wasmparser::GlobalType) -> String {
    format!("{}{}", if g.mutable { "mut " } else { "" }, g.content_type)
}

pub fn describe(bytes: &[u8], caps: &Caps) -> Result<Facts, Refused> {
    if Parser::is_component(bytes) {
        return refuse("component", "a component, not a core module");
    }
    if !Parser::is_core_wasm(bytes) {
        return refuse("not_wasm", "not a WebAssembly module");
    }
    let mut validator = Validator::new_with_features(FEATURES);
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut facts = Facts::default();
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        facts.count(&payload, caps)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut function = function.into_validator(std::mem::take(&mut allocations));
            function.validate(&body)?;
            allocations = function.into_allocations();
        }
        facts.read(payload, validator.types(0).as_ref(), caps)?;
    }
    Ok(facts)
}

impl Facts {
    /// Declared counts, before the validator allocates in proportion to them.
    fn count(&mut self, payload: &Payload<'_>, caps: &Caps) -> Result<(), Refused> {
        match payload {
            Payload::TypeSection(r) => self.types = r.count().into(),
            Payload::ImportSection(r) => within("imports", r.count().into(), caps.imports)?,
            Payload::FunctionSection(r) => {
                self.functions_defined = r.count().into();
                self.check_functions(caps)?;
            }
            Payload::TableSection(r) => {
                let tables = self.tables.len() as u64 + u64::from(r.count());
                within("tables", tables, caps.tables)?;
            }
            Payload::GlobalSection(r) => self.globals += u64::from(r.count()),
            Payload::ExportSection(r) => within("exports", r.count().into(), caps.exports)?,
            Payload::ElementSection(r) => {
                self.element_segments = r.count().into();
                within(
                    "element segments",
                    self.element_segments,
                    caps.element_segments,
                )?;
            }
            Payload::DataCountSection { count, .. } => {
                within("data segments", (*count).into(), caps.data_segments)?;
            }
            Payload::DataSection(r) => {
                self.data_segments = r.count().into();
                within("data segments", self.data_segments, caps.data_segments)?;
            }
            Payload::CustomSection(c) => {
                self.custom_sections += 1;
                self.custom_bytes += c.range().len() as u64;
                within(
                    "bytes of custom sections",
                    self.custom_bytes,
                    caps.custom_bytes,
                )?;
            }
            Payload::CodeSectionEntry(body) => self.count_body(body, caps)?,
            _ => {}
        }
        Ok(())
    }

    fn count_body(
        &mut self,
        body: &wasmparser::FunctionBody<'_>,
        caps: &Caps,
    ) -> Result<(), Refused> {
        let size = body.range().len() as u64;
        self.body_max = self.body_max.max(size);
        self.code_bytes += size;
        let mut locals = 0u64;
        for group in body.get_locals_reader()? {
            locals += u64::from(group?.0);
        }
        self.locals_max = self.locals_max.max(locals);
        within("locals of one function", locals, caps.locals_per_function)
    }

    fn check_functions(&self, caps: &Caps) -> Result<(), Refused> {
        let functions = self.functions_imported + self.functions_defined;
        within("functions", functions, caps.functions)
    }

    /// The section's contents, after the validator accepted it.
    fn read(
        &mut self,
        payload: Payload<'_>,
        types: Option<&TypesRef<'_>>,
        caps: &Caps,
    ) -> Result<(), Refused> {
        match payload {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => return refuse("component", "a component, not a core module"),
            Payload::ImportSection(r) => {
                for group in r {
                    let Imports::Single(_, import) = group? else {
                        return refuse("invalid", "compact imports");
                    };
                    self.import(&import, types);
                }
                within("tables", self.tables.len() as u64, caps.tables)?;
                self.check_functions(caps)?;
            }
            Payload::TableSection(r) => {
                for x in r {
                    self.tables.push(table(&x?.ty));
                }
            }
            Payload::MemorySection(r) => {
                for x in r {
                    self.memories.push(memory(&x?));
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ExportSection(r) => {
                for x in r {
                    self.export(&x?, types);
                }
            }
            Payload::ElementSection(r) => {
                for x in r {
                    let active = matches!(x?.kind, ElementKind::Active { .. });
                    self.element_passive += u64::from(!active);
                }
            }
            Payload::CustomSection(c) if c.name() == "producers" => {
                self.producers = producers::lines(&c);
            }
            Payload::DataSection(r) => {
                for x in r {
                    let x = x?;
                    self.data_bytes += x.data.len() as u64;
                    self.data_passive += u64::from(matches!(x.kind, DataKind::Passive));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: &Import<'_>, types: Option<&TypesRef<'_>>) {
        let (kind, ty) = match &import.ty {
            TypeRef::Func(n) | TypeRef::FuncExact(n) => {
                self.functions_imported += 1;
                ("func", Value::from(function_type(types, *n)))
            }
            TypeRef::Table(x) => {
                self.tables.push(table(x));
                ("table", table(x))
            }
            TypeRef::Memory(x) => {
                self.memories.push(memory(x));
                ("memory", memory(x))
            }
            TypeRef::Global(x) => {
                self.globals += 1;
                ("global", Value::from(global(x)))
            }
            // Needs a feature that is off, so the validator has refused it before.
            TypeRef::Tag(_) => ("tag", Value::from(UNKNOWN)),
        };
        let (module, name) = (import.module, import.name);
        let entry = json!({"module": module, "name": name, "kind": kind, "type": ty});
        self.imports.push(entry);
    }

    fn export(&mut self, export: &Export<'_>, types: Option<&TypesRef<'_>>) {
        let (kind, ty) = match (export.kind, types) {
            (ExternalKind::Func | ExternalKind::FuncExact, Some(t)) => (
                "func",
                signature(&t[t.core_function_at(export.index)].composite_type.inner),
            ),
            (ExternalKind::Global, Some(t)) => ("global", global(&t.global_at(export.index))),
            (ExternalKind::Func | ExternalKind::FuncExact, None) => ("func", UNKNOWN.into()),
            (ExternalKind::Global, None) => ("global", UNKNOWN.into()),
            (ExternalKind::Table, _) => ("table", String::new()),
            (ExternalKind::Memory, _) => ("memory", String::new()),
            (ExternalKind::Tag, _) => ("tag", String::new()),
        };
        let (name, index) = (export.name, export.index);
        let entry = json!({"name": name, "kind": kind, "index": index, "type": ty});
        self.exports.push(entry);
    }

    pub fn to_json(&self) -> Value {
        json!({
            "imports": self.imports,
            "exports": self.exports,
            "memories": self.memories,
            "tables": self.tables,
            "start": self.start,
            "types": self.types,
            "functions_imported": self.functions_imported,
            "functions_defined": self.functions_defined,
            "globals": self.globals,
            "locals_max": self.locals_max,
            "body_max": self.body_max,
            "code_bytes": self.code_bytes,
            "data_segments": self.data_segments,
            "data_passive": self.data_passive,
            "data_bytes": self.data_bytes,
            "element_segments": self.element_segments,
            "element_passive": self.element_passive,
            "custom_sections": self.custom_sections,
            "custom_bytes": self.custom_bytes,
            "producers": self.producers,
        })
    }
}

/// The report of a refused module; an invalid one may only need a feature that is off.
pub fn refusal(bytes: &[u8], e: &Refused) -> String {
    let feature = if e.reason == "invalid" {
        missing_feature(bytes)
    } else {
        None
    };
    match feature {
        Some(feature) => {
            json!({"reason": "feature_disabled", "text": e.text, "feature": feature}).to_string()
        }
        None => json!({"reason": e.reason, "text": e.text}).to_string(),
    }
}

fn probe(bytes: &[u8], features: WasmFeatures) -> Result<(), Error> {
    let mut validator = Validator::new_with_features(features);
    validator.validate_all(bytes).map(drop)
}

/// The first switched-off feature that a module uses, if it is one that makes it invalid.
fn missing_feature(bytes: &[u8]) -> Option<String> {
    let error = probe(bytes, FEATURES).err()?;
    if let Some(missing) = error.missing_wasm_feature() {
        return names(missing).into_iter().next();
    }
    // An error without a hint: is there a feature that moves it on?
    let at = error.offset();
    WasmFeatures::all()
        .difference(FEATURES)
        .iter()
        .find(|feature| match probe(bytes, FEATURES | *feature) {
            Ok(()) => true,
            Err(next) => next.offset() > at,
        })
        .and_then(|feature| names(feature).into_iter().next())
}
