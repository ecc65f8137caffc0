package main

// Checks of what travels beside arguments and results, and in other forms: deadlines, dyeing,
// status, TUP, JSON, pushes.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/model"
	"github.com/TarsCloud/TarsGo/tars/protocol"
	"github.com/TarsCloud/TarsGo/tars/protocol/push"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/basef"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/util/current"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

// target is what is called: for checks that need a proxy of their own.
var target options

const pushes = 3

func checkDeadline(p *proxy) error {
	ctx := current.ContextWithClientCurrent(context.Background())
	current.SetClientTimeout(ctx, 1500)
	in, _, err := p.invoke(ctx, twoWay, "patience", nil, nil)
	if err != nil {
		return err
	}
	if left := in.int32(0); left <= 1000 || left > 1500 {
		return fmt.Errorf("expected an iTimeout of 1001 to 1500 ms, got %d", left)
	}
	return in.err
}

func (p *proxy) carried(ctx context.Context, status map[string]string) (int32, map[string]string, *requestf.ResponsePacket, error) {
	write := func(e encoder) { e.WriteString("hello", 1) }
	in, resp, err := p.send(ctx, twoWay, "carried", write, status, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	flags, got := in.int32(0), readTexts(in, 2)
	return flags, got, resp, in.err
}

func checkDyeing(p *proxy) error {
	ctx := current.ContextWithTarsCurrent(context.Background())
	current.SetDyeingKey(ctx, "order-17")
	flags, status, _, err := p.carried(ctx, nil)
	if err != nil {
		return err
	}
	if flags&basef.TARSMESSAGETYPEDYED == 0 {
		return fmt.Errorf("expected the flag %d, got %d", basef.TARSMESSAGETYPEDYED, flags)
	}
	return expect("order-17", status["STATUS_DYED_KEY"])
}

// checkPassedOn has a dyed call relayed: the call that the server makes is dyed, too.
func checkPassedOn(p *proxy) error {
	ctx := current.ContextWithTarsCurrent(context.Background())
	current.SetDyeingKey(ctx, "order-17")
	in, _, err := p.invoke(ctx, twoWay, "relayed", nil, nil)
	if err != nil {
		return err
	}
	if flags := in.int32(0); flags&basef.TARSMESSAGETYPEDYED == 0 {
		return fmt.Errorf("expected the flag %d, got %d", basef.TARSMESSAGETYPEDYED, flags)
	}
	return expect("order-17", readTexts(in, 1)["STATUS_DYED_KEY"])
}

func checkTrace(p *proxy) error {
	ctx := current.ContextWithTarsCurrent(context.Background())
	current.InitTarsTrace(ctx, "0-a7|b3")
	flags, status, _, err := p.carried(ctx, nil)
	if err != nil {
		return err
	}
	key := status["STATUS_TRACE_KEY"]
	if flags&basef.TARSMESSAGETYPETRACE == 0 || !strings.HasPrefix(key, "0-a7|") {
		return fmt.Errorf("expected the flag %d and the trace 0-a7, got %d and %q", basef.TARSMESSAGETYPETRACE, flags, key)
	}
	return nil
}

func checkStatus(p *proxy) error {
	_, status, _, err := p.carried(context.Background(), map[string]string{"note": "of go"})
	if err != nil {
		return err
	}
	return expect("of go", status["note"])
}

func checkReplyStatus(p *proxy) error {
	_, _, resp, err := p.carried(context.Background(), nil)
	if err != nil {
		return err
	}
	return expect("hello", resp.Status["answer"])
}

func checkTup(p *proxy) error {
	return inVersion(basef.TUPVERSION, tupProtocol{&protocol.TarsProtocol{}})
}

func checkTupError(*proxy) error {
	p := dial(target)
	p.servant.(*tars.ServantProxy).TarsSetVersion(basef.TUPVERSION)
	p.servant.TarsSetProtocol(tupProtocol{&protocol.TarsProtocol{}})
	out := newWriting(basef.TUPVERSION)
	give(out, "code", 1, writeInt32, 77)
	give(out, "message", 2, writeString, "on purpose")
	_, err := p.converse(basef.TUPVERSION, "fail", out)
	return refused(errors.Unwrap(err))
}

func checkJSON(p *proxy) error { return inVersion(basef.JSONVERSION, nil) }

// inVersion calls outs, with results beside the result, and echo, with every type.
func inVersion(version int16, reader model.Protocol) error {
	p := dial(target)
	p.servant.(*tars.ServantProxy).TarsSetVersion(version)
	if reader != nil {
		p.servant.TarsSetProtocol(reader)
	}
	const a, b, text = int32(-70000), int64(1) << 40, "-70000"
	out := newWriting(version)
	give(out, "a", 1, writeInt32, a)
	give(out, "b", 3, writeInt64, b)
	in, err := p.converse(version, "outs", out)
	if err != nil {
		return err
	}
	want := []interface{}{int64(a) + b, text, octets{0xff, 0xfe, 0xee, 0x90}, map[string]int32{text: a}, Point{a, text}}
	got := []interface{}{take(in, result, 0, readInt64), take(in, "text", 2, readString), take(in, "raw", 4, readBytes),
		take(in, "counts", 5, readCounts), take(in, "point", 6, readPoint)}
	if in.err != nil {
		return in.err
	}
	if err := expect(want, got); err != nil {
		return err
	}
	sample, out := samples()["plenty"], newWriting(version)
	give(out, "value", 1, writeEverything, sample)
	if in, err = p.converse(version, "echo", out); err != nil {
		return err
	}
	if err := expect(sample, take(in, result, 0, readEverything)); err != nil {
		return err
	}
	return in.err
}

func (p *proxy) converse(version int16, function string, out *writing) (*values, error) {
	data, err := out.bytes()
	if err != nil {
		return nil, err
	}
	resp := new(requestf.ResponsePacket)
	if err := p.servant.TarsInvoke(context.Background(), twoWay, function, data, nil, nil, resp); err != nil {
		return nil, fmt.Errorf("%s: %w", function, err)
	}
	in := readValues(version, tools.Int8ToByte(resp.SBuffer))
	return in, in.err
}

func pushed(text string) []byte {
	out := newEncoder()
	out.WriteString(text, 1)
	out.WriteInt32(pushes, 2)
	return out.ToBytes()
}

// checkStrayPush has messages sent that this client did not ask for: they do no harm.
func checkStrayPush(p *proxy) error {
	if _, err := p.call("push", func(e encoder) { e.WriteString("nobody listens", 1); e.WriteInt32(pushes, 2) }); err != nil {
		return err
	}
	said, err := p.say("still here")
	if err != nil {
		return err
	}
	return expect("still here", said)
}

// checkPush subscribes as TarsGo's push clients do: a callback, and a call of the function push.
func checkPush(*proxy) error {
	came := make(chan string, 2*pushes)
	client := push.NewClient(func(data []byte) { came <- newDecoder(data).string(0) })
	communicator(target).StringToProxy(target.object, client)
	if _, err := client.Connect(pushed("hello")); err != nil {
		return err
	}
	for n := 0; n < pushes; n++ {
		select {
		case text := <-came:
			if err := expect("hello", text); err != nil {
				return err
			}
		case <-time.After(3 * time.Second):
			return fmt.Errorf("expected %d messages, got %d", pushes, n)
		}
	}
	return nil
}
