// One invocation: its context, and the ways in which it can end.
'use strict';

const console_ = require('./console.cjs');
const errors = require('./errors.cjs');
const { isStreaming, ResponseStream } = require('./streaming.cjs');
const { majorVersion } = require('./version.cjs');

const TRACE_FIELDS = ['traceparent', 'tracestate', 'baggage'];
const FIRST_WITHOUT_CALLBACKS = 24;

class Invocation {
  /** The one that runs; null between invocations. */
  static current = null;

  finished = false;
  #client;
  #handler;
  #headers;
  /** What happens when nothing is left in the event loop, and the handler has not ended the invocation. */
  #whenEmpty = null;
  #waitsForEmptyEventLoop = true;
  /** Where the handler writes its answer, if it streams it. */
  #stream = null;

  constructor(client, handler, headers) {
    this.#client = client;
    this.#handler = handler;
    this.#headers = headers;
    this.id = headers['lambda-runtime-aws-request-id'];
  }

  run(body) {
    Invocation.current = this;
    console_.setRequest(this.id, this.#headers['lambda-runtime-aws-tenant-id']);
    const trace = this.#headers['lambda-runtime-trace-id'];
    if (trace) process.env._X_AMZN_TRACE_ID = trace;
    else delete process.env._X_AMZN_TRACE_ID;
    this.#client.release();
    try {
      const context = this.#context();
      const event = JSON.parse(body.toString('utf8'));
      if (isStreaming(this.#handler)) {
        this.#runStreaming(event, context);
        return;
      }
      const result = callbacksAreGone()
        ? this.#handler(event, context)
        : this.#handler(event, context, (error, answer) => this.#callback(error, answer));
      if (result && typeof result.then === 'function') {
        result.then(
          (answer) => this.#succeed(answer),
          (error) => this.#fail(error ?? 'handled'),
        );
      } else if (callbacksAreGone()) {
        this.#succeed(result);
      }
    } catch (error) {
      this.#fail(error ?? 'handled');
    }
  }

  /** The answer is complete when its stream is; the invocation, when the handler has returned too. */
  #runStreaming(event, context) {
    const stream = new ResponseStream(this.#client, this.id, this.#handler);
    this.#stream = stream;
    let hasReturned = false;
    const finish = () => {
      if (this.finished || !hasReturned || !stream.hasEnded) return;
      this.#end();
      this.#client.next();
    };
    stream.on('finish', finish);
    stream.on('error', (error) => this.#fail(error));
    stream.on('close', () => {
      if (!stream.hasEnded) this.#fail(new Error('The response stream was destroyed before it ended.'));
    });
    const result = this.#handler(event, stream, context);
    if (typeof result?.then !== 'function') throw new Error('Streaming does not support non-async handlers.');
    result.then(
      () => {
        hasReturned = true;
        finish();
      },
      (error) => this.#fail(error ?? 'handled'),
    );
  }

  /** Called when the event loop has nothing left to do. */
  eventLoopIsEmpty() {
    if (this.finished) return;
    if (this.#whenEmpty) {
      this.#whenEmpty();
    } else if (this.#handler.constructor?.name === 'AsyncFunction' || this.#stream || callbacksAreGone()) {
      this.#fail(new errors.NodeJsExit());
    } else {
      this.#succeed(null);
    }
  }

  #callback(error, answer) {
    if (this.finished || this.#whenEmpty) return;
    if (error !== undefined && error !== null) this.#fail(error);
    else if (!this.#waitsForEmptyEventLoop) this.#succeed(answer);
    else this.#whenEmpty = () => this.#succeed(answer);
  }

  #succeed(answer) {
    if (this.finished) return;
    let text;
    try {
      text = JSON.stringify(answer) ?? 'null';
    } catch {
      this.#fail(new errors.UnableToStringify());
      return;
    }
    this.#end();
    this.#client.respond(this.id, text);
  }

  #fail(error) {
    if (this.finished) return;
    console_.logError('Invoke Error', error);
    this.report(error);
  }

  /** Tells the platform of an error, which ends the invocation; then calls `done`, or asks for the next invocation. */
  report(error, done) {
    this.#end();
    const document = errors.document(error);
    if (!this.#stream?.hasBegun) {
      this.#client.fail(this.id, document, errors.cause(error), done);
    } else if (this.#stream.hasEnded) {
      // Nobody waits for the answer any more.
      (done ?? (() => this.#client.next()))();
    } else {
      this.#stream.fail(document, done ?? (() => this.#client.next()));
    }
  }

  #end() {
    this.finished = true;
    if (Invocation.current === this) Invocation.current = null;
  }

  #context() {
    const headers = this.#headers;
    const environment = process.env;
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    const clientContext = parse(headers['lambda-runtime-client-context'], 'ClientContext');
    const trace = takeTrace(clientContext);
    return Object.assign(callbacksAreGone() ? {} : this.#callbacks(), {
      functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext,
      identity: parse(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      awsRequestId: this.id,
      tenantId: headers['lambda-runtime-aws-tenant-id'],
      getRemainingTimeInMillis: () => deadline - Date.now(),
      w3c: () => trace,
    });
  }

  #callbacks() {
    const invocation = this;
    const fail = (error) => invocation.#fail(error ?? 'handled');
    const succeed = (answer) => invocation.#succeed(answer);
    return {
      get callbackWaitsForEmptyEventLoop() {
        return invocation.#waitsForEmptyEventLoop;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        invocation.#waitsForEmptyEventLoop = value;
      },
      succeed,
      fail,
      done: (error, answer) => (error !== undefined && error !== null ? fail(error) : succeed(answer)),
    };
  }
}

/** From nodejs24.x on a handler has two parameters, and a context without callbacks. */
function callbacksAreGone() {
  return majorVersion >= FIRST_WITHOUT_CALLBACKS;
}

function parse(header, name) {
  if (!header) return undefined;
  try {
    return JSON.parse(header);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

/** W3C's Trace Context travels in the client context, where a handler does not see it. */
function takeTrace(clientContext) {
  const fields = {};
  if (clientContext !== null && typeof clientContext === 'object' && 'w3c' in clientContext) {
    const source = clientContext.w3c;
    delete clientContext.w3c;
    for (const name of TRACE_FIELDS) {
      if (typeof source?.[name] === 'string') fields[name] = source[name];
    }
  }
  return Object.freeze(fields);
}

module.exports = { Invocation };
