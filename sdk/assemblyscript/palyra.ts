// SPDX-License-Identifier: Apache-2.0
// The AssemblyScript SDK for Palyra skills.
//
// A tool is an exported function without parameters that returns 0, or what fail() gives:
//
//   import { argumentsText, output, Reader, Writer } from "./palyra/palyra";
//
//   export function greet(): i32 {
//     const json = new Reader(argumentsText());
//     let who = "";
//     json.object();
//     while (json.member()) {
//       if (json.key == "who") who = json.string();
//       else json.skip();
//     }
//     const out = new Writer();
//     out.beginObject();
//     out.key("hello");
//     out.string(who);
//     out.endObject();
//     return output(out.text());
//   }
//
//   asc assembly/greet.ts -o modules/greet.wasm --runtime stub --use abort=assembly/palyra/palyra/hostAbort
//     --use trace=assembly/palyra/palyra/hostTrace --use seed=assembly/palyra/palyra/hostSeed
//
// The language has no exceptions: what can fail gives null or a negative number, and `lastResult` says why. Text is UTF-8
// on its way to the host and back. What each call means is in docs/guest-abi.md.

import * as abi from "./abi";
export { Reader, Writer, Kind } from "./json";

// What the host answers when it refuses.
export const INVALID = -1; // bad index or argument, closed object
export const DENIED = -2; // outside what this call was granted
export const NOT_FOUND = -3; // no such grant, asset, key, setting, message
export const TOO_LARGE = -4; // over a stated limit
export const EXHAUSTED = -5; // a rate, count or byte budget of this call is used up
export const UNAVAILABLE = -6; // network or backend failed
export const CONFLICT = -7; // somebody else was first
export const MALFORMED = -8; // not in the promised form

/** What the host answered last. */
export let lastResult: i64 = 0;

function kept(result: i32): i32 {
  lastResult = result;
  return result;
}

function keptLong(result: i64): i64 {
  lastResult = result;
  return result;
}

/** The word for a negative result, such as `denied`. */
export function resultName(result: i64): string {
  const names = ["ok", "invalid", "denied", "not found", "too large", "exhausted", "unavailable", "conflict", "malformed"];
  return result > 0 || result < MALFORMED ? "unknown" : names[<i32>-result];
}

// ---- Bytes on their way

function at(bytes: ArrayBuffer): usize {
  return changetype<usize>(bytes);
}

function size(bytes: ArrayBuffer): usize {
  return bytes.byteLength;
}

function utf8(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}

function text(bytes: ArrayBuffer | null): string | null {
  return bytes ? String.UTF8.decode(bytes) : null;
}

const FIRST_CAP = 1024;

// What one of the functions is asked about that answer how much is needed, or 0 at the end.
abstract class Question {
  object: i32 = 0;
  name: ArrayBuffer = new ArrayBuffer(0);
  path: ArrayBuffer = new ArrayBuffer(0);

  abstract ask(buffer: usize, cap: usize): i32;

  needed(): ArrayBuffer | null {
    let cap = FIRST_CAP;
    while (true) {
      const buffer = new ArrayBuffer(cap);
      const needed = kept(this.ask(at(buffer), cap));
      if (needed < 0) return null;
      if (needed <= cap) return buffer.slice(0, needed);
      cap = needed;
    }
  }

  toEnd(): ArrayBuffer | null {
    let buffer = new ArrayBuffer(FIRST_CAP);
    let used = 0;
    while (true) {
      if (used == buffer.byteLength) {
        const larger = new ArrayBuffer(used * 2);
        memory.copy(at(larger), at(buffer), used);
        buffer = larger;
      }
      const got = kept(this.ask(at(buffer) + used, buffer.byteLength - used));
      if (got < 0) return null;
      if (got == 0) return buffer.slice(0, used);
      used += got;
    }
  }

  // Names as storage and files list them: u16le length and bytes each.
  names(): string[] | null {
    const found = new Array<string>();
    const buffer = new ArrayBuffer(16 * 1024);
    while (true) {
      const used = kept(this.ask(at(buffer), size(buffer)));
      if (used < 0) return null;
      if (used == 0) return found;
      for (let i = 0; i + 2 <= used; ) {
        const length = load<u16>(at(buffer) + i);
        this.name = buffer.slice(i + 2, i + 2 + length);
        found.push(String.UTF8.decode(this.name));
        i += 2 + length;
      }
    }
  }
}

// ---- The call

