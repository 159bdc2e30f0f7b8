//! `noctop store ...`

use super::FormatArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `store`
#[derive(Clone, Debug, Args)]
pub struct StoreArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: StoreCommand,
}

/// `store ...`
#[derive(Clone, Debug, Subcommand)]
pub enum StoreCommand {
    /// What it holds
    Stats(FormatArgs),
    /// Reads everything; exit 1 on damage, each damaged file named
    Verify,
    /// A whole copy in a new folder; a daemon goes on meanwhile
    Backup(BackupArgs),
    /// Puts a backup where the store is, and reads all of it
    Restore(RestoreArgs),
    /// Takes over the history of Prometheus, VictoriaMetrics or InfluxDB
    Import(ImportArgs),
}

/// `store backup`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop store backup /srv/backup/noctop-$(date +%F)

The folder is a store by itself: noctop --data FOLDER store verify, history or devices read it as it is.")]
pub struct BackupArgs {
    /// A folder that is not there yet, or empty
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// `store restore`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: noctop --data /var/lib/noctop store restore /srv/backup/noctop-2026-11-22

No noctop may hold the store meanwhile. What --replace takes the place of is kept beside it, under NAME.replaced-1.")]
pub struct RestoreArgs {
    /// A folder that `store backup` made
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Even if there is a store already
    #[arg(long)]
    pub replace: bool,
}

/// `store import`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  noctop store import metrics.txt                          OpenMetrics or Prometheus text with timestamps
  curl -s 'http://vm:8428/api/v1/export?match[]={job=\"snmp\"}' | noctop store import -
  zcat telegraf.gz | noctop store import - --map interface_ifHCInOctets=in_bps --map interface_ifHCOutOctets=out_bps

The format is found out from the text: OpenMetrics, InfluxDB line protocol, or VictoriaMetrics JSON lines. A series belongs to the
device in its label device, instance, host or sysName (id, name or address of a known one, else an id of its own), and to the
interface in ifName, ifDescr, interface or ifIndex; it keeps its metric's name: noctop history DEVICE/INTERFACE/NAME. Should two
series come to one name, the later one's other labels are added to it. Times are kept to the millisecond, values exactly.

--map makes a metric one of noctop's own, so that its history continues in the same graphs: in_bps out_bps (counters of octets) in_pps
out_pps (of packets) in_errors out_errors in_discards out_discards in_fcs_errors, oper_status, rtt_ms loss_percent cpu_percent
memory_percent temperature_celsius poe_watts clients channel_utilisation_percent (gauges).

What is refused is counted by its reason, with the first lines. Exit codes: 0 all taken, 3 some was refused, 1 nothing could be taken.
No noctop may hold the store meanwhile.")]
pub struct ImportArgs {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Take the metric NAME as noctop's own METRIC; repeatable
    #[arg(long, value_name = "NAME=METRIC")]
    pub map: Vec<String>,
}
