"""A client of the official SDK, which attaches nothing, behind a presenter and a guard.

Arguments: the command to run as the server. Prints what each call gave, as JSON.
"""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client


async def main():
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = await session.list_tools()
        shown = {"tools": sorted(tool.name for tool in tools.tools), "calls": []}
        for timezone in ["Etc/UTC", "Europe/Berlin"]:
            result = await session.call_tool("get_current_time", {"timezone": timezone})
            text = "".join(getattr(part, "text", "") for part in result.content)
            is_error = getattr(result, "isError", getattr(result, "is_error", None))
            shown["calls"].append([bool(is_error), text])
        print(json.dumps(shown))


asyncio.run(main())
