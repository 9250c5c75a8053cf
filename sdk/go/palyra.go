// SPDX-License-Identifier: Apache-2.0

//go:build wasip1

// Package palyra is for writing Palyra skills in Go (1.24 or newer).
//
// A tool is an exported function without parameters that hands its work to Run:
//
//	//go:wasmexport greet
//	func greet() int32 {
//		return palyra.Run(func() error {
//			var in struct{ Who string }
//			if err := json.Unmarshal(palyra.Arguments(), &in); err != nil {
//				return err
//			}
//			return palyra.OutputJSON(map[string]string{"hello": in.Who})
//		})
//	}
//
//	func main() {}
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags=-s -o modules/greet.wasm .
//
// Handles of what was granted (Origin, Secret, Storage, Channel, Root) are looked up by the name that the manifest
// declares. What each call means is in docs/guest-abi.md.
package palyra

import (
	"encoding/json"
	"errors"
	"strings"
	"unsafe"
)

// What the host answers when it refuses; compare with errors.Is.
var (
	ErrInvalid     = errors.New("invalid")     // bad index or argument, closed object
	ErrDenied      = errors.New("denied")      // outside what this call was granted
	ErrNotFound    = errors.New("not found")   // no such grant, asset, key, setting, message
	ErrTooLarge    = errors.New("too large")   // over a stated limit
	ErrExhausted   = errors.New("exhausted")   // a rate, count or byte budget of this call is used up
	ErrUnavailable = errors.New("unavailable") // network or backend failed
	ErrConflict    = errors.New("conflict")    // somebody else was first
	ErrMalformed   = errors.New("malformed")   // not in the promised form
)

var resultErrors = []error{ErrInvalid, ErrDenied, ErrNotFound, ErrTooLarge, ErrExhausted, ErrUnavailable, ErrConflict, ErrMalformed}

func checked[T int32 | int64](result T) (T, error) {
	if result >= 0 {
		return result, nil
	}
	if index := -int64(result) - 1; index < int64(len(resultErrors)) {
		return 0, resultErrors[index]
	}
	return 0, ErrInvalid
}

func done(result int32) error {
	_, err := checked(result)
	return err
}

func textOf(text string) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.StringData(text)), uint32(len(text))
}

func bytesOf(data []byte) (unsafe.Pointer, uint32) {
	return unsafe.Pointer(unsafe.SliceData(data)), uint32(len(data))
}

const firstCap = 1024

// A value of one of the functions that answer how much is needed.
func needed(ask func(buffer unsafe.Pointer, size uint32) int32) ([]byte, error) {
	for buffer := make([]byte, firstCap); ; {
		size, err := checked(ask(bytesOf(buffer)))
		if err != nil {
			return nil, err
		}
		if int(size) <= len(buffer) {
			return buffer[:size], nil
		}
		buffer = make([]byte, size)
	}
}

// Everything that one of the functions gives which answer 0 at the end.
func toEnd(read func(buffer unsafe.Pointer, size uint32) int32) ([]byte, error) {
	buffer := make([]byte, firstCap)
	for used := 0; ; {
		if used == len(buffer) {
			buffer = append(buffer, make([]byte, used)...)
		}
		got, err := checked(read(bytesOf(buffer[used:])))
		if err != nil {
			return nil, err
		}
		if got == 0 {
			return buffer[:used], nil
		}
		used += int(got)
	}
}

// Names as storage and files list them: u16le length and bytes each.
func namesAfter(list func(after string, buffer unsafe.Pointer, size uint32) int32) ([]string, error) {
	var names []string
	buffer := make([]byte, 16*1024)
	for after := ""; ; after = names[len(names)-1] {
		at, size := bytesOf(buffer)
		used, err := checked(list(after, at, size))
		if err != nil || used == 0 {
			return names, err
		}
		for rest := buffer[:used]; len(rest) >= 2; {
			size := 2 + int(rest[0]) + int(rest[1])<<8
			if size > len(rest) {
				return nil, ErrMalformed
			}
			names = append(names, string(rest[2:size]))
			rest = rest[size:]
		}
	}
}

