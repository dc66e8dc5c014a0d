//! Metrics as Prometheus scrapes them, and events as a subscriber writes them.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration as Elapsed;

use deputize::text::is_invisible;
use deputize::{DenyCode, MemoryReplayGuard, Observed, Observer, ReplayPolicy, Signer, Verifier};
use deputize_audit::{
    Event, EventSink, Log, LogSettings, MetricsSink, Monitor, StrikePolicy, TracingSink, WatchedLog,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use serde_json::Value;
use time::Duration;
use tracing_subscriber::fmt::MakeWriter;

use crate::cast::{
    Agent, Watch, alice, anchors, by_expiry, granted, key, later, minted, not_granted, now,
    verifier_with,
};

/// A page as an HTTP/1.0 client gets it.
fn scraped(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200"), "{head}");
    body.to_owned()
}

/// The samples of a page in the text format of Prometheus, after each has a type.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let types: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let mut all = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let family = name.split('{').next().unwrap();
        let is_typed =
            |own: &&str| own.split(' ').next().is_some_and(|own| family.starts_with(own));
        assert!(types.iter().any(is_typed), "{line}");
        assert!(all.insert(name.to_owned(), value.parse().unwrap()).is_none(), "{line}");
    }
    all
}

/// The exporter that services install, with its own listener.
#[test]
fn prometheus_scrapes_what_the_monitor_sees() {
    // The exporter does not say which port it took, so one that was free is given.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    PrometheusBuilder::new()
        .with_http_listener(free)
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".into()), &[0.001, 0.1, 10.0])
        .unwrap()
        .install()
        .unwrap();
    let policy = StrikePolicy::new(3, Duration::MINUTE).unwrap();
    let watch = Watch::of(3, verifier_with(by_expiry()));
    let monitor = Monitor::default().with_strikes(policy, |_| ()).with_sink(MetricsSink::new());
    let agent = Agent::researcher();
    let decide = |call| {
        let presentation = agent.presents(&call, now());
        monitor.decide(|| watch.verifier.decide(presentation, call, now())).is_allowed()
    };
    assert!(decide(granted()) && decide(granted()));
    for _ in 0..4 {
        assert!(!decide(not_granted()));
    }
    MetricsSink::new().event(&told_recorded());
    flooded(|event: &Event| {
        if matches!(event, Event::RefusalCounted { .. } | Event::Outcome { .. }) {
            MetricsSink::new().event(event);
        }
    });

    let page = (0..100).find_map(|_| match TcpStream::connect(free) {
        Ok(_) => Some(scraped(free)),
        Err(_) => {
            std::thread::sleep(Elapsed::from_millis(50));
            None
        }
    });
    let page = page.unwrap();
    let found = samples(&page);
    let expected = [
        (r#"deputize_decisions_total{verdict="allow",code="none"}"#, 2.0),
        (r#"deputize_decisions_total{verdict="deny",code="argument_refused"}"#, 4.0),
        (r#"deputize_decision_duration_seconds_count{verdict="allow"}"#, 2.0),
        (r#"deputize_decision_duration_seconds_count{verdict="deny"}"#, 4.0),
        (r#"deputize_decision_duration_seconds_bucket{verdict="deny",le="+Inf"}"#, 4.0),
        ("deputize_strikes_total", 3.0),
        (r#"deputize_events_total{event="denial_streak"}"#, 1.0),
        (r#"deputize_events_total{event="new_agent"}"#, 1.0),
        (r#"deputize_events_total{event="first_use"}"#, 1.0),
        ("deputize_log_append_duration_seconds_count", 1.0),
        (r#"deputize_refusals_counted_total{code="argument_refused"}"#, 25.0),
        (r#"deputize_outcomes_total{result="done",verdict="would_deny"}"#, 1.0),
    ];
    for (name, value) in expected {
        assert_eq!(found.get(name), Some(&value), "{name} in\n{page}");
    }
    assert!(page.contains("# TYPE deputize_decisions_total counter"), "{page}");
    assert!(page.contains("# TYPE deputize_decision_duration_seconds histogram"), "{page}");
    assert!(page.contains("# HELP deputize_decisions_total Decisions about calls"), "{page}");
    // The label of allowed calls is not a code.
    assert!(DenyCode::ALL.iter().all(|code| code.as_str() != "none"));
    // A caller makes no label: all names are of this library.
    assert!(!page.contains("researcher") && !page.contains("accounts"), "{page}");
}

/// Lines that a subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn all(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The events that a subscriber writes of the calls of an agent.
fn traced(run: impl FnOnce(&Monitor)) -> Vec<Value> {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(lines.clone())
        .finish();
    let policy = StrikePolicy::new(2, Duration::MINUTE).unwrap();
    let monitor = Monitor::default()
        .with_near_expiry(Duration::hours(9))
        .with_strikes(policy, |_| ())
        .with_sink(TracingSink::new());
    tracing::subscriber::with_default(subscriber, || run(&monitor));
    lines.all()
}

#[test]
fn events_have_the_names_of_open_telemetry() {
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    let lines = traced(|monitor| {
        for call in [granted(), not_granted(), not_granted()] {
            let presentation = agent.presents(&call, now());
            let _ = monitor.decide(|| verifier.decide(presentation, call, now()));
        }
    });
    let names: Vec<_> =
        lines.iter().map(|line| line["fields"]["message"].as_str().unwrap()).collect();
    let expected = [
        "deputize.decision",
        "deputize.new_agent",
        "deputize.near_expiry",
        "deputize.first_use",
        "deputize.decision",
        "deputize.strike",
        "deputize.decision",
        "deputize.denial_streak",
    ];
    assert_eq!(names, expected);
    for line in &lines {
        assert_eq!(line["target"], "deputize");
        let fields = &line["fields"];
        assert_eq!(fields["gen_ai.agent.id"], agent.id().to_string(), "{line}");
        assert_eq!(fields["gen_ai.agent.name"], "researcher");
        assert_eq!(fields["enduser.id"], alice().public_key().to_string());
        assert_eq!(fields["deputize.last_hop"], agent.last_hop().to_string());
    }
    let allowed = &lines[0]["fields"];
    assert_eq!(
        (&allowed["gen_ai.operation.name"], &allowed["gen_ai.tool.name"]),
        (&"execute_tool".into(), &"crm.read".into())
    );
    assert_eq!((&allowed["deputize.verdict"], allowed.get("error.type")), (&"allow".into(), None));
    assert!(allowed["deputize.duration"].as_f64().unwrap() > 0.0);
    let refused = &lines[4];
    assert_eq!(
        (&refused["level"], &refused["fields"]["error.type"]),
        (&"INFO".into(), &"argument_refused".into())
    );
    let streak = &lines[7];
    assert_eq!(
        (&streak["level"], &streak["fields"]["deputize.hops"]),
        (&"WARN".into(), &agent.last_hop().to_string().into())
    );
}

/// The name of an agent is its delegator's text, and a line is a line.
#[test]
fn names_of_others_are_one_line_of_visible_text() {
    let name = "x\" level=ERROR \u{e9}";
    let agent = Agent { key: key(90), token: minted("alice@acme.com", &alice(), (name, &key(90))) };
    let verifier = verifier_with(by_expiry());
    let lines = traced(|monitor| {
        let presentation = agent.presents(&granted(), now());
        let _ = monitor.decide(|| verifier.decide(presentation, granted(), now()));
    });
    assert!(!lines.is_empty());
    for line in lines {
        let name = line["fields"]["gen_ai.agent.name"].as_str().unwrap();
        assert_eq!(name, "x\\\" level=ERROR \u{e9}");
        assert!(!name.chars().any(is_invisible));
    }
}

/// Bridges to OpenTelemetry take the name of an event from its metadata.
#[test]
fn the_metadata_has_the_name() {
    struct Names(Mutex<Vec<&'static str>>);
    impl tracing::Subscriber for Names {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            self.0.lock().unwrap().push(event.metadata().name());
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    let names = Arc::new(Names(Mutex::default()));
    tracing::subscriber::with_default(Arc::clone(&names), || {
        TracingSink::new().event(&told_recorded());
    });
    assert_eq!(*names.0.lock().unwrap(), ["deputize.recorded"]);
}

/// A log of an agent that is refused 40 times, and whose last call is observed and made.
fn flooded(sink: impl EventSink + 'static) {
    let temporary = tempfile::tempdir().unwrap();
    let settings = LogSettings::new("crm.acme.com", "crm-1");
    let log = Log::create(temporary.path().join("log"), key(70), settings, now()).unwrap();
    let log = WatchedLog::new(log, Monitor::default().with_sink(sink));
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    let decide = || verifier.decide(agent.presents(&not_granted(), now()), not_granted(), now());
    (0..40).for_each(|_| drop(log.record(decide()).unwrap()));
    let observer = Observer::new(later(60), now(), |_| ()).unwrap();
    let Observed::Recorded(own) = observer.observe(decide()) else { panic!("it is observed") };
    drop(log.record_observation(own).unwrap().done(None, now()).unwrap());
}

#[test]
fn an_observed_call_and_a_full_share_have_their_attributes() {
    let lines = traced(|monitor| {
        let guard = MemoryReplayGuard::for_new_audience(10).with_share(1);
        let verifier = Verifier::new(anchors(), by_expiry(), ReplayPolicy::refused_by(guard));
        let agent = Agent::researcher();
        for _ in 0..2 {
            let presentation = agent.presents(&not_granted(), now());
            let _ = monitor.decide(|| verifier.decide(presentation, not_granted(), now()));
        }
        flooded(TracingSink::new());
    });
    let named = |name: &str| {
        let is = |line: &&Value| line["fields"]["message"] == name;
        lines.iter().find(is).unwrap_or_else(|| panic!("{name}"))
    };
    let full = named("deputize.share_full");
    assert_eq!(
        (&full["level"], &full["fields"]["deputize.share"]),
        (&"WARN".into(), &"refused".into())
    );
    assert_eq!(full["fields"]["gen_ai.agent.name"], "planner");
    assert_eq!(full["fields"]["enduser.id"], alice().public_key().to_string());
    let counted = named("deputize.refusal_counted");
    assert_eq!(counted["fields"]["error.type"], "argument_refused");
    assert_eq!(counted["fields"]["gen_ai.agent.name"], "researcher");
    let outcome = named("deputize.outcome");
    assert_eq!(outcome["fields"]["deputize.verdict"], "would_deny");
    assert_eq!(outcome["fields"]["deputize.result"], "done");
}

/// An event that a log tells.
fn told_recorded() -> Event {
    let told = Arc::new(Mutex::new(None));
    let sink = Arc::clone(&told);
    let temporary = tempfile::tempdir().unwrap();
    let settings = LogSettings::new("crm.acme.com", "crm-1");
    let log = Log::create(temporary.path().join("log"), key(70), settings, now());
    let monitor = Monitor::default().with_sink(move |event: &Event| {
        if matches!(event, Event::Recorded { .. }) {
            *sink.lock().unwrap() = Some(event.clone());
        }
    });
    let log = WatchedLog::new(log.unwrap(), monitor);
    let agent = Agent::researcher();
    let decision =
        verifier_with(by_expiry()).decide(agent.presents(&granted(), now()), granted(), now());
    drop(log.record(decision).unwrap());
    told.lock().unwrap().clone().unwrap()
}
