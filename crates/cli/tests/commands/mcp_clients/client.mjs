// A client of an official SDK for TypeScript, which attaches nothing.
//
// Arguments: the folder with `node_modules`; the SDK and how to connect (`v1`; `v2-legacy`: by `initialize`; `v2-auto`:
// by `server/discover` if the server has it), the calls as JSON, a list of [TOOL, ARGUMENTS], and the command to
// run as the server. Prints the protocol's version, the names of the tools, and for each call whether it is an
// error, and its text.

import { createRequire } from "node:module";
import path from "node:path";

const [modules, mode, calls, command, ...args] = process.argv.slice(2);
const load = createRequire(path.join(modules, "package.json"));

const connected = async () => {
    const info = { name: "test", version: "1" };
    if (mode === "v1") {
        const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
        const { StdioClientTransport } = load("@modelcontextprotocol/sdk/client/stdio.js");
        const client = new Client(info);
        const transport = new StdioClientTransport({ command, args });
        let protocol;
        transport.setProtocolVersion = (version) => (protocol = version);
        await client.connect(transport);
        return [client, protocol];
    }
    const { Client } = load("@modelcontextprotocol/client");
    const { StdioClientTransport } = load("@modelcontextprotocol/client/stdio");
    const client = new Client(info, { versionNegotiation: { mode: mode.slice("v2-".length) } });
    await client.connect(new StdioClientTransport({ command, args }));
    return [client, client.getNegotiatedProtocolVersion()];
};

const [client, protocol] = await connected();
const { tools } = await client.listTools();
const shown = { protocol, tools: tools.map((tool) => tool.name).sort(), calls: [] };
for (const [name, given] of JSON.parse(calls)) {
    const result = await client.callTool({ name, arguments: given });
    const text = result.content.map((part) => part.text ?? "").join("");
    shown.calls.push([result.isError === true, text]);
}
console.log(JSON.stringify(shown));
await client.close();
