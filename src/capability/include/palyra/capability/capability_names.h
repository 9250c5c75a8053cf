// SPDX-License-Identifier: Apache-2.0
#pragma once
// The grammars of names inside capabilities. One place, so that a manifest, an operator's command line and a stored
// grant accept the same text. Source: docs/formats/skill-manifest.md, "Capabilities".

#include <string_view>

namespace palyra::capability {

// An exact host name: lower-case LDH labels of 1-63 bytes, at most 253 bytes, the last label not all digits, no
// trailing dot. So no address, no wildcard, and one host has one text.
bool is_host_name(std::string_view text);

// Begins with `/`; visible ASCII without `?`, `#`, `%` and backslash; no empty, `.` or `..` segment, but the last may
// be empty.
bool is_path_prefix(std::string_view text);

// Whether `path` is `prefix` or below it, by segments: "/v1" holds "/v1" and "/v1/x", not "/v10".
bool path_holds(std::string_view prefix, std::string_view path);

// A relative name that means the same on every file system (rule C7 of docs/formats/skill-artifact.md): 1-240 bytes of
// `A-Z a-z 0-9 . _ - /`; at most 8 segments of 1-100 bytes; no empty, `.` or `..` segment, none that ends in `.` or is
// a Windows device name up to its first dot.
bool is_portable_name(std::string_view text);

// The first segment rule above: CON PRN AUX NUL COM1-9 LPT1-9, up to the first dot, in any case.
bool is_device_name(std::string_view segment);

// A portable name and a final `/`.
bool is_storage_prefix(std::string_view text);

// Name of a channel or key of a secret: 1-128 bytes of `a-z 0-9 . _ : -`.
bool is_name(std::string_view text);

// `global`, or `skill:`, `principal:` or `channel:` and a name as above.
bool is_secret_scope(std::string_view text);

// Name of an HTTP header: a token (RFC 9110 5.6.2) of 1-128 bytes.
bool is_header_name(std::string_view text);

std::string lower_case(std::string_view text);  // of ASCII
// A header that only the host sets: framing, connection, what would make a request another one. Any case.
bool is_host_header(std::string_view name);

// `bearer`, `basic`, `header:<token>` or `query:<unreserved characters>`; names of 1-128 bytes.
bool is_secret_placement(std::string_view text);

}  // namespace palyra::capability
