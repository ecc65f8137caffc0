'use strict';

const { parseArgs } = require('util');

const USAGE = `usage: main.js serve --port N [--host H] [--name NAME] [--transport tcp|udp]
       main.js call --object OBJECT [--locator LOCATOR] [--checks NAME,...]
       main.js watch --object OBJECT [--locator LOCATOR] [--seconds S]
       main.js place --object OBJECT [--locator LOCATOR] [--set SET] [--hash modulo|consistent] --codes N,...`;

const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: text, host: text, name: text, transport: text,
    object: text, locator: text, set: text, checks: text, hash: text, codes: text, seconds: text,
  },
});

const { serve } = require('./server');
const { call, watch, place } = require('./client');

const role = { serve, call, watch, place }[positionals[0]];
if (role) {
  role(values);
} else {
  console.error(USAGE);
  process.exit(2);
}
