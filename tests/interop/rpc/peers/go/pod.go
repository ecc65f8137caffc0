package main

// The pod role: registers a server the way K8STARS's tarscli does, with TarsGo, as told on
// standard input: "startup STATE", "beat STATE", "metrics PORT", "prestop". Answers each line
// with "ok" or "error WHY".

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
)

const (
	application = "Interop"
	server      = "PeerServer"
)

type pod struct {
	registry *proxy
	node     string
	port     int
}

func (p *pod) obey(line string) error {
	command, argument, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch command {
	case "startup":
		return p.startup(argument)
	case "beat":
		return p.tell("keepAlive", func(e encoder) { p.named(e, argument) })
	case "metrics":
		port, err := strconv.ParseInt(argument, 10, 32)
		if err != nil {
			return err
		}
		return p.tell("registerMetrics", func(e encoder) {
			p.named(e)
			e.WriteInt32(int32(port), 3)
		})
	case "prestop":
		return p.tell("onPrestop", func(e encoder) { p.named(e) })
	}
	return fmt.Errorf("expected startup, beat, metrics or prestop, got %q", command)
}

// named writes the node, the state if there is one, the application and the server.
func (p *pod) named(e encoder, state ...string) {
	e.WriteString(p.node, 0)
	tag := byte(1)
	for _, text := range append(state, application, server) {
		e.WriteString(text, tag)
		tag++
	}
}

func (p *pod) startup(state string) error {
	return p.tell("onStartup", func(e encoder) {
		p.named(e)
		e.WriteHead(codec.LIST, 4)
		e.WriteInt32(1, 0)
		e.WriteHead(codec.StructBegin, 0)
		e.WriteString(application+"."+server+".PeerObj", 0)
		e.WriteString(fmt.Sprintf("tcp -h %s -p %d -t 30000", p.node, p.port), 1)
		e.WriteString("tars", 2)
		e.WriteInt32(200000, 3)
		e.WriteInt32(5, 4)
		e.WriteInt32(10000, 5)
		e.WriteInt32(60000, 6)
		e.WriteHead(codec.StructEnd, 0)
		e.WriteString(state, 6)
		e.WriteString("v1", 7)
	})
}

func (p *pod) tell(function string, members func(encoder)) error {
	_, err := p.registry.call(function, func(e encoder) {
		e.WriteHead(codec.StructBegin, 1)
		members(e)
		e.WriteHead(codec.StructEnd, 0)
	})
	return err
}

func runPod(o options) bool {
	p := &pod{dial(o), o.host, o.port}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := p.obey(lines.Text()); err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println("ok")
		}
	}
	return true
}
