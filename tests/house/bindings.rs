//! The requirements of a binding for another language: owned types, and a code for every error.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deputize::biscuit::{DatalogError, DatalogPolicy, StatementFault};
use deputize::text::json::JsonError;
use deputize::*;
use regex::Regex;

use crate::common::{now, request, thief, token};

const fn owned<T: ?Sized + Send + Sync + 'static>() {}

macro_rules! owned {
    ($($name:ident)+) => {
        const _: () = { $(owned::<$name>();)+ };
        const OWNED: &[&str] = &[$(stringify!($name)),+];
    };
}

/// Types with a parameter.
const _: () = {
    owned::<FieldState<'static>>();
    owned::<Permitted<()>>();
    owned::<ForCaller<'static>>();
    owned::<PresentOptions<'static>>();
    owned::<Selection<'static>>();
    owned::<SigningKind<'static>>();
    owned::<StoreAnswer<()>>();
    owned::<ToSign<'static>>();
    owned::<DatalogPolicy>();
    owned::<Arc<dyn ReplayGuard>>();
    owned::<Arc<dyn RevocationSource>>();
    owned::<Arc<dyn StatementState>>();
};

const WITH_PARAMETERS: [&str; 8] = [
    "FieldState",
    "ForCaller",
    "Permitted",
    "PresentOptions",
    "Selection",
    "SigningKind",
    "StoreAnswer",
    "ToSign",
];
const TRAITS: [&str; 6] =
    ["Call", "CodedError", "ReplayGuard", "RevocationSource", "Signer", "StatementState"];

