// Answers that are streamed: the global `awslambda` with which a handler asks for that, and the stream that it writes to.
'use strict';

const { Writable } = require('stream');

// As in AWS's runtime: libraries look for them.
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

const DEFAULT_HIGH_WATER_MARK = 64 * 1024;
const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

/** Marks a handler that takes `(event, responseStream, context)`. */
function streamifyResponse(handler, options) {
  handler[STREAMING] = 'response';
  if (options?.highWaterMark) handler[HIGH_WATER_MARK] = parseInt(options.highWaterMark, 10);
  return handler;
}

const isStreaming = (handler) => handler[STREAMING] === 'response';

class HttpResponseStream {
  /** Makes the answer an HTTP response: status, headers and cookies leave before the first byte of the body. */
  static from(stream, metadata) {
    stream.setContentType(HTTP_RESPONSE);
    const prelude = JSON.stringify(metadata);
    stream._onBeforeFirstWrite = (write) => {
      write(prelude);
      write(DELIMITER);
    };
    return stream;
  }
}

/** What a handler writes its answer to. A reader who is slow makes `write` return false, and `pipeline` wait. */
class ResponseStream extends Writable {
  #client;
  #id;
  #contentType = 'application/octet-stream';
  #hasBegun = false;
  #hasEnded = false;
  #error = null;
  #heard = null;

  constructor(client, id, handler) {
    super({ highWaterMark: handler[HIGH_WATER_MARK] || DEFAULT_HIGH_WATER_MARK });
    this.#client = client;
    this.#id = id;
  }

  /** Whether it is too late to answer in another way. */
  get hasBegun() {
    return this.#hasBegun || this.writableLength > 0;
  }

  get hasEnded() {
    return this.#hasEnded;
  }

  setContentType(type) {
    if (this.hasBegun) throw new Error('Cannot set content-type, too late.');
    this.#contentType = String(type);
  }

  write(chunk, ...rest) {
    return super.write(text(chunk), ...rest);
  }

  end(chunk, ...rest) {
    return super.end(text(chunk), ...rest);
  }

  /** Ends the answer, behind what was written, with an error; `heard` is called when the platform knows of it. */
  fail(error, heard) {
    this.#error = error;
    this.#heard = heard;
    if (this.destroyed) this.#end();
    else if (!this.writableEnded) this.end();
  }

  _write(chunk, encoding, callback) {
    this._writev([{ chunk }], callback);
  }

  _writev(parts, callback) {
    const pieces = parts.map((part) => part.chunk).filter((chunk) => chunk.length > 0);
    if (this.#hasEnded || pieces.length === 0) {
      callback();
    } else {
      this.#client.writeStream([...this.#beginning(), ...pieces], callback);
    }
  }

  _final(callback) {
    this.#end();
    callback();
  }

  #end() {
    if (this.#hasEnded) return;
    const pieces = this.#beginning();
    if (pieces.length > 0) this.#client.writeStream(pieces);
    this.#hasEnded = true;
    this.#client.endStream(this.#error, this.#heard);
  }

  /** What has to leave before anything else, once. */
  #beginning() {
    const pieces = [];
    if (this.#hasBegun) return pieces;
    this.#hasBegun = true;
    this.#client.beginStream(this.#id, this.#contentType);
    this._onBeforeFirstWrite?.((chunk) => pieces.push(Buffer.from(chunk)));
    return pieces;
  }
}

/** Anything that is neither text nor bytes is written as JSON. */
function text(chunk) {
  const isPlain = chunk === null || ['undefined', 'string', 'function'].includes(typeof chunk) || chunk instanceof Uint8Array;
  return isPlain ? chunk : JSON.stringify(chunk);
}

module.exports = { awslambda: { streamifyResponse, HttpResponseStream }, isStreaming, ResponseStream };
