package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"

	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
)

type reader struct{ from *codec.Reader }

func newReader(data []byte) *reader { return &reader{codec.NewReader(data)} }

func (r *reader) value(spec []any, tag byte, require bool) any {
	switch spec[0].(string) {
	case "vector":
		return r.vector(spec[1].([]any), tag, require)
	case "map":
		return r.pairs(spec, tag, require)
	case "struct":
		return r.members(spec[1].([]any), tag, require)
	default:
		return r.scalar(spec[0].(string), tag, require)
	}
}

func (r *reader) count() int32 {
	var count int32
	must(r.from.ReadInt32(&count, 0, true))
	return count
}

func (r *reader) vector(element []any, tag byte, require bool) any {
	forms := []any{}
	have, kind, err := r.from.SkipToNoCheck(tag, require)
	must(err)
	if !have {
		return forms
	}
	if kind != codec.LIST {
		panic(fmt.Sprint("a list of type ", kind))
	}
	for count := r.count(); count > 0; count-- {
		forms = append(forms, r.value(element, 0, true))
	}
	return forms
}

func (r *reader) pairs(spec []any, tag byte, require bool) any {
	forms := []any{}
	have, err := r.from.SkipTo(codec.MAP, tag, require)
	must(err)
	if !have {
		return forms
	}
	for count := r.count(); count > 0; count-- {
		key := r.value(spec[1].([]any), 0, true)
		forms = append(forms, []any{key, r.value(spec[2].([]any), 1, true)})
	}
	return forms
}

func (r *reader) members(rows []any, tag byte, require bool) any {
	have, err := r.from.SkipTo(codec.StructBegin, tag, require)
	must(err)
	inside := r
	if !have {
		inside = newReader(nil) // every member is absent
	}
	forms := []any{}
	for _, row := range rows {
		member := row.([]any)
		needed := member[1].(bool) && have
		forms = append(forms, inside.value(member[2].([]any), byte(member[0].(float64)), needed))
	}
	if have {
		must(r.from.SkipToStructEnd())
	}
	return forms
}

func (r *reader) scalar(kind string, tag byte, require bool) string {
	switch kind {
	case "bool":
		var value bool
		must(r.from.ReadBool(&value, tag, require))
		if value {
			return "1"
		}
		return "0"
	case "float":
		var value float32
		must(r.from.ReadFloat32(&value, tag, require))
		return fmt.Sprintf("%016x", math.Float64bits(float64(value)))
	case "double":
		var value float64
		must(r.from.ReadFloat64(&value, tag, require))
		return fmt.Sprintf("%016x", math.Float64bits(value))
	case "string":
		var value string
		must(r.from.ReadString(&value, tag, require))
		return hex.EncodeToString([]byte(value))
	case "bytes":
		return hex.EncodeToString(r.bytes(tag, require))
	default:
		return strconv.FormatInt(r.integer(kind, tag, require), 10)
	}
}

func (r *reader) bytes(tag byte, require bool) []byte {
	have, kind, err := r.from.SkipToNoCheck(tag, require)
	must(err)
	if !have {
		return nil
	}
	if kind != codec.SimpleList {
		panic(fmt.Sprint("bytes of type ", kind))
	}
	_, err = r.from.SkipTo(codec.BYTE, 0, true)
	must(err)
	var data []uint8
	must(r.from.ReadSliceUint8(&data, r.count(), true))
	return data
}

func (r *reader) integer(kind string, tag byte, require bool) int64 {
	switch kind {
	case "byte":
		var value int8
		must(r.from.ReadInt8(&value, tag, require))
		return int64(value)
	case "short":
		var value int16
		must(r.from.ReadInt16(&value, tag, require))
		return int64(value)
	case "int", "enum":
		var value int32
		must(r.from.ReadInt32(&value, tag, require))
		return int64(value)
	case "long":
		var value int64
		must(r.from.ReadInt64(&value, tag, require))
		return value
	case "unsigned byte":
		var value uint8
		must(r.from.ReadUint8(&value, tag, require))
		return int64(value)
	case "unsigned short":
		var value uint16
		must(r.from.ReadUint16(&value, tag, require))
		return int64(value)
	default:
		var value uint32
		must(r.from.ReadUint32(&value, tag, require))
		return int64(value)
	}
}
