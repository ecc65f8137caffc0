package main

// The server role: one TarsGo servant that answers interface Peer.

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/util/current"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

type servant struct {
	name  string
	mutex sync.Mutex
	notes map[string]int32
}

// Dispatch is what tars2go would write: read the arguments, call, write the results.
func (s *servant) Dispatch(ctx context.Context, _ interface{}, req *requestf.RequestPacket, resp *requestf.ResponsePacket, _ bool) error {
	in, out := newDecoder(tools.Int8ToByte(req.SBuffer)), newEncoder()
	if err := s.answer(ctx, req.SFuncName, in, out); err != nil {
		return err
	}
	if in.err != nil {
		return in.err
	}
	*resp = requestf.ResponsePacket{
		IVersion:   req.IVersion,
		IRequestId: req.IRequestId,
		SBuffer:    tools.ByteToInt8(out.ToBytes()),
	}
	resp.Context, _ = current.GetResponseContext(ctx)
	return nil
}

func (s *servant) answer(ctx context.Context, function string, in *decoder, out encoder) error {
	switch function {
	case "echo":
		writeEverything(out, 0, readEverything(in, 1))
	case "describe":
		out.WriteString(describe(readEverything(in, 1)), 0)
	case "outs":
		a, b := in.int32(1), in.int64(3)
		text := fmt.Sprint(a)
		out.WriteInt64(int64(a)+b, 0)
		out.WriteString(text, 2)
		out.bytes(4, []byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
		writeMap(out, 5, map[string]int32{text: a}, writeString, writeInt32)
		writePoint(out, 6, Point{X: a, Label: text})
	case "say":
		out.WriteString(in.string(1), 0)
	case "nothing":
	case "reversed":
		data := in.bytes(1)
		for i, j := 0, len(data)-1; i < j; i, j = i+1, j-1 {
			data[i], data[j] = data[j], data[i]
		}
		out.bytes(0, data)
	case "fail":
		return tars.Errorf(in.int32(1), "%s", in.string(2))
	case "context":
		request, _ := current.GetRequestContext(ctx)
		current.SetResponseContext(ctx, map[string]string{"answer": in.string(1)})
		writeMap(out, 0, request, writeString, writeString)
	case "note":
		s.mutex.Lock()
		s.notes[in.string(1)]++
		s.mutex.Unlock()
	case "noted":
		s.mutex.Lock()
		out.WriteInt32(s.notes[in.string(1)], 0)
		s.mutex.Unlock()
	case "nap":
		milliseconds := in.int32(1)
		time.Sleep(time.Duration(milliseconds) * time.Millisecond)
		out.WriteInt32(milliseconds, 0)
	case "who":
		out.WriteString(s.name, 0)
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
        endpoint=tcp -h %s -p %d -t 60000
        servant=Interop.PeerServer.PeerObj
        protocol=tars
        threads=1
      </Interop.PeerServer.PeerObjAdapter>
    </server>
    <client>
    </client>
  </application>
</tars>
`

func serve(host string, port int, name string) bool {
	return configured(fmt.Sprintf(serverConfig, host, port), func() bool {
		peer := &servant{name: name, notes: map[string]int32{}}
		tars.AddServantWithContext(peer, peer, "Interop.PeerServer.PeerObj")
		go announce(fmt.Sprintf("%s:%d", host, port))
		tars.Run()
		return true
	})
}

func announce(address string) {
	for {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			fmt.Println("READY")
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
