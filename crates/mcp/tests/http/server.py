"""A server of MCP over stdio that does what a call's name says. Writes its process id and what it got below a folder."""

import json
import os
import subprocess
import sys
import threading
import time

folder = sys.argv[1]
open(f"{folder}/pid-{os.getpid()}", "w").close()
if os.path.exists(f"{folder}/child"):
    # It keeps the output open.
    code = "import os, sys, time; open(f'{sys.argv[1]}/pid-{os.getpid()}', 'w').close(); time.sleep(3600)"
    subprocess.Popen([sys.executable, "-c", code, folder], stdin=subprocess.DEVNULL)
lock = threading.Lock()
answers = {}


def say(message):
    with lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def result(id, value):
    say({"id": id, "result": value})


def call(message):
    id, params = message["id"], message["params"]
    name, args = params["name"], params.get("arguments", {})
    token = params.get("_meta", {}).get("progressToken")
    if name == "slow":
        time.sleep(args["seconds"])
    if name == "progress":
        for step in range(3):
            say({"method": "notifications/progress", "params": {"progressToken": token, "progress": step}})
            say({"method": "notifications/message", "params": {"level": "info", "data": f"step {step}"}})
            time.sleep(0.1)
        time.sleep(args.get("seconds", 0))
    if name == "ask":
        number = f"ask-{id}"
        answers[number] = threading.Event()
        say({"id": number, "method": "elicitation/create", "params": {"message": "sure?", "requestedSchema": {}}})
        answers[number].wait()
        return result(id, {"answer": answers[number].value})
    if name == "changed":
        say({"method": "notifications/tools/list_changed"})
        say({"method": "notifications/message", "params": {"level": "info", "data": "changed"}})
    if name == "flood":
        time.sleep(args.get("seconds", 0))
        for number in range(args["times"]):
            say({"id": f"flood-{number}", "method": "elicitation/create", "params": {}})
            say({"id": f"ping-{number}", "method": "ping"})
            say({"method": "notifications/message", "params": {"level": "info", "data": f"flood {number}"}})
    if name == "large":
        return result(id, {"text": "a" * args["bytes"]})
    if name == "die":
        os._exit(3)
    if name != "never":
        result(id, {"name": name, "args": args})


for line in sys.stdin:
    message = json.loads(line)
    with open(f"{folder}/got", "a") as file:
        file.write(line)
    method = message.get("method")
    if method == "initialize":
        version = message["params"]["protocolVersion"]
        if version == "none":
            say({"id": message["id"], "error": {"code": -32602, "message": "no such version"}})
        else:
            result(message["id"], {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}})
    elif method == "tools/call":
        threading.Thread(target=call, args=(message,), daemon=True).start()
    elif method is None:
        with open(f"{folder}/answered", "a") as file:
            file.write(line)
        if message["id"] in answers:
            answers[message["id"]].value = message.get("result")
            answers[message["id"]].set()
    elif "id" in message:
        result(message["id"], {})

if os.path.exists(f"{folder}/deaf"):
    time.sleep(3600)
