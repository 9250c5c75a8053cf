// SPDX-License-Identifier: Apache-2.0

// Keeps, sends and reads, with the answers larger than the first buffer. The same in every language.
package main

import (
	"bytes"
	"errors"

	palyra "palyra.dev/skill"
)

//go:wasmexport keeper
func keeper() int32 { return palyra.Run(work) }

func work() error {
	value := bytes.Repeat([]byte("a"), 5000)
	storage, err := palyra.StorageGrant("notes/")
	if err != nil {
		return err
	}
	if _, err := storage.Put("key 1", value, palyra.NewKey); err != nil {
		return err
	}
	second, err := storage.Put("key 2", nil, palyra.AnyVersion)
	if err != nil {
		return err
	}
	if _, err := storage.Put("key 1", nil, palyra.NewKey); !errors.Is(err, palyra.ErrConflict) {
		return errors.New("no conflict")
	}
	kept, version, err := storage.Get("key 1")
	if err != nil || version != 1 || !bytes.Equal(kept, value) {
		return errors.New("get")
	}
	channel, err := palyra.ChannelGrant("jobs")
	if err != nil {
		return err
	}
	if err := channel.Send(kept); err != nil {
		return err
	}
	if envelope, err := channel.Receive(); err != nil || len(envelope) <= len(value) {
		return errors.New("receive")
	}
	if _, err := channel.Receive(); !errors.Is(err, palyra.ErrNotFound) {
		return errors.New("received twice")
	}
	names, err := storage.List()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := palyra.Output([]byte(name + "\n")); err != nil {
			return err
		}
	}
	if err := storage.Delete("key 2", second); err != nil {
		return err
	}
	notes, err := palyra.Asset("notes.txt")
	if err != nil {
		return err
	}
	_, none := palyra.Asset("none")
	palyra.Run(func() error { return none })
	return palyra.Output(notes)
}

func main() {}
