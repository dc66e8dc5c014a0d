//! Tasks and states that a server made for one holder.

use std::collections::VecDeque;

use deputize::HopId;
use deputize::bind::McpCall;
use deputize::{Request, VerifiedChain};
use serde_json::Value as Json;

use crate::limits::MAX_OWNED;

/// The things that a guard passed back to a holder, and takes back from nobody else (`docs/BINDINGS.md`, section 2,
/// rules 7 and 8). The oldest is forgotten: its holder begins anew.
#[derive(Debug, Default)]
pub(super) struct Owned(VecDeque<(Thing, HopId)>);

/// A thing that belongs to the last hop of a chain.
#[derive(Debug, Clone, PartialEq)]
enum Thing {
    /// A task, by its id.
    Task(String),
    /// A state that a server asks to have returned with the same call.
    State { state: String, operation: String, resource: String, args: Json },
}

impl Thing {
    fn task(request: &Request) -> Option<Self> {
        let id = request.args().get("taskId").and_then(Json::as_str)?;
        Some(Self::Task(id.to_owned()))
    }

    fn state(request: &Request, state: &str) -> Self {
        let mut args = request.args().clone();
        // The answers of the next round are what the state was made for.
        args.remove("inputResponses");
        Self::State {
            state: state.to_owned(),
            operation: request.operation().as_str().to_owned(),
            resource: request.resource().as_str().to_owned(),
            args: Json::Object(args),
        }
    }
}

impl Owned {
    /// Notes what an answer gives to the holder of this hop.
    pub(super) fn note(
        &mut self,
        request: &Request,
        hop: HopId,
        task: Option<&Json>,
        state: Option<&Json>,
    ) {
        let task = task.and_then(Json::as_str).map(|id| Thing::Task(id.to_owned()));
        let state = state.and_then(Json::as_str).map(|state| Thing::state(request, state));
        for thing in task.into_iter().chain(state) {
            // A server that gives a second holder the id of another's task does not move the task. The
            // same state can be given to several.
            let is_task = matches!(thing, Thing::Task(_));
            if self.0.iter().any(|(own, of)| *own == thing && (is_task || *of == hop)) {
                continue;
            }
            if self.0.len() >= MAX_OWNED {
                self.0.pop_front();
            }
            self.0.push_back((thing, hop));
        }
    }

    /// Checks that a call uses only what was passed back to the same hop.
    pub(super) fn permits(&self, chain: &VerifiedChain, request: &Request) -> Result<(), String> {
        let Some(hop) = chain.hops().last().map(deputize::Hop::id) else {
            return Err("the chain has no hop".to_owned());
        };
        let is_own = |thing: &Thing| self.0.iter().any(|(own, of)| own == thing && *of == hop);
        let call = McpCall::of_method(request.operation().as_str());
        let is_about_a_task = matches!(
            call,
            Some(
                McpCall::GetTask | McpCall::TaskResult | McpCall::UpdateTask | McpCall::CancelTask
            )
        );
        if is_about_a_task && !Thing::task(request).is_some_and(|task| is_own(&task)) {
            return Err("the task is not one that this guard began for this holder".to_owned());
        }
        let state = request.context().get("requestState").and_then(Json::as_str);
        if state.is_some_and(|state| !is_own(&Thing::state(request, state))) {
            let why = "the state is not one that this guard passed to this holder for this call";
            return Err(why.to_owned());
        }
        let wish = request.context().get("task").and_then(Json::as_object);
        if wish.is_some_and(|wish| wish.keys().any(|name| name != "ttl")) {
            return Err("a `task` may have no member but `ttl`".to_owned());
        }
        Ok(())
    }
}
