// SPDX-License-Identifier: Apache-2.0
//! Keeps, sends and reads, with the answers larger than the first buffer. The same in every language.
#![no_std]

use palyra_skill::*;

tool!(keeper);
fn keeper() -> Outcome {
    let value = [b'a'; 5000];
    let storage = Storage::grant("notes/")?;
    storage.put("key 1", &value, Expected::New)?;
    let second = storage.put("key 2", b"", Expected::Any)?;
    if storage.put("key 1", b"", Expected::New) != Err(Error::Conflict) {
        return Err("no conflict".into());
    }
    let (kept, version) = storage.get("key 1")?;
    if kept != value || version != 1 {
        return Err("get".into());
    }
    let channel = Channel::grant("jobs")?;
    channel.send(&kept)?;
    if channel.receive()?.len() <= value.len() {
        return Err("receive".into());
    }
    if channel.receive() != Err(Error::NotFound) {
        return Err("received twice".into());
    }
    for name in storage.list()? {
        output((name + "\n").as_bytes())?;
    }
    storage.delete("key 2", Expected::Version(second))?;
    output(&asset("notes.txt")?)?;
    if let Err(error) = asset("none") {
        finish(Err(error.into()));
    }
    Ok(())
}
