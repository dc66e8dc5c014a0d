//! An agent asks another for a part of its authority, and takes the answer.

use crate::common::{agent, alice, grant, key, now, owner, planner, reading, researcher, thief};
use deputize::text::json;
use deputize::{
    AcceptError, AnswerError, Ask, AskDesk, Difference, Grant, OpenAsks, Signer, SigningKey, Token,
    TrustAnchor, TrustAnchors, Wish,
};
use time::Duration;

fn of_planner() -> Token {
    let own = grant("planner", &planner(), reading("accounts/**", 100), Duration::hours(8));
    let own = own.with_max_hops(2).with_audience(["crm.acme.com"]).unwrap();
    Token::mint(owner(), &alice(), own, now()).unwrap()
}

fn wish(key: &SigningKey) -> Wish {
    let own = reading("accounts/eu/**", 10);
    Wish::new(agent("researcher", key), [own], Duration::minutes(15), "read the accounts").unwrap()
}

fn ask() -> Ask {
    Ask::new(wish(&researcher()), planner().public_key(), &researcher(), now()).unwrap()
}

fn anchors() -> TrustAnchors {
    TrustAnchors::from(TrustAnchor::new(alice().public_key(), "alice@acme.com"))
}

fn answer(desk: &mut AskDesk, ask: &Ask) -> Result<Token, AnswerError> {
    let grant = ask.grant_below(&of_planner(), now()).unwrap();
    desk.answer(ask, &of_planner(), grant, &planner(), now()).map(|answer| answer.token)
}

#[test]
fn an_ask_is_answered_by_the_one_who_is_asked() {
    let (ask, mut open, mut desk) = (ask(), OpenAsks::default(), AskDesk::default());
    open.open(ask.clone(), now()).unwrap();
    let sent = serde_json::to_string(&ask).unwrap();
    let received: Ask = json::read_object(&sent).unwrap();
    assert_eq!(received, ask);
    let grant = received.grant_below(&of_planner(), now()).unwrap();
    let answered = desk.answer(&received, &of_planner(), grant, &planner(), now()).unwrap();
    // The audience is the only thing that was not asked for.
    let services = vec!["crm.acme.com".to_owned()];
    assert_eq!(answered.differences, [Difference::Audience { granted: services }]);
    let taken = open.accept(answered.token, &anchors(), now()).unwrap();
    assert_eq!(taken.token.expires(), now() + Duration::minutes(15));
    assert_eq!(taken.token.holder().key(), researcher().public_key());
    assert_eq!(open.iter().count(), 0);
}

