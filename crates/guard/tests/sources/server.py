"""A server of statements over TLS on loopback, with the faults that real ones have.

Arguments: certificate, key, file. Prints its port. Ends when its standard input ends.
"""

import os
import ssl
import sys
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

certificate, key, path = sys.argv[1:]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b""):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        port = self.server.server_address[1]
        try:
            self.serve(port)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def serve(self, port):
        with open(path, "rb") as file:
            content = file.read()
        etag = '"' + sha256(content).hexdigest() + '"'
        match self.path:
            case "/list":
                if self.headers.get("If-None-Match") == etag:
                    print("304", flush=True)
                    return self.answer(304, {"ETag": etag})
                print("200", flush=True)
                return self.answer(200, {"ETag": etag}, content)
            case "/moved":
                return self.answer(302, {"Location": "list"})
            case "/moved-elsewhere":
                return self.answer(302, {"Location": f"https://127.0.0.1:{port}/list"})
            case "/moved-to-another-port":
                return self.answer(302, {"Location": f"https://localhost:{port + 1}/list"})
            case "/moved-to-http":
                return self.answer(302, {"Location": f"http://localhost:{port}/list"})
            case "/moved-to-a-file":
                return self.answer(302, {"Location": f"file://{path}"})
            case "/moved-for-ever":
                return self.answer(302, {"Location": "/moved-for-ever"})
            case "/moved-nowhere":
                return self.answer(302, {})
            case "/coded":
                return self.answer(200, {"Content-Encoding": "gzip"}, content)
            case "/large":
                return self.answer(200, {"Content-Length": str(1 << 30)})
            case "/endless":
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                while True:
                    self.wfile.write(b"a" * (1 << 20))
            case "/silent":
                time.sleep(60)
            case "/trickle":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                while True:
                    self.wfile.write(b"a")
                    time.sleep(0.1)
            case "/unchanged":
                return self.answer(304, {})
            case "/cut":
                return self.answer(200, {"Content-Length": str(len(content) + 1)}, content)
            case _:
                return self.answer(404, {}, b"no such list")


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
