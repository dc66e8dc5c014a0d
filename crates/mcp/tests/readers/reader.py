# Reads lines as MCP's SDK in Python does: text with universal newlines, in which wrong bytes are
# replaced. Writes what it takes each for, and `.` for the mark after a case.
import io
import json
import sys

calls = set(sys.argv[1:])
out = []
for line in io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace"):
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        continue
    if message == "end of case":
        out.append(".")
    elif isinstance(message, (dict, list)):
        method = message.get("method") if isinstance(message, dict) else None
        is_call = isinstance(method, str) and method in calls
        out.append(("call " if is_call else "other ") + json.dumps(message))
sys.stdout.write("\n".join(out))
