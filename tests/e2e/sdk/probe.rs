// SPDX-License-Identifier: Apache-2.0
//! Calls everything of the crate once.
#![no_std]

use palyra_skill::json::{Kind, Reader, Writer};
use palyra_skill::*;

tool!(probe);
fn probe() -> Outcome {
    call()?;
    http()?;
    kept()?;
    files()
}

fn call() -> Outcome {
    let arguments = arguments();
    let mut json = Reader::new(&arguments);
    let mut out = Writer::default();
    out.begin_array();
    json.array();
    while json.item() {
        match json.kind() {
            Kind::String => out.string(&json.string()),
            Kind::Boolean => out.boolean(json.boolean()),
            Kind::Number => out.number(json.number()),
            Kind::Null => out.null(),
            _ => out.integer(json.integer()),
        }
    }
    out.raw("1");
    out.end_array();
    output(out.text().as_bytes())?;
    output_part("text/plain", &asset("a")?)?;
    let setting = config(&(tool_id() + &run_id()))?;
    log(Level::Info, &setting);
    progress(1, deadline_ms(), "step");
    if cancelled() {
        return Err("cancelled".into());
    }
    let mut bytes = [0; 8];
    random_fill(&mut bytes)?;
    progress(clock_wall_ms(), clock_monotonic_ms(), "");
    Ok(())
}

fn http() -> Outcome {
    let secret = Secret::grant("global/key")?;
    let mut request = Origin::grant("api.example.com")?.open(Method::Post, "/")?;
    request.header("accept", "*/*")?;
    if secret.present()? {
        request.secret(secret)?;
    }
    request.body(&secret.hmac_sha256(b"data")?)?;
    let status = request.send()?;
    for name in request.response_header_names()? {
        log(Level::Debug, &request.response_header(&name)?);
    }
    let mut piece = [0; 16];
    let read = request.response_read(&mut piece)? as i64;
    progress(read + i64::from(status), request.response_length()?, "");
    output(&request.response()?)?;
    Ok(())
}

fn kept() -> Outcome {
    let storage = Storage::grant("notes/")?;
    let version = storage.put("key", b"value", Expected::New)?;
    let (value, _) = storage.get("key")?;
    for key in storage.list()? {
        storage.delete(&key, Expected::Version(version))?;
    }
    let channel = Channel::grant("jobs")?;
    channel.send(&value)?;
    output(&channel.receive()?)?;
    Ok(())
}

fn files() -> Outcome {
    let root = Root::grant("logs")?;
    root.make_directory("a")?;
    root.rename("a/b", "a/c")?;
    root.remove("a/c")?;
    for name in root.list("")? {
        let mut file = root.open(&name, OPEN_READ | OPEN_WRITE)?;
        file.seek(root.stat(&name)?.size as i64, Whence::Start)?;
        file.write(b"x")?;
        file.sync()?;
        progress(file.size()?, 0, "");
        let mut piece = [0; 16];
        file.read(&mut piece)?;
        output(&file.content()?)?;
    }
    Ok(())
}
