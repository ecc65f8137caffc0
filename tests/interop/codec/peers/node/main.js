// The codec of @tars/stream as a line-based peer: a line of JSON in, a line out.
//
//   {"schema": spec, "encode": [form...], "decode": [hex...]}
//   {"encoded": [hex or "!reason"...], "decoded": [form or "!reason"...]}
//
// Specs and forms are described in tests/interop/codec/forms.py. Each spec becomes a type as
// tars2node makes them; lists and maps are the library's own.
"use strict";
const readline = require("readline");
const tars = require("@tars/stream");
const { typeOf } = require("./types");

function encoded(type, form) {
  const output = new tars.TarsOutputStream();
  type.proto._write(output, 0, type.toValue(form), true);
  return output.getBinBuffer().toNodeBuffer().toString("hex");
}

function decoded(type, hex) {
  const input = new tars.TarsInputStream(new tars.BinBuffer(Buffer.from(hex, "hex")));
  return type.toForm(type.proto._read(input, 0, type.proto, true));
}

function attempt(call, type, given) {
  try {
    return call(type, given);
  } catch (reason) {
    return "!" + reason.message;
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  const type = typeOf(asked.schema);
  const said = {
    encoded: asked.encode.map((form) => attempt(encoded, type, form)),
    decoded: asked.decode.map((hex) => attempt(decoded, type, hex)),
  };
  process.stdout.write(JSON.stringify(said) + "\n");
});
