// SPDX-License-Identifier: Apache-2.0
// Just enough JSON for arguments and answers.

export enum Kind {
  Nothing, // the end, or no JSON
  Object,
  Array,
  String,
  Number,
  Boolean,
  Null,
}

function isBare(c: i32): bool {
  return (c >= 48 && c <= 57) || (c >= 97 && c <= 122) || c == 69 || c == 45 || c == 43 || c == 46;
}

/**
 * A cursor over a document that the host has already checked, so it does not diagnose syntax: on anything unexpected (a
 * string where a number was asked for) `failed` is set, every later call returns nothing, and loops end.
 */
export class Reader {
  failed: bool = false;
  /** What `member` moved to. */
  key: string = "";
  private at: i32 = 0;

  constructor(private json: string) {}

  private peek(): i32 {
    for (; this.at < this.json.length; ++this.at) {
      const c = this.json.charCodeAt(this.at);
      if (c != 32 && c != 9 && c != 10 && c != 13) return c;
    }
    return 0;
  }

  private take(expected: string): bool {
    const found = this.peek() == expected.charCodeAt(0);
    if (found) ++this.at;
    return found;
  }

  private fail(): void {
    this.failed = true;
    this.at = this.json.length;
  }

  kind(): Kind {
    const c = this.peek();
    if (c == 123) return Kind.Object;
    if (c == 91) return Kind.Array;
    if (c == 34) return Kind.String;
    if (c == 116 || c == 102) return Kind.Boolean;
    if (c == 110) return Kind.Null;
    return c == 45 || (c >= 48 && c <= 57) ? Kind.Number : Kind.Nothing;
  }

  /** Steps into an object; then `member` moves to each member, and the value must be read or skipped. */
  object(): void {
    if (!this.take("{")) this.fail();
  }

  member(): bool {
    if (this.failed || this.take("}")) return false;
    this.take(",");
    this.key = this.string();
    if (!this.take(":")) this.fail();
    return !this.failed;
  }

  /** Steps into an array; then `item` moves to each item. */
  array(): void {
    if (!this.take("[")) this.fail();
  }

  item(): bool {
    if (this.failed || this.take("]")) return false;
    this.take(",");
    if (this.kind() == Kind.Nothing) this.fail();
    return !this.failed;
  }

  string(): string {
    if (!this.take('"')) {
      this.fail();
      return "";
    }
    let text = "";
    let start = this.at;
    for (; this.at < this.json.length; ++this.at) {
      const c = this.json.charCodeAt(this.at);
      if (c != 34 && c != 92) continue;
      text += this.json.substring(start, this.at);
      if (c == 34) {
        ++this.at;
        return text;
      }
      ++this.at;
      text += this.escape();
      start = this.at + 1;
    }
    this.fail();
    return "";
  }

  private escape(): string {
    const letter = this.json.charAt(this.at);
    if (letter == "u") {
      const code = I32.parseInt(this.json.substring(this.at + 1, this.at + 5), 16);
      this.at += 4;
      return String.fromCharCode(code);
    }
    if (letter == "n") return "\n";
    if (letter == "t") return "\t";
    if (letter == "r") return "\r";
    if (letter == "b") return "\b";
    return letter == "f" ? "\f" : letter;
  }

  // The characters of a number or a word.
  private bare(): string {
    this.peek();
    const start = this.at;
    while (this.at < this.json.length && isBare(this.json.charCodeAt(this.at))) ++this.at;
    return this.json.substring(start, this.at);
  }

  number(): f64 {
    if (this.kind() != Kind.Number) this.fail();
    return this.failed ? 0 : F64.parseFloat(this.bare());
  }

  /** `2.0` and `2e3` are integers too, as JSON Schema counts them. */
  integer(): i64 {
    if (this.kind() != Kind.Number) this.fail();
    if (this.failed) return 0;
    const word = this.bare();
    if (!word.includes(".") && !word.includes("e") && !word.includes("E")) return I64.parseInt(word);
    const value = F64.parseFloat(word);
    if (<f64>(<i64>value) != value) this.fail();
    return <i64>value;
  }

  boolean(): bool {
    const word = this.bare();
    if (word != "true" && word != "false") this.fail();
    return word == "true";
  }

  /** Passes over one value of any kind and gives its text. */
  skip(): string {
    this.peek();
    const start = this.at;
    let depth = 0;
    do {
      const c = this.peek();
      if (c == 34) {
        this.string();
      } else if (c == 123 || c == 91) {
        ++this.at;
        ++depth;
      } else if (depth > 0 && (c == 125 || c == 93)) {
        ++this.at;
        --depth;
      } else if (depth > 0 && (c == 44 || c == 58)) {
        ++this.at;
      } else if (this.bare().length == 0) {
        this.fail();
      }
    } while (depth > 0 && !this.failed);
    return this.json.substring(start, this.at);
  }
}

/** Commas and escapes are its business. */
export class Writer {
  private json: string = "";
  private comma: bool = false;

  text(): string {
    return this.json;
  }

  /** A value that is JSON already. */
  raw(json: string): void {
    this.value(json, true);
  }

  private value(json: string, commaAfter: bool): void {
    if (this.comma) this.json += ",";
    this.json += json;
    this.comma = commaAfter;
  }

  private end(bracket: string): void {
    this.json += bracket;
    this.comma = true;
  }

  beginObject(): void {
    this.value("{", false);
  }
  endObject(): void {
    this.end("}");
  }
  beginArray(): void {
    this.value("[", false);
  }
  endArray(): void {
    this.end("]");
  }

  key(name: string): void {
    this.string(name);
    this.json += ":";
    this.comma = false;
  }

  string(text: string): void {
    let escaped = '"';
    let start = 0;
    for (let i = 0; i < text.length; ++i) {
      const c = text.charCodeAt(i);
      if (c >= 32 && c != 34 && c != 92) continue;
      escaped += text.substring(start, i);
      escaped += c >= 32 ? "\\" + String.fromCharCode(c) : "\\u00" + (c < 16 ? "0" : "1") + (c & 15).toString(16);
      start = i + 1;
    }
    this.value(escaped + text.substring(start) + '"', true);
  }

  integer(value: i64): void {
    this.value(value.toString(), true);
  }
  /** NaN and infinity become null. */
  number(value: f64): void {
    this.value(isFinite(value) ? value.toString() : "null", true);
  }
  boolean(value: bool): void {
    this.value(value ? "true" : "false", true);
  }
  null(): void {
    this.value("null", true);
  }
}
