'use strict';

// The structs of interop.tars for @tars/stream, plain objects for the checks, and the one-line
// description of a value that both ends of a call must agree on.

const assert = require('assert');
const Stream = require('@tars/stream');

const { List, Map: TarsMap, Int32, String: Text, BinBuffer } = Stream;

class Point {
  constructor(x = 0, label = 'origin') {
    this.x = x;
    this.label = label;
  }

  static _write(os, tag, value) {
    os.writeStruct(tag, value);
  }

  static _read(is, tag) {
    return is.readStruct(tag, true, Point);
  }

  static _readFrom(is) {
    return new Point(is.readInt32(0, true, 0), is.readString(1, false, 'origin'));
  }

  _writeTo(os) {
    os.writeInt32(0, this.x);
    os.writeString(1, this.label);
  }
}
Point._classname = 'Interop.Point';

const points = () => List(Point);

// Each member: name, tag, how to write, how to read. A long is text, for all its 64 bits.
const MEMBERS = [
  ['flag', 0, 'writeBoolean', (is) => is.readBoolean(0, true)],
  ['tiny', 1, 'writeInt8', (is) => is.readInt8(1, true)],
  ['small', 2, 'writeInt16', (is) => is.readInt16(2, true)],
  ['number', 3, 'writeInt32', (is) => is.readInt32(3, true)],
  ['big', 4, writeLong, (is) => readLong(is, 4)],
  ['utiny', 5, 'writeUInt8', (is) => is.readUInt8(5, true)],
  ['usmall', 6, 'writeUInt16', (is) => is.readUInt16(6, true)],
  ['unumber', 7, 'writeUInt32', (is) => is.readUInt32(7, true)],
  ['single', 8, 'writeFloat', (is) => is.readFloat(8, true)],
  ['exact', 9, 'writeDouble', (is) => is.readDouble(9, true)],
  ['text', 10, 'writeString', (is) => is.readString(10, true)],
  ['color', 11, 'writeInt32', (is) => is.readInt32(11, true)],
  ['raw', 12, writeRaw, (is) => readRaw(is, 12)],
  ['numbers', 13, writeListOf(Int32), (is) => is.readList(13, true, List(Int32)).value],
  ['words', 14, writeListOf(Text), (is) => is.readList(14, true, List(Text)).value],
  ['counts', 15, writeMapOf(Text, Int32), (is) => readMap(is, 15, TarsMap(Text, Int32))],
  ['names', 16, writeMapOf(Int32, Text), (is) => readMap(is, 16, TarsMap(Int32, Text))],
  ['point', 17, 'writeStruct', (is) => is.readStruct(17, true, Point)],
  ['points', 18, writeListOf(Point), (is) => is.readList(18, true, points()).value],
  ['groups', 19, writeGroups, (is) => readMap(is, 19, TarsMap(Text, points()), (list) => list.value)],
  ['note', 20, 'writeString', (is) => is.readString(20, false, 'none')],
  ['last', 200, writeLong, (is) => readLong(is, 200, false, '-1')],
];

class Everything {
  constructor(values = {}) {
    Object.assign(this, defaults(), values);
  }

  static _write(os, tag, value) {
    os.writeStruct(tag, value);
  }

  static _read(is, tag) {
    return is.readStruct(tag, true, Everything);
  }

  static _readFrom(is) {
    const value = new Everything();
    for (const [name, , , read] of MEMBERS) value[name] = read(is);
    return value;
  }

  _writeTo(os) {
    for (const [name, tag, write] of MEMBERS) {
      if (typeof write === 'string') os[write](tag, this[name]);
      else write(os, tag, this[name]);
    }
  }
}
Everything._classname = 'Interop.Everything';

// In JSON bytes are a list of signed numbers, and a long is a number.
const signed = (raw) => Array.from(new Int8Array(raw.buffer, raw.byteOffset, raw.length));
const toJson = (v) => ({ ...v, big: Number(v.big), last: Number(v.last), raw: signed(v.raw) });
const fromJson = (v) => new Everything({
  ...v, big: String(v.big), last: String(v.last), raw: Buffer.from(v.raw),
  point: Object.assign(new Point(), v.point), points: v.points.map((each) => Object.assign(new Point(), each)),
});