// ---- The call

// Run does the work of a tool: 0, or 1 with the error's text as the message for the caller.
func Run(work func() error) int32 {
	err := work()
	if err == nil {
		return 0
	}
	abiErrorWrite(textOf(err.Error()))
	return 1
}

// Arguments is one JSON object, checked against the input schema, no key twice.
func Arguments() []byte {
	arguments := make([]byte, abiInputLength())
	at, size := bytesOf(arguments)
	return arguments[:max(0, abiInputRead(at, size, 0))]
}

// Output appends to the output.
func Output(data []byte) error { return done(abiOutputWrite(bytesOf(data))) }

// OutputJSON appends a value as JSON.
func OutputJSON(value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return Output(data)
}

// OutputPart adds one content part with a media type such as image/png.
func OutputPart(media string, data []byte) error {
	name, nameSize := textOf(media)
	at, size := bytesOf(data)
	return done(abiOutputPart(name, nameSize, at, size))
}

func ToolID() string {
	id, _ := needed(abiToolID)
	return string(id)
}

func RunID() string {
	id, _ := needed(abiRunID)
	return string(id)
}

// Config is one setting of the skill as JSON text.
func Config(key string) ([]byte, error) {
	name, nameSize := textOf(key)
	return needed(func(at unsafe.Pointer, size uint32) int32 { return abiConfig(name, nameSize, at, size) })
}

type Level int32

const (
	LevelError Level = iota
	LevelWarning
	LevelInfo
	LevelDebug
	LevelTrace
)

// Log writes one line to the operator's log.
func Log(level Level, line string) {
	at, size := textOf(line)
	abiLog(int32(level), at, size)
}

// Progress says done of total steps, total 0 = unknown.
func Progress(done, total int64, message string) {
	at, size := textOf(message)
	abiProgress(done, total, at, size)
}

// DeadlineMS is how many milliseconds are left until the call is ended.
func DeadlineMS() int64 { return abiDeadlineMS() }

// Cancelled says whether the caller has gone.
func Cancelled() bool { return abiCancelled() != 0 }

// ---- Assets, clock, random

// Asset is every byte of the entry with that name below assets/.
func Asset(path string) ([]byte, error) {
	asset, err := checked(abiAssetOpen(textOf(path)))
	if err != nil {
		return nil, err
	}
	defer abiAssetClose(asset)
	content := make([]byte, abiAssetSize(asset))
	at, size := bytesOf(content)
	got, err := checked(abiAssetRead(asset, at, size, 0))
	return content[:got], err
}

// ClockWallMS counts from 1970-01-01 UTC.
func ClockWallMS() int64 { return abiClockWallMS() }

// ClockMonotonicMS never goes back.
func ClockMonotonicMS() int64 { return abiClockMonotonicMS() }

// RandomFill fills at most 64 KiB.
func RandomFill(data []byte) error { return done(abiRandomFill(bytesOf(data))) }

// ---- HTTP

// Origin stands for the rules of one origin.
type Origin int32

const (
	Get int32 = iota
	Head
	Post
	Put
	Patch
	Delete
)

// HTTPGrant looks up scheme://host[:port]; a bare host means https.
func HTTPGrant(origin string) (Origin, error) {
	handle, err := checked(abiHTTPGrant(textOf(origin)))
	return Origin(handle), err
}

// Open makes a request, not sent yet; the path may have a query.
func (origin Origin) Open(method int32, path string) (Request, error) {
	at, size := textOf(path)
	request, err := checked(abiHTTPOpen(int32(origin), method, at, size))
	return Request(request), err
}

type Request int32

func (request Request) Header(name, value string) error {
	nameAt, nameSize := textOf(name)
	at, size := textOf(value)
	return done(abiHTTPHeader(int32(request), nameAt, nameSize, at, size))
}

// Secret has the host put the secret where the rule places it.
func (request Request) Secret(secret Secret) error {
	return done(abiHTTPSecret(int32(request), int32(secret)))
}

func (request Request) Body(data []byte) error {
	at, size := bytesOf(data)
	return done(abiHTTPBody(int32(request), at, size))
}

