'use strict';

// The server role: one @tars/rpc servant that answers interface Peer.

const net = require('net');
const { server, error } = require('@tars/rpc');
const { dial } = require('./client');
const { VERSIONS } = require('./forms');
const { Stream, Point, Everything, describe, writeLong, writeRaw, readRaw, readLong, writeMapOf } = require('./values');

const { Int32, String: Text } = Stream;
const notes = {};
let name = 'node';
let self;

// What tars2node would write for each function: read the arguments, answer with the results.
const FUNCTIONS = {
  tars_ping: (is, os) => os.writeInt32(0, 0),
  echo: (is, os) => os.writeStruct(0, is.readStruct(1, true, Everything)),
  describe: (is, os) => os.writeString(0, describe(is.readStruct(1, true, Everything))),
  outs: (is, os) => {
    const a = is.readInt32(1, true);
    const text = String(a);
    const raw = Buffer.alloc(4);
    raw.writeInt32BE(a);
    writeLong(os, 0, String(BigInt(a) + BigInt(readLong(is, 3))));
    os.writeString(2, text);
    writeRaw(os, 4, raw);
    writeMapOf(Text, Int32)(os, 5, { [text]: a });
    os.writeStruct(6, new Point(a, text));
  },
  say: (is, os) => os.writeString(0, is.readString(1, true)),
  nothing: () => {},
  reversed: (is, os) => writeRaw(os, 0, readRaw(is, 1).reverse()),
  fail: (is) => {
    const code = is.readInt32(1, true);
    throw Object.assign(new Error(is.readString(2, true)), { code });
  },
  context: (is, os, current) => {
    current.setResponseContext({ answer: is.readString(1, true) });
    os.writeMap(0, current.getContext());
  },
  note: (is) => {
    const key = is.readString(1, true);
    notes[key] = (notes[key] || 0) + 1;
  },
  noted: (is, os) => os.writeInt32(0, notes[is.readString(1, true)] || 0),
  who: (is, os) => os.writeString(0, name),
  patience: (is, os, current) => os.writeInt32(0, current.getRequest().iTimeout),
  carried: (is, os, current) => {
    os.writeInt32(0, current.getRequest().iMessageType);
    os.writeMap(2, current.getRequestStatus());
  },
};

// Functions whose answer takes a while.
const LATER = {
  nap: (is, os) => {
    const milliseconds = is.readInt32(1, true);
    os.writeInt32(0, milliseconds);
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  },
  relayed: async (is, os, current) => {
    const { flags, status } = await dial({ object: self }).carried({ dyeing: current.getDyeingObj() });
    os.writeInt32(0, flags);
    writeMapOf(Text, Text)(os, 1, status);
  },
};

class Peer {
  initialize() {}

  onDispatch(current, func, buffer) {
    const is = new Stream.TarsInputStream(buffer);
    const os = new Stream.TarsOutputStream();
    if (LATER[func]) {
      LATER[func](is, os, current).then(() => current.doResponse(os.getBinBuffer()));
      return error.SUCCESS;
    }
    if (!Object.hasOwn(FUNCTIONS, func)) return error.SERVER.FUNC_NOT_FOUND;
    try {
      const answer = VERSIONS[current.getRequestVersion()];
      if (answer) {
        answer(current, func, buffer);
        return error.SUCCESS;
      }
      FUNCTIONS[func](is, os, current);
    } catch (reason) {
      current.sendErrorResponse(reason.code === undefined ? error.SERVER.DECODE_ERROR : reason.code, reason.message);
      return error.SUCCESS;
    }
    current.doResponse(os.getBinBuffer());
    return error.SUCCESS;
  }
}

function announce(options, host) {
  if (options.transport === 'udp') {
    const peer = dial({ object: self });
    peer._worker.timeout = 100;
    peer.call('tars_ping').then(() => console.log('READY'), () => announce(options, host));
    return;
  }
  const socket = net.connect(options.port, host, () => {
    socket.destroy();
    console.log('READY');
  });
  socket.on('error', () => setTimeout(announce, 10, options, host));
}

function serve(options) {
  name = options.name || name;
  const host = options.host || '127.0.0.1';
  const endpoint = `${options.transport || 'tcp'} -h ${host} -p ${options.port} -t 60000`;
  self = `Interop.PeerServer.PeerObj@${endpoint}`;
  server.createServer(Peer).start({
    endpoint,
    servant: 'Interop.PeerServer.PeerObj',
    protocol: 'tars',
  });
  announce(options, host);
}

module.exports = { serve };
