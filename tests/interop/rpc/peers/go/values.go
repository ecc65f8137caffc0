package main

// The structs of interop.tars, written and read with TarsGo's codec, and the one-line
// description of a value that both ends of a call must agree on.

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/TarsCloud/TarsGo/tars/protocol/codec"
	"github.com/TarsCloud/TarsGo/tars/util/tools"
)

type Point struct {
	X     int32  `json:"x"`
	Label string `json:"label"`
}

// octets are a vector<byte>: a list of signed numbers in JSON, where []byte would be base64.
type octets []byte

func (o octets) MarshalJSON() ([]byte, error) { return json.Marshal(tools.ByteToInt8(o)) }

func (o *octets) UnmarshalJSON(text []byte) error {
	var numbers []int8
	err := json.Unmarshal(text, &numbers)
	*o = tools.Int8ToByte(numbers)
	return err
}

type Everything struct {
	Flag    bool               `json:"flag"`
	Tiny    int8               `json:"tiny"`
	Small   int16              `json:"small"`
	Number  int32              `json:"number"`
	Big     int64              `json:"big"`
	Utiny   uint8              `json:"utiny"`
	Usmall  uint16             `json:"usmall"`
	Unumber uint32             `json:"unumber"`
	Single  float32            `json:"single"`
	Exact   float64            `json:"exact"`
	Text    string             `json:"text"`
	Color   int32              `json:"color"`
	Raw     octets             `json:"raw"`
	Numbers []int32            `json:"numbers"`
	Words   []string           `json:"words"`
	Counts  map[string]int32   `json:"counts"`
	Names   map[int32]string   `json:"names"`
	Point   Point              `json:"point"`
	Points  []Point            `json:"points"`
	Groups  map[string][]Point `json:"groups"`
	Note    string             `json:"note"`
	Last    int64              `json:"last"`
}

// encoder writes with TarsGo's buffer, whose methods fail only when memory is short.
type encoder struct{ *codec.Buffer }

func newEncoder() encoder { return encoder{codec.NewBuffer()} }

func writeBytes(e encoder, tag byte, data octets) {
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
func writeInt64(e encoder, tag byte, v int64)   { e.WriteInt64(v, tag) }
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
	writeBytes(e, 12, v.Raw)
	writeList(e, 13, v.Numbers, writeInt32)
	writeList(e, 14, v.Words, writeString)
	writeCounts(e, 15, v.Counts)
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

func (d *decoder) bytes(tag byte) (read octets) {
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
	var data []byte
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

var (
	readInt32  = (*decoder).int32
	readInt64  = (*decoder).int64
	readString = (*decoder).string
	readBytes  = (*decoder).bytes
)

func readTexts(d *decoder, tag byte) map[string]string {
	return readMap(d, tag, readString, readString)
}
func readCounts(d *decoder, tag byte) map[string]int32 { return readMap(d, tag, readString, readInt32) }

func writeTexts(e encoder, tag byte, v map[string]string) {
	writeMap(e, tag, v, writeString, writeString)
}
func writeCounts(e encoder, tag byte, v map[string]int32) {
	writeMap(e, tag, v, writeString, writeInt32)
}

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
	v.Counts = readCounts(d, 15)
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
