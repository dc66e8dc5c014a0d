//! The input of a legitimate but malicious agent: correctly signed chains, with grants that are as
//! expensive as the limits allow.

use deputize::testing::RawToken;
use deputize::{
    Capability, Constraint, Decision, Grant, OperationPattern, Owner, Presentation, Principal,
    ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey, TrustAnchor, UrlPattern, Value,
    Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::Row;
use crate::measure::{TRIES, Yardstick};

/// The limits of a verifier: hops, and bytes of text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) hops: usize,
    pub(crate) text: usize,
}

impl Limits {
    pub(crate) const DEFAULT: Self =
        Self { hops: deputize::limits::MAX_HOPS, text: deputize::limits::MAX_TOKEN_BYTES };
    pub(crate) const HARD: Self = Self {
        hops: deputize::limits::HARD_MAX_HOPS,
        text: deputize::limits::HARD_MAX_TOKEN_BYTES,
    };
}

/// One limit on one argument. Each permits the value of [`Kind::value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Runs of segments that are compared repeatedly before they match.
    GlobRuns,
    /// Pieces of one segment that match late.
    GlobPieces,
    /// Escapes, all of which are decoded, beside a letter beyond ASCII.
    GlobEscapes,
    Subpath,
    Url,
    Cidr,
    Prefix,
    OneOfLong,
    OneOfMany,
    NoneOf,
    SubsetOf,
    ContainsAll,
    EqualsList,
    /// One long text many times: long to read, and short to write.
    EqualsTexts,
    /// Many elements, each cheap to check.
    EachInteger,
    EachAddress,
    /// Long elements that begin alike.
    EachPrefix,
}

impl Kind {
    pub(crate) const ALL: [Self; 17] = [
        Self::GlobRuns,
        Self::GlobPieces,
        Self::GlobEscapes,
        Self::Subpath,
        Self::Url,
        Self::Cidr,
        Self::Prefix,
        Self::OneOfLong,
        Self::OneOfMany,
        Self::NoneOf,
        Self::SubsetOf,
        Self::ContainsAll,
        Self::EqualsList,
        Self::EqualsTexts,
        Self::EachInteger,
        Self::EachAddress,
        Self::EachPrefix,
    ];

    /// The limit; `n` makes limits different.
    fn limit(self, n: usize) -> Constraint {
        let long = |i: usize| format!("{}{i:03}{n:03}", "v".repeat(4_000));
        match self {
            Self::GlobRuns => {
                let run = ["*b*"; 31].join("/");
                Constraint::glob(&format!("**/{run}/*c/**")).unwrap()
            }
            Self::GlobPieces => {
                let pieces = "*b".repeat(62);
                Constraint::glob(&format!("**/{pieces}*c")).unwrap()
            }
            Self::GlobEscapes => Constraint::glob("**").unwrap(),
            Self::Subpath => Constraint::subpath(&"a".repeat(62 + n % 2)).unwrap(),
            Self::Url => {
                let hosts = (0..16).map(|i| format!("h{i}x{n}.acme.com"));
                let hosts = hosts.chain(["acme.com".to_owned()]);
                Constraint::url(UrlPattern::new(["https"], hosts).unwrap())
            }
            Self::Cidr => Constraint::cidr("2001:db8::/32").unwrap(),
            Self::Prefix => Constraint::prefix("p".repeat(3_900 + n)),
            Self::OneOfLong => Constraint::one_of((0..15).map(long).chain([long_value()])),
            Self::OneOfMany => {
                Constraint::one_of((0..256).map(|i| format!("{}{i}", "m".repeat(200))))
            }
            Self::NoneOf => Constraint::none_of((0..15).map(long)),
            Self::SubsetOf => Constraint::subset_of((0..250).chain([0])),
            Self::ContainsAll => Constraint::contains_all(0..250),
            Self::EqualsList => Constraint::equals((0..256).collect::<Vec<i32>>()),
            Self::EqualsTexts => Constraint::equals(vec![long_value(); 15]),
            Self::EachInteger => Constraint::each(Constraint::min(0)).unwrap(),
            Self::EachAddress => Constraint::each(Self::Cidr.limit(n)).unwrap(),
            Self::EachPrefix => Constraint::each(Self::Prefix.limit(n)).unwrap(),
        }
    }

