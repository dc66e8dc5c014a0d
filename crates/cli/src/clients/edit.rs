//! Putting a presenter in front of a server, and taking it away, in the text of a configuration.

use deputize::text::Backticked;

use super::document::{Document, Fields, Member, Server};
use super::entry::{Behind, Presented};
use super::known::Client;
use super::originals::Original;
use super::presenting::{Presenting, URL};
use super::splice::{Splice, apply, reversed};

/// A configuration in which a presenter was put in front of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The text of the configuration.
    pub text: String,
    /// The words with which the client starts the presenter, without the program.
    pub args: Vec<String>,
    /// The server behind the presenter.
    pub behind: Behind,
    /// The bytes that were replaced.
    pub original: Original,
}

/// A configuration in which a server has no presenter any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uninstalled {
    /// The text of the configuration.
    pub text: String,
    /// True if the entry has the bytes that were kept. Otherwise it says the same in a spelling that may be
    /// another one.
    pub is_as_it_was: bool,
}

/// Members of an entry with a URL that a presenter does not use. Without the credentials, the server
/// would refuse; `args` would be passed on.
const UNUSED: [&str; 5] = ["headers", "headersHelper", "auth", "oauth", "args"];

/// The `type` of an entry with a URL, if it is not known how it was written.
const HTTP: &str = "http";

/// Puts a presenter in front of a server, whose entry has none.
///
/// # Errors
///
/// A sentence about the configuration or the entry, which cannot be edited.
pub fn install(
    text: &str,
    client: Option<Client>,
    name: &str,
    program: &str,
    presenting: &Presenting,
) -> Result<Installed, String> {
    let document = Document::parse(text, client)?;
    let server = document.server(name)?;
    let Err(behind) = server.starts()? else {
        return Err("the entry has a presenter already".to_owned());
    };
    let fields = server.fields.as_ref().map_err(Clone::clone)?;
    let splices = match &behind {
        Behind::Program { .. } => before_program(text, fields, program, presenting),
        Behind::Url(url) => {
            if let Some(why) = unfit(url) {
                return Err(format!("the URL {why}"));
            }
            if let Some(unused) = UNUSED.iter().find(|own| fields.member(own).is_some()) {
                return Err(format!(
                    "the entry has `{unused}` beside `url`, and a presenter does not use it"
                ));
            }
            if let Some(kind) = fields.other_transport() {
                return Err(format!(
                    "the entry has the `type` {}, and only `http` is presented to",
                    Backticked(kind)
                ));
            }
            before_url(text, fields, program, presenting)
        }
    };
    let edited = splices.and_then(|splices| {
        let text = apply(text, &splices)?;
        Some((text, splices))
    });
    let (edited, splices) = edited.ok_or_else(cannot)?;
    let after = Document::parse(&edited, client).map_err(|_| cannot())?;
    let written = after.server(name).map_err(|_| cannot())?;
    let expected = (program, presenting, &behind);
    match written.starts() {
        Ok(Ok(own)) if (own.program.as_str(), &own.presenting, &own.behind) == expected => {}
        _ => return Err(cannot()),
    }
    let Ok(Behind::Program { args, .. }) = written.as_written() else { return Err(cannot()) };
    let original = relative((text, &splices, server), (&edited, &after, written));
    Ok(Installed { args, behind, original: original.ok_or_else(cannot)?, text: edited })
}

/// Returns why a URL cannot be an argument of the presenter, which every user of the machine can read.
fn unfit(url: &str) -> Option<&'static str> {
    let after = url.split_once(':').map_or(url, |(_, after)| after).trim_start_matches(['/', '\\']);
    let authority = after.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if url.contains("${") {
        return Some(
            "has `${…}`, whose value every user of this machine could read in the presenter's arguments",
        );
    }
    if authority.contains('@') {
        return Some(
            "has a user or a password, which every user of this machine could read in the presenter's arguments",
        );
    }
    if url.contains('?') {
        return Some(
            "has a query, which may be secret, and every user of this machine could read it in the presenter's arguments",
        );
    }
    url.contains('#').then_some("has a fragment, which is not sent to a server; remove it")
}

