// Errors that the runtime itself finds, and the documents that describe an error to the caller, to the log and to X-Ray.
'use strict';

const { majorVersion } = require('./version.cjs');

const CAUSE_LIMIT = 32 * 1024; // it travels in a header

function named(name, message) {
  const type = class extends Error {
    constructor(given) {
      super(given instanceof Error ? String(given) : (given ?? message));
    }
  };
  Object.defineProperty(type, 'name', { value: name });
  type.prototype.name = `Runtime.${name}`;
  return type;
}

class UnhandledPromiseRejection extends Error {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}
UnhandledPromiseRejection.prototype.name = 'Runtime.UnhandledPromiseRejection';

class UnableToStringify extends Error {
  constructor() {
    super('Unable to stringify response body');
    if (majorVersion >= 24) this.name = 'Runtime.JSONStringifyError';
  }
}

/** The error document. Whatever an error's properties do, there is one. */
function document(error) {
  try {
    if (error instanceof Error || looksLikeError(error)) {
      return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
  }
}

/** An error from another realm, or one that does not inherit from ours. */
function looksLikeError(error) {
  return Boolean(error) && ['name', 'message', 'stack'].every((key) => error[key] && typeof error[key] === 'string');
}

/** The error as text for the log, with its own enumerable properties. It starts with a tab. */
function formatted(error) {
  try {
    return '\t' + JSON.stringify(error, (_, value) => withProperties(value));
  } catch {
    return '\t' + JSON.stringify(document(error));
  }
}

function withProperties(value) {
  if (!(value instanceof Error)) return value;
  const fields = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === 'string') fields.stack = value.stack.split('\n');
  return fields;
}

function asError(value) {
  return value instanceof Error ? value : new Error(value);
}

/** What X-Ray is told: JSON text, empty if there is nothing to tell. */
function cause(error) {
  try {
    const lines = (error.stack ?? '').split('\n').slice(1);
    const stack = lines.map((line) => {
      const [, label, file, number] = /^\s*at (?:(.*?) \()?(.*?)(?::(\d+))?(?::\d+)?\)?$/.exec(line) ?? [];
      return { path: file ?? line.trim(), line: Number(number ?? 0), label: label ?? 'anonymous' };
    });
    const text = JSON.stringify({
      working_directory: process.cwd(),
      exceptions: [{ type: error.name, message: error.message, stack }],
      paths: [...new Set(stack.map((frame) => frame.path))],
    });
    return text.length < CAUSE_LIMIT ? text : '';
  } catch {
    return '';
  }
}

module.exports = {
  ImportModuleError: named('ImportModuleError'),
  HandlerNotFound: named('HandlerNotFound'),
  MalformedHandlerName: named('MalformedHandlerName'),
  UserCodeSyntaxError: named('UserCodeSyntaxError'),
  CallbackHandlerDeprecated: named(
    'CallbackHandlerDeprecated',
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to ' +
      'modify this function to use a supported handler signature to use Node.js 24 or later. For more information see ' +
      'https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  ),
  NodeJsExit: named(
    'NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that ' +
      'was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  ),
  UnhandledPromiseRejection,
  UnableToStringify,
  asError,
  cause,
  document,
  formatted,
};
