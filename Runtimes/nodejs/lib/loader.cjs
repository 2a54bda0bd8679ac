// Finds the function that `_HANDLER` names: `file.export`, `folder/file.export`, `file.object.export`; CommonJS and ES modules.
'use strict';

const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');
const { pathToFileURL } = require('url');
const errors = require('./errors.cjs');
const { awslambda, isStreaming } = require('./streaming.cjs');
const { majorVersion } = require('./version.cjs');

// Where AWS's runtime requires from: "Require stack" in error messages names it.
const require_ = createRequire(path.join(process.env.LAMBDA_RUNTIME_DIR ?? '/var/runtime', 'index.mjs'));

/** The handler. Throws the runtime's errors, and whatever the module itself throws. */
async function loadHandler(root, name) {
  if (name.includes('..')) {
    throw new errors.MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(name);
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (!match) throw new errors.MalformedHandlerName('Bad handler');
  provideGlobal();
  const module = await loadModule(root, name.slice(0, name.indexOf(base)), match[1]);
  const handler = resolve(module, match[2]) ?? resolve(module?.default, match[2]);
  if (!handler) throw new errors.HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new errors.HandlerNotFound(`${name} is not a function`);
  if (handler.length >= 3 && majorVersion >= 24 && !isStreaming(handler)) throw new errors.CallbackHandlerDeprecated();
  return handler;
}

function resolve(object, property) {
  return property.split('.').reduce((nested, key) => nested?.[key], object);
}

async function loadModule(root, folder, name) {
  try {
    const file = path.resolve(root, folder, name);
    if (fs.existsSync(file)) return require_(file);
    const isModule = isInModulePackage(path.dirname(file));
    const typed = majorVersion >= 24 ? ['.ts', '.mts', '.cts'] : [];
    for (const extension of ['.js', '.mjs', '.cjs', ...typed]) {
      if (!fs.existsSync(file + extension)) continue;
      const imported = extension.startsWith('.m') || (isModule && !extension.startsWith('.c'));
      return imported ? await import(pathToFileURL(file + extension).href) : require_(file + extension);
    }
    return require_(require_.resolve(name, { paths: [root, path.join(root, folder)] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw new errors.UserCodeSyntaxError(error);
    if (error?.code === 'MODULE_NOT_FOUND') throw new errors.ImportModuleError(error);
    throw error;
  }
}

/** Whether the nearest package.json, up to a node_modules folder, says that .js files are ES modules. */
function isInModulePackage(start) {
  for (let folder = start; !folder.endsWith('/node_modules'); folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, 'utf8'))?.type === 'module';
      } catch (error) {
        console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (folder === path.dirname(folder)) return false;
  }
  return false;
}

function provideGlobal() {
  if (['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = awslambda;
}

module.exports = { loadHandler };
