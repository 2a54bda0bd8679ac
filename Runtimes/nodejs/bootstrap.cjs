// Runs a Lambda function written for Node.js: loads its handler, then serves invocations from the Runtime API.
//
// Started inside a sandbox as `node /var/runtime/bootstrap.cjs`. What a handler sees follows AWS's managed runtimes: module
// search, context, callbacks, log format, error documents.
'use strict';

const { RuntimeClient } = require('./lib/client.cjs');
const console_ = require('./lib/console.cjs');
const errors = require('./lib/errors.cjs');
const { Invocation } = require('./lib/invocation.cjs');
const { loadHandler } = require('./lib/loader.cjs');

const UNCAUGHT = { title: 'Uncaught Exception', status: 129 };
const UNHANDLED = { title: 'Unhandled Promise Rejection', status: 128 };

const client = new RuntimeClient(process.env.AWS_LAMBDA_RUNTIME_API);

/** Reports an error that nothing caught, to the invocation that runs or as the reason why there is no handler; then ends. */
function endWith(error, { title, status }, phase) {
  if (phase.ending) return;
  phase.ending = true;
  console_.logError(title, error);
  const exit = () => process.exit(status);
  const running = Invocation.current;
  if (running) {
    running.report(error, exit);
  } else if (phase.starting) {
    client.reportInitError(errors.document(error), exit);
  } else {
    exit();
  }
}

async function main() {
  if ('MARTLET_STEM' in process.env) {
    const stem = require('./lib/stem.cjs');
    await client.connected;
    await stem.rehearse();
    stem.wait();
  }
  console_.patch();
  const phase = { starting: true, ending: false };
  process.on('uncaughtException', (error) => endWith(error, UNCAUGHT, phase));
  process.on('unhandledRejection', (reason, promise) => {
    endWith(new errors.UnhandledPromiseRejection(reason, promise), UNHANDLED, phase);
  });
  process.on('beforeExit', () => Invocation.current?.eventLoopIsEmpty());

  let handler;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? '/var/task', process.env._HANDLER ?? '');
  } catch (error) {
    endWith(error, UNCAUGHT, phase);
    return;
  }
  client.onInvocation = (headers, body) => new Invocation(client, handler, headers).run(body);
  // A promise that the module left rejected is noticed before this runs: a reason not to start.
  setImmediate(() => {
    if (phase.ending) return;
    phase.starting = false;
    client.next();
  });
}

main();
