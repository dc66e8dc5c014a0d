"""A client of the official SDK for Python, which attaches nothing.

Arguments: how to connect (`legacy`: by `initialize`; `auto`: by `server/discover` if the server has it), the
calls as JSON, a list of [TOOL, ARGUMENTS], and the command to run as the server. Prints the protocol's version,
the names of the tools, and for each call whether it is an error, and its text.
"""

import asyncio
import json
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters


async def main():
    mode, calls, command, *args = sys.argv[1:]
    server = StdioServerParameters(command=command, args=args)
    async with Client(server, mode=mode, read_timeout_seconds=60) as client:
        tools = await client.list_tools()
        shown = {
            "protocol": client.protocol_version,
            "tools": sorted(tool.name for tool in tools.tools),
            "calls": [],
        }
        for name, arguments in json.loads(calls):
            result = await client.call_tool(name, arguments)
            text = "".join(getattr(part, "text", "") for part in result.content)
            shown["calls"].append([bool(result.is_error), text])
        print(json.dumps(shown))


asyncio.run(main())
