//! `noctop secrets ...`

use super::FormatArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `secrets`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop secrets init                         a new encrypted file and its identity; says what to write into the configuration
  noctop secrets set campus                   asks for the secret without showing it; then: community = \"secret:campus\"
  pass show snmp/core | noctop secrets set core   or reads one line from stdin
  noctop secrets check                        whether the file opens and holds all that the configuration refers to

The file is one of age (age-encryption.org/v1): the age tool opens it too. A secret is never an argument and never printed.")]
pub struct SecretsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: SecretsCommand,
}

/// `secrets ...`
#[derive(Clone, Debug, Subcommand)]
pub enum SecretsCommand {
    /// Make the encrypted file, and the identity that opens it
    Init(SecretsInitArgs),
    /// The names of the secrets in it
    List(FormatArgs),
    /// Set or replace one: typed without being shown, or one line from stdin
    Set(SecretNameArgs),
    /// Remove one
    Remove(SecretNameArgs),
    /// Whether it opens and holds what the configuration refers to; exit code 2 if not
    Check,
}

/// `secrets init`
#[derive(Clone, Debug, Args)]
pub struct SecretsInitArgs {
    /// The encrypted file [default: as `[secrets]` says, else secrets.age beside the configuration]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The file of the identity [default: as `[secrets]` says, else identity.txt beside the configuration]
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    pub identity: Option<PathBuf>,
    /// Instead of an identity: where a passphrase is (credential:NAME, fd:N, file:PATH, env:NAME)
    #[arg(long, value_name = "WHERE")]
    pub passphrase: Option<String>,
}

/// `secrets set` and `secrets remove`
#[derive(Clone, Debug, Args)]
pub struct SecretNameArgs {
    /// Name: letters, figures, - and _
    #[arg(value_name = "NAME")]
    pub name: String,
}
