//! This host in the engine: a device, and the ears of its ports, always on unless the configuration says otherwise.

use super::hub::Hub;
use crate::collect::lldp::{self, Listener, Neighbours};
use crate::collect::{Emitter, host};
use crate::engine::command::CollectorStatus;
use crate::engine::supervise::{Ran, keep_running};
use crate::model::{Function, NeighbourRow};
use crate::net::capture::CaptureError;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The counters of the two collectors.
#[derive(Clone, Default)]
pub(super) struct OwnHost {
    lldp: Arc<lldp::Counters>,
    host: Arc<host::Counters>,
}

impl OwnHost {
    /// The counters, for `status`.
    pub(super) fn statuses(&self) -> [CollectorStatus; 2] {
        let heard = self.lldp.counts();
        let passed_over = (heard.passed_over > 0).then(|| ("passed-over".to_owned(), heard.passed_over));
        let refused = heard.refused.into_iter().map(|(reason, count)| (reason.to_owned(), count));
        let lldp = CollectorStatus {
            name: "lldp".to_owned(),
            received: heard.received,
            decoded: heard.decoded,
            refused: refused.chain(passed_over).collect(),
            dropped_kernel: heard.dropped,
            ..CollectorStatus::default()
        };
        let told = self.host.told();
        let host = CollectorStatus { name: "host".to_owned(), received: told, decoded: told, ..CollectorStatus::default() };
        [lldp, host]
    }

    /// Starts both; they end with `stop`. Where it is read who is heard.
    pub(super) fn start(&self, (runtime, hub, emitter): (&Runtime, &Arc<Hub>, &Emitter), stop: &CancellationToken) -> Neighbours {
        let (publish, neighbours) = watch::channel(Arc::default());
        let (counters, ears) = (Arc::clone(&self.lldp), (publish, Arc::clone(hub)));
        let (ward, stopped) = (hub.wards.enter("lldp", "lldp"), stop.clone());
        let make = move || listen(Arc::clone(&counters), ears.clone(), stopped.clone());
        runtime.spawn(keep_running(ward, stop.clone(), make));
        let (counters, emitter, heard) = (Arc::clone(&self.host), emitter.clone(), neighbours.clone());
        let (ward, stopped) = (hub.wards.enter("host", "host"), stop.clone());
        let make = move || {
            let collector = host::Collector::new(emitter.clone(), Some(heard.clone()), Arc::clone(&counters));
            let ran = collector.run(stopped.clone());
            async move {
                ran.await;
                Ok(())
            }
        };
        runtime.spawn(keep_running(ward, stop.clone(), make));
        neighbours
    }
}

/// Listens where the process may; where not, says what is missing.
async fn listen(
    counters: Arc<lldp::Counters>,
    (publish, hub): (watch::Sender<Arc<Vec<NeighbourRow>>>, Arc<Hub>),
    stop: CancellationToken,
) -> Ran {
    match Listener::open(counters, publish) {
        Ok(listener) => {
            hub.works(Function::Neighbours);
            return listener.run(stop).await.map_err(|error| format!("its packet socket broke: {error}"));
        }
        Err(CaptureError::NotPermitted(_)) => hub.refuse(Function::Neighbours, (Vec::new(), &[])),
        Err(error) => {
            hub.refuse(Function::Neighbours, (Vec::new(), &[error.to_string()]));
            return Err(error.to_string());
        }
    }
    Ok(())
}
