package main

// The server role: one TarsGo servant that answers interface Peer.

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/protocol/push"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/util/current"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

type servant struct {
	name  string
	self  options
	mutex sync.Mutex
	notes map[string]int32
}

// Dispatch is what tars2go would write: read the arguments, call, write the results.
func (s *servant) Dispatch(ctx context.Context, _ interface{}, req *requestf.RequestPacket, resp *requestf.ResponsePacket, _ bool) error {
	in, out := readValues(req.IVersion, tools.Int8ToByte(req.SBuffer)), newWriting(req.IVersion)
	if in.err != nil {
		return in.err
	}
	if err := s.answer(ctx, req, in, out); err != nil {
		return err
	}
	if in.err != nil {
		return in.err
	}
	data, err := out.bytes()
	if err != nil {
		return err
	}
	*resp = requestf.ResponsePacket{
		IVersion:   req.IVersion,
		IRequestId: req.IRequestId,
		SBuffer:    tools.ByteToInt8(data),
	}
	resp.Status, _ = current.GetResponseStatus(ctx)
	resp.Context, _ = current.GetResponseContext(ctx)
	return nil
}

func (s *servant) answer(ctx context.Context, req *requestf.RequestPacket, in *values, out *writing) error {
	switch req.SFuncName {
	case "echo":
		give(out, result, 0, writeEverything, take(in, "value", 1, readEverything))
	case "describe":
		give(out, result, 0, writeString, describe(take(in, "value", 1, readEverything)))
	case "outs":
		a, b := take(in, "a", 1, readInt32), take(in, "b", 3, readInt64)
		text := fmt.Sprint(a)
		give(out, result, 0, writeInt64, int64(a)+b)
		give(out, "text", 2, writeString, text)
		give(out, "raw", 4, writeBytes, octets{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
		give(out, "counts", 5, writeCounts, map[string]int32{text: a})
		give(out, "point", 6, writePoint, Point{X: a, Label: text})
	case "say":
		give(out, result, 0, writeString, take(in, "text", 1, readString))
	case "nothing":
	case "reversed":
		data := take(in, "data", 1, readBytes)
		for i, j := 0, len(data)-1; i < j; i, j = i+1, j-1 {
			data[i], data[j] = data[j], data[i]
		}
		give(out, result, 0, writeBytes, data)
	case "fail":
		return tars.Errorf(take(in, "code", 1, readInt32), "%s", take(in, "message", 2, readString))
	case "note":
		topic := take(in, "topic", 1, readString)
		s.mutex.Lock()
		s.notes[topic]++
		s.mutex.Unlock()
	case "noted":
		topic := take(in, "topic", 1, readString)
		s.mutex.Lock()
		give(out, result, 0, writeInt32, s.notes[topic])
		s.mutex.Unlock()
	case "nap":
		milliseconds := take(in, "milliseconds", 1, readInt32)
		time.Sleep(time.Duration(milliseconds) * time.Millisecond)
		give(out, result, 0, writeInt32, milliseconds)
	case "who":
		give(out, result, 0, writeString, s.name)
	default:
		return s.besides(ctx, req, in, out)
	}
	return nil
}

// besides are the functions about what travels beside arguments and results.
func (s *servant) besides(ctx context.Context, req *requestf.RequestPacket, in *values, out *writing) error {
	switch req.SFuncName {
	case "context":
		request, _ := current.GetRequestContext(ctx)
		current.SetResponseContext(ctx, map[string]string{"answer": take(in, "answer", 1, readString)})
		give(out, result, 0, writeTexts, request)
	case "carried":
		status, _ := current.GetRequestStatus(ctx)
		current.SetResponseStatus(ctx, map[string]string{"answer": take(in, "answer", 1, readString)})
		give(out, result, 0, writeInt32, req.IMessageType)
		give(out, "status", 2, writeTexts, status)
	case "relayed":
		flags, status, _, err := dial(s.self).carried(ctx, nil)
		if err != nil {
			return err
		}
		give(out, result, 0, writeInt32, flags)
		give(out, "status", 1, writeTexts, status)
	case "patience":
		give(out, result, 0, writeInt32, req.ITimeout)
	case "push":
		message := newEncoder()
		message.WriteString(take(in, "text", 1, readString), 0)
		for times := take(in, "times", 2, readInt32); times > 0; times-- {
			if err := push.Send(ctx, message.ToBytes()); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("func mismatch")
	}
	return nil
}

const serverConfig = `<tars>
  <application>
    <server>
      app=Interop
      server=PeerServer
      localip=127.0.0.1
      <Interop.PeerServer.PeerObjAdapter>
        endpoint=%s
        servant=Interop.PeerServer.PeerObj
        protocol=tars
        threads=1
%s
      </Interop.PeerServer.PeerObjAdapter>
    </server>
    <client>
    </client>
  </application>
</tars>
`

const serverPapers = `        cert=%[1]s/server.pem
        key=%[1]s/server.key
        ca=%[1]s/ca.pem
        verifyclient=%[2]d`

func serve(o options) bool {
	endpoint := fmt.Sprintf("%s -h %s -p %d -t 60000", o.transport, o.host, o.port)
	papers := ""
	if o.tls != "" {
		papers = fmt.Sprintf(serverPapers, o.tls, o.verify)
	}
	return configured(fmt.Sprintf(serverConfig, endpoint, papers), func() bool {
		peer := &servant{name: o.name, self: o, notes: map[string]int32{}}
		peer.self.object = fmt.Sprintf("Interop.PeerServer.PeerObj@%s", endpoint)
		tars.AddServantWithContext(peer, peer, "Interop.PeerServer.PeerObj")
		go announce(o)
		tars.Run()
		return true
	})
}

// announce says READY once somebody listens: over UDP, once somebody answers.
func announce(o options) {
	for !listens(o) {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("READY")
}

func listens(o options) bool {
	if o.transport != "udp" {
		connection, err := net.Dial("tcp", net.JoinHostPort(o.host, fmt.Sprint(o.port)))
		if err == nil {
			connection.Close()
		}
		return err == nil
	}
	o.object = fmt.Sprintf("Interop.PeerServer.PeerObj@udp -h %s -p %d", o.host, o.port)
	p := dial(o)
	p.servant.TarsSetTimeout(200)
	_, err := p.call("tars_ping", nil)
	return err == nil
}
