'use strict';

// The client role: every check of the interface, one line each, "name ok" or "name FAIL why".

const { Communicator, error } = require('@tars/rpc');
const { inTup, failInTup } = require('./forms');
const { Stream, Point, Everything, samples, describe, same, writeLong, readLong, writeRaw, readRaw, readMap } = require('./values');

const { Int32, String: Text, Map: TarsMap } = Stream;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class PeerProxy {
  // What a stub does: write the arguments, call, give the reply and a reader of it.
  async call(func, write = () => {}, options = {}) {
    const os = new Stream.TarsOutputStream();
    write(os);
    try {
      const { response } = await this._worker.tars_invoke(func, os.getBinBuffer(), options);
      return { is: new Stream.TarsInputStream(response.sBuffer), response };
    } catch (data) {
      throw Object.assign(new Error(data.error.message), { code: data.error.code });
    }
  }

  // @tars/rpc ends a one-way promise through its error path, without an error.
  oneWay(func, write) {
    const os = new Stream.TarsOutputStream();
    write(os);
    return this._worker.tars_invoke(func, os.getBinBuffer(), { packetType: 1 }).then(() => {}, () => {});
  }

  // Sends a value twice: once to get it back, once to hear what the other side read.
  async understood(sample) {
    const write = (os) => os.writeStruct(1, sample);
    same(sample, (await this.call('echo', write)).is.readStruct(0, true, Everything));
    same(describe(sample), (await this.call('describe', write)).is.readString(0, true));
  }

  async outs(a, b) {
    const { is } = await this.call('outs', (os) => {
      os.writeInt32(1, a);
      writeLong(os, 3, b);
    });
    const raw = Buffer.alloc(4);
    raw.writeInt32BE(a);
    const text = String(a);
    const got = [readLong(is, 0), is.readString(2, true), readRaw(is, 4), readMap(is, 5, TarsMap(Text, Int32)), is.readStruct(6, true, Point)];
    same([String(BigInt(a) + BigInt(b)), text, raw, { [text]: a }, new Point(a, text)], got);
  }

  async context() {
    const write = (os) => os.writeString(1, 'hello');
    const { is, response } = await this.call('context', write, { context: { who: 'node', π: '四' } });
    return { got: readMap(is, 0, TarsMap(Text, Text)), reply: response.context.toObject() };
  }

  async carried(options) {
    const { is, response } = await this.call('carried', (os) => os.writeString(1, 'hello'), options);
    return { flags: is.readInt32(0, true), status: readMap(is, 2, TarsMap(Text, Text)), reply: response.status.toObject() };
  }

  async push(text) {
    await this.call('push', (os) => {
      os.writeString(1, text);
      os.writeInt32(2, 3);
    });
  }
}

