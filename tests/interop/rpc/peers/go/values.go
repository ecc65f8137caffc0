package main

// The structs of interop.tars, written and read with TarsGo's codec, and the one-line
// description of a value that both ends of a call must agree on.

import (
	"encoding/hex"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
)

type Point struct {
	X     int32
	Label string
}

type Everything struct {
	Flag    bool
	Tiny    int8
	Small   int16
	Number  int32
	Big     int64
	Utiny   uint8
	Usmall  uint16
	Unumber uint32
	Single  float32
	Exact   float64
	Text    string
	Color   int32
	Raw     []byte
	Numbers []int32
	Words   []string
	Counts  map[string]int32
	Names   map[int32]string
	Point   Point
	Points  []Point
	Groups  map[string][]Point
	Note    string
	Last    int64
}

// encoder writes with TarsGo's buffer, whose methods fail only when memory is short.
type encoder struct{ *codec.Buffer }

func newEncoder() encoder { return encoder{codec.NewBuffer()} }

func (e encoder) bytes(tag byte, data []byte) {
	e.WriteHead(codec.SimpleList, tag)
	e.WriteHead(codec.BYTE, 0)
	e.WriteInt32(int32(len(data)), 0)
	e.WriteBytes(data)
}

func writeList[T any](e encoder, tag byte, items []T, write func(encoder, byte, T)) {
	e.WriteHead(codec.LIST, tag)
	e.WriteInt32(int32(len(items)), 0)
	for _, item := range items {
		write(e, 0, item)
	}
}

func writeMap[K comparable, V any](e encoder, tag byte, items map[K]V, key func(encoder, byte, K), value func(encoder, byte, V)) {
	e.WriteHead(codec.MAP, tag)
	e.WriteInt32(int32(len(items)), 0)
	for k, v := range items {
		key(e, 0, k)
		value(e, 1, v)
	}
}

func writeInt32(e encoder, tag byte, v int32)   { e.WriteInt32(v, tag) }
func writeString(e encoder, tag byte, v string) { e.WriteString(v, tag) }

func writePoint(e encoder, tag byte, p Point) {
	e.WriteHead(codec.StructBegin, tag)
	e.WriteInt32(p.X, 0)
	if p.Label != "origin" {
		e.WriteString(p.Label, 1)
	}
	e.WriteHead(codec.StructEnd, 0)
}

func writePoints(e encoder, tag byte, points []Point) { writeList(e, tag, points, writePoint) }

func writeEverything(e encoder, tag byte, v Everything) {
	e.WriteHead(codec.StructBegin, tag)
	e.WriteBool(v.Flag, 0)
	e.WriteInt8(v.Tiny, 1)
	e.WriteInt16(v.Small, 2)
	e.WriteInt32(v.Number, 3)
	e.WriteInt64(v.Big, 4)
	e.WriteUint8(v.Utiny, 5)
	e.WriteUint16(v.Usmall, 6)
	e.WriteUint32(v.Unumber, 7)
	e.WriteFloat32(v.Single, 8)
	e.WriteFloat64(v.Exact, 9)
	e.WriteString(v.Text, 10)
	e.WriteInt32(v.Color, 11)
	e.bytes(12, v.Raw)
	writeList(e, 13, v.Numbers, writeInt32)
	writeList(e, 14, v.Words, writeString)
	writeMap(e, 15, v.Counts, writeString, writeInt32)
	writeMap(e, 16, v.Names, writeInt32, writeString)
	writePoint(e, 17, v.Point)
	writePoints(e, 18, v.Points)
	writeMap(e, 19, v.Groups, writeString, writePoints)
	if v.Note != "none" {
		e.WriteString(v.Note, 20)
	}
	if v.Last != -1 {
		e.WriteInt64(v.Last, 200)
	}
	e.WriteHead(codec.StructEnd, 0)
}

// decoder keeps the first error, so that reading is a list of members.
type decoder struct {
	*codec.Reader
	err error
}

func newDecoder(data []byte) *decoder { return &decoder{Reader: codec.NewReader(data)} }

func (d *decoder) note(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) int32(tag byte) (v int32)   { d.note(d.ReadInt32(&v, tag, true)); return }
func (d *decoder) int64(tag byte) (v int64)   { d.note(d.ReadInt64(&v, tag, true)); return }
func (d *decoder) string(tag byte) (v string) { d.note(d.ReadString(&v, tag, true)); return }

func (d *decoder) bytes(tag byte) (data []byte) {
	_, kind, err := d.SkipToNoCheck(tag, true)
	d.note(err)
	if d.err == nil && kind != codec.SimpleList {
		d.note(fmt.Errorf("expected bytes at tag %d, got type %d", tag, kind))
	}
	if d.err != nil {
		return nil
	}
	_, err = d.SkipTo(codec.BYTE, 0, true)
	d.note(err)
	d.note(d.ReadBytes(&data, d.int32(0), true))
	return data
}

