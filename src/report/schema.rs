//! JSON Schemas of every shape, made from the types that are printed.

use super::{audit, diff, doctor, flow, forget, history, maintenance, object, port, rows, secret, status, top, topology};
use schemars::{Schema, schema_for};

/// A name, and how its schema is made.
type Shape = (&'static str, fn() -> Schema);

/// All of them.
const SCHEMAS: [Shape; 30] = [
    ("topology", || schema_for!(topology::Document)),
    ("device", || schema_for!(rows::DeviceRow)),
    ("interface", || schema_for!(rows::InterfaceRow)),
    ("link", || schema_for!(rows::LinkRow)),
    ("sensor", || schema_for!(rows::SensorRow)),
    ("wireless", || schema_for!(rows::AccessPointRow)),
    ("wireless-radio", || schema_for!(rows::RadioRow)),
    ("wireless-client", || schema_for!(rows::ClientRow)),
    ("wireless-ssid", || schema_for!(rows::SsidRow)),
    ("where", || schema_for!(rows::WhereRow)),
    ("event", || schema_for!(rows::EventRow)),
    ("log", || schema_for!(rows::LogRow)),
    ("log-pattern", || schema_for!(rows::LogPatternRow)),
    ("alarm", || schema_for!(rows::AlarmRow)),
    ("rule", || schema_for!(rows::RuleRow)),
    ("flow", || schema_for!(flow::FlowRow)),
    ("flows-summary", || schema_for!(flow::FlowsSummary)),
    ("history", || schema_for!(history::History)),
    ("diff", || schema_for!(diff::DiffRow)),
    ("forget", || schema_for!(forget::ForgottenRow)),
    ("maintenance", || schema_for!(maintenance::MaintenanceRow)),
    ("doctor", || schema_for!(doctor::Doctor)),
    ("object", || schema_for!(object::ObjectRow)),
    ("audit", || schema_for!(audit::AuditRow)),
    ("audit-report", || schema_for!(audit::ReportDocument)),
    ("port", || schema_for!(port::PortReport)),
    ("secret", || schema_for!(secret::SecretRow)),
    ("status", || schema_for!(status::Status)),
    ("top", || schema_for!(top::TopRow)),
    ("store", || schema_for!(status::Store)),
];

/// The names that [`schema`] knows. The configuration's schema is made where the configuration is read.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|(name, _)| *name)
}

/// The schema of a shape, by its name or the plural that the command has.
pub fn schema(name: &str) -> Option<serde_json::Value> {
    let singular = name.strip_suffix('s').filter(|_| name != "status").unwrap_or(name);
    SCHEMAS.iter().find(|(known, _)| *known == name || *known == singular).map(|(_, make)| make().to_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_a_schema_with_camel_case_fields() {
        for name in names() {
            let schema = schema(name).unwrap();
            assert!(schema["properties"].as_object().is_some_and(|fields| !fields.is_empty()), "{name}");
            assert!(!schema["properties"].as_object().unwrap().keys().any(|key| key.contains('_')), "{name}");
        }
        assert_eq!(schema("devices"), schema("device"));
        assert_eq!(schema("nonsense"), None);
    }
}