function defaults() {
  return {
    flag: false, tiny: 0, small: 0, number: 0, big: '0', utiny: 0, usmall: 0, unumber: 0,
    single: 0, exact: 0, text: '', color: 0, raw: Buffer.alloc(0), numbers: [], words: [],
    counts: {}, names: {}, point: new Point(), points: [], groups: {}, note: 'none', last: '-1',
  };
}

function samples() {
  return {
    defaults: new Everything(),
    extremes: new Everything({
      flag: true, tiny: -128, small: -32768, number: -(2 ** 31), big: '-9223372036854775808',
      utiny: 255, usmall: 65535, unumber: 2 ** 32 - 1, single: -0.5, exact: 1234567.125,
      text: 'x'.repeat(300), color: 6, raw: Buffer.from([0, 255, 127, 128]),
      numbers: [0, 127, 128, 32767, 32768, 2 ** 31 - 1, -(2 ** 31)], words: [''],
      counts: { '': -1 }, names: { '-1': '' }, point: new Point(-1, ''), points: [new Point(0, 'zero')],
      groups: { '': [] }, note: '', last: '9223372036854775807',
    }),
    plenty: new Everything({
      tiny: 1, small: 300, number: 70000, big: '1099511627776', utiny: 200, usmall: 40000,
      unumber: 3000000000, single: 1.5, exact: -2.25, text: 'čtyři 四 🙂', color: 5,
      raw: Buffer.alloc(300, 7), numbers: [1, 2, 3], words: ['a', 'čé', '四'],
      counts: { one: 1, two: 2 }, names: { 1: 'one', 70000: 'many' }, point: new Point(3, 'here'),
      points: [new Point(1, 'a'), new Point(2, 'b')], groups: { g: [new Point(1, 'x'), new Point(2, 'y')], h: [] },
      note: 'a note', last: '5',
    }),
  };
}

function writeLong(os, tag, value) {
  os.writeInt64(tag, value, true);
}

function readLong(is, tag, required = true, otherwise = '0') {
  return String(is.readInt64(tag, required, otherwise, true));
}

function writeRaw(os, tag, value) {
  os.writeBytes(tag, new BinBuffer(value));
}

function readRaw(is, tag) {
  return Buffer.from(is.readBytes(tag, true, BinBuffer).toNodeBuffer());
}

function writeListOf(type) {
  return (os, tag, items) => {
    const list = List(type);
    items.forEach((item) => list.push(item));
    os.writeList(tag, list);
  };
}

function mapOf(key, value, items) {
  const map = TarsMap(key, value);
  Object.entries(items).forEach(([k, v]) => map.insert(k, v));
  return map;
}

function writeMapOf(key, value) {
  return (os, tag, items) => os.writeMap(tag, mapOf(key, value, items));
}

function writeGroups(os, tag, groups) {
  const map = TarsMap(Text, points());
  for (const [name, items] of Object.entries(groups)) {
    const list = points();
    items.forEach((item) => list.push(item));
    map.insert(name, list);
  }
  os.writeMap(tag, map);
}

function readMap(is, tag, type, unwrap = (value) => value) {
  const items = {};
  is.readMap(tag, true, type).forEach((key, value) => {
    items[key] = unwrap(value);
  });
  return items;
}

const showPoint = (point) => `${point.x}/${point.label}`;
const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const pairs = (items, show, order) =>
  Object.keys(items).sort(order).map((key) => `${key}:${show(items[key])}`).join(',');

function describe(v) {
  const shown = {
    ...v,
    flag: v.flag ? 1 : 0,
    single: Math.round(v.single * 1000),
    exact: Math.round(v.exact * 1000),
    raw: v.raw.toString('hex'),
    numbers: v.numbers.join(','),
    words: v.words.join(','),
    counts: pairs(v.counts, String, byCodePoint),
    names: pairs(v.names, String, (a, b) => a - b),
    point: showPoint(v.point),
    points: v.points.map(showPoint).join(','),
    groups: pairs(v.groups, (list) => `[${list.map(showPoint).join(',')}]`, byCodePoint),
  };
  return MEMBERS.map(([name]) => `${name}=${shown[name]}`).join(';');
}

function same(expected, got) {
  assert.deepStrictEqual(got, expected);
}

module.exports = {
  Stream, Point, Everything, samples, describe, same,
  writeLong, readLong, writeRaw, readRaw, writeMapOf, mapOf, readMap, signed, toJson, fromJson,
};
