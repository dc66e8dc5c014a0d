// A client of one of the official SDKs over HTTP, which presents in `_meta`.
//
// Arguments: the URL, the SDK with the mode, the folder of the filesystem server, and that of the modules. Prints
// what each call gave, as JSON.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const [url, sdk, root, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);

function presented(tool, args) {
  const named = Object.entries(args).map(([name, value]) => `--arg=${name}=${value}`);
  const command = ["present", "--key", "planner.key", "--operation", "tools/call", "--resource", tool];
  const text = execFileSync("deputize", [...command, "--audience", "fs.acme.com", ...named, "@fs.token"], { stdio: "pipe" });
  return { "deputize/presentation": text.toString().trim() };
}

const info = { name: "test", version: "1" };
let client, transport;
if (sdk === "sdk") {
  const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
  client = new Client(info);
  transport = new StreamableHTTPClientTransport(new URL(url));
} else {
  const { Client, StreamableHTTPClientTransport } = require("@modelcontextprotocol/client");
  client = new Client(info, { versionNegotiation: { mode: sdk.split("-")[1] } });
  transport = new StreamableHTTPClientTransport(new URL(url));
}
await client.connect(transport);

async function call(tool, args, meta) {
  const result = await client.callTool({ name: tool, arguments: args, ...(meta ? { _meta: meta } : {}) });
  return [Boolean(result.isError), result.content.map((part) => part.text).join("")];
}

const read = { path: `${root}/open/a.txt` };
const write = { path: `${root}/open/${sdk}.txt`, content: "new" };
const other = { path: `${root}/${sdk}.txt`, content: "new" };
const shown = {
  version: transport.protocolVersion,
  tools: (await client.listTools()).tools.length,
  read: await call("read_text_file", read, presented("read_text_file", read)),
  write: await call("write_file", write, presented("write_file", write)),
  other: await call("write_file", other, presented("write_file", { ...other, path: `${root}/open/b` })),
  bare: await call("read_text_file", read),
};
const together = Array.from({ length: 10 }, () => call("read_text_file", read, presented("read_text_file", read)));
shown.together = (await Promise.all(together)).filter(([, text]) => text === "hello").length;
await transport.terminateSession();
await client.close();
console.log(JSON.stringify(shown));
