// SPDX-License-Identifier: Apache-2.0
//! Copies the engine's C headers, with the conf.h that matches our feature set, to the directory
//! that the C++ build names in PALYRA_RUST_INCLUDE_DIR, and passes on the engine's version.
//! `DEP_WASMTIME_C_API_INCLUDE` is seen by direct dependents of the C API crate only.
use std::{env, fs, io, path::Path};

/// Leaves files that are the same alone, so that the C++ side does not rebuild.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
            continue;
        }
        let bytes = fs::read(entry.path())?;
        if fs::read(&target).ok().as_deref() != Some(&bytes[..]) {
            fs::write(&target, bytes)?;
        }
    }
    Ok(())
}

fn main() {
    println!("cargo::rerun-if-env-changed=PALYRA_RUST_INCLUDE_DIR");
    // Cargo must not take another checkout's crate for this one.
    println!("cargo::rerun-if-env-changed=PALYRA_RUST_SOURCE");
    let include =
        env::var("DEP_WASMTIME_C_API_INCLUDE").expect("a direct dependency on the C API crate");
    println!("cargo::rerun-if-changed={include}");
    let header = fs::read_to_string(Path::new(&include).join("wasmtime.h")).expect("wasmtime.h");
    let version = header
        .lines()
        .find_map(|line| line.strip_prefix("#define WASMTIME_VERSION \""))
        .and_then(|rest| rest.strip_suffix('"'))
        .expect("WASMTIME_VERSION in wasmtime.h");
    println!("cargo::rustc-env=PALYRA_ENGINE_VERSION={version}");
    if let Ok(directory) = env::var("PALYRA_RUST_INCLUDE_DIR") {
        copy(Path::new(&include), Path::new(&directory)).expect("headers copied");
    }
}
