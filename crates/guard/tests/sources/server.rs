//! The server of the tests, which runs until it is dropped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

pub(crate) struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    port: u16,
    folder: TempDir,
}

fn openssl(folder: &Path, args: &str) {
    let output =
        Command::new("openssl").args(args.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Server {
    /// Starts a server for a list, with a certificate for `localhost` of an authority of its own.
    pub(crate) fn start(list: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        openssl(
            at,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=tests",
        );
        openssl(
            at,
            "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
        );
        std::fs::write(at.join("ext"), "subjectAltName=DNS:localhost\n").unwrap();
        openssl(
            at,
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile ext",
        );
        std::fs::write(at.join("list"), list).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources/server.py");
        let mut child = Command::new("python3")
            .arg(script)
            .args(["server.pem", "server.key", "list"])
            .current_dir(at)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        Self { child, output, port: port.trim().parse().unwrap(), folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// The authority's certificate.
    pub(crate) fn roots(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("ca.pem")).unwrap()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("list")
    }

    /// Replaces the list.
    pub(crate) fn publish(&self, list: &[u8]) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, list).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    /// The status of the next request for the list.
    pub(crate) fn next_status(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
