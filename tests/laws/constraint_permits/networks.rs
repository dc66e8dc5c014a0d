//! Networks in CIDR notation.

use deputize::{Cidr, Constraint};

use super::check_texts;

#[test]
fn networks() {
    check_texts(
        &Constraint::cidr("10.0.0.0/8").unwrap(),
        &["10.0.0.0", "10.255.255.255"],
        &[
            "11.0.0.0",
            "10.1",
            "10.0.0.01",
            "010.0.0.1",
            "0xa000001",
            "167772161",
            "10.0.0.1 ",
            "10.0.0.1/32",
            "::ffff:10.0.0.1",
            "::ffff:a00:1",
            "",
            "localhost",
        ],
    );
    check_texts(
        &Constraint::cidr("2001:db8::/32").unwrap(),
        &["2001:db8::", "2001:db8::1", "2001:db8:ffff::"],
        &["2001:DB8::1", "2001:db8:0::1", "2001:0db8::1", "[2001:db8::1]", "2001:db8::1%eth0"],
    );
    check_texts(&Constraint::cidr("::/0").unwrap(), &["::1"], &["::ffff:10.0.0.1", "10.0.0.1"]);
    let refused = [
        "",
        "10.0.0.0",
        "10.0.0.1/8",
        "10.0.0.0/08",
        "10.0.0.0/33",
        "10.0.0/8",
        "2001:DB8::/32",
        "2001:db8:0::/32",
        "2001:db8::1/32",
        "::ffff:0:0/96",
        "::ffff:10.0.0.0/104",
        "::ffff:0:0:0/96",
        "::a00:0/104",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "64:ff9b:1:a00::/64",
        "2001::/32",
        "2002::/16",
        "2002:a00::/24",
        "2001:db8::5efe:0:0/96",
        "2001:db8::200:5efe:a00:0/104",
        "10.0.0.0/-1",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.0/+8",
    ];
    for text in refused {
        assert!(text.parse::<Cidr>().is_err(), "`{text}`");
    }
    for text in [
        "0.0.0.0/0",
        "10.1.2.3/32",
        "::/0",
        "::/96",
        "::/127",
        "::1/128",
        "64:ff9b::/32",
        "2000::/3",
        "2001::/23",
        "2001:db8::/32",
        "2001:db8::5efe:0:0/95",
    ] {
        assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
    }
}

#[test]
fn the_longest_address() {
    let net: Cidr = "1111::/16".parse().unwrap();
    assert!(net.permits("1111:2222:3333:4444:5555:6666:7777:8888"));
    assert!(!net.permits("1111:2222:3333:4444:5555:6666:7777:08888"));
}

/// A network of up to 16 addresses is compared with a list, address by address.
#[test]
fn small_networks_lie_within_lists_of_their_addresses() {
    let v4: Vec<_> = (16..32).map(|i| format!("10.0.0.{i}")).collect();
    let v6: Vec<_> = (16..32).map(|i| format!("2001:db8::{i:x}")).collect();
    for (network, addresses) in [("10.0.0.16/28", v4), ("2001:db8::10/124", v6)] {
        let own = Constraint::cidr(network).unwrap();
        let all = Constraint::one_of(addresses.iter().map(String::as_str));
        assert!(own.within(&all), "{network}");
        for missing in 0..addresses.len() {
            let rest = addresses.iter().enumerate().filter(|(i, _)| *i != missing);
            let rest = Constraint::one_of(rest.map(|(_, address)| address.as_str()));
            assert!(!own.within(&rest), "{network} without {missing}");
        }
    }
}