const CHECKS = {
  ping: (peer) => peer.call('tars_ping'),
  void: (peer) => peer.call('nothing'),
  extremes: (peer) => peer.understood(samples().extremes),
  plenty: (peer) => peer.understood(samples().plenty),
  defaults: (peer) => peer.understood(samples().defaults),
  outs: (peer) => peer.outs(-70000, String(2 ** 40)),
  error: async (peer) => {
    const write = (os) => {
      os.writeInt32(1, 77);
      os.writeString(2, 'on purpose');
    };
    const reason = await peer.call('fail', write).then(() => ({}), (failure) => failure);
    same([77, 'on purpose'], [reason.code, reason.message]);
  },
  'unknown-function': async (peer) => {
    const reason = await peer.call('nowhere').then(() => ({}), (failure) => failure);
    if (!reason.code) throw new Error('expected an error, got a result');
    await peer.call('nothing');
  },
  'one-way': async (peer) => {
    const key = `node-${process.hrtime.bigint()}`;
    const write = (os) => os.writeString(1, key);
    for (let i = 0; i < 5; i += 1) await peer.oneWay('note', write);
    let noted = 0;
    for (let turn = 0; noted < 5 && turn < 400; turn += 1) {
      noted = (await peer.call('noted', write)).is.readInt32(0, true);
      await sleep(5);
    }
    same(5, noted);
  },
  context: async (peer) => {
    const { got } = await peer.context();
    same('node', got.who);
  },
  'unicode-context': async (peer) => {
    const { got } = await peer.context();
    same('四', got.π);
  },
  'reply-context': async (peer) => {
    const { reply } = await peer.context();
    same('hello', reply.answer);
  },
  megabyte: async (peer) => {
    const data = Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 31) >> 3));
    const { is } = await peer.call('reversed', (os) => writeRaw(os, 1, data));
    same(true, readRaw(is, 0).reverse().equals(data));
  },
  thousand: (peer) => Promise.all(Array.from({ length: 1000 }, (_, i) => peer.outs(i, String(i)))),
  'time-out': async (peer) => {
    peer._worker.timeout = 100;
    const nap = peer.call('nap', (os) => os.writeInt32(1, 400)).then(() => ({}), (failure) => failure);
    const reason = await nap;
    peer._worker.timeout = 5000;
    same(error.CLIENT.REQUEST_TIMEOUT, reason.code);
    await peer.call('nothing');
  },
  deadline: async (peer) => {
    peer._worker.timeout = 1500;
    const { is } = await peer.call('patience');
    peer._worker.timeout = 5000;
    same(1500, is.readInt32(0, true));
  },
  dyeing: async (peer) => {
    const { flags, status } = await peer.carried({ dyeing: { dyeing: true, key: 'order-17' } });
    same(4, flags & 4);
    same('order-17', status.STATUS_DYED_KEY);
  },
  'passed-on': async (peer) => {
    const { is } = await peer.call('relayed', undefined, { dyeing: { dyeing: true, key: 'order-17' } });
    same(4, is.readInt32(0, true) & 4);
    same('order-17', readMap(is, 1, TarsMap(Text, Text)).STATUS_DYED_KEY);
  },
  'reply-status': async (peer) => {
    const { reply } = await peer.carried({});
    same('hello', reply.answer);
  },
  'tup-2': (peer, options) => inTup(dial(options)._worker, 2),
  'tup-3': (peer, options) => inTup(dial(options)._worker, 3),
  'tup-error': async (peer, options) => {
    for (const version of [2, 3]) await failInTup(dial(options)._worker, version);
  },
  lasting: async (peer) => {
    await peer.call('tars_ping');
    console.log('begun');
    same(1000, (await peer.call('nap', (os) => os.writeInt32(1, 1000))).is.readInt32(0, true));
  },
  'stray-push': async (peer) => {
    await peer.push('nobody listens');
    await peer.call('nothing');
  },
};

function dial(options) {
  const communicator = Communicator.New();
  if (options.locator) communicator.setProperty('locator', options.locator);
  const peer = communicator.stringToProxy(PeerProxy, options.object, options.set);
  peer._worker.timeout = 5000;
  peer._worker._manager._iRefreshInterval = 500; // fixed at a minute in @tars/rpc
  return peer;
}

async function call(options) {
  const peer = dial(options);
  // "lasting" is made only when asked for: its server is to stop meanwhile.
  const wanted = options.checks ? options.checks.split(',') : Object.keys(CHECKS).filter((name) => name !== 'lasting');
  let good = true;
  for (const [name, check] of Object.entries(CHECKS).filter(([each]) => wanted.includes(each))) {
    try {
      await check(peer, options);
      console.log(`${name} ok`);
    } catch (reason) {
      good = false;
      console.log(`${name} FAIL ${String(reason.message).replace(/\s+/g, ' ')}`);
    }
  }
  process.exit(good ? 0 : 1);
}

async function who(peer, options) {
  try {
    console.log('who', (await peer.call('who', undefined, options)).is.readString(0, true));
  } catch (reason) {
    console.log('error', reason.code, reason.message);
  }
}

// Calls who() all the time and says who answered: a server that left must not come up again.
async function watch(options) {
  const peer = dial(options);
  const end = Date.now() + Number(options.seconds || 10) * 1000;
  while (Date.now() < end) {
    await who(peer, {});
    await sleep(20);
  }
  process.exit(0);
}

// Says who answers a call with each hash code. Consistent hashing takes a text for a code.
async function place(options) {
  const peer = dial(options);
  await who(peer, {}); // the first call finds the endpoints, whatever its code
  for (const code of options.codes.split(',')) {
    const hash = { modulo: { hashCode: Number(code) }, consistent: { consistentHash: code } }[options.hash];
    await who(peer, hash || {});
  }
  process.exit(0);
}

module.exports = { call, dial, watch, place };
