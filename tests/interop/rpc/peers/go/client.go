package main

// The client role: every check of the interface, one line each, "name ok" or "name FAIL why".

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/TarsCloud/TarsGo/tars"
	"github.com/TarsCloud/TarsGo/tars/model"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/util/current"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

const (
	twoWay = 0
	oneWay = 1
)

type proxy struct{ servant model.Servant }

func (p *proxy) SetServant(s model.Servant) { p.servant = s }

func communicator(o options) *tars.Communicator {
	c := tars.NewCommunicator()
	if o.locator != "" {
		c.SetLocator(o.locator)
	}
	return c
}

func dial(o options) *proxy {
	p := new(proxy)
	if o.set != "" {
		communicator(o).StringToProxy(o.object, p, tars.WithSet(o.set))
	} else {
		communicator(o).StringToProxy(o.object, p)
	}
	p.servant.TarsSetTimeout(5000)
	return p
}

// invoke is what a stub does: write the arguments, call, hand the reply to a reader.
func (p *proxy) invoke(ctx context.Context, kind byte, function string, write func(encoder), context map[string]string) (*decoder, *requestf.ResponsePacket, error) {
	return p.send(ctx, kind, function, write, nil, context)
}

func (p *proxy) send(ctx context.Context, kind byte, function string, write func(encoder), status, context map[string]string) (*decoder, *requestf.ResponsePacket, error) {
	out := newEncoder()
	if write != nil {
		write(out)
	}
	resp := new(requestf.ResponsePacket)
	if err := p.servant.TarsInvoke(ctx, kind, function, out.ToBytes(), status, context, resp); err != nil {
		return nil, nil, err
	}
	return newDecoder(tools.Int8ToByte(resp.SBuffer)), resp, nil
}

func (p *proxy) call(function string, write func(encoder)) (*decoder, error) {
	in, _, err := p.invoke(context.Background(), twoWay, function, write, nil)
	return in, err
}

func (p *proxy) say(text string) (string, error) {
	in, err := p.call("say", func(e encoder) { e.WriteString(text, 1) })
	if err != nil {
		return "", err
	}
	return in.string(0), in.err
}

func samples() map[string]Everything {
	return map[string]Everything{
		"defaults": {Note: "none", Last: -1, Point: Point{Label: "origin"}, Raw: octets{}, Numbers: []int32{},
			Words: []string{}, Counts: map[string]int32{}, Names: map[int32]string{}, Points: []Point{}, Groups: map[string][]Point{}},
		"extremes": {Flag: true, Tiny: -128, Small: -32768, Number: -1 << 31, Big: -1 << 63, Utiny: 255, Usmall: 65535,
			Unumber: 1<<32 - 1, Single: -0.5, Exact: 1234567.125, Text: strings.Repeat("x", 300), Color: 6,
			Raw: octets{0, 255, 127, 128}, Numbers: []int32{0, 127, 128, 32767, 32768, 1<<31 - 1, -1 << 31}, Words: []string{""},
			Counts: map[string]int32{"": -1}, Names: map[int32]string{-1: ""}, Point: Point{-1, ""},
			Points: []Point{{0, "zero"}}, Groups: map[string][]Point{"": {}}, Note: "", Last: 1<<63 - 1},
		"plenty": {Tiny: 1, Small: 300, Number: 70000, Big: 1 << 40, Utiny: 200, Usmall: 40000, Unumber: 3000000000,
			Single: 1.5, Exact: -2.25, Text: "čtyři 四 🙂", Color: 5, Raw: bytes.Repeat([]byte{7}, 300),
			Numbers: []int32{1, 2, 3}, Words: []string{"a", "čé", "四"}, Counts: map[string]int32{"one": 1, "two": 2},
			Names: map[int32]string{1: "one", 70000: "many"}, Point: Point{3, "here"}, Points: []Point{{1, "a"}, {2, "b"}},
			Groups: map[string][]Point{"g": {{1, "x"}, {2, "y"}}, "h": {}}, Note: "a note", Last: 5},
	}
}

type check struct {
	name string
	run  func(*proxy) error
}

// lasting is the check that is made only when asked for: its server is to stop meanwhile.
const lasting = "lasting"

func (o options) wants(name string) bool {
	return o.checks == "" && name != lasting || strings.Contains(","+o.checks+",", ","+name+",")
}

var checks = []check{
	{"ping", checkPing}, {"void", checkVoid}, {"extremes", checkExtremes}, {"plenty", checkPlenty}, {"defaults", checkDefaults}, {"outs", checkOuts},
	{"error", checkError}, {"unknown-function", checkUnknown}, {"one-way", checkOneWay}, {"context", checkContext}, {"unicode-context", checkUnicodeContext},
	{"reply-context", checkReplyContext}, {"megabyte", checkMegabyte}, {"thousand", checkThousand}, {"time-out", checkTimeout},
	{"deadline", checkDeadline}, {"dyeing", checkDyeing}, {"passed-on", checkPassedOn}, {"trace", checkTrace}, {"status", checkStatus}, {"reply-status", checkReplyStatus},
	{lasting, checkLasting}, {"tup-3", checkTup}, {"tup-error", checkTupError}, {"json", checkJSON}, {"stray-push", checkStrayPush}, {"push", checkPush},
}

func call(o options) bool {
	p, good := dial(o), true
	target = o
	for _, c := range checks {
		if !o.wants(c.name) {
			continue
		}
		if err := c.run(p); err != nil {
			good = false
			fmt.Printf("%s FAIL %v\n", c.name, err)
		} else {
			fmt.Printf("%s ok\n", c.name)
		}
	}
	return good
}

func expect(want, got interface{}) error {
	if reflect.DeepEqual(want, got) {
		return nil
	}
	return fmt.Errorf("expected %v, got %v", want, got)
}

