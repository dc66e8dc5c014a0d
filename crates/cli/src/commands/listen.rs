//! `deputize mcp-guard --listen`: a guard over HTTP, with a server for each session.

use std::io;
use std::net::SocketAddr;
use std::process::Child;

use deputize_guard::ListenConfig;
use deputize_mcp::http::{Door, DoorSeen, DoorSettings};
use deputize_mcp::{Session, Stop};

use crate::output::{Error, Outcome, Output};

/// Listens until it is stopped. Prints the URL, and tells of what it sees.
pub(super) fn run(
    address: SocketAddr,
    config: &ListenConfig,
    stop: &Stop,
    start: impl Fn() -> io::Result<(Box<dyn Session>, Child)> + Send + Sync + 'static,
    tell: impl Fn(&DoorSeen) + Send + Sync + 'static,
    output: &Output,
) -> Result<Outcome, Error> {
    let mut settings = DoorSettings::default().with_hosts(config.hosts().iter().cloned());
    if let Some(sessions) = config.sessions() {
        settings = settings.with_sessions(sessions);
    }
    if let Some(idle) = config.idle() {
        settings = settings.with_idle(idle);
    }
    let door = Door::bind(address, settings);
    let door = door.map_err(|why| Error::about(format!("--listen {address}"), why))?;
    if !address.ip().is_loopback() {
        output.note("others can read what passes: let a proxy with TLS stand in front");
    }
    output.print(door.url())?;
    door.serve(stop, start, move |seen| tell(&seen)).map_err(Error::new)?;
    Ok(Outcome::Done)
}