/// Takes the presenter away from a server. `originals` are the bytes that were replaced at other times.
///
/// # Errors
///
/// A sentence about the configuration or the entry, which cannot be edited.
pub fn uninstall(
    text: &str,
    client: Option<Client>,
    name: &str,
    originals: &[Original],
) -> Result<Uninstalled, String> {
    let document = Document::parse(text, client)?;
    let server = document.server(name)?;
    let Ok(presented) = server.starts()? else {
        return Err("the entry has no presenter".to_owned());
    };
    let entry = text.get(server.range.clone()).ok_or_else(cannot)?;
    let fields = server.fields.as_ref().map_err(Clone::clone)?;
    let of_server = || originals.iter().filter(|own| own.is_of_server(document.member, name));
    let kept = of_server().filter(|own| own.is_written(entry)).map(|own| {
        let splices = own.splices.iter().map(|own| {
            let start = server.range.start.checked_add(own.range.start)?;
            let range = start..server.range.start.checked_add(own.range.end)?;
            Some(Splice { range, text: own.text.clone() })
        });
        splices.collect::<Option<Vec<_>>>()
    });
    // The latest first: the type is all that the entry does not say.
    let kinds = of_server().rev().filter_map(|own| own.kind.as_deref());
    let said = kinds.chain([HTTP]).map(|kind| match presented.before {
        Some(_) => Some(behind_program(text, fields, &presented, false)?),
        None => behind_url(fields, &presented, kind),
    });
    // Without words behind it, the end of the list may have what cannot stand alone, such as a comma.
    let emptied = || behind_program(text, fields, &presented, true);
    let anew = said.chain(std::iter::once_with(emptied));
    let tries = kept.map(|own| (own, true)).chain(anew.map(|own| (own, false)));
    for (splices, is_as_it_was) in tries {
        let Some(splices) = splices else { continue };
        let Some(edited) = apply(text, &splices) else { continue };
        let is_behind = Document::parse(&edited, client).is_ok_and(|after| {
            let after = after.server(name).ok();
            after.is_some_and(|after| is_without((text, server), (&edited, after), &presented))
        });
        if is_behind {
            return Ok(Uninstalled { text: edited, is_as_it_was });
        }
    }
    Err(cannot())
}

/// Returns true if an entry starts the server that was behind the presenter, its other members are those of
/// the entry before, and so is every byte outside it.
fn is_without(before: (&str, &Server), after: (&str, &Server), presented: &Presented) -> bool {
    // Of an entry with a URL, the type says how it is reached.
    let replaced: &[&str] = match presented.behind {
        Behind::Url(_) => &["command", "args", "url", "type"],
        Behind::Program { .. } => &["command", "args", "url"],
    };
    let others = |(text, server): (&str, &Server)| {
        let members = server.fields.as_ref().map(|own| own.members.as_slice());
        let members = members.unwrap_or_default().iter();
        let others = members.filter(|own| !replaced.contains(&own.name.as_str()));
        others.map(|own| text.get(own.range.clone()).map(str::to_owned)).collect::<Vec<_>>()
    };
    let outside = |(text, server): (&str, &Server)| {
        let (start, end) = (text.get(..server.range.start), text.get(server.range.end..));
        (start.map(str::to_owned), end.map(str::to_owned))
    };
    let is_reached = after.1.fields.as_ref().is_ok_and(|own| own.other_transport().is_none());
    is_reached
        && after.1.as_written() == Ok(presented.behind.clone())
        && others(before) == others(after)
        && outside(before) == outside(after)
}

/// Replaces the command by the presenter, and inserts its options and the command before the arguments.
fn before_program(
    text: &str,
    fields: &Fields,
    program: &str,
    presenting: &Presenting,
) -> Option<Vec<Splice>> {
    let command = fields.command.as_ref()?;
    // As it is written, so that it comes back as it was.
    let written = text.get(command.range.clone())?;
    let words = format!("{}, \"--\", {written}", quoted_all(&presenting.to_args())?);
    let inserted = match &fields.args {
        None => Splice {
            range: command.range.end..command.range.end,
            text: format!(", \"args\": [{words}]"),
        },
        Some(args) => match args.items.first() {
            Some(first) => {
                Splice { range: first.range.start..first.range.start, text: format!("{words}, ") }
            }
            None => {
                let start = args.range.start.checked_add(1)?;
                Splice { range: start..start, text: words }
            }
        },
    };
    Some(vec![Splice { range: command.range.clone(), text: quoted(program)? }, inserted])
}

