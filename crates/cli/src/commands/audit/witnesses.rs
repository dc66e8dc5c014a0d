//! The witnesses that must have cosigned a checkpoint.

use clap::Args;
use deputize_audit::Witness;

use crate::output::Error;

/// The options that name witnesses.
#[derive(Debug, Args)]
pub struct WitnessArgs {
    /// A witness, NAME+HASH+KEY as C2SP writes it; repeatable.
    #[arg(long, value_name = "KEY")]
    pub(crate) witness: Vec<String>,
    /// The number of witnesses that must have cosigned the checkpoint; by default, all that are given.
    #[arg(long, value_name = "COUNT", requires = "witness")]
    pub(crate) witnesses: Option<usize>,
}

/// Witnesses, and how many of them must have cosigned.
#[derive(Debug)]
pub struct Required {
    pub(super) count: usize,
    pub(super) witnesses: Vec<Witness>,
}

impl WitnessArgs {
    /// Reads the options.
    ///
    /// # Errors
    ///
    /// If a key is malformed, or more witnesses are required than there are.
    pub(super) fn required(&self) -> Result<Required, Error> {
        let witnesses = self
            .witness
            .iter()
            .map(|text| text.parse::<Witness>().map_err(|why| Error::about("--witness", why)));
        let witnesses: Vec<_> = witnesses.collect::<Result<_, _>>()?;
        let count = self.witnesses.unwrap_or(witnesses.len());
        if count > witnesses.len() {
            return Err(Error::about("--witnesses", "there are fewer of --witness"));
        }
        Ok(Required { count, witnesses })
    }
}