func readList[T any](d *decoder, tag byte, read func(*decoder, byte) T) []T {
	_, err := d.SkipTo(codec.LIST, tag, true)
	d.note(err)
	items := []T{}
	for n := d.int32(0); n > 0 && d.err == nil; n-- {
		items = append(items, read(d, 0))
	}
	return items
}

func readMap[K comparable, V any](d *decoder, tag byte, key func(*decoder, byte) K, value func(*decoder, byte) V) map[K]V {
	_, err := d.SkipTo(codec.MAP, tag, true)
	d.note(err)
	items := map[K]V{}
	for n := d.int32(0); n > 0 && d.err == nil; n-- {
		k := key(d, 0)
		items[k] = value(d, 1)
	}
	return items
}

func readInt32(d *decoder, tag byte) int32   { return d.int32(tag) }
func readString(d *decoder, tag byte) string { return d.string(tag) }

func readPoint(d *decoder, tag byte) (p Point) {
	_, err := d.SkipTo(codec.StructBegin, tag, true)
	d.note(err)
	p = Point{X: d.int32(0), Label: "origin"}
	d.note(d.ReadString(&p.Label, 1, false))
	d.note(d.SkipToStructEnd())
	return p
}

func readPoints(d *decoder, tag byte) []Point { return readList(d, tag, readPoint) }

func readEverything(d *decoder, tag byte) (v Everything) {
	_, err := d.SkipTo(codec.StructBegin, tag, true)
	d.note(err)
	v = Everything{Note: "none", Last: -1}
	d.note(d.ReadBool(&v.Flag, 0, true))
	d.note(d.ReadInt8(&v.Tiny, 1, true))
	d.note(d.ReadInt16(&v.Small, 2, true))
	d.note(d.ReadInt32(&v.Number, 3, true))
	d.note(d.ReadInt64(&v.Big, 4, true))
	d.note(d.ReadUint8(&v.Utiny, 5, true))
	d.note(d.ReadUint16(&v.Usmall, 6, true))
	d.note(d.ReadUint32(&v.Unumber, 7, true))
	d.note(d.ReadFloat32(&v.Single, 8, true))
	d.note(d.ReadFloat64(&v.Exact, 9, true))
	v.Text = d.string(10)
	v.Color = d.int32(11)
	v.Raw = d.bytes(12)
	v.Numbers = readList(d, 13, readInt32)
	v.Words = readList(d, 14, readString)
	v.Counts = readMap(d, 15, readString, readInt32)
	v.Names = readMap(d, 16, readInt32, readString)
	v.Point = readPoint(d, 17)
	v.Points = readPoints(d, 18)
	v.Groups = readMap(d, 19, readString, readPoints)
	d.note(d.ReadString(&v.Note, 20, false))
	d.note(d.ReadInt64(&v.Last, 200, false))
	d.note(d.SkipToStructEnd())
	return v
}

func (p Point) String() string { return fmt.Sprintf("%d/%s", p.X, p.Label) }

func joined[T any](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return strings.Join(texts, ",")
}

func sortedPairs[K int32 | string, V any](items map[K]V, show func(V) string) string {
	keys := make([]K, 0, len(items))
	for k := range items {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = fmt.Sprintf("%v:%s", k, show(items[k]))
	}
	return strings.Join(texts, ",")
}

func describe(v Everything) string {
	flag := 0
	if v.Flag {
		flag = 1
	}
	return fmt.Sprintf(
		"flag=%d;tiny=%d;small=%d;number=%d;big=%d;utiny=%d;usmall=%d;unumber=%d;single=%d;exact=%d;"+
			"text=%s;color=%d;raw=%s;numbers=%s;words=%s;counts=%s;names=%s;point=%v;points=%s;groups=%s;note=%s;last=%d",
		flag, v.Tiny, v.Small, v.Number, v.Big, v.Utiny, v.Usmall, v.Unumber,
		int64(math.Round(float64(v.Single)*1000)), int64(math.Round(v.Exact*1000)),
		v.Text, v.Color, hex.EncodeToString(v.Raw), joined(v.Numbers), joined(v.Words),
		sortedPairs(v.Counts, func(n int32) string { return fmt.Sprint(n) }),
		sortedPairs(v.Names, func(s string) string { return s }),
		v.Point, joined(v.Points),
		sortedPairs(v.Groups, func(p []Point) string { return "[" + joined(p) + "]" }),
		v.Note, v.Last)
}
