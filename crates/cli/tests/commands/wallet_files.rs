//! The files of a wallet: their permissions, and files that are damaged, planted or left behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{agent, key_of, now, owner, reading};
use crate::shell::{CALL, Shell};
use crate::wallet::{ALICE, add, mint, shell};
use deputize::testing::RawToken;
use deputize::{Grant, Token};
use time::Duration;

fn names(shell: &Shell) -> Vec<String> {
    let entries = fs::read_dir(shell.path("w")).unwrap();
    let mut names: Vec<_> =
        entries.map(|own| own.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn only_the_user_can_read_a_wallet() {
    let shell = shell();
    // Under any umask, and also in a directory that does not exist yet.
    shell.done(&format!(
        "umask 0; deputize wallet add --at $NOW --wallet new/w {ALICE} @wide.token"
    ));
    let mode = |path: &str| fs::metadata(shell.path(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("new"), mode("new/w")), (0o700, 0o700));
    let id = add(&shell, "wide.token");
    let file = format!("w/{id}.token");
    assert_eq!((mode("w"), mode(&file)), (0o700, 0o600));
    assert_eq!(names(&shell), [format!("{id}.token")]);
    let list = format!("deputize wallet list --at $NOW --wallet w {ALICE}");
    for open in ["755", "710", "1777"] {
        shell.done(&format!("chmod {open} w"));
        let printed = shell.refused(&list);
        assert!(printed.contains("run `chmod 700 w`"), "{printed}");
        shell.refused(&format!("deputize wallet add --at $NOW --wallet w {ALICE} @wide.token"));
        shell.refused(&format!("deputize present --wallet w {ALICE} --key researcher.key {CALL}"));
        shell.refused(&format!("deputize wallet drop --wallet w {id}"));
    }
    shell.done("chmod 700 w");
    shell.done(&format!("chmod 640 {file}"));
    let printed = shell.run(&list);
    let why = format!(
        "note: token {id} is not used: other users can read or change its file (mode 0640); run `chmod 600 {file}`\n"
    );
    assert!(printed.code == 0 && printed.err.starts_with(&why), "{}", printed.err);
    shell.done(&format!("chmod 600 {file}"));
    // Only the superuser can give files away.
    if shell.run("id -u").out == "0\n" {
        shell.done(&format!("chown 4711 {file}"));
        assert!(shell.run(&list).err.contains("its file belongs to another user"));
        shell.done(&format!("chown 0 {file}; chown 4711 w"));
        assert!(shell.refused(&list).contains("the wallet belongs to another user"));
    }
}

/// Each bad file is named and not used, and the others still work.
#[test]
fn a_damaged_file_does_no_harm_to_the_others() {
    let shell = shell();
    let good = add(&shell, "wide.token");
    let odd = |n: u8| format!("{n:02x}").repeat(32);
    let put = |n: u8, content: &str| {
        let path = format!("w/{}.token", odd(n));
        shell.write(&path, content);
        shell.done(&format!("chmod 600 {path}"));
    };
    let token = shell.read("researcher.token");
    let mut altered = token.clone().into_bytes();
    altered[300] = if altered[300] == b'A' { b'B' } else { b'A' };
    put(1, &String::from_utf8(altered).unwrap());
    put(2, "");
    put(3, &token);
    put(4, &"A".repeat(300_000));
    shell.done(&format!("ln -s ../researcher.token w/{}.token", odd(5)));
    shell.done(&format!("mkfifo -m 600 w/{}.token; mkdir w/{}.token", odd(6), odd(7)));
    // None of these is a file of the wallet.
    shell.done(&format!("touch w/README w/{}.token w/.token w/x.token", good.to_uppercase()));

    let present = format!("deputize present --wallet w {ALICE} --key researcher.key {CALL}");
    let list = format!("deputize wallet list --at $NOW --wallet w {ALICE}");
    for line in [&present, &list] {
        let printed = shell.run(line);
        assert_eq!(printed.code, 0, "{}", printed.err);
        for (n, why) in [
            (1, ""),
            (2, ""),
            (3, "its file has a token other than the one in its name"),
            (4, ""),
            (5, "its file is a link, or not a regular file"),
            (6, "its file is a link, or not a regular file"),
            (7, "its file is a link, or not a regular file"),
        ] {
            let named = format!("note: token {} is not used: {why}", odd(n));
            assert!(printed.err.contains(&named), "{n}: {}", printed.err);
        }
        assert_eq!(printed.err.matches("is not used").count(), 7, "{}", printed.err);
    }
    assert!(shell.done(&list).contains(&format!("  id:      {good}\n")));
    // A token that the wallet has, in the place of one that is damaged.
    let id = add(&shell, "researcher.token");
    shell.write(&format!("w/{id}.token"), "damaged");
    assert_eq!(add(&shell, "researcher.token"), id);
    assert_eq!(shell.read(&format!("w/{id}.token")), token);
    // A file that cannot be read can be removed; the target of a link stays.
    let gone = [1, 2, 3, 4, 5, 6].map(odd);
    let printed = shell.done(&format!("deputize wallet drop --wallet w {}", gone.join(" ")));
    assert_eq!(printed.lines().collect::<Vec<_>>(), gone);
    assert_eq!(shell.read("researcher.token"), token);
    assert_eq!(shell.run(&list).err.matches("is not used").count(), 1);
}

/// The name of a file is a hash, whatever the maker of a token wrote in it.
#[test]
fn the_maker_of_a_token_does_not_name_files() {
    let shell = shell();
    let to = agent("../../x", &key_of("researcher"));
    let end = now() + Duration::hours(1);
    let grant = Grant::new(to, [reading("accounts/**", 9)], end, "/etc/passwd").unwrap();
    let raw = RawToken::mint(owner(), &key_of("alice"), grant, now(), [1; 16]);
    shell.write("odd.token", raw.to_text());
    let id = add(&shell, "odd.token");
    assert_eq!(names(&shell), [format!("{id}.token")]);
    assert_eq!(id, Token::parse(&raw.to_text()).unwrap().hops()[0].id().to_string());
}

#[test]
fn what_a_crash_left_behind_is_ignored_and_then_removed() {
    let shell = shell();
    let id = add(&shell, "wide.token");
    let (old, new) = (format!(".{id}.1.0.tmp"), format!(".{id}.2.0.tmp"));
    for name in [&old, &new] {
        shell.done(&format!("head -c 100 wide.token > w/{name}; chmod 600 w/{name}"));
    }
    let list = format!("deputize wallet list --at $NOW --wallet w {ALICE}");
    assert_eq!(shell.run(&list).err, "");
    // Those of other programs are theirs.
    let others =
        [".goutputstream-ABC.tmp".to_owned(), ".notes.tmp".to_owned(), format!(".{id}.x.0.tmp")];
    for name in &others {
        shell.done(&format!("echo x > w/{name}; touch -d '-61 minutes' w/{name}"));
    }
    shell.done(&format!("touch -d '-61 minutes' w/{old}"));
    add(&shell, "wide.token");
    let mut expected = vec![new, format!("{id}.token")];
    expected.extend(others);
    expected.sort();
    assert_eq!(names(&shell), expected);
}

#[test]
fn processes_that_add_at_once_do_not_disturb_each_other() {
    let shell = shell();
    for n in 0..8 {
        mint(&shell, "alice", &format!("crm.read accounts/{n}"), "", &format!("{n}.token"));
    }
    let add = format!("deputize wallet add --at $NOW --wallet w {ALICE} @$n.token");
    let list = format!("deputize wallet list --at $NOW --wallet w {ALICE}");
    // Each token three times, and readers all the while.
    let line = format!(
        "for n in 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7; do {add} & done; \
         for i in 1 2 3 4 5 6; do {list} 2>> errors; done; wait"
    );
    let printed = shell.run(&line);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    assert!(!shell.read("errors").contains("not used"), "{}", shell.read("errors"));
    assert_eq!(shell.done(&list).matches("  id:      ").count(), 8);
    assert!(names(&shell).iter().all(|name| name.ends_with(".token")), "{:?}", names(&shell));
}

/// The tokens of a full wallet can still be used and removed, even if two processes overfilled it.
#[test]
fn a_full_wallet_takes_no_more() {
    let shell = shell();
    let id = add(&shell, "wide.token");
    for n in 1..=999 {
        shell.write(&format!("w/{n:064x}.token"), "");
    }
    assert_eq!(add(&shell, "wide.token"), id);
    let line = format!("deputize wallet add --at $NOW --wallet w {ALICE} @researcher.token");
    let printed = shell.refused(&line);
    assert!(printed.contains("the wallet has 1000 tokens, the most that it can have"), "{printed}");
    shell.write(&format!("w/{:064x}.token", 1000), "");
    shell.done(&format!("deputize check --wallet w {ALICE} {CALL}"));
    let late = "--expired --at 2026-11-23T19:00:00Z";
    assert_eq!(shell.done(&format!("deputize wallet drop --wallet w {late}")).trim(), id);
}
