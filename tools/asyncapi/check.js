// Reads AsyncAPI documents with the official parser and says what it finds wrong with them:
//   NODE_PATH=build/asyncapi/node_modules node tools/asyncapi/check.js FILE...
// Exits with 1 when there is an error.
'use strict';

const fs = require('fs');
const { Parser } = require('@asyncapi/parser');

async function check(file) {
  const { document, diagnostics } = await new Parser().parse(fs.readFileSync(file, 'utf8'));
  const errors = diagnostics.filter((one) => one.severity === 0);
  for (const error of errors) console.error(`${file}: ${error.path.join('/')}: ${error.message}`);
  if (!document || errors.length > 0) return false;
  for (const channel of document.channels().all()) {
    const messages = channel.messages().all().map((message) => message.id());
    console.log(`${channel.address()}: ${messages.join(' ')}`);
  }
  return true;
}

Promise.all(process.argv.slice(2).map(check)).then((passed) => {
  process.exitCode = passed.every(Boolean) ? 0 : 1;
});
