//! The thread that reads the sockets.

use super::Counters;
use super::gather::Gather;
use crate::clock;
use crate::collect::{Emitter, Pulse};
use crate::model::Timestamp;
use crate::net::intake::{self, Intake, IntakeRoom};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the thread waits for datagrams before it looks whether it shall tell or end.
const LOOK: Duration = Duration::from_millis(100);

/// Reads the sockets, whatever comes.
pub struct Worker {
    /// The sockets.
    pub intakes: Arc<[Intake]>,
    /// Where lines go.
    pub emitter: Emitter,
    /// What came.
    pub counters: Arc<Counters>,
    /// Beats while they are read.
    pub pulse: Pulse,
}

impl Worker {
    /// Until `stop`; what was gathered by then is told.
    ///
    /// # Errors
    /// The sockets can't be waited for.
    pub fn run(self, stop: &CancellationToken) -> Result<(), String> {
        let mut ran = Ok(());
        let (mut room, mut ready, mut gather) = (IntakeRoom::default(), Vec::new(), Gather::default());
        while !stop.is_cancelled() {
            self.pulse.beat();
            if let Err(error) = intake::wait(&self.intakes, LOOK, &mut ready) {
                ran = Err(format!("syslog can't be waited for: {error}"));
                break;
            }
            for (intake, _) in self.intakes.iter().zip(&ready).filter(|(_, ready)| **ready) {
                // An error is about an earlier answer (ICMP unreachable): nothing is lost.
                let _passed_over = intake.take(&mut room, |sender, now, octets| self.hear((sender, now), octets, &mut gather));
            }
            let dropped = gather.tell_in_time(clock::now(), &self.emitter);
            self.counters.dropped_queue.fetch_add(dropped, Relaxed);
            let dropped: u64 = self.intakes.iter().map(Intake::dropped).sum();
            self.counters.dropped_kernel.store(dropped, Relaxed);
        }
        let dropped = gather.tell(&self.emitter);
        self.counters.dropped_queue.fetch_add(dropped, Relaxed);
        ran
    }

    fn hear(&self, (sender, now): (SocketAddr, Timestamp), octets: &[u8], gather: &mut Gather) {
        if let Some(line) = self.counters.read(octets, (now, plain(sender.ip()))) {
            let dropped = gather.add(line, &self.emitter);
            self.counters.dropped_queue.fetch_add(dropped, Relaxed);
        }
    }
}

/// The IPv4 address behind one that was mapped into IPv6, as devices are known.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