/** One JSON object, checked against the input schema, no key twice. */
export function argumentsBytes(): ArrayBuffer {
  const bytes = new ArrayBuffer(abi.input_length());
  abi.input_read(at(bytes), size(bytes), 0);
  return bytes;
}

export function argumentsText(): string {
  return String.UTF8.decode(argumentsBytes());
}

/** Appends to the output: 0, or 1 with the message written. */
export function output(data: string): i32 {
  return outputBytes(utf8(data));
}

export function outputBytes(data: ArrayBuffer): i32 {
  if (kept(abi.output_write(at(data), size(data))) == 0) return 0;
  return fail("the result is larger than the output may be");
}

/** Adds one content part with a media type such as `image/png`. */
export function outputPart(media: string, data: ArrayBuffer): i32 {
  const name = utf8(media);
  return kept(abi.output_part(at(name), size(name), at(data), size(data)));
}

/** Writes the message of a tool that fails; return its value from the tool. */
export function fail(message: string): i32 {
  const bytes = utf8(message);
  abi.error_write(at(bytes), size(bytes));
  return 1;
}

/** `<what>: <the word for what the host answered last>`. */
export function failLast(what: string): i32 {
  return fail(what + ": " + resultName(lastResult));
}

class ToolIdQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.tool_id(buffer, cap);
  }
}
class RunIdQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.run_id(buffer, cap);
  }
}
class ConfigQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.config(at(this.name), size(this.name), buffer, cap);
  }
}

export function toolId(): string {
  return text(new ToolIdQuestion().needed())!;
}

export function runId(): string {
  return text(new RunIdQuestion().needed())!;
}

/** One setting of the skill as JSON text. */
export function config(key: string): string | null {
  const question = new ConfigQuestion();
  question.name = utf8(key);
  return text(question.needed());
}

/** One line for the operator's log: level 0 error, 1 warning, 2 info, 3 debug, 4 trace. */
export function log(level: i32, line: string): void {
  const bytes = utf8(line);
  abi.log(level, at(bytes), size(bytes));
}

/** `done` of `total` steps, total 0 = unknown. */
export function progress(done: i64, total: i64, message: string): void {
  const bytes = utf8(message);
  abi.progress(done, total, at(bytes), size(bytes));
}

export function deadlineMs(): i64 {
  return abi.deadline_ms();
}

export function cancelled(): bool {
  return abi.cancelled() != 0;
}

// ---- Assets, clock, random

/** Every byte of the entry with that name below `assets/`. */
export function asset(path: string): ArrayBuffer | null {
  const name = utf8(path);
  const handle = kept(abi.asset_open(at(name), size(name)));
  if (handle < 0) return null;
  const bytes = new ArrayBuffer(<i32>abi.asset_size(handle));
  const got = kept(abi.asset_read(handle, at(bytes), size(bytes), 0));
  abi.asset_close(handle);
  return got < 0 ? null : bytes;
}

/** Milliseconds since 1970-01-01 UTC. */
export function clockWallMs(): i64 {
  return abi.clock_wall_ms();
}

export function clockMonotonicMs(): i64 {
  return abi.clock_monotonic_ms();
}

/** At most 64 KiB of random bytes. */
export function random(count: i32): ArrayBuffer | null {
  const bytes = new ArrayBuffer(count);
  return kept(abi.random_fill(at(bytes), size(bytes))) < 0 ? null : bytes;
}

// ---- HTTP

export enum Method {
  Get,
  Head,
  Post,
  Put,
  Patch,
  Delete,
}

class HeaderQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.http_response_header(this.object, at(this.name), size(this.name), buffer, cap);
  }
}
class HeaderNamesQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.http_response_header_names(this.object, buffer, cap);
  }
}
class ResponseQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.http_response_read(this.object, buffer, cap);
  }
}

/** The rules of one origin. */
export class Origin {
  private constructor(private handle: i32) {}

  /** `scheme://host[:port]`; a bare host means https. */
  static grant(origin: string): Origin | null {
    const name = utf8(origin);
    const handle = kept(abi.http_grant(at(name), size(name)));
    return handle < 0 ? null : new Origin(handle);
  }

  /** A request, not sent yet; the path may have a query. */
  open(method: Method, path: string): Request | null {
    const bytes = utf8(path);
    const request = kept(abi.http_open(this.handle, method, at(bytes), size(bytes)));
    return request < 0 ? null : new Request(request);
  }
}

export class Request {
  constructor(private handle: i32) {}

