// The tools of this skill. palyra/palyra.ts explains everything that a tool can call.
import { argumentsText, output, Reader, Writer } from "./palyra/palyra";

export function greet(): i32 {
  const json = new Reader(argumentsText());
  let who = "";
  json.object();
  while (json.member()) {
    if (json.key == "who") {
      who = json.string();
    } else {
      json.skip();
    }
  }
  const out = new Writer();
  out.beginObject();
  out.key("greeting");
  out.string("Hello, " + who + "!");
  out.endObject();
  return output(out.text());
}