/// The asker is shown each aspect, as a sentence and as data.
#[test]
fn a_grant_that_differs_in_everything() {
    let (start, end) = (now() + Duration::minutes(1), now() + Duration::minutes(10));
    let own = reading("accounts/eu/7", 10);
    let delegate = agent("somebody", &researcher());
    let grant = Grant::new(delegate, [own], end, "read one")
        .and_then(|grant| grant.with_max_hops(1).with_audience(["crm.acme.com"]))
        .and_then(|grant| grant.with_not_before(start))
        .and_then(|grant| grant.with_allowed_delegates([key(5).public_key()]))
        .unwrap();
    let differences = ask().differences(&grant, now());
    let shown: Vec<_> = differences.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
names the delegate `somebody`
does not have the capability crm.read on accounts/eu/** where limit <= 10
has the capability crm.read on accounts/eu/7 where limit <= 10
allows 1 further delegation
is valid for 10 min
begins at 2026-11-23T18:01:00Z
allows calls only to `crm.acme.com`
allows further delegations to 1 key only
has the purpose `read one`
");
    let sent = serde_json::to_string_pretty(&differences).unwrap();
    insta::assert_snapshot!(sent, @r#"
[
  {
    "aspect": "name",
    "granted": "somebody"
  },
  {
    "aspect": "capability_missing",
    "args": {
      "limit": {
        "max": 10
      }
    },
    "operation": "crm.read",
    "resource": "accounts/eu/**"
  },
  {
    "aspect": "capability_added",
    "args": {
      "limit": {
        "max": 10
      }
    },
    "operation": "crm.read",
    "resource": "accounts/eu/7"
  },
  {
    "aspect": "max_hops",
    "granted": 1
  },
  {
    "aspect": "lifetime",
    "granted": 600
  },
  {
    "aspect": "not_before",
    "granted": "2026-11-23T18:01:00Z"
  },
  {
    "aspect": "audience",
    "granted": [
      "crm.acme.com"
    ]
  },
  {
    "aspect": "delegates",
    "granted": 1
  },
  {
    "aspect": "purpose",
    "granted": "read one"
  }
]
"#);
    assert_eq!(serde_json::from_str::<Vec<Difference>>(&sent).unwrap(), differences);
    assert_eq!(
        ask().differences(&ask().grant_below(&of_planner(), now()).unwrap(), now()).len(),
        1
    );
}

#[test]
fn nobody_asks_with_a_key_that_they_do_not_hold() {
    let of_thief = Ask::new(wish(&researcher()), planner().public_key(), &thief(), now());
    assert!(of_thief.is_err());
    // Every field is signed.
    let json = serde_json::to_value(ask()).unwrap();
    for (field, value) in [
        ("/asker/name", "planner".into()),
        ("/asker/kind", "human".into()),
        ("/asker/key", thief().public_key().to_string().into()),
        ("/delegator", thief().public_key().to_string().into()),
        ("/capabilities/0/resource", "**".into()),
        ("/max_hops", 3.into()),
        ("/lifetime", 901.into()),
        ("/purpose", "another".into()),
        ("/issued", 1_795_456_801.into()),
        ("/until", 1_795_456_801.into()),
        ("/id", "00112233445566778899aabbccddeeff".into()),
    ] {
        let mut changed = json.clone();
        let place = changed.pointer_mut(field).unwrap();
        assert_ne!(*place, value, "{field}");
        *place = value;
        let read = serde_json::from_value::<Ask>(changed);
        let why = read.unwrap_err().to_string();
        assert!(why.contains("is not signed by"), "{field}: {why}");
    }
    for (field, value) in [("/max_hops", 32.into()), ("/signature", "00".into())] {
        let mut changed = json.clone();
        *changed.pointer_mut(field).unwrap() = value;
        assert!(serde_json::from_value::<Ask>(changed).is_err(), "{field}");
    }
}

#[test]
fn an_ask_is_answered_once_in_its_time_and_by_whom_it_asks() {
    let mut desk = AskDesk::default();
    let ask = ask();
    let token = answer(&mut desk, &ask).unwrap();
    assert_eq!(answer(&mut desk, &ask), Err(AnswerError::AnsweredBefore));
    // A renewal is a new ask, also of the same wish.
    assert_ne!(answer(&mut desk, &self::ask()).unwrap(), token);
    let own = ask.grant_below(&of_planner(), now()).unwrap();
    let mut at = |now| desk.answer(&self::ask(), &of_planner(), own.clone(), &planner(), now);
    let late = at(now() + Duration::minutes(11));
    assert!(matches!(late, Err(AnswerError::NotNow { .. })), "{late:?}");
    let early = at(now() - Duration::minutes(1));
    assert!(matches!(early, Err(AnswerError::NotNow { .. })), "{early:?}");
    // A clock that was ahead once closes nothing.
    assert!(at(now() + Duration::days(400)).is_err());
    assert!(at(now()).is_ok());
    assert_eq!(answer(&mut desk, &ask), Err(AnswerError::AnsweredBefore));

    let mut desk = AskDesk::default();
    let for_other = Ask::new(wish(&researcher()), key(50).public_key(), &researcher(), now());
    let refused = answer(&mut desk, &for_other.unwrap());
    assert!(matches!(refused, Err(AnswerError::ForAnother { .. })));
    let to_thief = grant("researcher", &thief(), reading("accounts/**", 1), Duration::minutes(1));
    let refused = desk.answer(&ask, &of_planner(), to_thief, &planner(), now());
    assert!(matches!(refused, Err(AnswerError::ToAnother { .. })));
    let wide = Wish::new(agent("r", &researcher()), [reading("**", 1)], Duration::hours(1), "all");
    let wide = Ask::new(wide.unwrap(), planner().public_key(), &researcher(), now()).unwrap();
    assert!(matches!(answer(&mut desk, &wide), Err(AnswerError::Delegate(_))));
}

#[test]
fn only_the_answer_to_an_open_ask_is_accepted() {
    let mut open = OpenAsks::default();
    let mut desk = AskDesk::default();
    let token = answer(&mut desk, &ask()).unwrap();
    // Nobody asked here.
    assert!(matches!(open.accept(token.clone(), &anchors(), now()), Err(AcceptError::NotAsked)));
    open.open(ask(), now()).unwrap();
    // A token of somebody whom the asker does not trust.
    let of_thief = TrustAnchors::from(TrustAnchor::new(thief().public_key(), "alice@acme.com"));
    let refused = open.accept(token.clone(), &of_thief, now());
    assert!(matches!(refused, Err(AcceptError::NotTrusted(_))));
    // The owner may delegate to the asker too, but was not asked.
    let own = grant("researcher", &researcher(), reading("**", 1), Duration::hours(1));
    let unasked = Token::mint(owner(), &alice(), own, now()).unwrap();
    assert!(matches!(open.accept(unasked, &anchors(), now()), Err(AcceptError::NotAsked)));
    // An answer of long ago.
    let past = now() - Duration::hours(1);
    let old = Token::mint(
        owner(),
        &alice(),
        grant("planner", &planner(), reading("**", 1), Duration::hours(2)).with_max_hops(1),
        past,
    );
    let own = grant("researcher", &researcher(), reading("**", 1), Duration::minutes(1));
    let old = old.unwrap().delegate(&planner(), own, past).unwrap();
    assert!(matches!(open.accept(old, &anchors(), now()), Err(AcceptError::NotAsked)));
    let late = now() + Duration::minutes(11);
    assert!(open.accept(token.clone(), &anchors(), late).is_err());

    open.open(ask(), now()).unwrap();
    assert!(open.accept(token.clone(), &anchors(), now()).is_ok());
    assert!(open.accept(token, &anchors(), now()).is_err(), "the ask is closed");
}
