//! How the engine begins and ends for others: its socket, and what the audit journal says of it.

use super::hub::Hub;
use super::refused;
use crate::config::{Config, Origin};
use crate::engine::audit::{CONFIG, STARTED, STOPPED};
use crate::engine::notice::About;
use crate::engine::paths::{MODE_GROUP, socket_mode};
use crate::engine::socket::Hosted;
use crate::engine::socket::server::{Desk, Server, serve};
use crate::history::audit::{last, sealed};
use crate::model::audit::{Act, Class, Outcome};
use crate::net::unix::{Listener, UnixError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// What stands for a digest that could not be made.
const UNKNOWN: &str = "-";

/// What no configuration is called.
const DEFAULTS: &str = "defaults";

/// Writes down that the engine started, and by which configuration where that is another than before. What of it can't be written
/// is a notice: the engine runs all the same, and refuses changes.
pub(super) fn tell(hub: &Hub, (config, found): (&Config, Vec<String>)) {
    if let Some(unknown) = hub.roles.unknown() {
        hub.notices.set(About::Access, unknown);
    }
    if let Some(first) = found.first() {
        hub.notices.set(About::Audit, first.clone());
    }
    let Some(store) = hub.audit.store() else { return };
    let (file, digest) = match &config.origin {
        None => (DEFAULTS.to_owned(), Some(DEFAULTS.to_owned())),
        Some(origin) => (origin.path.display().to_string(), sealed_digest(hub, (store, origin))),
    };
    let started = Act::new(Class::Security, STARTED, &store.display().to_string())
        .words("the engine starts")
        .with("version", env!("CARGO_PKG_VERSION"))
        .with("config", &file)
        .with("configDigest", digest.as_deref().unwrap_or(UNKNOWN));
    let record = |act| hub.audit.record(&hub.own, act, Outcome::Done);
    let before = last(store, (Class::Change, CONFIG)).ok().flatten().and_then(|record| record.act.new);
    // Journals of before 0097 have the plain digest.
    let plain = config.origin.as_ref().map(|origin| origin.sha256.as_str());
    let is_another =
        |digest: &&String| before.as_deref() != Some(digest.as_str()) && (before.is_none() || before.as_deref() != plain);
    let changed = digest.as_ref().filter(is_another).map(|digest| {
        let act = Act::change(CONFIG, &file).words("another configuration comes into force");
        act.old(before.as_deref()).new_value(Some(digest))
    });
    if let Err(error) = record(started).and_then(|_| changed.map(record).transpose()) {
        hub.notices.set(About::Audit, error.to_string());
    }
    note_heads(hub);
}

/// The digest of a configuration as the journal has it: secrets may stand in the file, and its readers must not be able to try guesses.
fn sealed_digest(hub: &Hub, (store, origin): (&Path, &Origin)) -> Option<String> {
    match sealed(store, &origin.sha256) {
        Ok(digest) => Some(digest),
        Err(error) => {
            hub.notices.set(About::Audit, error.to_string());
            None
        }
    }
}

/// Tells the log where the journal stands, for `audit verify --head`.
fn note_heads(hub: &Hub) {
    for head in hub.audit.heads() {
        tracing::info!(%head, "the audit journal");
    }
}

/// Writes down that it ended.
pub(super) fn tell_end(hub: &Hub) {
    let Some(store) = hub.audit.store() else { return };
    refused::finish(hub);
    let act = Act::new(Class::Security, STOPPED, &store.display().to_string()).words("the engine ended");
    if let Err(error) = hub.audit.record(&hub.own, act, Outcome::Done) {
        tracing::error!(%error, "the end is not in the audit journal");
    }
    note_heads(hub);
    hub.audit.end();
}

/// Serves at the first socket that can be had. Errors: there is only one, named by the operator, and it can't.
pub(super) fn listen(
    runtime: &Runtime,
    (hub, (data, hosted)): (&Arc<Hub>, (PathBuf, Hosted)),
    (sockets, stop): (&[PathBuf], CancellationToken),
) -> Result<(), String> {
    let mut refusals = Vec::new();
    let _inside = runtime.enter();
    for path in sockets {
        match bind(hub, path) {
            Ok(listener) => {
                let desk = Arc::clone(hub) as Arc<dyn Desk>;
                let server = Server { desk, data, hosted, counters: Arc::clone(&hub.socket), places: Arc::default() };
                runtime.spawn(serve(listener, Arc::new(server), stop));
                return Ok(());
            }
            Err(error) => refusals.push(error),
        }
    }
    match (refusals.as_slice(), sockets.len()) {
        ([], _) => Ok(()),
        ([only], 1) => Err(only.to_string()),
        (several, _) => {
            let telling = several
                .iter()
                .find(|error| !matches!(error, UnixError::Io { source, .. } if source.kind() == ErrorKind::NotFound));
            if let Some(error) = telling.or(several.last()) {
                hub.notices.set(About::Socket, format!("no other console can attach: {error}"));
            }
            Ok(())
        }
    }
}

/// Binds one, for its group where there is one and this user may give it away: only to groups that it is in, or as root.
fn bind(hub: &Hub, path: &std::path::Path) -> Result<Listener, UnixError> {
    let Some(group) = hub.roles.group() else { return Listener::bind(path, (socket_mode(path), None)) };
    match Listener::bind(path, (MODE_GROUP, Some(group))) {
        Err(UnixError::Io { source, .. }) if source.kind() == ErrorKind::PermissionDenied && !hub.roles.is_group_named() => {
            Listener::bind(path, (socket_mode(path), None))
        }
        bound => bound,
    }
}
