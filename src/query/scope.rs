//! What maintenance is of, as people write it: names of devices, `DEVICE/INTERFACE` as in series, sites.

use super::series_name;
use crate::model::{DeviceId, LinkEnd, Scope};

/// A device by its name or id.
pub fn device(name: &str) -> Scope {
    Scope::Device(DeviceId::new(name))
}

/// `DEVICE/INTERFACE`, each part percent-encoded. Errors: what is wrong with it.
pub fn interface(text: &str) -> Result<Scope, String> {
    let (device, port) = series_name::parse_port(text).map_err(|error| error.to_string())?;
    Ok(Scope::Interface(DeviceId::new(&device), port))
}

/// The link between two interfaces. Errors: what is wrong with one of them.
pub fn link(a: &str, b: &str) -> Result<Scope, String> {
    let end = |text: &str| {
        let (device, port) = series_name::parse_port(text).map_err(|error| error.to_string())?;
        Ok::<LinkEnd, String>(LinkEnd { device: DeviceId::new(&device), if_index: None, port: Some(port) })
    };
    Ok(Scope::Link(Box::new((end(a)?, end(b)?))))
}

/// Every shortest way between two devices.
pub fn path(from: &str, to: &str) -> Scope {
    Scope::Path(DeviceId::new(from), DeviceId::new(to))
}
