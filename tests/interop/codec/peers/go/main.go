// The codec of TarsGo as a line-based peer: a line of JSON in, a line out.
//
//	{"schema": spec, "encode": [form...], "decode": [hex...]}
//	{"encoded": [hex or "!reason"...], "decoded": [form or "!reason"...]}
//
// Specs and forms are described in tests/interop/codec/forms.py. Values are read and written by the
// calls that tars2go generates, one per kind, so that what is compared is TarsGo's own codec.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

type request struct {
	Schema []any    `json:"schema"`
	Encode []any    `json:"encode"`
	Decode []string `json:"decode"`
}

type answer struct {
	Encoded []string `json:"encoded"`
	Decoded []any    `json:"decoded"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		said, _ := json.Marshal(answerTo(asked))
		out.Write(append(said, '\n'))
		out.Flush()
	}
}

func answerTo(asked request) answer {
	said := answer{Encoded: []string{}, Decoded: []any{}}
	for _, form := range asked.Encode {
		said.Encoded = append(said.Encoded, encoded(asked.Schema, form))
	}
	for _, data := range asked.Decode {
		said.Decoded = append(said.Decoded, decoded(asked.Schema, data))
	}
	return said
}

func encoded(spec []any, form any) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprint("!", reason)
		}
	}()
	w := newWriter()
	w.value(spec, 0, form)
	return hex.EncodeToString(w.to.ToBytes())
}

func decoded(spec []any, data string) (form any) {
	defer func() {
		if reason := recover(); reason != nil {
			form = fmt.Sprint("!", reason)
		}
	}()
	raw, _ := hex.DecodeString(data)
	return newReader(raw).value(spec, 0, true)
}

// must ends the value that is being read or written; encoded and decoded report why.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
