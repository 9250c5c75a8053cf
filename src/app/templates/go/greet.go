// The tools of this skill. The package palyra explains everything that a tool can call.
package main

import (
	"encoding/json"

	palyra "palyra.dev/skill"
)

//go:wasmexport greet
func greet() int32 {
	return palyra.Run(func() error {
		var arguments struct{ Who string }
		if err := json.Unmarshal(palyra.Arguments(), &arguments); err != nil {
			return err
		}
		return palyra.OutputJSON(map[string]string{"greeting": "Hello, " + arguments.Who + "!"})
	})
}

func main() {}
