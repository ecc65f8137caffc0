// @tars/stream, timed in its own process: prints {"encode": ns, "decode": ns} for one shape.
// Usage: node node.js <folder of node_modules> <shape> <hex of the message> <calls>
"use strict";
const [folder, shape, hex, calls] = process.argv.slice(2);
const tars = require(`${folder}/@tars/stream`);

const endpoint = [["String", 0], ["Int32", 1], ["Int32", 2], ["Int32", 3], ["Int32", 4],
  ["Int32", 5], ["Int32", 6], ["String", 7], ["Int32", 8], ["Int32", 9], ["Int32", 11],
  ["Int32", 12], ["Int32", 13]];
const strings = new tars.Map(tars.String, tars.String);
const shapes = {
  request_packet: [["Int16", 1], ["Int8", 2], ["Int32", 3], ["Int32", 4], ["String", 5],
    ["String", 6], ["Bytes", 7], ["Int32", 8], ["StringMap", 9], ["StringMap", 10]],
  endpoints: [["Endpoints", 0]],
  mixed: [...Array(10).keys()].map((n) => ["Int64", n])
    .concat([10, 11, 12].map((n) => ["Double", n]))
    .concat([13, 14, 15].map((n) => ["String", n]))
    .concat([["Ints", 16], ["Counts", 17], ["Inner", 18]]),
  ids_1000: [["Ints", 0]],
};

function struct(rows) {
  function Made() { this.values = []; }
  Made._classname = "bench.Made";
  Made._readFrom = (input) => read(input, rows, new Made());
  Made._write = (output, tag, value) => output.writeStruct(tag, value);
  Made._read = (input, tag, fallback) => input.readStruct(tag, true, Made);
  Made.prototype._writeTo = function (output) { write(output, rows, this); };
  Made.prototype._equal = () => false;
  Made.prototype._genKey = () => "";
  Made.new = () => new Made();
  Made.create = Made._readFrom;
  return Made;
}
const Endpoint = struct(endpoint);
const Inner = struct([["Int32", 0], ["String", 1], ["Double", 2]]);
const EndpointList = tars.List(Endpoint);
const IntList = tars.List(tars.Int32);
const StringMap = tars.Map(tars.String, tars.String);
const Counts = tars.Map(tars.String, tars.Int32);

const readers = {
  Bytes: (input, tag) => input.readBytes(tag, true, tars.BinBuffer),
  StringMap: (input, tag) => input.readMap(tag, true, StringMap),
  Counts: (input, tag) => input.readMap(tag, true, Counts),
  Ints: (input, tag) => input.readList(tag, true, IntList),
  Endpoints: (input, tag) => input.readList(tag, true, EndpointList),
  Inner: (input, tag) => input.readStruct(tag, true, Inner),
};
const writers = {
  Bytes: "writeBytes", StringMap: "writeMap", Counts: "writeMap", Ints: "writeList",
  Endpoints: "writeList", Inner: "writeStruct",
};
function read(input, rows, made) {
  for (const [kind, tag] of rows)
    made.values.push(readers[kind] ? readers[kind](input, tag) : input[`read${kind}`](tag, false, kind === "String" ? "" : 0));
  return made;
}
function write(output, rows, made) {
  rows.forEach(([kind, tag], at) => output[writers[kind] || `write${kind}`](tag, made.values[at]));
}
const rows = shapes[shape];
const data = Buffer.from(hex, "hex");
const decode = () => read(new tars.TarsInputStream(new tars.BinBuffer(data)), rows, { values: [] });
const value = decode();
const encode = () => {
  const output = new tars.TarsOutputStream();
  write(output, rows, value);
  return output.getBinBuffer().toNodeBuffer();
};
function time(call) {
  const rounds = [];
  for (let round = 0; round < 15; round++) {
    const start = process.hrtime.bigint();
    for (let n = 0; n < calls; n++) call();
    rounds.push(Number(process.hrtime.bigint() - start) / calls);
  }
  return rounds.sort((a, b) => a - b)[7];
}
encode();
console.log(JSON.stringify({ encode: time(encode), decode: time(decode), size: encode().length }));
