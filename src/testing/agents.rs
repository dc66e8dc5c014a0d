//! Calls that are refused because of the directory of agents.

use time::Duration;

use crate::key::{PublicKey, Signer, SigningKey};
use crate::principal::Principal;
use crate::reason::DenyCode;
use crate::statement::directory::agent::{Agent, AgentStatus};
use crate::statement::directory::draft::DirectoryDraft;
use crate::statement::state::MemoryStatementState;
use crate::testing::scene::{Scene, SceneError, owner};
use crate::verify::directory::DirectoryPolicy;
use crate::verify::statements::store::Statements;
use crate::verify::verifier::Verifier;

impl Scene {
    /// A verifier with a directory for which it refuses the researcher's calls with `code`.
    pub(super) fn verifier_by_directory(&self, code: DenyCode) -> Result<Verifier, SceneError> {
        let (hr, an_hour) = (SigningKey::generate()?, Duration::HOUR);
        let statements = Statements::new(self.anchor(), MemoryStatementState::default())?;
        let policy = DirectoryPolicy::issued_by(&statements, hr.public_key(), an_hour);
        let verifier = self.verifier_with(self.anchor(), self.by_expiry()).with_directory(policy);
        if code == DenyCode::DirectoryUnknown {
            return Ok(verifier);
        }
        let ago = self.now.saturating_sub(an_hour);
        let researcher = agent("researcher", self.researcher.public_key())?;
        let researcher = match code {
            DenyCode::AgentNotListed => None,
            DenyCode::AgentSuspended => Some(researcher.with_status(AgentStatus::Suspended)),
            DenyCode::AgentRetired => Some(researcher.with_status(AgentStatus::Retired)),
            DenyCode::AgentNotInTime => Some(researcher.with_valid_until(ago)),
            DenyCode::AgentReviewOverdue => Some(researcher.with_next_review(ago)),
            DenyCode::AgentDiffers => Some(agent("another", researcher.key())?),
            _ => Some(researcher),
        };
        let mut draft = DirectoryDraft::named();
        draft.add(agent("planner", self.planner.public_key())?)?;
        if let Some(researcher) = researcher {
            draft.add(researcher)?;
        }
        let issued = if code == DenyCode::DirectoryStale { ago } else { self.now };
        let directory = draft.sign(&hr, issued, issued.saturating_add(an_hour))?;
        let _ = statements.accept_directory(directory, self.now)?;
        Ok(verifier)
    }
}

fn agent(name: &str, key: PublicKey) -> Result<Agent, SceneError> {
    Ok(Agent::new(format!("urn:test:{name}"), Principal::agent(name, key)?, owner()?)?)
}