  header(name: string, value: string): i32 {
    const a = utf8(name);
    const b = utf8(value);
    return kept(abi.http_header(this.handle, at(a), size(a), at(b), size(b)));
  }
  /** The host puts the secret where the rule places it. */
  secret(secret: Secret): i32 {
    return kept(abi.http_secret(this.handle, secret.handle));
  }
  body(data: ArrayBuffer): i32 {
    return kept(abi.http_body(this.handle, at(data), size(data)));
  }
  /** The status, or a negative result. */
  send(): i32 {
    return kept(abi.http_send(this.handle));
  }
  /** In small letters. */
  responseHeaderNames(): string[] | null {
    const question = new HeaderNamesQuestion();
    question.object = this.handle;
    const names = text(question.needed());
    return names ? names.split("\n") : null;
  }
  responseHeader(name: string): string | null {
    const question = new HeaderQuestion();
    question.object = this.handle;
    question.name = utf8(name);
    return text(question.needed());
  }
  responseLength(): i64 {
    return keptLong(abi.http_response_length(this.handle));
  }
  /** What is left of the body. */
  response(): ArrayBuffer | null {
    const question = new ResponseQuestion();
    question.object = this.handle;
    return question.toEnd();
  }
  responseText(): string | null {
    return text(this.response());
  }
  close(): i32 {
    return kept(abi.http_close(this.handle));
  }
}

// ---- Secrets: used, never seen

export class Secret {
  private constructor(readonly handle: i32) {}

  /** `<scope>/<key>`. */
  static grant(name: string): Secret | null {
    const bytes = utf8(name);
    const handle = kept(abi.secret_grant(at(bytes), size(bytes)));
    return handle < 0 ? null : new Secret(handle);
  }
  /** Whether the operator has stored a value. */
  present(): bool {
    return kept(abi.secret_present(this.handle)) == 1;
  }
  hmacSha256(data: ArrayBuffer): ArrayBuffer | null {
    const mac = new ArrayBuffer(32);
    return kept(abi.secret_hmac_sha256(this.handle, at(data), size(data), at(mac))) < 0 ? null : mac;
  }
}

// ---- Storage

export const ANY_VERSION: i64 = -1;
export const NEW_KEY: i64 = 0;

class StorageQuestion extends Question {
  version: ArrayBuffer = new ArrayBuffer(8);
  ask(buffer: usize, cap: usize): i32 {
    return abi.storage_get(this.object, at(this.name), size(this.name), buffer, cap, at(this.version));
  }
}
class StorageListQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.storage_list(this.object, at(this.name), size(this.name), buffer, cap);
  }
}

export class Storage {
  /** Of what `get` found last. */
  version: i64 = 0;

  private constructor(private handle: i32) {}

  static grant(prefix: string): Storage | null {
    const bytes = utf8(prefix);
    const handle = kept(abi.storage_grant(at(bytes), size(bytes)));
    return handle < 0 ? null : new Storage(handle);
  }
  get(key: string): ArrayBuffer | null {
    const question = new StorageQuestion();
    question.object = this.handle;
    question.name = utf8(key);
    const value = question.needed();
    this.version = load<i64>(at(question.version));
    return value;
  }
  getText(key: string): string | null {
    return text(this.get(key));
  }
  /** Keeps a value, at once and for good: its new version, or a negative result. */
  put(key: string, value: ArrayBuffer, expected: i64 = ANY_VERSION): i64 {
    const name = utf8(key);
    return keptLong(abi.storage_put(this.handle, at(name), size(name), at(value), size(value), expected));
  }
  putText(key: string, value: string, expected: i64 = ANY_VERSION): i64 {
    return this.put(key, utf8(value), expected);
  }
  delete(key: string, expected: i64 = ANY_VERSION): i32 {
    const name = utf8(key);
    return kept(abi.storage_delete(this.handle, at(name), size(name), expected));
  }
  /** Every key, in the order of their bytes. */
  list(): string[] | null {
    const question = new StorageListQuestion();
    question.object = this.handle;
    return question.names();
  }
}

// ---- Channels

class ReceiveQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.channel_receive(this.object, buffer, cap);
  }
}

export class Channel {
  private constructor(private handle: i32) {}

  static grant(name: string): Channel | null {
    const bytes = utf8(name);
    const handle = kept(abi.channel_grant(at(bytes), size(bytes)));
    return handle < 0 ? null : new Channel(handle);
  }
  send(data: ArrayBuffer): i32 {
    return kept(abi.channel_send(this.handle, at(data), size(data)));
  }
  sendText(data: string): i32 {
    return this.send(utf8(data));
  }
  /** The envelope of the next message, a JSON object; null and NOT_FOUND when none waits. It is gone once the tool has
   * succeeded, else it comes again. */
  receive(): string | null {
    const question = new ReceiveQuestion();
    question.object = this.handle;
    return text(question.needed());
  }
}

