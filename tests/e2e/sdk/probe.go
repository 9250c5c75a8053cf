// SPDX-License-Identifier: Apache-2.0

// Calls everything of the package once.
package main

import palyra "palyra.dev/skill"

//go:wasmexport probe
func probe() int32 {
	return palyra.Run(func() error {
		for _, part := range []func() error{call, http, kept, files} {
			if err := part(); err != nil {
				return err
			}
		}
		return nil
	})
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func call() error {
	setting, err := palyra.Config(palyra.ToolID() + palyra.RunID())
	content, err2 := palyra.Asset("a")
	palyra.Log(palyra.LevelInfo, string(setting))
	palyra.Progress(palyra.ClockWallMS(), palyra.ClockMonotonicMS()+palyra.DeadlineMS(), "step")
	if palyra.Cancelled() {
		return palyra.ErrInvalid
	}
	return first(err, err2, palyra.RandomFill(content), palyra.Output(palyra.Arguments()),
		palyra.OutputPart("text/plain", content), palyra.OutputJSON(1))
}

func http() error {
	origin, err := palyra.HTTPGrant("api.example.com")
	secret, err2 := palyra.SecretGrant("global/key")
	if err := first(err, err2); err != nil {
		return err
	}
	request, err := origin.Open(palyra.Post, "/")
	if err != nil {
		return err
	}
	defer request.Close()
	mac, err := secret.HMACSHA256([]byte("data"))
	if present, _ := secret.Present(); present {
		err = first(err, request.Secret(secret))
	}
	err = first(err, request.Header("accept", "*/*"), request.Body(mac[:]))
	_, err2 = request.Send()
	names, err3 := request.ResponseHeaderNames()
	_, err4 := request.ResponseHeader(names[0])
	_, err5 := request.ResponseLength()
	_, err6 := request.Response()
	return first(err, err2, err3, err4, err5, err6)
}

func kept() error {
	storage, err := palyra.StorageGrant("notes/")
	version, err2 := storage.Put("key", []byte("value"), palyra.NewKey)
	value, _, err3 := storage.Get("key")
	_, err4 := storage.List()
	channel, err5 := palyra.ChannelGrant("jobs")
	_, err6 := channel.Receive()
	return first(err, err2, err3, err4, err5, err6, storage.Delete("key", version), channel.Send(value))
}

func files() error {
	root, err := palyra.FileRoot("logs")
	_, err2 := root.Stat("a")
	_, err3 := root.List("")
	file, err4 := root.Open("a/b", palyra.OpenRead|palyra.OpenWrite)
	defer file.Close()
	_, err5 := file.Seek(0, palyra.FromStart)
	_, err6 := file.Size()
	content, err7 := file.Content()
	_, err8 := file.Write(content)
	return first(err, err2, err3, err4, err5, err6, err7, err8, file.Sync(), root.MakeDirectory("a"),
		root.Rename("a/b", "a/c"), root.Remove("a/c"))
}

func main() {}
