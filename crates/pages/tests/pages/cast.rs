//! Alice, her planner and its researchers, and what they did.

use deputize::time::{Duration, OffsetDateTime};
use deputize::{DenyCode, PrincipalKind, Signer, SigningKey};
use deputize_pages::{Activity, Caller, Deed, DeedOutcome, LogFacts, Party};

pub(crate) fn party(name: &str, kind: PrincipalKind, seed: u16) -> Party {
    let mut bytes = [7; 32];
    bytes[..2].copy_from_slice(&seed.to_be_bytes());
    let key = SigningKey::from_bytes(&bytes).public_key();
    Party { name: name.to_owned(), kind, key }
}

pub(crate) fn alice() -> Party {
    party("alice@acme.com", PrincipalKind::Human, 1)
}

pub(crate) fn planner() -> Party {
    party("planner", PrincipalKind::Agent, 2)
}

pub(crate) fn researcher(nth: u16) -> Party {
    party(&format!("researcher-{nth}"), PrincipalKind::Agent, 100 + nth)
}

/// 2026-11-23T18:00:00Z.
pub(crate) fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn log() -> LogFacts {
    let origin = format!("deputize/log/v1/{}/{}", "0f".repeat(32), "3c".repeat(16));
    LogFacts { origin, records: 12_345, behind: 0, is_whole: true }
}

/// An allowed call.
pub(crate) fn deed(record: u64, seconds: i64, agents: Vec<Party>) -> Deed {
    Deed {
        record,
        at: start() + Duration::seconds(seconds),
        outcome: DeedOutcome::Allowed,
        codes: Vec::new(),
        caller: Caller::Holder { owner: alice(), agents, replay_checked: true },
        audience: Some("crm.acme.com".to_owned()),
        operation: Some("crm.read".to_owned()),
        resource: Some(format!("accounts/emea/{record}")),
        args: r#"{"limit":5}"#.to_owned(),
        not_shown: 0,
    }
}

pub(crate) fn refused(mut deed: Deed, code: DenyCode) -> Deed {
    deed.outcome = DeedOutcome::Refused;
    deed.codes = vec![code];
    deed
}

/// A day of five researchers, with refused calls, an unknown caller, and erased values.
pub(crate) fn day(calls: u64) -> Activity {
    let mut activity = Activity::new(log());
    let mut random = Random(calls);
    let mut seconds = 0;
    for record in 0..calls {
        seconds += i64::try_from(random.below(2 * 36_000 / calls.max(1) + 1)).unwrap();
        let agent = u16::try_from(random.below(6).min(random.below(6))).unwrap();
        let agents = match agent {
            0 => vec![planner()],
            own => vec![planner(), researcher(own)],
        };
        let mut own = deed(record, seconds, agents);
        match random.below(20) {
            0 | 1 => own = refused(own, DenyCode::ResourceNotGranted),
            2 => own = refused(own, DenyCode::ArgumentRefused),
            3 => {
                own = refused(own, DenyCode::NotTheHolder);
                own.caller = Caller::Unknown;
            }
            4 => {
                own.resource = None;
                own.args = String::new();
                own.not_shown = 2;
            }
            5 if agent == 3 => {
                own = refused(own, DenyCode::Expired);
                own.outcome = DeedOutcome::WouldRefuse;
            }
            _ => {}
        }
        activity.add(&own);
    }
    activity
}

/// The same numbers each time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}
