//! Chains that grow in one direction, and the call that is made with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::peers::deputize::{self as story, RESOURCES, grant_of, key, owner};
use shared::story::{Fallible, OPERATION, REGIONS, limit};

use deputize::limits::{
    HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES, MAX_CAPABILITIES, MAX_CONSTRAINTS, MAX_HOPS,
};
use deputize::{Capability, DenyCode, Constraint, Decision, Presentation, Request, Token, Verifier};
use time::OffsetDateTime;

/// How many hops there are where none says otherwise.
pub(crate) const HOPS: usize = 2;

/// What grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growing {
    Hops,
    /// In each of two hops. The last one allows the call; what keeps the others from it is the last
    /// thing that is looked at.
    Capabilities,
    /// Each with a maximum, in the one capability of each of eight hops, and in the call.
    Arguments,
}

impl Growing {
    pub(crate) const ALL: [Self; 3] = [Self::Hops, Self::Capabilities, Self::Arguments];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hops => "hops",
            Self::Capabilities => "capabilities per hop, 2 hops",
            Self::Arguments => "limited arguments, 8 hops",
        }
    }

    /// As far as the format goes.
    pub(crate) fn sizes(self) -> Vec<usize> {
        let to = |most: usize, step: usize| {
            let mut sizes = vec![1];
            sizes.extend((step..=most).step_by(step));
            sizes
        };
        match self {
            Self::Hops => to(HARD_MAX_HOPS, 4),
            Self::Capabilities => to(MAX_CAPABILITIES, 8),
            Self::Arguments => to(MAX_CONSTRAINTS, 2),
        }
    }

    fn hops(self, size: usize) -> usize {
        match self {
            Self::Hops => size,
            // With more, the most capabilities do not fit into a token.
            Self::Capabilities => HOPS,
            // With few, what is to be seen is less than what the machine adds by chance.
            Self::Arguments => MAX_HOPS,
        }
    }

    fn capabilities(self, size: usize, hop: usize) -> Fallible<Vec<Capability>> {
        match self {
            Self::Hops => Ok(vec![story::capability(hop)?]),
            Self::Capabilities => {
                let others = (1..size).map(|other| elsewhere(hop, other));
                others.chain([story::capability(hop)]).collect()
            }
            Self::Arguments => {
                let most = Constraint::max(i64::from(limit(hop)?));
                let plain = Capability::new(OPERATION, RESOURCES)?;
                let limited = (0..size)
                    .map(argument)
                    .try_fold(plain, |own, name| own.with_arg(name, [most.clone()]))?;
                Ok(vec![limited])
            }
        }
    }

    /// The call whose last argument is this.
    fn request(self, size: usize, last: i32) -> Fallible<Request> {
        let args: BTreeMap<String, Value> = match self {
            Self::Arguments => {
                let name = argument(size.saturating_sub(1));
                let others = (0..size).map(|number| (argument(number), json!(number)));
                others.chain([(name, json!(last))]).collect()
            }
            Self::Hops | Self::Capabilities => {
                let [region, _] = REGIONS;
                [("limit".to_owned(), json!(last)), ("region".to_owned(), json!(region))].into()
            }
        };
        story::request(&args)
    }
}

fn argument(number: usize) -> String {
    format!("a{number:02}")
}

/// As the story's capability, but for the region.
fn elsewhere(hop: usize, other: usize) -> Fallible<Capability> {
    let most = Constraint::max(i64::from(limit(hop)?));
    let regions = Constraint::one_of([format!("near-{other:02}"), format!("far-{other:02}")]);
    let plain = Capability::new(OPERATION, RESOURCES)?;
    Ok(plain.with_arg("limit", [most])?.with_arg("region", [regions])?)
}

/// A token of the story, as its owner and the agents after it make it. No two have one id.
pub(crate) fn token(growing: Growing, size: usize, now: OffsetDateTime) -> Fallible<Token> {
    token_of(growing.hops(size), now, |hop| growing.capabilities(size, hop))
}

