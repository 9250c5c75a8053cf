// SPDX-License-Identifier: Apache-2.0

//go:build wasip1

package palyra

import "unsafe"

// What Open may be asked for; a sum.
const (
	OpenRead int32 = 1 << iota
	OpenWrite
	OpenCreate
	OpenTruncate
	OpenAppend
	OpenExclusive
)

// Where Seek counts from.
const (
	FromStart int32 = iota
	FromHere
	FromEnd
)

// FileFacts is what Stat gives.
type FileFacts struct {
	Kind       uint8 // 1 file, 2 directory
	_          [7]uint8
	Size       uint64
	ModifiedMS uint64 // since 1970-01-01 UTC
}

// Root is a folder that the operator granted; paths are relative to it and never leave it.
type Root int32

func FileRoot(name string) (Root, error) {
	handle, err := checked(abiFileRoot(textOf(name)))
	return Root(handle), err
}

func (root Root) Open(path string, flags int32) (File, error) {
	at, size := textOf(path)
	file, err := checked(abiFileOpen(int32(root), at, size, flags))
	return File(file), err
}

func (root Root) Stat(path string) (facts FileFacts, err error) {
	at, size := textOf(path)
	err = done(abiFileStat(int32(root), at, size, unsafe.Pointer(&facts)))
	return facts, err
}

// List gives every name in a directory.
func (root Root) List(path string) ([]string, error) {
	pathAt, pathSize := textOf(path)
	return namesAfter(func(after string, at unsafe.Pointer, size uint32) int32 {
		afterAt, afterSize := textOf(after)
		return abiFileList(int32(root), pathAt, pathSize, afterAt, afterSize, at, size)
	})
}

func (root Root) MakeDirectory(path string) error {
	at, size := textOf(path)
	return done(abiFileMakeDirectory(int32(root), at, size))
}

// Remove takes a file, or an empty directory.
func (root Root) Remove(path string) error {
	at, size := textOf(path)
	return done(abiFileRemove(int32(root), at, size))
}

// Rename stays within the root and may replace a regular file.
func (root Root) Rename(from, to string) error {
	fromAt, fromSize := textOf(from)
	toAt, toSize := textOf(to)
	return done(abiFileRename(int32(root), fromAt, fromSize, toAt, toSize))
}

type File int32

// Content is what is left of the file.
func (file File) Content() ([]byte, error) {
	return toEnd(func(at unsafe.Pointer, size uint32) int32 { return abiFileRead(int32(file), at, size) })
}

func (file File) Write(data []byte) (int, error) {
	at, size := bytesOf(data)
	put, err := checked(abiFileWrite(int32(file), at, size))
	return int(put), err
}

// Seek gives the new position.
func (file File) Seek(offset int64, whence int32) (int64, error) {
	return checked(abiFileSeek(int32(file), offset, whence))
}

func (file File) Size() (int64, error) { return checked(abiFileSize(int32(file))) }

func (file File) Sync() error { return done(abiFileSync(int32(file))) }

func (file File) Close() error { return done(abiFileClose(int32(file))) }
