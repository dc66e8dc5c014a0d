//! A holder that counts, and services that record.

use deputize::{Counter, Decision, HopId, PresentOptions, Presentation, Report, Request, Verifier};
use deputize_audit::{FolderFiles, Log, LogReader, PresentedLine, ReadRecord, Recorded};
use time::OffsetDateTime;

use crate::cast::{Place, Service, later, now};

/// A presentation that a holder made, and its own note of it.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) presentation: Presentation,
    pub(crate) call: Request,
    pub(crate) at: OffsetDateTime,
    pub(crate) note: PresentedLine,
}

/// A holder, whose calls begin at 18:00 with a minute between them.
pub(crate) struct Holder {
    pub(crate) service: Service,
    pub(crate) counter: Counter,
    made: i64,
}

impl Holder {
    pub(crate) fn new() -> Self {
        Self { service: Service::new(), counter: Counter::default(), made: 0 }
    }

    pub(crate) fn make(&mut self) -> Made {
        self.make_for("crm.acme.com")
    }

    pub(crate) fn make_for(&mut self, audience: &str) -> Made {
        let at = later(60 * self.made);
        self.made += 1;
        self.make_at(audience, at)
    }

    pub(crate) fn make_at(&mut self, audience: &str, at: OffsetDateTime) -> Made {
        let call = Request::new("crm.read", "accounts/1", audience).unwrap();
        let call = call.with_args("{\"limit\":5}").unwrap();
        let (token, key) = (self.service.scene.token(), self.service.scene.holder_key());
        let options = PresentOptions::default().anyway().counted_by(&self.counter);
        let presentation = token.present_with(key, &call, at, options).unwrap();
        let (first_hop, last_hop) = (token.hops()[0].id(), token.hops().last().unwrap().id());
        let (series, count) = self.counter.last(last_hop, audience).unwrap();
        let presentation_id = id_of(&presentation);
        let note = PresentedLine {
            at,
            audience: audience.to_owned(),
            series,
            count,
            presentation: presentation_id,
            first_hop,
            last_hop,
        };
        Made { presentation, call, at, note }
    }

    /// This many presentations.
    pub(crate) fn make_all(&mut self, count: usize) -> Vec<Made> {
        (0..count).map(|_| self.make()).collect()
    }
}

fn id_of(presentation: &Presentation) -> HopId {
    let report = Report::of_text(&presentation.to_text(), None, now()).unwrap();
    report.presentation.unwrap().id
}

pub(crate) fn decide(verifier: &Verifier, made: &Made) -> Decision {
    verifier.decide(made.presentation.clone(), made.call.clone(), made.at)
}

pub(crate) fn record(log: &Log, decision: Decision) {
    if let Recorded::Allowed(call) = log.record(decision).unwrap() {
        call.done(None, now()).unwrap().wait().unwrap();
    }
}

/// The records of a new log in which these presentations were received.
pub(crate) fn received(holder: &Holder, made: &[Made]) -> Vec<ReadRecord> {
    let place = Place::new();
    let log = place.create();
    for own in made {
        // A verifier of its own for each, so that a repetition is not refused.
        record(&log, decide(&holder.service.scene.verifier(), own));
    }
    log.close().unwrap();
    records(&place)
}

pub(crate) fn records(place: &Place) -> Vec<ReadRecord> {
    let files = FolderFiles::new(place.path());
    let mut reader = LogReader::new(&files);
    std::iter::from_fn(|| reader.next_record().unwrap()).collect()
}
