//! Handing planned messages over, one by one.

use crate::dispatch::Transport;
use crate::intake::store::Store;
use crate::ledger::{DispatchState, Ledger, LedgerError};

/// What became of messages.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Handed over now.
    pub now: usize,
    /// Handed over before.
    pub before: usize,
    /// Not handed over, each with the reason.
    pub failed: Vec<String>,
}

/// Hands over the messages of these keys that have not been.
///
/// # Errors
/// If the ledger or the store cannot be used; a message that cannot be handed over is told in [`Sent`].
pub fn send(
    keys: &[String],
    transport: &dyn Transport,
    store: &Store,
    ledger: &mut Ledger,
) -> anyhow::Result<Sent> {
    let mut sent = Sent::default();
    for key in keys {
        let Some(dispatch) = ledger.dispatch(key)? else { continue };
        match dispatch.state {
            DispatchState::Sent => {
                sent.before += 1;
                continue;
            }
            DispatchState::Sending if !transport.repeats_safely() => {
                sent.failed.push(format!("{key}: whether it was sent is not known; a person has to decide"));
                continue;
            }
            DispatchState::Planned | DispatchState::Sending => {}
        }
        let bytes = store.get(&dispatch.message.sha256)?;
        ledger.mark(key, DispatchState::Sending)?;
        match transport.send(&dispatch.message.file, &bytes) {
            Ok(()) => {
                ledger.mark(key, DispatchState::Sent)?;
                sent.now += 1;
            }
            Err(error) => {
                ledger.mark(key, DispatchState::Planned)?;
                sent.failed.push(format!("{key}: {error}"));
            }
        }
    }
    Ok(sent)
}

/// Messages of earlier runs that were planned and never handed over.
///
/// # Errors
/// If the ledger cannot be read.
pub fn unfinished(ledger: &Ledger, keys: &[String]) -> Result<Vec<String>, LedgerError> {
    let all = ledger.dispatches()?.into_iter();
    let open = all.filter(|d| d.state != DispatchState::Sent).map(|d| d.message.key);
    Ok(open.filter(|key| !keys.contains(key)).collect())
}