func checkPing(p *proxy) error {
	_, err := p.call("tars_ping", nil)
	return err
}

func checkVoid(p *proxy) error {
	_, err := p.call("nothing", nil)
	return err
}

// understood sends a value twice: once to get it back, once to hear what the other side read.
func (p *proxy) understood(sample Everything) error {
	write := func(e encoder) { writeEverything(e, 1, sample) }
	in, err := p.call("echo", write)
	if err != nil {
		return err
	}
	got := readEverything(in, 0)
	if in.err != nil {
		return in.err
	}
	if err := expect(sample, got); err != nil {
		return err
	}
	if in, err = p.call("describe", write); err != nil {
		return err
	}
	return expect(describe(sample), in.string(0))
}

func checkDefaults(p *proxy) error { return p.understood(samples()["defaults"]) }
func checkExtremes(p *proxy) error { return p.understood(samples()["extremes"]) }
func checkPlenty(p *proxy) error   { return p.understood(samples()["plenty"]) }

func (p *proxy) outs(a int32, b int64) error {
	in, err := p.call("outs", func(e encoder) { e.WriteInt32(a, 1); e.WriteInt64(b, 3) })
	if err != nil {
		return err
	}
	text := fmt.Sprint(a)
	want := []interface{}{int64(a) + b, text, octets{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}, map[string]int32{text: a}, Point{a, text}}
	got := []interface{}{in.int64(0), in.string(2), in.bytes(4), readCounts(in, 5), readPoint(in, 6)}
	if in.err != nil {
		return in.err
	}
	return expect(want, got)
}

func checkOuts(p *proxy) error { return p.outs(-70000, 1<<40) }

func checkError(p *proxy) error {
	_, err := p.call("fail", func(e encoder) { e.WriteInt32(77, 1); e.WriteString("on purpose", 2) })
	return refused(err)
}

func refused(err error) error {
	if err == nil {
		return fmt.Errorf("expected an error, got a result")
	}
	if err := expect(int32(77), tars.GetErrorCode(err)); err != nil {
		return err
	}
	return expect("on purpose", err.Error())
}

func checkUnknown(p *proxy) error {
	if _, err := p.call("nowhere", nil); err == nil {
		return fmt.Errorf("expected an error, got a result")
	}
	return checkVoid(p)
}

func checkOneWay(p *proxy) error {
	key := fmt.Sprint("go-", time.Now().UnixNano())
	for i := 0; i < 5; i++ {
		if _, _, err := p.invoke(context.Background(), oneWay, "note", func(e encoder) { e.WriteString(key, 1) }, nil); err != nil {
			return err
		}
	}
	var noted int32
	for end := time.Now().Add(2 * time.Second); noted < 5 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		in, err := p.call("noted", func(e encoder) { e.WriteString(key, 1) })
		if err != nil {
			return err
		}
		noted = in.int32(0)
	}
	return expect(int32(5), noted)
}

func (p *proxy) context() (map[string]string, map[string]string, error) {
	write := func(e encoder) { e.WriteString("hello", 1) }
	in, resp, err := p.invoke(context.Background(), twoWay, "context", write, map[string]string{"who": "go", "π": "四"})
	if err != nil {
		return nil, nil, err
	}
	got := readTexts(in, 0)
	return got, resp.Context, in.err
}

func checkContext(p *proxy) error {
	got, _, err := p.context()
	if err != nil {
		return err
	}
	return expect("go", got["who"])
}

func checkUnicodeContext(p *proxy) error {
	got, _, err := p.context()
	if err != nil {
		return err
	}
	return expect("四", got["π"])
}

func checkReplyContext(p *proxy) error {
	_, reply, err := p.context()
	if err != nil {
		return err
	}
	return expect("hello", reply["answer"])
}

func checkMegabyte(p *proxy) error {
	data := make([]byte, 1<<20)
	for i := range data {
		data[i] = byte(i * 31 >> 3)
	}
	in, err := p.call("reversed", func(e encoder) { writeBytes(e, 1, data) })
	if err != nil {
		return err
	}
	got := in.bytes(0)
	for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
		got[i], got[j] = got[j], got[i]
	}
	if in.err != nil || !bytes.Equal(data, got) {
		return fmt.Errorf("expected the megabyte backwards, got %d other bytes (%v)", len(got), in.err)
	}
	return nil
}

func checkThousand(p *proxy) error {
	failures := make(chan error, 1000)
	var group sync.WaitGroup
	for i := int32(0); i < 1000; i++ {
		group.Add(1)
		go func(i int32) {
			defer group.Done()
			if err := p.outs(i, int64(i)); err != nil {
				failures <- err
			}
		}(i)
	}
	group.Wait()
	close(failures)
	return <-failures
}

// checkLasting says that it is connected, and makes a call that takes a while.
func checkLasting(p *proxy) error {
	if err := checkPing(p); err != nil {
		return err
	}
	fmt.Println("begun")
	in, err := p.call("nap", func(e encoder) { e.WriteInt32(1000, 1) })
	if err != nil {
		return err
	}
	return expect(int32(1000), in.int32(0))
}

func checkTimeout(p *proxy) error {
	ctx := current.ContextWithClientCurrent(context.Background())
	current.SetClientTimeout(ctx, 100)
	begun := time.Now()
	_, _, err := p.invoke(ctx, twoWay, "nap", func(e encoder) { e.WriteInt32(400, 1) }, nil)
	if err == nil || time.Since(begun) > 350*time.Millisecond {
		return fmt.Errorf("expected a time-out after 100 ms, got %v after %v", err, time.Since(begun))
	}
	if _, err := p.say("still here"); err != nil {
		return fmt.Errorf("after it: %w", err)
	}
	return nil
}
