package main

import (
	"encoding/hex"
	"math"
	"strconv"

	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
)

type writer struct{ to *codec.Buffer }

func newWriter() *writer { return &writer{codec.NewBuffer()} }

func (w *writer) value(spec []any, tag byte, form any) {
	switch spec[0].(string) {
	case "vector":
		w.vector(spec[1].([]any), tag, form.([]any))
	case "map":
		w.pairs(spec, tag, form.([]any))
	case "struct":
		must(w.to.WriteHead(codec.StructBegin, tag))
		for i, row := range spec[1].([]any) {
			member := row.([]any)
			w.value(member[2].([]any), byte(member[0].(float64)), form.([]any)[i])
		}
		must(w.to.WriteHead(codec.StructEnd, 0))
	default:
		w.scalar(spec[0].(string), tag, form.(string))
	}
}

func (w *writer) vector(element []any, tag byte, forms []any) {
	must(w.to.WriteHead(codec.LIST, tag))
	must(w.to.WriteInt32(int32(len(forms)), 0))
	for _, form := range forms {
		w.value(element, 0, form)
	}
}

func (w *writer) pairs(spec []any, tag byte, forms []any) {
	must(w.to.WriteHead(codec.MAP, tag))
	must(w.to.WriteInt32(int32(len(forms)), 0))
	for _, form := range forms {
		w.value(spec[1].([]any), 0, form.([]any)[0])
		w.value(spec[2].([]any), 1, form.([]any)[1])
	}
}

func (w *writer) scalar(kind string, tag byte, form string) {
	switch kind {
	case "bool":
		must(w.to.WriteBool(form == "1", tag))
	case "float":
		must(w.to.WriteFloat32(float32(number(form)), tag))
	case "double":
		must(w.to.WriteFloat64(number(form), tag))
	case "string":
		must(w.to.WriteString(string(raw(form)), tag))
	case "bytes":
		data := raw(form)
		must(w.to.WriteHead(codec.SimpleList, tag))
		must(w.to.WriteHead(codec.BYTE, 0))
		must(w.to.WriteInt32(int32(len(data)), 0))
		must(w.to.WriteSliceUint8(data))
	default:
		w.integer(kind, tag, form)
	}
}

func (w *writer) integer(kind string, tag byte, form string) {
	value, err := strconv.ParseInt(form, 10, 64)
	must(err)
	switch kind {
	case "byte":
		must(w.to.WriteInt8(int8(value), tag))
	case "short":
		must(w.to.WriteInt16(int16(value), tag))
	case "int", "enum":
		must(w.to.WriteInt32(int32(value), tag))
	case "long":
		must(w.to.WriteInt64(value, tag))
	case "unsigned byte":
		must(w.to.WriteUint8(uint8(value), tag))
	case "unsigned short":
		must(w.to.WriteUint16(uint16(value), tag))
	default:
		must(w.to.WriteUint32(uint32(value), tag))
	}
}

// number is a float from the sixteen hexadecimal digits of its bits.
func number(form string) float64 {
	bits, err := strconv.ParseUint(form, 16, 64)
	must(err)
	return math.Float64frombits(bits)
}

func raw(form string) []byte {
	data, err := hex.DecodeString(form)
	must(err)
	return data
}