    /// A value that the limit permits at the highest cost.
    fn value(self) -> Value {
        match self {
            Self::GlobRuns => {
                let mut segments = vec![format!("{}b", "a".repeat(62)); 63];
                segments.push(format!("{}c", "a".repeat(62)));
                Value::from(segments.join("/"))
            }
            Self::GlobPieces => {
                Value::from(format!("{}c", format!("{}b", "a".repeat(64)).repeat(62)))
            }
            Self::GlobEscapes => Value::from(format!("é{}", "%41".repeat(1_364))),
            Self::Subpath => Value::from(
                [&"a".repeat(62)[..], &["a"; 60].join("/"), &"a".repeat(3_900)].join("/"),
            ),
            Self::Url => Value::from(format!("https://acme.com/{}", "a/%41".repeat(800))),
            Self::Cidr => Value::from("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            Self::Prefix => Value::from("p".repeat(100_000)),
            Self::OneOfLong => Value::from(long_value()),
            Self::OneOfMany => Value::from(format!("{}77", "m".repeat(200))),
            Self::NoneOf => Value::from(format!("{}z", "v".repeat(4_000))),
            Self::SubsetOf | Self::ContainsAll => {
                Value::List((0..1_000).map(|i| Value::from(i % 250)).collect())
            }
            Self::EqualsList => Value::List((0..256).map(Value::from).collect()),
            Self::EqualsTexts => Value::from(vec![long_value(); 15]),
            Self::EachInteger => Value::List((0..1_000).map(Value::from).collect()),
            Self::EachAddress => Value::List(vec![Self::Cidr.value(); 200]),
            Self::EachPrefix => Value::List(vec![Value::from("p".repeat(5_000)); 100]),
        }
    }
}

fn long_value() -> String {
    format!("{}zzz", "v".repeat(4_000))
}

/// The shape of a chain: each hop has as many capabilities as fit, each with these limits, one per
/// argument, of which all but one are satisfied.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) hops: usize,
    pub(crate) capabilities: usize,
    pub(crate) kinds: Vec<Kind>,
    /// True if limits of a kind differ from one capability to the next.
    pub(crate) differ: bool,
    /// Bytes of the resource that each capability names.
    pub(crate) resource: usize,
    /// The number of allowed delegates of each hop.
    pub(crate) delegates: usize,
}

/// A token with a request that it allows, and one that its last limit refuses.
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) allowed: Request,
    pub(crate) refused: Request,
    pub(crate) verifier: Verifier,
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

pub(crate) fn key(seed: usize) -> SigningKey {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&u64::try_from(seed).unwrap().to_le_bytes());
    SigningKey::from_bytes(&bytes)
}

