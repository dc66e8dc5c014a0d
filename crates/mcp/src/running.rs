//! A server process.

use std::io;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};

/// A server process, which has ended and was waited for once this is gone. If it leads a process group, whatever it
/// started there ends with it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Its group has its own process id, which no other group has before it was waited for.
    #[cfg(unix)]
    leads: Option<rustix::process::Pid>,
}

impl Running {
    pub(crate) fn new(child: Child) -> Self {
        #[cfg(unix)]
        let leads = {
            use rustix::process::{Pid, getpgid};
            let own = Pid::from_child(&child);
            getpgid(Some(own)).is_ok_and(|group| group == own).then_some(own)
        };
        Self {
            child,
            #[cfg(unix)]
            leads,
        }
    }

    /// Takes the pipes of its input and output.
    pub(crate) fn pipes(&mut self) -> Option<(ChildStdin, ChildStdout)> {
        self.child.stdin.take().zip(self.child.stdout.take())
    }

    /// Returns true if the process has ended. What it started may still run.
    pub(crate) fn has_ended(&mut self) -> io::Result<bool> {
        #[cfg(unix)]
        if let Some(own) = self.leads {
            use rustix::process::{WaitId, WaitIdOptions, waitid};
            // It is not waited for yet, so that nobody else has its id.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            return Ok(waitid(WaitId::Pid(own), options)?.is_some());
        }
        Ok(self.child.try_wait()?.is_some())
    }

    /// Kills what still runs, and returns the status.
    pub(crate) fn end(mut self) -> io::Result<ExitStatus> {
        self.kill()
    }

    fn kill(&mut self) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        if let Some(own) = self.leads.take() {
            // A group that has ended cannot be killed.
            let _ = rustix::process::kill_process_group(own, rustix::process::Signal::KILL);
        }
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
