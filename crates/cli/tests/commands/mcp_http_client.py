"""A client of the official SDK over HTTP, which presents in `_meta`.

Arguments: the URL, the mode, and the folder of the filesystem server. Prints what each call gave, as JSON.
"""

import asyncio
import json
import subprocess
import sys

from mcp import Client

url, mode, root = sys.argv[1:4]


def presented(tool, args):
    command = ["deputize", "present", "--key", "planner.key", "--operation", "tools/call", "--resource", tool]
    command += ["--audience", "fs.acme.com", *(f"--arg={name}={value}" for name, value in args.items()), "@fs.token"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return {"deputize/presentation": text}


async def main():
    async with Client(url, mode=mode) as client:

        async def call(tool, args, meta):
            result = await client.call_tool(tool, args, meta=meta)
            text = "".join(getattr(part, "text", "") for part in result.content)
            return [bool(result.is_error), text]

        read = {"path": f"{root}/open/a.txt"}
        write = {"path": f"{root}/open/{mode}.txt", "content": "new"}
        other = {"path": f"{root}/{mode}.txt", "content": "new"}
        shown = {
            "version": client.protocol_version,
            "tools": len((await client.list_tools()).tools),
            "read": await call("read_text_file", read, presented("read_text_file", read)),
            "write": await call("write_file", write, presented("write_file", write)),
            "other": await call("write_file", other, presented("write_file", {**other, "path": f"{root}/open/b"})),
            "bare": await call("read_text_file", read, None),
        }
        together = [call("read_text_file", read, presented("read_text_file", read)) for _ in range(10)]
        shown["together"] = sum(text == "hello" for _, text in await asyncio.gather(*together))
        print(json.dumps(shown))


asyncio.run(main())
