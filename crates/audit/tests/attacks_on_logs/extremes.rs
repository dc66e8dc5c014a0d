//! Extreme values: what a writer writes is read, and has one meaning.

use deputize::{Record, RecordCore, Request, Signer, SigningKey};
use deputize_audit::{Log, Recorded};
use time::{Date, Month, OffsetDateTime};

use crate::cast::{Place, Service, log_key, now, settings};
use crate::forge::{faults, read};

fn record(log: &Log, service: &Service, call: Request) {
    let presentation = service.scene.present(&call).unwrap();
    drop(log.record(service.verifier.decide(presentation, call, now())).unwrap());
}

fn call() -> Request {
    Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap()
}

#[test]
fn extreme_arguments_are_read() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let many: Vec<_> = (0..250).map(|n| format!("\"é{n:03}\":{n}")).collect();
    let long: Vec<_> =
        (0..200).map(|n| format!("\"n{n:03}\":\"{}\"", "\\u0001".repeat(170))).collect();
    let deep = format!("{}1{}", "{\"a\":".repeat(15), "}".repeat(15));
    let names = r#""\ud83d\ude00":1,"\ufffd":2,"\ue000":3,"é":4,"e\u0301":5,"\"\\":6,"a b":7"#;
    let floats = [
        "0.1",
        "1e-7",
        "1.7976931348623157e308",
        "5e-324",
        "-0.0",
        "123456789.123456789",
        "9007199254740991",
        "-9007199254740991",
        "1e21",
        "4.35",
        "2.2250738585072011e-308",
        "0.30000000000000004",
        "1e16",
        "333333333.33333329",
    ];
    for args in [
        format!("{{{}}}", many.join(",")),
        format!("{{{}}}", long.join(",")),
        format!("{{\"deep\":{deep},\"list\":[[[[1,null,true,\"\"]]]]}}"),
        format!("{{{names}}}"),
        format!("{{\"floats\":[{}]}}", floats.join(",")),
        format!("{{\"long\":\"{}\"}}", "é".repeat(400_000)),
    ] {
        record(&log, &service, call().with_args(&args).unwrap());
        let in_context = call().with_context("round", args.as_str()).unwrap();
        record(&log, &service, in_context);
    }
    log.close().unwrap();
    assert_eq!(faults(&read(&place.path())), []);
    assert_eq!(place.cores().len(), 13);
}

#[test]
fn many_floats_are_read() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..12 {
        let mut numbers = Vec::new();
        while numbers.len() < 40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040);
            let number = f64::from_bits(state);
            if number.is_finite() && (number.fract() != 0.0 || number.abs() > 1e17) {
                numbers.push(format!("{number:e}"));
            }
        }
        let args = format!("{{\"numbers\":[{}]}}", numbers.join(","));
        record(&log, &service, call().with_args(&args).unwrap());
    }
    log.close().unwrap();
    assert_eq!(faults(&read(&place.path())), []);
}

#[test]
fn extreme_times_are_read() {
    let at = |year| {
        let date = Date::from_calendar_date(year, Month::December, 31).unwrap();
        date.with_hms_nano(23, 59, 59, 999_999_999).unwrap().assume_utc()
    };
    let offset = time::UtcOffset::from_hms(14, 0, 0).unwrap();
    let times = [at(9999), at(-9999), at(0), at(1969), OffsetDateTime::UNIX_EPOCH, now()];
    let place = Place::new();
    let log = Log::create(place.path(), log_key(), settings(), at(-1)).unwrap();
    for time in times {
        let service = Service::new();
        let Recorded::Allowed(own) = log.record(service.allowed(1)).unwrap() else { panic!() };
        own.done(Some(&[0; 100]), time).unwrap().wait().unwrap();
    }
    drop(log);
    for time in [at(9999), at(-5), now().to_offset(offset)] {
        drop(Log::open(place.path(), log_key(), settings(), None, time).unwrap());
    }
    assert_eq!(faults(&read(&place.path())), []);
}

/// A log that is created is one that is read.
#[test]
fn a_log_with_too_many_erasers_is_not_created() {
    let place = Place::new();
    let keys = (0..17).map(|seed| SigningKey::from_bytes(&[seed; 32]).public_key());
    let created = Log::create(place.path(), log_key(), settings().with_erasers(keys), now());
    let is_refused = created.is_err();
    drop(created);
    assert!(is_refused || faults(&read(&place.path())).is_empty());
}

/// Each size of the numbers of a core.
#[test]
fn the_numbers_of_a_core_are_read() {
    for (kept, cut) in [(0, 1), (1, 0), (1 << 40, (1 << 53) - 1)] {
        let (line, _) = Record::recovery(kept, cut, now()).to_lines((1 << 48) - 1).unwrap();
        assert!(RecordCore::parse(line.as_bytes()).is_ok(), "{line}");
    }
    assert!(Record::recovery(0, 1, now()).to_lines(1 << 48).is_err());
}
