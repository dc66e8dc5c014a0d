// Writes, for each string of a JSON array, the integer that `Number` reads in it, or null.
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const read = (text) => (Number.isSafeInteger(Number(text)) ? Number(text) + 0 : null);
process.stdout.write(JSON.stringify(texts.map(read)));
