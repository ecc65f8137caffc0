'use strict';

const { parseArgs } = require('util');

const USAGE = `usage: main.js serve --port N [--host H] [--name NAME]
       main.js call --object OBJECT [--locator LOCATOR]
       main.js watch --object OBJECT --locator LOCATOR [--seconds S]`;

const text = { type: 'string' };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: text, host: text, name: text, object: text, locator: text, seconds: text },
});

const { serve } = require('./server');
const { call, watch } = require('./client');

const role = { serve, call, watch }[positionals[0]];
if (role) {
  role(values);
} else {
  console.error(USAGE);
  process.exit(2);
}
