// SPDX-License-Identifier: Apache-2.0
// Calls everything of palyra.ts once.
import * as palyra from "./palyra/palyra";

export function probe(): i32 {
  return call() + http() + kept() + files();
}

function call(): i32 {
  const json = new palyra.Reader(palyra.argumentsText());
  const out = new palyra.Writer();
  json.array();
  out.beginArray();
  while (json.item()) {
    if (json.kind() == palyra.Kind.String) out.string(json.string());
    else if (json.kind() == palyra.Kind.Boolean) out.boolean(json.boolean());
    else if (json.kind() == palyra.Kind.Number) out.number(json.number() + <f64>json.integer());
    else out.raw(json.skip());
  }
  out.null();
  out.integer(palyra.deadlineMs());
  out.endArray();
  const setting = palyra.config(palyra.toolId() + palyra.runId());
  if (!setting) return palyra.failLast("config");
  palyra.log(2, setting);
  palyra.progress(palyra.clockWallMs(), palyra.clockMonotonicMs(), "step");
  const content = palyra.asset("a");
  if (!content || palyra.cancelled()) return palyra.fail("cancelled");
  palyra.outputPart("text/plain", content);
  palyra.outputBytes(palyra.random(8)!);
  trace("random", 1, Math.random());
  return palyra.output(out.text());
}

function http(): i32 {
  const origin = palyra.Origin.grant("api.example.com");
  const secret = palyra.Secret.grant("global/key");
  if (!origin || !secret) return palyra.failLast("grant");
  const request = origin.open(palyra.Method.Post, "/");
  if (!request) return palyra.failLast("open");
  request.header("accept", "*/*");
  if (secret.present()) request.secret(secret);
  request.body(secret.hmacSha256(new ArrayBuffer(4))!);
  if (request.send() != 200) return palyra.failLast("send");
  const names = request.responseHeaderNames()!;
  for (let i = 0; i < names.length; ++i) request.responseHeader(names[i]);
  palyra.progress(request.responseLength(), 0, request.responseText()!);
  return request.close();
}

function kept(): i32 {
  const storage = palyra.Storage.grant("notes/");
  const channel = palyra.Channel.grant("jobs");
  if (!storage || !channel) return palyra.failLast("grant");
  storage.putText("key", storage.getText("key")!, storage.version);
  const keys = storage.list()!;
  for (let i = 0; i < keys.length; ++i) storage.delete(keys[i]);
  channel.sendText(channel.receive()!);
  return 0;
}

function files(): i32 {
  const root = palyra.Root.grant("logs");
  if (!root) return palyra.failLast("root");
  root.makeDirectory("a");
  root.rename("a/b", "a/c");
  root.remove("a/c");
  const names = root.list("")!;
  const file = root.open(names[0], palyra.Open.Read | palyra.Open.Write);
  if (!file) return palyra.failLast("open");
  file.seek(<i64>root.stat("a")!.size, palyra.Whence.Start);
  palyra.progress(file.size(), 0, "");
  file.write(file.content()!);
  return file.sync() + file.close();
}
