// A spec as a type of @tars/stream: its prototype, and the way from a form to a value and back.
"use strict";
const tars = require("@tars/stream");

const bits = Buffer.alloc(8);

function fromBits(form) {
  bits.write(form, "hex");
  return bits.readDoubleBE(0);
}

function toBits(number) {
  bits.writeDoubleBE(number, 0);
  return bits.toString("hex");
}

const text = (value) => Buffer.from(value, "utf8").toString("hex");
const integer = (proto) => ({ proto, toValue: Number, toForm: String });
const float = (proto) => ({ proto, toValue: fromBits, toForm: toBits });

const SCALARS = {
  bool: { proto: tars.Boolean, toValue: (form) => form === "1", toForm: (on) => (on ? "1" : "0") },
  byte: integer(tars.Int8),
  short: integer(tars.Int16),
  int: integer(tars.Int32),
  enum: integer(tars.Enum),
  long: { proto: tars.Int64, toValue: (form) => form, toForm: String }, // as text: 64 bits
  "unsigned byte": integer(tars.UInt8),
  "unsigned short": integer(tars.UInt16),
  "unsigned int": integer(tars.UInt32),
  float: float(tars.Float),
  double: float(tars.Double),
  string: {
    proto: { // as text, whatever the stream's flag for longs says
      _write: (output, tag, value) => output.writeString(tag, value),
      _read: (input, tag) => input.readString(tag, true),
      _classname: "string",
    },
    toValue: (form) => Buffer.from(form, "hex").toString("utf8"),
    toForm: text,
  },
  bytes: {
    proto: {
      _write: (output, tag, value) => output.writeBytes(tag, value),
      _read: (input, tag) => input.readBytes(tag, true, tars.BinBuffer),
      _classname: "list<char>",
    },
    toValue: (form) => new tars.BinBuffer(Buffer.from(form, "hex")),
    toForm: (value) => value.toNodeBuffer().toString("hex"),
  },
};

function vectorOf(element) {
  const proto = tars.List(element.proto, true);
  return {
    proto,
    toValue: (forms) => {
      const list = tars.List(element.proto, true);
      forms.forEach((form) => list.push(element.toValue(form)));
      return list;
    },
    toForm: (list) => list.value.map(element.toForm),
  };
}

function mapOf(key, value) {
  const made = () => tars.Map(key.proto, value.proto, true, true);
  return {
    proto: made(),
    toValue: (forms) => {
      const map = made();
      forms.forEach(([one, other]) => map.insert(key.toValue(one), value.toValue(other)));
      return map;
    },
    toForm: (map) => {
      const forms = [];
      map.forEach((one, other) => { forms.push([key.toForm(one), value.toForm(other)]); });
      return forms;
    },
  };
}

function structOf(rows) {
  const members = rows.map(([tag, required, spec]) => ({ tag, required, type: typeOf(spec) }));
  function Made() { this.values = []; }
  Made._classname = "Interop.Made";
  Made._write = (output, tag, value) => output.writeStruct(tag, value);
  Made._read = (input, tag) => input.readStruct(tag, true, Made);
  Made._readFrom = (input) => {
    const made = new Made();
    for (const { tag, type } of members) made.values.push(type.proto._read(input, tag, type.proto, true));
    return made;
  };
  Made.prototype._writeTo = function (output) {
    members.forEach(({ tag, type }, at) => type.proto._write(output, tag, this.values[at], true));
  };
  return {
    proto: Made,
    toValue: (forms) => {
      const made = new Made();
      made.values = members.map(({ type }, at) => type.toValue(forms[at]));
      return made;
    },
    toForm: (made) => members.map(({ type }, at) => type.toForm(made.values[at])),
  };
}

function typeOf(spec) {
  if (spec[0] === "vector") return vectorOf(typeOf(spec[1]));
  if (spec[0] === "map") return mapOf(typeOf(spec[1]), typeOf(spec[2]));
  if (spec[0] === "struct") return structOf(spec[1]);
  return SCALARS[spec[0]];
}

module.exports = { typeOf };