/// Takes the options and the command away from the arguments, and puts the command back. If `emptied`, the
/// list of arguments is written anew without anything.
fn behind_program(
    text: &str,
    fields: &Fields,
    presented: &Presented,
    emptied: bool,
) -> Option<Vec<Splice>> {
    let (command, args) = (fields.command.as_ref()?, fields.args.as_ref()?);
    let first = args.items.first()?;
    let own = args.items.get(presented.before?)?;
    let rest = args.items.get(presented.before?.checked_add(1)?);
    let written = text.get(own.range.clone())?.to_owned();
    let taken = match (rest, emptied) {
        (Some(rest), false) => {
            Splice { range: first.range.start..rest.range.start, text: String::new() }
        }
        (None, false) => Splice { range: first.range.start..own.range.end, text: String::new() },
        (None, true) => Splice { range: args.range.clone(), text: "[]".to_owned() },
        (Some(_), true) => return None,
    };
    Some(vec![Splice { range: command.range.clone(), text: written }, taken])
}

/// Replaces the URL by the presenter, whose last option has it.
fn before_url(
    text: &str,
    fields: &Fields,
    program: &str,
    presenting: &Presenting,
) -> Option<Vec<Splice>> {
    let url = fields.url.as_ref()?;
    let written = text.get(url.range.clone())?;
    let words = format!("{}, \"{URL}\", {written}", quoted_all(&presenting.to_args())?);
    let mut splices = vec![Splice {
        range: fields.member("url")?.range.clone(),
        text: format!("\"command\": {}, \"args\": [{words}]", quoted(program)?),
    }];
    if let Some(kind) = &fields.kind {
        splices.push(Splice { range: kind.range.clone(), text: "\"stdio\"".to_owned() });
    }
    Some(splices)
}

/// Replaces the presenter by the URL in its last option.
fn behind_url(fields: &Fields, presented: &Presented, was: &str) -> Option<Vec<Splice>> {
    let Behind::Url(url) = &presented.behind else { return None };
    let (command, args) = (fields.member("command")?, fields.member("args")?);
    let text = format!("\"url\": {}", quoted(url)?);
    let mut splices = match next(fields, command) == Some(args) {
        true => vec![Splice { range: command.range.start..args.range.end, text }],
        false => vec![Splice { range: command.range.clone(), text }, without(fields, args)?],
    };
    if let Some(kind) = &fields.kind {
        splices.push(Splice { range: kind.range.clone(), text: quoted(was)? });
    }
    Some(splices)
}

/// Removes a member and one comma.
fn without(fields: &Fields, member: &Member) -> Option<Splice> {
    let before = fields.members.iter().rev().find(|own| own.range.end <= member.range.start);
    let range = match (next(fields, member), before) {
        (Some(next), _) => member.range.start..next.range.start,
        (None, Some(before)) => before.range.end..member.range.end,
        (None, None) => return None,
    };
    Some(Splice { range, text: String::new() })
}

fn next<'f>(fields: &'f Fields, member: &Member) -> Option<&'f Member> {
    fields.members.iter().find(|own| own.range.start >= member.range.end)
}

/// Returns the bytes that were replaced, by their places in the entry that was written.
fn relative(
    (text, splices, before): (&str, &[Splice], &Server),
    (edited, document, after): (&str, &Document, &Server),
) -> Option<Original> {
    let reversed = reversed(text, splices)?.into_iter().map(|own| {
        let start = own.range.start.checked_sub(before.range.start)?;
        let end = own.range.end.checked_sub(before.range.start)?;
        Some(Splice { range: start..end, text: own.text })
    });
    let splices = reversed.collect::<Option<Vec<_>>>()?;
    let fields = before.fields.as_ref().ok().filter(|own| own.url.is_some());
    let kind = fields.and_then(|own| own.kind.as_ref()).map(|own| own.value.clone());
    let written = edited.get(after.range.clone())?;
    Some(Original::new((document.member, &after.name), written, kind, splices))
}

fn quoted(text: &str) -> Option<String> {
    serde_json::to_string(text).ok()
}

fn quoted_all(words: &[String]) -> Option<String> {
    let words = words.iter().map(|own| quoted(own));
    Some(words.collect::<Option<Vec<_>>>()?.join(", "))
}

fn cannot() -> String {
    "the entry is written in a way that is not edited; change it by hand".to_owned()
}
