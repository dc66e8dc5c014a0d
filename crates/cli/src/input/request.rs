//! The request that the options of `present` and `verify` describe.

use std::path::PathBuf;

use clap::Args;
use deputize::Request;
use deputize::text::Backticked;
use deputize::text::json::{Bare, read_bare};

use crate::input::json_file;
use crate::output::{Error, notes};

/// One call.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// The operation of the call, such as crm.read.
    #[arg(long, value_name = "OPERATION", conflicts_with = "request")]
    pub(crate) operation: Option<String>,
    /// The resource of the call, such as accounts/emea/42.
    #[arg(long, value_name = "RESOURCE", conflicts_with = "request")]
    pub(crate) resource: Option<String>,
    /// The service that receives the call, such as crm.acme.com.
    #[arg(long, value_name = "SERVICE", conflicts_with = "request")]
    pub(crate) audience: Option<String>,
    /// An argument of the call; repeatable. VALUE is JSON if it parses as JSON, otherwise a string.
    /// A number must be written as it is signed: 1.1 and 1000 are numbers, and 1.10, 1e3 and 007
    /// are strings.
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "request")]
    pub(crate) arg: Vec<String>,
    /// A JSON file with the whole call, {"operation":…,"resource":…,"audience":…,"args":{…}}.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
}

impl CallArgs {
    /// Returns the request.
    ///
    /// # Errors
    ///
    /// If an option is missing or malformed.
    pub fn request(&self) -> Result<Request, Error> {
        if let Some(path) = &self.request {
            let text = json_file::read("--request", path)?;
            return Request::from_json(&text).map_err(|e| json_file::error("--request", path, e));
        }
        let options = [
            ("--operation", &self.operation),
            ("--resource", &self.resource),
            ("--audience", &self.audience),
        ];
        let missing: Vec<_> =
            options.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        let (Some(operation), Some(resource), Some(audience)) =
            (&self.operation, &self.resource, &self.audience)
        else {
            let missing = missing.join(", ");
            return Err(Error::about(
                "the request is incomplete",
                format_args!("give {missing}, or --request FILE"),
            ));
        };
        let request = Request::new(operation, resource, audience)
            .map_err(|e| Error::about("the request", e))?;
        self.arg.iter().try_fold(request, |request, arg| with_arg(request, arg))
    }
}

/// Returns the digest of a request in hexadecimal, as reasons and reports have it.
pub fn digest_of(request: &Request) -> String {
    request.digest().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Adds an argument `NAME=VALUE` to the request.
fn with_arg(request: Request, arg: &str) -> Result<Request, Error> {
    let Some((name, value)) = arg.split_once('=') else {
        return Err(Error::about(
            "--arg",
            format_args!("{} has no value; write NAME=VALUE, such as `limit=5`", Backticked(arg)),
        ));
    };
    let request = match read_bare(value) {
        Bare::Json => request.with_arg(name, value),
        Bare::Text { number } => {
            if let Some(number) = number {
                notes::keep(format_args!(
                    "note: --arg {}: {} is a string; for the number, write {}",
                    Backticked(name),
                    Backticked(value),
                    Backticked(&number)
                ));
            }
            request.with_arg(name, &serde_json::Value::from(value).to_string())
        }
    };
    request.map_err(|e| Error::about("--arg", e))
}
