//! A configuration as the places of its values.
//!
//! The reader is strict but for what editors accept, comments and trailing commas. A name that stands
//! twice on the way to an entry is refused: one client uses the first value, another the last.

use std::collections::BTreeSet;
use std::ops::Range;

use deputize::text::Backticked;
use jsonc_parser::ast::{Object, ObjectProp, StringLit, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::known::{Client, MCP_SERVERS, SERVERS};

/// JSON with comments and trailing commas, and nothing else beyond JSON.
const GRAMMAR: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The servers of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The member of the configuration that has the servers.
    pub(super) member: &'static str,
    /// The servers, in their order.
    pub servers: Vec<Server>,
}

/// A server of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The name.
    pub name: String,
    /// The place of the entry's value.
    pub(super) range: Range<usize>,
    /// The members of the entry, or the reason why it is not read.
    pub(super) fields: Result<Fields, String>,
}

/// The members of an entry that say how the server is started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fields {
    /// Every member, in their order.
    pub(super) members: Vec<Member>,
    pub(super) command: Option<Text>,
    pub(super) args: Option<Args>,
    pub(super) url: Option<Text>,
    /// The member `type`.
    pub(super) kind: Option<Text>,
    /// The texts of `env`.
    pub(super) env: Vec<(String, String)>,
}

/// A member: the places of its name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) range: Range<usize>,
}

/// A text and its place, with the quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) value: String,
    pub(super) range: Range<usize>,
}

/// A list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Args {
    pub(super) items: Vec<Text>,
    pub(super) range: Range<usize>,
}

impl Document {
    /// Reads a configuration without its byte-order mark. Without a client, the member that is there has
    /// the servers.
    ///
    /// # Errors
    ///
    /// A sentence about the file, if it is not a configuration.
    pub fn parse(text: &str, client: Option<Client>) -> Result<Self, String> {
        let parsed = parse_to_ast(text, &CollectOptions::default(), &GRAMMAR);
        let parsed = parsed.map_err(|why| format!("this is not JSON with comments: {why}"))?;
        let Some(value) = parsed.value else { return Err("the file is empty".to_owned()) };
        let Value::Object(root) = value else {
            return Err("this is not a configuration, which is a JSON object".to_owned());
        };
        distinct(&root, "the configuration")?;
        let member = match client {
            Some(client) => client.member(),
            None => match (root.get(MCP_SERVERS), root.get(SERVERS)) {
                (Some(_), Some(_)) => {
                    return Err(format!(
                        "the configuration has both `{MCP_SERVERS}` and `{SERVERS}`; name the client with --client"
                    ));
                }
                (None, Some(_)) => SERVERS,
                (_, None) => MCP_SERVERS,
            },
        };
        let servers = match root.get(member).map(|member| &member.value) {
            None => return Err(format!("the configuration has no `{member}`, so no server")),
            Some(Value::Object(servers)) => servers,
            Some(_) => return Err(format!("`{member}` is not an object")),
        };
        distinct(servers, &format!("`{member}`"))?;
        let servers = servers.properties.iter().map(|own| Server {
            name: own.name.as_str().to_owned(),
            range: range(&own.value),
            fields: match &own.value {
                Value::Object(entry) => fields(entry),
                _ => Err("the entry is not an object".to_owned()),
            },
        });
        Ok(Self { member, servers: servers.collect() })
    }

    /// Returns the server with this name.
    ///
    /// # Errors
    ///
    /// A sentence with the names that there are.
    pub fn server(&self, name: &str) -> Result<&Server, String> {
        self.servers.iter().find(|own| own.name == name).ok_or_else(|| {
            let names: Vec<_> =
                self.servers.iter().map(|own| Backticked(&own.name).to_string()).collect();
            match names.is_empty() {
                true => "the configuration has no server".to_owned(),
                false => format!(
                    "the configuration has no server {}; it has {}",
                    Backticked(name),
                    names.join(", ")
                ),
            }
        })
    }
}

fn fields(entry: &Object<'_>) -> Result<Fields, String> {
    distinct(entry, "the entry")?;
    let members = entry.properties.iter().map(|own| Member {
        name: own.name.as_str().to_owned(),
        range: own.range().start..own.value.range().end,
    });
    let args = match entry.get("args").map(|own| &own.value) {
        None => None,
        Some(Value::Array(list)) => {
            let items = list.elements.iter().map(|own| match own {
                Value::StringLit(own) => Ok(text(own)),
                _ => Err("`args` has a value that is not a text".to_owned()),
            });
            let items = items.collect::<Result<_, _>>()?;
            Some(Args { items, range: list.range.start..list.range.end })
        }
        Some(_) => return Err("`args` is not a list".to_owned()),
    };
    let env = entry.get("env").and_then(|own| own.value.as_object());
    Ok(Fields {
        members: members.collect(),
        command: text_of(entry, "command")?,
        args,
        url: text_of(entry, "url")?,
        kind: text_of(entry, "type")?,
        env: env.iter().flat_map(|env| &env.properties).filter_map(variable).collect(),
    })
}

impl Fields {
    /// Returns the member with this name.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|own| own.name == name)
    }
}

fn variable(own: &ObjectProp<'_>) -> Option<(String, String)> {
    Some((own.name.as_str().to_owned(), own.value.as_string_lit()?.value.to_string()))
}

fn text_of(entry: &Object<'_>, name: &str) -> Result<Option<Text>, String> {
    match entry.get(name).map(|own| &own.value) {
        None => Ok(None),
        Some(Value::StringLit(own)) => Ok(Some(text(own))),
        Some(_) => Err(format!("`{name}` is not a text")),
    }
}

fn text(own: &StringLit<'_>) -> Text {
    Text { value: own.value.to_string(), range: own.range.start..own.range.end }
}

fn range(value: &Value<'_>) -> Range<usize> {
    value.range().start..value.range().end
}

/// Refuses a name that stands twice.
fn distinct(object: &Object<'_>, what: &str) -> Result<(), String> {
    let mut names = BTreeSet::new();
    match object.properties.iter().map(|own| own.name.as_str()).find(|name| !names.insert(*name)) {
        None => Ok(()),
        Some(name) => {
            let name = Backticked(name);
            Err(format!(
                "{what} has {name} twice, and clients differ in which one they use; remove one"
            ))
        }
    }
}
