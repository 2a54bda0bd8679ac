// The Runtime API over one kept connection, where an answer and the question for the next invocation leave together.
'use strict';

const net = require('net');

const PREFIX = '/2018-06-01/runtime/';
const EMPTY = Buffer.alloc(0);

class RuntimeClient {
  /** Called with the headers, by lower-case name, and the body of each invocation. */
  onInvocation = null;
  /** Kept when there is a connection. */
  connected;
  #host;
  #next;
  #socket;
  #chunks = [];
  #length = 0;
  #head = null;
  /** What to do with each response that is awaited, in order. */
  #awaited = [];

  /** `connect` stands in for net.connect. */
  constructor(address, connect = net.connect) {
    const colon = address.lastIndexOf(':');
    this.#host = address;
    this.#next = `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${address}\r\n\r\n`;
    this.#socket = connect(Number(address.slice(colon + 1)), address.slice(0, colon));
    this.#socket.setNoDelay(true);
    this.connected = new Promise((done) => this.#socket.once('connect', done));
    this.#socket.on('data', (data) => this.#receive(data));
    this.#socket.on('error', () => process.exit(1));
    this.#socket.on('close', () => process.exit(0));
  }

  /** Asks for the next invocation. */
  next() {
    this.#send(this.#next, [this.#invocation]);
  }

  /** Sends the answer of an invocation, JSON text, and asks for the next one. */
  respond(id, text) {
    const head = this.#postHead(`invocation/${id}/response`, '', text);
    this.#send(head + text + this.#next, [null, this.#invocation]);
  }

  /** Begins an answer that is sent piece by piece. Nothing else is sent before its end. */
  beginStream(id, contentType) {
    this.#socket.cork();
    this.#socket.write(
      `POST ${PREFIX}invocation/${id}/response HTTP/1.1\r\nHost: ${this.#host}\r\n` +
        `Content-Type: ${ascii(contentType)}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n` +
        'Transfer-Encoding: chunked\r\n' +
        'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n',
    );
    this.#socket.uncork();
  }

  /** Sends pieces of it; calls `sent` when the platform takes more. */
  writeStream(pieces, sent) {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#socket.cork();
    this.#socket.write(`${length.toString(16)}\r\n`);
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.write('\r\n', sent);
    this.#socket.uncork();
  }

  /** Sends its end, and an error that came after its beginning. `heard` is called when it is acknowledged. */
  endStream(document, heard) {
    const trailers = document
      ? errorHeaders(document, '') +
        `Lambda-Runtime-Function-Error-Body: ${Buffer.from(JSON.stringify(document)).toString('base64')}\r\n`
      : '';
    this.#send(`0\r\n${trailers}\r\n`, [heard]);
  }

  /** Sends the error of an invocation; then calls `done`, or asks for the next invocation. */
  fail(id, document, cause, done) {
    const text = JSON.stringify(document);
    const request = this.#postHead(`invocation/${id}/error`, errorHeaders(document, cause), text) + text;
    if (done) {
      this.#send(request, [done]);
    } else {
      this.#send(request + this.#next, [null, this.#invocation]);
    }
  }

  /** Says why there is no handler; calls `done` when that has been heard. */
  reportInitError(document, done) {
    const text = JSON.stringify(document);
    this.#send(this.#postHead('init/error', errorHeaders(document, ''), text) + text, [done]);
  }

  /** While a handler runs, our connection must not keep the event loop from becoming empty. */
  release() {
    this.#socket.unref();
  }

  #invocation = (status, headers, body) => {
    if (status !== '200') {
      process.stderr.write(`The Runtime API answered ${status} to a request for an invocation\n`);
      process.exit(1);
    }
    this.onInvocation(headers, body);
  };

  #postHead(path, headers, text) {
    const length = Buffer.byteLength(text);
    return (
      `POST ${PREFIX}${path} HTTP/1.1\r\nHost: ${this.#host}\r\n` +
      `Content-Type: application/json\r\n${headers}Content-Length: ${length}\r\n\r\n`
    );
  }

  #send(request, awaited) {
    this.#awaited.push(...awaited);
    this.#socket.ref();
    this.#socket.write(request);
  }

  #receive(data) {
    this.#chunks.push(data);
    this.#length += data.length;
    while (this.#awaited.length > 0) {
      if (!this.#head && !this.#parseHead()) return;
      const { status, headers, length } = this.#head;
      let body;
      if (length === undefined) {
        const decoded = dechunk(this.#joined());
        if (!decoded) return;
        body = decoded.body;
        this.#keep(decoded.rest);
      } else {
        if (this.#length < length) return;
        const buffer = this.#joined();
        body = buffer.subarray(0, length);
        this.#keep(buffer.subarray(length));
      }
      this.#head = null;
      this.#awaited.shift()?.(status, headers, body);
    }
  }

  #parseHead() {
    const buffer = this.#joined();
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const lines = buffer.toString('utf8', 0, end).split('\r\n');
    const headers = {};
    for (let index = 1; index < lines.length; index++) {
      const line = lines[index];
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const chunked = headers['transfer-encoding']?.toLowerCase() === 'chunked';
    this.#head = {
      status: lines[0].slice(9, 12),
      headers,
      length: chunked ? undefined : Number(headers['content-length'] ?? 0),
    };
    this.#keep(buffer.subarray(end + 4));
    return true;
  }

  #joined() {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #keep(rest) {
    this.#chunks = rest.length > 0 ? [rest] : [EMPTY];
    this.#length = rest.length;
  }
}

/** The body of a chunked message and what follows it, or null while it is incomplete. */
function dechunk(buffer) {
  const parts = [];
  let at = 0;
  for (;;) {
    const end = buffer.indexOf('\r\n', at);
    if (end < 0) return null;
    const size = parseInt(buffer.toString('latin1', at, end), 16);
    at = end + 2;
    if (size === 0) {
      for (;;) {
        const lineEnd = buffer.indexOf('\r\n', at);
        if (lineEnd < 0) return null;
        const isLast = lineEnd === at;
        at = lineEnd + 2;
        if (isLast) return { body: Buffer.concat(parts), rest: buffer.subarray(at) };
      }
    }
    if (buffer.length < at + size + 2) return null;
    parts.push(buffer.subarray(at, at + size));
    at += size + 2;
  }
}

/** Header values are ASCII here: JSON can escape the rest, and a type does without it. */
function errorHeaders(document, cause) {
  const type = ascii(document.errorType);
  const escaped = cause.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return (
    `Lambda-Runtime-Function-Error-Type: ${type}\r\n` +
    (escaped ? `Lambda-Runtime-Function-XRay-Error-Cause: ${escaped}\r\n` : '')
  );
}

function ascii(value) {
  return String(value).replace(/[^\x20-\x7e]/g, '');
}

module.exports = { RuntimeClient };