fn token_of(
    hops: usize,
    now: OffsetDateTime,
    capabilities: impl Fn(usize) -> Fallible<Vec<Capability>>,
) -> Fallible<Token> {
    let grant = |hop: usize| grant_of(capabilities(hop)?, hop, hops, now);
    let mut token = Token::mint(owner()?, &key(0)?, grant(1)?, now)?;
    for hop in 2..=hops {
        token = token.delegate(&key(hop.saturating_sub(1))?, grant(hop)?, now)?;
    }
    Ok(token)
}

/// A chain, presented for the call.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) text: String,
    pub(crate) request: Request,
    pub(crate) now: OffsetDateTime,
}

impl Chain {
    pub(crate) fn of(growing: Growing, size: usize, now: OffsetDateTime) -> Fallible<Self> {
        let request = growing.request(size, GOOD)?;
        let hops = growing.hops(size);
        Self::presented(&token(growing, size, now)?, hops, request, now)
    }

    fn presented(
        token: &Token,
        hops: usize,
        request: Request,
        now: OffsetDateTime,
    ) -> Fallible<Self> {
        let text = token.present(&key(hops)?, &request, now)?.to_text();
        Ok(Self { text, request, now })
    }

    /// From the text that arrives to the decision.
    pub(crate) fn decide(&self, verifier: &Verifier, request: Request) -> Option<Decision> {
        let presentation = Presentation::parse(&self.text).ok()?;
        Some(verifier.decide(presentation, request, self.now))
    }
}

const GOOD: i32 = 5;

/// Accepts as much as any verifier may.
pub(crate) fn verifier() -> Fallible<Verifier> {
    let verifier = story::verifier()?;
    Ok(verifier.with_max_hops(HARD_MAX_HOPS).with_max_token_bytes(HARD_MAX_TOKEN_BYTES))
}

/// Makes sure that the call is allowed, and no other; that all capabilities but the last one do not
/// allow it; and that a text is of no use if it is altered.
///
/// # Errors
///
/// What was allowed that should not be, or refused for another reason than it should be.
pub(crate) fn try_out(growing: Growing, size: usize, verifier: &Verifier) -> Fallible<()> {
    let now = OffsetDateTime::now_utc();
    let hops = growing.hops(size);
    let token = token(growing, size, now)?;
    let good = || growing.request(size, GOOD);
    let over = || growing.request(size, limit(hops)?.saturating_add(1));
    let demand = |what: &str, chain: &Chain, request: Request, why: Option<DenyCode>| {
        let found = match chain.decide(verifier, request) {
            None => return Err(format!("{what}: not even read")),
            Some(Decision::Allow(_)) => why.is_none(),
            Some(Decision::Deny(denial)) => why.is_some_and(|code| denial.has(code)),
        };
        if found { Ok(()) } else { Err(format!("{what}: not decided as it should be")) }
    };

    let chain = Chain::presented(&token, hops, good()?, now)?;
    demand("the good call", &chain, good()?, None)?;
    demand("presented for another call", &chain, over()?, Some(DenyCode::WrongRequest))?;
    let beyond = Chain::presented(&token, hops, over()?, now)?;
    demand("over the limit", &beyond, over()?, Some(DenyCode::ArgumentRefused))?;

    if growing == Growing::Capabilities && size > 1 {
        let token = token_of(hops, now, |hop| {
            let mut all = growing.capabilities(size, hop)?;
            // The owner grants it, and the last one is not given it.
            all.truncate(if hop == hops { size.saturating_sub(1) } else { size });
            Ok(all)
        })?;
        let chain = Chain::presented(&token, hops, good()?, now)?;
        demand("without the last capability", &chain, good()?, Some(DenyCode::ArgumentRefused))?;
    }

    let middle = chain.text.len() / 2;
    let other = |letter: char| if letter == 'A' { 'B' } else { 'A' };
    let letters = chain.text.chars().enumerate();
    let text = letters.map(|(at, letter)| if at == middle { other(letter) } else { letter });
    let altered = Chain { text: text.collect(), ..chain };
    match altered.decide(verifier, good()?) {
        Some(Decision::Allow(_)) => Err("an altered text is allowed".into()),
        _ => Ok(()),
    }
}
