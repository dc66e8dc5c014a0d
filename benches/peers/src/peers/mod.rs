//! The measured systems, each with its own version of the story.

pub(crate) mod biscuit;
pub(crate) mod deputize;
pub(crate) mod jwt;
pub(crate) mod macaroon;
pub(crate) mod raw;
pub(crate) mod tenuo;

use crate::measure::System;
use crate::story::{Age, Call, Fallible, Peer, require_checks};

/// All systems that decide about a call over this many hops.
pub(crate) fn deciding(hops: usize) -> Fallible<Vec<System>> {
    use tenuo::Labels;
    let names_and_purpose = Labels::NamesAndPurpose;
    Ok(vec![
        system("deputize-cached", hops, |age| deputize::Chain::cached(hops, age))?,
        system("deputize-cold", hops, |age| deputize::Chain::cold(hops, age))?,
        system("tenuo", hops, |age| tenuo::Chain::of(hops, age, Labels::None))?,
        system("tenuo-labelled", hops, |age| tenuo::Chain::of(hops, age, names_and_purpose))?,
        system("biscuit-auth", hops, |age| biscuit::Chain::of(hops, age))?,
        system("macaroon", hops, |age| macaroon::Chain::of(hops, age))?,
        system("jsonwebtoken", hops, |age| jwt::Chain::of(hops, age))?,
    ])
}

fn system<P: Peer + 'static>(
    name: &'static str,
    hops: usize,
    make: impl Fn(Age) -> Fallible<P>,
) -> Fallible<System> {
    let peer = make(Age::Fresh)?;
    require_checks(&peer, &make(Age::Expired)?, hops)
        .map_err(|error| format!("{name} at {hops} hops: {error}"))?;
    let request = peer.request(Call::GOOD)?;
    let sent = peer.send(Call::GOOD)?;
    let wire_bytes = sent.bytes();
    let system = System::new(
        name,
        hops,
        move || request.clone(),
        move |request| peer.decide(std::hint::black_box(&sent), request),
    );
    Ok(system.with_wire_bytes(wire_bytes))
}
