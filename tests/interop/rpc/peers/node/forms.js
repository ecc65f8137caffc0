'use strict';

// outs and echo in the forms that a stub of tars2node's knows besides values at their tags: values
// by name (TUP, versions 2 and 3), and JSON (5), which servers alone speak.

const { Stream, Point, Everything, samples, same, mapOf, signed, toJson, fromJson } = require('./values');

const { Int32, String: Text, Map: TarsMap, BinBuffer, UniAttribute } = Stream;

function outsOf(a, b) {
  const raw = Buffer.alloc(4);
  raw.writeInt32BE(a);
  const text = String(a);
  return { sum: String(BigInt(a) + BigInt(b)), text, raw, counts: { [text]: a }, point: new Point(a, text) };
}

function attribute(version, buffer) {
  const values = new UniAttribute();
  values.tupVersion = version;
  if (buffer) values.decode(buffer);
  return values;
}

const TUP = {
  outs(read, write) {
    const { sum, text, raw, counts, point } = outsOf(read.readInt32('a'), read.readInt64('b', undefined, true));
    write.writeInt64('', sum, true);
    write.writeString('text', text);
    write.writeBytes('raw', new BinBuffer(raw));
    write.writeMap('counts', mapOf(Text, Int32, counts));
    write.writeStruct('point', point);
  },
  echo: (read, write) => write.writeStruct('', read.readStruct('value', Everything)),
  fail(read) {
    throw Object.assign(new Error(read.readString('message')), { code: read.readInt32('code') });
  },
};

const JSON_FORMS = {
  outs(read) {
    const { sum, text, raw, counts, point } = outsOf(read.a, read.b);
    return { tars_ret: Number(sum), text, raw: signed(raw), counts, point };
  },
  echo: (read) => ({ tars_ret: toJson(fromJson(read.value)) }),
};

const VERSIONS = {
  2: answerTup,
  3: answerTup,
  5: (current, func, buffer) => {
    const text = JSON.stringify(JSON_FORMS[func](JSON.parse(buffer.toNodeBuffer().toString())));
    current.doResponse(new BinBuffer(Buffer.from(text)));
  },
};

function answerTup(current, func, buffer) {
  const version = current.getRequestVersion();
  const write = attribute(version);
  TUP[func](attribute(version, buffer), write);
  current.doResponse(write.encode());
}

// The client's side of TUP. @tars/rpc reads the code of a failure, not its text.
async function call(worker, version, func, fill) {
  const values = attribute(version);
  fill(values);
  worker.version = version;
  const { response } = await worker.tup_invoke(func, values).catch((data) => {
    throw Object.assign(new Error(`${func}: ${data.error.code} ${data.error.message}`), { data });
  });
  return response.tup;
}

async function failInTup(worker, version) {
  const failure = await call(worker, version, 'fail', (values) => {
    values.writeInt32('code', 77);
    values.writeString('message', 'on purpose');
  }).then(() => ({}), ({ data }) => data);
  same(77, failure.error && failure.error.code);
  same('on purpose', failure.response.status.get('STATUS_RESULT_DESC'));
}

async function inTup(worker, version) {
  const read = await call(worker, version, 'outs', (values) => {
    values.writeInt32('a', -70000);
    values.writeInt64('b', String(2 ** 40), true);
  });
  const got = {
    sum: String(read.readInt64('', undefined, true)),
    text: read.readString('text'),
    raw: Buffer.from(read.readBytes('raw').toNodeBuffer()),
    counts: read.readMap('counts', TarsMap(Text, Int32)).value,
    point: read.readStruct('point', Point),
  };
  same(outsOf(-70000, String(2 ** 40)), { ...got, counts: { ...got.counts } });
  const sample = samples().plenty;
  const echoed = await call(worker, version, 'echo', (values) => values.writeStruct('value', sample));
  same(sample, echoed.readStruct('', Everything));
}

module.exports = { VERSIONS, inTup, failInTup };
