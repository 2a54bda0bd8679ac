// `console` as AWS's runtime has it: each call is one event of the function's log, as text or as JSON.
//
// When `_LAMBDA_TELEMETRY_LOG_FD` names a descriptor, each event is a frame on it, so that several lines stay together: type
// (4 bytes), length (4), microseconds since 1970 (8), big-endian, then the text. The platform recognises a frame by its type,
// which no UTF-8 text starts with, even when the descriptor is that of standard output. Otherwise an event is a line of
// standard output, in which carriage returns stand for line ends.
'use strict';

const fs = require('fs');
const { format } = require('util');
const errors = require('./errors.cjs');

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const TEXT_FRAME = 0xa55a0003;
const JSON_FRAME = 0xa55a0002;
const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId');

let isJson = false;
let descriptor;
let tenantId;

/** Reads the environment and replaces the methods of `console`. */
function patch() {
  isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
  setRequest(undefined, undefined);
  const given = process.env._LAMBDA_TELEMETRY_LOG_FD;
  delete process.env._LAMBDA_TELEMETRY_LOG_FD;
  if (/^\d+$/.test(given ?? '')) descriptor = Number(given);
  const lowest = Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  LEVELS.forEach((level, index) => {
    console[level.toLowerCase()] = index < lowest ? () => {} : (...message) => write(index, message);
  });
  console.log = console.info;
}

/** Sets whose events the next ones are. */
function setRequest(id, tenant) {
  globalThis[REQUEST_ID] = id;
  tenantId = tenant;
}

/** Logs an error of the runtime or the handler. */
function logError(title, error) {
  if (isJson) console.error(errors.asError(error));
  else console.error(title, errors.formatted(errors.asError(error)));
}

function write(level, message) {
  const now = new Date();
  const id = globalThis[REQUEST_ID];
  const text = isJson
    ? jsonEvent(now, id, LEVELS[level], message)
    : `${now.toISOString()}\t${id}\t${LEVELS[level]}\t${format(...message)}`;
  if (descriptor === undefined) {
    writeAll(1, Buffer.from(text.replace(/\n/g, '\r') + '\n'));
    return;
  }
  const data = Buffer.from(isJson ? text : text + '\n');
  const frame = Buffer.allocUnsafe(16 + data.length);
  frame.writeUInt32BE(((isJson ? JSON_FRAME : TEXT_FRAME) | ((level + 1) << 2)) >>> 0, 0);
  frame.writeUInt32BE(data.length, 4);
  frame.writeBigUInt64BE(BigInt(now.getTime()) * 1000n, 8);
  data.copy(frame, 16);
  writeAll(descriptor, frame);
}

/** Writes all of it before it returns, also to a pipe that someone made non-blocking and that is full. */
function writeAll(fd, data) {
  for (let at = 0; at < data.length; ) {
    try {
      at += fs.writeSync(fd, data, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function jsonEvent(now, requestId, level, message) {
  const event = { timestamp: now.toISOString(), level, requestId };
  if (tenantId) event.tenantId = tenantId;
  if (message.length === 1) {
    event.message = message[0];
    try {
      return JSON.stringify(event, expandErrors);
    } catch {
      event.message = format(message[0]);
      return JSON.stringify(event);
    }
  }
  event.message = format(...message);
  const error = message.find((part) => part instanceof Error);
  if (error) Object.assign(event, errorFields(error));
  return JSON.stringify(event);
}

function expandErrors(_, value) {
  return value instanceof Error ? { ...errorFields(value), ...value } : value;
}

function errorFields(error) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}

module.exports = { logError, patch, setRequest };
