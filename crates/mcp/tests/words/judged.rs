//! Calls of a tool under a token that was minted by a word, through a verifier.

use std::collections::BTreeMap;

use deputize::bind::McpCall;
use deputize::testing::Scene;
use deputize::text::json as strict;
use deputize::{Capability, Constraint, Decision, DenyCode, Request, ResourcePattern, Verifier};
use deputize_mcp::words::{ArgumentKind, Vocabulary};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::schemas::{arguments, leaves, remove, set};

const AUDIENCE: &str = "tools.acme.com";

/// An operand for an argument of this kind.
pub(crate) fn operand(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Path | ArgumentKind::Paths => "/srv/docs",
        ArgumentKind::File | ArgumentKind::Files => "src",
        ArgumentKind::Url | ArgumentKind::Urls => "https://docs.acme.com",
        ArgumentKind::Count | ArgumentKind::Number => "3",
        ArgumentKind::Flag => "true",
        _ => "agent",
    }
}

/// Returns the one tool that a capability grants.
pub(crate) fn tool_of(own: &Capability) -> &str {
    match own.resource() {
        ResourcePattern::Exact(tool) => tool.as_str(),
        other => panic!("{other}"),
    }
}

/// Returns the arguments that matter: those that name what the tool acts on, or else numbers of
/// how many or how long.
pub(crate) fn that_matter(
    arguments: &BTreeMap<String, ArgumentKind>,
) -> Vec<(&String, ArgumentKind)> {
    let of = |is: &dyn Fn(ArgumentKind) -> bool| -> Vec<_> {
        let own = arguments.iter().filter(|(_, kind)| is(**kind));
        own.map(|(name, kind)| (name, *kind)).collect()
    };
    match of(&ArgumentKind::is_acted_on) {
        none if none.is_empty() => of(&|kind| kind == ArgumentKind::Count),
        own => own,
    }
}

/// The limits under which a tool was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Word,
    Capability,
}

/// A token, and what it is for.
struct Judge {
    scene: Scene,
    verifier: Verifier,
    now: OffsetDateTime,
    tool: String,
}

impl Judge {
    fn new(granted: &[Capability], tool: &str) -> Self {
        let now = OffsetDateTime::now_utc();
        let texts: Vec<_> = granted.iter().map(Capability::as_written).collect();
        let scene = Scene::allowing(texts.iter().map(String::as_str), now).unwrap();
        Self { verifier: scene.verifier(), scene, now, tool: tool.to_owned() }
    }

    /// Returns the reasons why the call is refused; none if it is allowed.
    fn refused(&self, arguments: &Map<String, Value>) -> Vec<DenyCode> {
        let request = request(&self.tool, arguments);
        match self.verifier.decide(self.scene.present(&request).unwrap(), request, self.now) {
            Decision::Allow(_) => Vec::new(),
            Decision::Deny(denial) => denial.reasons().iter().map(|own| own.code).collect(),
        }
    }
}

/// Returns the request that a call of a tool is.
fn request(tool: &str, arguments: &Map<String, Value>) -> Request {
    let params = json!({ "name": tool, "arguments": arguments }).to_string();
    let params = strict::read(&params).unwrap();
    McpCall::CallTool.request(params.as_object().unwrap(), AUDIENCE).unwrap()
}

/// Calls a tool with its required and with all arguments, under a grant of the tool without limits.
pub(crate) fn calls_without_limits(tool: &str, schema: &Value) -> usize {
    let all = Capability::new("tools/call", tool).unwrap();
    let judge = Judge::new(&[all.with_other_args(deputize::OtherArgs::Allow)], tool);
    let calls = [false, true].map(|has_all| arguments(schema, has_all));
    calls.iter().filter(|call| judge.refused(call).is_empty()).count()
}

