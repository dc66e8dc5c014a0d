//! The report as a person reads it in a terminal or a log.

use std::fmt::{self, Display, Formatter};

use crate::inert::{Inert, Shortened, Visible};
use crate::report::{HopReport, PartyReport, Report, RevocationReport, Verdict};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.summary)?;
        writeln!(f)?;
        let verdict = match self.verdict {
            Verdict::Allow => "ALLOWED",
            Verdict::Deny => "REFUSED",
            Verdict::Verified => "VERIFIED",
            Verdict::Unverified => "UNVERIFIED",
        };
        write!(f, "{verdict} at {}", self.at)?;
        match &self.request {
            Some(request) => {
                let args = serde_json::to_string(&request.args).map_err(|_| fmt::Error)?;
                writeln!(f, ": {request} with {}", Shortened(&Visible(&args).to_string(), 120))?;
            }
            None => writeln!(f)?,
        }
        for reason in &self.reasons {
            writeln!(f, "  ✗ {reason}")?;
            writeln!(f, "    → {}", reason.remedy)?;
        }
        writeln!(f)?;
        self.write_chain(f)?;
        writeln!(f)?;
        writeln!(f, "checked:     {}", join(&self.checked))?;
        write!(f, "not checked: {}", join(&self.not_checked))
    }
}

impl Report {
    fn write_chain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.owner {
            Some(owner) => {
                let proven = owner.key.is_some() && self.hops.first().is_some_and(|h| h.authentic);
                writeln!(f, "{}{}", mark(proven), Party(owner))?;
            }
            None => writeln!(
                f,
                "UNVERIFIED nobody: no block is both readable and signed by whom it should be"
            )?,
        }
        for hop in &self.hops {
            hop.write(f, usize::saturating_mul(hop.index, 3))?;
        }
        if let Some(presentation) = &self.presentation {
            let indent = " ".repeat(self.hops.len().saturating_mul(3));
            writeln!(
                f,
                "{indent}└─ {}presented to {} at {}",
                mark(presentation.authentic),
                Inert(&presentation.audience),
                presentation.issued
            )?;
        }
        Ok(())
    }
}

impl HopReport {
    fn write(&self, f: &mut Formatter<'_>, indent: usize) -> fmt::Result {
        let indent = " ".repeat(indent);
        let refused = if self.refused { " ✗ refused here" } else { "" };
        let proven = mark(self.authentic);
        writeln!(f, "{indent}└─ {proven}hop {}: {}{refused}", self.index, Party(&self.to))?;
        if let Some(earlier) = self.returned_to {
            writeln!(f, "{indent}      {proven}returned to the delegator of hop {earlier}")?;
        }
        writeln!(f, "{indent}      {proven}purpose: {}", Inert(&self.purpose))?;
        for capability in &self.allows {
            let capability = capability.to_string();
            writeln!(f, "{indent}      {proven}allows:  {}", Shortened(&capability, 1_000))?;
        }
        for line in &self.removed {
            writeln!(f, "{indent}      {proven}removed: {line}")?;
        }
        if let Some(audience) = &self.audience {
            let names: Vec<_> = audience.iter().map(|name| Inert(name).to_string()).collect();
            writeln!(f, "{indent}      {proven}asking:  {}", names.join(", "))?;
        }
        if let Some(delegates) = &self.delegates {
            writeln!(f, "{indent}      {proven}only to: {}", delegates.join(", "))?;
        }
        let start = self.not_before.as_ref().map(|at| format!(" from {at}")).unwrap_or_default();
        writeln!(
            f,
            "{indent}      {proven}issued {}, valid{start} until {} ({}), {}",
            self.issued,
            self.expires,
            self.time_left(),
            Further(self.max_hops)
        )?;
        let revocation = match self.revocation {
            RevocationReport::NotChecked => "revocation not checked",
            RevocationReport::Good => "not revoked",
            RevocationReport::Revoked => "REVOKED",
            RevocationReport::Unknown => "revocation unknown",
        };
        writeln!(f, "{indent}      {proven}id {}, {revocation}", self.id)
    }
}

struct Party<'a>(&'a PartyReport);

impl Display for Party<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let key = self.0.fingerprint.as_deref().unwrap_or("key unknown");
        write!(f, "{} ({}, {key})", Inert(&self.0.name), self.0.kind)
    }
}

/// How many delegations may follow.
struct Further(u32);

impl Display for Further {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("no further hop"),
            1 => f.write_str("1 further hop"),
            n => write!(f, "{n} further hops"),
        }
    }
}

/// Goes before every claim that no signature proves.
fn mark(proven: bool) -> &'static str {
    if proven { "" } else { "UNVERIFIED " }
}

fn join(items: &[&str]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join("; ") }
}