owned! {
    Accepted AcceptError AddError Agent AgentError AgentFacts AgentFault AgentFinding
    AgentReport AgentStatus Answer Answered AnswerError AnyToken ArgLimits ArgumentError Arrival
    Ask AskDesk AskError AuthorityEnded CalledBy Caller CallError Capability CapabilityError
    ChainCache Charged ChargedTo Check CheckedFact CheckState Cidr CidrFault Commitment
    Constraint ConstraintError ConstraintKind Contradiction Counter Decision DecisionCore
    DelegateError Denial DenyCode Difference Directory DirectoryDraft DirectoryError
    DirectoryPolicy DirectoryRules Excess FieldKind FormatError FullShare Glob GlobFault GrammarError
    GrammarFault Grant GrantError GrantLint Hop HopId HopIdError HopReport InputCode InputError
    KeyEnd KeyError LintCode ListPolicy LogFields MemoryReplayGuard MemoryStatementState
    MintError NameError NameOwner NextStep NoAnchor NotAccepted Note NoteError NotItsSuccessor
    NoToken NotPermitted NotTheHolder NotTrusted Observation Observed Observer OpenAsks Openings
    OpeningsLine OpeningsReader OpeningsWriter Operation OperationError OperationFault
    OperationPattern OtherArgs OutcomeResult Owner ParameterType Parties PathFault PendingNote
    PendingUse Permit PointerFault Presence Presentation PresentationReport Presented
    PresentError Principal PrincipalKind PrincipalReport ProvenHolder PublicKey Reason ReceivedDenial
    ReceivedReason ReceivedReport ReceiveError Record RecordCore RecordedChains RecordError
    RecordKind RecordRules Refusal RefusalClass RefusalsCore Removal ReplayError ReplayPolicy
    Report Request RequestError RequestReport Resource ResourceError ResourcePattern
    RevocationDraft RevocationList RevocationPolicy RevocationReport RevocationStatus RevokedHop
    RevokedHops RevokedKey ScimAgents SeriesHead SeriesId SeriesState SettingError Signature
    SignedPart SignerError SigningKey Standing StateError StatementDigest StatementEffect StatementError
    StatementKind Statements StatementScope Step Subpath Successions Successor SuccessorError
    Summary TextFault Token TokenError TrustAnchor TrustAnchors UnknownCode UnsignedAsk
    UnsignedDirectory UnsignedPresentation UnsignedRevocations UnsignedSuccessor UnsignedToken
    UrlFault UrlPart UrlPattern Value ValueError Verdict VerifiedChain Verifier VoidReason
    VoidSeries VoidSuccession Wallet WalletError Widening Wish WrongSignature
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_public_type_is_owned_and_can_be_shared_among_threads() {
    let lib = read("src/lib.rs");
    let exports = Regex::new(r"(?s)\npub use ([^;]+);").unwrap();
    let name = Regex::new(r"\b[A-Z][a-z]\w*").unwrap();
    let exported: BTreeSet<_> = exports
        .captures_iter(&lib)
        .flat_map(|export| name.find_iter(export.get(1).unwrap().as_str()))
        .map(|name| name.as_str())
        .filter(|name| !TRAITS.contains(name) && !WITH_PARAMETERS.contains(name))
        .collect();
    assert_eq!(exported, OWNED.iter().copied().collect());
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// The compiler finds a variant without a code; this finds an error without one.
#[test]
fn every_error_has_a_code() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let derived = Regex::new(
        r"(?s)#\[derive\([^\]]*\bError\)\](?:\s|///[^\n]*\n|#\[.*?\]\n)*?pub (?:enum|struct) (\w+)",
    )
    .unwrap();
    let by_hand = Regex::new(r"impl (?:std::error::)?Error for (\w+)").unwrap();
    let mut errors = BTreeSet::new();
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for pattern in [&derived, &by_hand] {
            errors.extend(pattern.captures_iter(&text).map(|own| own[1].to_owned()));
        }
    }
    assert!(errors.len() > 30, "{errors:?}");
    let codes = read("src/codes/table.rs") + &read("src/codes/refusals.rs");
    let has_code = |name: &&String| {
        let of = |text: String| codes.contains(&text);
        of(format!("\n    {name} {{"))
            || of(format!("\n        {name} = "))
            || of(format!("CodedError for {name} "))
    };
    let missing: Vec<_> = errors.iter().filter(|name| !has_code(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn codes_are_unique_and_in_one_spelling() {
    let form = Regex::new("^[a-z][a-z0-9]*(_[a-z0-9]+)*$").unwrap();
    let mut seen: BTreeSet<&str> = DenyCode::ALL.iter().map(|code| code.as_str()).collect();
    for code in ERROR_CODES {
        assert!(form.is_match(code), "{code}");
        assert!(seen.insert(code), "{code} twice");
    }
    assert!(ERROR_CODES.len() > 150, "{}", ERROR_CODES.len());
}

/// Codes are for programs elsewhere, so they do not follow a name that changes. Only add to this.
#[test]
fn codes_stay_what_they_are() {
    insta::assert_snapshot!(ERROR_CODES.join("\n"));
}

/// An error that wraps another has its code; a refusal has that of its first reason.
#[test]
fn the_code_of_an_error_is_that_of_its_cause() {
    fn code(error: &dyn CodedError) -> &'static str {
        error.code()
    }
    let weak = KeyError::Weak;
    assert_eq!(code(&weak), "key_weak");
    let name = "crm.read a n<5".parse::<Capability>().unwrap_err();
    assert_eq!(code(&name), "grammar_other_operator");
    let inner = "crm..read a".parse::<Capability>().unwrap_err();
    assert_eq!(code(&inner), "not_an_operation");
    let call = Request::new("a", "b", "").unwrap_err();
    assert_eq!(code(&CallError::Request(call)), "request_audience");
    let not_the_holder = token().present(&thief(), &request(), now()).unwrap_err();
    assert_eq!(code(&not_the_holder), "signer_is_not_the_holder");
    assert_eq!(code(&ReplayError::Replayed), "replayed");
    let denial = Denial::by_policy("no", now());
    assert_eq!(code(&denial), "policy_refused");
    assert_eq!(code(&denial.for_stranger()), "not_granted");
    let unknown: fn(UnknownCode) -> &'static str = |error| code(&error);
    assert_eq!("x".parse::<DenyCode>().map_err(unknown), Err("unknown_code"));
    let datalog: Option<(DatalogError, StatementFault, JsonError)> = None;
    assert!(datalog.is_none_or(|(a, b, c)| [code(&a), code(&b), code(&c)].len() == 3));
}
