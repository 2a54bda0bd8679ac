// A stem: a runtime that is started before it is known for which function, and becomes that function's when it is told.
//
// It finds a socket at the descriptor that `MARTLET_STEM` begins with. It writes a byte there when all is loaded, and reads its
// environment from there when its code has been put at /var/task: one message, a NUL after each variable.
'use strict';

const fs = require('fs');
const path = require('path');
const { RuntimeClient } = require('./client.cjs');
const { Invocation } = require('./invocation.cjs');
const { loadHandler } = require('./loader.cjs');

const VARIABLE = 'MARTLET_STEM';
const MESSAGE_LIMIT = 256 * 1024;
const REHEARSALS = 32;

/** Loads a handler and serves some invocations that nobody made, so that what does it is compiled. */
async function rehearse() {
  // Copies of their own: show() overwrites where they were.
  for (const [name, value] of Object.entries(process.env)) process.env[name] = value;
  const own = Buffer.from(Object.entries(process.env).map(([name, value]) => `${name}=${value}\0`).join(''));
  const file = path.join(__dirname, 'rehearsal.cjs');
  let handler;
  for (let round = 0; round < 3; round++) {
    handler = await loadHandler(path.dirname(__dirname), 'lib/rehearsal.handler');
    delete require.cache[file];
    become(own);
    process.chdir(process.cwd());
  }
  const body = '{"key": ["value", 1, 2.5, true, null]}';
  const invocation = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: rehearsal\r\n' +
      `Lambda-Runtime-Deadline-Ms: 0\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const accepted = Buffer.from('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
  await new Promise((done) => {
    let receive;
    let left = REHEARSALS;
    const client = new RuntimeClient('127.0.0.1:9001', () => ({
      setNoDelay() {},
      ref() {},
      unref() {},
      once() {},
      on: (event, listener) => {
        if (event === 'data') receive = listener;
      },
      write: (request) => {
        if (left-- === 0) done();
        else setImmediate(() => receive(Buffer.concat(request.startsWith('POST') ? [accepted, invocation] : [invocation])));
      },
    }));
    client.onInvocation = (headers, event) => new Invocation(client, handler, headers).run(event);
    client.next();
  });
}

/** Waits until this process has a function. Nothing else happens in it until then. */
function wait() {
  const descriptor = parseInt(process.env[VARIABLE], 10);
  let block;
  try {
    fs.writeSync(descriptor, 'r');
    const buffer = Buffer.alloc(MESSAGE_LIMIT);
    block = buffer.subarray(0, fs.readSync(descriptor, buffer));
  } catch {
    process.reallyExit(0);
  }
  if (block.length === 0) process.reallyExit(0);
  fs.closeSync(descriptor);
  // A function sees what it would see in a process of its own.
  delete require.cache[__filename];
  become(block);
  process.chdir(process.env.LAMBDA_TASK_ROOT ?? '/var/task');
}

/** Makes the variables of a message the environment. */
function become(block) {
  const variables = new Map();
  for (const variable of block.toString('utf8').split('\0')) {
    const mark = variable.indexOf('=');
    if (mark > 0) variables.set(variable.slice(0, mark), variable.slice(mark + 1));
  }
  for (const name of Object.keys(process.env)) if (!variables.has(name)) delete process.env[name];
  // What stays as it is is not set: Node.js would search the time zones again for TZ.
  for (const [name, value] of variables) if (process.env[name] !== value) process.env[name] = value;
  show(block);
}

/** Lets /proc/self/environ show these variables, where the process's first ones left room. */
function show(block) {
  try {
    const stat = fs.readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [start, end] = [Number(fields[47]), Number(fields[48])];
    const shown = Buffer.alloc(end - start);
    if (block.length <= shown.length) block.copy(shown);
    const memory = fs.openSync('/proc/self/mem', 'r+');
    fs.writeSync(memory, shown, 0, shown.length, start);
    fs.closeSync(memory);
  } catch {
    // A view of no consequence.
  }
}

module.exports = { rehearse, wait };
