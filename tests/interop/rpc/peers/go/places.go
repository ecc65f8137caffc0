package main

// Who answers: to a client that calls all the time, and to calls with hash codes.

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/util/current"
	"github.com/TarsCloud/TarsGo/tars/util/rogger"
)

var hashes = map[string]tars.HashType{"modulo": tars.ModHash, "consistent": tars.ConsistentHash}

func (p *proxy) who(ctx context.Context) {
	in, _, err := p.invoke(ctx, twoWay, "who", nil, nil)
	if err != nil {
		fmt.Println("error", err)
	} else {
		fmt.Println("who", in.string(0))
	}
}

// watch calls who() all the time and says who answered: a server that left must not come up again.
// TarsGo tells in its log when a server asked it to take another connection.
func watch(o options) bool {
	rogger.SetLevel(rogger.INFO)
	p, end := dial(o), time.Now().Add(time.Duration(o.seconds*float64(time.Second)))
	for ; time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		p.who(context.Background())
	}
	return true
}

// place says who answers a call with each hash code.
func place(o options) bool {
	p := dial(o)
	for _, text := range strings.Split(o.codes, ",") {
		code, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			fmt.Println("error", err)
			return false
		}
		ctx := current.ContextWithClientCurrent(context.Background())
		if kind, hashed := hashes[o.hash]; hashed {
			current.SetClientHash(ctx, int(kind), uint32(code))
		}
		p.who(ctx)
	}
	return true
}
