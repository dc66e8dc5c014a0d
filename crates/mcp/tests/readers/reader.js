// Reads lines as the transports of MCP's SDKs in TypeScript do: bytes up to an LF, less one CR, as UTF-8
// in which wrong bytes are replaced. Writes what it takes each for, and `.` for the mark after a case.
const calls = new Set(process.argv.slice(2));
const out = [];
const read = (line) => {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return;
  }
  if (message === 'end of case') out.push('.');
  else if (message === null || typeof message !== 'object') return;
  else out.push((calls.has(message.method) ? 'call ' : 'other ') + JSON.stringify(message));
};
(async () => {
  let rest = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    rest = Buffer.concat([rest, chunk]);
    for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1)) {
      read(rest.toString('utf8', 0, end).replace(/\r$/, ''));
    }
  }
  process.stdout.write(out.join('\n'));
})();
