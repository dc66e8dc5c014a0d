//! The calls that nobody presented, by operation and resource.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use deputize::{OutcomeResult, Request};

use crate::limits::{
    MAX_REVIEWED_BYTES, MAX_UNPRESENTED_TOOL_BYTES, MAX_UNPRESENTED_TOOLS, MAX_UNPRESENTED_WAITING,
};
use crate::review::beyond::Beyond;
use crate::review::call::{CallShown, StrangersCall};
use crate::review::narrow::least;
use crate::review::observed::{Take, TakeFault, Taken, Unpresented, UnpresentedTool};
use crate::review::usage::OperationUse;

/// The unpresented calls. A stranger chooses their names, so what is kept of them is bounded, and a flood of
/// names that the service never answered pushes out none that it did.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    tools: HashMap<Tool, ToolUse>,
    /// The tools of calls whose outcome is not read yet, by log and record.
    waiting: HashMap<(usize, u64), Tool>,
    more: u64,
    hidden: u64,
    taken: Vec<TakenUse>,
}

type Tool = (String, String);

#[derive(Debug)]
struct ToolUse {
    tool: UnpresentedTool,
    calls: OperationUse,
    room: usize,
}

#[derive(Debug)]
struct TakenUse {
    take: Take,
    calls: OperationUse,
    others: u64,
    audiences: BTreeSet<String>,
    room: usize,
}

impl Strangers {
    pub(super) fn new(takes: &[Take]) -> Self {
        let taken = |take: &Take| TakenUse {
            calls: OperationUse::new(take.operation.clone()),
            take: take.clone(),
            others: 0,
            audiences: BTreeSet::new(),
            room: usize::try_from(MAX_REVIEWED_BYTES).unwrap_or(usize::MAX),
        };
        Self { taken: takes.iter().map(taken).collect(), ..Self::default() }
    }

    pub(super) fn add(&mut self, log: usize, call: &StrangersCall) {
        let (request, named): (&Request, &[String]) = match &call.shown {
            CallShown::Whole(request) => (request, &[]),
            CallShown::Partly(request, named) => (request, named),
            CallShown::Not => {
                self.hidden = self.hidden.saturating_add(1);
                return;
            }
        };
        self.taken.iter_mut().for_each(|own| own.add(request, named));
        let tool =
            (request.operation().as_str().to_owned(), request.resource().as_str().to_owned());
        if !self.tools.contains_key(&tool) {
            self.make_room();
        }
        let own = self.tools.entry(tool.clone()).or_insert_with(|| ToolUse {
            tool: UnpresentedTool {
                operation: request.operation().clone(),
                resource: request.resource().clone(),
                calls: 0,
                done: 0,
                first: call.at,
                last: call.at,
                args: Vec::new(),
                has_more_args: false,
            },
            calls: OperationUse::new(request.operation().clone()),
            room: MAX_UNPRESENTED_TOOL_BYTES,
        });
        own.tool.calls = own.tool.calls.saturating_add(1);
        own.tool.first = own.tool.first.min(call.at);
        own.tool.last = own.tool.last.max(call.at);
        own.calls.add(request, Some(named).filter(|named| !named.is_empty()), &mut own.room);
        let mut names = request.limited_args();
        own.tool.has_more_args |= names.any(|(name, _)| !own.calls.args.contains_key(name));
        if self.waiting.len() >= MAX_UNPRESENTED_WAITING {
            self.waiting.clear();
        }
        self.waiting.insert((log, call.index), tool);
    }

    /// Notes what became of a call, if it is one of these.
    pub(super) fn outcome(&mut self, log: usize, of: u64, result: OutcomeResult) {
        let tool = self.waiting.remove(&(log, of));
        if let (Some(own), OutcomeResult::Done) =
            (tool.and_then(|tool| self.tools.get_mut(&tool)), result)
        {
            own.tool.done = own.tool.done.saturating_add(1);
        }
    }

    /// Forgets the tool that was answered, and then called, least often and longest ago.
    fn make_room(&mut self) {
        if self.tools.len() < MAX_UNPRESENTED_TOOLS {
            return;
        }
        let least = self.tools.iter().min_by_key(|(tool, own)| {
            (own.tool.done, own.tool.calls, own.tool.last, (*tool).clone())
        });
        let least = least.map(|(tool, _)| tool.clone());
        if let Some(own) = least.and_then(|tool| self.tools.remove(&tool)) {
            self.more = self.more.saturating_add(own.tool.calls);
        }
    }

    pub(super) fn review(
        self,
        rounding: bool,
        work: &mut usize,
        is_grantable: impl Fn(&deputize::Capability) -> bool,
    ) -> (Unpresented, Vec<Taken>) {
        let tool = |own: ToolUse| UnpresentedTool {
            args: own.calls.args.iter().map(|(name, values)| values.review(name)).collect(),
            ..own.tool
        };
        let mut tools: Vec<_> = self.tools.into_values().map(tool).collect();
        tools.sort_by_cached_key(|own| {
            let name = (own.operation.as_str().to_owned(), own.resource.as_str().to_owned());
            (Reverse(own.done), Reverse(own.calls), name)
        });
        let mut taken = Vec::new();
        for own in self.taken {
            taken.push(own.taken(rounding, work, &is_grantable));
        }
        (Unpresented { tools, more: self.more, hidden: self.hidden }, taken)
    }
}

impl TakenUse {
    /// Adds a call of the tool that was taken, unless it has arguments that were not.
    fn add(&mut self, request: &Request, named: &[String]) {
        if *request.operation() != self.take.operation || *request.resource() != self.take.resource
        {
            return;
        }
        let mut names = request.limited_args().map(|(name, _)| name);
        let are_taken = names.all(|name| self.take.args.contains_key(name))
            && named.iter().all(|name| self.take.args.contains_key(name));
        if !are_taken {
            self.others = self.others.saturating_add(1);
            return;
        }
        self.audiences.insert(request.audience().to_owned());
        self.calls.add(request, Some(named).filter(|named| !named.is_empty()), &mut self.room);
    }

    fn taken(
        mut self,
        rounding: bool,
        work: &mut usize,
        is_grantable: impl Fn(&deputize::Capability) -> bool,
    ) -> Taken {
        let capability = self.capability(rounding, work, is_grantable);
        let part = capability.as_ref().ok().map(|own| (own.clone(), Some(&self.calls)));
        Taken {
            covered: self.calls.calls,
            others: self.others,
            audiences: self.audiences,
            beyond: Beyond::of(part.as_slice()),
            capability,
            take: self.take,
        }
    }

    fn capability(
        &mut self,
        rounding: bool,
        work: &mut usize,
        is_grantable: impl Fn(&deputize::Capability) -> bool,
    ) -> Result<deputize::Capability, TakeFault> {
        if self.calls.calls == 0 {
            return Err(TakeFault::NoCalls { others: self.others });
        }
        let args: BTreeMap<String, bool> = self.take.args.clone();
        for (name, is_any) in args {
            match self.calls.args.get_mut(&name) {
                None => return Err(TakeFault::NoArgument { name }),
                Some(values) if is_any => values.has_unknown = true,
                Some(values) if values.limits(rounding).is_none() => {
                    return Err(TakeFault::AnyValue { name });
                }
                Some(_) => {}
            }
        }
        let resource = self.take.resource.as_str().parse();
        let resource = resource.map_err(|_| TakeFault::NotGrantable)?;
        let own = least(&self.calls, &resource, rounding, work, is_grantable);
        own.ok_or(TakeFault::NotGrantable)
    }
}