pub(crate) fn verifier(room: Limits) -> Verifier {
    let anchor = TrustAnchor::new(key(0).public_key(), "alice@acme.com");
    Verifier::new(
        anchor,
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
    .with_max_hops(room.hops)
    .with_max_token_bytes(room.text)
}

/// Signs and presents a chain of these grants, one per hop, each to the key of the next number.
pub(crate) fn chain(grants: Vec<Grant>, request: &Request) -> RawToken {
    let holder = key(grants.len());
    let owner = Owner::human("alice@acme.com").unwrap();
    let mut raw: Option<RawToken> = None;
    for (hop, grant) in grants.into_iter().enumerate() {
        raw = Some(match raw {
            None => RawToken::mint(owner.clone(), &key(0), grant, now(), [7; 16]),
            Some(raw) => raw.delegate(&key(hop), grant, now()),
        });
    }
    raw.unwrap().present(&holder, request, now(), Duration::seconds(30), [9; 16])
}

/// Hops that take long to read: each has as many allowed delegates as fit, and each of these keys
/// is a curve point to decompress.
pub(crate) fn full_of_keys(room: Limits, hops: usize, request: &Request) -> RawToken {
    // Four letters encode three bytes; a hop takes about 400 beside its keys of 36 each.
    let mut left = (room.text / 4 * 3).saturating_sub(900);
    let mut grants = Vec::new();
    for hop in 0..hops {
        let count = (left.saturating_sub(400) / 36).min(deputize::limits::MAX_LIST);
        if count == 0 {
            break;
        }
        left -= 400 + 36 * count;
        let keys = (0..count).map(|n| key(1_000 + n).public_key());
        let plain = Capability::new("crm.read", "**").unwrap();
        grants.push(grant(hop, vec![plain]).with_allowed_delegates(keys).unwrap());
    }
    let raw = chain(grants, request);
    assert!(raw.to_text().len() <= room.text, "{} letters", raw.to_text().len());
    raw
}

/// Rows for chains that take long to read, and are refused for a grant or for the last block alone.
pub(crate) fn unreadable(yard: &Yardstick, room: Limits) -> Vec<Row> {
    let request = Request::new("crm.read", "a", "crm.acme.com").unwrap();
    let keys = full_of_keys(room, room.hops, &request);
    let mut odd = keys.clone();
    let last = odd.blocks.len() - 1;
    odd.blocks[last].content.push(0);
    odd.sign(last, &key(last));
    let verifier = verifier(room);
    [("hops full of keys", keys), ("the same, the last block not ours", odd)]
        .map(|(what, raw)| {
            let text = raw.to_text();
            let run =
                |request| verifier.decide(Presentation::parse(&text).unwrap(), request, now());
            assert!(!run(request.clone()).is_allowed(), "{what} is allowed");
            let figure = yard.measure(TRIES, || request.clone(), run);
            Row { what: what.to_owned(), bytes: text.len(), figure }
        })
        .into()
}

pub(crate) fn grant(hop: usize, capabilities: Vec<Capability>) -> Grant {
    let to = Principal::agent(format!("agent-{hop}"), key(hop + 1).public_key()).unwrap();
    Grant::new(to, capabilities, now() + Duration::hours(1), "a benchmark")
        .unwrap()
        .with_max_hops(31 - u32::try_from(hop).unwrap())
}

/// Which capability of each hop allows the call.
#[derive(Debug, Clone, Copy)]
enum Allowing {
    First,
    Last,
}

impl Shape {
    /// The most expensive chain of this shape that fits; if it is too long, with fewer
    /// capabilities.
    pub(crate) fn case(&self, room: Limits) -> Option<Case> {
        self.fit(room, Allowing::Last)
    }

    /// The same, with the call allowed by the first capability.
    pub(crate) fn first_allows(&self, room: Limits) -> Option<Case> {
        self.fit(room, Allowing::First)
    }

    fn fit(&self, room: Limits, allowing: Allowing) -> Option<Case> {
        let mut shape = Self { hops: self.hops.min(room.hops), ..self.clone() };
        loop {
            let case = shape.try_case(room, allowing);
            match &case {
                Some(made) if made.text.len() <= room.text => return case,
                _ if shape.capabilities == 1 => return None,
                // The length of a token is roughly proportional to the number of capabilities.
                Some(made) => {
                    let fewer = shape.capabilities * room.text / made.text.len();
                    shape.capabilities = fewer.clamp(1, shape.capabilities - 1);
                }
                None => shape.capabilities /= 2,
            }
        }
    }

    fn try_case(&self, room: Limits, allowing: Allowing) -> Option<Case> {
        let request = |last: &str| {
            let mut args: serde_json::Map<_, _> = self
                .kinds
                .iter()
                .enumerate()
                .map(|(i, kind)| (format!("a{i:02}"), serde_json::Value::from(&kind.value())))
                .collect();
            args.insert("last".to_owned(), last.into());
            Request::new("crm.read", &self.path(), "crm.acme.com")
                .unwrap()
                .with_arg_map(args)
                .unwrap()
        };
        let (allowed, refused) = (request("ok"), request("refused"));
        let grants: Vec<Grant> = (0..self.hops)
            .map(|hop| {
                let own = (0..self.capabilities).map(|i| self.capability(i, allowing));
                let grant = grant(hop, own.collect());
                if self.delegates == 0 {
                    return grant;
                }
                // The chain's own delegates are the first of them.
                let keys = (1..=self.delegates).map(|seed| key(seed).public_key());
                grant.with_allowed_delegates(keys).unwrap()
            })
            .collect();
        let raw = chain(grants, &allowed);
        // A block with too much text is left empty.
        if raw.blocks.iter().any(|block| block.content.is_empty()) {
            return None;
        }
        Some(Case { text: raw.to_text(), allowed, refused, verifier: verifier(room) })
    }

    fn capability(&self, index: usize, allowing: Allowing) -> Capability {
        let n = if self.differ { index } else { 0 };
        let own = Capability::new("crm.read", &self.path()).unwrap();
        let own =
            self.kinds.iter().enumerate().fold(own, |own, (i, kind)| {
                own.with_arg(format!("a{i:02}"), [kind.limit(n)]).unwrap()
            });
        let allows = match allowing {
            Allowing::First => index == 0,
            Allowing::Last => index + 1 == self.capabilities,
        };
        let last = if allows { "ok" } else { "else" };
        own.with_arg("last", [Constraint::equals(last)]).unwrap()
    }

    fn path(&self) -> String {
        let segment = self.resource.div_ceil(64).saturating_sub(1).max(1);
        vec!["r".repeat(segment); self.resource.div_ceil(segment + 1).clamp(1, 64)].join("/")
    }

    pub(crate) fn name(&self) -> String {
        let kinds: Vec<_> = self.kinds.iter().map(|kind| format!("{kind:?}")).collect();
        let mut runs: Vec<(String, usize)> = Vec::new();
        for kind in kinds {
            match runs.last_mut() {
                Some((own, count)) if *own == kind => *count += 1,
                _ => runs.push((kind, 1)),
            }
        }
        let kinds: Vec<_> = runs.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let kinds = if kinds.is_empty() { "no limits".to_owned() } else { kinds.join(" + ") };
        let delegates = match self.delegates {
            0 => String::new(),
            n => format!(", {n} allowed delegates"),
        };
        format!("{} hops, {kinds}, resources of {} bytes{delegates}", self.hops, self.resource)
    }
}

impl Case {
    /// From the received text to the decision.
    pub(crate) fn decide(&self, request: Request) -> Decision {
        decide(&self.verifier, &self.text, request)
    }
}

pub(crate) fn decide(verifier: &Verifier, text: &str, request: Request) -> Decision {
    verifier.decide(Presentation::parse(text).unwrap(), request, now())
}
