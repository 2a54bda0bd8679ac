"""The functions whose answers are streamed: in Node.js, and by hand on the Runtime API."""

NODE = r"""
const { once } = require('events');
const { pipeline } = require('stream/promises');
const { Readable } = require('stream');
const crypto = require('crypto');
let served = 0;

const told = async (word, context) => {
  const arn = encodeURIComponent(context.invokedFunctionArn.split(':').slice(0, 7).join(':'));
  const authorization = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0';
  for (;;) {
    const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/2017-03-31/tags/${arn}`, { headers: { authorization } });
    if (word in ((await answer.json()).Tags ?? {})) return;
    await new Promise((done) => setTimeout(done, 20));
  }
};

/** Writes megabytes, and logs when nobody has taken any for a while. */
const fill = async (stream, megabytes) => {
  const chunk = Buffer.alloc(65536);
  let written = 0;
  const hash = crypto.createHash('sha256');
  for (let index = 0; index < megabytes * 16; index++) {
    chunk.writeUInt32BE(index, 0);
    const piece = Buffer.from(chunk);
    hash.update(piece);
    written += piece.length;
    if (!stream.write(piece)) {
      const timer = setTimeout(() => console.log(`waits after ${written}`), 1500);
      await once(stream, 'drain');
      clearTimeout(timer);
    }
  }
  console.log(`wrote ${written} ${hash.digest('hex')}`);
};

const modes = {
  chunks: async (event, stream) => {
    for (const chunk of event.chunks) stream.write(chunk);
    stream.end();
  },
  talk: async (event, stream, context) => {
    stream.setContentType('text/plain');
    stream.write('first');
    await told(event.word, context);
    stream.end('second');
  },
  'late-talk': async (event, stream, context) => {
    console.log('begins');
    await told(event.word, context);
    stream.end('nobody hears');
  },
  fill: async (event, stream) => {
    await fill(stream, event.megabytes);
    stream.end();
  },
  pipe: (event, stream) => pipeline(Readable.from(['a', 'b', 'c']), stream),
  early: async () => { throw new TypeError('too early'); },
  late: async (event, stream) => {
    stream.write('some');
    stream.write('more');
    throw new RangeError('too late');
  },
  uncaught: async (event, stream, context) => {
    stream.write('some');
    await told(event.word, context);
    setTimeout(() => { throw new RangeError('uncaught'); });
    await new Promise(() => {});
  },
  exit: async (event, stream, context) => {
    stream.write('some');
    await told(event.word, context);
    process.exit(3);
  },
  hang: async (event, stream) => {
    stream.write('some');
    await new Promise((done) => setTimeout(done, 100000));
  },
  forgotten: async (event, stream) => { stream.write('some'); },
  destroyed: async (event, stream) => {
    stream.write('some');
    stream.destroy();
  },
  http: async (event, stream) => {
    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 418, headers: { 'x-tea': 'pot' }, cookies: ['a=b'] });
    stream.write('body');
    stream.end();
  },
  empty: async (event, stream) => { stream.end(); },
  object: async (event, stream) => { stream.write({ a: 1 }); stream.end(); },
  context: async (event, stream, context) => {
    stream.end(JSON.stringify({ arn: context.invokedFunctionArn, client: context.clientContext, id: context.awsRequestId }));
  },
  afterwards: async (event, stream, context) => {
    stream.end('all');
    await once(stream, 'finish');
    await told(event.word, context);
    console.log('and more');
  },
  served: async (event, stream) => { stream.end(String(served)); },
};

exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  served += 1;
  await modes[event.mode](event, stream, context);
});
exports.plain = async (event) => {
  if (event === 'fail') throw new Error('plain');
  return { event };
};
exports.sync = awslambda.streamifyResponse((event, stream) => { stream.end('x'); });
"""

# The Runtime API, by hand.
CUSTOM = r"""#!/usr/bin/python3 -S
import base64, http.client, json, os, socket, time, urllib.request
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
api = "/2018-06-01/runtime/invocation/"
trailers = []

def connect():
    address, port = host.split(":")
    return socket.create_connection((address, int(port)))

def answer(id, head, body, close=False):
    connection = connect()
    connection.sendall(("POST %s%s/response HTTP/1.1\r\nHost: %s\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n%s\r\n" % (api, id, host, head)).encode())
    for piece in body:
        connection.sendall(piece)
    if close:
        connection.close()
        return "closed"
    response = http.client.HTTPResponse(connection)
    response.begin()
    text = response.read().decode()
    connection.close()
    return "%d %s" % (response.status, text)

def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)

CHUNKED = "Transfer-Encoding: chunked\r\nContent-Type: text/x-custom\r\n"
while True:
    with urllib.request.urlopen("http://" + host + api + "next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
        asked = json.load(event)
    mode = asked["mode"]
    if mode == "chunked":
        heard = answer(id, CHUNKED, [chunk(b"one"), chunk(b"two"), b"0\r\n\r\n"])
    elif mode == "length":
        heard = answer(id, "Content-Length: 6\r\n", [b"one", b"two"])
    elif mode == "trailers":
        fields = "".join("%s: %s\r\n" % tuple(pair) for pair in asked["trailers"]).encode()
        heard = answer(id, CHUNKED + "Trailer: Lambda-Runtime-Function-Error-Type\r\n", [chunk(b"some"), b"0\r\n" + fields + b"\r\n"])
    elif mode == "cut":
        heard = answer(id, CHUNKED, [chunk(b"some"), b"ff\r\nno"], close=True)
    elif mode == "fill":
        megabyte = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
        heard = answer(id, CHUNKED, [megabyte] * asked["megabytes"] + [b"0\r\n\r\n"])
    elif mode == "other":
        heard = answer("no-such-id", CHUNKED, [chunk(b"some"), b"0\r\n\r\n"])
        heard += answer(id, CHUNKED, [chunk(heard.encode()), b"0\r\n\r\n"])
    elif mode == "twice":
        heard = answer(id, CHUNKED, [chunk(b"some"), b"0\r\n\r\n"])
        heard += " " + answer(id, CHUNKED, [chunk(b"more"), b"0\r\n\r\n"])
    elif mode == "broken":
        heard = answer(id, CHUNKED, [b"zz\r\nnonsense"])
    print("heard", heard, flush=True)
"""