// Send waits for the status.
func (request Request) Send() (int, error) {
	status, err := checked(abiHTTPSend(int32(request)))
	return int(status), err
}

// ResponseHeaderNames are in small letters.
func (request Request) ResponseHeaderNames() ([]string, error) {
	names, err := needed(func(at unsafe.Pointer, size uint32) int32 {
		return abiHTTPResponseHeaderNames(int32(request), at, size)
	})
	return strings.Fields(string(names)), err
}

func (request Request) ResponseHeader(name string) (string, error) {
	nameAt, nameSize := textOf(name)
	value, err := needed(func(at unsafe.Pointer, size uint32) int32 {
		return abiHTTPResponseHeader(int32(request), nameAt, nameSize, at, size)
	})
	return string(value), err
}

func (request Request) ResponseLength() (int64, error) {
	return checked(abiHTTPResponseLength(int32(request)))
}

// Response is what is left of the body.
func (request Request) Response() ([]byte, error) {
	return toEnd(func(at unsafe.Pointer, size uint32) int32 { return abiHTTPResponseRead(int32(request), at, size) })
}

func (request Request) Close() error { return done(abiHTTPClose(int32(request))) }

// ---- Secrets: used, never seen

type Secret int32

// SecretGrant looks up <scope>/<key>.
func SecretGrant(name string) (Secret, error) {
	handle, err := checked(abiSecretGrant(textOf(name)))
	return Secret(handle), err
}

// Present says whether the operator has stored a value.
func (secret Secret) Present() (bool, error) {
	present, err := checked(abiSecretPresent(int32(secret)))
	return present == 1, err
}

func (secret Secret) HMACSHA256(data []byte) (mac [32]byte, err error) {
	at, size := bytesOf(data)
	err = done(abiSecretHMACSHA256(int32(secret), at, size, unsafe.Pointer(&mac)))
	return mac, err
}

// ---- Storage

// What a change may expect besides the number of a version.
const (
	AnyVersion int64 = -1
	NewKey     int64 = 0
)

type Storage int32

func StorageGrant(prefix string) (Storage, error) {
	handle, err := checked(abiStorageGrant(textOf(prefix)))
	return Storage(handle), err
}

// Get gives the value and its version.
func (storage Storage) Get(key string) (value []byte, version int64, err error) {
	keyAt, keySize := textOf(key)
	value, err = needed(func(at unsafe.Pointer, size uint32) int32 {
		return abiStorageGet(int32(storage), keyAt, keySize, at, size, unsafe.Pointer(&version))
	})
	return value, version, err
}

// Put keeps a value, at once and for good, and gives its new version.
func (storage Storage) Put(key string, value []byte, expected int64) (int64, error) {
	keyAt, keySize := textOf(key)
	at, size := bytesOf(value)
	return checked(abiStoragePut(int32(storage), keyAt, keySize, at, size, expected))
}

func (storage Storage) Delete(key string, expected int64) error {
	at, size := textOf(key)
	return done(abiStorageDelete(int32(storage), at, size, expected))
}

// List gives every key, in the order of their bytes.
func (storage Storage) List() ([]string, error) {
	return namesAfter(func(after string, at unsafe.Pointer, size uint32) int32 {
		afterAt, afterSize := textOf(after)
		return abiStorageList(int32(storage), afterAt, afterSize, at, size)
	})
}

// ---- Channels

type Channel int32

func ChannelGrant(name string) (Channel, error) {
	handle, err := checked(abiChannelGrant(textOf(name)))
	return Channel(handle), err
}

func (channel Channel) Send(data []byte) error {
	at, size := bytesOf(data)
	return done(abiChannelSend(int32(channel), at, size))
}

// Receive gives the envelope of the next message, a JSON object, or ErrNotFound. It is gone once the tool has succeeded,
// else it comes again.
func (channel Channel) Receive() ([]byte, error) {
	return needed(func(at unsafe.Pointer, size uint32) int32 { return abiChannelReceive(int32(channel), at, size) })
}
