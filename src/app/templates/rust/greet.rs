//! The tools of this skill. The crate `palyra-skill` explains everything that a tool can call.
#![no_std]

extern crate alloc;

use alloc::string::String;
use palyra_skill::json::{Reader, Writer};
use palyra_skill::{arguments, output, tool, Outcome};

tool!(greet);
fn greet() -> Outcome {
    let arguments = arguments();
    let mut json = Reader::new(&arguments);
    let mut who = String::new();
    json.object();
    while let Some(key) = json.member() {
        if key == "who" {
            who = json.string();
        } else {
            json.skip();
        }
    }
    let mut out = Writer::default();
    out.begin_object();
    out.key("greeting");
    out.string(&(String::from("Hello, ") + &who + "!"));
    out.end_object();
    output(out.text().as_bytes())?;
    Ok(())
}
