package main

// Arguments and results in the three forms that a stub of tars2go's knows: values at their tags
// (version 1), values by name (TUP, 3), and JSON (5).

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/TarsCloud/TarsGo/tars/protocol"
	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/basef"
	"github.com/TarsCloud/TarsGo/tars/protocol/res/requestf"
	"github.com/TarsCloud/TarsGo/tars/protocol/tup"
)

// result is what a function's result is called where values have names.
const result = "tars_ret"

// values are read: a server's arguments, a client's results.
type values struct {
	version int16
	tagged  *decoder
	named   *tup.UniAttribute
	json    map[string]json.RawMessage
	err     error
}

func readValues(version int16, data []byte) *values {
	v := &values{version: version}
	switch version {
	case basef.TARSVERSION:
		v.tagged = newDecoder(data)
	case basef.TUPVERSION:
		v.named = tup.NewUniAttribute()
		v.note(v.named.Decode(codec.NewReader(data)))
	case basef.JSONVERSION:
		v.note(json.Unmarshal(data, &v.json))
	default:
		v.note(fmt.Errorf("expected version 1, 3 or 5, got %d", version))
	}
	return v
}

func (v *values) note(err error) {
	if v.err == nil {
		v.err = err
	}
}

func take[T any](v *values, name string, tag byte, read func(*decoder, byte) T) (value T) {
	switch v.version {
	case basef.TUPVERSION:
		var data []byte
		v.note(v.named.GetBuffer(name, &data))
		in := newDecoder(data)
		value = read(in, 0)
		v.note(in.err)
	case basef.JSONVERSION:
		v.note(json.Unmarshal(v.json[name], &value))
	default:
		value = read(v.tagged, tag)
		v.note(v.tagged.err)
	}
	return value
}

// writing is what is written: a client's arguments, a server's results.
type writing struct {
	version int16
	tagged  encoder
	named   *tup.UniAttribute
	json    map[string]interface{}
}

func newWriting(version int16) *writing {
	w := &writing{version: version}
	switch version {
	case basef.TUPVERSION:
		w.named = tup.NewUniAttribute()
	case basef.JSONVERSION:
		w.json = map[string]interface{}{}
	default:
		w.tagged = newEncoder()
	}
	return w
}

func give[T any](w *writing, name string, tag byte, write func(encoder, byte, T), value T) {
	switch w.version {
	case basef.TUPVERSION:
		out := newEncoder()
		write(out, 0, value)
		w.named.PutBuffer(name, out.ToBytes())
		if name == result {
			w.named.PutBuffer("", out.ToBytes())
		}
	case basef.JSONVERSION:
		w.json[name] = value
	default:
		write(w.tagged, tag, value)
	}
}

func (w *writing) bytes() ([]byte, error) {
	switch w.version {
	case basef.TUPVERSION:
		out := newEncoder()
		err := w.named.Encode(out.Buffer)
		return out.ToBytes(), err
	case basef.JSONVERSION:
		return json.Marshal(w.json)
	}
	return w.tagged.ToBytes(), nil
}

// tupProtocol reads what a server answers to TUP: a packet in the layout of a request. TarsGo's
// own client knows the layout of version 1 alone, and takes another one by TarsSetProtocol.
type tupProtocol struct{ *protocol.TarsProtocol }

func (tupProtocol) ResponseUnpack(frame []byte) (*requestf.ResponsePacket, error) {
	var packet requestf.RequestPacket
	if err := packet.ReadFrom(codec.NewReader(frame[4:])); err != nil {
		return nil, err
	}
	code, _ := strconv.ParseInt(packet.Status["STATUS_RESULT_CODE"], 10, 32)
	return &requestf.ResponsePacket{
		IVersion: packet.IVersion, IRequestId: packet.IRequestId, SBuffer: packet.SBuffer, IRet: int32(code),
		SResultDesc: packet.Status["STATUS_RESULT_DESC"], Status: packet.Status, Context: packet.Context,
	}, nil
}
