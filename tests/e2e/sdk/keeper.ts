// SPDX-License-Identifier: Apache-2.0
// Keeps, sends and reads, with the answers larger than the first buffer. The same in every language.
import * as palyra from "./palyra/palyra";

export function keeper(): i32 {
  const value = "a".repeat(5000);
  const storage = palyra.Storage.grant("notes/");
  const channel = palyra.Channel.grant("jobs");
  if (!storage || !channel) return palyra.failLast("grant");
  if (storage.putText("key 1", value, palyra.NEW_KEY) < 0) return palyra.failLast("put");
  const second = storage.putText("key 2", "");
  if (second < 0) return palyra.failLast("put 2");
  if (storage.putText("key 1", "", palyra.NEW_KEY) != palyra.CONFLICT) return palyra.fail("no conflict");
  const kept = storage.getText("key 1");
  if (kept != value || storage.version != 1) return palyra.failLast("get");
  if (channel.sendText(value) != 0) return palyra.failLast("send");
  const envelope = channel.receive();
  if (!envelope || envelope.length <= value.length) return palyra.failLast("receive");
  if (channel.receive() || palyra.lastResult != palyra.NOT_FOUND) return palyra.fail("received twice");
  const names = storage.list();
  if (!names) return palyra.failLast("list");
  for (let i = 0; i < names.length; ++i) palyra.output(names[i] + "\n");
  if (storage.delete("key 2", second) != 0) return palyra.failLast("delete");
  palyra.outputBytes(palyra.asset("notes.txt")!);
  if (palyra.asset("none")) return palyra.fail("an asset that is not there");
  palyra.failLast("the end");
  return 0;
}
