//! A device that no longer answers where it is polled is asked for at its other addresses: the way to one of them may be cut, and the
//! device be well.

use super::super::client::{Agent, Client};
use super::super::poll::PollPlan;
use super::super::session::Limits;
use super::super::tables::system::engine_id;
use crate::mib::Registry;
use crate::model::text;
use crate::model::{Device, Oid};
use crate::wire::snmp::{Value, VarBind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;

/// Where the device answers, of its other addresses that the plan names: each is asked once, all at the same time. `None` where nobody
/// answers there, or somebody else does.
pub(super) async fn find((client, timeout): (&Client, Duration), plan: &PollPlan) -> Option<SocketAddr> {
    let mut asked: JoinSet<Option<(usize, SocketAddr)>> = JoinSet::new();
    for (place, address) in plan.others.iter().enumerate() {
        let address = SocketAddr::new(*address, plan.agent.address.port());
        let agent = Agent { address, credential: std::sync::Arc::clone(&plan.agent.credential) };
        let (client, device) = (client.clone(), std::sync::Arc::clone(&plan.device));
        asked.spawn(async move {
            let limits = Limits { timeout, retries: 0, deadline: Some(timeout), ..Limits::default() };
            let told = client.session(&agent, limits).get(&names(&device)).await.ok()?;
            is_it(&device, &told).then_some((place, address))
        });
    }
    let answers = asked.join_all().await;
    // In the order of the plan, which is that of preference.
    answers.into_iter().flatten().min().map(|(_, address)| address)
}

/// What says who answers. Version 1 refuses the whole question for one object that is not there (RFC 1157 §4.1.2): the engine's id is
/// asked of whoever told it before.
fn names(device: &Device) -> Vec<Oid> {
    let engine = device.engine_id.as_ref().map(|_| "snmpEngineID");
    ["sysName", "sysObjectID"].into_iter().chain(engine).filter_map(|name| Registry::builtin().scalar(name)).collect()
}

/// Whether an answer is this device's: by its name and what it is, and by its engine where that is known.
fn is_it(device: &Device, told: &[VarBind]) -> bool {
    let [name, object, engine @ ..] = told else { return false };
    let name = name.value.as_octets().and_then(text::known);
    let object = match &object.value {
        Value::Oid(oid) => Some(oid.clone()),
        _ => None,
    };
    let engine = engine.first().and_then(|bind| bind.value.as_octets()).and_then(engine_id);
    let is_told = name.is_some() || engine.is_some();
    is_told && name == device.sys_name && object == device.sys_object_id && engine == device.engine_id
}

#[cfg(test)]
mod tests {
    use super::super::super::fixture::{Network, client};
    use super::*;
    use crate::model::{Credential, DeviceId, Timestamp};
    use std::sync::Arc;

    const CORE: &str = "sysName.0 = core-2\nsysObjectID.0 = @1.3.6.1.4.1.9.1.1";

    async fn check(network: Network, others: &[&str], expected: Option<&str>) {
        let mut device = Device::new(DeviceId::new("addr:10.0.0.1"), Timestamp(0));
        device.sys_name = Some("core-2".to_owned());
        device.sys_object_id = "1.3.6.1.4.1.9.1.1".parse().ok();
        let credential = Arc::new(Credential::community("public", "public"));
        let agent = Agent { address: "10.0.0.1:161".parse().unwrap(), credential };
        let plan = PollPlan::of(Arc::new(device), agent).or_at(others.iter().map(|text| text.parse().unwrap()).collect());
        let found = find((&client(network), Duration::from_secs(1)), &plan).await;
        assert_eq!(found.map(|found| found.ip().to_string()).as_deref(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_is_found_where_it_answers() {
        let both = || Network::default().agent("10.0.1.1:161", CORE).agent("10.0.2.1:161", CORE);
        check(both(), &["10.0.1.1", "10.0.2.1"], Some("10.0.1.1")).await;
        check(both(), &["10.0.2.1", "10.0.1.1"], Some("10.0.2.1")).await;
        check(both(), &["10.0.9.1", "10.0.2.1"], Some("10.0.2.1")).await;
        check(both(), &["10.0.9.1"], None).await;
        check(both(), &[], None).await;
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_else_at_its_address_is_not_it() {
        let other = |lines: &str| Network::default().agent("10.0.1.1:161", lines);
        check(other("sysName.0 = core-3\nsysObjectID.0 = @1.3.6.1.4.1.9.1.1"), &["10.0.1.1"], None).await;
        check(other("sysName.0 = core-2\nsysObjectID.0 = @1.3.6.1.4.1.9.1.2"), &["10.0.1.1"], None).await;
        check(other("sysObjectID.0 = @1.3.6.1.4.1.9.1.1"), &["10.0.1.1"], None).await;
    }
}
