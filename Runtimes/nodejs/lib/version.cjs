// The Node.js version whose behaviour the function asked for; it may run on a near one.
'use strict';

const asked = /nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '');

module.exports = { majorVersion: Number(asked ? asked[1] : process.versions.node.split('.')[0]) };