// ---- Files

/** What Root.open may be asked for; a sum. */
export enum Open {
  Read = 1,
  Write = 2,
  Create = 4,
  Truncate = 8,
  Append = 16,
  Exclusive = 32,
}

export enum Whence {
  Start,
  Here,
  End,
}

export class FileFacts {
  constructor(
    /** 1 file, 2 directory. */
    readonly kind: u8,
    readonly size: u64,
    /** Since 1970-01-01 UTC. */
    readonly modifiedMs: u64,
  ) {}
}

class FileListQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.file_list(this.object, at(this.path), size(this.path), at(this.name), size(this.name), buffer, cap);
  }
}
class FileQuestion extends Question {
  ask(buffer: usize, cap: usize): i32 {
    return abi.file_read(this.object, buffer, cap);
  }
}

/** A folder that the operator granted; paths are relative to it and never leave it. */
export class Root {
  private constructor(private handle: i32) {}

  static grant(name: string): Root | null {
    const bytes = utf8(name);
    const handle = kept(abi.file_root(at(bytes), size(bytes)));
    return handle < 0 ? null : new Root(handle);
  }
  open(path: string, flags: i32): File | null {
    const bytes = utf8(path);
    const file = kept(abi.file_open(this.handle, at(bytes), size(bytes), flags));
    return file < 0 ? null : new File(file);
  }
  stat(path: string): FileFacts | null {
    const bytes = utf8(path);
    const facts = new ArrayBuffer(24);
    if (kept(abi.file_stat(this.handle, at(bytes), size(bytes), at(facts))) < 0) return null;
    return new FileFacts(load<u8>(at(facts)), load<u64>(at(facts), 8), load<u64>(at(facts), 16));
  }
  /** Every name in a directory. */
  list(path: string): string[] | null {
    const question = new FileListQuestion();
    question.object = this.handle;
    question.path = utf8(path);
    return question.names();
  }
  makeDirectory(path: string): i32 {
    const bytes = utf8(path);
    return kept(abi.file_make_directory(this.handle, at(bytes), size(bytes)));
  }
  /** A file, or an empty directory. */
  remove(path: string): i32 {
    const bytes = utf8(path);
    return kept(abi.file_remove(this.handle, at(bytes), size(bytes)));
  }
  rename(from: string, to: string): i32 {
    const a = utf8(from);
    const b = utf8(to);
    return kept(abi.file_rename(this.handle, at(a), size(a), at(b), size(b)));
  }
}

export class File {
  constructor(private handle: i32) {}

  /** What is left of the file. */
  content(): ArrayBuffer | null {
    const question = new FileQuestion();
    question.object = this.handle;
    return question.toEnd();
  }
  /** Bytes written. */
  write(data: ArrayBuffer): i32 {
    return kept(abi.file_write(this.handle, at(data), size(data)));
  }
  /** The new position. */
  seek(offset: i64, whence: Whence): i64 {
    return keptLong(abi.file_seek(this.handle, offset, whence));
  }
  size(): i64 {
    return keptLong(abi.file_size(this.handle));
  }
  sync(): i32 {
    return kept(abi.file_sync(this.handle));
  }
  close(): i32 {
    return kept(abi.file_close(this.handle));
  }
}

// ---- What the compiler would import from `env`, which no skill has

/** For `--use abort=…`: an assertion or `throw` ends the call with its message. */
export function hostAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  const where = (file ? file : "?") + ":" + line.toString() + ":" + column.toString();
  fail((message ? message : "abort") + " (" + where + ")");
  unreachable();
}

/** For `--use trace=…`: `trace()` is a line of the log. */
export function hostTrace(
  message: string,
  count: i32 = 0,
  a0: f64 = 0,
  a1: f64 = 0,
  a2: f64 = 0,
  a3: f64 = 0,
  a4: f64 = 0,
): void {
  const values = [a0, a1, a2, a3, a4];
  for (let i = 0; i < count; ++i) message += " " + values[i].toString();
  log(4, message);
}

/** For `--use seed=…`: what `Math.random` begins with. */
export function hostSeed(): f64 {
  const bytes = random(8)!;
  return <f64>(load<u64>(at(bytes)) >> 11);
}
