//! The output of `mint` and `delegate` about the hop that they signed, and `delegate --same`.

use crate::common::{agent, key_of, now, owner, reading};
use crate::shell::{DELEGATE, MINT, Shell};
use deputize::testing::RawToken;
use deputize::{Grant, Signer, Token};
use time::Duration;

#[test]
fn the_signed_grant_is_printed() {
    let shell = Shell::new();
    let printed = shell.run(MINT).err;
    let wanted = "granted by alice@acme.com to planner (agent, 8139770ea87d175f)
  may do:  crm.read on accounts/** where limit <= 100
  at:      crm.acme.com
  until:   2026-11-24T02:00:00Z
  purpose: \"Q3 review\"
  further: 3 delegations
";
    assert_eq!(printed, wanted);
    let printed = shell
        .run(
            &DELEGATE
                .replace("15m", "15m --allow 'crm.read accounts/emea/1 limit=1' --not-before 1m"),
        )
        .err;
    let wanted = "granted by planner to researcher (agent, ed4928c628d1c2c6)
  may do:  crm.read on accounts/emea/** where limit <= 10
           crm.read on accounts/emea/1 where limit = 1
  at:      crm.acme.com
  from:    2026-11-23T18:01:00Z
  until:   2026-11-23T18:15:00Z
  purpose: \"read the EMEA accounts\"
  further: may not delegate further
";
    assert!(printed.contains(wanted), "{printed}");
    // The output has the signed values, not those of the options.
    let odd = MINT.replace("--audience crm.acme.com", "--delegates researcher.pub");
    let printed = shell.run(&odd.replace("'Q3 review'", "\"$(printf 'a\\342\\200\\213b')\"")).err;
    assert!(printed.contains("invisible"), "{printed}");
    let printed =
        shell.run(&odd.replace("8h", "90s").replace("$NOW", "2026-11-23T18:00:00.9Z")).err;
    assert!(printed.contains("  at:      any service\n"), "{printed}");
    assert!(printed.contains("  until:   2026-11-23T18:01:30Z\n"), "{printed}");
    assert!(printed.contains("  further: 3 delegations, only to ed4928c628d1c2c6\n"), "{printed}");
}

const SAME: &str = "deputize delegate --at $NOW --key researcher.key --to thief=thief.pub --same \
    --expires 1m --purpose 'the same, shorter' @t";

#[test]
fn the_same_is_granted_for_less_time() {
    let shell = Shell::new();
    shell.done(
        &MINT.replace("8h", "8h --allow 'crm.list **' --delegates researcher.pub --not-before 1s"),
    );
    let same = SAME.replace("researcher.key", "planner.key").replace("thief", "researcher");
    let same = same.replace("@t", "@planner.token");
    let token = Token::parse(shell.done(&same).trim()).unwrap();
    let (first, second) = (&token.hops()[0], &token.hops()[1]);
    assert_eq!(first.grant().capabilities(), second.grant().capabilities());
    assert_eq!(first.grant().audience(), second.grant().audience());
    assert_eq!(first.grant().not_before(), second.grant().not_before());
    assert_eq!(first.grant().allowed_delegates(), second.grant().allowed_delegates());
    assert_eq!(second.grant().max_hops(), 0);
    assert_eq!(second.grant().expires(), now() + Duration::minutes(1));
    for (more, why) in [
        ("--same --allow 'crm.read **'", "cannot be used with"),
        ("--same --capabilities f", "cannot be used with"),
        ("", "required arguments were not provided: --allow"),
    ] {
        let printed = shell.refused(&same.replace("--same", more));
        assert!(printed.contains(why), "{printed}");
    }
    assert!(shell.refused(&same.replace("1m", "9h")).contains("expir"));
    let printed =
        shell.refused(&MINT.replace("--allow 'crm.read accounts/** limit<=100'", "--same"));
    assert!(printed.contains("unexpected argument '--same'"), "{printed}");
}

/// A hop of other software can claim more than its parent has; that is not passed on.
#[test]
fn the_same_is_no_more_than_every_hop_grants() {
    let shell = Shell::new();
    let chain = |first: &str, second: &str| {
        let to = |name: &str, own: &str, hops| {
            let to = agent(name, &key_of(name));
            let end = now() + Duration::hours(1);
            Grant::new(to, [reading(own, 9)], end, "x").unwrap().with_max_hops(hops)
        };
        let raw =
            RawToken::mint(owner(), &key_of("alice"), to("planner", first, 2), now(), [1; 16]);
        raw.delegate(&key_of("planner"), to("researcher", second, 1), now())
    };
    shell.write("t", chain("accounts/emea/**", "accounts/**").to_text());
    let printed = shell.run(SAME);
    assert_eq!(printed.code, 0, "{}", printed.err);
    assert!(
        printed.err.contains("  may do:  crm.read on accounts/emea/** where"),
        "{}",
        printed.err
    );
    assert_eq!(
        Token::parse(printed.out.trim()).unwrap().holder().key(),
        key_of("thief").public_key()
    );
    shell.write("t", chain("accounts/emea/**", "accounts/apac/**").to_text());
    let printed = shell.refused(SAME);
    assert!(printed.starts_with("--same: no capability lies within every hop"), "{printed}");
}
