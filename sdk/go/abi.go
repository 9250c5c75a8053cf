// SPDX-License-Identifier: Apache-2.0

//go:build wasip1

package palyra

import "unsafe"

// The host functions as they are imported, name by name as in palyra_skill.h, which says what each does. A module
// imports those that it uses.

//go:wasmimport palyra:skill/call@1.0.0 input-length
func abiInputLength() int32

//go:wasmimport palyra:skill/call@1.0.0 input-read
//go:noescape
func abiInputRead(buffer unsafe.Pointer, size uint32, offset uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 output-write
//go:noescape
func abiOutputWrite(data unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 output-part
//go:noescape
func abiOutputPart(media unsafe.Pointer, mediaSize uint32, data unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 error-write
//go:noescape
func abiErrorWrite(text unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 tool-id
//go:noescape
func abiToolID(buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 run-id
//go:noescape
func abiRunID(buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 config
//go:noescape
func abiConfig(key unsafe.Pointer, keySize uint32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 log
//go:noescape
func abiLog(level int32, text unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 progress
//go:noescape
func abiProgress(done int64, total int64, text unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/call@1.0.0 deadline-ms
func abiDeadlineMS() int64

//go:wasmimport palyra:skill/call@1.0.0 cancelled
func abiCancelled() int32

//go:wasmimport palyra:skill/assets@1.0.0 open
//go:noescape
func abiAssetOpen(path unsafe.Pointer, pathSize uint32) int32

//go:wasmimport palyra:skill/assets@1.0.0 size
func abiAssetSize(asset int32) int64

//go:wasmimport palyra:skill/assets@1.0.0 read
//go:noescape
func abiAssetRead(asset int32, buffer unsafe.Pointer, cap uint32, offset int64) int32

//go:wasmimport palyra:skill/assets@1.0.0 close
func abiAssetClose(asset int32) int32

//go:wasmimport palyra:skill/clock@1.0.0 wall-ms
func abiClockWallMS() int64

//go:wasmimport palyra:skill/clock@1.0.0 monotonic-ms
func abiClockMonotonicMS() int64

//go:wasmimport palyra:skill/random@1.0.0 fill
//go:noescape
func abiRandomFill(buffer unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 grant
//go:noescape
func abiHTTPGrant(origin unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 open
//go:noescape
func abiHTTPOpen(origin int32, method int32, path unsafe.Pointer, pathSize uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 header
//go:noescape
func abiHTTPHeader(request int32, name unsafe.Pointer, nameSize uint32, value unsafe.Pointer, valueSize uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 secret
func abiHTTPSecret(request int32, secret int32) int32

//go:wasmimport palyra:skill/http@1.0.0 body
//go:noescape
func abiHTTPBody(request int32, data unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 send
func abiHTTPSend(request int32) int32

//go:wasmimport palyra:skill/http@1.0.0 response-header-names
//go:noescape
func abiHTTPResponseHeaderNames(request int32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 response-header
//go:noescape
func abiHTTPResponseHeader(request int32, name unsafe.Pointer, nameSize uint32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 response-length
func abiHTTPResponseLength(request int32) int64

//go:wasmimport palyra:skill/http@1.0.0 response-read
//go:noescape
func abiHTTPResponseRead(request int32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/http@1.0.0 close
func abiHTTPClose(request int32) int32

//go:wasmimport palyra:skill/secret@1.0.0 grant
//go:noescape
func abiSecretGrant(name unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/secret@1.0.0 present
func abiSecretPresent(secret int32) int32

//go:wasmimport palyra:skill/secret@1.0.0 hmac-sha256
//go:noescape
func abiSecretHMACSHA256(secret int32, data unsafe.Pointer, size uint32, mac unsafe.Pointer) int32

//go:wasmimport palyra:skill/storage@1.0.0 grant
//go:noescape
func abiStorageGrant(prefix unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/storage@1.0.0 get
//go:noescape
func abiStorageGet(storage int32, key unsafe.Pointer, keySize uint32, buffer unsafe.Pointer, cap uint32, version unsafe.Pointer) int32

//go:wasmimport palyra:skill/storage@1.0.0 put
//go:noescape
func abiStoragePut(storage int32, key unsafe.Pointer, keySize uint32, value unsafe.Pointer, valueSize uint32, expected int64) int64

//go:wasmimport palyra:skill/storage@1.0.0 delete
//go:noescape
func abiStorageDelete(storage int32, key unsafe.Pointer, keySize uint32, expected int64) int32

//go:wasmimport palyra:skill/storage@1.0.0 list
//go:noescape
func abiStorageList(storage int32, after unsafe.Pointer, afterSize uint32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/channel@1.0.0 grant
//go:noescape
func abiChannelGrant(name unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/channel@1.0.0 send
//go:noescape
func abiChannelSend(channel int32, data unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/channel@1.0.0 receive
//go:noescape
func abiChannelReceive(channel int32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 root
//go:noescape
func abiFileRoot(name unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 open
//go:noescape
func abiFileOpen(root int32, path unsafe.Pointer, pathSize uint32, flags int32) int32

//go:wasmimport palyra:skill/files@1.0.0 read
//go:noescape
func abiFileRead(file int32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 write
//go:noescape
func abiFileWrite(file int32, data unsafe.Pointer, size uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 seek
func abiFileSeek(file int32, offset int64, whence int32) int64

//go:wasmimport palyra:skill/files@1.0.0 size
func abiFileSize(file int32) int64

//go:wasmimport palyra:skill/files@1.0.0 sync
func abiFileSync(file int32) int32

//go:wasmimport palyra:skill/files@1.0.0 close
func abiFileClose(file int32) int32

//go:wasmimport palyra:skill/files@1.0.0 stat
//go:noescape
func abiFileStat(root int32, path unsafe.Pointer, pathSize uint32, facts unsafe.Pointer) int32

//go:wasmimport palyra:skill/files@1.0.0 list
//go:noescape
func abiFileList(root int32, path unsafe.Pointer, pathSize uint32, after unsafe.Pointer, afterSize uint32, buffer unsafe.Pointer, cap uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 make-directory
//go:noescape
func abiFileMakeDirectory(root int32, path unsafe.Pointer, pathSize uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 remove
//go:noescape
func abiFileRemove(root int32, path unsafe.Pointer, pathSize uint32) int32

//go:wasmimport palyra:skill/files@1.0.0 rename
//go:noescape
func abiFileRename(root int32, from unsafe.Pointer, fromSize uint32, to unsafe.Pointer, toSize uint32) int32