/// Calls a tool under a token that limits each argument that matters: within the limits, where it
/// must be allowed, and outside each of them, where it must be refused for that reason.
///
/// # Errors
///
/// What was not as it must be.
pub(crate) fn judge(words: &Vocabulary, tool: &str, schema: &Value) -> Result<By, String> {
    let (_, own) = words.tools().find(|(name, _)| *name == tool).unwrap();
    let matter = that_matter(own);
    let leaves = leaves(schema);
    // A value that the server offers.
    let of = |kind: ArgumentKind, name: Option<&str>| {
        let mut schemas = leaves.iter().filter(|(own, _)| name.is_none_or(|name| *own == name));
        let offered = schemas.find_map(|(_, leaf)| leaf.schema["enum"][0].as_str());
        offered.filter(|_| kind == ArgumentKind::Name).unwrap_or(operand(kind)).to_owned()
    };
    let by_word = words.words().find_map(|(word, operands)| {
        let operands = operands.iter().map(|kind| json!(of(*kind, None)).to_string());
        let text = format!("{word} {}", operands.collect::<Vec<_>>().join(" "));
        let granted = words.expand(&text).unwrap().unwrap();
        let own = granted.iter().find(|own| tool_of(own) == tool)?.clone();
        let is_limited = |name: &str| own.constraints_on(name).is_some_and(|own| !own.is_empty());
        matter.iter().all(|(name, _)| is_limited(name)).then_some((granted, own))
    });
    let (by, granted, limits) = match by_word {
        Some((granted, own)) => (By::Word, granted, own),
        None => {
            let own = by_kind(tool, own, &|kind, name| of(kind, Some(name)));
            (By::Capability, vec![own.clone()], own)
        }
    };
    let judge = Judge::new(&granted, tool);
    for has_all in [false, true] {
        let mut inside = arguments(schema, has_all);
        for (name, kind) in &matter {
            let own =
                values(*kind, &of(*kind, Some(name)), &limits.constraints_on(name).unwrap()[0]);
            place(&mut inside, name, *kind, &own.inside, &own.inside);
        }
        let refused = judge.refused(&inside);
        if !refused.is_empty() {
            return Err(format!("{inside:?} is refused: {refused:?}"));
        }
        for (name, kind) in &matter {
            let own =
                values(*kind, &of(*kind, Some(name)), &limits.constraints_on(name).unwrap()[0]);
            for outside in own.outside {
                let mut call = inside.clone();
                place(&mut call, name, *kind, &own.inside, &outside);
                let refused = judge.refused(&call);
                if refused.is_empty() || refused.iter().any(|own| *own != DenyCode::ArgumentRefused)
                {
                    return Err(format!("{call:?} is not refused for {name}: {refused:?}"));
                }
            }
            let mut without = inside.clone();
            remove(&mut without, name);
            let refused = judge.refused(&without);
            if !refused.contains(&DenyCode::ArgumentMissing) {
                return Err(format!("{without:?} is not refused without {name}: {refused:?}"));
            }
        }
    }
    Ok(by)
}

/// A capability that limits what matters by the kinds that the vocabulary has, for a tool that no word
/// limits.
fn by_kind(
    tool: &str,
    arguments: &BTreeMap<String, ArgumentKind>,
    operand: &dyn Fn(ArgumentKind, &str) -> String,
) -> Capability {
    let mut own = Capability::new("tools/call", tool).unwrap();
    let matter = that_matter(arguments);
    for (name, kind) in arguments {
        let value = operand(*kind, name);
        let limit = match kind {
            _ if !matter.iter().any(|(own, _)| *own == name) => {
                own = own.with_optional_arg(name, []).unwrap();
                continue;
            }
            ArgumentKind::Path | ArgumentKind::File => Constraint::subpath(&value).unwrap(),
            ArgumentKind::Paths | ArgumentKind::Files => {
                Constraint::each(Constraint::subpath(&value).unwrap()).unwrap()
            }
            ArgumentKind::Url => Constraint::url(value.parse().unwrap()),
            ArgumentKind::Name => Constraint::one_of([value]),
            ArgumentKind::Names => Constraint::subset_of([value]),
            ArgumentKind::Count => Constraint::max(value.parse().unwrap()),
            other => panic!("{tool}: no limit for {other:?}"),
        };
        own = own.with_arg(name, [limit]).unwrap();
    }
    own
}

struct Values {
    inside: Value,
    outside: Vec<Value>,
}

/// Returns values within and outside the limit of an operand.
fn values(kind: ArgumentKind, operand: &str, limit: &Constraint) -> Values {
    let below = |more: &str| match limit {
        Constraint::Equals(_) => json!(operand),
        _ => json!(format!("{operand}{more}")),
    };
    match kind {
        ArgumentKind::Path | ArgumentKind::Paths | ArgumentKind::File | ArgumentKind::Files => {
            let [up, other, slash] =
                ["/../x", "-other/x", "/"].map(|more| format!("{operand}{more}"));
            let outside = json!(["/etc/passwd", "../x", ".", "", up, other, slash, 7, null]);
            Values { inside: below("/a.txt"), outside: outside.as_array().unwrap().clone() }
        }
        ArgumentKind::Url | ArgumentKind::Urls => {
            let outside = json!([
                "https://evil.com/",
                "http://docs.acme.com/",
                "https://docs.acme.com.evil.com/",
                "https://docs.acme.com@evil.com/",
                "https://docs.acme.com:8443/",
                "data:,x",
                7,
                null,
            ]);
            Values { inside: below("/a?b=c"), outside: outside.as_array().unwrap().clone() }
        }
        ArgumentKind::Name | ArgumentKind::Names => {
            let before = format!("x{operand}");
            Values {
                inside: json!(operand),
                outside: vec![json!("other"), json!(before), json!(7)],
            }
        }
        ArgumentKind::Count => {
            let most: i64 = operand.parse().unwrap();
            let outside = vec![json!(most + 1), json!(1.5), json!(operand), json!(null)];
            Values { inside: json!(most), outside }
        }
        other => panic!("no values for {other:?}"),
    }
}

/// Puts a value into a call; into a list after one within the limits.
fn place(
    call: &mut Map<String, Value>,
    name: &str,
    kind: ArgumentKind,
    inside: &Value,
    value: &Value,
) {
    match (name.contains("/*/"), kind.is_list()) {
        (true, _) => set(call, name, &[inside.clone(), value.clone()]),
        (false, true) => set(call, name, &[json!([inside, value])]),
        (false, false) => set(call, name, std::slice::from_ref(value)),
    }
}
