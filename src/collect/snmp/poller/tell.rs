//! Handing over what a poll came to.

use super::super::error::{Failure, SnmpError};
use super::super::poll::PollPlan;
use super::counts::{PollerCounters, count};
use crate::clock;
use crate::collect::Emitter;
use crate::event::{Body, Elsewhere, Silent};
use crate::model::inventory::Reason;
use crate::model::poll::{Echoes, PollReading};
use crate::model::{BridgeReading, WirelessReading};
use std::net::SocketAddr;
use std::sync::Arc;

/// Where readings go, and the counters. Each answer is whether anyone still listens.
#[derive(Clone)]
pub(super) struct Teller {
    pub(super) emitter: Emitter,
    pub(super) counters: Arc<PollerCounters>,
}

impl Teller {
    /// A poll or a probe.
    pub(super) async fn tell(&self, plan: &PollPlan, result: Result<PollReading, SnmpError>, echoes: Option<Echoes>) -> bool {
        match result {
            Ok(reading) => {
                count(&self.counters.answered, 1);
                count(&self.counters.partial, u64::from(reading.partial));
                count(&self.counters.renamed, u64::from(reading.renamed));
                self.reading(PollReading { echoes, ..reading }).await
            }
            Err(error) => {
                count(&self.counters.silent, 1);
                self.silent(Silent { echoes, ..silent(plan, &error) }).await
            }
        }
    }

    /// A silent device answers at another of its addresses.
    pub(super) async fn elsewhere(&self, plan: &PollPlan, address: SocketAddr) -> bool {
        let found = Elsewhere { device: plan.device.id.clone(), silent: plan.agent.address, answers: address };
        self.emitter.send(clock::now(), Body::Elsewhere(Box::new(found))).await.is_ok()
    }

    /// What a wireless controller told.
    pub(super) async fn wireless(&self, reading: WirelessReading) -> bool {
        self.emitter.send(reading.at, Body::Wireless(Box::new(reading))).await.is_ok()
    }

    /// What a switch told of its spanning tree and ports.
    pub(super) async fn bridge(&self, reading: BridgeReading) -> bool {
        self.emitter.send(reading.at, Body::Bridge(Box::new(reading))).await.is_ok()
    }

    /// A poll of what somebody looks at.
    pub(super) async fn burst(&self, reading: PollReading) -> bool {
        self.reading(reading).await
    }

    /// A silent device was not asked: still no answer.
    pub(super) async fn unasked(&self, plan: &PollPlan, echoes: Option<Echoes>) -> bool {
        self.silent(Silent {
            device: Some(plan.device.id.clone()),
            target: plan.agent.address,
            reason: Reason::Timeout,
            detail: "silent for long, asked rarely".to_owned(),
            sent: 0,
            echoes,
        })
        .await
    }

    async fn reading(&self, reading: PollReading) -> bool {
        self.emitter.send(reading.at, Body::Poll(Box::new(reading))).await.is_ok()
    }

    async fn silent(&self, silent: Silent) -> bool {
        self.emitter.send(clock::now(), Body::Silent(silent)).await.is_ok()
    }
}

fn silent(plan: &PollPlan, error: &SnmpError) -> Silent {
    let sent = match &error.failure {
        Failure::Timeout { requests, .. } => *requests,
        _ => 1,
    };
    Silent {
        device: Some(plan.device.id.clone()),
        target: plan.agent.address,
        reason: error.reason(),
        detail: error.failure.to_string(),
        sent,
        echoes: None,
    }
}
